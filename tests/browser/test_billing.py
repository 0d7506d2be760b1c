"""Money in a browser: sign up, buy at the till, see it come, spend it, have it refunded."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from billing.models import Checkout
from generation.services import running
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import visiting, wrongs
from visiona.webhooks import services as inbox

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


# Expectation 16 (docs/expectations.md): help themselves with bills.
def test_from_signing_up_to_a_refund(page: Page) -> None:
    page.goto("/pricing/")
    page.get_by_role("link", name="Sign up for Pro").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/pricing/")

    page.get_by_role("button", name="Get Pro").click()
    expect(page.get_by_text("This is a test. No money moves.")).to_be_visible()
    page.get_by_role("button", name="Pay $15").click()
    expect(page.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    inbox.handle_due()
    expect(page.get_by_role("heading", name="Your credits are here")).to_be_visible()
    expect(page.locator("#purchase")).to_contain_text("+80 credits")
    expect(page.locator("#balance")).to_contain_text("100")

    ada = User.objects.get(email="ada@example.com")
    job = factories.make_job(ada, count=3)
    with factories.plain_pictures():
        running.run_job(job_id=job.pk)
    page.goto("/billing/")
    expect(page.locator(".stats-row")).to_contain_text("Pro")
    page.get_by_role("button", name=re.compile("Refund Pro plan")).click()
    expect(page.get_by_text("Refunded. The news of it comes")).to_be_visible()
    inbox.handle_due()
    page.reload()
    expect(page.get_by_role("row", name=re.compile("Pro plan refunded"))).to_be_visible()
    page.goto("/credits/")
    expect(page.get_by_text("Taken back: Refund")).to_be_visible()
    expect(page.get_by_text("Spent, and paid back")).to_be_visible()
    expect(page.locator("#balance")).to_contain_text("20")


def test_a_purchase_needs_no_script(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto("/pricing/")
    page.get_by_role("button", name="Buy 40 credits for $9").click()
    page.get_by_role("button", name="Pay $9").click()
    expect(page.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    inbox.handle_due()
    expect(page.get_by_role("heading", name="Your credits are here")).to_be_visible()
    context.close()


def test_the_calculator_reckons_while_a_slider_moves(page: Page) -> None:
    page.goto("/pricing/")
    page.get_by_label("Video").fill("2")
    expect(page.locator("#estimate")).to_contain_text("170 credits a month")


def test_the_pages_of_money_can_be_read_by_everybody(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    with visiting(browser, address) as page:
        assert wrongs(page, {"pricing-open": "/pricing/"}) == []
        sign_in(page.context, alice)
        waiting, done = furnish(alice)
        places = {
            "pricing": "/pricing/",
            "billing": "/billing/",
            "billing-waiting": f"/billing/return/{waiting.pk}/",
            "billing-paid": f"/billing/return/{done.pk}/",
            "billing-till": f"/billing/till/{waiting.pk}",
            "statement": "/credits/",
        }
        assert wrongs(page, places) == []
        factories.subscribe(alice, status="past_due")
        assert wrongs(page, {"billing-problem": "/billing/"}) == []


def furnish(alice: User) -> tuple[Checkout, Checkout]:
    """Let Alice have a plan, packs and something spent; return what waits and what is paid."""
    factories.subscribe(alice)
    factories.pay(alice, "pro")
    factories.pay(alice, "pack_100", number=2)
    done = Checkout.objects.create(user=alice, item="pack_40", session_id="cs_1", state="done")
    factories.pay(alice, "pack_40", number=3, reference="cs_1")
    job = factories.make_job(alice, count=3)
    with factories.plain_pictures():
        running.run_job(job_id=job.pk)
    return Checkout.objects.create(user=alice, item="premium", url="/"), done
