"""Begin, name, show, delete and restore conversations."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from generation import chat_selectors
from generation.models import Conversation, Message
from generation.services import chat, texts
from visiona.lib import clock, live_text
from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.models import User

LONGEST_TITLE = 120
DELETED_KEPT = timedelta(days=30)
GATEWAY_KEPT = timedelta(days=1)
ERASED_AT_ONCE = 200
MOST_ROUNDS = 500
NAME_IT = "Give the conversation a name."
NOT_HERE = "There is no such message in this conversation."

logger = logging.getLogger(__name__)


def rename(*, user: "User", conversation_id: UUID, title: str) -> Conversation:
    """Call the person's conversation something else. Raises NotFound and InvalidInput."""
    conversation = chat_selectors.conversation_of(user=user, conversation_id=conversation_id)
    title = " ".join(title.split())
    conversation.title = texts.checked(
        text=title, field="title", longest=LONGEST_TITLE, missing=NAME_IT
    )
    conversation.save(update_fields=["title"])
    return conversation


def show_branch(*, user: "User", conversation_id: UUID, message_id: UUID) -> Conversation:
    """Let the conversation go on from the newest branch that this message is in.

    Raises NotFound.
    """
    conversation = chat_selectors.conversation_of(user=user, conversation_id=conversation_id)
    message = chat_selectors.message_of(user=user, message_id=message_id)
    if message.conversation_id != conversation.pk:
        raise NotFound(NOT_HERE)
    messages = list(chat_selectors.messages_of(conversation=conversation))
    conversation.tip_id = chat_selectors.leaf_of(messages=messages, message_id=message.pk)
    conversation.save(update_fields=["tip_id"])
    return conversation


@transaction.atomic
def delete(*, user: "User", conversation_id: UUID) -> Conversation:
    """Put the person's conversation away; it can be had back for thirty days.

    An answer that is being written is stopped. Raises NotFound.
    """
    conversation = chat_selectors.conversation_of(user=user, conversation_id=conversation_id)
    for message in Message.objects.filter(conversation_id=conversation.pk).open():
        chat.end_soon(message=message)
    conversation.deleted_at = clock.now()
    conversation.save(update_fields=["deleted_at"])
    return conversation


def restore(*, user: "User", conversation_id: UUID) -> Conversation:
    """Bring back what the person deleted. Raises NotFound."""
    conversation = chat_selectors.deleted_conversation_of(
        user=user, conversation_id=conversation_id
    )
    conversation.deleted_at = None
    conversation.save(update_fields=["deleted_at"])
    return conversation


def erase_due() -> int:
    """Erase what was deleted thirty days ago, and what programs asked a day ago; the number."""
    erased = 0
    for _ in range(MOST_ROUNDS):
        number = _erase_some()
        erased += number
        if number < ERASED_AT_ONCE:
            break
    return erased


def _erase_some() -> int:
    now = clock.now()
    with act_as_worker():
        old = Conversation.objects.filter(deleted_at__lt=now - DELETED_KEPT)
        asked = Conversation.objects.filter(
            source=Conversation.Source.GATEWAY, created_at__lt=now - GATEWAY_KEPT
        ).exclude(pk__in=Message.objects.open().values("conversation_id"))
        return _erase(list((old | asked).values_list("pk", flat=True)[:ERASED_AT_ONCE]))


@transaction.atomic
def _erase(conversation_ids: list[UUID]) -> int:
    messages = Message.objects.filter(conversation_id__in=conversation_ids)
    texts_left = list(messages.values_list("pk", flat=True))
    Conversation.objects.filter(pk__in=conversation_ids).delete()
    if texts_left:
        transaction.on_commit(lambda: live_text.forget(texts_left), robust=True)
    return len(conversation_ids)
