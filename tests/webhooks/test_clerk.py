"""Clerk's webhooks: people, sessions and payments are right whatever comes when and how often."""

import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pytest_django import Settings
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from accounts.models import User
from billing import selectors as billing_selectors
from billing.models import Payment, Subscription
from billing.services import clerk_events
from credits import selectors as credits_selectors
from tests import factories
from tests.standins import clerk as clerks
from tests.standins import contracts
from tests.standins.clerk import BEGINNING, WEBHOOK_SECRET
from visiona.lib.db.actor import NOBODY, act_as
from visiona.webhooks import services
from visiona.webhooks.models import WebhookEvent
from visiona.webhooks.views import MOST_BYTES

pytestmark = pytest.mark.django_db

State = WebhookEvent.State
BEGAN = datetime.fromtimestamp(BEGINNING / 1000, tz=UTC)
MINUTE = 60_000
OTHER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # of the published vectors


@pytest.fixture(autouse=True)
def by_clerk(settings: Settings) -> Settings:
    """The settings with which people come in by Clerk."""
    settings.PUBLIC_URL = clerks.PARTY
    settings.CLERK_ISSUER = clerks.ISSUER
    settings.CLERK_JWT_KEY = clerks.pem()
    settings.CLERK_WEBHOOK_SECRET = [WEBHOOK_SECRET]
    return settings


def send(
    body: bytes, headers: Mapping[str, str] | None = None, address: str = "/webhooks/clerk"
) -> Any:
    """What becomes of a webhook at the door."""
    given = clerks.signed(body) if headers is None else headers
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    with act_as(NOBODY):
        return client.post(address, body, content_type="application/json", headers=dict(given))


def tell(kind: str, data: Mapping[str, Any], *, name: str = "") -> WebhookEvent:
    """Send an event and have it handled."""
    body = json.dumps(clerks.event(kind, data)).encode()
    name = name or f"msg_{random.getrandbits(64):x}"
    assert send(body, clerks.signed(body, name=name)).status_code == 200
    services.handle_due()
    return WebhookEvent.objects.get(event_id=name)


def ada() -> User:
    return User.objects.get(clerk_id="user_1")


def balance(user: User) -> int:
    user_balance: int = credits_selectors.wallet_of(user=user).available
    return user_balance


# --- The door -----------------------------------------------------------------------------------

BODY = json.dumps(clerks.event("user.created", clerks.user())).encode()

FORGED: dict[str, Callable[[], dict[str, str]]] = {
    "another's secret": lambda: clerks.signed(BODY, secret=OTHER_SECRET),
    "another body": lambda: clerks.signed(b"{}"),
    "another id": lambda: clerks.signed(BODY) | {"svix-id": "msg_2"},
    "too old": lambda: clerks.signed(BODY, age=310),
    "from the future": lambda: clerks.signed(BODY, age=-310),
    "no time": lambda: clerks.signed(BODY) | {"svix-timestamp": "nan"},
    "no headers": dict,
    "no signature": lambda: clerks.signed(BODY) | {"svix-signature": ""},
    "no base64": lambda: clerks.signed(BODY) | {"svix-signature": "v1,ä€"},
    "by other names": lambda: {
        name.replace("svix", "webhook"): value for name, value in clerks.signed(BODY).items()
    },
}


@pytest.mark.parametrize("address", ["/webhooks/clerk", "/api/clerk"])
def test_what_svix_has_signed_is_taken_without_from_where_it_was_done(address: str) -> None:
    assert send(BODY, address=address).status_code == 200
    event = WebhookEvent.objects.get()
    kept = json.loads(bytes(event.body or b""))
    assert (event.sender, event.event_id) == ("clerk", "msg_1")
    assert kept == {"type": "user.created", "data": clerks.user()}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_is_not_signed_now_is_refused(forge: Callable[[], dict[str, str]]) -> None:
    assert send(BODY, forge()).status_code == 400
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"[]"])
def test_what_is_no_document_is_refused(body: bytes) -> None:
    assert send(body).status_code == 400


def test_what_is_too_large_is_refused() -> None:
    assert send(b" " * (MOST_BYTES + 1)).status_code == 413


