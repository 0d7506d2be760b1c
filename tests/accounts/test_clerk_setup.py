"""The settings of Clerk: a mistake in them is named with its remedy."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from accounts.clerk import setup
from tests.standins import clerk as clerks
from visiona.checks import check_identity


def test_neither_nothing_nor_everything_is_a_fault(by_clerk: Settings) -> None:
    assert setup.find_fault() == ""
    assert check_identity() == []
    for name in setup.SETTINGS:
        setattr(by_clerk, name, "")
    assert setup.find_fault() == ""
    assert check_identity() == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CLERK_ISSUER", "", "CLERK_JWT_KEY is set, and nobody can come in by Clerk. Set CLERK_"),
        ("CLERK_JWT_KEY", "", "CLERK_ISSUER is set, and nobody can come in by Clerk."),
        ("CLERK_JWT_KEY", "-----BEGIN", "CLERK_JWT_KEY is no public RSA key."),
        ("CLERK_PUBLISHABLE_KEY", "sk_test_secret", "CLERK_PUBLISHABLE_KEY names no host."),
        ("CLERK_WEBHOOK_SECRET", ["whsec_*"], "CLERK_WEBHOOK_SECRET is no webhook secret."),
    ],
)
def test_a_mistake_is_named(by_clerk: Settings, name: str, value: Any, words: str) -> None:
    setattr(by_clerk, name, value)
    (problem,) = (one for one in run_checks() if one.id in {"visiona.E040", "visiona.E041"})
    assert problem.msg.startswith(words)


def test_a_key_of_another_kind_is_none(by_clerk: Settings) -> None:
    by_clerk.CLERK_JWT_KEY = (
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
        "-----END PUBLIC KEY-----"
    )
    assert "no public RSA key" in setup.find_fault()
    assert clerks.pem().startswith("-----BEGIN PUBLIC KEY-----")
