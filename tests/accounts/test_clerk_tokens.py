"""Session tokens of Clerk's: only what it signed, for us, now."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from pytest_django import Settings

from accounts.clerk import tokens
from accounts.clerk.tokens import Claims, PublishedKeys, TokenRefused
from tests.standins import clerk as clerks
from tests.standins.clerk import Clerk
from tests.standins.server import Instead, Reply
from visiona.lib.errors import Unavailable


def unsigned() -> str:
    """A token that says of itself that it needs no signature."""
    head, said = ({"alg": "none", "typ": "JWT", "kid": clerks.KEY_NAME}, clerks.claims())
    parts = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (head, said)
    ]
    return b".".join([*parts, b""]).decode()


def signed_with_the_public_key() -> str:
    """A token by HS256 whose secret is what everybody knows: the public key."""
    key, said = clerks.pem().encode(), clerks.claims()
    head = {"alg": "HS256", "typ": "JWT", "kid": clerks.KEY_NAME}
    parts = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (head, said)
    ]
    message = b".".join(parts)
    proof = jwt.get_algorithm_by_name("HS256").sign(message, key)
    return b".".join([message, base64.urlsafe_b64encode(proof).rstrip(b"=")]).decode()


def cut() -> str:
    return clerks.token()[:-4]


def with_other_claims() -> str:
    head, _, proof = clerks.token().split(".")
    said = json.dumps(clerks.claims("user_2")).encode()
    return f"{head}.{base64.urlsafe_b64encode(said).decode().rstrip('=')}.{proof}"


def of_another_algorithm() -> str:
    return jwt.encode(clerks.claims(), clerks.key(1), "RS512", headers={"kid": clerks.KEY_NAME})


def said(**others: Any) -> Callable[[], str]:
    """A token that Clerk signed, of which something is otherwise."""
    return lambda: clerks.token(**others)


def timed(**seconds: int) -> Callable[[], str]:
    """A token that Clerk signed, with times that are so many seconds from now."""

    def forge() -> str:
        times: dict[str, Any] = {name: int(time.time()) + more for name, more in seconds.items()}
        return clerks.token(**times)

    return forge


FORGED: dict[str, Callable[[], str]] = {
    "alg none": unsigned,
    "HS256 over the public key": signed_with_the_public_key,
    "another algorithm": of_another_algorithm,
    "another key": said(number=2),
    "a cut signature": cut,
    "other claims": with_other_claims,
    "a foreign issuer": said(iss="https://clerk.elsewhere.example"),
    "no issuer": said(iss=None),
    "expired": timed(exp=-60, iat=-120),
    "no end": said(exp=None),
    "from the future": timed(iat=60),
    "not good yet": timed(nbf=60),
    "no beginning": said(nbf=None),
    "no time": said(iat=None),
    "a time in words": said(exp="tomorrow"),
    "without sid": said(sid=None),
    "an empty sid": said(sid=""),
    "a sid that is none": said(sid=7),
    "without sub": said(sub=None),
    "a machine's sub": said(sub="mch_1"),
    "a long sub": said(sub=f"user_{'a' * 64}"),
    "a foreign party": said(azp="https://elsewhere.example"),
    "no party": said(azp=None),
    "several parties": said(azp=[clerks.PARTY]),
    "a pending session": said(sts="pending"),
    "somebody else's": said(act={"sub": "user_2"}),
    "too long": said(fea="a" * 9000),
    "two dots": lambda: "..",
    "no JSON": lambda: "a.b.c",
    "no ASCII": lambda: "ä.ö.ü",
    "nothing": str,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_clerk_did_not_sign_for_us_now_is_refused(
    by_clerk: Settings, forge: Callable[[], str]
) -> None:
    with pytest.raises(TokenRefused):
        tokens.verify(token=forge())


@pytest.mark.parametrize(
    "token",
    [
        said(),
        said(sts="active"),
        timed(exp=-3, iat=-63),
        timed(iat=3, nbf=3),
        said(azp="https://other.example"),
    ],
    ids=["usual", "active", "just over", "a clock that is fast", "another party of ours"],
)
def test_what_it_signed_says_who_asks(by_clerk: Settings, token: Callable[[], str]) -> None:
    by_clerk.CLERK_AUTHORIZED_PARTIES = ["https://other.example"]
    assert tokens.verify(token=token()) == Claims(user_id="user_1", session_id="sess_1")


def test_without_keys_no_token_is_good(settings: Settings) -> None:
    assert not tokens.is_on()
    with pytest.raises(TokenRefused):
        tokens.verify(token=clerks.token())


def test_a_pem_that_is_no_rsa_key_lets_nobody_in(by_clerk: Settings) -> None:
    by_clerk.CLERK_JWT_KEY = "-----BEGIN PUBLIC KEY-----"
    with pytest.raises(TokenRefused):
        tokens.verify(token=clerks.token())


def test_keys_are_had_from_where_they_are_published(clerk: Clerk, by_clerk: Settings) -> None:
    by_clerk.CLERK_JWT_KEY, by_clerk.CLERK_JWKS_URL = "", clerk.keys_url
    for _ in range(3):
        assert tokens.verify(token=clerks.token()).user_id == "user_1"
    assert clerk.paths("GET") == ["/.well-known/jwks.json"]


def test_keys_that_cannot_be_had_are_not_the_askers_fault(clerk: Clerk, by_clerk: Settings) -> None:
    by_clerk.CLERK_JWT_KEY, by_clerk.CLERK_JWKS_URL = "", clerk.keys_url
    clerk.misbehave(Instead(Reply(500, {})), on="jwks")
    for _ in range(2):
        with pytest.raises(Unavailable):
            tokens.verify(token=clerks.token())
    assert len(clerk.seen) == 1


@pytest.mark.parametrize(
    "document", [{}, {"keys": None}, {"keys": [7]}, {"keys": [{"kty": "RSA"}]}]
)
def test_a_document_without_keys_is_no_answer(document: Any) -> None:
    keys = PublishedKeys(lambda: document)
    with pytest.raises(Unavailable):
        keys.named(clerks.KEY_NAME)


class Watch:
    """A clock that somebody turns, and keys that are counted."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.asked = 0
        self.published: dict[str, Any] | None = {"keys": [clerks.published()]}
        self.keys = PublishedKeys(self.fetch, clock=lambda: self.now)

    def fetch(self) -> dict[str, Any]:
        self.asked += 1
        if self.published is None:
            raise Unavailable
        return self.published


