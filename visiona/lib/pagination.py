"""Cursor pages, newest first: ids are UUIDv7, so their order is the order of time."""

import base64
import binascii
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from visiona.lib.errors import FieldError, InvalidInput

if TYPE_CHECKING:
    from rest_framework.views import APIView

DEFAULT_LIMIT = 24
MAX_LIMIT = 100
LONGEST_NUMBER = 9
"""Digits of a limit that are read at all: Python refuses to read thousands of them."""
PAGE = "x-page"
"""Marks a schema as a page until the envelope is described; it is not in the document."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some items and the cursor of the page after them, if there is one."""

    items: list[Any]
    next: str | None


def cut(rows: QuerySet[Any], *, limit: int = DEFAULT_LIMIT, cursor: str = "") -> Page:
    """Return the page that follows the cursor of rows ordered by ``-id``.

    Raises InvalidInput for a cursor that we did not make.
    """
    if cursor:
        rows = rows.filter(id__lt=_decode(cursor))
    items = list(rows[: limit + 1])
    more = len(items) > limit
    items = items[:limit]
    return Page(items=items, next=_encode(items[-1].id) if more else None)


def _encode(last: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(last.bytes).rstrip(b"=").decode()


def _decode(cursor: str) -> uuid.UUID:
    try:
        return uuid.UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (ValueError, binascii.Error):
        raise InvalidInput(
            [FieldError("cursor", "invalid", "This cursor is not one of ours: use meta.next.")]
        ) from None


class NewestFirst(BasePagination):
    """`?limit=` (24, at most 100) and `?cursor=`; DRF's way to `cut`."""

    def paginate_queryset(
        self,
        queryset: Any,
        request: Request,
        view: "APIView | None" = None,
    ) -> list[Any]:
        limit = _limit(request.query_params.get("limit", ""))
        self._page = cut(queryset, limit=limit, cursor=request.query_params.get("cursor", ""))
        return self._page.items

    def get_paginated_response(self, data: Any) -> Response:
        return Response(Page(items=data, next=self._page.next))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {**schema, PAGE: True}

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        return [
            {"name": "limit", "in": "query", "required": False, "schema": limit},
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
        ]


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    if is_number and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    raise InvalidInput(
        [FieldError("limit", "invalid", f"Send a whole number from 1 to {MAX_LIMIT}.")]
    )