def test_a_new_secret_is_good_beside_the_old_one(by_clerk: Settings) -> None:
    by_clerk.CLERK_WEBHOOK_SECRET = [OTHER_SECRET, WEBHOOK_SECRET]
    assert send(BODY).status_code == 200
    assert send(BODY, clerks.signed(BODY, name="m2", secret=OTHER_SECRET)).status_code == 200
    by_clerk.CLERK_WEBHOOK_SECRET = [OTHER_SECRET]
    assert send(BODY, clerks.signed(BODY, name="m3")).status_code == 400


def test_without_a_secret_there_is_no_inbox(by_clerk: Settings) -> None:
    by_clerk.CLERK_WEBHOOK_SECRET = []
    assert [send(BODY).status_code, send(BODY, address="/api/clerk").status_code] == [404, 404]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (None, {}),
        ("user.created", None),
        ("user.created", {}),
        ("user.created", {"id": 7}),
        ("user.deleted", {"deleted": True}),
        ("paymentAttempt.updated", {"status": "paid", "paid_at": BEGINNING}),
        ("paymentAttempt.updated", clerks.attempt(slug="gold")),
        ("paymentAttempt.updated", clerks.attempt(subscription_items=[])),
        ("paymentAttempt.updated", clerks.attempt(paid_at=None, updated_at=None)),
        ("subscriptionItem.active", clerks.subscription_item(updated_at="now")),  # type: ignore[arg-type]
        ("subscriptionItem.active", clerks.subscription_item(interval="annual")),
    ],
)
def test_what_makes_no_sense_changes_nothing_and_comes_again(kind: Any, data: Any) -> None:
    body = json.dumps({**clerks.event("", {}), "type": kind, "data": data}).encode()
    tell("user.created", clerks.user())
    assert send(body, clerks.signed(body, name="odd")).status_code == 200
    services.handle_due()
    event = WebhookEvent.objects.get(event_id="odd")
    assert (event.state, event.attempts, bool(event.error)) == (State.NEW, 1, True)
    assert (User.objects.count(), balance(ada())) == (1, 20)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("kind", ["email.created", "organization.updated", "session.created", "x"])
def test_what_is_not_for_us_is_kept_and_ignored(kind: str) -> None:
    assert tell(kind, {"id": "ema_1"}).state == State.IGNORED


# --- People and sessions ------------------------------------------------------------------------


def test_a_person_comes_changes_and_leaves() -> None:
    assert tell("user.created", clerks.user()).state == State.DONE
    assert (ada().email, ada().name, balance(ada())) == ("ada@example.com", "Ada Lovelace", 20)
    tell("user.updated", clerks.user(first_name="Augusta", updated_at=BEGINNING + MINUTE))
    assert ada().name == "Augusta Lovelace"
    assert tell("user.deleted", clerks.deleted()).state == State.DONE
    assert (ada().is_active, ada().name) == (False, "")
    assert tell("user.updated", clerks.user(updated_at=BEGINNING + 2 * MINUTE)).state == (
        State.IGNORED
    )
    assert (ada().is_active, ada().name) == (False, "")


def test_an_unverified_address_of_somebody_here_is_refused_and_not_tried_again() -> None:
    factories.make_user("ada@example.com")
    assert tell("user.created", clerks.user(verification="unverified")).state == State.IGNORED
    assert User.objects.count() == 1
    assert tell("user.updated", clerks.user(updated_at=BEGINNING + 1)).state == State.DONE
    assert ada().email == "ada@example.com"


@pytest.mark.parametrize("kind", ["session.ended", "session.removed", "session.revoked"])
def test_a_session_that_ends_at_clerk_ends_here(kind: str) -> None:
    browser = Client()
    headers = clerks.bearer()
    assert browser.post("/auth/clerk/", headers=headers).status_code == 204
    assert browser.get("/studio/").status_code == 200

    for _ in range(2):
        assert tell(kind, clerks.session()).state == State.DONE

    assert browser.get("/studio/").status_code == 302
    assert browser.post("/auth/clerk/", headers=headers).status_code == 401
    assert Client().get("/api/v1/me", headers=headers).status_code == 401
    fresh = clerks.bearer(session_id="sess_2")
    assert browser.post("/auth/clerk/", headers=fresh).status_code == 204


