"""Staff adjust wallets on a page; nobody else learns of it, and its owner reads why."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Role, User
from credits import selectors, tasks
from credits.models import ALONE_UP_TO, Adjustment
from tests import factories

pytestmark = pytest.mark.django_db

PAGE, PROPOSE, DECIDE = "/staff/credits/", "/staff/credits/propose/", "/staff/credits/decide/"
LARGE = ALONE_UP_TO + 1


def employed(email: str) -> Client:
    """The browser of somebody who works for us."""
    user = factories.make_user(email)
    User.objects.filter(pk=user.pk).update(role=Role.ADMIN)
    browser = Client()
    browser.force_login(User.objects.get(pk=user.pk))
    return browser


@pytest.fixture
def staff(product_servers: object, db: None) -> Client:
    return employed("sue@example.com")


def form_of(staff: Client, person: str) -> dict[str, str]:
    """What the page's form sends unasked."""
    words = staff.get(PAGE, {"person": person}).content.decode()
    found = re.findall(r'type="hidden" name="(adjustment_id|user_id)" value="([^"]+)"', words)
    return dict(found)


def propose(staff: Client, user: User, amount: int) -> Adjustment:
    form = form_of(staff, user.email) | {"amount": str(amount), "reason": "Counted twice"}
    assert staff.post(PROPOSE, form).status_code == 302
    tasks.post_adjustments()
    return Adjustment.objects.get(pk=form["adjustment_id"])


def words_of(answer: object) -> str:
    return str(answer.content.decode())  # type: ignore[attr-defined]


@pytest.mark.parametrize("by", ["email", "pk"])
def test_staff_see_whose_wallet_it_is_before_they_adjust_it(
    by: str, staff: Client, alice: User
) -> None:
    page = staff.get(PAGE, {"person": f" {getattr(alice, by)} ".upper()})
    assert (page.context["person"], page.context["whose"].available) == (alice, 20)
    assert "alice@example.com" in words_of(page)
    assert form_of(staff, alice.email)["user_id"] == str(alice.pk)


@pytest.mark.parametrize(
    "term", ["nobody@example.com", str(uuid4()), "a\0b"], ids=["address", "id", "none"]
)
def test_nobody_is_found_by_what_nobody_has(term: str, staff: Client) -> None:
    page = staff.get(PAGE, {"person": term})
    assert (page.status_code, "person" in page.context) == (200, False)
    assert "Nobody has this e-mail address or id." in words_of(page)


def test_a_little_is_adjusted_at_once_and_its_owner_reads_why(
    staff: Client, alice: User, client: Client
) -> None:
    form = form_of(staff, alice.email) | {"amount": "5", "reason": "Counted twice"}

    for words in ("Approved. It is on their statement in a moment.", "Adjusted."):
        answer = staff.post(PROPOSE, form, follow=True)
        assert answer.redirect_chain == [(f"{PAGE}?person={alice.pk}", 302)]
        assert words in words_of(answer)
        tasks.post_adjustments()

    assert selectors.wallet_of(user=alice).available == 25
    client.force_login(alice)
    assert "Counted twice" in words_of(client.get("/credits/?kind=received"))
    assert "adjust,Counted twice,5,0,25" in words_of(client.get("/credits/statement.csv"))


def test_what_waits_is_approved_or_refused_by_a_second_person(staff: Client, alice: User) -> None:
    first, second = propose(staff, alice, LARGE), propose(staff, alice, -LARGE + 100)
    assert second.state == "posted"
    third = propose(staff, alice, 300)
    other = employed("tom@example.com")
    page = words_of(other.get(PAGE))
    assert (page.count('value="approve"'), page.count('value="refuse"')) == (2, 2)

    approved = other.post(DECIDE, {"adjustment": first.pk, "decision": "approve"}, follow=True)
    refused = other.post(DECIDE, {"adjustment": third.pk, "decision": "refuse"}, follow=True)

    tasks.post_adjustments()
    assert "Approved." in words_of(approved)
    assert "Refused. Nothing was changed." in words_of(refused)
    assert selectors.wallet_of(user=alice).available == 20 + LARGE - 1
    assert "Refused by tom@example.com, proposed by sue@example.com" in words_of(refused)
    assert "Nothing waits." in words_of(refused)


def test_who_proposed_is_offered_to_withdraw_and_told_why_not_to_approve(
    staff: Client, alice: User
) -> None:
    waiting = propose(staff, alice, LARGE)
    page = words_of(staff.get(PAGE))
    assert (page.count('value="approve"'), "Withdraw" in page) == (0, True)

    answer = staff.post(DECIDE, {"adjustment": waiting.pk, "decision": "approve"}, follow=True)

    assert "Somebody else of staff has to approve it" in words_of(answer)
    assert selectors.wallet_of(user=alice).available == 20


@pytest.mark.parametrize(
    ("amount", "reason", "words"),
    [
        ("-21", "Counted twice", "Only 20 credits are available in this wallet."),
        ("0", "Counted twice", "Give a number of credits other than 0"),
        ("many", "Counted twice", "Enter a whole number."),
        ("5", "", "This field is required."),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_the_form_keeps_its_words(
    amount: str, reason: str, words: str, staff: Client, alice: User
) -> None:
    form = form_of(staff, alice.email) | {"amount": amount, "reason": reason}

    answer = staff.post(PROPOSE, form)

    assert (answer.status_code, answer.context["form"].non_field_errors()) == (422, [])
    assert words in words_of(answer)
    assert f'value="{form["adjustment_id"]}"' in words_of(answer)
    assert Adjustment.objects.count() == 0


def test_ones_own_wallet_has_no_form_and_takes_none(staff: Client, alice: User) -> None:
    sue = User.objects.get(email="sue@example.com")
    assert form_of(staff, sue.email) == {}
    form = {"adjustment_id": uuid4(), "user_id": sue.pk, "amount": 5, "reason": "For me"}
    assert "This is your own wallet." in words_of(staff.post(PROPOSE, form))
    waiting = propose(staff, alice, LARGE)
    User.objects.filter(pk=alice.pk).update(role=Role.ADMIN)
    browser = Client()
    browser.force_login(alice)
    assert "Your own wallet: for somebody else." in words_of(browser.get(PAGE))
    assert Adjustment.objects.get().pk == waiting.pk


@pytest.mark.parametrize("sent", [{}, {"adjustment": "x"}, {"decision": "maybe"}])
def test_nonsense_decides_nothing(sent: dict[str, str], staff: Client, alice: User) -> None:
    usual = {"adjustment": str(propose(staff, alice, LARGE).pk), "decision": "approve"}
    answer = staff.post(DECIDE, usual | sent if sent else {})
    assert answer.status_code == 404
    assert Adjustment.objects.get().state == "proposed"


def test_a_form_from_elsewhere_is_refused(alice: User, staff: Client) -> None:
    form = form_of(staff, alice.email) | {"amount": "5", "reason": "Counted twice"}
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = staff.cookies
    assert careful.post(PROPOSE, form).status_code == 403
    assert Adjustment.objects.count() == 0


def test_nobody_else_learns_of_the_page(alices_browser: Client) -> None:
    for browser in (Client(), alices_browser):
        statuses = [
            browser.get(PAGE).status_code,
            browser.post(PROPOSE).status_code,
            browser.post(DECIDE).status_code,
        ]
        assert statuses == [404, 404, 404]


def test_a_wallets_row_leads_to_it(staff: Client, alice: User) -> None:
    row = words_of(staff.get(f"/admin/credits/wallet/{alice.pk}/"))
    assert f'href="{PAGE}?person={alice.pk}"' in row
