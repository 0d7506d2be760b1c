"""The pages of money: prices, the till, the way back, plan and payments, the statement's lots."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from billing import plans, tasks
from billing.models import Checkout, Payment, Subscription
from credits import services as credits_services
from credits.models import Lot
from tests import factories
from visiona import pricing
from visiona.lib import clock
from visiona.lib.db.actor import act_as_worker
from visiona.webhooks import services as inbox
from visiona.webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db


def begin(browser: Client, item: str) -> Checkout:
    """Press the button of an item; return what was begun."""
    answer = browser.post("/billing/checkout/", {"item": item})
    begun: Checkout = Checkout.objects.latest("id")
    assert (answer.status_code, answer["Location"]) == (302, f"/billing/till/{begun.pk}")
    return begun


def buy(browser: Client, item: str) -> Checkout:
    """Buy an item at the till, and let its news come in."""
    begun = begin(browser, item)
    paid = browser.post(f"/billing/till/{begun.pk}", {"decision": "pay"})
    assert (paid.status_code, paid["Location"]) == (302, f"/billing/return/{begun.pk}/")
    inbox.handle_due()
    begun.refresh_from_db()
    return begun


def text_of(answer: object) -> str:
    """The words of a page, without its tags."""
    body = answer.content.decode()  # type: ignore[attr-defined]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))
    return re.sub(r" ([.,])", r"\1", words)


def test_strangers_and_people_see_the_same_prices_and_rules(alices_browser: Client) -> None:
    for browser in (Client(), alices_browser):
        words = text_of(browser.get("/pricing/"))
        for plan in plans.PLANS.values():
            assert plan.title in words
            assert f"${plan.price_cents // 100}" in words
        for pack in plans.PACKS.values():
            assert f"{pack.credit_amount} credits ${pack.price_cents // 100}" in words
        for rule in plans.RULES:
            assert rule in words
        assert "22.5 ¢ a credit" in words
        assert "20 questions a day" in words


def test_a_stranger_is_sent_to_sign_up_and_comes_back(client: Client) -> None:
    body = client.get("/pricing/").content.decode()
    assert "/accounts/signup/?next=/pricing/" in body or "signup/?next=/pricing/" in body
    assert 'action="/billing/checkout/"' not in body


def test_the_calculator_works_without_a_script(client: Client) -> None:
    page = client.get("/pricing/", {"video": "4", "thumbnail": "8"})

    assert page.context["needed"] == 4 * 50 + 8 * 10
    way = page.context["way"]
    assert (way.plan, way.price_cents, way.credit_amount) == (plans.PREMIUM, 44_00, 280)
    assert "Premium + 40 credits" in text_of(page)


@pytest.mark.parametrize(
    ("needed", "price_cents", "plan", "packs"),
    [
        (1, 9_00, None, {"pack_40": 1}),
        (40, 9_00, None, {"pack_40": 1}),
        (41, 15_00, plans.PRO, {}),
        (80, 15_00, plans.PRO, {}),
        (81, 20_00, None, {"pack_100": 1}),
        (101, 24_00, plans.PRO, {"pack_40": 1}),
        (240, 35_00, plans.PREMIUM, {}),
        (500, 89_00, plans.PREMIUM, {"pack_250": 1, "pack_40": 1}),
    ],
)
def test_the_cheapest_way_is_advised(
    needed: int, price_cents: int, plan: plans.Plan | None, packs: dict[str, int]
) -> None:
    way = pricing.cheapest_way(needed)
    assert way
    assert way.credit_amount >= needed
    assert (way.price_cents, way.plan) == (price_cents, plan)
    assert {pack.name: number for pack, number in way.packs} == packs


def test_nothing_costs_nothing() -> None:
    assert pricing.cheapest_way(0) is None


@pytest.mark.parametrize("asked", ["-1", "1e3", "many", "9" * 5000, "²", ""])
def test_the_calculator_takes_no_nonsense(client: Client, asked: str) -> None:
    page = client.get("/pricing/", {"video": asked})
    assert (page.status_code, page.context["needed"]) == (200, 0)


def test_a_purchase_is_waited_for_and_then_shown(alices_browser: Client, alice: User) -> None:
    begun = begin(alices_browser, "pro")
    waiting = alices_browser.get(f"/billing/return/{begun.pk}/")
    assert "Waiting for your payment" in text_of(waiting)
    assert '<meta http-equiv="refresh"' in waiting.content.decode()

    alices_browser.post(f"/billing/till/{begun.pk}", {"decision": "pay"})
    inbox.handle_due()

    shown = alices_browser.get(f"/billing/return/{begun.pk}/")
    words = text_of(shown)
    payment = Payment.objects.get(user=alice)
    assert "+80 credits" in words
    assert "To spend now 100" in words
    assert str(payment.pk) in words
    assert "hx-get" not in shown.content.decode().split('id="purchase"')[1].split(">")[0]


def test_a_poll_is_answered_with_its_part_and_the_balance(alices_browser: Client) -> None:
    begun = begin(alices_browser, "pack_40")
    address, htmx = f"/billing/return/{begun.pk}/", {"HX-Request": "true"}

    poll = alices_browser.get(address, headers=htmx)
    assert (poll.status_code, "<html" in poll.content.decode()) == (200, False)
    assert 'hx-trigger="every 2s"' in poll.content.decode()

    alices_browser.post(f"/billing/till/{begun.pk}", {"decision": "pay"})
    inbox.handle_due()
    last = alices_browser.get(address, headers=htmx)
    assert last.status_code == 286
    assert "+40" in last.content.decode()
    assert 'hx-target="#balance"' in last.content.decode()


def test_who_waits_for_a_minute_is_told_that_we_ask(alices_browser: Client) -> None:
    begun = begin(alices_browser, "pro")
    alices_browser.get(f"/billing/return/{begun.pk}/")
    long_ago = clock.now() - timedelta(seconds=61)
    Checkout.objects.filter(pk=begun.pk).update(returned_at=long_ago)

    words = text_of(alices_browser.get(f"/billing/return/{begun.pk}/"))

    assert "longer than usual" in words


def test_a_purchase_comes_by_itself_where_its_news_got_lost(alices_browser: Client) -> None:
    begun = begin(alices_browser, "pack_40")
    alices_browser.post(f"/billing/till/{begun.pk}", {"decision": "pay"})
    WebhookEvent.objects.all().delete()
    alices_browser.get(f"/billing/return/{begun.pk}/")
    long_ago = clock.now() - timedelta(seconds=61)
    Checkout.objects.filter(pk=begun.pk).update(returned_at=long_ago)

    tasks.look_after_checkouts()

    assert "+40 credits" in text_of(alices_browser.get(f"/billing/return/{begun.pk}/"))


def test_where_payments_are_not_set_up_nothing_is_sold(
    alices_browser: Client, settings: Settings
) -> None:
    settings.TEST_TILL = False
    page = alices_browser.get("/pricing/")
    assert "Payments are not set up on this server yet." in text_of(page)
    assert 'action="/billing/checkout/"' not in page.content.decode()
    assert alices_browser.post("/billing/checkout/", {"item": "pro"}).status_code == 503


def test_who_pays_by_clerk_changes_the_plan_there(alices_browser: Client, alice: User) -> None:
    factories.subscribe(alice, source="clerk")
    assert "You change your plan where you sign in." in text_of(alices_browser.get("/pricing/"))
    words = text_of(alices_browser.get("/billing/"))
    assert "You bought this plan where you sign in" in words
    assert "Cancel at the end of the period" not in words


def test_an_expired_purchase_says_so(alices_browser: Client) -> None:
    begun = begin(alices_browser, "pro")
    Checkout.objects.filter(pk=begun.pk).update(state=Checkout.State.EXPIRED)
    assert "Nothing was paid" in text_of(alices_browser.get(f"/billing/return/{begun.pk}/"))


def test_who_pays_in_a_tab_that_another_plan_has_closed_is_told_so(alices_browser: Client) -> None:
    first = begin(alices_browser, "pro")
    begin(alices_browser, "premium")

    paid = alices_browser.post(f"/billing/till/{first.pk}", {"decision": "pay"}, follow=True)

    assert paid.redirect_chain == [(f"/billing/return/{first.pk}/", 302)]
    assert "expired" in text_of(paid)
    assert not Payment.objects.exists()


def test_the_till_says_that_it_is_a_test_and_may_decline(alices_browser: Client) -> None:
    begun = begin(alices_browser, "premium")
    address = f"/billing/till/{begun.pk}"
    words = text_of(alices_browser.get(address))
    assert "This is a test. No money moves." in words
    assert "$35" in words

    declined = alices_browser.post(address, {"decision": "decline"})

    assert "The card was declined" in text_of(declined)
    begun.refresh_from_db()
    assert begun.is_open


def test_there_is_no_till_where_stripe_takes_the_money(
    alices_browser: Client, settings: Settings
) -> None:
    begun = begin(alices_browser, "pro")
    settings.STRIPE_SECRET_KEY = "sk_test_nobodys"
    for address in (f"/billing/till/{begun.pk}", "/billing/till/subscription/"):
        assert alices_browser.post(address, {"decision": "pay"}).status_code == 404


def test_nothing_but_what_is_on_sale_is_sold(alices_browser: Client) -> None:
    for item in ("", "free", "yacht"):
        answer = alices_browser.post("/billing/checkout/", {"item": item})
        assert answer.status_code == 404
    assert not Checkout.objects.exists()


def test_who_has_a_plan_is_not_sold_another(alices_browser: Client) -> None:
    buy(alices_browser, "pro")
    answer = alices_browser.post("/billing/checkout/", {"item": "premium"}, follow=True)
    assert answer.redirect_chain == [("/billing/", 302)]
    assert "You have a plan already" in text_of(answer)
    assert begin(alices_browser, "pack_40").is_open


def test_whose_payment_is_on_its_way_is_told_so(alices_browser: Client) -> None:
    begun = begin(alices_browser, "pro")
    alices_browser.post(f"/billing/till/{begun.pk}", {"decision": "pay"})

    answer = alices_browser.post("/billing/checkout/", {"item": "premium"}, follow=True)

    assert answer.redirect_chain == [("/billing/", 302)]
    assert "Your payment is on its way" in text_of(answer)
    assert "You have a plan already" not in text_of(answer)


def test_the_overview_shows_plan_renewal_limits_and_payments(
    alices_browser: Client, alice: User
) -> None:
    before = text_of(alices_browser.get("/billing/"))
    assert "Your plan Free" in before
    assert "You have not paid anything yet." in before

    buy(alices_browser, "pro")

    words = text_of(alices_browser.get("/billing/"))
    ends = Subscription.objects.get(user=alice).period_end
    for said in ("Your plan Pro", f"Renews on {ends:%-d %b %Y}", "100 questions a day", "$15"):
        assert said in words
    pricing_page = alices_browser.get("/pricing/").content.decode()
    assert "your plan" in pricing_page
    assert "Change to Premium" in pricing_page


def test_a_refund_at_the_till_is_seen_in_the_payments_and_in_the_statement(
    alices_browser: Client, alice: User
) -> None:
    buy(alices_browser, "pack_40")
    payment = Payment.objects.get(user=alice)
    factories.make_job(alice, title="Held")

    answer = alices_browser.post(f"/billing/till/payments/{payment.pk}/refund/")
    inbox.handle_due()

    assert answer["Location"] == "/billing/"
    assert "refunded" in text_of(alices_browser.get("/billing/"))
    statement = text_of(alices_browser.get("/credits/"))
    assert "Taken back: Refund" in statement
    assert re.search(r"Taken back: Refund .{0,60}\D40 ", statement)


def test_a_plan_is_canceled_kept_and_changed_at_the_till(
    alices_browser: Client, alice: User
) -> None:
    buy(alices_browser, "pro")
    seen = []
    for decision in ("cancel", "resume", "premium"):
        alices_browser.post("/billing/till/subscription/", {"decision": decision})
        inbox.handle_due()
        one = Subscription.objects.get(user=alice)
        seen.append((one.cancel_at_period_end, one.plan))
    assert seen == [(True, "pro"), (False, "pro"), (False, "premium")]
    unknown = alices_browser.post("/billing/till/subscription/", {"decision": "free"})
    assert unknown.status_code == 404


def test_a_failed_payment_is_said_on_every_page(alices_browser: Client, alice: User) -> None:
    buy(alices_browser, "pro")
    assert "Your last payment failed" not in text_of(alices_browser.get("/library/"))

    alices_browser.post("/billing/till/subscription/", {"decision": "fail"})
    inbox.handle_due()

    until = Subscription.objects.get(user=alice).holds_until
    for address in ("/library/", "/billing/", "/pricing/"):
        words = text_of(alices_browser.get(address))
        assert "Your last payment failed" in words
        assert f"The Pro plan goes on until {until:%-d %B %Y}" in words


def test_nobody_sees_or_pays_anothers_purchase(alices_browser: Client, bob: User) -> None:
    begun = begin(alices_browser, "pro")
    bobs = Client()
    bobs.force_login(bob)
    for address in (f"/billing/return/{begun.pk}/", f"/billing/till/{begun.pk}"):
        assert bobs.get(address).status_code == 404
    assert bobs.post(f"/billing/till/{begun.pk}", {"decision": "pay"}).status_code == 404
    assert Client().get(f"/billing/return/{begun.pk}/").status_code == 302


def test_the_statement_shows_lots_what_expires_and_which_lot_paid(
    alices_browser: Client, alice: User
) -> None:
    soon = clock.now() + timedelta(days=3)
    plan = credits_services.Terms(kind=Lot.Kind.PLAN, expires_at=soon, paid_cents=15_00)
    with act_as_worker():
        credits_services.grant(user_id=alice.pk, amount=6, key="p", reason="Pro plan", terms=plan)
    job = factories.make_job(alice)
    with act_as_worker():
        credits_services.capture(reservation_id=reservation_of(job.reservation_id))

    words = text_of(alices_browser.get("/credits/"))

    assert "Paid with 6 of “Pro plan”, 4 of “Welcome credits”" in words
    assert "Welcome credits given" in words
    assert "expire" not in words.split("What you can spend")[0]  # the expiring ones are spent


def test_what_expires_soon_is_said_on_top(alices_browser: Client, alice: User) -> None:
    terms = credits_services.Terms(kind=Lot.Kind.PLAN, expires_at=clock.now() + timedelta(days=3))
    with act_as_worker():
        credits_services.grant(user_id=alice.pk, amount=80, key="p", reason="Pro plan", terms=terms)

    words = text_of(alices_browser.get("/credits/"))

    assert f"80 credits expire on {terms.expires_at:%-d %B %Y}." in words


def test_the_statement_is_filtered_by_kind(alices_browser: Client, alice: User) -> None:
    factories.make_job(alice)
    kinds = {
        name: [row.kind for row in alices_browser.get("/credits/", {"kind": name}).context["rows"]]
        for name in ("", "received", "held", "spent", "gone", "nonsense")
    }
    assert kinds == {
        "": ["reserve", "grant"],
        "received": ["grant"],
        "held": ["reserve"],
        "spent": [],
        "gone": [],
        "nonsense": ["reserve", "grant"],
    }


def test_what_was_spent_before_its_refund_stays_visible(
    alices_browser: Client, alice: User
) -> None:
    terms = credits_services.Terms(kind=Lot.Kind.PURCHASED, paid_cents=9_00)
    with act_as_worker():
        credits_services.grant(
            user_id=alice.pk, amount=40, key="p", reason="40 credits", terms=terms
        )
    job = factories.make_job(alice, count=3)
    with act_as_worker():
        credits_services.capture(reservation_id=reservation_of(job.reservation_id))
        credits_services.revoke(user_id=alice.pk, lot_key="p", amount=40, key="r", reason="Refund")

    words = text_of(alices_browser.get("/credits/"))

    assert "Spent, and paid back" in words
    assert "30 of 40 taken back" in words
    assert "10 open" in words


def reservation_of(name: UUID | None) -> UUID:
    assert name
    return name
