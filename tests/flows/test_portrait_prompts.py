"""A better prompt for a picture of somebody: it says nothing of who they are."""

import json
from typing import Any

import pytest

from accounts.models import User
from generation.models import Clone, Job, ProviderCall
from generation.providers import local
from generation.services import prompts
from tests import factories
from tests.clients import ApiClient
from tests.plain import plain_work
from tests.standins.server import Instead, Reply, StandIn

pytestmark = pytest.mark.django_db

PROMPT = "Ada in a red coat at the beach"
DOWN = Instead(Reply(503, b"{}"))


@pytest.fixture
def ada(alice: User) -> Clone:
    factories.grant(alice, 180)
    return factories.make_clone(alice, trigger_word="ADA77")


@pytest.fixture
def gemini(ada: Clone, standins: dict[str, StandIn]) -> StandIn:
    """A language model, there since Ada's clone was made."""
    return standins["gemini"]


def enhanced(api: ApiClient, clone: Clone | None) -> dict[str, Any]:
    body = {"prompt": PROMPT, "kind": "image", "clone_id": clone and str(clone.pk)}
    answer = api.post("prompts/enhance", body)
    assert answer.status_code == 200
    better: dict[str, Any] = answer.json()["data"]
    assert better["prompt"] == PROMPT
    return better


def drawn(user: User, clone: Clone) -> Job:
    """A picture of a clone whose prompt was to be made better first."""
    job = factories.make_job(
        user, kind="image", prompt=PROMPT, clone_id=str(clone.pk), enhance=True
    )
    with plain_work():
        factories.finish_jobs_of(clone.pk)
    return Job.objects.get(pk=job.pk)


def told(standin: StandIn) -> str:
    """What the language model was told to do."""
    (seen,) = standin.seen
    words: str = json.loads(seen.body)["systemInstruction"]["parts"][0]["text"]
    return words


def test_a_language_model_is_told_to_invent_nobody(
    alice: User, api: ApiClient, ada: Clone, gemini: StandIn
) -> None:
    better = enhanced(api, ada)
    assert (better["provider"], bool(better["enhanced_prompt"])) == ("gemini", True)
    assert told(gemini) == prompts.PORTRAIT_SYSTEM
    assert b"ADA77" not in gemini.seen[0].body
    assert ProviderCall.objects.get().outcome == "ok"


def test_where_nobody_is_seen_it_is_told_as_ever(
    api: ApiClient, ada: Clone, gemini: StandIn
) -> None:
    enhanced(api, None)
    assert told(gemini) == prompts.SYSTEM
    gemini.reset()
    Clone.objects.filter(pk=ada.pk).update(subject="product")
    enhanced(api, ada)
    assert told(gemini) == prompts.SYSTEM


def test_where_it_fails_rules_write_a_portrait(api: ApiClient, ada: Clone, gemini: StandIn) -> None:
    gemini.misbehave(DOWN)
    better = enhanced(api, ada)
    assert better["provider"] == "local"
    assert better["enhanced_prompt"] == local.phrased(PROMPT, "portrait")
    assert better["enhanced_prompt"].startswith(PROMPT)
    assert ProviderCall.objects.get().outcome == "provider_unavailable"


def test_without_one_rules_write_a_portrait(api: ApiClient, ada: Clone) -> None:
    better = enhanced(api, ada)
    assert better["provider"] == "local"
    assert better["enhanced_prompt"] == local.phrased(PROMPT, "portrait")


def test_a_picture_of_a_clone_is_made_of_a_portraits_prompt(
    alice: User, ada: Clone, gemini: StandIn
) -> None:
    job = drawn(alice, ada)
    assert (job.status, job.captured) == ("succeeded", 5)
    assert job.enhanced_prompt
    assert told(gemini) == prompts.PORTRAIT_SYSTEM


def test_a_picture_of_a_clone_is_made_though_no_model_answers(
    alice: User, ada: Clone, gemini: StandIn
) -> None:
    gemini.misbehave(DOWN)
    job = drawn(alice, ada)
    assert (job.status, job.captured) == ("succeeded", 5)
    assert job.enhanced_prompt == local.phrased(PROMPT, "portrait")
