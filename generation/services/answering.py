"""Write answers: claim, ask whoever writes, and hand over how it ended; what a worker does.

An answer is written once: nobody can write the same words again, so that what a worker left
behind when it died is kept as it was read, and costs nothing.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from accounts import selectors as accounts_selectors
from generation import catalog, chat_selectors
from generation.errors import ProviderError, ProviderInvalid
from generation.models import Conversation, Message
from generation.providers import fallback, local, registry
from generation.providers.ports import ProviderCall, TextRequest, Written
from generation.services import answer_cache, assistant, chat, endings, proposals
from generation.services.endings import CUT_SHORT, INTERRUPTED, WITHOUT_DATABASE, Ending
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

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Load what writing needs, so that nobody waits for that: an SDK, or the words of the rules."""
    if not registry.writers(record=lambda _call: None):
        local.answered([("Hello", True)], assistant.rules(), 0)


def answer(*, message_id: UUID) -> bool:
    """Write this answer if it waits for somebody; tell whether we did."""
    try:
        with act_as_worker():
            return _answer(message_id)
    finally:
        let_go()


def answer_due(*, waiting_for: timedelta = timedelta()) -> bool:
    """Write the answer that waited longest, if one waited so long; tell whether we did."""
    with act_as_worker():
        waiting = Message.objects.filter(
            status=Message.Status.WAITING,
            stop_requested_at=None,
            created_at__lte=clock.now() - waiting_for,
        )
        longest = waiting.order_by("created_at").values_list("pk", flat=True).first()
        return longest is not None and _answer(longest)


def finish(*, message_id: UUID) -> None:
    """End an answer that somebody stopped, unless its writer does so in a moment."""
    unfinished = Message.objects.filter(pk=message_id).open()
    try:
        with act_as_worker():
            message = unfinished.first()
            if message and message.status == Message.Status.ANSWERING:
                let_go()
                live_text.wait_for_end(message_id, seconds=HEARD_WITHIN_SECONDS)
                message = unfinished.first()
            if message:
                _stop(message)
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


def _answer(message_id: UUID) -> bool:
    watch = Stopwatch()
    with watch.step("db_ms"):
        messages = _claim(message_id)
    if not messages:
        return False
    message = next(one for one in messages if one.pk == message_id)
    asked = chat_selectors.branch_to(messages=messages, tip_id=message.parent_id)
    watch.add(message.timings)
    with request_id.bound(message.request_id):
        _write(Desk(message, asked, watch))
    return True


@transaction.atomic
def _claim(message_id: UUID) -> list[Message]:
    """Take an answer that nobody has begun, and that is still wanted; return its conversation.

    Nothing comes back where somebody else was faster.
    """
    waiting = Message.objects.filter(
        pk=message_id, status=Message.Status.WAITING, stop_requested_at=None
    )
    is_mine = waiting.update(status=Message.Status.ANSWERING, lease_until=clock.now() + LEASE)
    return list(chat_selectors.messages_around(message_id=message_id)) if is_mine else []


class Desk:
    """Where one answer is written: what came until now, for whoever reads and for the end."""

    def __init__(self, message: Message, asked: Sequence[Message], watch: Stopwatch) -> None:
        self.message = message
        self.turns = chat.turns_of(messages=asked)
        self.watch = watch
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


def _write(desk: Desk) -> None:
    """Have the answer written and settle it; without the database its lease runs out."""
    message = desk.message
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
    try:
        with desk.watch.step("ai_ms"):
            ending = _by_provider(desk) or _by_rules(desk)
    except ProviderError as error:
        words = BROKE_OFF if desk.live.text else WORDS.get(error.code, BROKE_OFF)
        return desk.failed(error.code, words)
    _remember(desk, ending)
    return replace(ending, calls=desk.calls, steps=desk.watch.steps, is_paid=True)


def _by_provider(desk: Desk) -> Ending | None:
    writers = registry.writers(record=desk.calls.append)
    if not writers:
        return None
    message = desk.message
    if not message.price:  # it was free because this machine would have answered
        raise ProviderInvalid(reason="request")
    request = TextRequest(
        turns=desk.turns,
        system=assistant.instructions() if desk.is_chat else message.conversation.system,
        max_tokens=min(message.max_tokens or MOST_TOKENS, MOST_TOKENS),
        person=salted_hmac(PERSON, str(message.user_id), algorithm="sha256").hexdigest(),
    )
    let_go()
    # Each has the time that a lease is long; the lease of the claim is the first one's.
    answered = fallback.answer(
        writers=writers, request=request, on_text=desk.take, on_next=desk.renew
    )
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


def _by_rules(desk: Desk) -> Ending:
    user = accounts_selectors.user_by_id(user_id=desk.message.user_id)
    said = [(turn.text, not turn.is_ours) for turn in desk.turns]
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


def _remember(desk: Desk, ending: Ending) -> None:
    """Keep a whole answer of the chat for a day."""
    written = ending.written
    if not (desk.is_chat and desk.is_lasting and written and written.is_complete):
        return
    with desk.watch.step("cache_write_ms"):
        desk.kept_as = chat.key_for(user_id=desk.message.user_id, turns=desk.turns)
        answer_cache.put(
            key=desk.kept_as,
            answer={
                "text": ending.text,
                "cards": ending.cards,
                "provider": ending.provider,
                "model": written.model[: endings.LONGEST_MODEL],
            },
        )
