"""The only way to conversations and their messages: each names the person whose they are."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import FETCH_RAISE, Exists, OuterRef, Q, QuerySet

from generation.models import Conversation, Job, Message
from visiona.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.models import User

MAX_WORDS = 100
"""Letters of the words that one may look for."""


def conversations_of(*, user: "User", words: str = "") -> QuerySet[Conversation]:
    """Return the person's conversations, the last one first: those with every one of the words."""
    found: QuerySet[Conversation] = Conversation.objects.filter(
        user_id=user.pk, source=Conversation.Source.CHAT, deleted_at=None
    )
    for word in words[:MAX_WORDS].split():
        said = Message.objects.filter(conversation_id=OuterRef("pk"), text__icontains=word)
        found = found.filter(Q(title__icontains=word) | Exists(said))
    return found.order_by("-updated_at", "-id").fetch_mode(FETCH_RAISE)


def conversation_of(*, user: "User", conversation_id: UUID) -> Conversation:
    """Return the person's conversation or raise NotFound."""
    return _one(user, conversation_id, deleted_at=None)


def deleted_conversation_of(*, user: "User", conversation_id: UUID) -> Conversation:
    """Return what the person deleted and can still have back, or raise NotFound."""
    return _one(user, conversation_id, deleted_at__isnull=False)


def deleted_conversations_of(*, user: "User") -> QuerySet[Conversation]:
    """Return what the person deleted and can still have back, the last deleted first."""
    found: QuerySet[Conversation] = Conversation.objects.filter(
        user_id=user.pk, source=Conversation.Source.CHAT, deleted_at__isnull=False
    )
    return found.order_by("-deleted_at", "-id").fetch_mode(FETCH_RAISE)


def _one(user: "User", conversation_id: UUID, **which: object) -> Conversation:
    found: Conversation | None = Conversation.objects.filter(
        pk=conversation_id, user_id=user.pk, source=Conversation.Source.CHAT, **which
    ).first()
    if found is None:
        raise NotFound("There is no such conversation, or it is not yours.")
    return found


def messages_of(*, conversation: Conversation) -> QuerySet[Message]:
    """Return every message of a conversation, of all its branches, oldest first."""
    messages: QuerySet[Message] = Message.objects.filter(conversation_id=conversation.pk)
    return messages.order_by("id").fetch_mode(FETCH_RAISE)


def messages_around(*, message_id: UUID) -> QuerySet[Message]:
    """Return every message of the conversation that this one is in, with it, oldest first."""
    conversation_id = Message.objects.filter(pk=message_id).values("conversation_id")[:1]
    messages: QuerySet[Message] = Message.objects.filter(conversation_id=conversation_id)
    return messages.select_related("conversation").order_by("id").fetch_mode(FETCH_RAISE)


def message_of(*, user: "User", message_id: UUID) -> Message:
    """Return a message to or of the person or raise NotFound."""
    found: Message | None = (
        Message.objects.select_related("conversation")
        .filter(pk=message_id, user_id=user.pk, conversation__deleted_at=None)
        .first()
    )
    if found is None:
        raise NotFound("There is no such message, or it is not yours.")
    return found


def branch_to(*, messages: Iterable[Message], tip_id: UUID | None) -> list[Message]:
    """Return the messages that lead to the tip, oldest first."""
    known = {message.pk: message for message in messages}
    branch: list[Message] = []
    message = known.get(tip_id) if tip_id else None
    while message is not None:
        branch.append(message)
        message = known.get(message.parent_id) if message.parent_id else None
    return branch[::-1]


def leaf_of(*, messages: Sequence[Message], message_id: UUID) -> UUID:
    """Return the last message of the newest branch that goes on from this one."""
    children = {message.parent_id: message.pk for message in messages}  # the newest one is last
    leaf = message_id
    while leaf in children:
        leaf = children[leaf]
    return leaf


def jobs_of_cards(*, messages: Sequence[Message]) -> dict[str, Job]:
    """Return what was made of the proposals in these messages, by what each was submitted as."""
    wanted = [
        submission_of(message_id=message.pk, number=number)
        for message in messages
        for number in range(len(message.cards))
    ]
    people = {message.user_id for message in messages}
    made = Job.objects.filter(user_id__in=people, submission__in=wanted) if wanted else ()
    return {job.submission: job for job in made}


def submission_of(*, message_id: UUID, number: int) -> str:
    """Return what the order of a proposal is submitted as: once, however often it is pressed."""
    return f"card:{message_id}:{number}"
