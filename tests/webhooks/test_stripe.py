"""Stripe's door to the inbox: only what it has signed, and signed now, comes in; once."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe as sdk
from django.test import Client
from pytest_django import Settings

from billing.gateways import registry, shapes, signing
from visiona.lib import clock
from visiona.lib.db.actor import NOBODY, act_as
from visiona.webhooks import services, signatures
from visiona.webhooks.models import WebhookEvent
from visiona.webhooks.views import MOST_BYTES

pytestmark = pytest.mark.django_db

ADDRESS = "/webhooks/stripe"
SECRET, NEXT_SECRET = "whsec_test_secret", "whsec_next_secret"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "invoice.paid",
    "created": 1795224824,
    "livemode": False,
    "data": {"object": {"id": "in_1", "customer_email": "ada@example.com"}},
}
DATA = {"data": EVENT["data"]}
BODY = json.dumps(EVENT).encode()


def header(body: bytes = BODY, *, secret: str = SECRET, age: float = 0) -> str:
    """The header that Stripe sends with a body, signed some seconds ago."""
    moment = int(clock.now().timestamp() - age)
    proof = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={proof}"


def send(body: bytes = BODY, signed: str | None = None) -> Any:
    given = {"Stripe-Signature": header(body) if signed is None else signed}
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    with act_as(NOBODY):
        return client.post(ADDRESS, body, content_type="application/json", headers=given)


def assert_refused(response: Any, status: int = 400, code: str = "malformed") -> None:
    assert (response.status_code, json.loads(response.content)["code"]) == (status, code)
    assert not WebhookEvent.objects.exists()


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_1"
    settings.STRIPE_WEBHOOK_SECRET = [SECRET]


def test_what_is_signed_is_stored_without_anybodys_address_and_once() -> None:
    assert [send().status_code for _ in range(3)] == [200, 200, 200]

    event = WebhookEvent.objects.get()
    assert (event.sender, event.event_id, event.deliveries) == ("stripe", "evt_1", 3)
    kept = json.loads(bytes(event.body or b""))
    expected = EVENT | {"data": {"object": {"id": "in_1"}}}
    del expected["object"]
    assert kept == expected


def test_the_known_answer_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computed by Stripe's own SDK."""
    then = datetime.fromtimestamp(1614265330, tz=UTC)
    monkeypatch.setattr(clock, "now", lambda: then)
    signed = "t=1614265330,v1=fbd6bf5496b9d6310e422a2c072578f95f5eb492111ab57a5510e9cd79c1b304"
    body = b'{"id":"evt_test","object":"event"}'

    assert signatures.stripe([SECRET], body, {"Stripe-Signature": signed}) == "evt_test"
    assert signing.header(secret=SECRET, moment=1614265330, body=body) == signed


def test_stripes_sdk_and_we_agree_on_what_is_signed() -> None:
    theirs = sdk.WebhookSignature.generate_signature_header(BODY.decode(), SECRET)
    assert send(signed=theirs).status_code == 200

    event = shapes.event(type="charge.refunded", about=shapes.charge(customer="cus_1", amount=1))
    body = json.dumps(event).encode()
    ours = signing.header(secret=SECRET, moment=event["created"], body=body)
    read = sdk.StripeClient("sk_test_1").construct_event(body, ours, SECRET)
    assert (read.id, read.type) == (event["id"], "charge.refunded")


