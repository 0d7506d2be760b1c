"""Asking, branching, stopping, and what is done with whole conversations."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from pytest_django import Settings

from accounts.models import User
from credits import selectors as credits_selectors
from credits import services as credits_services
from credits.errors import InsufficientCredits
from credits.models import Entry, Reservation
from generation import chat_selectors
from generation.models import Conversation, Message, RequestMetric
from generation.providers import local
from generation.providers.ports import Turn
from generation.services import answering, chat, conversations, endings, metrics
from tests import chats, factories
from visiona.lib import clock, live_text, ratelimit
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.errors import Conflict, InvalidInput, NotFound, RateLimited
from visiona.lib.request_id import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_waits_to_hear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who writes here never hears of a stop: it is ended at once."""
    monkeypatch.setattr(answering, "HEARD_WITHIN_SECONDS", 0)


def funds(user: User) -> tuple[int, int]:
    wallet = credits_selectors.wallet_of(user=user)
    return wallet.available, wallet.held


def branch(answer: Message) -> list[tuple[str, str]]:
    conversation = Conversation.objects.get(pk=answer.conversation_id)
    messages = list(chat_selectors.messages_of(conversation=conversation))
    shown = chat_selectors.branch_to(messages=messages, tip_id=conversation.tip_id)
    return [(message.role, message.text) for message in shown]


def test_the_assistant_on_this_machine_answers(alice: User) -> None:
    answer = chats.answered(chats.ask(alice, "How do credits work?"))
    assert (answer.status, answer.provider, answer.model) == ("done", "local", "rules")
    assert "credit" in answer.text
    assert (answer.price, funds(alice)) == (1, (19, 0))
    assert answer.conversation.title
    assert live_text.freeze(answer.pk) == answer.text


