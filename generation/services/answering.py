"""Write answers: claim, ask whoever writes, and hand over how it ended; what a worker does.

An answer is written once: nobody can write the same words again, so that what a worker left
behind when it died is kept as it was read, and costs nothing.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.crypto import salted_hmac

from accounts import selectors as accounts_selectors
from generation import catalog, chat_selectors
from generation.errors import ProviderError, ProviderInvalid
from generation.models import Conversation, Message
from generation.providers import fallback, local, registry
from generation.providers.ports import OnText, ProviderCall, Text, TextRequest, Turn, Written
from generation.services import answer_cache, assistant, chat, endings, proposals
from generation.services.endings import CUT_SHORT, INTERRUPTED, Ending
from visiona.lib import clock, live_text, request_id
from visiona.lib.db.actor import act_as_worker
from visiona.lib.queue import enqueue
from visiona.lib.timing import Stopwatch

MOST_TOKENS = 2048
LONGEST_ANSWER = 40_000
"""Letters, of a provider that does not know what a token is."""
LEASE = timedelta(seconds=60)
"""Longer than anybody may be silent; it is renewed while words come."""
RENEWED_EVERY = timedelta(seconds=10)
RENEWED_AFTER_FAILURE = timedelta(seconds=2)
WAKE_AFTER = timedelta(seconds=2)
GIVE_UP_AFTER = timedelta(minutes=5)
HEARD_WITHIN_SECONDS = 1.5
"""Who writes hears of a stop by the next word, and then knows more of the answer than others."""
SWEEP_LIMIT = 100
PERSON = "generation.answering.person"
"""So that a provider who watches for abuse can tell people apart, and learns nothing else."""

NOBODY_CAME = "Nobody could begin this answer in time, so nothing was charged. Ask again."
UNEXPECTED = "Something broke on our side while answering, so nothing was charged. Ask again."
WORDS = {
    "provider_unavailable": "Nobody could answer just now, so nothing was charged. Try again soon.",
    "provider_timed_out": "The answer took too long, so nothing was charged. Try again soon.",
    "provider_refused": (
        "The provider's safety rules do not allow an answer to this, so nothing was charged. "
        "Ask in other words."
    ),
}
BROKE_OFF = "The provider broke off, so nothing was charged. Ask again."
WITHOUT_DATABASE = (OperationalError, InterfaceError)

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Load what writing needs, so that nobody waits for that: an SDK, or the words of the rules."""
    if not registry.writers(record=lambda _call: None):
        local.answered([("Hello", True)], assistant.rules(), 0)


def answer(*, message_id: UUID) -> bool:
    """Write this answer if it waits for somebody; tell whether we did."""
    try:
        return _answer_next(pk=message_id)
    finally:
        let_go()


def answer_due(*, waiting_for: timedelta = timedelta()) -> bool:
    """Write the answer that waited longest, if one waited so long; tell whether we did."""
    return _answer_next(created_at__lte=clock.now() - waiting_for)


def finish(*, message_id: UUID) -> None:
    """End an answer that somebody stopped, unless its writer does so in a moment."""
    deadline = time.monotonic() + HEARD_WITHIN_SECONDS
    try:
        with act_as_worker():
            while message := Message.objects.filter(pk=message_id).open().first():
                is_waiting = message.status == Message.Status.WAITING
                if is_waiting or time.monotonic() >= deadline:
                    _stop(message)
                    return
                time.sleep(0.1)
    finally:
        let_go()


def sweep() -> int:
    """Wake writers for what waits, and end what nobody will finish; return how many there were."""
    now = clock.now()
    with act_as_worker():
        waiting = Message.objects.filter(status=Message.Status.WAITING).order_by("created_at")
        for message in waiting.filter(created_at__lt=now - GIVE_UP_AFTER)[:SWEEP_LIMIT]:
            _interrupt(message, NOBODY_CAME, lambda one: one.status == Message.Status.WAITING)
        due = list(waiting.filter(created_at__lt=now - WAKE_AFTER)[:SWEEP_LIMIT])
        for message in due:
            enqueue(chat.ANSWER, queue=catalog.CHAT, message_id=str(message.pk))
        return len(due) + end_abandoned()


def end_abandoned() -> int:
    """End the answers whose writer died, and those that were stopped unheard; their number."""
    with act_as_worker():
        abandoned = list(Message.objects.abandoned()[:SWEEP_LIMIT])
        for message in abandoned:
            _interrupt(message, CUT_SHORT, _has_no_writer)
        unheard_since = clock.now() - WAKE_AFTER - timedelta(seconds=HEARD_WITHIN_SECONDS)
        stopped = Message.objects.open().filter(stop_requested_at__lt=unheard_since)
        unheard = list(stopped[:SWEEP_LIMIT])
        for message in unheard:
            _stop(message)
    return len(abandoned) + len(unheard)


