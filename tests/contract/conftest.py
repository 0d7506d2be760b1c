"""The providers on this machine, for the tests of what we and they promise each other."""

import gc
import json
import logging
import warnings
from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from generation.providers import gemini as gemini_adapters
from generation.providers import openai as openai_adapters
from generation.providers import registry, replicate_training
from generation.providers import replicate as replicate_adapters
from generation.providers.ports import (
    Capability,
    ProviderCall,
)
from tests.contract.adapters import (
    LONG,
    SECRETS,
    SHORT,
    Bench,
    Case,
)
from tests.standins.gemini import Gemini
from tests.standins.openai import OpenAI
from tests.standins.replicate import Replicate
from tests.standins.replicate_models import OWNER
from tests.standins.server import StandIn


@pytest.fixture(scope="session")
def all_standins() -> Iterator[dict[str, StandIn]]:
    """Every provider, once: an SDK's client takes its time to be made."""
    with Replicate.running() as replicate, Gemini.running() as gemini, OpenAI.running() as openai:
        yield {"replicate": replicate, "gemini": gemini, "openai": openai}
        # The product keeps its clients, and their connections, for as long as it runs.
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            for adapters in (replicate_adapters, gemini_adapters, openai_adapters):
                adapters.client_of.cache_clear()
            gemini_adapters.files_of.cache_clear()
            replicate_training.owner_of.cache_clear()
            gc.collect()


@pytest.fixture
def standins(
    all_standins: dict[str, StandIn], settings: Settings, product_servers: object
) -> Iterator[dict[str, StandIn]]:
    """Every provider, as if nothing had happened yet, with its keys in the settings."""
    for standin in all_standins.values():
        standin.reset()
    keys = {
        "REPLICATE_API_TOKEN": "r8_stand_in",
        "REPLICATE_BASE_URL": all_standins["replicate"].base_url,
        "REPLICATE_OWNER": OWNER,
        "GEMINI_API_KEY": "AIza-stand-in",
        "GEMINI_BASE_URL": all_standins["gemini"].base_url,
        "OPENAI_API_KEY": "sk-stand-in",
        "OPENAI_BASE_URL": all_standins["openai"].base_url,
        "OPENAI_COMPATIBLE": False,
    }
    for name, value in keys.items():
        setattr(settings, name, value)
    yield all_standins
    complaints = [words for standin in all_standins.values() for words in standin.complaints]
    assert complaints == []


@pytest.fixture
def bench_of(
    standins: dict[str, StandIn], settings: Settings, nothing_is_told: None
) -> Callable[..., Bench]:
    """Make adapters that speak to their stand-ins, with a certain patience."""

    def make(case: Case, *, seconds: float = LONG, read: float | None = None) -> Bench:
        settings.PROVIDERS = dict.fromkeys(Capability, "") | {case.capability: case.provider}
        settings.PROVIDER_SECONDS = dict.fromkeys([*Capability, "chat", "download"], seconds)
        settings.PROVIDER_SECONDS["read"] = read or seconds
        records: list[ProviderCall] = []
        adapter = getattr(registry, case.capability)(record=records.append)
        return Bench(case, adapter, standins[case.provider], records)

    return make


@pytest.fixture
def hurried(bench_of: Callable[..., Bench]) -> Callable[[Case], Bench]:
    """An adapter without patience; its client is made before, which would take all of it."""

    def make(case: Case) -> Bench:
        bench_of(case).call()
        bench = bench_of(case, seconds=SHORT, read=LONG)
        bench.standin.reset()
        return bench

    return make


@pytest.fixture
def nothing_is_told(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever happens, and however much is logged, no prompt, key or signed address is."""
    caplog.set_level(logging.DEBUG)
    yield
    lines = [json.dumps(record.__dict__, default=str) for record in caplog.records]
    told = [secret for secret in SECRETS for line in lines if secret in line]
    assert told == []
