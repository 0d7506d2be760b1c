"""End answers: once, with what came of them, and with every credit where it belongs."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from redis.exceptions import RedisError

from accounts import events
from credits import services as credits_services
from credits.errors import ReservationClosed
from generation.models import Message
from generation.providers.ports import ProviderCall, Written
from generation.services import chat, metrics, provider_calls
from visiona.lib import clock, live_text, request_id
from visiona.lib.db.inserting import one_trip
from visiona.lib.timing import Stopwatch

TRIES = 3
FIRST_PAUSE_SECONDS = 0.2
LONGEST_MODEL = 120
MOST_TOKENS_COUNTED = 2**31 - 1
INTERRUPTED = "interrupted"
WITHOUT_DATABASE = (OperationalError, InterfaceError)
CUT_SHORT = "The answer broke off on our side, so nothing was charged. Ask again."

logger = logging.getLogger(__name__)

Still = Callable[[Message], bool]
"""Whether an answer, as it stands under the lock, is what somebody took it for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an answer ended, what came of it, and what was done for it."""

    status: Message.Status
    text: str = ""
    cards: list[dict[str, Any]] = field(default_factory=list)
    written: Written | None = None
    provider: str = ""
    fallback_from: str = ""
    code: str = ""
    detail: str = ""
    is_paid: bool = False
    calls: Sequence[ProviderCall] = ()
    steps: Mapping[str, float] = field(default_factory=dict)


def settle(*, message: Message, ending: Ending, is_still: Still = lambda _answer: True) -> None:
    """End an answer that is open, and is still what it was taken for: whoever comes second, a stop,
    a sweep or the writer, changes nothing.

    Raises DatabaseError where that cannot be kept; its lease runs out then.
    """
    _keep_calls(message, ending)
    for tried in range(1, TRIES + 1):
        try:
            has_ended = _settle(message, ending, is_still)
        except WITHOUT_DATABASE:
            if connection.in_atomic_block or tried == TRIES:
                raise
            connection.close()
            time.sleep(FIRST_PAUSE_SECONDS * 2 ** (tried - 1))
        else:
            if has_ended:
                live_text.close(message.pk)
            return


def end_early(
    *, message: Message, ending: Ending, text: str | None = None, is_still: Still
) -> None:
    """End an answer with what its readers could see: a stopped one is paid for by its words."""
    with request_id.bound(message.request_id):
        if text is None:
            text = _frozen(message)
        is_paid = ending.status == Message.Status.STOPPED and bool(text.strip())
        settle(
            message=message,
            ending=replace(ending, text=text, is_paid=is_paid),
            is_still=is_still,
        )


def _frozen(message: Message) -> str:
    try:
        return live_text.freeze(message.pk)
    except RedisError:
        return ""


def _keep_calls(message: Message, ending: Ending) -> None:
    """Keep what providers were asked, whatever becomes of the answer."""
    if not ending.calls:
        return
    try:
        with transaction.atomic():
            provider_calls.keep(calls=ending.calls, user_id=message.user_id, message_id=message.pk)
    except DatabaseError:
        logger.exception("generation.answer.calls_not_kept")


@transaction.atomic
def _settle(message: Message, ending: Ending, is_still: Still) -> bool:
    """End the answer; tell whether it has ended, now or before."""
    watch = Stopwatch(message.timings | dict(ending.steps))
    with watch.step("db_ms"):
        answer: Message = (
            Message.objects.select_related("conversation", "parent")
            .select_for_update(of=("self",))
            .get(pk=message.pk)
        )
    if not answer.is_open:
        return True
    if not is_still(answer):
        return False
    ending = _as_it_was_wanted(answer, ending)
    with watch.step("credit_ms"):
        captured = _settle_credits(answer, is_paid=ending.is_paid)
    _close(answer, ending, captured, watch)
    return True


def _as_it_was_wanted(answer: Message, ending: Ending) -> Ending:
    """Take an answer for stopped only where somebody wanted that, and could read what came."""
    if ending.status != Message.Status.STOPPED:
        return ending
    if answer.stop_requested_at is None:
        failed = Message.Status.FAILED
        return replace(ending, status=failed, code=INTERRUPTED, detail=CUT_SHORT, is_paid=False)
    return replace(ending, is_paid=ending.is_paid and answer.streams)


def _settle_credits(answer: Message, *, is_paid: bool) -> int:
    """Spend what was held if the answer is paid for, else return it; what was spent."""
    if answer.reservation_id is None:
        return 0
    try:
        if is_paid:
            credits_services.capture(reservation_id=answer.reservation_id)
        else:
            credits_services.release(reservation_id=answer.reservation_id)
    except ReservationClosed:
        return 0
    return answer.price if is_paid else 0


def _close(answer: Message, ending: Ending, captured: int, watch: Stopwatch) -> None:
    held = answer.price
    answer.status, answer.text, answer.cards = ending.status, ending.text, ending.cards
    answer.price = captured
    _say_who_wrote(answer, ending)
    answer.error_code, answer.error_detail = ending.code, ending.detail
    answer.finished_at, answer.lease_until = clock.now(), None
    answer.timings = chat.finished(timings=answer.timings | watch.steps)
    answer.save()
    metric = chat.metric_of(answer=answer)
    with one_trip():
        metrics.keep(metric=metric, captured=captured, released=held - captured)
        events.track(
            f"generation.answer.{answer.status}",
            user_id=answer.user_id,
            message_id=str(answer.pk),
            provider=answer.provider,
            price=captured,
            cached=False,
            error=answer.error_code,
        )


def _say_who_wrote(answer: Message, ending: Ending) -> None:
    """Note who was at it last, whether it came to an end or not."""
    last = ending.calls[-1] if ending.calls else None
    first = ending.calls[0].provider if ending.calls else ""
    answer.provider = ending.provider or (last.provider if last else "")
    answer.fallback_from = ending.fallback_from or (first if first != answer.provider else "")
    told = ending.written or last
    if told:
        answer.model = told.model[:LONGEST_MODEL]
        answer.input_tokens = _counted(told.input_tokens)
        answer.output_tokens = _counted(told.output_tokens)


def _counted(tokens: int) -> int:
    return min(max(tokens, 0), MOST_TOKENS_COUNTED)
