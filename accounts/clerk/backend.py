"""Clerk's Backend API, as far as we ask it: people, sessions, published keys."""

import logging
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx2
from django.conf import settings

from visiona.lib.errors import NotFound, Unavailable

VERSION = "2025-11-10"
SECONDS = 4.0
PAGE = 100
AWAY = "Clerk does not answer. Try again in a minute."

logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs addresses, which name people
logger = logging.getLogger(__name__)


def is_on() -> bool:
    """Whether Clerk can be asked about people."""
    return bool(settings.CLERK_SECRET_KEY)


def user(*, clerk_id: str) -> dict[str, Any]:
    """Return what Clerk knows of a person. Raises NotFound and Unavailable."""
    found: dict[str, Any] = _ask("GET", f"/users/{quote(clerk_id, safe='')}")
    return found


def users() -> Iterator[dict[str, Any]]:
    """Yield everybody whom Clerk knows, oldest first. Raises Unavailable."""
    offset = 0
    while True:
        page = _ask("GET", f"/users?limit={PAGE}&offset={offset}&order_by=%2Bcreated_at")
        yield from page
        if len(page) < PAGE:
            return
        offset += PAGE


def revoke_session(*, session_id: str) -> None:
    """End a session at Clerk; one that is over already is as good. Raises Unavailable."""
    try:
        _ask("POST", f"/sessions/{quote(session_id, safe='')}/revoke")
    except NotFound:
        logger.info("accounts.clerk.session_was_over")


def published_keys(address: str) -> dict[str, Any]:
    """Return the document with Clerk's public keys. Raises Unavailable."""
    found: dict[str, Any] = _answer_of(lambda: _client().get(address))
    return found


def _ask(method: str, path: str) -> Any:
    headers = {
        "Authorization": f"Bearer {settings.CLERK_SECRET_KEY}",
        "Clerk-API-Version": VERSION,
    }
    address = f"{settings.CLERK_API_BASE}/v1{path}"
    return _answer_of(lambda: _client().request(method, address, headers=headers))


def _answer_of(send: Any) -> Any:
    try:
        response = send()
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise NotFound("Clerk does not know this.")
        response.raise_for_status()
        return response.json()
    except (httpx2.HTTPError, ValueError) as error:
        logger.warning("accounts.clerk.away", extra={"reason": type(error).__name__})
        raise Unavailable(AWAY) from error


def close() -> None:
    """Close the connections to Clerk, for a process that ends in order."""
    _client().close()
    _client.cache_clear()


@cache
def _client() -> httpx2.Client:
    return httpx2.Client(timeout=SECONDS, trust_env=False)
