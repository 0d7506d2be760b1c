"""Other words on an ad and another cut of a film: free, and refused with nothing changed."""

from typing import Any

import pytest

from accounts.models import User
from credits import selectors as credits_selectors
from generation.errors import ProviderError
from generation.models import Asset, Job, Step
from generation.providers import local
from generation.services import assets, files, running
from tests import factories
from tests.clients import ApiClient
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db


def made(user: User, kind: str, **params: Any) -> Asset:
    photo = factories.make_photo(user)
    job = factories.make_job(user, kind=kind, photo_ids=[str(photo.pk)], **params)
    with factories.plain_pictures():
        running.run_job(job_id=job.pk)
    return Asset.objects.get(job=job)


@pytest.fixture
def ad(alice: User) -> Asset:
    return made(alice, "product_ad", formats=["4:5"])


@pytest.fixture
def film(alice: User) -> Asset:
    factories.grant(alice, 50)
    return made(alice, "video", seconds=8)


def row_of(asset: Asset) -> dict[str, Any]:
    return dict(Asset.objects.filter(pk=asset.pk).values().get())


# --- Words --------------------------------------------------------------------------------------


def test_other_words_are_another_picture_of_the_same_ad(
    alice: User, api: ApiClient, ad: Asset, django_capture_on_commit_callbacks: Any
) -> None:
    wallet = credits_selectors.wallet_of(user=alice)
    words = {"headline": "  Cold outside? ", "subline": "", "call_to_action": "Warm up"}
    with factories.plain_pictures(), django_capture_on_commit_callbacks(execute=True):
        answer = api.post(f"assets/{ad.pk}/reword", words)

    assert answer.status_code == 200
    shown = answer.json()["data"]
    assert shown["copy"] == ad.facts["copy"] | {
        "headline": "Cold outside?",
        "subline": "",
        "call_to_action": "Warm up",
    }
    changed = Asset.objects.get(pk=ad.pk)
    assert changed.params == ad.params | {"headline": "Cold outside?", "call_to_action": "Warm up"}
    assert (changed.title, changed.plate, changed.seed) == (ad.title, ad.plate, ad.seed)
    assert changed.alt_text == "An ad: Cold outside?"
    assert changed.file_names & ad.file_names == {ad.plate}
    assert files.read(name=changed.file)
    assert credits_selectors.wallet_of(user=alice) == wallet
    assert Job.objects.count() == 1


def test_the_engine_sets_the_words_on_the_same_product(alice: User, api: ApiClient) -> None:
    photo = factories.make_photo(alice, "coffee.jpg")
    job = factories.make_job(
        alice,
        kind="product_ad",
        photo_ids=[str(photo.pk)],
        formats=["1:1"],
        headline="Good morning",
    )
    running.run_job(job_id=job.pk)
    ad = Asset.objects.get(job=job)
    plate = files.read(name=ad.plate)

    answer = api.post(f"assets/{ad.pk}/reword", {"headline": "Wake up", "call_to_action": "Pour"})

    shown = answer.json()["data"]["copy"]
    assert (shown["headline"], shown["call_to_action"]) == ("Wake up", "Pour")
    changed = Asset.objects.get(pk=ad.pk)
    assert changed.sha256 != ad.sha256
    assert changed.facts["analysis"] == ad.facts["analysis"]
    assert (files.read(name=changed.plate), changed.width) == (plate, ad.width)
    before = row_of(ad)
    refused = api.post(f"assets/{ad.pk}/reword", {"headline": "ፊደል"})
    assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [
        ("headline", "undrawable")
    ]
    assert row_of(ad) == before


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "headline", "required"),
        ({"headline": " "}, "headline", "blank"),
        ({"headline": "x" * 61}, "headline", "max_length"),
        ({"subline": "x" * 121}, "subline", "max_length"),
        ({"call_to_action": "x" * 25}, "call_to_action", "max_length"),
        ({"badge": "Sale"}, "badge", "unknown"),
    ],
)
def test_words_that_cannot_be_are_named_and_change_nothing(
    api: ApiClient, ad: Asset, body: dict[str, str], field: str, code: str
) -> None:
    before = row_of(ad)
    answer = api.post(f"assets/{ad.pk}/reword", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]
    assert row_of(ad) == before


