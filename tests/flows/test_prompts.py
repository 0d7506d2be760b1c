"""A better prompt by a language model, and by rules where that fails or is slow."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from generation.models import ProviderCall, RequestMetric
from generation.services import prompts
from tests import databases
from tests.clients import ApiClient
from tests.processes import wait_until
from tests.standins.server import Instead, Reply, Stall, StandIn
from visiona.embedded.throwaway import Servers

pytestmark = pytest.mark.django_db

ASKED = {"prompt": "Red sneakers", "kind": "image"}
PATIENCE_SECONDS = 2.0


def enhanced(api: ApiClient) -> dict[str, Any]:
    answer = api.post("prompts/enhance", ASKED)
    assert answer.status_code == 200
    better: dict[str, Any] = answer.json()["data"]
    assert better["prompt"] == "Red sneakers"
    return better


def test_a_language_model_writes_and_its_call_is_kept(
    alice: User, api: ApiClient, standins: dict[str, StandIn]
) -> None:
    better = enhanced(api)
    assert (better["provider"], bool(better["enhanced_prompt"])) == ("gemini", True)
    call = ProviderCall.objects.get()
    assert (call.user_id, call.job_id, call.outcome) == (alice.pk, None, "ok")


def test_where_it_fails_rules_write(api: ApiClient, standins: dict[str, StandIn]) -> None:
    standins["gemini"].misbehave(Instead(Reply(503, b"{}")))
    better = enhanced(api)
    assert better["provider"] == "local"
    assert better["enhanced_prompt"].startswith("Red sneakers")
    assert ProviderCall.objects.get().outcome == "provider_unavailable"


def by_api(alice: User) -> None:
    enhanced(ApiClient(alice))


def by_page(alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    assert browser.post("/studio/enhance/", {"prompt": "Red sneakers"}).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ask", [by_api, by_page])
def test_no_transaction_waits_with_a_person(
    ask: Callable[[User], None],
    alice: User,
    standins: dict[str, StandIn],
    product_servers: Servers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prompts, "PATIENCE_SECONDS", PATIENCE_SECONDS)
    gemini = standins["gemini"]
    gemini.misbehave(Stall())

    def sessions_at_work() -> list[Any]:
        wait_until(lambda: bool(gemini.seen), seconds=20, what="Gemini is asked")
        with databases.session_of(product_servers.superuser_url) as session:
            return list(session.execute(databases.BUSY))

    with ThreadPoolExecutor() as beside:
        looking = beside.submit(sessions_at_work)
        ask(alice)
    assert looking.result() == []
    assert ProviderCall.objects.get().outcome == "provider_timed_out"
    assert RequestMetric.objects.get().provider == "local"


def test_a_person_does_not_wait_for_a_slow_one(
    api: ApiClient, standins: dict[str, StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    enhanced(api)  # the client is made, which would take all of the patience
    monkeypatch.setattr(prompts, "PATIENCE_SECONDS", PATIENCE_SECONDS)
    standins["gemini"].misbehave(Stall())
    begun = time.monotonic()
    assert enhanced(api)["provider"] == "local"
    assert time.monotonic() - begun < PATIENCE_SECONDS + 2
    assert ProviderCall.objects.latest("id").outcome == "provider_timed_out"