def test_the_end_of_a_session_that_we_never_saw_is_remembered() -> None:
    assert tell("session.ended", clerks.session()).state == State.IGNORED
    tell("user.created", clerks.user())
    assert tell("session.ended", clerks.session()).state == State.DONE
    assert Client().post("/auth/clerk/", headers=clerks.bearer()).status_code == 401
    assert tell("session.ended", {**clerks.session(), "id": None}).state == State.NEW


# --- Money --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("slug", "amount", "cents"), [("pro", 80, 1500), ("premium", 240, 3500)])
def test_what_is_paid_is_granted_once(slug: str, amount: int, cents: int) -> None:
    tell("user.created", clerks.user())
    for _ in range(3):
        assert tell("paymentAttempt.updated", clerks.attempt(slug=slug)).state == State.DONE
    payment = Payment.objects.get()
    assert (payment.source, payment.reference, payment.charge_id) == ("clerk", "pa_1", "pi_pa_1")
    assert (payment.item, payment.amount_cents, payment.currency) == (slug, cents, "usd")
    assert (payment.status, payment.paid_at) == ("paid", BEGAN)
    assert balance(ada()) == 20 + amount


def test_a_payment_of_whom_we_have_not_heard_waits_for_them() -> None:
    early = tell("paymentAttempt.updated", clerks.attempt())
    assert (early.state, early.error) == (State.NEW, "Later")
    tell("user.created", clerks.user())
    WebhookEvent.objects.update(next_at=BEGAN)
    services.handle_due()
    assert balance(ada()) == 100


def test_a_payment_that_failed_grants_nothing_until_it_is_paid() -> None:
    tell("user.created", clerks.user())
    tell("paymentAttempt.updated", clerks.attempt(status="pending"))
    assert not Payment.objects.exists()
    tell("paymentAttempt.updated", clerks.attempt(status="failed"))
    assert (Payment.objects.get().status, balance(ada())) == ("failed", 20)
    tell("paymentAttempt.updated", clerks.attempt())
    tell("paymentAttempt.updated", clerks.attempt(status="failed"))
    assert (Payment.objects.get().status, balance(ada())) == ("paid", 100)


def test_what_an_organization_pays_is_nobodys_here() -> None:
    tell("user.created", clerks.user())
    org = {**clerks.payer(""), "organization_id": "org_1"}
    for status in ("paid", "failed"):
        data = clerks.attempt(status=status, payer=org)
        assert tell("paymentAttempt.updated", data).state == State.IGNORED
    item = clerks.subscription_item(payer=org)
    assert tell("subscriptionItem.active", item).state == State.IGNORED


@pytest.mark.parametrize(
    ("status", "ours", "cancels"),
    [
        ("active", "active", False),
        ("canceled", "active", True),
        ("past_due", "past_due", False),
        ("incomplete", "incomplete", False),
        ("ended", "canceled", False),
        ("abandoned", "canceled", False),
    ],
)
def test_a_subscription_is_what_its_item_says(status: str, ours: str, *, cancels: bool) -> None:
    tell("user.created", clerks.user())
    tell(f"subscriptionItem.{status}", clerks.subscription_item(status=status))
    one = Subscription.objects.get()
    assert (one.source, one.external_id, one.plan) == ("clerk", "csub_item_1", "pro")
    assert (one.status, one.cancel_at_period_end) == (ours, cancels)
    assert (one.period_start, (one.period_end - one.period_start).days) == (BEGAN, 30)


def test_a_trial_is_one_and_a_period_without_an_end_is_a_month() -> None:
    tell("user.created", clerks.user())
    item = clerks.subscription_item(is_free_trial=True, period_end=None)
    tell("subscriptionItem.active", item)
    one = Subscription.objects.get()
    assert (one.status, one.period_end - one.period_start) == ("trialing", clerk_events.MONTH)


@pytest.mark.parametrize(("slug", "status"), [("free", "active"), ("pro", "upcoming")])
def test_the_free_plan_and_what_is_to_come_are_no_subscription(slug: str, status: str) -> None:
    tell("user.created", clerks.user())
    item = clerks.subscription_item(slug=slug, status=status)
    assert tell("subscriptionItem.updated", item).state == State.IGNORED
    assert not Subscription.objects.exists()


