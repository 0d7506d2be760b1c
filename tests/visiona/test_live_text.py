"""Text that is written while others read it: in order, once, and no further than it was frozen."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from django.conf import settings
from pytest_django import Settings

from tests import factories
from visiona.embedded.throwaway import Servers
from visiona.lib import live_text
from visiona.lib.request_id import uuid7

pytestmark = pytest.mark.usefixtures("product_servers")


def test_what_is_appended_is_read_in_order() -> None:
    text_id = uuid7()
    writer = live_text.Writer(text_id)
    for piece in ("Wörd ", "by ", "wörd 🙂"):
        writer.append(piece)
    assert writer.text == "Wörd by wörd 🙂"
    assert live_text.freeze(text_id) == writer.text


def test_nothing_is_added_to_a_frozen_text() -> None:
    text_id = uuid7()
    writer = live_text.Writer(text_id)
    writer.append("Enough")
    assert live_text.freeze(text_id) == "Enough"
    with pytest.raises(live_text.Frozen):
        writer.append(" of this")
    assert live_text.freeze(text_id) == writer.text == "Enough"


def test_what_was_frozen_before_it_began_stays_empty() -> None:
    text_id = uuid7()
    assert live_text.freeze(text_id) == ""
    with pytest.raises(live_text.Frozen):
        live_text.Writer(text_id).append("Hello")


def test_writers_and_who_freezes_agree_on_where_it_ends() -> None:
    text_id = uuid7()
    writer = live_text.Writer(text_id)

    def write() -> None:
        while True:
            writer.append("x")

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        while not factories.redis_client().exists(live_text.key_of(text_id)):
            pass
        frozen = live_text.freeze(text_id)
        with pytest.raises(live_text.Frozen):
            writing.result(timeout=5)
    assert frozen
    assert writer.text == frozen


def test_everything_is_kept_for_an_hour_and_no_longer() -> None:
    text_id = uuid7()
    live_text.Writer(text_id).append("Hello")
    live_text.close(text_id)
    key = live_text.key_of(text_id)
    lifetimes = [factories.redis_client().ttl(name) for name in (key, f"{key}:frozen")]
    assert lifetimes == [pytest.approx(3600, abs=5)] * 2


def test_who_waits_is_woken_by_the_end() -> None:
    text_id = uuid7()
    with ThreadPoolExecutor() as pool:
        began = monotonic()
        waiting = pool.submit(live_text.wait_for_end, text_id, seconds=10)
        live_text.Writer(text_id).append("Not yet")
        live_text.close(text_id)
        waiting.result(timeout=5)
    assert monotonic() - began < 3


def test_who_waits_for_nothing_gives_up_in_time() -> None:
    began = monotonic()
    live_text.wait_for_end(uuid7(), seconds=0.5)
    assert 0.4 < monotonic() - began < 1.5


def test_without_redis_a_text_is_written_all_the_same(
    settings: Settings, product_servers: Servers
) -> None:
    text_id = uuid7()
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    writer = live_text.Writer(text_id)
    writer.append("Nobody ")
    writer.append("looks")
    live_text.close(text_id)
    live_text.forget([text_id])
    live_text.wait_for_end(text_id, seconds=0.05)
    assert writer.text == "Nobody looks"


@pytest.mark.parametrize("heard", ["", "B", "BC"], ids=["nothing", "one piece", "all"])
def test_what_redis_did_not_take_is_shown_once_it_answers_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, heard: str
) -> None:
    """Whether it had not heard of it, or could not say that it had."""
    monkeypatch.setattr(live_text, "AGAIN_SECONDS", 0)
    text_id = uuid7()
    writer = live_text.Writer(text_id)
    writer.append("A")
    here, settings.REDIS_URL = settings.REDIS_URL, "unix:///nowhere/redis.sock"
    for piece in "BC":
        writer.append(piece)
    assert not writer.is_live
    settings.REDIS_URL = here
    for piece in heard:
        factories.redis_client().xadd(live_text.key_of(text_id), {live_text.TEXT: piece})
    writer.append("D")
    assert (writer.text, writer.is_live) == ("ABCD", True)
    assert live_text.freeze(text_id) == "ABCD"


def test_redis_is_not_waited_for_at_each_piece(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    writer = live_text.Writer(uuid7())
    for piece in "ABCDEFGH":
        writer.append(piece)
    assert (writer.text, writer.is_live) == ("ABCDEFGH", False)
    assert [record.message for record in caplog.records] == ["live_text.unreachable"]


def test_after_a_gap_nothing_more_is_shown_and_the_whole_is_known() -> None:
    text_id = uuid7()
    writer = live_text.Writer(text_id)
    writer.append("First half. ")
    factories.redis_client().flushdb()
    writer.append("Second half.")
    assert (writer.text, writer.is_live) == ("First half. Second half.", False)
    assert live_text.freeze(text_id) == ""


def test_what_is_erased_is_forgotten() -> None:
    text_id = uuid7()
    live_text.Writer(text_id).append("Hello")
    live_text.forget([text_id])
    assert not factories.redis_client().exists(live_text.key_of(text_id))
    assert settings.REDIS_URL
