"""The library over the API: look, name, star, delete, bring back, erase."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage

from accounts.models import User
from generation import tasks
from generation.models import Asset
from generation.services import running
from tests import factories
from tests.clients import ApiClient
from visiona.lib import clock

pytestmark = pytest.mark.django_db

MADE_ID = "019f0000-0000-7000-8000-000000000001"


@pytest.fixture
def made(alice: User) -> list[Asset]:
    """Three pictures of one job, in order."""
    factories.grant(alice, 10)
    factories.make_job(alice, count=3)
    with factories.plain_pictures():
        running.run_due(queue="quick")
    return list(Asset.objects.order_by("number"))


def listed(api: ApiClient, query: str = "") -> list[str]:
    return [asset["id"] for asset in api.get(f"assets?{query}").json()["data"]]


def ids(assets: list[Asset]) -> list[str]:
    return [str(asset.pk) for asset in assets]


def test_the_library_is_newest_first_and_in_pages(api: ApiClient, made: list[Asset]) -> None:
    newest_first = list(reversed(ids(made)))
    assert listed(api) == newest_first
    first = api.get("assets?limit=2").json()
    second = api.get(f"assets?limit=2&cursor={first['meta']['next']}").json()
    assert [one["id"] for one in first["data"] + second["data"]] == newest_first
    assert second["meta"]["next"] is None


def test_a_title_and_a_star_can_be_changed_and_nothing_else(
    api: ApiClient, made: list[Asset]
) -> None:
    address = f"assets/{made[0].pk}"
    changed = api.call("PATCH", address, {"title": "Mine", "starred": True}).json()["data"]
    assert (changed["title"], changed["starred"]) == ("Mine", True)
    assert listed(api, "starred=true") == ids(made[:1])
    assert listed(api, "starred=false") == list(reversed(ids(made[1:])))
    assert api.call("PATCH", address, {"title": ""}).json()["data"]["title"] == ""
    assert api.call("PATCH", address, {}).status_code == 200
    assert api.call("PATCH", f"assets/{MADE_ID}", {}).status_code == 404
    assert api.call("PATCH", f"assets/{MADE_ID}", {"starred": True}).status_code == 404


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"title": "x" * 201}, "title", "max_length"),
        ({"title": "a\0b"}, "title", "null_characters_not_allowed"),
        ({"title": None}, "title", "null"),
        ({"starred": "perhaps"}, "starred", "invalid"),
        ({"url": "http://evil"}, "url", "unknown"),
        ({"user_id": MADE_ID}, "user_id", "unknown"),
    ],
)
def test_a_change_that_cannot_be_made_changes_nothing(
    api: ApiClient, made: list[Asset], change: dict[str, Any], field: str, code: str
) -> None:
    before = Asset.objects.values().get(pk=made[0].pk)
    answer = api.call("PATCH", f"assets/{made[0].pk}", change)
    assert answer.status_code == 422
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]
    assert Asset.objects.values().get(pk=made[0].pk) == before


def test_what_is_deleted_can_be_brought_back(api: ApiClient, made: list[Asset]) -> None:
    address = f"assets/{made[1].pk}"
    assert api.call("DELETE", address).status_code == 204
    assert listed(api) == ids([made[2], made[0]])
    assert listed(api, "deleted=true") == ids([made[1]])
    assert api.call("DELETE", address).status_code == 404

    restored = api.post(f"{address}/restore")

    assert (restored.status_code, restored.json()["data"]["id"]) == (200, str(made[1].pk))
    assert listed(api) == list(reversed(ids(made)))
    assert api.post(f"{address}/restore").status_code == 404


def test_many_are_deleted_at_once_and_counted(api: ApiClient, made: list[Asset]) -> None:
    wanted = [*ids(made[:2]), MADE_ID]
    assert api.post("assets/delete", {"ids": wanted}).json()["data"] == {"deleted": 2}
    assert api.post("assets/delete", {"ids": wanted}).json()["data"] == {"deleted": 0}
    assert listed(api) == ids(made[2:])


@pytest.mark.parametrize(
    "wanted", [[], ["x"], [[]], "all", None, [MADE_ID] * 101, {"0": MADE_ID}], ids=str
)
def test_a_list_of_ids_that_is_none_deletes_nothing(
    api: ApiClient, made: list[Asset], wanted: Any
) -> None:
    answer = api.post("assets/delete", {"ids": wanted})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert len(listed(api)) == 3


def test_the_library_is_filtered(api: ApiClient, made: list[Asset]) -> None:
    everything = list(reversed(ids(made)))
    assert listed(api, "kind=image&source=thumbnail&deleted=false") == everything
    assert listed(api, "kind=video") == []
    for query in ("deleted=yes", "starred=1", "starred=", "kind=picture", "source=elsewhere"):
        answer = api.get(f"assets?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), query


def test_the_library_is_searched(api: ApiClient, made: list[Asset]) -> None:
    Asset.objects.filter(pk=made[0].pk).update(title="A red mug", prompt="on oak")
    Asset.objects.filter(pk=made[1].pk).update(title="", enhanced_prompt="A red lamp, soft light")
    assert listed(api, "q=RED") == ids([made[1], made[0]])
    assert listed(api, "q=oak+red") == ids(made[:1])
    assert listed(api, "q=soft") == ids(made[1:2])
    assert listed(api, "q=red&deleted=true") == []
    assert len(listed(api, "q=")) == 3
    assert listed(api, f"clone_id={MADE_ID}") == []
    wrong = {
        "q=%00": ("q", "characters_not_allowed"),
        f"q={'x' * 101}": ("q", "max_length"),
        "clone_id=mine": ("clone_id", "invalid"),
    }
    for query, refusal in wrong.items():
        answer = api.get(f"assets?{query}")
        assert answer.status_code == 422, query
        assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [refusal]


def test_thirty_days_after_its_deletion_nothing_of_it_is_left(
    api: ApiClient, made: list[Asset]
) -> None:
    api.post("assets/delete", {"ids": ids(made[:2])})
    Asset.objects.filter(pk=made[0].pk).update(deleted_at=clock.now() - timedelta(days=30))
    Asset.objects.filter(pk=made[1].pk).update(deleted_at=clock.now() - timedelta(days=29))

    tasks.erase_deleted_assets()

    assert list(Asset.objects.order_by("number")) == made[1:]
    assert not default_storage.exists(made[0].file)
    assert not default_storage.exists(made[0].preview)
    assert default_storage.exists(made[1].file)
    assert api.post(f"assets/{made[0].pk}/restore").status_code == 404
