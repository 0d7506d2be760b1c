"""Whatever a provider does, each adapter says the same in our words, once, and tells no secret."""

import time
from collections.abc import Callable
from typing import cast

import pytest
from pytest_django import Settings

from generation.errors import (
    ProviderInvalid,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnavailable,
)
from generation.providers import breaker, calls, registry
from tests.contract.adapters import (
    CASES,
    ELSEWHERE,
    GEMINI_VIDEO,
    OPENAI_IMAGE,
    PROMPT,
    SHORT,
    Bench,
    Case,
    assert_failed,
    every_adapter,
)
from tests.standins.server import HTML, Cut, Drip, Fault, Instead, Reply, Stall


@every_adapter
@pytest.mark.parametrize("fault", [Stall(), Drip(), Drip(headers_too=True)], ids=str)
def test_who_does_not_answer_in_time_is_given_up(
    case: Case, fault: Fault, hurried: Callable[[Case], Bench]
) -> None:
    bench = hurried(case)
    begun = time.monotonic()

    error = bench.fails(fault)

    assert time.monotonic() - begun < SHORT + 5
    assert_failed(bench, error, ProviderTimedOut)
    assert bench.records[-1].cost_micro_usd is None, "nobody knows what it cost"


@every_adapter
@pytest.mark.parametrize("fault", [Cut(), Cut(resets=True)], ids=str)
def test_an_answer_that_is_lost_may_have_been_paid_for(
    case: Case, fault: Fault, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(case)
    error = bench.fails(fault)
    assert_failed(bench, error, ProviderTimedOut)
    assert bench.records[-1].cost_micro_usd is None


@every_adapter
def test_a_throttle_says_when_to_come_back(case: Case, bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(case)
    error = bench.fails(bench.standin.throttled(7))
    assert_failed(bench, error, ProviderUnavailable)
    assert cast("ProviderUnavailable", error).retry_after == 7.0
    assert bench.records[-1].cost_micro_usd == 0


@every_adapter
@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_who_is_down_may_be_asked_again(
    case: Case, status: int, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(case)
    error = bench.fails(bench.standin.error(status, PROMPT))
    assert_failed(bench, error, ProviderUnavailable)


@every_adapter
@pytest.mark.parametrize("status", [408, 504, 520, 524])
def test_a_gateway_that_gave_up_waiting_does_not_know_either(
    case: Case, status: int, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(case)
    assert_failed(bench, bench.fails(bench.standin.error(status, PROMPT)), ProviderTimedOut)


@every_adapter
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "request"),
        (422, "request"),
        (401, "key"),
        (403, "key"),
        (402, "billing"),
        (404, "model"),
    ],
)
def test_what_will_not_change_is_final(
    case: Case, status: int, reason: str, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(case)
    error = bench.fails(bench.standin.error(status, PROMPT))
    assert_failed(bench, error, ProviderInvalid)
    assert cast("ProviderInvalid", error).reason == reason


@every_adapter
def test_an_answer_that_is_a_page_is_none(case: Case, bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(case)
    error = bench.fails(HTML)
    assert_failed(bench, error, ProviderInvalid)
    assert cast("ProviderInvalid", error).reason == "answer"


@every_adapter
def test_an_error_that_says_200_is_an_error(case: Case, bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(case)
    error = bench.fails(bench.standin.error_in_200())
    assert_failed(bench, error, ProviderInvalid)
    assert cast("ProviderInvalid", error).reason == "answer"


@every_adapter
def test_an_answer_that_does_not_end_is_not_read_to_its_end(
    case: Case, bench_of: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MOST_ANSWER_BYTES", 100_000)
    bench = bench_of(case)
    error = bench.fails(Instead(Reply(200, b" " * 1_000_000)))
    assert_failed(bench, error, ProviderInvalid)


@every_adapter
def test_nobody_is_followed_elsewhere_with_a_prompt_and_a_key(
    case: Case, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(case)
    error = bench.fails(Instead(Reply(307, {}, {"Location": ELSEWHERE})))
    assert_failed(bench, error, ProviderInvalid)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case != GEMINI_VIDEO], ids=lambda case: case.id
)
def test_a_refusal_is_a_refusal(case: Case, bench_of: Callable[..., Bench]) -> None:
    """But for Gemini's clips, which are refused at their end."""
    bench = bench_of(case)
    assert_failed(bench, bench.fails(bench.standin.refusal()), ProviderRefused)


@every_adapter
def test_who_cannot_be_reached_was_not_asked(
    case: Case, bench_of: Callable[..., Bench], settings: Settings
) -> None:
    setattr(settings, registry.ADDRESSES[case.provider], "http://127.0.0.1:9")
    bench = bench_of(case)
    with pytest.raises(ProviderUnavailable):
        bench.call()
    assert bench.standin.seen == []


def test_an_address_that_is_none_is_for_staff(
    bench_of: Callable[..., Bench], settings: Settings
) -> None:
    settings.OPENAI_BASE_URL = "localhost:11434/v1"
    bench = bench_of(OPENAI_IMAGE)
    with pytest.raises(ProviderInvalid) as caught:
        bench.call()
    assert caught.value.reason == "request"
    assert bench.standin.seen == []


@every_adapter
def test_who_keeps_failing_is_let_alone(case: Case, bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(case)
    for _ in range(5):
        bench.fails(bench.standin.error(503))

    with pytest.raises(ProviderUnavailable) as caught:
        bench.call()

    assert bench.costly == 5
    assert 0 < (caught.value.retry_after or 0) <= 30
    assert registry.breaker_of(case.provider, case.capability).state().is_open

    registry.breaker_of(case.provider, case.capability).flip(breaker.Hold.CLOSED)
    bench.call()


@every_adapter
def test_refusals_and_bad_orders_say_nothing_about_the_health(
    case: Case, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(case)
    for _ in range(6):
        bench.fails(bench.standin.error(400))
    bench.call()
