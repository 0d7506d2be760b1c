"""Ask, ask again, and stop: what a person does in a conversation.

An answer is held as a job is: its price is reserved with its row, a worker writes it
(generation/services/answering.py) and settles it once, whatever happens.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import events
from billing import selectors as billing_selectors
from credits import services as credits_services
from generation import catalog, chat_selectors
from generation.engine.assistant.naming import title_of
from generation.models import Conversation, Message, RequestMetric
from generation.providers import registry
from generation.providers.ports import Turn
from generation.services import answer_cache, assistant, budget, metrics, texts
from visiona.lib import clock, live_text, ratelimit
from visiona.lib.db.inserting import insert, one_trip
from visiona.lib.errors import AppError, Conflict
from visiona.lib.queue import enqueue
from visiona.lib.request_id import uuid7
from visiona.lib.timing import Stopwatch

if TYPE_CHECKING:
    from accounts.models import User

ANSWER = "generation.tasks.answer"
FINISH = "generation.tasks.finish_answer"
MOST_HISTORY = 24_000
"""Letters of what was said before that an answer is paid to read."""
WRITE_FIRST = "Write a message first."
NOT_AN_ANSWER = "Only an answer can be given again."
HAS_ENDED = "This answer has ended, so it cannot be stopped."
STILL_ANSWERING = "An answer is being written here. Wait until it is finished, or stop it."
MOST_MESSAGES = 200
"""In one conversation, of all its branches: every page and every answer looks at all of them."""
TOO_LONG = "This conversation has become long. Begin a new one."
KEPT = "\n\t"
WITHIN = transaction.atomic(savepoint=False)
"""All of it or nothing, by the caller's transaction: a savepoint would be two more trips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person says, and where: at the end of a conversation, or after another answer of it.

    Where `branches` is set, the question takes its place after `parent_id`: none for the beginning.
    """

    text: str
    conversation_id: UUID | None = None
    branches: bool = False
    parent_id: UUID | None = None
    fresh: bool = False
    streams: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a program wants to be answered: all that was said, and who the model is to be."""

    turns: Sequence[Turn]
    system: str = ""
    max_tokens: int | None = None
    streams: bool = True


@WITHIN
def ask(*, user: "User", question: Question, request_id: str) -> Message:
    """Take a question and hold the price of its answer, both or neither; return the answer to come.

    One that was given to the same question in the last day is there at once, for nothing. Raises
    InvalidInput, NotFound, Conflict while an answer is being written there, RateLimited,
    InsufficientCredits, and ProviderUnavailable where nobody may be asked today.
    """
    watch = Stopwatch()
    began = clock.now().timestamp()
    text = _checked(question.text)
    with _admitted(user):
        with watch.step("db_ms"):
            conversation = _conversation_for(user, question, text)
            before = _before(conversation, question)
        asked = _message(conversation, Message.Role.USER, before[-1] if before else None)
        asked.text, asked.finished_at = text, clock.now()
        answer = _message(conversation, Message.Role.ASSISTANT, asked)
        answer.fresh, answer.streams = question.fresh, question.streams
        answer.request_id = request_id
        answer.timings = {"began": began}
        return _order(user, answer, [*before, asked], watch, new=[asked])


@WITHIN
def ask_by_script(*, user: "User", script: Script, request_id: str) -> Message:
    """Take what a program says at once, and hold the price of the answer; return it, to come.

    Raises what `ask` does.
    """
    watch = Stopwatch()
    began = clock.now().timestamp()
    said = [(turn.is_ours, _checked(turn.text)) for turn in script.turns]
    system = texts.checked(text=script.system, field="messages", longest=catalog.MAX_MESSAGE)
    with _admitted(user):
        before = _as_said(user, said, system)
        answer = _message(before[-1].conversation, Message.Role.ASSISTANT, before[-1])
        answer.fresh, answer.streams = True, script.streams
        answer.max_tokens, answer.request_id = script.max_tokens, request_id
        answer.timings = {"began": began}
        return _order(user, answer, before, watch, new=before)


def _as_said(user: "User", said: list[tuple[bool, str]], system: str) -> list[Message]:
    """Return a conversation of its own in which all this was said, not kept yet."""
    source = Conversation.Source.GATEWAY
    conversation = Conversation(id=uuid7(), user=user, source=source, system=system)
    messages: list[Message] = []
    for is_ours, text in said:
        role = Message.Role.ASSISTANT if is_ours else Message.Role.USER
        message = _message(conversation, role, messages[-1] if messages else None)
        message.text, message.finished_at = text, clock.now()
        messages.append(message)
    return messages


