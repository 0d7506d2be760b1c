"""Rows of several tables that go to the database together: all of them or none, and as who acts."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from accounts import events
from accounts.models import Event, User
from generation.models import Conversation, Message
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.db.inserting import insert, one_trip
from visiona.lib.request_id import uuid7

pytestmark = pytest.mark.django_db(transaction=True)


def conversation_of(user: User) -> Conversation:
    return Conversation(id=uuid7(), user_id=user.pk, title="Lamps")


def question_in(conversation: Conversation) -> Message:
    return Message(
        id=uuid7(),
        user_id=conversation.user_id,
        conversation=conversation,
        role=Message.Role.USER,
        text="Which lamp?",
        finished_at=clock.now(),
    )


def answer_in(conversation: Conversation) -> Message:
    answer = question_in(conversation)
    answer.role, answer.status = Message.Role.ASSISTANT, Message.Status.WAITING
    answer.finished_at = None
    return answer


@transaction.atomic
def insert_together(*rows: Model) -> None:
    with one_trip():
        for row in rows:
            insert(row)


def test_rows_that_need_each_other_go_together(alice: User) -> None:
    conversation = conversation_of(alice)
    question = question_in(conversation)
    with act_as_user(alice.pk), transaction.atomic(), one_trip():
        insert(conversation)
        insert(question)
        events.track("tests.trip.taken", user_id=alice.pk)

    kept = Message.objects.select_related("conversation").get()
    assert (kept, kept.text, kept.conversation.title) == (question, "Which lamp?", "Lamps")
    assert (clock.now() - kept.created_at).total_seconds() < 60
    assert Event.objects.filter(name="tests.trip.taken").count() == 1
    conversation.title = "Lights"
    conversation.save(update_fields=["title"])  # it is known to be there
    assert Conversation.objects.get().title == "Lights"


def test_rows_of_one_table_go_in_one_statement(alice: User) -> None:
    rows = [conversation_of(alice) for _ in range(3)]
    with act_as_user(alice.pk), CaptureQueriesContext(connection) as asked:
        insert(*rows)
        insert()
    assert set(Conversation.objects.all()) == set(rows)
    assert sum("INSERT" in one["sql"] for one in asked.captured_queries) == 1


@pytest.mark.parametrize("broken", [0, 1, 2], ids=["the first", "in the middle", "the last"])
def test_one_that_is_refused_takes_all_with_it(alice: User, broken: int) -> None:
    """An answer that is open where another one is."""
    taken = conversation_of(alice)
    taken.save(force_insert=True)
    answer_in(taken).save(force_insert=True)
    rows = [question_in(taken), question_in(taken)]
    rows.insert(broken, answer_in(taken))

    with act_as_user(alice.pk), pytest.raises(IntegrityError, match="message_one_open_answer"):
        insert_together(*rows)
    assert Message.objects.count() == 1
    with transaction.atomic():
        insert(question_in(taken))
    assert Message.objects.count() == 2


def test_a_transaction_goes_on_where_the_trip_had_a_savepoint(alice: User) -> None:
    conversation = conversation_of(alice)
    with act_as_user(alice.pk), transaction.atomic():
        insert(conversation)
        with pytest.raises(IntegrityError):
            insert_together(conversation_of(alice), conversation)
        insert(question_in(conversation))
    assert Conversation.objects.get() == conversation
    assert Message.objects.count() == 1


def test_each_row_is_inserted_as_who_acts_then(alice: User, bob: User) -> None:
    with act_as_user(alice.pk), transaction.atomic(), one_trip():
        insert(conversation_of(alice))
        with act_as_user(bob.pk):
            insert(conversation_of(bob))
        with act_as_worker():
            insert(conversation_of(bob))
        insert(conversation_of(alice))
    assert Conversation.objects.filter(user=alice).count() == 2
    assert Conversation.objects.filter(user=bob).count() == 2


def test_nobody_inserts_what_would_be_anothers(alice: User, bob: User) -> None:
    rows = [conversation_of(person) for person in (alice, bob, alice)]
    with act_as_user(alice.pk), pytest.raises(DatabaseError, match="row-level security"):
        insert_together(*rows)
    assert not Conversation.objects.exists()


def test_a_block_that_fails_by_itself_keeps_nothing(alice: User) -> None:
    with act_as_user(alice.pk), pytest.raises(AttributeError):
        insert_together(conversation_of(alice), None)  # type: ignore[arg-type]
    assert not Conversation.objects.exists()
    assert connection.get_autocommit()
