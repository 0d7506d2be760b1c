"""The gateway: what it reads, what it refuses by name, and OpenAI's words for our errors."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.exceptions import ValidationError

from accounts import services as accounts_services
from accounts.models import User
from credits import selectors as credits_selectors
from credits.errors import InsufficientCredits
from generation import chat_selectors
from generation.errors import ProviderError, ProviderRefused, ProviderUnavailable
from generation.models import Conversation, Message
from generation.providers.ports import Turn
from generation.services import answering, chat, conversations
from generation.services.answering import MOST_TOKENS
from generation.streams.gateway import asking, errors
from generation.streams.gateway import chat as completions
from generation.streams.gateway.chat_input import read_chat
from generation.streams.gateway.errors import StillBeingMade, UnknownModel
from generation.streams.gateway.images import ratio_of, read_images
from visiona.lib import clock, problem
from visiona.lib.db.actor import act_as_user
from visiona.lib.errors import (
    AppError,
    FieldError,
    IdempotencyMismatch,
    InvalidInput,
    Malformed,
    NotAuthenticated,
    RateLimited,
    TooLarge,
    Unavailable,
)

USER = {"role": "user", "content": "Hello"}


def said(**more: Any) -> dict[str, Any]:
    return {"model": "visiona-chat", "messages": [USER], **more}


def refusal(document: dict[str, Any]) -> tuple[str | None, str]:
    """The field that a chat was refused for, and the code."""
    with pytest.raises((InvalidInput, UnknownModel)) as refused:
        read_chat(document)
    error = errors.body_of(refused.value)["error"]
    return error["param"], error["code"]


def test_everything_that_was_said_is_read_in_order() -> None:
    order = read_chat(
        said(
            messages=[
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [{"type": "text", "text": "One"}]},
                {"role": "assistant", "content": "Two", "refusal": None, "tool_calls": []},
                {"role": "assistant", "content": None},
                {"role": "developer", "content": "Be kind."},
                {"role": "user", "content": "Three", "name": "ada"},
            ],
            max_tokens=100,
            stream=True,
            stream_options={"include_usage": True},
            temperature=0.2,
            n=1,
            stop=None,
            tools=[],
        )
    )
    turns = [Turn(text="One"), Turn(text="Two", is_ours=True), Turn(text="Three")]
    assert (order.script.turns, order.script.system) == (turns, "Be brief.\n\nBe kind.")
    assert (order.script.max_tokens, order.script.streams, order.counts) == (100, True, True)


def test_the_newer_name_of_the_most_tokens_comes_first() -> None:
    order = read_chat(said(max_completion_tokens=5, max_tokens=9))
    assert (order.script.max_tokens, order.script.streams, order.counts) == (5, False, False)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"n": 2}, "n", "unsupported_parameter"),
    ({"stop": ["END"]}, "stop", "unsupported_parameter"),
    ({"tools": [{"type": "function"}]}, "tools", "unsupported_parameter"),
    ({"response_format": {"type": "json_schema"}}, "response_format", "unsupported_parameter"),
    ({"logprobs": True}, "logprobs", "unsupported_parameter"),
    ({"top_k": 4}, "top_k", "unknown_parameter"),
    ({"model": "gpt-5"}, "model", "model_not_found"),
    ({"model": None}, "model", "model_not_found"),
    ({"max_tokens": 0}, "max_tokens", "invalid_value"),
    ({"max_tokens": True}, "max_tokens", "invalid_value"),
    ({"max_completion_tokens": "9"}, "max_completion_tokens", "invalid_value"),
    ({"stream": "yes"}, "stream", "invalid_value"),
    ({"stream_options": [1]}, "stream_options", "invalid_value"),
    (
        {"stream_options": {"include_usage": 1}},
        "stream_options.include_usage",
        "invalid_value",
    ),
    ({"messages": []}, "messages", "invalid_value"),
    ({"messages": "Hello"}, "messages", "invalid_value"),
    ({"messages": [USER] * 257}, "messages", "invalid_value"),
    ({"messages": ["Hello"]}, "messages[0].role", "invalid_value"),
    ({"messages": [USER, {"role": "tool"}]}, "messages[1].role", "invalid_value"),
    ({"messages": [{"role": "user", "content": " "}]}, "messages[0].content", "invalid_value"),
    ({"messages": [{"role": "user", "content": 4}]}, "messages[0].content", "invalid_value"),
    ({"messages": [USER, {"role": "assistant", "content": "Hi"}]}, "messages", "invalid_value"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
        "messages[0].content[0]",
        "unsupported_parameter",
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": 4}]}]},
        "messages[0].content[0].text",
        "invalid_value",
    ),
    (
        {"messages": [{"role": "assistant", "tool_calls": [{"id": "1"}]}, USER]},
        "messages[0].tool_calls",
        "unsupported_parameter",
    ),
]


@pytest.mark.parametrize(("more", "param", "code"), REFUSED)
def test_what_would_change_the_answer_is_refused_by_name(
    more: dict[str, Any], param: str, code: str
) -> None:
    assert refusal(said(**more)) == (param, code)


def test_a_model_has_to_be_named() -> None:
    assert refusal({"messages": [USER]}) == ("model", "missing_required_parameter")


@pytest.mark.parametrize(
    ("size", "ratio"),
    [
        (None, "1:1"),
        ("auto", "1:1"),
        ("1024x1024", "1:1"),
        ("1536x1024", "3:2"),
        ("1024x1536", "2:3"),
        ("1792x1024", "16:9"),
        ("1024x1792", "9:16"),
        ("512x640", "4:5"),
        ("10000x10", "16:9"),
    ],
)
def test_a_size_is_the_nearest_of_our_shapes(size: str | None, ratio: str) -> None:
    assert ratio_of(size) == ratio


def test_an_order_for_pictures_is_read_with_what_we_leave_to_ourselves() -> None:
    params = read_images({"prompt": "Red sneakers", "n": 3, "quality": "high", "user": "ada"})
    assert (params["prompt"], params["count"], params["aspect_ratio"]) == ("Red sneakers", 3, "1:1")


@pytest.mark.parametrize(
    ("order", "param", "code"),
    [
        ({}, "prompt", "missing_required_parameter"),
        ({"prompt": ["Red"]}, "prompt", "missing_required_parameter"),
        ({"prompt": "x" * 2001}, "prompt", "string_above_max_length"),
        ({"prompt": " "}, "prompt", "invalid_value"),
        ({"prompt": "Red", "n": 5}, "n", "invalid_value"),
        ({"prompt": "Red", "size": "large"}, "size", "invalid_value"),
        ({"prompt": "Red", "size": ["1024x1024"]}, "size", "invalid_value"),
        ({"prompt": "Red", "background": "transparent"}, "background", "unsupported_parameter"),
        ({"prompt": "Red", "stream": True}, "stream", "unsupported_parameter"),
        ({"prompt": "Red", "response_format": "gif"}, "response_format", "invalid_value"),
        ({"prompt": "Red", "response_format": []}, "response_format", "invalid_value"),
        ({"prompt": "Red", "model": "dall-e-3"}, "model", "model_not_found"),
    ],
)
def test_an_order_for_pictures_is_refused_by_name(
    order: dict[str, Any], param: str, code: str
) -> None:
    with pytest.raises((AppError, ValidationError)) as refused:
        read_images(order)
    planned = problem.planned(refused.value)
    assert planned is not None
    error = errors.body_of(planned)["error"]
    assert (error["param"], error["code"]) == (param, code)


INVALID = InvalidInput([FieldError("message", "max_length", "Shorten this.")])
TOLD: list[tuple[AppError, int, str, str | None, str]] = [
    (NotAuthenticated(), 401, "invalid_request_error", None, "invalid_api_key"),
    (
        InsufficientCredits(required=5, available=0),
        429,
        "insufficient_quota",
        None,
        "insufficient_quota",
    ),
    (RateLimited(retry_after=9), 429, "requests", None, "rate_limit_exceeded"),
    (UnknownModel(), 404, "invalid_request_error", "model", "model_not_found"),
    (INVALID, 400, "invalid_request_error", "messages", "string_above_max_length"),
    (Malformed(), 400, "invalid_request_error", None, "malformed"),
    (TooLarge(), 413, "invalid_request_error", None, "too_large"),
    (IdempotencyMismatch(), 409, "invalid_request_error", None, "idempotency_mismatch"),
    (ProviderRefused(), 400, "invalid_request_error", None, "content_policy_violation"),
    (ProviderUnavailable(), 503, "server_error", None, "provider_unavailable"),
    (Unavailable(), 503, "server_error", None, "unavailable"),
    (ProviderError(), 502, "server_error", None, "provider_error"),
    (StillBeingMade(), 504, "server_error", None, "timeout"),
    (AppError(), 500, "server_error", None, "internal_error"),
]


@pytest.mark.parametrize(("error", "status", "kind", "param", "code"), TOLD)
def test_our_errors_are_told_in_openais_words(
    error: AppError, status: int, kind: str, param: str | None, code: str
) -> None:
    answer = errors.answer(error)
    assert answer.status_code == status
    assert json.loads(answer.content) == {
        "error": {"message": error.detail, "type": kind, "param": param, "code": code}
    }


def test_only_what_may_pass_by_itself_is_tried_again_by_the_client() -> None:
    retried = [code for error, *_, code in TOLD if "X-Should-Retry" not in errors.answer(error)]
    assert retried == ["rate_limit_exceeded", "provider_unavailable", "unavailable"]
    assert errors.answer(RateLimited(retry_after=9))["Retry-After"] == "9"


def test_an_answer_that_took_all_it_might_was_cut() -> None:
    done = {"role": "assistant", "status": "done"}
    for most, taken, reason in (
        (None, 12, "stop"),
        (12, 12, "length"),
        (13, 12, "stop"),
        (None, MOST_TOKENS, "length"),
        (10**6, MOST_TOKENS, "length"),
    ):
        answer = Message(**done, max_tokens=most, output_tokens=taken)
        assert completions.reason_of(answer) == reason, (most, taken)


@pytest.mark.django_db
def test_a_house_that_is_looked_after_is_closed_to_programs_too(
    alice: User, settings: Settings
) -> None:
    secret = accounts_services.issue_sign_in(user=alice, client="tests")
    request = RequestFactory().get("/v1/models", headers={"authorization": f"Bearer {secret}"})
    assert asking._admitted(request, "GET").user == alice
    settings.MAINTENANCE = True
    with pytest.raises(Unavailable) as closed:
        asking._admitted(request, "GET")
    assert closed.value.facts == {"retry_after": 300}


@pytest.mark.django_db
def test_what_a_program_asked_is_in_no_list_and_erased_after_a_day(alice: User) -> None:
    script = chat.Script(turns=[Turn(text="Hello")], system="Be brief.")
    with act_as_user(alice.pk):
        answer = chat.ask_by_script(user=alice, script=script, request_id="tests-request")
        assert list(chat_selectors.conversations_of(user=alice)) == []
        chat.stop(user=alice, message_id=answer.pk)
    asked = Conversation.objects.filter(source="gateway")
    asked.update(created_at=clock.now() - timedelta(hours=23))
    assert conversations.erase_due() == 0
    asked.update(created_at=clock.now() - timedelta(hours=25))
    assert conversations.erase_due() == 0  # its answer is still open
    answering.finish(message_id=answer.pk)
    assert conversations.erase_due() == 1
    assert not Message.objects.exists()
    assert credits_selectors.wallet_of(user=alice).available == 20
