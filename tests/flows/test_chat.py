"""An answer by whoever can give it, paid for once, whatever goes wrong on the way."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Event, User
from credits import selectors as credits_selectors
from generation.catalog import CHAT_STARTERS
from generation.models import Message, ProviderCall, RequestMetric
from generation.providers import registry
from generation.providers.ports import TextRequest, Turn
from generation.services import answering
from tests import chats
from tests.clients import ApiClient
from tests.standins.server import HTML, After, Cut, Instead, Reply, Stall, StandIn
from visiona.lib.timing import STEPS

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(60)]

QUESTION = "Why is the sky blue?"
BY_GEMINI = "Light is scattered by the air, the blue of it most."
BY_OPENAI = "Rayleigh scattering: short waves are scattered more."


@pytest.fixture(autouse=True)
def voices(standins: dict[str, Any], settings: Settings) -> Iterator[None]:
    """Two providers who say different things, and are given up soon."""
    standins["gemini"].text, standins["openai"].text = BY_GEMINI, BY_OPENAI
    for writer in registry.writers(record=lambda _call: None):
        # To make an SDK's client, and to load what its first call needs, takes all of the patience.
        writer.stream(TextRequest(turns=(Turn(text="Hello"),)), lambda _text: None)
    for standin in standins.values():
        standin.reset()
    settings.PROVIDER_SECONDS = {**settings.PROVIDER_SECONDS, "text": 0.6, "chat": 3.0}
    yield
    standins["gemini"].text = standins["openai"].text = "A red sneaker on a plinth."
    standins["gemini"].model = ""


def funds(user: User) -> tuple[int, int]:
    wallet = credits_selectors.wallet_of(user=user)
    return wallet.available, wallet.held


def calls() -> list[tuple[str, str]]:
    return list(ProviderCall.objects.order_by("id").values_list("provider", "outcome"))


def test_the_first_provider_answers_for_one_credit(alice: User) -> None:
    waiting = chats.ask(alice, QUESTION)
    assert (waiting.status, waiting.price, funds(alice)) == ("waiting", 1, (19, 1))
    answer = chats.answered(waiting)
    assert (answer.text, answer.provider, answer.fallback_used) == (BY_GEMINI, "gemini", False)
    assert (answer.status, answer.price, funds(alice)) == ("done", 1, (19, 0))
    assert (answer.input_tokens, answer.output_tokens) == (10, 25)
    assert calls() == [("gemini", "ok")]
    assert ProviderCall.objects.get().message_id == answer.pk


DOWN: dict[str, Any] = {
    "down": Instead(Reply(503, b"{}")),
    "slow": Stall(5),
    "silent": After(0, "silence"),
    "cut before a word": After(0, "cut"),
    "reset": Cut(resets=True),
    "ended before a word": After(0, "end"),
    "nonsense": HTML,
}


@pytest.mark.parametrize("fault", [*DOWN, "blocked", "rate-limited", "wrong key"])
def test_the_second_one_answers_where_the_first_does_not(
    alice: User, standins: dict[str, Any], fault: str
) -> None:
    others = {
        "blocked": standins["gemini"].blocked(),
        "rate-limited": standins["gemini"].throttled(),
        "wrong key": standins["gemini"].error(
            400, "API key not valid. Please pass a valid API key."
        ),
    }
    standins["gemini"].misbehave({**DOWN, **others}[fault])
    answer = chats.answered(chats.ask(alice, QUESTION))
    assert (answer.text, answer.provider, answer.fallback_from) == (BY_OPENAI, "openai", "gemini")
    assert (answer.status, answer.price, funds(alice)) == ("done", 1, (19, 0))
    assert [provider for provider, _ in calls()] == ["gemini", "openai"]
    assert calls()[0][1].startswith("provider_")
    assert calls()[1] == ("openai", "ok")
    metric = RequestMetric.objects.get()
    assert (metric.fallback_used, metric.provider, metric.status) == (True, "openai", "ok")


def test_where_nobody_answers_nothing_is_charged(alice: User, standins: dict[str, Any]) -> None:
    standins["gemini"].misbehave(Instead(Reply(503, b"{}")))
    standins["openai"].misbehave(Stall(5))
    answer = chats.answered(chats.ask(alice, QUESTION))
    assert (answer.status, answer.error_code) == ("failed", "provider_unavailable")
    assert "nothing was charged" in answer.error_detail
    assert (answer.price, funds(alice)) == (0, (20, 0))
    assert calls() == [("gemini", "provider_unavailable"), ("openai", "provider_timed_out")]


def test_what_both_decline_is_declined(alice: User, standins: dict[str, Any]) -> None:
    standins["gemini"].misbehave(standins["gemini"].blocked())
    standins["openai"].misbehave(standins["openai"].blocked())
    answer = chats.answered(chats.ask(alice, QUESTION))
    assert (answer.status, answer.error_code) == ("failed", "provider_refused")
    assert funds(alice) == (20, 0)


BROKEN: dict[str, Any] = {
    "cut": After(4, "cut"),
    "no finish reason": After(4, "end"),
    "silence": After(4, "silence"),
    "nonsense": After(4, "nonsense"),
    "without end": After(4, "repeat", pause=0.3),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_breaks_off_after_a_word_is_kept_and_costs_nothing(
    alice: User, standins: dict[str, Any], fault: str
) -> None:
    standins["gemini"].misbehave(BROKEN[fault])
    answer = chats.answered(chats.ask(alice, QUESTION))
    assert (answer.status, answer.price, funds(alice)) == ("failed", 0, (20, 0))
    assert answer.text.startswith("Light is scattered by")
    assert [provider for provider, _ in calls()] == ["gemini"]
    assert standins["openai"].seen == []


def test_the_same_question_is_answered_from_the_cache_for_nothing(
    alice: User, bob: User, standins: dict[str, Any]
) -> None:
    first = chats.answered(chats.ask(alice, QUESTION))
    second = chats.ask(alice, "  Why is   the sky blue? ")
    assert (second.status, second.cached, second.price) == ("done", True, 0)
    assert (second.text, second.provider) == (first.text, "gemini")
    assert funds(alice) == (19, 0)
    assert len(standins["gemini"].seen) == 1
    assert chats.ask(bob, QUESTION).status == "waiting"
    metric = RequestMetric.objects.get(message_id=second.pk)
    assert (metric.cached, metric.ai_ms, metric.status) == (True, 0.0, "ok")


def test_a_fresh_answer_is_asked_for_and_paid_for(alice: User, standins: dict[str, Any]) -> None:
    chats.answered(chats.ask(alice, QUESTION))
    standins["gemini"].text = "Another one."
    assert chats.answered(chats.ask(alice, QUESTION, fresh=True)).text == "Another one."
    assert funds(alice) == (18, 0)
    assert chats.ask(alice, QUESTION).text == "Another one."


def test_what_was_said_before_is_a_part_of_the_question(
    alice: User, standins: dict[str, Any]
) -> None:
    first = chats.answered(chats.ask(alice, QUESTION))
    then = chats.answered(chats.ask(alice, "Why?", conversation_id=first.conversation_id))
    assert not then.cached
    contents = standins["gemini"].seen[-1].json["contents"]
    assert [(one["role"], one["parts"][0]["text"]) for one in contents] == [
        ("user", QUESTION),
        ("model", BY_GEMINI),
        ("user", "Why?"),
    ]
    assert chats.ask(alice, "Why?").status == "waiting"


def test_only_a_suggestion_is_answered_for_everybody(alice: User, bob: User) -> None:
    chats.answered(chats.ask(alice, CHAT_STARTERS[0]))
    theirs = chats.ask(bob, CHAT_STARTERS[0])
    assert (theirs.cached, theirs.text) == (True, BY_GEMINI)


def test_what_broke_off_or_was_stopped_is_not_kept(alice: User, standins: dict[str, Any]) -> None:
    standins["gemini"].misbehave(After(4, "cut"))
    chats.answered(chats.ask(alice, QUESTION))
    assert chats.ask(alice, QUESTION).status == "waiting"


def test_proposals_are_kept_apart_from_the_text(alice: User, standins: dict[str, Any]) -> None:
    standins[
        "gemini"
    ].text = 'Here is an idea.\n```studio\n{"kind": "image", "prompt": "A fox in snow"}\n```'
    answer = chats.answered(chats.ask(alice, "Draw me a fox"))
    assert answer.text == "Here is an idea.\n"
    assert answer.cards == [{"kind": "image", "prompt": "A fox in snow"}]


@pytest.mark.parametrize("odd", ['"x \\ud800"', '"nul \\u0000"'])
def test_a_proposal_that_cannot_be_kept_spoils_nothing(
    alice: User, standins: dict[str, Any], odd: str
) -> None:
    standins["gemini"].text = (
        f'Here.\n```studio\n[{{"kind": "image", "prompt": {odd}}},'
        f' {{"kind": "product_ad", "product_name": "Mug", "formats": [{odd}]}}]\n```'
    )
    answer = chats.answered(chats.ask(alice, QUESTION))
    assert (answer.status, answer.price, answer.text) == ("done", 1, "Here.\n")
    assert answer.cards == [{"kind": "product_ad", "product_name": "Mug"}]
    assert calls() == [("gemini", "ok")]
    assert chats.ask(alice, QUESTION).cached


def test_what_a_provider_calls_itself_may_be_long(alice: User, standins: dict[str, Any]) -> None:
    standins["gemini"].model = "m" * 400
    answer = chats.answered(chats.ask(alice, QUESTION))
    assert (answer.status, answer.price, len(answer.model)) == ("done", 1, 120)


def test_an_answer_without_a_word_is_none(alice: User, standins: dict[str, Any]) -> None:
    standins["gemini"].text = "```studio\nnot a proposal\n```"
    answer = chats.answered(chats.ask(alice, QUESTION))
    assert (answer.status, answer.price, funds(alice)) == ("failed", 0, (20, 0))


def test_a_provider_learns_nothing_of_who_asks(alice: User, standins: dict[str, Any]) -> None:
    standins["gemini"].misbehave(Instead(Reply(503, b"{}")))
    chats.answered(chats.ask(alice, QUESTION))
    for standin in ("gemini", "openai"):
        sent = standins[standin].seen[-1].body.decode()
        assert str(alice.pk) not in sent
        assert alice.email not in sent


def test_the_twelve_numbers_are_the_same_everywhere_and_add_up(
    alice: User, api: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    answer = chats.answered(chats.ask(alice, QUESTION))
    metric = RequestMetric.objects.get(message_id=answer.pk)
    for step in (*STEPS, "total_ms"):
        assert getattr(metric, step) == answer.timings[step]
    assert metric.ai_ms > 0
    assert metric.db_ms > 0
    assert metric.credit_ms > 0
    assert round(sum(getattr(metric, step) for step in STEPS), 3) <= metric.total_ms
    assert (metric.message_length, metric.error_name) == (len(QUESTION), "")
    assert (metric.request_id, metric.operation) == ("tests-request", "chat")
    assert QUESTION not in caplog.text
    assert BY_GEMINI not in caplog.text
    named = Event.objects.filter(name="generation.answer.done").get()
    assert named.facts["provider"] == "gemini"


def test_who_writes_and_then_dies_is_paid_nothing(alice: User) -> None:
    waiting = chats.ask(alice, QUESTION)
    Message.objects.filter(pk=waiting.pk).update(
        status="answering", lease_until="2026-01-01T00:00:00Z"
    )
    assert answering.end_abandoned() == 1
    answer = chats.again(waiting)
    assert (answer.status, answer.error_code, funds(alice)) == ("failed", "interrupted", (20, 0))
    assert not answering.answer(message_id=waiting.pk)
    assert answering.end_abandoned() == 0


def test_a_server_of_ones_own_answers_as_well(
    alice: User, settings: Settings, standins: dict[str, StandIn]
) -> None:
    settings.GEMINI_API_KEY = ""
    settings.OPENAI_COMPATIBLE = True
    answer = chats.answered(chats.ask(alice, QUESTION))
    assert (answer.provider, answer.text) == ("openai", BY_OPENAI)
    assert answer.output_tokens > 0