def test_a_plan_is_the_persons_at_once_and_older_news_does_not_take_it() -> None:
    now = int(datetime.now(tz=UTC).timestamp() * 1000)
    times: dict[str, Any] = {"period_start": now, "period_end": now + 30 * 24 * 60 * MINUTE}
    tell("user.created", clerks.user())
    tell("subscriptionItem.active", clerks.subscription_item(updated_at=now, **times))
    assert (ada().role, billing_selectors.plan_of(user=ada()).name) == ("subscriber", "pro")
    old = clerks.subscription_item(status="incomplete", updated_at=now - MINUTE, **times)
    tell("subscriptionItem.incomplete", old)
    assert Subscription.objects.get().status == "active"


def test_who_leaves_with_a_plan_is_gone_and_their_payment_stays_noted() -> None:
    tell("user.created", clerks.user())
    tell("subscriptionItem.active", clerks.subscription_item())
    tell("user.deleted", clerks.deleted())
    assert tell("paymentAttempt.updated", clerks.attempt()).state == State.DONE
    assert (ada().is_active, Payment.objects.get().user_id) == (False, ada().pk)


# --- In any order -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_any_order_and_any_number_of_deliveries_end_the_same(seed: int) -> None:
    ended = clerks.subscription_item(status="ended", updated_at=BEGINNING + MINUTE)
    told = [
        ("user.created", clerks.user()),
        ("user.updated", clerks.user(first_name="Augusta", updated_at=BEGINNING + MINUTE)),
        ("paymentAttempt.updated", clerks.attempt(status="pending")),
        ("paymentAttempt.updated", clerks.attempt()),
        ("paymentAttempt.created", clerks.attempt(name="pa_2", slug="premium")),
        ("paymentAttempt.updated", clerks.attempt(name="pa_2", slug="premium")),
        ("subscriptionItem.active", clerks.subscription_item()),
        ("subscriptionItem.ended", ended),
        ("session.ended", clerks.session()),
    ]
    chance = random.Random(seed)
    deliveries = [number for number in range(len(told)) for _ in range(chance.randint(1, 4))]
    chance.shuffle(deliveries)

    for number in deliveries:
        body = json.dumps(clerks.event(*told[number])).encode()
        assert send(body, clerks.signed(body, name=f"msg_{number}")).status_code == 200
        services.handle_due()
    for _ in range(2):
        WebhookEvent.objects.update(next_at=BEGAN)
        services.handle_due()
    WebhookEvent.objects.update(state=State.NEW)
    services.handle_due()

    assert not WebhookEvent.objects.filter(state__in=[State.NEW, State.DEAD]).exists()
    assert (User.objects.count(), ada().name, balance(ada())) == (1, "Augusta Lovelace", 340)
    assert Payment.objects.count() == 2
    assert Subscription.objects.get().status == "canceled"


# --- As Clerk has it ----------------------------------------------------------------------------

KINDS = {
    "user.created": clerks.user(),
    "user.updated": clerks.user("user_1", ""),
    "user.deleted": clerks.deleted(),
    "session.ended": clerks.session(),
    "session.removed": clerks.session(status="removed"),
    "session.revoked": clerks.session(status="revoked"),
    "paymentAttempt.updated": clerks.attempt(),
    "subscriptionItem.active": clerks.subscription_item(),
    "subscriptionItem.pastDue": clerks.subscription_item(status="past_due"),
}


@pytest.mark.timeout(60)
def test_what_we_accept_is_what_clerk_sends() -> None:
    path = contracts.VENDORED / "clerk-webhooks.yml"
    document = contracts.as_json_schema(contracts.read_document(path))
    registry = Registry().with_resource("urn:spec", Resource.from_contents(document, DRAFT202012))
    complaints = []
    for kind, data in KINDS.items():
        body = "requestBody/content/application~1json/schema"
        schema = {"$ref": f"urn:spec#/x-webhooks/{kind}/post/{body}"}
        validator = Draft202012Validator(schema, registry=registry)
        payload = json.loads(json.dumps(clerks.event(kind, data)))
        complaints += [f"{kind} {words}" for words in contracts.errors_of(validator, "", payload)]
    # Its document asks for the user within a session, and forbids it there.
    drift = "data: 'user' is a required property"
    assert [words for words in complaints if drift not in words] == []
