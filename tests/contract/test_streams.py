"""Answers that come word by word: whatever a provider does meanwhile, both writers say the same."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from pytest_django import Settings

from generation.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnavailable,
)
from generation.providers import calls, registry
from generation.providers.ports import Capability, Text, TextRequest, Turn, Written
from tests.contract.adapters import (
    ELSEWHERE,
    LONG,
    PROMPT,
    SHORT,
    Bench,
    Case,
    assert_failed,
)
from tests.standins.openai import OpenAI
from tests.standins.server import HTML, After, Drip, Fault, Instead, Reply, Stall, StandIn, Stream

REQUEST = TextRequest(turns=(Turn(text=PROMPT),), system="Be brief.", person="p_1")
ASKED_TOKENS = (len(PROMPT) + len("Be brief.")) // 4
WORDS = ["A", " red", " sneaker", " on", " a", " plinth."]


def stream(text: Text) -> Written:
    return text.stream(REQUEST, lambda _: None)


STREAMS = [
    Case(Capability.TEXT, "gemini", stream, "streamGenerateContent"),
    Case(Capability.TEXT, "openai", stream, "completions"),
]
FIRST = {"gemini": 0, "openai": 1}
"""The event with the first word: OpenAI says before who speaks."""

every_writer = pytest.mark.parametrize("case", STREAMS, ids=[case.provider for case in STREAMS])


@dataclass
class Reader(Bench):
    """Somebody who reads what a writer writes."""

    heard: list[str] = field(default_factory=list)

    def read(self) -> Written:
        written: Written = self.adapter.stream(REQUEST, self.heard.append)
        return written

    def loses(self, fault: Fault) -> ProviderError:
        """Return how the answer ends when this goes wrong with it."""
        self.standin.misbehave(fault, on=self.case.path)
        with pytest.raises(ProviderError) as caught:
            self.read()
        return caught.value

    def after(self, words: int, then: Any) -> Fault:
        """Go wrong after so many words; after none, with what comes before them."""
        return After(words + FIRST[self.case.provider] if words else 0, then)


@pytest.fixture
def reader_of(bench_of: Callable[..., Bench]) -> Callable[..., Reader]:
    """Make a reader, with a certain patience for a word and for all of them."""

    def make(case: Case, *, word: float = LONG, whole: float = LONG) -> Reader:
        bench = bench_of(case)
        bench.call()  # the client is made here, which takes longer than the impatient wait
        bench.standin.reset()
        account = replace(bench.adapter.account, order_seconds=word, stream_seconds=whole)
        adapter = replace(bench.adapter, account=account)
        bench.records.clear()
        return Reader(case, adapter, bench.standin, bench.records)

    return make


def piece(provider: str, text: Any, reason: str | None = None) -> dict[str, Any]:
    """One event of an answer."""
    if provider == "gemini":
        content = {"role": "model", "parts": [{"text": text}]}
        return {"candidates": [{"content": content, "finishReason": reason, "index": 0}]}
    choice = {"index": 0, "finish_reason": reason, "delta": {"content": text}}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return chunk | {"choices": [choice]}


@every_writer
def test_words_come_one_by_one_with_what_they_cost_together(
    case: Case, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)

    written = reader.read()

    assert reader.heard == WORDS
    assert written.text == "A red sneaker on a plinth."
    assert written.is_complete
    assert written.model.startswith({"gemini": "gemini-3.5", "openai": "gpt-5.4"}[case.provider])
    assert (written.input_tokens, written.output_tokens) == (10, 25)
    [record] = reader.records
    assert (record.operation, record.outcome) == ("text.stream", "ok")
    assert (record.input_tokens, record.output_tokens) == (10, 25)
    assert record.cost_micro_usd == {"gemini": 66, "openai": 118}[case.provider]
    assert record.request_id != ""


@every_writer
def test_a_word_is_given_away_before_the_next_one_is_there(
    case: Case, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    reader.standin.pause = 0.05
    came: list[float] = []

    reader.adapter.stream(REQUEST, lambda _: came.append(time.monotonic()))

    assert len(came) == len(WORDS)
    assert came[-1] - came[0] > 0.1


@every_writer
def test_who_keeps_talking_may_take_longer_than_one_word_may(
    case: Case, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case, word=SHORT)
    reader.standin.pause = SHORT / 5
    begun = time.monotonic()
    assert reader.read().is_complete
    assert time.monotonic() - begun > SHORT


@every_writer
def test_the_time_that_a_listener_takes_is_not_the_providers(
    case: Case, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case, word=SHORT)
    reader.standin.pause = 0.01  # or else all words may be here before the first is listened to

    def listen(text: str) -> None:
        if not reader.heard:
            time.sleep(SHORT + 0.05)
        reader.heard.append(text)

    assert reader.adapter.stream(REQUEST, listen).is_complete
    assert reader.heard == WORDS


@every_writer
@pytest.mark.parametrize(
    "fault", [Stall(), After(0, "silence"), Drip(), Drip(headers_too=True)], ids=str
)
def test_who_says_no_first_word_in_time_is_given_up(
    case: Case, fault: Fault, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case, word=SHORT)
    begun = time.monotonic()

    error = reader.loses(fault)

    assert SHORT <= time.monotonic() - begun < SHORT + 5
    assert_failed(reader, error, ProviderTimedOut)
    assert reader.heard == []
    assert reader.records[-1].cost_micro_usd is None, "nobody knows what it cost"


@every_writer
def test_what_says_nothing_is_no_word(case: Case, reader_of: Callable[..., Reader]) -> None:
    thought = {"candidates": [{"content": {"parts": [{"text": "Hm.", "thought": True}]}}]}
    event = {"gemini": thought, "openai": piece("openai", "")}[case.provider]
    reader = reader_of(case, word=SHORT)
    reader.standin.pause = 0.05
    assert_failed(reader, reader.loses(Instead(Stream(events=(event,) * 50))), ProviderTimedOut)
    assert reader.heard == []


@every_writer
def test_who_falls_silent_is_given_up(case: Case, reader_of: Callable[..., Reader]) -> None:
    reader = reader_of(case, word=SHORT)
    error = reader.loses(reader.after(3, "silence"))
    assert_failed(reader, error, ProviderTimedOut)
    assert reader.heard == WORDS[:3]
    [record] = reader.records
    said = len("A red sneaker") // 4
    assert (record.input_tokens, record.output_tokens) == (ASKED_TOKENS, said)
    assert record.cost_micro_usd is not None


@every_writer
def test_who_never_ends_is_cut(case: Case, reader_of: Callable[..., Reader]) -> None:
    reader = reader_of(case, word=SHORT, whole=0.6)
    begun = time.monotonic()

    error = reader.loses(reader.after(2, "repeat"))

    assert 0.6 <= time.monotonic() - begun < 5
    assert_failed(reader, error, ProviderTimedOut)
    assert set(reader.heard[2:]) == {" sneaker"}
    assert reader.standin.left.wait(1), "the connection is closed"


@every_writer
def test_who_sends_too_much_is_not_read_to_the_end(
    case: Case, reader_of: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MOST_STREAM_BYTES", 10_000)
    reader = reader_of(case)
    error = reader.loses(After(2, "repeat", pause=0.0001))
    assert_failed(reader, error, ProviderInvalid)
    assert reader.standin.left.wait(1)


@every_writer
@pytest.mark.parametrize("words", [0, 3])
@pytest.mark.parametrize("then", ["cut", "reset"])
def test_a_connection_that_breaks_loses_the_answer(
    case: Case, words: int, then: str, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    error = reader.loses(reader.after(words, then))
    assert_failed(reader, error, ProviderTimedOut)
    assert reader.heard == WORDS[: len(reader.heard)]
    if then == "cut":
        assert len(reader.heard) == words
        assert (reader.records[-1].cost_micro_usd is None) == (words == 0)


@every_writer
@pytest.mark.parametrize("words", [0, 3])
@pytest.mark.parametrize("then", ["end", "nonsense"])
def test_an_answer_without_its_end_is_none(
    case: Case, words: int, then: str, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    error = reader.loses(reader.after(words, then))
    assert_failed(reader, error, ProviderInvalid)
    assert cast("ProviderInvalid", error).reason == "answer"
    assert reader.heard == WORDS[:words]


@every_writer
def test_who_is_blocked_at_once_says_no_word(case: Case, reader_of: Callable[..., Reader]) -> None:
    reader = reader_of(case)
    error = reader.loses(reader.standin.blocked())
    assert_failed(reader, error, ProviderRefused)
    assert reader.heard == []
    assert reader.records[-1].output_tokens == 0


@every_writer
def test_a_refusal_before_the_stream_is_a_refusal(
    case: Case, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    assert_failed(reader, reader.loses(reader.standin.refusal()), ProviderRefused)
    assert reader.heard == []


@every_writer
def test_who_is_blocked_later_has_said_what_he_said(
    case: Case, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    error = reader.loses(reader.standin.blocked_late())
    assert_failed(reader, error, ProviderRefused)
    assert reader.heard == WORDS[:2]


@every_writer
def test_nothing_is_heard_after_a_refusal(case: Case, reader_of: Callable[..., Reader]) -> None:
    reason = {"gemini": "SAFETY", "openai": "content_filter"}[case.provider]
    events = [piece(case.provider, "A"), piece(case.provider, " B", reason)]
    reader = reader_of(case)
    error = reader.loses(Instead(Stream(events=(*events, piece(case.provider, " C")))))
    assert_failed(reader, error, ProviderRefused)
    assert reader.heard == ["A"]


@every_writer
def test_a_throttle_says_when_to_come_back(case: Case, reader_of: Callable[..., Reader]) -> None:
    reader = reader_of(case)
    error = reader.loses(reader.standin.throttled(7))
    assert_failed(reader, error, ProviderUnavailable)
    assert cast("ProviderUnavailable", error).retry_after == 7.0
    assert reader.records[-1].cost_micro_usd == 0


@every_writer
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ProviderInvalid),
        (401, ProviderInvalid),
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
        (504, ProviderTimedOut),
    ],
)
def test_an_error_instead_of_a_stream_is_what_it_is_elsewhere(
    case: Case, status: int, kind: type[ProviderError], reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    assert_failed(reader, reader.loses(reader.standin.error(status, PROMPT)), kind)


@every_writer
def test_an_error_that_says_200_is_an_error(case: Case, reader_of: Callable[..., Reader]) -> None:
    reader = reader_of(case)
    assert_failed(reader, reader.loses(reader.standin.error_in_200()), ProviderInvalid)
    assert reader.heard == []


@every_writer
def test_an_error_may_come_in_the_middle(case: Case, reader_of: Callable[..., Reader]) -> None:
    reader = reader_of(case)
    assert_failed(reader, reader.loses(reader.standin.failed_late()), ProviderInvalid)
    assert reader.heard == WORDS[:2]


@every_writer
@pytest.mark.parametrize("fault", [HTML, Instead(Reply(307, {}, {"Location": ELSEWHERE}))], ids=str)
def test_what_is_no_stream_is_no_answer(
    case: Case, fault: Fault, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    assert_failed(reader, reader.loses(fault), ProviderInvalid)


@every_writer
@pytest.mark.parametrize("odd", [5, {"text": "A"}], ids=str)
def test_words_that_are_none_are_not_given_away(
    case: Case, odd: Any, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    assert_failed(
        reader,
        reader.loses(Instead(Stream(events=(piece(case.provider, odd),)))),
        ProviderInvalid,
    )
    assert reader.heard == []


@every_writer
def test_what_no_table_keeps_is_left_out(case: Case, reader_of: Callable[..., Reader]) -> None:
    reader = reader_of(case)
    reason = {"gemini": "STOP", "openai": "stop"}[case.provider]
    events = (piece(case.provider, "A\x00\ud83d"), piece(case.provider, "👟", reason))
    reader.standin.misbehave(Instead(Stream(events=events)))
    assert reader.read().text == "".join(reader.heard) == "A?👟"


@every_writer
def test_words_that_reached_the_most_tokens_are_not_complete(
    case: Case, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    reached, odd = {"gemini": ("MAX_TOKENS", "OTHER"), "openai": ("length", "tool_calls")}[
        case.provider
    ]
    reader.standin.misbehave(Instead(Stream(events=(piece(case.provider, "A", reached),))))
    written = reader.read()
    assert (written.text, written.is_complete) == ("A", False)

    error = reader.loses(Instead(Stream(events=(piece(case.provider, "A", odd),))))
    assert cast("ProviderInvalid", error).reason == "answer"

    error = reader.loses(Instead(Stream(events=(piece(case.provider, "", reached),))))
    assert cast("ProviderInvalid", error).reason == "answer"


class Stopped(ValueError):
    """What a reader raises who has heard enough; an SDK could raise its like."""


@every_writer
def test_who_has_heard_enough_closes_the_connection(
    case: Case, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    reader.standin.misbehave(reader.after(1, "repeat"))
    enough = Stopped("Enough.")

    def listen(text: str) -> None:
        reader.heard.append(text)
        if len(reader.heard) == 3:
            raise enough

    with pytest.raises(Stopped) as caught:
        reader.adapter.stream(REQUEST, listen)

    assert caught.value is enough
    assert reader.standin.left.wait(1), "the provider is told at once"
    assert reader.heard == ["A", " red", " red"]
    [record] = reader.records
    assert (record.operation, record.outcome) == ("text.stream", "stopped")
    assert (record.input_tokens, record.output_tokens) == (ASKED_TOKENS, len("A red red") // 4)
    assert record.cost_micro_usd == {"gemini": 8, "openai": 16}[case.provider]
    assert reader.read().text == "A red sneaker on a plinth."


@every_writer
def test_who_keeps_falling_silent_is_let_alone(
    case: Case, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    for _ in range(5):
        reader.loses(reader.standin.error(503))
    with pytest.raises(ProviderUnavailable) as caught:
        reader.read()
    assert 0 < (caught.value.retry_after or 0) <= 30
    assert reader.costly == len(reader.records) == 5
    assert registry.breaker_of(case.provider, case.capability).state().is_open


@every_writer
def test_who_is_stopped_by_us_is_in_good_health(
    case: Case, reader_of: Callable[..., Reader]
) -> None:
    reader = reader_of(case)
    for _ in range(4):
        reader.loses(reader.standin.error(503))
    with pytest.raises(ZeroDivisionError):
        reader.adapter.stream(REQUEST, lambda text: 1 // 0)
    assert registry.breaker_of(case.provider, case.capability).state().failures == 0


def test_a_connection_is_used_again_when_an_answer_has_ended(
    reader_of: Callable[..., Reader],
) -> None:
    """OpenAI's SDK closes it as soon as it is told that no more will come."""
    reader = reader_of(STREAMS[0])
    for _ in range(3):
        reader.read()
    assert len(reader.standin.ports) == 1