def _has_no_writer(message: Message) -> bool:
    return message.lease_until is not None and message.lease_until < clock.now()


def _stop(message: Message) -> None:
    ending = Ending(status=Message.Status.STOPPED)
    endings.end_early(
        message=message, ending=ending, is_still=lambda one: one.stop_requested_at is not None
    )


def _interrupt(message: Message, detail: str, is_still: Callable[[Message], bool]) -> None:
    """End an answer that nobody writes: it is frozen only once that is certain."""
    fresh = Message.objects.filter(pk=message.pk).open().first()
    if fresh and is_still(fresh):
        ending = Ending(status=Message.Status.FAILED, code=INTERRUPTED, detail=detail)
        endings.end_early(message=message, ending=ending, is_still=is_still)


def _answer_next(**which: Any) -> bool:
    with act_as_worker():
        message = _claim(which)
        if message is None:
            return False
        with request_id.bound(message.request_id):
            _write(message)
        return True


@transaction.atomic
def _claim(which: dict[str, Any]) -> Message | None:
    """Take an answer that nobody has begun, and that is still wanted."""
    waiting = Message.objects.filter(status=Message.Status.WAITING, stop_requested_at=None, **which)
    message: Message | None = (
        waiting.select_related("conversation")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("created_at")
        .first()
    )
    if message is None:
        return None
    message.status = Message.Status.ANSWERING
    message.lease_until = clock.now() + LEASE
    message.save(update_fields=["status", "lease_until"])
    return message


