"""OpenAI on this machine: chat completions and pictures."""

import base64
import itertools
import re
from typing import Any, ClassVar

from tests.standins.pictures import PNG
from tests.standins.server import Fault, Instead, Reply, Route, Seen, StandIn, Stream, words_of

USAGE = {
    "prompt_tokens": 10,
    "completion_tokens": 25,
    "total_tokens": 35,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 20},
}


class OpenAI(StandIn):
    """The API; `is_other` makes it some other server that speaks the language, without a key."""

    contract: ClassVar[str] = "openai"
    prefix: ClassVar[str] = "/v1"

    def __init__(self) -> None:
        super().__init__()
        self.text = "A red sneaker on a plinth."
        self.is_other = False
        self._numbers = itertools.count(1)

    @staticmethod
    def throttled(retry_after: int = 7) -> Fault:
        return OpenAI._error(
            429, "Rate limit reached", "rate_limit_exceeded", {"Retry-After": str(retry_after)}
        )

    @staticmethod
    def out_of_money() -> Fault:
        return OpenAI._error(429, "You exceeded your current quota", "insufficient_quota", {})

    @staticmethod
    def unknown_model() -> Fault:
        return OpenAI._error(404, "The model does not exist", "model_not_found", {})

    @staticmethod
    def error(status: int, message: str = "Something went wrong") -> Fault:
        return OpenAI._error(status, message, None, {})

    @staticmethod
    def error_in_200() -> Fault:
        return Instead(Reply(200, {"error": {"message": "Oh", "type": "server_error"}}))

    @staticmethod
    def refusal() -> Fault:
        message = "Your request was rejected by the safety system."
        return OpenAI._error(400, message, "moderation_blocked", {})

    def late_refusal(self) -> Fault:
        """Refuse in words: with a 200."""
        message = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
        return Instead(Reply(200, self._completion(message, "stop")))

    def blocked(self) -> Fault:
        """Refuse in a stream, in words."""
        refusals = ("I cannot", " help with that.")
        events = [self._chunk({"refusal": words}) for words in refusals]
        return Instead(Stream(events=(*events, self._chunk({}, "stop"), b"[DONE]")))

    def blocked_late(self) -> Fault:
        """Refuse to go on with a stream."""
        end = self._chunk({}, "content_filter")
        return Instead(Stream(events=(*self._events(counts=True)[:3], end, b"[DONE]")))

    def failed_late(self) -> Fault:
        """Answer with an error in the middle of a stream."""
        error = {"error": {"message": "Overloaded", "type": "server_error", "code": None}}
        return Instead(Stream(events=(*self._events(counts=True)[:3], error)))

    def is_authorized(self, seen: Seen) -> bool:
        return self.is_other or seen.headers.get("authorization", "") == "Bearer sk-stand-in"

    def unauthorized(self) -> Reply:
        fault = self._error(401, "Incorrect API key provided", "invalid_api_key", {})
        assert isinstance(fault, Instead)
        return fault.reply

    def routes(self) -> list[tuple[str, str, Route]]:
        return [
            ("POST", r"/v1/chat/completions", self._complete),
            ("POST", r"/v1/images/generations", self._paint),
            ("POST", r"/v1/images/edits", self._paint),
        ]

    @staticmethod
    def _error(status: int, message: str, code: str | None, headers: dict[str, str]) -> Fault:
        error = {"message": message, "type": "requests", "param": None, "code": code}
        return Instead(Reply(status, {"error": error}, headers))

    def _complete(self, _: re.Match[str], seen: Seen) -> Reply:
        headers = {"x-request-id": f"req_{next(self._numbers)}"}
        if seen.json.get("stream"):
            counts = seen.json.get("stream_options", {}).get("include_usage", False)
            return Stream(headers=headers, events=(*self._events(counts=counts), b"[DONE]"))
        message = {"role": "assistant", "content": self.text, "refusal": None}
        return Reply(200, self._completion(message, "stop"), headers)

    def _completion(self, message: dict[str, Any], reason: str) -> dict[str, Any]:
        choice = {"index": 0, "finish_reason": reason, "logprobs": None, "message": message}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-5.4-mini-2026-03-17",
            "choices": [choice],
            "usage": USAGE,
        }

    def _events(self, *, counts: bool) -> list[dict[str, Any]]:
        """Return what comes before the last event, which is no document."""
        first = self._chunk({"role": "assistant", "content": "", "refusal": None})
        words = [self._chunk({"content": word}) for word in words_of(self.text)]
        events = [first, *words, self._chunk({}, "stop")]
        if not counts:
            return events
        last = self._chunk({}) | {"choices": [], "usage": USAGE}
        return [*(event | {"usage": None} for event in events), last]

    @staticmethod
    def _chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "finish_reason": reason, "logprobs": None, "delta": delta}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "gpt-5.4-mini-2026-03-17",
            "choices": [choice],
        }

    def _paint(self, _: re.Match[str], seen: Seen) -> Reply:
        is_json = seen.headers["content-type"].startswith("application/json")
        found = re.search(rb'name="n"\r\n\r\n(\d+)', seen.body)
        count = seen.json.get("n", 1) if is_json else int(found[1]) if found else 1
        picture = {"b64_json": base64.b64encode(PNG).decode()}
        usage = {
            "input_tokens": 10,
            "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
            "output_tokens": 272 * count,
            "total_tokens": 10 + 272 * count,
        }
        if self.is_other:  # as LocalAI says it
            usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        answer = {"created": 1, "data": [picture] * count, "usage": usage}
        return Reply(200, answer, {"x-request-id": f"req_{next(self._numbers)}"})
