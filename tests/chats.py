"""Conversations for tests: asked as a person asks, answered as a worker answers."""

from typing import Any

from django.db import connection, transaction

from accounts.models import User
from generation.models import Message
from generation.services import answering, chat
from visiona.lib.db.actor import act_as_user


def ask(user: User, text: str = "How do credits work?", **where: Any) -> Message:
    """The answer to come to what somebody asked."""
    with act_as_user(user.pk), transaction.atomic():
        question = chat.Question(text=text, **where)
        return chat.ask(user=user, question=question, request_id="tests-request")


def ask_again(user: User, message: Message, *, streams: bool = True) -> Message:
    """The answer to come to the same question."""
    with act_as_user(user.pk), transaction.atomic():
        return chat.ask_again(
            user=user, message_id=message.pk, request_id="tests-again", streams=streams
        )


def answered(message: Message) -> Message:
    """The answer once a worker has written it."""
    assert answering.answer(message_id=message.pk)
    return again(message)


def again(message: Message) -> Message:
    """The message as it stands now."""
    found: Message = Message.objects.select_related("conversation", "parent").get(pk=message.pk)
    return found


def rewrite(message: Message, **fields: Any) -> None:
    """Let a message be what it never was: the database forbids that where it has ended."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE generation_message DISABLE TRIGGER moves")
        Message.objects.filter(pk=message.pk).update(**fields)
        cursor.execute("ALTER TABLE generation_message ENABLE TRIGGER moves")
