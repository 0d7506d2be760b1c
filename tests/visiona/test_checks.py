"""A server refuses to load in production for the same reasons as the check."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from visiona.checks import REQUIRED, check_production, check_providers, insist

GOOD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def production(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings.PRODUCTION = True
    settings.PUBLIC_URL = "https://visiona.example"
    for name in REQUIRED:
        monkeypatch.setenv(name, "given")
    return settings


def test_a_laptop_may_lack_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in REQUIRED:
        monkeypatch.delenv(name, raising=False)
    assert check_production() == []
    insist()


def test_production_with_everything_starts(production: Settings) -> None:
    assert check_production() == []
    insist()


@pytest.mark.parametrize("name", REQUIRED)
def test_production_without_one_thing_does_not_start(
    production: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    (problem,) = check_production()
    assert (problem.id, problem.msg, bool(problem.hint)) == (
        "visiona.E010",
        f"{name} is not set.",
        True,
    )
    with pytest.raises(ImproperlyConfigured, match=f"{name} is not set"):
        insist()


def test_production_without_https_does_not_start(production: Settings) -> None:
    production.PUBLIC_URL = "http://visiona.example"
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL is not https"):
        insist()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("S3_ENDPOINT_URL", "http://minio:9000", "S3_ENDPOINT_URL is not https"),
        ("S3_ADDRESSING", "auto", "S3_ADDRESSING is neither path nor virtual"),
        ("CLAMD_ADDRESS", "clamd:3310", "Set CLAMD_ADDRESS to"),
    ],
)
def test_production_with_files_that_could_not_be_kept_does_not_start(
    production: Settings, name: str, value: str, problem: str
) -> None:
    production.S3_BUCKET = "visiona-files"
    insist()
    setattr(production, name, value)
    with pytest.raises(ImproperlyConfigured, match=problem):
        insist()


# --- Providers ----------------------------------------------------------------------------------


def provider_problems() -> list[tuple[str, str]]:
    return [(str(problem.id), problem.msg) for problem in check_providers()]


def test_without_keys_nothing_is_wrong_with_providers() -> None:
    assert provider_problems() == []


def test_a_provider_that_cannot_be_asked_is_named_and_stops_production(
    production: Settings,
) -> None:
    production.PROVIDERS = dict.fromkeys(production.CAPABILITIES, "") | {"image": "replicate"}
    problem = "IMAGE_PROVIDER is 'replicate', but REPLICATE_API_TOKEN is empty."
    (found,) = check_providers()
    assert (found.id, found.msg.startswith(problem)) == ("visiona.E020", True)
    with pytest.raises(ImproperlyConfigured, match="REPLICATE_API_TOKEN is empty"):
        insist()


def test_production_is_told_that_nobody_will_tell_it_anything(production: Settings) -> None:
    production.REPLICATE_API_TOKEN = "r8_key"
    assert provider_problems() == [("visiona.W020", "REPLICATE_WEBHOOK_SECRET is not set.")]
    insist()


@pytest.mark.parametrize(
    "address",
    [
        "http://visiona.example",
        "https://localhost:8000",
        "https://127.0.0.1",
        "https://[::1]",
        "https://10.0.0.7",
    ],
)
def test_an_address_that_webhooks_cannot_reach_is_told(settings: Settings, address: str) -> None:
    settings.REPLICATE_WEBHOOK_SECRET = [GOOD_SECRET]
    settings.PUBLIC_URL = address
    assert provider_problems() == [
        ("visiona.W021", f"Replicate cannot send webhooks to PUBLIC_URL {address}.")
    ]
    settings.PUBLIC_URL = "https://visiona.example"
    assert provider_problems() == []


def test_a_secret_that_is_none_stops_production(production: Settings) -> None:
    production.REPLICATE_WEBHOOK_SECRET = [GOOD_SECRET, "whsec_"]
    with pytest.raises(ImproperlyConfigured, match="is no webhook secret"):
        insist()
