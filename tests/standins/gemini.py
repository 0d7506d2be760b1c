"""Gemini on this machine: contents that are generated at once, and interactions that take time."""

import base64
import itertools
import re
from typing import Any, ClassVar

from tests.standins.pictures import MP4, PNG
from tests.standins.server import Fault, Instead, Reply, Route, Seen, StandIn, Stream, words_of

USAGE = {
    "promptTokenCount": 10,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 20,
    "totalTokenCount": 35,
}


class Gemini(StandIn):
    """The API with its files."""

    contract: ClassVar[str] = "gemini"

    def __init__(self) -> None:
        super().__init__()
        self.text = "A red sneaker on a plinth."
        self.model = ""
        """What it says that it is; else what it was asked for."""
        self.interactions: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)

    def finish(self, id: str) -> None:  # noqa: A002
        """End an interaction with a clip."""
        # As the official one says it: the SDK reads the file's name and asks whom it always asks.
        host = "https://generativelanguage.googleapis.com"
        uri = f"{host}/v1/files/{id.replace('_', '')}:download?alt=media"
        clip = {"type": "video", "mime_type": "video/mp4", "uri": uri}
        self.interactions[id] |= {
            "status": "completed",
            "steps": [{"type": "model_output", "content": [clip]}],
            "usage": {"total_input_tokens": 20, "total_output_tokens": 1000, "total_tokens": 1020},
        }

    def fail(self, id: str, status: str = "failed") -> None:  # noqa: A002
        """End an interaction badly."""
        self.interactions[id] |= {"status": status}

    @staticmethod
    def throttled(retry_after: int = 7) -> Fault:
        info = {
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": f"{retry_after}s",
        }
        return Gemini._error(429, "Resource has been exhausted", "RESOURCE_EXHAUSTED", [info])

    @staticmethod
    def error(status: int, message: str = "Something went wrong") -> Fault:
        names = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}
        return Gemini._error(status, message, names.get(status, "INTERNAL"), [])

    @staticmethod
    def error_in_200() -> Fault:
        return Instead(Reply(200, {"error": {"code": 500, "message": "Oh", "status": "INTERNAL"}}))

    @staticmethod
    def refusal() -> Fault:
        """Refuse the prompt: with a 200, as Gemini does."""
        usage = {"promptTokenCount": 7, "totalTokenCount": 7}
        blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage}
        return Instead(Reply(200, blocked))

    @staticmethod
    def late_refusal(reason: str = "IMAGE_SAFETY") -> Fault:
        """Refuse what was made."""
        usage = {"promptTokenCount": 7, "totalTokenCount": 7}
        candidates = [{"finishReason": reason, "index": 0}]
        return Instead(Reply(200, {"candidates": candidates, "usageMetadata": usage}))

    @staticmethod
    def blocked() -> Fault:
        """Refuse the prompt of a stream."""
        usage = {"promptTokenCount": 7, "totalTokenCount": 7}
        blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage}
        return Instead(Stream(events=(blocked,)))

    def blocked_late(self) -> Fault:
        """Refuse to go on with a stream."""
        usage = {"promptTokenCount": 10, "candidatesTokenCount": 2, "totalTokenCount": 12}
        candidate = {"finishReason": "SAFETY", "index": 0}
        end = {"candidates": [candidate], "usageMetadata": usage}
        return Instead(Stream(events=(*self._events("gemini", "r")[:2], end)))

    def failed_late(self) -> Fault:
        """Answer with an error in the middle of a stream."""
        error = {"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}
        return Instead(Stream(events=(*self._events("gemini", "r")[:2], error)))

    def is_authorized(self, seen: Seen) -> bool:
        return seen.headers.get("x-goog-api-key", "") == "AIza-stand-in"

    def unauthorized(self) -> Reply:
        fault = self.error(400, "API key not valid. Please pass a valid API key.")
        assert isinstance(fault, Instead)
        return fault.reply

    def answer(self, seen: Seen) -> Reply:
        """Answer by the contract, which does not tell where the files are."""
        if not seen.path.startswith("/download/"):
            return super().answer(seen)
        if not self.is_authorized(seen):
            return self.unauthorized()
        return Reply(200, MP4, content_type="video/mp4")

    def routes(self) -> list[tuple[str, str, Route]]:
        return [
            ("POST", r"/v1/models/([\w.-]+):generateContent", self._generate),
            ("POST", r"/v1/models/([\w.-]+):streamGenerateContent", self._stream),
            ("POST", r"/v1/interactions", self._interact),
            ("GET", r"/v1/interactions/(\w+)", self._interaction),
            ("POST", r"/v1/interactions/(\w+)/cancel", self._cancel),
            ("GET", r"/v1/files/\w+:download", self._download),
        ]

    @staticmethod
    def _error(status: int, message: str, name: str, details: list[Any]) -> Fault:
        error = {"code": status, "message": message, "status": name, "details": details}
        return Instead(Reply(status, {"error": error}))

    def _generate(self, found: re.Match[str], seen: Seen) -> Reply:
        wanted = seen.json.get("generationConfig", {}).get("responseModalities", ["TEXT"])
        picture = {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}
        part = {"inlineData": picture} if wanted == ["IMAGE"] else {"text": self.text}
        return Reply(
            200,
            {
                "candidates": [
                    {
                        "content": {"role": "model", "parts": [part]},
                        "finishReason": "STOP",
                        "index": 0,
                    }
                ],
                "usageMetadata": USAGE,
                "modelVersion": found[1],
                "responseId": f"response-{next(self._numbers)}",
            },
        )

    def _stream(self, found: re.Match[str], seen: Seen) -> Reply:
        if seen.query != "alt=sse":
            return Reply(400, {"error": {"code": 400, "message": "only events are at hand"}})
        return Stream(events=tuple(self._events(found[1], f"response-{next(self._numbers)}")))

    def _events(self, model: str, name: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = [
            {
                "candidates": [
                    {"content": {"role": "model", "parts": [{"text": word}]}, "index": 0}
                ],
                "modelVersion": self.model or model,
                "responseId": name,
            }
            for word in words_of(self.text)
        ]
        events[-1]["candidates"][0]["finishReason"] = "STOP"
        events[-1]["usageMetadata"] = USAGE
        return events

    def _interact(self, _: re.Match[str], seen: Seen) -> Reply:
        name = f"v1_{next(self._numbers)}"
        model = seen.json["model"]
        begun = {"id": name, "object": "interaction", "status": "in_progress", "model": model}
        self.interactions[name] = begun
        return Reply(200, begun)

    def _interaction(self, found: re.Match[str], _: Seen) -> Reply:
        if found[1] not in self.interactions:
            error = {"code": 404, "message": "not found", "status": "NOT_FOUND"}
            return Reply(404, {"error": error})
        return Reply(200, self.interactions[found[1]])

    def _cancel(self, found: re.Match[str], seen: Seen) -> Reply:
        if found[1] in self.interactions:
            self.interactions[found[1]] |= {"status": "cancelled"}
        return self._interaction(found, seen)

    def _download(self, _: re.Match[str], seen: Seen) -> Reply:
        there = f"{self.address}/download{seen.path}?{seen.query}"
        return Reply(302, b"", {"Location": there}, content_type="text/html")