@WITHIN
def ask_again(*, user: "User", message_id: UUID, request_id: str, streams: bool = True) -> Message:
    """Have the same question answered once more, beside the answer that there is.

    Raises NotFound, Conflict, RateLimited and InsufficientCredits.
    """
    watch = Stopwatch()
    began = clock.now().timestamp()
    first = chat_selectors.message_of(user=user, message_id=message_id)
    if not first.is_ours or first.conversation.source != Conversation.Source.CHAT:
        raise Conflict(NOT_AN_ANSWER)
    with _admitted(user):
        with watch.step("db_ms"):
            messages = list(chat_selectors.messages_of(conversation=first.conversation))
            if len(messages) >= MOST_MESSAGES:
                raise Conflict(TOO_LONG)
            before = chat_selectors.branch_to(messages=messages, tip_id=first.parent_id)
        answer = _message(first.conversation, Message.Role.ASSISTANT, before[-1])
        answer.fresh, answer.streams = True, streams
        answer.request_id = request_id
        answer.timings = {"began": began}
        return _order(user, answer, before, watch)


def stop(*, user: "User", message_id: UUID) -> Message:
    """Let an answer end where it is: what was delivered of it is paid for.

    Raises NotFound and Conflict.
    """
    message = chat_selectors.message_of(user=user, message_id=message_id)
    if not message.is_open:
        raise Conflict(HAS_ENDED)
    end_soon(message=message)
    return message


def end_soon(*, message: Message) -> None:
    """Have an answer end where it is once this is committed."""
    message.stop_requested_at = clock.now()
    message.save(update_fields=["stop_requested_at"])
    # Who writes learns of it by the next word; who waits for a first one is ended by the task.
    transaction.on_commit(partial(live_text.freeze, message.pk), robust=True)
    enqueue(FINISH, queue=catalog.CHAT, message_id=str(message.pk))


def turns_of(*, messages: Sequence[Message]) -> tuple[Turn, ...]:
    """Return what was said, as much of the end of it as an answer reads."""
    turns: list[Turn] = []
    left = MOST_HISTORY
    for message in reversed(messages):
        left -= len(message.text)
        if turns and left < 0:
            break
        if message.text:
            turns.append(Turn(text=message.text, is_ours=message.is_ours))
    return tuple(reversed(turns))


def is_local() -> bool:
    """Whether nobody but this machine answers now."""
    return not registry.writing_providers()


def _checked(text: str) -> str:
    """Return the words without characters that only steer; their direction is the reader's."""
    plain = "".join(
        letter for letter in text if letter in KEPT or unicodedata.category(letter) != "Cc"
    )
    return texts.checked(
        text=plain, field="message", longest=catalog.MAX_MESSAGE, missing=WRITE_FIRST
    )


@contextmanager
def _admitted(user: "User") -> Iterator[None]:
    """Count a request for the day, unless nothing comes of it. Raises RateLimited."""
    place: dict[str, Any] = {
        "rule": "chat",
        "key": user.pk,
        "limit": billing_selectors.chat_rate_of(user=user),
    }
    ratelimit.admit(**place)
    try:
        yield
    except AppError:
        ratelimit.give_back(**place)
        raise


def _conversation_for(user: "User", question: Question, text: str) -> Conversation:
    if question.conversation_id:
        return chat_selectors.conversation_of(user=user, conversation_id=question.conversation_id)
    return Conversation(id=uuid7(), user=user, title=title_of(text))


def _before(conversation: Conversation, question: Question) -> list[Message]:
    """Return what was said before the question, oldest first. Raises NotFound and Conflict."""
    after = question.parent_id if question.branches else conversation.tip_id
    if after is None:
        return []
    messages = list(chat_selectors.messages_of(conversation=conversation))
    if len(messages) >= MOST_MESSAGES:
        raise Conflict(TOO_LONG)
    before = chat_selectors.branch_to(messages=messages, tip_id=after)
    if not before or not before[-1].is_ours:
        raise texts.refused(
            field="parent_id",
            code="invalid",
            detail="Name an answer in this conversation, or nothing for its beginning.",
        )
    if before[-1].is_open:
        raise Conflict(STILL_ANSWERING)
    return before


def _message(conversation: Conversation, role: Message.Role, parent: Message | None) -> Message:
    return Message(
        id=uuid7(),
        created_at=clock.now(),
        user_id=conversation.user_id,
        conversation=conversation,
        parent=parent,
        role=role,
    )


