"""Clerk's session tokens: who is asking, proved by a signature and without asking Clerk."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings

from accounts.clerk import backend
from visiona.lib.errors import NotAuthenticated, Unavailable

ALGORITHM = "RS256"
SKEW_SECONDS = 5
LONGEST_TOKEN = 8192
LONGEST_ID = 64
KEYS_GOOD_FOR_SECONDS = 3600.0
KEYS_ASKED_EVERY_SECONDS = 60.0
"""How soon keys may be asked for again: tokens with invented keys must not make us ask and ask."""
REQUIRED = ["exp", "iat", "nbf", "iss", "sub", "sid", "azp"]

NOT_GOOD = "This session token is not good, or not any more. Ask Clerk for a new one and send that."
IMPERSONATED = "Nobody can act here as somebody else."
UNFINISHED = "Something is left to do before you are signed in. Finish it with Clerk."

logger = logging.getLogger(__name__)


class TokenRefused(NotAuthenticated):
    default_detail = NOT_GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Who Clerk says is asking, and in which of its sessions."""

    user_id: str
    session_id: str


def is_on() -> bool:
    """Whether people come in by Clerk, and so by no door of our own."""
    return bool(settings.CLERK_ISSUER and (settings.CLERK_JWT_KEY or settings.CLERK_JWKS_URL))


def is_token(bearer: str) -> bool:
    """Whether this has the shape of a signed token: our own secrets have no dots."""
    return bearer.count(".") == 2


def is_key(pem: str) -> bool:
    """Whether this is a public RSA key."""
    try:
        _from_pem(pem)
    except ValueError:
        return False
    return True


def verify(*, token: str) -> Claims:
    """Return what a session token says.

    Raises TokenRefused for one that is not good, and Unavailable where its key cannot be had.
    """
    if not is_on() or len(token) > LONGEST_TOKEN:
        raise TokenRefused
    try:
        claims = _decoded(token)
    except (jwt.PyJWTError, ValueError) as error:
        logger.info("accounts.clerk.token_refused", extra={"reason": type(error).__name__})
        raise TokenRefused from None
    if str(claims["azp"]) not in _parties():
        logger.info("accounts.clerk.token_refused", extra={"reason": "azp"})
        raise TokenRefused
    if "act" in claims:
        logger.warning("accounts.clerk.impersonation_refused")
        raise TokenRefused(IMPERSONATED)
    if claims.get("sts", "active") != "active":
        raise TokenRefused(UNFINISHED)
    return Claims(
        user_id=_identifier(claims["sub"], "user_"), session_id=_identifier(claims["sid"], "sess_")
    )


def _decoded(token: str) -> dict[str, Any]:
    header = jwt.get_unverified_header(token)
    if header.get("alg") != ALGORITHM:  # never the token's choice
        raise jwt.InvalidAlgorithmError
    found: dict[str, Any] = jwt.decode(
        token,
        _key_of(header),
        algorithms=[ALGORITHM],
        issuer=settings.CLERK_ISSUER,
        leeway=SKEW_SECONDS,
        options={"require": REQUIRED, "verify_aud": False},
    )
    return found


def _identifier(value: Any, mark: str) -> str:
    if not isinstance(value, str) or not value.startswith(mark) or len(value) > LONGEST_ID:
        raise TokenRefused
    return value


def _parties() -> set[str]:
    public = urlsplit(settings.PUBLIC_URL)
    return {f"{public.scheme}://{public.netloc}", *settings.CLERK_AUTHORIZED_PARTIES}


def _key_of(header: dict[str, Any]) -> RSAPublicKey:
    if settings.CLERK_JWT_KEY:
        return _from_pem(settings.CLERK_JWT_KEY)
    name = header.get("kid")
    if not isinstance(name, str):
        raise jwt.InvalidTokenError("no kid")
    return keys_at(settings.CLERK_JWKS_URL).named(name)


@cache
def _from_pem(pem: str) -> RSAPublicKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("CLERK_JWT_KEY is no RSA key.")  # noqa: TRY004 (it is a setting's value)
    return key


class PublishedKeys:
    """The keys that Clerk publishes, asked for seldom: also when tokens name unknown ones.

    Keys that were good go on being so while Clerk cannot be reached.
    """

    def __init__(
        self, fetch: Callable[[], dict[str, Any]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, RSAPublicKey] = {}
        self._had_at = self._asked_at = float("-inf")

    def named(self, name: str) -> RSAPublicKey:
        """Return this key. Raises jwt.InvalidTokenError, and Unavailable where there is none."""
        if not self._is_fresh(name):
            with self._lock:
                self._ask_again(name)
        if not self._keys:
            raise Unavailable("Nobody can sign in at the moment. Try again in a minute.")
        try:
            return self._keys[name]
        except KeyError:
            raise jwt.InvalidTokenError("unknown kid") from None

    def _is_fresh(self, name: str) -> bool:
        return name in self._keys and self._clock() - self._had_at < KEYS_GOOD_FOR_SECONDS

    def _ask_again(self, name: str) -> None:
        now = self._clock()
        if self._is_fresh(name) or now - self._asked_at < KEYS_ASKED_EVERY_SECONDS:
            return
        self._asked_at = now
        try:
            found = _rsa_keys(self._fetch())
        except (Unavailable, jwt.PyJWTError, LookupError, TypeError, AttributeError) as error:
            logger.warning("accounts.clerk.keys_missed", extra={"reason": type(error).__name__})
            return
        if found:
            self._keys, self._had_at = found, now


@cache
def keys_at(address: str) -> PublishedKeys:
    """Return the keys that are published there; this process asks for them once in a while."""
    return PublishedKeys(lambda: backend.published_keys(address))


def _rsa_keys(document: dict[str, Any]) -> dict[str, RSAPublicKey]:
    return {
        one["kid"]: jwt.PyJWK(one, ALGORITHM).key
        for one in document["keys"]
        if one.get("kty") == "RSA" and one.get("use", "sig") == "sig"
    }