def test_openai_itself_is_asked_to_count(reader_of: Callable[..., Reader]) -> None:
    reader = reader_of(STREAMS[1])
    reader.read()
    assert reader.standin.seen[-1].json == {
        "model": "gpt-5.4-mini",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": PROMPT},
        ],
        "max_completion_tokens": 1024,
        "safety_identifier": "p_1",
        "store": False,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_gemini_is_told_how_to_write(reader_of: Callable[..., Reader]) -> None:
    reader = reader_of(STREAMS[0])
    reader.read()
    [sent] = reader.standin.seen
    assert sent.path == "/v1/models/gemini-3.5-flash-lite:streamGenerateContent"
    assert sent.json["generationConfig"] == {"maxOutputTokens": 1024}
    assert sent.json["systemInstruction"]["parts"] == [{"text": "Be brief."}]


def test_words_that_another_server_does_not_count_are_estimated(
    reader_of: Callable[..., Reader], settings: Settings, standins: dict[str, StandIn]
) -> None:
    settings.OPENAI_COMPATIBLE = True
    settings.OPENAI_API_KEY = ""
    standin = cast("OpenAI", standins["openai"])
    standin.is_other = True
    try:
        reader = reader_of(STREAMS[1])
        written = reader.read()
    finally:
        standin.is_other = False
    assert set(standin.seen[-1].json) == {"model", "messages", "max_tokens", "stream"}
    assert (written.input_tokens, written.output_tokens) == (ASKED_TOKENS, 6)
    [record] = reader.records
    assert (record.input_tokens, record.output_tokens) == (ASKED_TOKENS, 6)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"promptTokenCount": 10, "candidatesTokenCount": 2}, (10, 2)),
        ({"promptTokenCount": 10}, (10, len("A red sneaker on a plinth.") // 4)),
    ],
    ids=["all", "only the question"],
)
def test_what_was_counted_before_an_answer_broke_off_is_not_estimated(
    usage: dict[str, int], tokens: tuple[int, int], reader_of: Callable[..., Reader]
) -> None:
    events = [piece("gemini", word) | {"usageMetadata": usage} for word in WORDS]
    reader = reader_of(STREAMS[0])
    reader.loses(Instead(Stream(events=tuple(events))))
    [record] = reader.records
    assert (record.input_tokens, record.output_tokens) == tokens
