"""A breaker opens after failures in a row, lets one call try, and obeys the staff."""

import time

import pytest
from pytest_django import Settings

from generation.providers.breaker import Breaker, Hold, State
from generation.providers.ports import Capability
from visiona.lib import outage

pytestmark = pytest.mark.usefixtures("product_servers")

REST, TRIAL = 0.4, 0.8  # long enough for a machine that is busy with other tests
HASTY = Breaker(
    provider="replicate",
    capability=Capability.IMAGE,
    failures=3,
    rest_seconds=REST,
    trial_seconds=TRIAL,
)
OTHER = Breaker(provider="replicate", capability=Capability.VIDEO, failures=3)


def fail(times: int) -> None:
    for _ in range(times):
        HASTY.failed()


def test_a_few_failures_do_not_open_it() -> None:
    fail(2)
    assert HASTY.wait() == 0
    assert HASTY.state() == State(failures=2, is_open=False, hold=Hold.AUTO)


def test_a_success_in_between_starts_the_count_again() -> None:
    fail(2)
    HASTY.succeeded()
    fail(2)
    assert HASTY.wait() == 0


def test_it_opens_after_failures_in_a_row_and_only_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fail(4)
    assert 0 < HASTY.wait() <= REST
    assert HASTY.state() == State(failures=4, is_open=True, hold=Hold.AUTO)
    assert OTHER.wait() == 0
    opened = [line for line in caplog.records if line.message == "generation.breaker.opened"]
    assert len(opened) == 1, "said once"


def test_after_its_rest_one_call_tries_and_the_others_wait() -> None:
    fail(3)
    time.sleep(REST + 0.01)
    assert HASTY.wait() == 0
    assert 0 < HASTY.wait() <= TRIAL
    HASTY.succeeded()
    assert HASTY.wait() == 0
    assert HASTY.state().failures == 0


def test_a_trial_that_fails_opens_it_again_at_once() -> None:
    fail(3)
    time.sleep(REST + 0.01)
    assert HASTY.wait() == 0
    HASTY.failed()
    assert 0 < HASTY.wait() <= REST


def test_a_trial_of_which_nothing_is_heard_makes_room_for_another() -> None:
    fail(3)
    time.sleep(REST + 0.01)
    assert HASTY.wait() == 0
    time.sleep(TRIAL + 0.01)
    assert HASTY.wait() == 0


def test_staff_hold_it_open_or_closed_and_let_go() -> None:
    HASTY.flip(Hold.OPEN)
    assert HASTY.wait() == REST
    HASTY.succeeded()
    assert HASTY.wait() == REST, "a success elsewhere does not overrule them"
    assert HASTY.state() == State(failures=0, is_open=True, hold=Hold.OPEN)

    HASTY.flip(Hold.CLOSED)
    fail(5)
    assert HASTY.wait() == 0
    assert HASTY.state() == State(failures=5, is_open=False, hold=Hold.CLOSED)

    HASTY.flip(Hold.AUTO)
    assert HASTY.wait() == 0
    assert HASTY.state() == State(failures=0, is_open=False, hold=Hold.AUTO)


def test_without_redis_calls_go_through_and_do_not_wait_for_it(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    outage.forget()
    assert HASTY.wait() == 0
    fail(5)
    HASTY.succeeded()
    assert HASTY.wait() == 0
    told = [line for line in caplog.records if line.message == "generation.breaker.unreachable"]
    assert len(told) == 1
