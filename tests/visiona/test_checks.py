"""A server refuses to load in production for the same reasons as the check."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from visiona.checks import REQUIRED, check_production, insist


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