def _order(
    user: "User",
    answer: Message,
    asked: list[Message],
    watch: Stopwatch,
    *,
    new: Sequence[Message] = (),
) -> Message:
    """Answer at once what was answered before; else hold the price and wake who answers.

    What was said just now is kept with the answer.
    """
    with watch.step("cache_read_ms"):
        kept = None if answer.fresh else _kept(user, asked)
    if kept is not None:
        return _answer_at_once(answer, kept, watch, new)
    answer.status = Message.Status.WAITING
    # The first of all that is done after the commit: who answers can begin meanwhile.
    enqueue(ANSWER, queue=catalog.CHAT, message_id=str(answer.pk))
    with watch.step("credit_ms"):
        _hold(answer)
    with watch.step("db_ms"):
        _end_with(answer)
    answer.timings |= watch.steps
    with _kept_with(answer, new):
        pass  # nothing else
    return answer


def key_for(*, user_id: UUID, turns: Sequence[Turn]) -> str:
    """Return the name under which the answer to these turns is kept."""
    told = repr(assistant.rules()) if is_local() else assistant.instructions()
    return answer_cache.key_of(user_id=user_id, turns=turns, told=told)


def price_now() -> int:
    """Return what an answer costs that nobody was given before, in credits."""
    return 0 if settings.LOCAL_WORK_IS_FREE and is_local() else catalog.CHAT_PRICE


def _kept(user: "User", asked: list[Message]) -> dict[str, Any] | None:
    return answer_cache.get(key=key_for(user_id=user.pk, turns=turns_of(messages=asked)))


def _hold(answer: Message) -> None:
    if not is_local():
        budget.check()
    answer.price = price_now()
    if answer.price:
        answer.reservation_id = credits_services.reserve(
            amount=answer.price,
            key=f"message:{answer.pk}",
            purpose=catalog.CHAT,
            reference=str(answer.pk),
        ).hold


@contextmanager
def _kept_with(answer: Message, new: Sequence[Message]) -> Iterator[None]:
    """Keep the answer with what is new before it, and with what the block inserts.

    Raises Conflict while another is written.
    """
    place = answer.conversation
    try:
        with one_trip():
            if place._state.adding:  # noqa: SLF001 (Django documents it)
                insert(place)
            insert(*new)
            insert(answer)
            yield
    except IntegrityError as error:
        if "message_one_open_answer" in str(error):
            raise Conflict(STILL_ANSWERING) from None
        raise


def _end_with(answer: Message) -> None:
    """Have the conversation end with the answer; a new one is kept together with it."""
    conversation = answer.conversation
    conversation.tip_id = answer.pk
    conversation.updated_at = clock.now()
    if not conversation._state.adding:  # noqa: SLF001 (Django documents it)
        conversation.save(update_fields=["tip_id", "updated_at"])


def _answer_at_once(
    answer: Message, kept: dict[str, Any], watch: Stopwatch, new: Sequence[Message]
) -> Message:
    answer.text, answer.cards = kept["text"], kept["cards"]
    answer.provider, answer.model = kept["provider"], kept["model"]
    answer.cached = True
    with watch.step("db_ms"):
        _end_with(answer)
    answer.finished_at = clock.now()
    answer.timings = finished(timings=answer.timings | watch.steps)
    with _kept_with(answer, new):
        metrics.keep(metric=metric_of(answer=answer))
        events.track(
            "generation.answer.done",
            user_id=answer.user_id,
            message_id=str(answer.pk),
            provider=answer.provider,
            price=0,
            cached=True,
        )
    return answer


def finished(*, timings: dict[str, float]) -> dict[str, float]:
    """Return the steps with the time since the beginning as their total, in milliseconds."""
    steps = dict(timings)
    began = steps.pop("began", clock.now().timestamp())
    total = round((clock.now().timestamp() - began) * 1000, 3)
    # Two clocks were read: the whole is never less than its parts.
    return steps | {"total_ms": max(total, round(sum(steps.values()), 3))}


def metric_of(*, answer: Message) -> RequestMetric:
    """Return the twelve numbers of an answer that has ended."""
    by_status = {Message.Status.DONE: "ok", Message.Status.STOPPED: "stopped"}
    is_chat = answer.conversation.source == Conversation.Source.CHAT
    return RequestMetric(
        user_id=answer.user_id,
        request_id=answer.request_id,
        operation="chat" if is_chat else "gateway",
        message_id=answer.pk,
        status=by_status.get(Message.Status(answer.status), "failed"),
        provider=answer.provider,
        fallback_used=answer.fallback_used,
        cached=answer.cached,
        message_length=len(answer.parent.text) if answer.parent else 0,
        error_name=answer.error_code,
        **answer.timings,
    )