def test_unknown_keys_are_asked_for_once_in_a_while() -> None:
    watch = Watch()
    watch.keys.named(clerks.KEY_NAME)
    for number in range(500):
        with pytest.raises(jwt.InvalidTokenError):
            watch.keys.named(f"ins_{number + 2}")
    assert watch.asked == 1
    watch.now += 61
    with pytest.raises(jwt.InvalidTokenError):
        watch.keys.named("ins_2")
    assert watch.asked == 2


def test_a_new_key_is_found_and_an_old_one_forgotten() -> None:
    watch = Watch()
    watch.keys.named(clerks.KEY_NAME)
    watch.published = {"keys": [clerks.published(2, "ins_2"), {"kty": "EC", "kid": "ins_3"}]}
    watch.now += 61
    assert watch.keys.named("ins_2") == clerks.key(2).public_key()
    with pytest.raises(jwt.InvalidTokenError):
        watch.keys.named(clerks.KEY_NAME)


def test_known_keys_go_on_while_clerk_is_away() -> None:
    watch = Watch()
    known = watch.keys.named(clerks.KEY_NAME)
    watch.published = None
    watch.now += 4000
    assert [watch.keys.named(clerks.KEY_NAME) for _ in range(9)] == [known] * 9
    assert watch.asked == 2


def test_a_token_without_a_kid_needs_the_pem(clerk: Clerk, by_clerk: Settings) -> None:
    token = jwt.encode(clerks.claims(), clerks.key(1), algorithm="RS256")
    assert tokens.verify(token=token).user_id == "user_1"
    by_clerk.CLERK_JWT_KEY, by_clerk.CLERK_JWKS_URL = "", clerk.keys_url
    with pytest.raises(TokenRefused):
        tokens.verify(token=token)
    assert clerk.seen == []
