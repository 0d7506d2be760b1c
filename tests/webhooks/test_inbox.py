"""The inbox: only what is signed, and signed now, gets in; once; and is handled until it works."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from celery import current_app
from django.db import OperationalError, connection, transaction
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from standardwebhooks.webhooks import Webhook

from tests import databases
from visiona.embedded.throwaway import Servers
from visiona.lib import clock, outage
from visiona.lib.db.actor import NOBODY, act_as
from visiona.webhooks import handlers, services, tasks
from visiona.webhooks.models import WebhookEvent
from visiona.webhooks.signatures import is_usable, standard
from visiona.webhooks.views import MOST_BYTES

pytestmark = pytest.mark.django_db

State = WebhookEvent.State
ADDRESS = "/webhooks/replicate"
SECRET, NEXT_SECRET = (f"whsec_{base64.b64encode(bytes([n]) * 24).decode()}" for n in (1, 2))
BODY = json.dumps({"id": "gm3qorzdhgbfurvjtvhg6dckhu", "status": "succeeded"}).encode()


def signed(
    body: bytes = BODY, *, name: str = "msg_1", secret: str = SECRET, age: float = 0
) -> dict[str, str]:
    """The headers that Replicate sends with a body, signed some seconds ago."""
    moment = str(int(clock.now().timestamp() - age))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    proof = hmac.digest(key, f"{name}.{moment}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(proof).decode()}",
    }


def send(body: bytes = BODY, headers: Mapping[str, str] | None = None, query: str = "") -> Any:
    given = signed(body) if headers is None else headers
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    with act_as(NOBODY):
        return client.post(
            f"{ADDRESS}{query}", body, content_type="application/json", headers=dict(given)
        )


def assert_problem(response: Any, status: int, code: str) -> None:
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert json.loads(response.content)["code"] == code
    assert not WebhookEvent.objects.exists()


@pytest.fixture(autouse=True)
def secrets(settings: Settings) -> None:
    settings.REPLICATE_WEBHOOK_SECRET = [SECRET]


# --- The door -----------------------------------------------------------------------------------


def test_what_is_signed_is_stored_without_anybodys_prompt_and_a_worker_is_woken(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    told = json.dumps(json.loads(BODY) | {"input": {"prompt": "Anna at sea"}, "logs": "..."})
    with django_capture_on_commit_callbacks() as woken:
        response = send(told.encode(), query="?step=019f0000-0000-7000-8000-000000000001")
    assert (response.status_code, response.content) == (200, b"")
    event = WebhookEvent.objects.get()
    assert (event.sender, event.event_id, bytes(event.body or b"")) == ("replicate", "msg_1", BODY)
    assert event.query == "step=019f0000-0000-7000-8000-000000000001"
    assert (event.state, event.deliveries, event.attempts) == (State.NEW, 1, 0)
    assert len(woken) == 1


def test_what_comes_again_is_welcomed_counted_and_handled_once(handled: list[str]) -> None:
    assert [send().status_code for _ in range(3)] == [200, 200, 200]
    assert services.handle_due() == 1
    assert send().status_code == 200
    assert services.handle_due() == 0
    event = WebhookEvent.objects.get()
    assert (event.state, event.deliveries, handled) == (State.DONE, 4, ["msg_1"])


def test_both_secrets_are_good_while_one_takes_the_place_of_the_other(settings: Settings) -> None:
    settings.REPLICATE_WEBHOOK_SECRET = [NEXT_SECRET, SECRET]
    assert send().status_code == 200
    assert send(headers=signed(name="msg_2", secret=NEXT_SECRET)).status_code == 200
    assert WebhookEvent.objects.count() == 2


def test_the_known_answer_of_the_standard_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the tests of svix and standard-webhooks, which are years old."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }

    def then(_: object, header: str) -> datetime:
        return datetime.fromtimestamp(float(header), tz=UTC)

    monkeypatch.setattr(Webhook, "_Webhook__verify_timestamp", then)
    body = b'{"test": 2432232314}'
    assert standard(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], body, headers) == (
        "msg_p5jXN8AQM9LWM0D4loKWxJek"
    )


FORGED: dict[str, Callable[[], dict[str, str]]] = {
    "another's secret": lambda: signed(secret=NEXT_SECRET),
    "another body": lambda: signed(b"{}"),
    "another id": lambda: signed() | {"webhook-id": "msg_2"},
    "too old": lambda: signed(age=310),
    "from the future": lambda: signed(age=-310),
    "another time": lambda: signed() | {"webhook-timestamp": str(int(clock.now().timestamp()) - 9)},
    "no time": lambda: signed() | {"webhook-timestamp": "yesterday"},
    "no number": lambda: signed() | {"webhook-timestamp": "nan"},
    "no headers": dict,
    "no signature": lambda: signed() | {"webhook-signature": ""},
    "no pair": lambda: signed() | {"webhook-signature": "v1"},
    "three parts": lambda: signed() | {"webhook-signature": "v1,a,b"},
    "no base64": lambda: signed() | {"webhook-signature": "v1,ä€"},
    "another version": lambda: {
        **signed(),
        "webhook-signature": signed()["webhook-signature"].replace("v1,", "v2,"),
    },
    "no id": lambda: signed(name=""),
    "a long id": lambda: signed(name="m" * 256),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_is_not_signed_now_is_refused_and_not_stored(
    forge: Callable[[], dict[str, str]],
) -> None:
    assert_problem(send(headers=forge()), 400, "malformed")


@pytest.mark.parametrize(("forged", "cost"), [(0, 0), (1, 2), (600, 2)])
def test_a_forgery_costs_an_hmac_a_secret_however_much_it_lists(
    forged: int, cost: int, hmacs: list[int]
) -> None:
    headers = signed() | {"webhook-signature": " ".join(["v1,"] * forged)}

    assert standard([SECRET, NEXT_SECRET], BODY, headers) is None
    assert len(hmacs) == cost


@pytest.mark.parametrize(("before", "name"), [(4, "msg_1"), (5, None)])
def test_the_first_five_signatures_are_looked_at(before: int, name: str | None) -> None:
    headers = signed()
    listed = [*["v1a,AAAA"] * 9, *["v1,AAAA"] * before, headers["webhook-signature"]]

    assert standard([SECRET], BODY, headers | {"webhook-signature": " ".join(listed)}) == name


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"[]", b"[" * 100_000])
def test_what_is_signed_but_no_document_is_refused(body: bytes) -> None:
    assert_problem(send(body, signed(body)), 400, "malformed")


def test_a_query_that_is_longer_than_ours_is_refused() -> None:
    assert_problem(send(query=f"?step={'a' * 200}"), 400, "malformed")


def test_a_body_beyond_512_kb_is_refused_and_one_of_just_that_is_taken() -> None:
    largest = json.dumps({"logs": "x" * (MOST_BYTES - len('{"logs": ""}'))}).encode()
    assert_problem(send(largest + b" ", signed(largest + b" ")), 413, "too_large")
    assert send(largest, signed(largest)).status_code == 200


def test_without_a_secret_there_is_no_inbox(settings: Settings) -> None:
    settings.REPLICATE_WEBHOOK_SECRET = []
    assert_problem(send(), 404, "not_found")


def test_who_signs_may_send_as_much_as_they_have_from_where_a_forger_sends_too(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"webhooks": "2/hour"}
    forged = signed(secret=NEXT_SECRET)
    too_large = send(b" " * (MOST_BYTES + 1), forged)
    refused = [send(headers=forged) for _ in range(3)]
    taken = [send(headers=signed(name=f"msg_{number}")) for number in range(5)]

    statuses = [answer.status_code for answer in (too_large, *refused)]
    assert statuses == [413, 400, 429, 429]
    assert [answer.status_code for answer in taken] == [200] * 5
    assert not any("RateLimit-Limit" in answer for answer in taken)
    assert WebhookEvent.objects.count() == 5
    assert caplog.messages.count("webhooks.event.refused") == 2


def test_an_unknown_sender_and_another_method_are_told_so() -> None:
    client = Client(raise_request_exception=False)
    assert_problem(client.post("/webhooks/nobody", BODY, "application/json"), 404, "not_found")
    assert_problem(client.get(ADDRESS), 405, "method_not_allowed")


def test_what_cannot_be_stored_is_to_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError

    # As late as it can be: the row goes with it.
    monkeypatch.setattr(transaction, "on_commit", away)
    response = send()
    assert_problem(response, 503, "unavailable")
    assert response["Retry-After"] == "5"


def test_the_web_process_can_only_hand_events_in(product_servers: Servers) -> None:
    ways = (
        "SELECT * FROM webhooks_webhookevent",
        "INSERT INTO webhooks_webhookevent (sender, event_id) VALUES ('replicate', 'msg_1')",
        "UPDATE webhooks_webhookevent SET state = 'done'",
        "DELETE FROM webhooks_webhookevent",
    )
    with databases.session_of(product_servers.web_url) as session:
        session.execute("SET ROLE visiona_app")
        for way in ways:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), session.transaction():
                session.execute(way)
        handed_in = "SELECT webhooks_receive('replicate', 'msg_1', '', '{}', '')"
        assert [session.execute(handed_in).fetchone() for _ in range(2)] == [(True,), (False,)]


def test_what_was_handed_in_by_sql_alone_is_not_acted_upon(
    handled: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    send()
    WebhookEvent.objects.update(body=b'{"id": "another", "status": "succeeded"}')
    assert services.handle_due() == 1
    event = WebhookEvent.objects.get()
    assert (event.state, event.error, handled) == (State.DEAD, "Forged", [])
    assert "webhooks.event.forged" in caplog.messages


def test_a_proof_by_the_key_of_before_is_good(handled: list[str], settings: Settings) -> None:
    send()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-of-this-installation"
    services.handle_due()
    assert WebhookEvent.objects.get().state == State.DONE


# --- The worker ---------------------------------------------------------------------------------


@pytest.fixture
def wake_ups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that reach the broker."""
    sent: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, **_: sent.append(task))
    return sent


