"""What the settings of payments lack is said at the start."""

import pytest
from pytest_django import Settings

from visiona.checks import check_payments

GOOD = {"STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_WEBHOOK_SECRET": ["whsec_1", "whsec_2"]}


def found() -> list[str | None]:
    return [problem.id for problem in check_payments()]


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({}, []),
        (GOOD, []),
        (GOOD | {"PRODUCTION": True}, []),
        (GOOD | {"STRIPE_WEBHOOK_SECRET": []}, ["visiona.W030"]),
        (GOOD | {"STRIPE_WEBHOOK_SECRET": ["whsec_1", "sk_live_1"]}, ["visiona.E030"]),
        ({"PRODUCTION": True, "TEST_TILL": True}, ["visiona.W031"]),
        ({"PRODUCTION": True, "TEST_TILL": False}, []),
    ],
    ids=["till", "stripe", "production", "no secret", "no secret at all", "open till", "nobody"],
)
def test_what_payments_lack_is_said(
    settings: Settings, given: dict[str, object], problems: list[str]
) -> None:
    for name, value in given.items():
        setattr(settings, name, value)

    assert found() == problems
