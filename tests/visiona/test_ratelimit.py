"""A bucket gives what its rule allows, whoever asks at once; without Redis each rule knows why."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import cast

import pytest
from pytest_django import Settings

from tests import factories
from tests.databases import in_threads
from visiona.lib import clock, outage, ratelimit
from visiona.lib.errors import RateLimited, Unavailable

pytestmark = pytest.mark.usefixtures("product_servers")

TWENTY_A_DAY = 86_400 / 20


@pytest.fixture
def without_redis(settings: Settings) -> Iterator[None]:
    """Nobody listens where Redis should be."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    yield
    outage.forget()


@pytest.fixture
def age(product_servers: object) -> Callable[[str, float], None]:
    """Let a bucket have been used some seconds earlier than it was."""

    def age(name: str, seconds: float) -> None:
        client = factories.redis_client()
        used, at = cast("bytes", client.get(name)).split()
        client.set(name, f"{float(used)} {float(at) - seconds:.6f}", keepttl=True)

    return age


def test_twenty_are_admitted_and_then_one_every_72_minutes(
    age: Callable[[str, float], None],
) -> None:
    left = [ratelimit.admit(rule="chat", key="ada").remaining for _ in range(20)]
    with pytest.raises(RateLimited) as refusal:
        ratelimit.admit(rule="chat", key="ada")
    age("bucket:chat:ada", TWENTY_A_DAY)
    again = ratelimit.admit(rule="chat", key="ada")

    assert left == list(range(19, -1, -1))
    assert refusal.value.detail == (
        "You have used your 20 requests for today. The next one comes in 1 h 12 min."
    )
    facts = refusal.value.facts
    assert (facts["limit"], facts["remaining"]) == (20, 0)
    assert TWENTY_A_DAY - 5 < facts["retry_after"] <= TWENTY_A_DAY
    full_again = datetime.fromisoformat(facts["reset_at"]) - clock.now()
    assert timedelta(hours=23, minutes=59) < full_again <= timedelta(hours=24, seconds=1)
    assert again.remaining == 0
    with pytest.raises(RateLimited):
        ratelimit.admit(rule="chat", key="ada")


def test_of_thirty_at_once_exactly_twenty_are_admitted() -> None:
    gate = threading.Barrier(30)

    def ask(_: int) -> bool:
        gate.wait(timeout=10)
        try:
            return ratelimit.admit(rule="chat", key="ada").allowed
        except RateLimited:
            return False

    assert Counter(in_threads(ask, range(30), threads=30)) == {True: 20, False: 10}


def test_a_look_takes_nothing_and_says_when_the_next_one_comes(
    age: Callable[[str, float], None],
) -> None:
    untouched = ratelimit.peek(rule="chat", key="ada")
    for _ in range(6):
        ratelimit.admit(rule="chat", key="ada")
    age("bucket:chat:ada", TWENTY_A_DAY / 2)

    seen = [ratelimit.peek(rule="chat", key="ada") for _ in range(3)][-1]

    assert (untouched.remaining, untouched.next_seconds, untouched.reset_seconds) == (20, 0, 0)
    assert (seen.limit, seen.remaining, seen.allowed) == (20, 14, True)
    assert seen.next_seconds == pytest.approx(TWENTY_A_DAY / 2, abs=2)
    assert seen.reset_seconds == pytest.approx(5.5 * TWENTY_A_DAY, abs=2)


def test_buckets_are_of_one_rule_and_one_key() -> None:
    for _ in range(20):
        ratelimit.admit(rule="chat", key="ada")

    assert ratelimit.admit(rule="chat", key="bob").remaining == 19
    assert ratelimit.admit(rule="enhance", key="ada").remaining == 59


def test_who_may_do_more_from_now_on_has_the_difference_at_once() -> None:
    for _ in range(20):
        ratelimit.admit(rule="chat", key="ada")

    assert ratelimit.admit(rule="chat", key="ada", limit="200/day").remaining == 179


def test_what_is_given_back_can_be_taken_again_but_no_more_than_was_taken() -> None:
    for _ in range(20):
        ratelimit.admit(rule="chat", key="ada")
    for _ in range(25):
        ratelimit.give_back(rule="chat", key="ada")

    assert ratelimit.peek(rule="chat", key="ada").remaining == 20


def test_a_bucket_that_is_full_again_is_forgotten() -> None:
    ratelimit.admit(rule="chat", key="ada", limit="20/second")
    kept_for = factories.redis_client().pttl("bucket:chat:ada")
    assert 0 < kept_for <= 52
    time.sleep(kept_for / 1000 + 0.01)
    assert not factories.redis_client().exists("bucket:chat:ada")


def test_one_cost_may_be_larger_than_one() -> None:
    rule = ratelimit.rule_of("jobs", "10/minute")
    assert ratelimit.take(rule, "ada", cost=8).remaining == 2
    refused = ratelimit.take(rule, "ada", cost=4)
    assert (refused.allowed, refused.remaining) == (False, 2)
    assert refused.retry_after_seconds == pytest.approx(12, abs=0.5)


@pytest.mark.parametrize("rule", ["chat", "enhance", "sign_in", "sign_up"])
def test_without_redis_what_costs_or_opens_a_door_is_closed(rule: str, without_redis: None) -> None:
    with pytest.raises(Unavailable):
        ratelimit.admit(rule=rule, key="ada")
    assert not ratelimit.peek(rule=rule, key="ada").is_known


@pytest.mark.parametrize("rule", ["jobs", "uploads", "webhooks", "api", "anonymous"])
def test_without_redis_what_is_bounded_elsewhere_or_only_read_is_open(
    rule: str, without_redis: None
) -> None:
    verdict = ratelimit.admit(rule=rule, key="ada")
    assert (verdict.allowed, verdict.is_known) == (True, False)


def test_redis_that_does_not_answer_is_let_alone_for_a_while(without_redis: None) -> None:
    ratelimit.admit(rule="api", key="ada")
    began = time.monotonic()
    for _ in range(1000):
        ratelimit.admit(rule="api", key="ada")
    assert time.monotonic() - began < 5  # not a thousand times the patience


def test_every_rule_that_is_known_is_set_and_the_other_way_round(settings: Settings) -> None:
    assert set(settings.RATE_LIMITS) == set(ratelimit.KINDS)
    for name in ratelimit.KINDS:
        assert ratelimit.rule_of(name).capacity >= 1


@pytest.mark.parametrize("rate", ["20", "0/day", "-1/day", "20/week", "x/day", "20/day/user", ""])
def test_a_rate_that_is_none_is_refused(rate: str, settings: Settings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"chat": rate}
    with pytest.raises(ValueError, match="such as 20/day"):
        ratelimit.rule_of("chat")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 s"),
        (0.2, "1 s"),
        (45, "45 s"),
        (60, "1 min"),
        (61, "2 min"),
        (3540.5, "1 h"),
        (4320, "1 h 12 min"),
        (7200, "2 h"),
        (86_400, "24 h"),
    ],
)
def test_a_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert ratelimit.in_words(seconds) == words
