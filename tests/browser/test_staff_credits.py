"""Staff adjust a wallet and approve what others propose, in every window and without a script."""

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import Role, User
from credits import selectors, services, tasks
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import visiting, wrongs
from visiona.lib.db.actor import Actor, act_as

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE = "/staff/credits/"
REASON = "Counted twice when the invoice came again, as she wrote to us"


@pytest.fixture
def staff(alice: User, bob: User) -> User:
    """Bob works for us, and so does Sue, who has adjusted a little and proposed a lot."""
    sue = factories.make_user("sue-of-the-second-floor@example.com")
    User.objects.filter(pk__in=[bob.pk, sue.pk]).update(role=Role.ADMIN)
    with act_as(Actor(role="staff", user_id=sue.pk)):
        for amount in (-5, 400):
            services.propose_adjustment(
                adjustment_id=uuid4(), user_id=alice.pk, amount=amount, reason=REASON
            )
    tasks.post_adjustments()
    return User.objects.get(pk=bob.pk)


@pytest.mark.timeout(120)
def test_the_page_of_adjustments_in_every_window(
    browser: Browser, address: str, staff: User, alice: User, sign_in: SignIn
) -> None:
    with visiting(browser, address) as page:
        sign_in(page.context, staff)
        places = {"staff-credits": PAGE, "staff-credits-person": f"{PAGE}?person={alice.pk}"}
        assert wrongs(page, places) == []


def test_staff_adjust_a_little_and_approve_a_lot_without_a_script(
    browser: Browser, address: str, staff: User, alice: User, sign_in: SignIn
) -> None:
    with browser.new_context(base_url=address, java_script_enabled=False) as context:
        sign_in(context, staff)
        page = context.new_page()
        page.goto(PAGE)
        page.get_by_label("E-mail address or id of the person").fill("Alice@example.com")
        page.get_by_role("button", name="Look up").click()
        expect(page.get_by_role("heading", name="alice@example.com")).to_be_visible()
        page.get_by_label("Credits", exact=True).fill("10")
        page.get_by_label("Reason").fill("Sorry for the delay")
        page.get_by_role("button", name="Adjust", exact=True).click()
        expect(page.get_by_text("Approved. It is on their statement in a moment.")).to_be_visible()
        page.get_by_role("button", name="Approve 400 for alice@example.com").click()
        expect(page.get_by_text("Nothing waits.")).to_be_visible()
    tasks.post_adjustments()
    assert selectors.wallet_of(user=alice).available == 425