def test_its_work_may_be_free(alice: User, settings: Settings) -> None:
    settings.LOCAL_WORK_IS_FREE = True
    answer = chats.answered(chats.ask(alice))
    assert (answer.status, answer.price, answer.reservation_id) == ("done", 0, None)
    assert funds(alice) == (20, 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "blank"), ("  \n ", "blank"), ("\x07\x08", "blank"), ("x" * 8001, "max_length")],
)
def test_what_is_no_message_changes_nothing(alice: User, text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        chats.ask(alice, text)
    assert [(one.field, one.code) for one in refused.value.errors] == [("message", code)]
    assert not Conversation.objects.exists()
    assert funds(alice) == (20, 0)


def test_the_longest_message_is_taken_whole(alice: User) -> None:
    answer = chats.answered(chats.ask(alice, "x" * 8000))
    assert answer.parent is not None
    assert len(answer.parent.text) == 8000
    assert answer.status == "done"


def test_characters_that_only_steer_are_left_out_and_directions_are_kept(alice: User) -> None:
    answer = chats.ask(alice, "Be\x07ll\x1b[31m\u202eabc\u202c\r\n\t\u05e9\u05dc")
    assert answer.parent is not None
    assert answer.parent.text == "Bell[31m\u202eabc\u202c\n\t\u05e9\u05dc"


def test_without_credits_nothing_is_asked(alice: User) -> None:
    with act_as_user(alice.pk):
        factories.make_job(alice, kind="thumbnail", count=2)
    with pytest.raises(InsufficientCredits):
        chats.ask(alice)
    assert not Message.objects.exists()


def test_the_limit_of_the_day_counts_every_question(alice: User) -> None:
    for number in range(20):
        with act_as_user(alice.pk):
            try:
                chats.answered(chats.ask(alice, f"How do credits work? {number}"))
            except InsufficientCredits:
                factories.grant(alice, 20)
    with pytest.raises(RateLimited) as refused:
        chats.ask(alice, "One more")
    assert refused.value.facts["limit"] == 20
    assert refused.value.facts["remaining"] == 0


def test_somebody_elses_conversation_is_not_there(alice: User, bob: User) -> None:
    mine = chats.answered(chats.ask(alice))
    before = Message.objects.count()
    with pytest.raises(NotFound):
        chats.ask(bob, "Hello", conversation_id=mine.conversation_id)
    with pytest.raises(NotFound):
        chats.ask_again(bob, mine)
    where: dict[str, Any] = {"conversation_id": mine.conversation_id}
    calls: list[tuple[Any, dict[str, Any]]] = [
        (chat.stop, {"message_id": mine.pk}),
        (conversations.rename, {**where, "title": "x"}),
        (conversations.delete, where),
        (conversations.show_branch, {**where, "message_id": mine.pk}),
    ]
    with act_as_user(bob.pk):
        for call, named in calls:
            with pytest.raises(NotFound):
                call(user=bob, **named)
    assert Message.objects.count() == before
    assert funds(bob) == (20, 0)


def test_a_message_cannot_be_hung_into_another_conversation(alice: User) -> None:
    first = chats.answered(chats.ask(alice))
    second = chats.answered(chats.ask(alice, "What is a clone?"))
    with pytest.raises(InvalidInput) as refused:
        chats.ask(
            alice,
            "Hm",
            conversation_id=second.conversation_id,
            branches=True,
            parent_id=first.pk,
        )
    assert refused.value.errors[0].field == "parent_id"


def test_an_edited_question_is_a_branch(alice: User) -> None:
    first = chats.answered(chats.ask(alice))
    then = chats.answered(
        chats.ask(alice, "What is a clone?", conversation_id=first.conversation_id)
    )
    edited = chats.answered(
        chats.ask(
            alice,
            "What is a pack?",
            conversation_id=first.conversation_id,
            branches=True,
            parent_id=first.pk,
        )
    )
    assert [text for role, text in branch(edited) if role == "user"] == [
        "How do credits work?",
        "What is a pack?",
    ]
    assert then.parent is not None
    with act_as_user(alice.pk):
        conversations.show_branch(
            user=alice, conversation_id=first.conversation_id, message_id=then.parent.pk
        )
    assert branch(edited)[-1] == ("assistant", then.text)


def test_the_first_question_can_be_edited_too(alice: User) -> None:
    first = chats.answered(chats.ask(alice))
    edited = chats.ask(
        alice, "What is a clone?", conversation_id=first.conversation_id, branches=True
    )
    assert edited.parent is not None
    assert edited.parent.parent_id is None
    assert edited.conversation_id == first.conversation_id


def test_another_answer_is_fresh_and_stands_beside_the_first(alice: User) -> None:
    first = chats.answered(chats.ask(alice, "Give me thumbnail titles about bread"))
    second = chats.answered(chats.ask_again(alice, first))
    assert second.parent_id == first.parent_id
    assert (second.fresh, second.cached, second.price) == (True, False, 1)
    assert second.text != first.text
    assert funds(alice) == (18, 0)


def test_two_tabs_cannot_be_answered_in_one_conversation(alice: User) -> None:
    first = chats.answered(chats.ask(alice))
    chats.ask(alice, "Here", conversation_id=first.conversation_id)
    before = funds(alice), Message.objects.count(), Entry.objects.count()
    with pytest.raises(Conflict, match="An answer is being written here"):
        chats.ask(alice, "There", conversation_id=first.conversation_id)
    with pytest.raises(Conflict, match="An answer is being written here"):
        chats.ask_again(alice, first)
    assert before == (funds(alice), Message.objects.count(), Entry.objects.count())


def test_an_answer_is_written_once(alice: User) -> None:
    answer = chats.answered(chats.ask(alice))
    assert not answering.answer(message_id=answer.pk)
    assert not answering.answer_due()
    assert RequestMetric.objects.count() == 1


def test_who_waits_longest_is_answered_first(alice: User, bob: User) -> None:
    first, second = chats.ask(alice), chats.ask(bob)
    assert not answering.answer_due(waiting_for=timedelta(minutes=1))
    assert answering.answer_due()
    assert [chats.again(one).status for one in (first, second)] == ["done", "waiting"]


def stopped(user: User, message: Message) -> Message:
    with act_as_user(user.pk):
        chat.stop(user=user, message_id=message.pk)
    answering.finish(message_id=message.pk)
    return chats.again(message)


def test_what_was_stopped_before_a_word_costs_nothing(alice: User) -> None:
    waiting = chats.ask(alice)
    answer = stopped(alice, waiting)
    assert (answer.status, answer.text, answer.price) == ("stopped", "", 0)
    assert funds(alice) == (20, 0)
    assert not answering.answer(message_id=waiting.pk)


def begin(message: Message) -> live_text.Writer:
    """Let somebody begin to write an answer."""
    Message.objects.filter(pk=message.pk).update(
        status="answering", lease_until=clock.now() + timedelta(minutes=1)
    )
    return live_text.Writer(message.pk)


def test_what_was_stopped_after_a_word_is_kept_and_paid_for(alice: User) -> None:
    waiting = chats.ask(alice)
    writer = begin(waiting)
    writer.append("Credits are ")
    answer = stopped(alice, waiting)
    assert (answer.status, answer.text, answer.price) == ("stopped", "Credits are ", 1)
    assert funds(alice) == (19, 0)
    with pytest.raises(live_text.Frozen):
        writer.append("more")
    with act_as_user(alice.pk), pytest.raises(Conflict):
        chat.stop(user=alice, message_id=waiting.pk)


def test_a_stop_that_nobody_heard_is_heard_by_the_sweep(alice: User) -> None:
    waiting = chats.ask(alice)
    begin(waiting).append("Credits")
    earlier = clock.now() - timedelta(seconds=10)
    Message.objects.filter(pk=waiting.pk).update(stop_requested_at=earlier)
    assert answering.sweep() == 1
    assert chats.again(waiting).status == "stopped"


def test_what_a_dead_writer_left_is_kept_as_it_was_read_and_costs_nothing(alice: User) -> None:
    waiting = chats.ask(alice)
    begin(waiting).append("Credits are what you ")
    past = clock.now() - timedelta(seconds=1)
    Message.objects.filter(pk=waiting.pk).update(lease_until=past)
    assert answering.end_abandoned() == 1
    answer = chats.again(waiting)
    assert (answer.status, answer.error_code) == ("failed", "interrupted")
    assert (answer.text, answer.price, funds(alice)) == ("Credits are what you ", 0, (20, 0))


def test_what_nobody_began_for_long_is_given_up(alice: User) -> None:
    waiting = chats.ask(alice)
    long_ago = clock.now() - timedelta(minutes=6)
    Message.objects.filter(pk=waiting.pk).update(created_at=long_ago)
    answering.sweep()
    assert (chats.again(waiting).status, funds(alice)) == ("failed", (20, 0))


def test_an_error_of_ours_is_settled_and_raised(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = chats.ask(alice)

    def broken(*_: Any) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr(local, "answered", broken)
    with pytest.raises(RuntimeError):
        answering.answer(message_id=waiting.pk)
    answer = chats.again(waiting)
    assert (answer.status, answer.error_code) == ("failed", "internal_error")
    assert "oh" not in answer.error_detail
    assert funds(alice) == (20, 0)


def test_a_hold_that_expired_is_not_spent(alice: User) -> None:
    waiting = chats.ask(alice)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE credits_reservation SET expires_at = now() - interval '1 minute'")
        cursor.execute("SELECT credits_expire_due(10)")
    answer = chats.answered(waiting)
    assert (answer.status, answer.price) == ("done", 0)
    assert Reservation.objects.get().state == "expired"


def test_conversations_are_found_by_what_was_said(alice: User) -> None:
    bread = chats.answered(chats.ask(alice, "Titles for a video about bread"))
    chats.answered(chats.ask(alice, "What is a clone?"))
    found = chat_selectors.conversations_of(user=alice, words="ABOUT bread")
    assert [one.pk for one in found] == [bread.conversation_id]
    assert not chat_selectors.conversations_of(user=alice, words="bread zebra").exists()
    assert chat_selectors.conversations_of(user=alice).count() == 2


def test_a_conversation_is_renamed(alice: User) -> None:
    answer = chats.answered(chats.ask(alice))
    with act_as_user(alice.pk):
        conversations.rename(
            user=alice, conversation_id=answer.conversation_id, title="  My \n credits "
        )
        with pytest.raises(InvalidInput):
            conversations.rename(user=alice, conversation_id=answer.conversation_id, title=" ")
    assert Conversation.objects.get().title == "My credits"


def test_what_is_deleted_can_be_had_back_for_thirty_days(alice: User) -> None:
    answer = chats.answered(chats.ask(alice))
    of: dict[str, Any] = {"user": alice, "conversation_id": answer.conversation_id}
    with act_as_user(alice.pk):
        conversations.delete(**of)
        with pytest.raises(NotFound):
            chat_selectors.conversation_of(**of)
        with pytest.raises(NotFound):
            chats.ask(alice, "Hm", conversation_id=answer.conversation_id)
        conversations.restore(**of)
        assert chat_selectors.conversation_of(**of).title
        conversations.delete(**of)
    assert conversations.erase_due() == 0
    Conversation.objects.update(deleted_at=clock.now() - timedelta(days=31))
    assert conversations.erase_due() == 1
    assert not Message.objects.exists()
    assert funds(alice) == (19, 0)


def test_what_is_being_answered_is_stopped_when_it_is_deleted(alice: User) -> None:
    waiting = chats.ask(alice)
    begin(waiting).append("Credits")
    with act_as_user(alice.pk):
        conversations.delete(user=alice, conversation_id=waiting.conversation_id)
    answering.finish(message_id=waiting.pk)
    answer = chats.again(waiting)
    assert (answer.status, answer.text, funds(alice)) == ("stopped", "Credits", (19, 0))


def test_what_a_program_asked_is_in_no_list_and_is_gone_after_a_day(alice: User) -> None:
    script = chat.Script(turns=(Turn(text="How do credits work?"),), system="Be brief.")
    with act_as_user(alice.pk):
        waiting = chat.ask_by_script(user=alice, script=script, request_id="tests-gateway")
    answer = chats.answered(waiting)
    assert (answer.status, answer.price) == ("done", 1)
    assert not chat_selectors.conversations_of(user=alice).exists()
    assert RequestMetric.objects.get().operation == "gateway"
    Conversation.objects.update(created_at=clock.now() - timedelta(days=2))
    with act_as_worker():
        assert conversations.erase_due() == 1


def test_only_the_end_of_a_long_conversation_is_read_again() -> None:
    messages = [
        Message(role=role, text=f"{number}" + "x" * 5000)
        for number, role in enumerate(("user", "assistant") * 4)
    ]
    turns = chat.turns_of(messages=messages)
    assert [turn.text[0] for turn in turns] == ["4", "5", "6", "7"]


def test_what_is_said_of_the_balance_is_not_kept_for_tomorrow(alice: User) -> None:
    question = "How many thumbnails can I make with my credits?"
    chats.answered(chats.ask(alice, question))
    assert chats.ask(alice, question).status == "waiting"


def test_what_came_to_nothing_is_not_counted_for_the_day(alice: User) -> None:
    factories.make_job(alice, kind="thumbnail", count=2)
    for _ in range(3):
        with pytest.raises(InsufficientCredits):
            chats.ask(alice)
    with pytest.raises(NotFound):
        chats.ask(alice, "Hello", conversation_id=uuid7())
    assert ratelimit.peek(rule="chat", key=alice.pk, limit="20/day").remaining == 20


def test_a_stop_pays_only_for_what_somebody_could_read(alice: User) -> None:
    waiting = chats.ask(alice, streams=False)
    begin(waiting).append("Credits are ")
    answer = stopped(alice, waiting)
    assert (answer.status, answer.price, funds(alice)) == ("stopped", 0, (20, 0))

    waiting = chats.ask_again(alice, answer, streams=False)
    begin(waiting).append("Credits are ")
    answer = stopped(alice, waiting)
    assert (answer.status, answer.price, funds(alice)) == ("stopped", 0, (20, 0))


def test_what_was_frozen_without_a_stop_is_not_taken_for_one(alice: User) -> None:
    waiting = chats.ask(alice)
    live_text.freeze(waiting.pk)
    answer = chats.answered(waiting)
    assert (answer.status, answer.error_code, funds(alice)) == ("failed", "interrupted", (20, 0))


def test_what_was_begun_since_is_not_given_up(alice: User) -> None:
    waiting = chats.ask(alice)
    begin(waiting)
    failed = endings.Ending(status=Message.Status.FAILED, code="interrupted")
    endings.end_early(message=waiting, ending=failed, is_still=lambda one: one.status == "waiting")
    assert (chats.again(waiting).status, funds(alice)) == ("answering", (19, 1))


def test_an_error_at_the_end_settles_the_answer_and_keeps_it_from_the_cache(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "Thumbnail titles about bread"
    waiting = chats.ask(alice, question)
    errors = iter([RuntimeError("oh")])
    keep = metrics.keep

    def break_once(**facts: Any) -> None:
        for error in errors:
            raise error
        keep(**facts)

    monkeypatch.setattr(metrics, "keep", break_once)
    with pytest.raises(RuntimeError):
        answering.answer(message_id=waiting.pk)
    answer = chats.again(waiting)
    assert (answer.status, answer.error_code) == ("failed", "internal_error")
    assert funds(alice) == (20, 0)
    assert not chats.ask(alice, question).cached


def test_a_conversation_does_not_grow_for_ever(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "MOST_MESSAGES", 2)
    first = chats.answered(chats.ask(alice))
    with pytest.raises(Conflict, match="Begin a new one"):
        chats.ask(alice, "More", conversation_id=first.conversation_id)
    with pytest.raises(Conflict, match="Begin a new one"):
        chats.ask_again(alice, first)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_moment_costs_nobody_anything(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = chats.ask(alice)
    capture = credits_services.capture
    failures = iter([OperationalError("away"), OperationalError("still away")])

    def shaky(**facts: Any) -> Any:
        for failure in failures:
            raise failure
        return capture(**facts)

    monkeypatch.setattr(credits_services, "capture", shaky)
    monkeypatch.setattr(endings, "FIRST_PAUSE_SECONDS", 0.01)
    answer = chats.answered(waiting)
    assert (answer.status, answer.price, funds(alice)) == ("done", 1, (19, 0))


FORGED: dict[str, tuple[str, str]] = {
    "somebody else's hold": ("waiting", "1"),
    "no hold": ("waiting", "1"),
    "an answer that costs and is there": ("done", "1"),
    "one that somebody is said to write": ("answering", "0"),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_message_that_is_not_paid_for_cannot_be_written(
    alice: User, bob: User, what: str
) -> None:
    mine = chats.answered(chats.ask(alice))
    theirs = chats.ask(bob)
    status, price = FORGED[what]
    hold = theirs.reservation_id if what == "somebody else's hold" else None
    sql = (
        "INSERT INTO generation_message (user_id, conversation_id, parent_id, role, status, price,"
        " reservation_id, text, cards, provider, model, fallback_from, cached, fresh, streams,"
        " input_tokens, output_tokens, timings, error_code, error_detail, request_id, finished_at)"
        " VALUES (%s, %s, %s, 'assistant', %s, %s, %s, '', '[]', '', '', '', false, false, true,"
        " 0, 0, '{}', '', '', '', CASE WHEN %s = 'done' THEN now() END)"
    )
    values = [alice.pk, mine.conversation_id, mine.parent_id, status, price, hold, status]
    with act_as_user(alice.pk), transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(IntegrityError):
            cursor.execute(sql, values)
        transaction.set_rollback(True)


def test_what_has_ended_is_not_written_again(alice: User) -> None:
    answer = chats.answered(chats.ask(alice))
    for change in ({"text": "Other"}, {"status": "waiting"}, {"price": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.filter(pk=answer.pk).update(**change)
