"""An event that is over is handled again: when staff press a button, or by hand; by nobody else."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Role, User
from tests import databases
from visiona.embedded.throwaway import Servers
from visiona.lib import clock
from visiona.webhooks import services
from visiona.webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db

State = WebhookEvent.State
BUTTON = "/staff/webhooks/replay/"
BODY = b'{"id": "gm3qorzdhgbfurvjtvhg6dckhu", "status": "succeeded"}'
NOT_OVER = [
    pytest.param({"state": State.NEW, "handled_at": None}, id="waiting"),
    pytest.param({"state": State.DONE}, id="done"),
    pytest.param({"body": None}, id="forgotten"),
]


def make_event(name: str = "msg_1", **facts: Any) -> WebhookEvent:
    """An event that was verified, and given up after twelve tries unless it is said otherwise."""
    said = {"sender": "replicate", "event_id": name, "query": "", "body": BODY}
    proof = services.prove(sender="replicate", event_id=name, query="", body=BODY)
    end = {"state": State.DEAD, "attempts": 12, "error": "LookupError", "handled_at": clock.now()}
    return WebhookEvent.objects.create(**{**said, "proof": proof, **end, **facts})


def page_of(event: WebhookEvent) -> str:
    return f"/admin/webhooks/webhookevent/{event.pk}/"


def how_it_is(event: WebhookEvent) -> tuple[Any, ...]:
    event.refresh_from_db()
    return event.state, event.attempts, event.error, event.handled_at


@pytest.fixture
def staff(alice: User) -> Client:
    """The browser of Alice, who works for us; it sends what forms hold, as browsers do."""
    User.objects.filter(pk=alice.pk).update(role=Role.ADMIN)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(pk=alice.pk))
    return browser


def press(staff: Client, event: WebhookEvent) -> Any:
    """Look at an event and press its button; return the page that one gets to."""
    token = staff.get(page_of(event)).context["csrf_token"]
    form = {"event": str(event.pk), "csrfmiddlewaretoken": str(token)}
    return staff.post(BUTTON, form, follow=True)


@pytest.mark.parametrize("state", [State.DEAD, State.IGNORED])
def test_staff_have_it_handled_again(
    staff: Client,
    handled: list[str],
    state: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    event = make_event(state=state)
    assert f'action="{BUTTON}"' in staff.get(page_of(event)).content.decode()

    with django_capture_on_commit_callbacks() as woken:
        shown = press(staff, event)

    assert shown.redirect_chain == [(page_of(event), 302)]
    page = shown.content.decode()
    assert "It is handled again, as soon as a worker is free." in page
    assert f'action="{BUTTON}"' not in page
    assert (how_it_is(event), len(woken)) == ((State.NEW, 0, "", None), 1)
    assert (services.handle_due(), handled) == (1, ["msg_1"])
    event.refresh_from_db()
    assert (event.state, event.attempts) == (State.DONE, 1)


def test_a_second_click_changes_nothing_and_says_so(staff: Client, handled: list[str]) -> None:
    event = make_event()
    pages = [press(staff, event).content.decode() for _ in range(2)]
    assert [services.NOT_AGAIN in page for page in pages] == [False, True]
    assert (services.handle_due(), handled) == (1, ["msg_1"])


@pytest.mark.parametrize("facts", NOT_OVER)
def test_what_is_not_over_or_is_forgotten_has_no_button(
    staff: Client, facts: dict[str, Any]
) -> None:
    event = make_event(**facts)
    before = how_it_is(event)
    assert BUTTON not in staff.get(page_of(event)).content.decode()
    assert services.NOT_AGAIN in press(staff, event).content.decode()
    assert how_it_is(event) == before


def test_nobody_else_has_anything_handled_again(staff: Client, bob: User) -> None:
    event = make_event()
    before, people = how_it_is(event), Client()
    people.force_login(bob)

    answers = [browser.post(BUTTON, {"event": str(event.pk)}) for browser in (people, Client())]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert staff.post(BUTTON, {"event": str(event.pk)}).status_code == 403, "no form of ours"
    assert staff.get(BUTTON).status_code == 405
    assert how_it_is(event) == before


@pytest.mark.parametrize("named", ["", "msg_1", str(uuid4())], ids=["none", "theirs", "id"])
def test_an_event_that_does_not_exist_is_not_found(staff: Client, named: str) -> None:
    token = str(staff.get(page_of(make_event())).context["csrf_token"])
    form = {"event": named, "csrfmiddlewaretoken": token}
    assert staff.post(BUTTON, form, follow=True).status_code == 404


def test_what_was_forged_stays_so(staff: Client, handled: list[str]) -> None:
    event = make_event(proof=b"", error="Forged")
    press(staff, event)
    services.handle_due()
    event.refresh_from_db()
    assert (event.state, event.error, handled) == (State.DEAD, "Forged", [])


# --- By hand ------------------------------------------------------------------------------------


def test_those_that_are_named_are_handled_again(capsys: pytest.CaptureFixture[str]) -> None:
    events = [make_event(f"msg_{number}") for number in range(3)]
    call_command("webhooks_replay", str(events[0].pk), str(events[2].pk))
    assert capsys.readouterr().out == "Handled again: 2.\n"
    assert [how_it_is(event)[0] for event in events] == [State.NEW, State.DEAD, State.NEW]


def test_all_that_are_dead_are_handled_again(capsys: pytest.CaptureFixture[str]) -> None:
    dead = [make_event(f"msg_{number}") for number in range(2)]
    ignored, forgotten = make_event("msg_3", state=State.IGNORED), make_event("msg_4", body=None)
    call_command("webhooks_replay", "--dead")
    call_command("webhooks_replay", "--dead")
    assert capsys.readouterr().out == "Handled again: 2.\nHandled again: 0.\n"
    states = [how_it_is(event)[0] for event in (*dead, ignored, forgotten)]
    assert states == [State.NEW, State.NEW, State.IGNORED, State.DEAD]


def test_what_cannot_be_handled_again_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    dead, done = make_event(), make_event("msg_2", state=State.DONE)
    with pytest.raises(CommandError, match=str(done.pk)):
        call_command("webhooks_replay", str(dead.pk), str(done.pk))
    assert capsys.readouterr().out == "Handled again: 1.\n"
    assert [how_it_is(event)[0] for event in (dead, done)] == [State.NEW, State.DONE]


@pytest.mark.parametrize("options", [(), (str(uuid4()), "--dead")], ids=["nothing", "both"])
def test_one_says_which(options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="Name the ids of events, or say --dead"):
        call_command("webhooks_replay", *options)


# --- The database -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("visiona_app", "SELECT webhooks_replay(gen_random_uuid())"),
        ("visiona_staff", "UPDATE webhooks_webhookevent SET state = 'new'"),
        ("visiona_staff", "UPDATE webhooks_webhookevent SET body = 'paid'"),
    ],
)
def test_the_web_process_replays_as_staff_and_changes_nothing_else(
    product_servers: Servers, role: str, statement: str
) -> None:
    with databases.session_of(product_servers.web_url) as session:
        session.execute(f"SET ROLE {role}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), session.transaction():
            session.execute(statement)