class Desk:
    """Where one answer is written: what came until now, for whoever reads and for the end."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.watch = Stopwatch(message.timings)
        self.calls: list[ProviderCall] = []
        self.sieve = proposals.Sieve()
        self.live = live_text.Writer(message.pk)
        self.is_lasting = True
        self.kept_as = ""
        self._leased_until = clock.now() + LEASE
        self._renew_at = clock.now() + RENEWED_EVERY

    @property
    def is_chat(self) -> bool:
        """Whether a person reads it here, rather than a program elsewhere."""
        return self.message.conversation.source == Conversation.Source.CHAT

    def take(self, piece: str) -> None:
        """Pass on what was written. Raises Frozen where nobody wants more."""
        if self.is_chat:
            piece = self.sieve.pass_on(piece)
        if piece:
            self.live.append(piece)
        if len(self.live.text) > LONGEST_ANSWER:
            raise ProviderInvalid(reason="answer")
        if clock.now() >= self._renew_at:
            self.renew()

    def flush(self) -> None:
        """Show what was held back although it began no proposal. Raises Frozen."""
        if rest := self.sieve.rest():
            self.live.append(rest)

    def renew(self) -> None:
        """Show that somebody is at it. Raises Frozen where it has ended.

        The database may be away for a moment: the lease is longer than that.
        """
        now = clock.now()
        mine = Message.objects.filter(pk=self.message.pk, status=Message.Status.ANSWERING)
        try:
            is_mine = mine.update(lease_until=now + LEASE)
        except WITHOUT_DATABASE:
            if now >= self._leased_until:
                raise
            self._renew_at = now + RENEWED_AFTER_FAILURE
            return
        finally:
            let_go()
        if not is_mine:
            raise live_text.Frozen
        self._leased_until, self._renew_at = now + LEASE, now + RENEWED_EVERY

    def writers(self) -> list[Text]:
        """Return who is asked, one after the other; each has the time that a lease is long."""
        # The lease of the claim is the first one's.
        return [
            _Punctual(writer, self.renew if number else let_go)
            for number, writer in enumerate(registry.writers(record=self.calls.append))
        ]

    def ending(self, status: Message.Status, **facts: Any) -> Ending:
        """Return how it ended, with what was done for it."""
        return Ending(status=status, calls=self.calls, steps=self.watch.steps, **facts)

    def failed(self, code: str, detail: str) -> Ending:
        """Return how it failed; what had come stays."""
        return self.ending(Message.Status.FAILED, text=self.live.text, code=code, detail=detail)


def let_go() -> None:
    """Give the connection back: who waits, for a provider or for work, needs none.

    There are more threads than PostgreSQL takes connections.
    """
    if not connection.in_atomic_block:
        connection.close()


@dataclass(frozen=True, slots=True)
class _Punctual:
    """Somebody who writes, and says when they begin."""

    writer: Text
    begin: Callable[[], None]

    @property
    def provider(self) -> str:
        return self.writer.provider

    def write(self, request: TextRequest) -> Written:
        self.begin()
        return self.writer.write(request)

    def stream(self, request: TextRequest, on_text: OnText) -> Written:
        self.begin()
        return self.writer.stream(request, on_text)


def _write(message: Message) -> None:
    """Have the answer written and settle it; without the database its lease runs out."""
    desk = Desk(message)
    try:
        endings.settle(message=message, ending=_ending(desk))
    except live_text.Frozen:
        _end_as_it_was_read(desk)
    except Exception as error:
        if desk.kept_as:
            answer_cache.forget(key=desk.kept_as)
        if not isinstance(error, WITHOUT_DATABASE):
            endings.settle(message=message, ending=desk.failed("internal_error", UNEXPECTED))
        raise


def _end_as_it_was_read(desk: Desk) -> None:
    """End an answer that somebody froze, with what could be read until then."""
    endings.end_early(
        message=desk.message,
        ending=desk.ending(Message.Status.STOPPED),
        text=None if desk.live.is_live else desk.live.text,
        is_still=lambda _answer: True,
    )


def _ending(desk: Desk) -> Ending:
    """Have it written, and keep it for whoever asks the same. Raises Frozen."""
    with desk.watch.step("db_ms"):
        messages = list(chat_selectors.messages_of(conversation=desk.message.conversation))
        asked = chat_selectors.branch_to(messages=messages, tip_id=desk.message.parent_id)
    turns = chat.turns_of(messages=asked)
    try:
        with desk.watch.step("ai_ms"):
            ending = _by_provider(desk, turns) or _by_rules(desk, turns)
    except ProviderError as error:
        words = BROKE_OFF if desk.live.text else WORDS.get(error.code, BROKE_OFF)
        return desk.failed(error.code, words)
    _remember(desk, turns, ending)
    return desk.ending(
        Message.Status.DONE,
        text=ending.text,
        cards=ending.cards,
        written=ending.written,
        provider=ending.provider,
        fallback_from=ending.fallback_from,
        is_paid=True,
    )


def _by_provider(desk: Desk, turns: tuple[Turn, ...]) -> Ending | None:
    writers = desk.writers()
    if not writers:
        return None
    message = desk.message
    if not message.price:  # it was free because this machine would have answered
        raise ProviderInvalid(reason="request")
    request = TextRequest(
        turns=turns,
        system=assistant.instructions() if desk.is_chat else message.conversation.system,
        max_tokens=min(message.max_tokens or MOST_TOKENS, MOST_TOKENS),
        person=salted_hmac(PERSON, str(message.user_id), algorithm="sha256").hexdigest(),
    )
    answered = fallback.answer(writers=writers, request=request, on_text=desk.take)
    desk.flush()
    if not (desk.live.text.strip() or desk.sieve.cards):
        raise ProviderInvalid(reason="answer")
    return Ending(
        status=Message.Status.DONE,
        text=desk.live.text,
        cards=desk.sieve.cards,
        written=answered.written,
        provider=answered.provider,
        fallback_from=writers[0].provider if answered.fallback_used else "",
    )


def _by_rules(desk: Desk, turns: tuple[Turn, ...]) -> Ending:
    user = accounts_selectors.user_by_id(user_id=desk.message.user_id)
    said = [(turn.text, not turn.is_ours) for turn in turns]
    seed = desk.message.pk.int % 2**31
    found = local.answered(said, assistant.facts_of(user=user), seed)
    for word in found.words():
        desk.live.append(word)
    # What it would not tell anybody else, a balance for example, is another tomorrow.
    desk.is_lasting = found == local.answered(said, assistant.rules(), seed)
    written = Written(
        text=found.text, model="rules", is_complete=True, input_tokens=0, output_tokens=0
    )
    return Ending(
        status=Message.Status.DONE,
        text=desk.live.text,
        cards=proposals.cleaned(proposals=list(found.cards)) if desk.is_chat else [],
        written=written,
        provider=registry.LOCAL,
    )


def _remember(desk: Desk, turns: tuple[Turn, ...], ending: Ending) -> None:
    """Keep a whole answer of the chat for a day."""
    written = ending.written
    if not (desk.is_chat and desk.is_lasting and written and written.is_complete):
        return
    with desk.watch.step("cache_write_ms"):
        desk.kept_as = chat.key_for(user_id=desk.message.user_id, turns=turns)
        answer_cache.put(
            key=desk.kept_as,
            answer={
                "text": ending.text,
                "cards": ending.cards,
                "provider": ending.provider,
                "model": written.model[: endings.LONGEST_MODEL],
            },
        )
