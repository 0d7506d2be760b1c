"""A request id leads staff to all that the request has caused, and to nobody's words."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from generation.models import Conversation, Message, ProviderCall, RequestMetric, Step
from generation.services import running
from tests import chats, factories
from visiona.stats import views
from visiona.webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db

PAGE = "/staff/trace/"
WORDS = "A very private birthday surprise"


@pytest.fixture
def staff(client: Client) -> Client:
    user = factories.make_user("sam@example.com")
    User.objects.filter(pk=user.pk).update(role=Role.ADMIN)
    client.force_login(User.objects.get(pk=user.pk))
    return client


def look_up(staff: Client, request_id: str) -> Any:
    page = staff.get(PAGE, {"request_id": request_id})
    assert page.status_code == 200
    return page


def test_all_that_an_order_has_caused_is_found(staff: Client, alice: User) -> None:
    with factories.plain_pictures():
        job = factories.make_job(alice, title=WORDS)
        running.run_job(job_id=job.pk)
    step = Step.objects.create(
        user=alice, job=job, name="image-1", state="running", provider="replicate",
        capability="image", facts={"prompt": WORDS},
    )  # fmt: skip
    ProviderCall.objects.create(
        user=alice, job=job, provider="replicate", operation="image.start", model="flux",
        outcome="ok", latency_ms=321, cost_micro_usd=3_000,
    )  # fmt: skip
    event = WebhookEvent.objects.create(
        sender="replicate", event_id="msg_1", query=f"step={step.pk}", body=WORDS.encode()
    )
    WebhookEvent.objects.create(sender="replicate", event_id="msg_2", query=f"step={uuid4()}")

    page = look_up(staff, "  tests-request ")

    found, words = page.context, page.content.decode()
    ((metric, bars),) = found["waterfalls"]
    assert metric == RequestMetric.objects.get()
    assert [bar.step for bar in bars][-1] == "waiting and our own code"
    assert [(one.pk, [kept.pk for kept in steps]) for one, steps in found["jobs"]] == [
        (job.pk, [step.pk])
    ]
    assert [call.operation for call in found["trace"].calls] == ["image.start"]
    assert [entry.kind for entry in found["entries"]] == ["reserve", "capture"]
    assert found["events"] == [event]
    for shown in (str(job.pk), "image-1", "321 ms", "3000 µ$", "msg_1", "capture", "reserve"):
        assert shown in words, shown
    assert WORDS not in words
    assert "alice@example.com" not in words


def test_an_answer_is_found_without_what_was_said(staff: Client, alice: User) -> None:
    conversation = Conversation.objects.create(user=alice, title=WORDS)
    message = Message.objects.create(
        user=alice, conversation=conversation, role="assistant", text=WORDS, provider="openai",
        fallback_from="gemini", input_tokens=1234, output_tokens=56, error_detail=WORDS,
        request_id="a-chat-request", finished_at=alice.created_at,
    )  # fmt: skip
    chats.rewrite(message, status="failed", error_code="provider_timed_out")
    ProviderCall.objects.create(
        user=alice, message_id=message.pk, provider="openai", operation="text.stream",
        model="gpt", outcome="provider_timed_out", latency_ms=30_000, cost_micro_usd=None,
    )  # fmt: skip

    words = look_up(staff, "a-chat-request").content.decode()

    for shown in (
        str(message.pk),
        "instead of gemini",
        "1234, 56",
        "provider_timed_out",
        "unknown",
    ):
        assert shown in words, shown
    assert WORDS not in words


def test_of_an_unknown_request_nothing_is_known(staff: Client, alice: User) -> None:
    factories.make_job(alice)
    words = look_up(staff, "another-request").content.decode()
    assert "Nothing is kept of a request with this id." in words
    assert "Nothing is kept" not in staff.get(PAGE).content.decode()
    look_up(staff, "x" * 500)


def test_a_search_asks_the_database_a_fixed_number_of_times(staff: Client, alice: User) -> None:
    staff.get(PAGE)
    counts = []
    for _ in range(2):
        factories.make_job(alice)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            look_up(staff, "tests-request")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_waterfall_shows_the_steps_one_after_the_other() -> None:
    metric = RequestMetric(total_ms=1000, db_ms=100, credit_ms=50, ai_ms=600, cache_read_ms=0)
    _, bars = views._waterfall(metric)
    assert [(bar.step, bar.x, bar.width) for bar in bars] == [
        ("db", 0, 100),
        ("cache read", 100, 0),
        ("credit", 100, 50),
        ("ai", 150, 600),
        ("cache write", 750, 0),
        ("waiting and our own code", 750, 250),
    ]


def test_a_waterfall_of_nothing_is_drawn_too() -> None:
    _, bars = views._waterfall(RequestMetric(total_ms=0))
    assert {bar.width for bar in bars[:-1]} == {0}
