"""What comes from outside, however it was meant: JSON, and forms with files."""

from collections.abc import Mapping
from typing import IO, Any

from django.http import UnreadablePostError
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, JSONParser, MultiPartParser


class StrictJsonParser(JSONParser):
    """What nests deeper than Python reads is malformed, not a defect of ours."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError from None


class WholeMultiPartParser(MultiPartParser):
    """A form that was cut off on its way is malformed; Django would take what came for all."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> "DataAndFiles[Any, Any]":
        boundary = parse_header_parameters(media_type or "")[1].get("boundary", "")
        watched = Watched(stream, remembered=len(boundary) + len("----\r\n"))
        try:
            parsed = super().parse(watched, media_type, parser_context)  # type: ignore[arg-type]
        except UnreadablePostError:
            raise ParseError from None
        if f"--{boundary}--".encode() not in watched.tail:
            raise ParseError
        return parsed


class Watched:
    """A stream that remembers the last bytes that were read from it."""

    def __init__(self, stream: IO[bytes], *, remembered: int) -> None:
        self._stream = stream
        self._remembered = remembered
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.tail = (self.tail + data)[-self._remembered :]
        return data
