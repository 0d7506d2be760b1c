"""What each adapter asks of its provider, and makes of the answer and its price."""

import base64
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from pytest_django import Settings

from generation.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderRefused,
)
from generation.providers import registry
from generation.providers.ports import (
    Blob,
    Capability,
    Ended,
    ImageRequest,
    TextRequest,
    Turn,
    VisionRequest,
)
from tests.contract.adapters import (
    CASES,
    ELSEWHERE,
    GEMINI_IMAGE,
    OPENAI_IMAGE,
    PICTURE,
    PROMPT,
    Bench,
    Case,
    assert_failed,
    case_of,
    write,
)
from tests.standins.gemini import Gemini
from tests.standins.openai import OpenAI
from tests.standins.pictures import PNG
from tests.standins.replicate import Replicate
from tests.standins.server import Fault, Instead, Reply, StandIn


@pytest.fixture
def other_server(settings: Settings, standins: dict[str, StandIn]) -> Iterator[OpenAI]:
    """A server that speaks OpenAI's language and wants no key."""
    settings.OPENAI_API_KEY = ""
    settings.OPENAI_COMPATIBLE = True
    standin = cast("OpenAI", standins["openai"])
    standin.is_other = True
    yield standin
    standin.is_other = False


@pytest.mark.parametrize("case", CASES[:4], ids=[case.id for case in CASES[:4]])
def test_words_come_with_what_they_cost(case: Case, bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(case)
    written = bench.call()
    assert written.text == "A red sneaker on a plinth."
    assert written.is_complete
    assert (written.input_tokens, written.output_tokens) == (10, 25)
    [record] = bench.records
    assert record.outcome == "ok"
    assert record.request_id != ""
    assert (
        record.cost_micro_usd
        == {
            "gemini": 66,  # 10 at 0.30 and 25 at 2.50, thinking included, rounded up
            "openai": 118,  # 6 at 0.75, 4 at 0.075 and 25 at 4.50, rounded up
        }[case.provider]
    )


@pytest.mark.parametrize("case", CASES[:4], ids=[case.id for case in CASES[:4]])
def test_a_schema_is_asked_for(case: Case, bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(case)
    schema = {"type": "object", "properties": {"headline": {"type": "string"}}}
    if case.capability is Capability.TEXT:
        bench.adapter.write(TextRequest(turns=(Turn(text=PROMPT),), schema=schema))
    else:
        bench.adapter.look(VisionRequest(prompt=PROMPT, pictures=(PICTURE,), schema=schema))
    sent = bench.standin.seen[-1].json
    if case.provider == "gemini":
        assert sent["generationConfig"]["responseJsonSchema"] == schema
    else:
        assert sent["response_format"]["json_schema"]["schema"] == schema


@pytest.mark.parametrize(
    ("case", "cost"), [(GEMINI_IMAGE, 67_005), (OPENAI_IMAGE, 8_210)], ids=["gemini", "openai"]
)
def test_a_picture_that_is_made_at_once_has_ended(
    case: Case, cost: int, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(case)
    ended = bench.call()
    assert isinstance(ended, Ended)
    assert ended.error is None
    assert ended.outputs == (Blob(data=PNG, content_type="image/png"),)
    [record] = bench.records
    assert (record.images, record.cost_micro_usd) == (1, cost)


def test_gemini_makes_one_picture_at_a_time(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(GEMINI_IMAGE)
    assert bench.adapter.most_images == 1
    with pytest.raises(ProviderInvalid):
        bench.adapter.start(ImageRequest(prompt=PROMPT, count=2))
    assert bench.standin.seen == []


def test_openai_paints_after_a_reference(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(OPENAI_IMAGE)
    ended = bench.adapter.start(ImageRequest(prompt=PROMPT, references=(PICTURE,), count=2))
    assert len(ended.outputs) == 2
    assert bench.standin.paths() == ["/v1/images/edits"]
    assert PNG in bench.standin.seen[-1].body


def test_another_server_gets_no_more_than_it_may_know(
    other_server: OpenAI, bench_of: Callable[..., Bench]
) -> None:
    text = bench_of(case_of("openai", Capability.TEXT))
    text.adapter.write(TextRequest(turns=(Turn(text=PROMPT),), person="p_1"))
    assert set(other_server.seen[-1].json) == {"model", "messages", "max_tokens"}

    image = bench_of(OPENAI_IMAGE)
    image.adapter.start(ImageRequest(prompt=PROMPT, person="p_1"))
    assert set(other_server.seen[-1].json) == {"model", "prompt", "size", "n", "response_format"}


def test_a_picture_of_another_server_counts_no_tokens(
    other_server: OpenAI, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(OPENAI_IMAGE)
    assert bench.call().outputs == (Blob(data=PNG, content_type="image/png"),)
    assert other_server.paths() == ["/v1/images/generations"]
    [record] = bench.records
    assert (record.outcome, record.input_tokens, record.output_tokens) == ("ok", 0, 0)


def test_words_of_another_server_may_come_without_counts(
    other_server: OpenAI, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(case_of("openai", Capability.TEXT))
    message = {"role": "assistant", "content": "A"}
    answer = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"total_tokens": 0},
    }
    other_server.misbehave(Instead(Reply(200, answer)))
    written = bench.call()
    assert (written.text, written.input_tokens, written.output_tokens) == ("A", 0, 0)


def test_openai_itself_gets_what_it_wants(bench_of: Callable[..., Bench]) -> None:
    image = bench_of(OPENAI_IMAGE)
    image.adapter.start(
        ImageRequest(prompt="a cat", negative_prompt="dogs", aspect_ratio="16:9", person="p_1")
    )
    assert image.standin.seen[-1].json == {
        "model": "gpt-image-2",
        "prompt": "a cat\nAvoid: dogs",
        "size": "1360x768",
        "n": 1,
        "quality": "medium",
        "output_format": "png",
        "user": "p_1",
    }


@pytest.mark.parametrize("reason", ["IMAGE_SAFETY", "PROHIBITED_CONTENT", "RECITATION"])
def test_gemini_refuses_what_it_made_with_a_200(
    reason: str, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(GEMINI_IMAGE)
    error = bench.fails(Gemini.late_refusal(reason))
    assert_failed(bench, error, ProviderRefused)
    assert bench.records[-1].input_tokens == 7, "a refusal is paid for as well"


def test_openai_refuses_in_words_with_a_200(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(case_of("openai", Capability.TEXT))
    error = bench.fails(bench.standin.late_refusal())
    assert_failed(bench, error, ProviderRefused)


def test_an_empty_account_is_no_throttle(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(OPENAI_IMAGE)
    error = bench.fails(OpenAI.out_of_money())
    assert_failed(bench, error, ProviderInvalid)
    assert cast("ProviderInvalid", error).reason == "billing"


@pytest.mark.parametrize("provider", ["replicate", "gemini", "openai"])
def test_a_wrong_key_is_for_staff(
    provider: str,
    bench_of: Callable[..., Bench],
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    setattr(settings, registry.KEYS[provider], "wrong")
    bench = bench_of(case_of(provider, Capability.IMAGE))
    with pytest.raises(ProviderInvalid) as caught:
        bench.call()
    assert caught.value.reason == "key"
    [line] = [one for one in caplog.records if one.message == "generation.provider.failed"]
    assert line.levelno == logging.ERROR


def test_a_conversation_keeps_its_turns_apart(bench_of: Callable[..., Bench]) -> None:
    turns = (Turn(text="one"), Turn(text="two", is_ours=True), Turn(text="three"))
    gemini = bench_of(case_of("gemini", Capability.TEXT))
    gemini.adapter.write(TextRequest(turns=turns))
    roles = [content["role"] for content in gemini.standin.seen[-1].json["contents"]]
    assert roles == ["user", "model", "user"]

    openai = bench_of(case_of("openai", Capability.TEXT))
    openai.adapter.write(TextRequest(turns=turns, person="p_1"))
    sent = openai.standin.seen[-1].json
    assert [message["role"] for message in sent["messages"]] == ["user", "assistant", "user"]
    assert sent["safety_identifier"] == "p_1"


@pytest.mark.parametrize(
    ("case", "finish"),
    [
        (
            Case(Capability.TEXT, "gemini", write, "generateContent"),
            {
                "candidates": [
                    {"content": {"role": "model", "parts": [{"text": "A"}]}, "finishReason": "{}"}
                ]
            },
        ),
        (
            Case(Capability.TEXT, "openai", write, "completions"),
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [
                    {"index": 0, "finish_reason": "{}", "message": {"role": "x", "content": "A"}}
                ],
            },
        ),
    ],
    ids=["gemini", "openai"],
)
def test_words_that_reached_the_most_tokens_are_not_complete(
    case: Case, finish: dict[str, Any], bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(case)
    names = {"gemini": ("MAX_TOKENS", "OTHER"), "openai": ("length", "tool_calls")}
    reached, odd = (
        json.loads(json.dumps(finish).replace("{}", reason)) for reason in names[case.provider]
    )
    bench.standin.misbehave(Instead(Reply(200, reached)))
    written = bench.call()
    assert (written.text, written.is_complete) == ("A", False)
    assert bench.records[-1].cost_micro_usd == 0

    error = bench.fails(Instead(Reply(200, odd)))
    assert cast("ProviderInvalid", error).reason == "answer"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [(b"\xff\xd8\xff\xe0", "image/jpeg"), (b"RIFF0000WEBPVP8 ", "image/webp"), (b"<svg>", "")],
)
def test_openais_pictures_are_known_by_their_first_bytes(
    data: bytes, content_type: str, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(OPENAI_IMAGE)
    answer = {"created": 1, "data": [{"b64_json": base64.b64encode(data).decode()}]}
    bench.standin.misbehave(Instead(Reply(200, answer)))
    if content_type:
        assert bench.call().outputs == (Blob(data=data, content_type=content_type),)
    else:
        with pytest.raises(ProviderInvalid):
            bench.call()


def test_openais_pictures_are_not_fetched_from_an_address(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(OPENAI_IMAGE)
    answer = {"created": 1, "data": [{"url": ELSEWHERE}]}
    error = bench.fails(Instead(Reply(200, answer)))
    assert_failed(bench, error, ProviderInvalid)


@pytest.mark.parametrize(
    ("provider", "capability", "fault", "kind", "reason"),
    [
        ("gemini", "image", Gemini.error(400, "blocked by policy"), ProviderRefused, ""),
        ("openai", "text", OpenAI.unknown_model(), ProviderInvalid, "model"),
        (
            "replicate",
            "image",
            Replicate.error(403, "Insufficient credit"),
            ProviderInvalid,
            "billing",
        ),
    ],
)
def test_each_has_words_of_its_own(
    provider: str,
    capability: str,
    fault: Fault,
    kind: type[ProviderError],
    reason: str,
    bench_of: Callable[..., Bench],
) -> None:
    bench = bench_of(case_of(provider, Capability(capability)))
    error = bench.fails(fault)
    assert_failed(bench, error, kind)
    assert getattr(error, "reason", "") == reason
