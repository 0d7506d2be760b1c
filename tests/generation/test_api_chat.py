"""The chat over the API: whole answers, addresses of streams, conversations and proposals."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from credits import selectors as credits_selectors
from generation.api import chat as chat_api
from generation.errors import ProviderInvalid
from generation.models import Conversation, Job, Message
from generation.providers import local
from generation.services import answering
from tests import chats, factories
from tests.clients import ApiClient
from visiona.lib import clock

QUESTION = {"message": "How do credits work?"}
TITLES = {"message": "Give me thumbnail titles about bread"}


@contextmanager
def a_worker() -> Iterator[None]:
    """Somebody who answers meanwhile, as long as the block lasts."""
    stop = False

    def work() -> None:
        while not stop:
            answering.answer_due()
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        try:
            yield
        finally:
            stop = True
            working.result(timeout=10)


@pytest.mark.django_db(transaction=True)
def test_a_question_is_answered_in_one_call(alice: User, api: ApiClient) -> None:
    with a_worker():
        answer = api.post("chat", QUESTION, X_Request_ID="tests-chat-1")
    assert answer.status_code == 200
    reply = answer.json()["data"]
    message = Message.objects.get(pk=reply["message_id"])
    assert reply["reply"] == message.text
    assert reply["conversation_id"] == str(message.conversation_id)
    assert (reply["provider"], reply["fallback_used"], reply["cached"]) == ("local", False, False)
    assert (reply["price"], reply["status"]) == (1, "done")
    assert set(reply["usage"]) == {"input_tokens", "output_tokens"}
    steps = reply["timings"]
    parts = sum(spent for step, spent in steps.items() if step != "total_ms")
    assert round(parts, 3) <= steps["total_ms"]
    assert message.request_id == "tests-chat-1"
    assert credits_selectors.wallet_of(user=alice).balance == 19


@pytest.mark.django_db(transaction=True)
def test_the_same_key_gets_the_same_answer_and_pays_once(alice: User, api: ApiClient) -> None:
    with a_worker():
        first = api.post("chat", QUESTION, Idempotency_Key="ask-1")
        second = api.post("chat", QUESTION, Idempotency_Key="ask-1")
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json()["data"] == second.json()["data"]
    assert Message.objects.count() == 2
    assert credits_selectors.wallet_of(user=alice).balance == 19
    assert api.post("chat", {"message": "Other"}, Idempotency_Key="ask-1").status_code == 409


@pytest.mark.django_db(transaction=True)
def test_what_failed_may_be_asked_again_with_the_same_key(
    alice: User, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ProviderInvalid(reason="answer")

    with monkeypatch.context() as patch, a_worker():
        patch.setattr(local, "answered", broken)
        failed = api.post("chat", QUESTION, Idempotency_Key="ask-2")
    assert (failed.status_code, failed.json()["code"]) == (502, "provider_error")
    assert "nothing was charged" in failed.json()["detail"]
    with a_worker():
        again = api.post("chat", QUESTION, Idempotency_Key="ask-2")
    assert again.status_code == 200
    assert credits_selectors.wallet_of(user=alice).balance == 19


@pytest.mark.django_db
def test_where_no_whole_answer_can_be_waited_for_nothing_is_ordered(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    settings.WHOLE_ANSWERS_AT_ONCE = 0
    chat_api._places_to_wait.cache_clear()
    try:
        answer = api.post("chat", QUESTION)
    finally:
        chat_api._places_to_wait.cache_clear()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "stream: true" in answer.json()["detail"]
    assert not Message.objects.exists()
    assert credits_selectors.wallet_of(user=alice).held == 0


@pytest.mark.django_db
def test_an_answer_that_takes_too_long_goes_on_as_a_stream(
    alice: User, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_api, "LONGEST_WAIT_SECONDS", 0.1)
    answer = api.post("chat", QUESTION)
    assert answer.status_code == 202
    coming = answer.json()["data"]
    assert coming["stream"] == f"/stream/chat/{Message.objects.get(role='assistant').pk}"


@pytest.mark.django_db
def test_a_stream_that_failed_may_be_asked_for_again_with_the_same_key(
    alice: User, api: ApiClient
) -> None:
    body = {**QUESTION, "stream": True}
    first = api.post("chat", body, Idempotency_Key="ask-4").json()["data"]
    Message.objects.filter(pk=first["message_id"]).update(
        status="failed", price=0, finished_at=clock.now()
    )
    again = api.post("chat", body, Idempotency_Key="ask-4")
    assert again.json()["data"]["message_id"] != first["message_id"]
    assert "Idempotent-Replayed" not in again.headers


@pytest.mark.django_db
def test_a_stream_is_named_at_once(alice: User, api: ApiClient) -> None:
    answer = api.post("chat", {**QUESTION, "stream": True}, Idempotency_Key="ask-3")
    assert answer.status_code == 202
    coming = answer.json()["data"]
    assert coming["stream"] == f"/stream/chat/{coming['message_id']}"
    again = api.post("chat", {**QUESTION, "stream": True}, Idempotency_Key="ask-3")
    assert again.json()["data"] == coming


@pytest.mark.django_db
def test_a_cached_answer_is_there_at_once_for_nothing(alice: User, api: ApiClient) -> None:
    chats.answered(chats.ask(alice, TITLES["message"]))
    answer = api.post("chat", TITLES)
    reply = answer.json()["data"]
    assert (answer.status_code, reply["cached"], reply["price"]) == (200, True, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "message"),
        ({"message": ""}, "message"),
        ({"message": None}, "message"),
        ({"message": "x" * 8001}, "message"),
        ({"message": "nul\ud800"}, "message"),
        ({"message": "Hello", "conversation_id": "1"}, "conversation_id"),
        ({"message": "Hello", "parent_id": None}, "parent_id"),
        ({"message": "Hello", "model": "x"}, "model"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(
    api: ApiClient, body: dict[str, Any], field: str
) -> None:
    answer = api.post("chat", body)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert not Conversation.objects.exists()


@pytest.mark.django_db
def test_a_limit_says_when_to_come_back(
    alice: User, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.grant(alice, 30)
    for _ in range(20):
        chats.answered(chats.ask(alice, "How do credits work?", fresh=True))
    answer = api.post("chat", {**QUESTION, "stream": True})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer.json()["limit"] == 20
    assert int(answer.headers["Retry-After"]) > 4000
    assert answer.headers["RateLimit-Remaining"] == "0"


@pytest.mark.django_db
def test_conversations_are_listed_read_named_and_put_away(alice: User, api: ApiClient) -> None:
    first = chats.answered(chats.ask(alice))
    then = chats.answered(chats.ask_again(alice, first))
    listed = api.get("conversations").json()["data"]
    assert [one["id"] for one in listed] == [str(first.conversation_id)]
    assert api.get("conversations?q=credits").json()["data"] == listed
    assert api.get("conversations?q=zebra").json()["data"] == []
    place = f"conversations/{first.conversation_id}"
    shown = api.get(place).json()["data"]
    assert shown["tip_id"] == str(then.pk)
    assert [one["text"] for one in shown["messages"]] == [
        "How do credits work?",
        first.text,
        then.text,
    ]
    changed = api.call("PATCH", place, {"title": "Money", "tip_id": str(first.pk)}).json()["data"]
    assert (changed["title"], changed["tip_id"]) == ("Money", str(first.pk))
    assert api.call("DELETE", place).status_code == 204
    assert api.get(place).status_code == 404
    assert api.post(f"{place}/restore").json()["data"]["title"] == "Money"


@pytest.mark.django_db
def test_an_answer_is_stopped(alice: User, api: ApiClient) -> None:
    waiting = chats.ask(alice)
    assert api.post(f"messages/{waiting.pk}/stop").status_code == 202
    answering.finish(message_id=waiting.pk)
    assert chats.again(waiting).status == "stopped"
    assert api.post(f"messages/{waiting.pk}/stop").status_code == 409


def proposing(user: User, *cards: dict[str, Any]) -> Message:
    answer = chats.answered(chats.ask(user))
    Message.objects.filter(pk=answer.pk).update(cards=list(cards))
    return answer


@pytest.mark.django_db
def test_a_proposal_is_made_once_and_only_when_it_is_asked_for(alice: User, api: ApiClient) -> None:
    answer = proposing(alice, {"kind": "thumbnail", "title": "How to win"})
    assert not Job.objects.exists()
    first = api.post(f"messages/{answer.pk}/cards/0")
    second = api.post(f"messages/{answer.pk}/cards/0")
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["data"]["id"] == second.json()["data"]["id"]
    assert Job.objects.get().price == 10
    assert api.post(f"messages/{answer.pk}/cards/1").status_code == 404


@pytest.mark.django_db
def test_a_proposal_is_checked_as_any_order(alice: User, api: ApiClient, bob: User) -> None:
    ad = {"kind": "product_ad", "product_name": "Mug"}
    person = {"kind": "image", "prompt": "At the sea", "with_clone": True}
    answer = proposing(alice, ad, person, {"kind": "image", "prompt": "x" * 400})
    place = f"messages/{answer.pk}/cards"
    missing = api.post(f"{place}/0")
    assert missing.json()["errors"][0]["field"] == "photo_ids"
    theirs = str(factories.make_photo(bob).pk)
    assert api.post(f"{place}/0", {"photo_ids": [theirs]}).status_code == 404
    mine = str(factories.make_photo(alice).pk)
    assert api.post(f"{place}/0", {"photo_ids": [mine]}).status_code == 202
    assert api.post(f"{place}/1", {"clone_id": factories.UNKNOWN_ID}).status_code == 404
    assert api.post(f"{place}/2", {"price": 0}).json()["errors"][0]["field"] == "price"
    assert Job.objects.count() == 1


@pytest.mark.django_db
def test_the_predecessors_address_answers_as_well(alice: User, api: ApiClient) -> None:
    chats.answered(chats.ask(alice, TITLES["message"]))
    answer = api.send("POST", "/api/chat", TITLES)
    assert answer.json()["data"]["cached"] is True