def test_a_burst_wakes_one_worker_and_what_comes_once_it_looks_another(
    wake_ups: list[str],
    handled: list[str],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(5):
            send(headers=signed(name=f"msg_{number}"))
    assert wake_ups == [services.HANDLE_EVENTS]

    tasks.handle_events()
    with django_capture_on_commit_callbacks(execute=True):
        send(headers=signed(name="msg_5"))
    assert (len(wake_ups), len(handled)) == (2, 5)


def test_where_redis_is_away_events_are_kept_and_handled_without_a_wake_up(
    wake_ups: list[str],
    handled: list[str],
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with django_capture_on_commit_callbacks(execute=True):
        assert [send(headers=signed(name=name)).status_code for name in "ab"] == [200, 200]
    assert (services.handle_due(), handled, wake_ups) == (2, ["a", "b"], [])
    outage.forget()


def test_events_are_handled_oldest_first(handled: list[str]) -> None:
    names = [f"msg_{number}" for number in (3, 1, 2)]
    for name in names:
        send(headers=signed(name=name))
    tasks.handle_events()
    assert handled == names


def test_an_event_that_nobody_has_a_use_for_is_ignored() -> None:
    send()
    unknown = b'{"id": null}'
    send(unknown, signed(unknown, name="msg_2"), query="?step=nobody's")
    assert services.handle_due() == 2
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {State.IGNORED}


def test_a_failure_undoes_what_was_done_and_comes_again_until_it_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(event: WebhookEvent) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE webhooks_webhookevent SET sender = 'undone'")
        raise LookupError(event.event_id)

    send()
    monkeypatch.setitem(handlers.HANDLERS, "replicate", fail)
    pauses = []
    for attempt in range(1, services.MOST_ATTEMPTS + 1):
        assert services.handle_due() == 1
        assert services.handle_due() == 0, "it rests"
        event = WebhookEvent.objects.get()
        assert (event.sender, event.error, event.attempts) == ("replicate", "LookupError", attempt)
        pauses.append((event.next_at - clock.now()).total_seconds())
        WebhookEvent.objects.update(next_at=clock.now())
    assert [round(pause) for pause in pauses[:4]] == [5, 10, 20, 40]
    assert max(pauses) <= 3600
    assert event.state == State.DEAD
    assert services.handle_due() == 0


def test_one_that_fails_does_not_keep_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def picky(event: WebhookEvent) -> bool:
        return {"msg_2": True}[event.event_id]

    monkeypatch.setitem(handlers.HANDLERS, "replicate", picky)
    for name in ("msg_1", "msg_2"):
        send(headers=signed(name=name))
    assert services.handle_due() == 2
    states = dict(WebhookEvent.objects.values_list("event_id", "state"))
    assert states == {"msg_1": State.NEW, "msg_2": State.DONE}


def test_without_the_database_an_event_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: WebhookEvent) -> bool:
        raise OperationalError

    send()
    monkeypatch.setitem(handlers.HANDLERS, "replicate", away)
    with pytest.raises(OperationalError):
        services.handle_due()
    event = WebhookEvent.objects.get()
    assert (event.state, event.attempts) == (State.NEW, 0)


def test_what_was_said_is_forgotten_after_ninety_days_unless_it_still_waits(
    handled: list[str],
) -> None:
    send(query="?step=1")
    services.handle_due()
    send(headers=signed(name="msg_2"))
    tasks.erase_old_bodies()
    assert WebhookEvent.objects.filter(body=None).count() == 0
    WebhookEvent.objects.update(received_at=clock.now() - timedelta(days=90, seconds=1))

    tasks.erase_old_bodies()

    old, waiting = WebhookEvent.objects.order_by("event_id")
    assert (old.event_id, old.body, old.query) == ("msg_1", None, "")
    assert bytes(waiting.body or b"") == BODY


@pytest.mark.parametrize(
    ("secret", "is_good"), [(SECRET, True), ("whsec_", False), ("whsec_a", False), ("", False)]
)
def test_a_secret_that_is_none_is_told_from_one_that_is(secret: str, is_good: bool) -> None:  # noqa: FBT001
    assert is_usable(secret) == is_good
