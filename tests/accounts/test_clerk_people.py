"""People who come by Clerk: one of ours each, whatever is heard first, and nobody else's."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts import services as accounts_services
from accounts.clerk import people
from accounts.clerk.people import Outcome, Told
from accounts.clerk.tokens import Claims
from accounts.errors import AddressTaken, AddressUnproven
from accounts.models import ApiToken, Event, User
from credits import selectors as credits_selectors
from tests import databases, factories
from tests.clients import ApiClient
from tests.factories import PASSWORD
from tests.standins import clerk as clerks
from tests.standins.clerk import BEGINNING, Clerk
from tests.standins.server import Cut, Instead, Reply, Seen
from visiona.embedded.throwaway import Servers
from visiona.lib.db.actor import act_as_worker

pytestmark = pytest.mark.django_db

CLAIMS = Claims(user_id="user_1", session_id="sess_1")
MINUTE = 60_000


def ask(address: str = "me", **named: Any) -> Any:
    """What the API answers to a program that sends a session token."""
    return Client(raise_request_exception=False).get(
        f"/api/v1/{address}", headers=clerks.bearer(**named)
    )


def tell(clerk_id: str = "user_1", *args: Any, **others: Any) -> Outcome:
    """What becomes of what Clerk says of somebody."""
    with act_as_worker():
        return people.follow(told=Told.read(clerks.user(clerk_id, *args, **others)))


def ask_by_key(secret: str) -> Any:
    """What the API answers to a program that sends a key."""
    return Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})


def facts(user: User) -> tuple[Any, ...]:
    user.refresh_from_db()
    return user.email, user.name, user.image_url, user.clerk_id, user.is_active


ADA = ("ada@example.com", "Ada Lovelace", "https://img.clerk.com/ada", "user_1", True)


def test_who_is_banned_is_let_in_by_nothing(clerk: Clerk) -> None:
    tell()
    user = User.objects.get()
    secret = accounts_services.create_api_key(user=user, name="Laptop")[1]
    assert ask_by_key(secret).status_code == 200
    tell(updated_at=BEGINNING + MINUTE, banned=True)
    assert ask_by_key(secret).status_code == 401

    clerk.add(clerks.user("user_2", "eve@example.com", banned=True))
    assert ask(clerk_id="user_2").status_code == 401
    assert not User.objects.filter(clerk_id="user_2").exists()


# --- The first token ----------------------------------------------------------------------------


def test_the_first_token_makes_the_person_with_twenty_credits(by_clerk: Settings) -> None:
    answer = ask()

    user = User.objects.get()
    assert (answer.status_code, answer.json()["data"]["id"]) == (200, str(user.pk))
    assert answer.json()["data"]["wallet"]["available"] == 20
    assert (user.clerk_id, user.role, user.has_usable_password()) == ("user_1", "user", False)
    assert user.email.endswith("@clerk.invalid")
    assert not EmailAddress.objects.exists()
    assert [event.facts for event in Event.objects.all()] == [{"door": "clerk"}]
    assert [ask().status_code for _ in range(3)] == [200] * 3
    assert User.objects.count() == 1


def test_clerk_is_asked_who_that_is_where_it_can_be(clerk: Clerk) -> None:
    clerk.add(clerks.user())
    answers = [ask().json()["data"]["email"] for _ in range(2)]

    user = User.objects.get()
    assert answers == ["ada@example.com"] * 2
    assert facts(user) == ADA
    address = EmailAddress.objects.get()
    assert (address.user, address.email, address.verified) == (user, "ada@example.com", True)
    assert clerk.paths("GET") == ["/v1/users/user_1"]
    (asked,) = clerk.seen
    assert asked.headers["clerk-api-version"] == "2025-11-10"


@pytest.mark.parametrize("fault", [Cut(), Instead(Reply(500, {})), Instead(Reply(200, b"<p>"))])
def test_nobody_is_made_while_clerk_does_not_answer(clerk: Clerk, fault: Any) -> None:
    clerk.add(clerks.user())
    clerk.misbehave(fault)
    answer = ask()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert (len(clerk.seen), User.objects.count()) == (1, 0)
    assert ask().status_code == 200


def test_whom_clerk_does_not_know_is_let_in_by_no_token(clerk: Clerk) -> None:
    assert ask().status_code == 401
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({"email_addresses": None}, Told(clerk_id="user_1", name="Ada Lovelace")),
        ({"primary_email_address_id": None}, Told(clerk_id="user_1", name="Ada Lovelace")),
        ({"first_name": None, "last_name": None}, Told(clerk_id="user_1", address="ada@x.y")),
        ({"first_name": "a" * 200}, Told(clerk_id="user_1", address="ada@x.y", name="a" * 120)),
        (
            {"last_name": "", "updated_at": "now"},
            Told(clerk_id="user_1", address="ada@x.y", name="Ada"),
        ),
    ],
)
def test_only_what_is_well_formed_is_read(user: dict[str, Any], told: Told) -> None:
    document = clerks.user("user_1", "Ada@X.y", image_url="javascript:alert(1)", **user)
    read = Told.read(document | {"updated_at": None})
    assert read == told


@pytest.mark.parametrize("clerk_id", [None, "", 7, "u" * 65])
def test_a_user_without_an_id_is_none(clerk_id: Any) -> None:
    with pytest.raises(ValueError, match="no id"):
        Told.read(clerks.user() | {"id": clerk_id})


# --- Whoever had the address already ------------------------------------------------------------


def test_a_local_account_is_taken_over_by_whose_address_clerk_has_verified(clerk: Clerk) -> None:
    ada = factories.make_user("ada@example.com")
    EmailAddress.objects.create(user=ada, email="ada@example.com", primary=True, verified=True)
    program = ApiClient(ada)
    clerk.add(clerks.user())

    assert ask().json()["data"]["id"] == str(ada.pk)

    assert facts(ada) == ADA
    assert ada.check_password(PASSWORD)
    assert program.get("me").status_code == 200
    assert credits_selectors.wallet_of(user=ada).available == 20


def test_what_opened_an_account_with_an_unconfirmed_address_opens_it_no_more(
    clerk: Clerk,
) -> None:
    thief = factories.make_user("ada@example.com")
    program, browser = ApiClient(thief), Client()
    browser.force_login(thief)
    browser.get("/studio/")
    _, secret = accounts_services.create_api_key(user=thief, name="Thief's")
    clerk.add(clerks.user())

    assert ask().json()["data"]["id"] == str(thief.pk)

    thief.refresh_from_db()
    assert not thief.has_usable_password()
    assert program.get("me").status_code == 401
    assert (
        Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    )
    assert browser.get("/studio/").status_code == 302


@pytest.mark.parametrize("verification", ["unverified", "expired"])
def test_an_address_that_clerk_has_not_verified_takes_nothing_over(
    clerk: Clerk, verification: str
) -> None:
    ada = factories.make_user("ada@example.com")
    clerk.add(clerks.user(verification=verification))

    answer = ask()

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "Verify the address with Clerk" in answer.json()["detail"]
    assert list(User.objects.all()) == [ada]
    with pytest.raises(AddressUnproven):
        tell(verification=verification)
    ada.refresh_from_db()
    assert ada.clerk_id is None


def test_an_address_in_a_token_is_nobodys(by_clerk: Settings) -> None:
    factories.make_user("ada@example.com")
    answer = ask(email="ada@example.com", email_verified=True)
    assert answer.json()["data"]["email"].endswith("@clerk.invalid")
    assert User.objects.count() == 2


def test_two_people_of_clerks_never_share_an_account(clerk: Clerk) -> None:
    clerk.add(clerks.user(), clerks.user("user_2"))
    assert ask().status_code == 200
    answer = ask(clerk_id="user_2", session_id="sess_2")
    assert (answer.status_code, User.objects.count()) == (409, 1)
    with pytest.raises(AddressTaken):
        tell("user_2")


# --- What Clerk tells ---------------------------------------------------------------------------


def test_what_clerk_tells_first_makes_the_person_and_the_token_finds_them(
    by_clerk: Settings,
) -> None:
    assert [tell(), tell()] == [Outcome.MADE, Outcome.KNOWN]
    user = User.objects.get()
    assert facts(user) == ADA
    assert ask().json()["data"]["id"] == str(user.pk)
    assert credits_selectors.wallet_of(user=user).available == 20


def test_what_clerk_tells_later_names_whom_a_token_made(by_clerk: Settings) -> None:
    ask()
    assert tell() is Outcome.CHANGED
    assert facts(User.objects.get()) == ADA


def test_older_news_changes_nothing(by_clerk: Settings) -> None:
    assert tell(first_name="Augusta", updated_at=BEGINNING + 2 * MINUTE) is Outcome.MADE
    assert tell(updated_at=BEGINNING + MINUTE) is Outcome.KNOWN
    assert tell(updated_at=None) is Outcome.KNOWN
    assert User.objects.get().name == "Augusta Lovelace"
    assert tell(updated_at=BEGINNING + 3 * MINUTE) is Outcome.CHANGED
    assert User.objects.get().name == "Ada Lovelace"


def test_a_new_address_takes_the_place_of_the_old_one(by_clerk: Settings) -> None:
    tell()
    tell("user_1", "countess@example.com", updated_at=BEGINNING + MINUTE)
    user = User.objects.get()
    assert user.email == "countess@example.com"
    assert list(EmailAddress.objects.values_list("email", "verified")) == [(user.email, True)]


def test_an_address_that_is_somebody_elses_here_is_left_alone(by_clerk: Settings) -> None:
    tell()
    factories.make_user("countess@example.com")
    tell("user_1", "countess@example.com", first_name="Augusta", updated_at=BEGINNING + MINUTE)
    user = User.objects.get(clerk_id="user_1")
    assert (user.email, user.name) == ("ada@example.com", "Augusta Lovelace")


def test_somebody_without_an_address_keeps_what_they_have(by_clerk: Settings) -> None:
    tell()
    tell("user_1", "", first_name=None, last_name=None, image_url="", updated_at=BEGINNING + MINUTE)
    assert facts(User.objects.get()) == ADA


# --- Leaving ------------------------------------------------------------------------------------


def test_who_leaves_is_forgotten_and_nothing_opens_their_account(by_clerk: Settings) -> None:
    tell()
    user = User.objects.get()
    program, browser = ApiClient(user), Client()
    _, secret = accounts_services.create_api_key(user=user, name="Script")
    browser.post("/auth/clerk/", headers=clerks.bearer())
    assert browser.get("/studio/").status_code == 200

    with act_as_worker():
        people.forget(clerk_id="user_1")

    email, name, image_url, clerk_id, is_active = facts(user)
    assert (name, image_url, clerk_id, is_active) == ("", "", "user_1", False)
    assert email.endswith("@clerk.invalid")
    assert not EmailAddress.objects.exists()
    assert not Session.objects.exists()
    assert not ApiToken.objects.live().exists()
    assert [program.get("me").status_code, ask().status_code] == [401, 401]
    assert (
        Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    )
    assert browser.get("/studio/").status_code == 302


@pytest.mark.parametrize("heard", [[tell], []], ids=["known", "unheard of"])
def test_late_news_does_not_bring_back_who_has_left(
    by_clerk: Settings, heard: list[Callable[[], Outcome]]
) -> None:
    for hear in heard:
        hear()
    with act_as_worker():
        assert people.forget(clerk_id="user_1") == people.forget(clerk_id="user_1")
    assert tell(updated_at=BEGINNING + MINUTE) is Outcome.CLOSED
    assert ask(session_id="sess_2").status_code == 401
    (user,) = User.objects.all()
    assert (user.is_active, user.name) == (False, "")
    assert credits_selectors.wallet_of(user=user).available == 20


def test_an_address_is_free_again_once_its_owner_has_left(by_clerk: Settings) -> None:
    tell()
    with pytest.raises(AddressTaken):
        tell("user_2")
    with act_as_worker():
        people.forget(clerk_id="user_1")
    assert tell("user_2") is Outcome.MADE
    assert [user.clerk_id for user in User.objects.filter(email="ada@example.com")] == ["user_2"]


# --- Finding and repairing what was lost --------------------------------------------------------


def reconciled(*options: str, capsys: pytest.CaptureFixture[str]) -> str:
    call_command("clerk_reconcile", *options)
    return capsys.readouterr().out.strip()


def test_what_was_lost_is_repaired_both_ways_and_then_there_is_nothing_left(
    clerk: Clerk, capsys: pytest.CaptureFixture[str]
) -> None:
    tell("user_1", "old@example.com")
    tell("user_2", "gone@example.com")
    factories.make_user("local@example.com")
    factories.make_user("taken@example.com")
    clerk.add(
        clerks.user(updated_at=BEGINNING + MINUTE),
        clerks.user("user_3", "new@example.com"),
        clerks.user("user_4", "taken@example.com", verification="unverified"),
    )

    before = reconciled("--check", capsys=capsys)
    assert before == "1 changed, 1 closed, 2 missing"
    assert User.objects.filter(is_active=True).count() == 4
    assert reconciled(capsys=capsys) == "1 changed, 1 closed, 1 made, 1 refused"
    assert reconciled(capsys=capsys) == "2 known, 1 refused"

    there = User.objects.filter(is_active=True).order_by("email")
    assert [(user.email, user.clerk_id) for user in there] == [
        ("ada@example.com", "user_1"),
        ("local@example.com", None),
        ("new@example.com", "user_3"),
        ("taken@example.com", None),
    ]


def test_a_check_says_who_is_as_here_and_who_is_closed(
    clerk: Clerk, capsys: pytest.CaptureFixture[str]
) -> None:
    tell()
    with act_as_worker():
        people.forget(clerk_id="user_2")
    clerk.add(clerks.user(), clerks.user("user_2", "bob@example.com"))
    assert reconciled("--check", capsys=capsys) == "1 closed, 1 known"


def test_who_came_while_everybody_was_read_is_not_gone(
    clerk: Clerk, capsys: pytest.CaptureFixture[str]
) -> None:
    tell()
    clerk.add(clerks.user())
    clerk.misbehave(Instead(Reply(200, [])), on="/users$")
    assert reconciled(capsys=capsys) == "Clerk knows nobody yet."
    assert User.objects.get().is_active


def test_everybody_is_read_page_by_page(clerk: Clerk, capsys: pytest.CaptureFixture[str]) -> None:
    clerk.add(*(clerks.user(f"user_{n}", f"{n}@example.com") for n in range(100)))
    assert reconciled("--check", capsys=capsys) == "100 missing"
    assert [seen.query for seen in clerk.seen] == [
        f"limit=100&offset={offset}&order_by=%2Bcreated_at" for offset in (0, 100)
    ]


def test_it_says_what_it_needs(by_clerk: Settings, clerk: Clerk) -> None:
    clerk.misbehave(Instead(Reply(500, {})))
    with pytest.raises(CommandError, match="Clerk does not answer"):
        call_command("clerk_reconcile")
    by_clerk.CLERK_SECRET_KEY = ""
    with pytest.raises(CommandError, match="Set CLERK_SECRET_KEY"):
        call_command("clerk_reconcile")


# --- All at once --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_fifty_tokens_and_three_events_at_once_make_one_person(by_clerk: Settings) -> None:
    def come(number: int) -> Any:
        if number % 17 == 0:
            return tell(updated_at=BEGINNING + number)
        return people.enter(claims=CLAIMS).pk

    seen = databases.in_threads(come, range(1, 54), threads=12)

    user = User.objects.get()
    assert {one for one in seen if not isinstance(one, Outcome)} == {user.pk}
    assert len([one for one in seen if isinstance(one, Outcome)]) == 3
    assert facts(user) == ADA
    assert credits_selectors.wallet_of(user=user).available == 20


def post(address: str) -> Callable[[Client], Any]:
    """Send nothing to an address of the API, by a session token."""
    return lambda program: program.post(f"/api/v1/{address}", headers=clerks.bearer())


COME: dict[str, Callable[[Client], Any]] = {
    "by the API": lambda program: program.get("/api/v1/me", headers=clerks.bearer()),
    "to buy": post("billing/checkout"),
    "to the portal": post("billing/portal"),
    "to ask": post("chat"),
    "to ask again": post(f"messages/{UUID(int=1)}/regenerate"),
    "to the gateway": lambda program: program.get("/v1/models", headers=clerks.bearer()),
    "by a stream": lambda program: program.get("/stream/events", headers=clerks.bearer()).close(),
    "by Clerk's script": lambda browser: browser.post("/auth/clerk/", headers=clerks.bearer()),
    "by a cookie": lambda browser: browser.get(
        "/accounts/login/", headers={"Cookie": f"__session={clerks.token()}"}
    ),
}
WAITING = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("knows", [True, False], ids=["who is known", "who is not"])
@pytest.mark.parametrize("come", COME.values(), ids=COME)
def test_no_transaction_waits_while_clerk_is_asked_once(
    clerk: Clerk,
    come: Callable[[Client], Any],
    monkeypatch: pytest.MonkeyPatch,
    product_servers: Servers,
    *,
    knows: bool,
) -> None:
    waiting: list[int] = []
    answer, address = clerk.answer, databases.address_of(product_servers.superuser_url)

    def looked_at(seen: Seen) -> Reply:
        with psycopg.connect(address) as session:
            waiting.extend(row[0] for row in session.execute(WAITING))
        return answer(seen)

    monkeypatch.setattr(clerk, "answer", looked_at)
    clerk.add(*[clerks.user()] * knows)

    come(Client())

    assert (waiting, User.objects.count()) == ([0], int(knows))


@pytest.mark.django_db(transaction=True)
def test_streams_and_the_gateway_know_who_that_is(by_clerk: Settings) -> None:
    models = Client().get("/v1/models", headers=clerks.bearer())
    stream = Client().get("/stream/events", headers=clerks.bearer())
    stream.close()
    assert (models.status_code, stream.status_code, User.objects.count()) == (200, 200, 1)
    forged = clerks.bearer(number=2)
    assert Client().get("/v1/models", headers=forged).status_code == 401
    assert Client().get("/stream/events", headers=forged).status_code == 401