def test_letters_that_no_font_has_are_told_at_their_field(
    api: ApiClient, ad: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = row_of(ad)

    def refuse(*_: Any) -> None:
        raise ProviderError("subline: no font here has the letters ፊ; write it otherwise")

    monkeypatch.setattr(local, "worded", refuse)
    answer = api.post(f"assets/{ad.pk}/reword", {"subline": "ፊደል"})
    assert answer.json()["errors"] == [
        {
            "field": "subline",
            "code": "undrawable",
            "detail": "No font here has the letters ፊ; write it otherwise.",
        }
    ]
    assert row_of(ad) == before


def test_only_ads_of_mine_that_are_there_have_words(
    alice: User, api: ApiClient, bobs_api: ApiClient, ad: Asset
) -> None:
    photo = Asset.objects.get(source="upload")
    before = row_of(ad)
    for program, asset_id in ((bobs_api, ad.pk), (api, photo.pk), (api, factories.UNKNOWN_ID)):
        answer = program.post(f"assets/{asset_id}/reword", {"headline": "Mine"})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert ApiClient().post(f"assets/{ad.pk}/reword", {"headline": "Mine"}).status_code == 401
    assert row_of(ad) == before
    with act_as_user(alice.pk):
        assets.delete_asset(user=alice, asset_id=ad.pk)
    assert api.post(f"assets/{ad.pk}/reword", {"headline": "Binned"}).status_code == 404


# --- Cuts ---------------------------------------------------------------------------------------


def cut(api: ApiClient, film: Asset, **changes: Any) -> Asset:
    """The film that comes of these changes."""
    job_id = api.post(f"assets/{film.pk}/recut", changes).json()["data"]["id"]
    with factories.plain_pictures():
        assert running.run_job(job_id=job_id)
    return Asset.objects.get(job=job_id)


def test_another_cut_is_another_film_for_nothing(alice: User, api: ApiClient, film: Asset) -> None:
    before, wallet = row_of(film), credits_selectors.wallet_of(user=alice)
    changes = {"trim_start": 1, "trim_end": 6.5, "music": "calm", "volume": 30, "voice": True}
    answer = api.post(f"assets/{film.pk}/recut", changes)

    assert (answer.status_code, answer["Retry-After"]) == (202, "3")
    job = answer.json()["data"]
    assert answer["Location"] == f"/api/v1/jobs/{job['id']}"
    assert (job["kind"], job["price"], job["provider"]) == ("video", 0, "local")
    assert job["params"] == film.params | {
        "first_job_id": str(film.job_id),
        "changes": {**changes, "trim_start": 1.0, "volume": 0.3},
    }
    with factories.plain_pictures():
        assert running.run_job(job_id=job["id"])
    (result,) = api.get(f"jobs/{job['id']}").json()["data"]["assets"]
    assert result["duration_seconds"] == 5.5
    assert row_of(film) == before
    assert credits_selectors.wallet_of(user=alice) == wallet


def test_changes_add_up_from_cut_to_cut(api: ApiClient, film: Asset) -> None:
    words = [scene["text"] for scene in film.facts["storyboard"]["scenes"]]
    first = cut(api, film, trim_end=6, texts=["Look", *words[1:]])
    second = cut(api, first, captions=False)

    assert second.params["first_job_id"] == str(film.job_id)
    assert (second.duration_seconds, second.captions) == (6, "")
    scenes = second.facts["storyboard"]["scenes"]
    assert [scene["text"] for scene in scenes] == ["Look", *words[1:]]


WRONG_CUTS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "changes", "required"),
    ({"trim_start": -1}, "trim_start", "min_value"),
    ({"trim_end": 8.5}, "trim_end", "invalid"),
    ({"trim_start": 5, "trim_end": 5.5}, "trim_end", "invalid"),
    ({"trim_start": 7.5}, "trim_start", "invalid"),
    ({"captions": "some"}, "captions", "invalid"),
    ({"texts": ["One"]}, "texts", "invalid"),
    ({"texts": ["x" * 61, "", "", ""]}, "texts", "max_length"),
    ({"music": "jazz"}, "music", "invalid_choice"),
    ({"volume": 101}, "volume", "max_value"),
    ({"voice": None}, "voice", "null"),
    ({"seconds": 20}, "seconds", "unknown"),
]


@pytest.mark.parametrize(("changes", "field", "code"), WRONG_CUTS)
def test_a_cut_that_cannot_be_is_named_and_orders_nothing(
    api: ApiClient, film: Asset, changes: dict[str, Any], field: str, code: str
) -> None:
    answer = api.post(f"assets/{film.pk}/recut", changes)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]
    assert Job.objects.count() == 1


def test_one_film_is_cut_at_a_time_and_once_for_a_key(api: ApiClient, film: Asset) -> None:
    address = f"assets/{film.pk}/recut"
    first = api.post(address, {"voice": True}, Idempotency_Key="k")
    again = api.post(address, {"voice": True}, Idempotency_Key="k")
    assert again.json()["data"] == first.json()["data"]
    assert again["Idempotent-Replayed"] == "true"
    busy = api.post(address, {"captions": False})
    assert (busy.status_code, busy.json()["code"]) == (409, "conflict")
    assert Job.objects.count() == 2
    with factories.plain_pictures():
        running.run_job(job_id=first.json()["data"]["id"])
    assert api.post(address, {"captions": False}).status_code == 202


def test_a_film_whose_parts_are_gone_cannot_be_cut(api: ApiClient, film: Asset) -> None:
    Step.objects.all().delete()
    answer = api.post(f"assets/{film.pk}/recut", {"voice": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert Job.objects.count() == 1


def test_only_films_of_mine_are_cut(api: ApiClient, bobs_api: ApiClient, film: Asset) -> None:
    photo = Asset.objects.get(source="upload")
    for program, asset_id in ((bobs_api, film.pk), (api, photo.pk), (api, factories.UNKNOWN_ID)):
        answer = program.post(f"assets/{asset_id}/recut", {"voice": True})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert ApiClient().post(f"assets/{film.pk}/recut", {"voice": True}).status_code == 401
    assert Job.objects.count() == 1