def test_both_secrets_are_good_while_one_takes_the_place_of_the_other(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = [NEXT_SECRET, SECRET]
    assert send().status_code == 200
    both = f"{header(secret='whsec_old')},{header(secret=NEXT_SECRET).partition(',')[2]}"
    assert send(signed=both).status_code == 200

    settings.STRIPE_WEBHOOK_SECRET = [NEXT_SECRET]
    assert send().status_code == 400


FORGED: dict[str, Callable[[], str]] = {
    "another's secret": lambda: header(secret=NEXT_SECRET),
    "no secret": lambda: header(secret=""),
    "another body": lambda: header(b"{}"),
    "too old": lambda: header(age=310),
    "from the future": lambda: header(age=-310),
    "another time": lambda: header().replace("t=", "t=1"),
    "no time": lambda: header().partition(",")[2],
    "time in words": lambda: "t=yesterday," + header().partition(",")[2],
    "time in another script": lambda: "t=\u0661," + header().partition(",")[2],
    "a long time": lambda: f"t={'9' * 400}," + header().partition(",")[2],
    "no header": str,
    "no signature": lambda: header().partition(",")[0],
    "an empty signature": lambda: f"{header().partition(',')[0]},v1=",
    "no hexadecimals": lambda: f"{header().partition(',')[0]},v1=ä€",
    "an older scheme": lambda: header().replace("v1=", "v0="),
    "nonsense": lambda: ",=,=,",
    "far behind": lambda: "a=b," * 1_000 + header(),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_is_not_signed_now_is_refused_and_not_stored(forge: Callable[[], str]) -> None:
    assert signatures.stripe([SECRET], BODY, {"Stripe-Signature": forge()}) is None


def test_what_is_refused_leaves_nothing_behind() -> None:
    assert_refused(send(signed=header(secret=NEXT_SECRET)))
    assert_refused(send(signed=""))


@pytest.mark.parametrize(("forged", "cost"), [(0, 0), (1, 2), (660, 2)])
def test_a_forgery_costs_an_hmac_a_secret_however_much_it_lists(
    forged: int, cost: int, hmacs: list[int]
) -> None:
    signed = f"t={int(clock.now().timestamp())}" + ",v1=" * forged

    assert signatures.stripe([SECRET, NEXT_SECRET], BODY, {"Stripe-Signature": signed}) is None
    assert len(hmacs) == cost


@pytest.mark.parametrize(("before", "event_id"), [(4, "evt_1"), (5, None)])
def test_the_first_five_signatures_are_looked_at(before: int, event_id: str | None) -> None:
    moment, _, good = header().partition(",")
    signed = ",".join([moment, *["v0=1"] * 9, *["v1=1"] * before, good])

    assert signatures.stripe([SECRET], BODY, {"Stripe-Signature": signed}) == event_id


WRONG: dict[str, bytes] = {
    "empty": b"",
    "no UTF-8": b"\xff\xfe\xfa",
    "half": b"{",
    "a list": b"[]",
    "nothing": b"null",
    "very deep": b"[" * 100_000,
    "no id": json.dumps(EVENT | {"id": None}).encode(),
    "an empty id": json.dumps(EVENT | {"id": ""}).encode(),
    "a long id": json.dumps(EVENT | {"id": "e" * 256}).encode(),
    "an id that no table keeps": json.dumps(EVENT | {"id": "evt_\0"}).encode(),
    "no event": json.dumps(EVENT | {"object": "invoice"}).encode(),
    "a thin event": json.dumps(EVENT | {"object": "v2.core.event"}).encode(),
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_what_is_signed_but_no_event_is_refused(body: bytes) -> None:
    assert_refused(send(body))


def test_a_body_beyond_512_kb_is_refused() -> None:
    body = json.dumps(EVENT | {"type": "x" * MOST_BYTES}).encode()

    assert_refused(send(body), 413, "too_large")


@pytest.mark.parametrize("secrets", [[], [""]], ids=["unset", "empty"])
def test_without_a_secret_nothing_comes_in(settings: Settings, secrets: list[str]) -> None:
    settings.STRIPE_WEBHOOK_SECRET = secrets

    assert send(signed=header(secret="")).status_code in {400, 404}
    assert not WebhookEvent.objects.exists()


def test_where_stripe_takes_the_money_the_tills_signature_is_worth_nothing() -> None:
    assert_refused(send(signed=header(secret=registry.till_secret())))


def test_where_nobody_takes_money_there_is_no_door(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY, settings.TEST_TILL = "", False

    assert_refused(send(signed=header(secret=registry.till_secret())), 404, "not_found")


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (("id", "livemode"), {"id": "evt_1", "livemode": False}),
        (("data.object.id",), {"data": {"object": {"id": "in_1"}}}),
        (("data.object.name", "id.of"), {"data": {"object": {}}}),
        (("data.object.id", "id", "data.object.customer_email"), {"id": "evt_1", **DATA}),
        (("data.object.id", "data", "data.x"), DATA),
    ],
    ids=str,
)
def test_of_an_event_is_kept_what_was_named(
    names: tuple[str, ...], kept: Mapping[str, Any]
) -> None:
    assert json.loads(services._kept(EVENT, names)) == kept
