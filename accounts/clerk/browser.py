"""What a browser needs to come in by Clerk: its script, its cookies, and leave to load it."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.csp import CSP

SESSION_COOKIE = "__session"
MOST_COOKIES = 4
CHALLENGES = "https://challenges.cloudflare.com"
PROTECTION = "https://*.protect.clerk.com"
PICTURES = "https://img.clerk.com"
KEY_PARTS = 3
SCRIPT = "/npm/@clerk/clerk-js@6/dist/clerk.browser.js"
LOOKS = "/npm/@clerk/ui@1/dist/ui.browser.js"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where Clerk's script comes from, and for whom it works."""

    publishable_key: str
    script: str
    looks: str


def door() -> Door | None:
    """Return Clerk's door, or nothing where CLERK_PUBLISHABLE_KEY is not set."""
    host = frontend_host(settings.CLERK_PUBLISHABLE_KEY)
    if not host:
        return None
    origin = origin_of(host)
    return Door(
        publishable_key=settings.CLERK_PUBLISHABLE_KEY,
        script=origin + SCRIPT,
        looks=origin + LOOKS,
    )


def frontend_host(publishable_key: str) -> str:
    """Return the host of Clerk's Frontend API that a publishable key names, if it is one."""
    parts = publishable_key.split("_", KEY_PARTS - 1)
    if len(parts) != KEY_PARTS or parts[0] != "pk":
        return ""
    padded = parts[2] + "=" * (-len(parts[2]) % 4)
    try:
        named = base64.b64decode(padded, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    host = named.removesuffix("$")
    is_host = host.replace(".", "").replace("-", "").replace(":", "").isalnum()
    return host if is_host and named.endswith("$") else ""


def origin_of(host: str) -> str:
    """Return the address of Clerk's Frontend API: on this machine a stand-in has no certificate."""
    is_here = host.startswith("127.0.0.1:")
    return f"http://{host}" if is_here else f"https://{host}"


def policy() -> dict[str, list[Any]]:
    """Return what Clerk's door may load beside the rest: on its pages and on no other."""
    host = frontend_host(settings.CLERK_PUBLISHABLE_KEY)
    if not host:
        return dict(settings.SECURE_CSP)
    origin = origin_of(host)
    more: dict[str, list[Any]] = {
        "script-src": [origin, CHALLENGES, PROTECTION],
        "connect-src": [origin, f"{PROTECTION}:*"],
        "img-src": [PICTURES],
        "style-src": [CSP.UNSAFE_INLINE],
        "frame-src": [CHALLENGES, PROTECTION],
        "worker-src": [CSP.SELF, "blob:"],
    }
    ours: dict[str, list[Any]] = settings.SECURE_CSP
    return {**ours, **{name: [*ours.get(name, ()), *hosts] for name, hosts in more.items()}}


def session_tokens(cookies: Mapping[str, str]) -> Iterator[str]:
    """Yield the session tokens among a browser's cookies, the plain one first; a few at most."""
    named = [name for name in cookies if name.split("_", 3)[:3] == ["", "", "session"]]
    for name in sorted(named, key=len)[:MOST_COOKIES]:
        yield cookies[name]
