"""Another title on a finished thumbnail: at once, for free, and never half."""

import hashlib
import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from accounts.models import User
from credits import selectors as credits_selectors
from generation.catalog import MAX_TITLE
from generation.models import Asset, Job
from generation.services import assets, files, running, titles
from tests import databases, factories
from tests.clients import ApiClient
from visiona.lib.db.actor import act_as_user
from visiona.lib.errors import Conflict, InvalidInput, NotFound

pytestmark = pytest.mark.django_db

MISSING = "019f0000-0000-7000-8000-000000000001"
MARK = b"digitalsourcetype/algorithmicMedia"


def made(user: User, **params: Any) -> Asset:
    """One thumbnail by the engine itself."""
    factories.make_job(user, **{"title": "Pizza night", "style": "minimal", **params})
    running.run_due(queue="quick")
    asset = Asset.objects.filter(user=user).order_by("-id").first()
    assert asset is not None
    return asset


@pytest.fixture
def thumbnail(alice: User) -> Asset:
    return made(alice)


def files_of(user: User) -> set[str]:
    """The names of all of a person's files of jobs that there are in storage."""
    found: set[str] = set()
    for job in Job.objects.filter(user=user):
        folder = f"people/{user.pk}/jobs/{job.pk}"
        if default_storage.exists(folder):
            found |= {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]}
    return found


def row_of(asset: Asset) -> dict[str, Any]:
    return dict(Asset.objects.filter(pk=asset.pk).values().get())


def test_a_new_title_is_a_new_picture_on_the_same_ground(
    api: ApiClient, alice: User, thumbnail: Asset, django_capture_on_commit_callbacks: Any
) -> None:
    wallet = credits_selectors.wallet_of(user=alice)
    old_files, plate = thumbnail.file_names, files.read(name=thumbnail.plate)
    assert files_of(alice) == old_files

    with django_capture_on_commit_callbacks(execute=True):
        answer = api.post(f"assets/{thumbnail.pk}/retitle", {"title": "  7 pizzas a day "})

    assert answer.status_code == 200
    shown = answer.json()["data"]
    assert (shown["title"], shown["params"]["title"]) == ("7 pizzas a day", "7 pizzas a day")
    assert "7 pizzas a day" in shown["alt_text"]
    asset = Asset.objects.get(pk=thumbnail.pk)
    data = files.read(name=asset.file)
    assert (asset.bytes, asset.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert asset.sha256 != thumbnail.sha256
    assert (asset.width, asset.height) == Image.open(io.BytesIO(data)).size == (1280, 720)
    assert asset.facts["legibility"]["score"] >= 70
    assert asset.facts["layout"]["text_box"] != thumbnail.facts["layout"]["text_box"]
    assert asset.facts["setting"] == thumbnail.facts["setting"]
    assert asset.params == {**thumbnail.params, "title": "7 pizzas a day"}
    assert (asset.plate, files.read(name=asset.plate)) == (thumbnail.plate, plate)
    assert asset.file_names & old_files == {asset.plate}
    assert files_of(alice) == asset.file_names
    assert credits_selectors.wallet_of(user=alice) == wallet
    assert Job.objects.count() == 1


def test_the_first_title_can_be_had_back(alice: User, thumbnail: Asset) -> None:
    with act_as_user(alice.pk):
        titles.retitle(user=alice, asset_id=thumbnail.pk, title="Something else entirely")
        again = titles.retitle(user=alice, asset_id=thumbnail.pk, title="Pizza night")

    assert again.facts["layout"] == thumbnail.facts["layout"]
    assert again.title == "Pizza night"


def test_every_file_that_we_make_says_so(alice: User, thumbnail: Asset) -> None:
    with act_as_user(alice.pk):
        again = titles.retitle(user=alice, asset_id=thumbnail.pk, title="Two")

    assert len(again.renditions) == 3
    for name in again.file_names | {again.plate}:
        with Image.open(io.BytesIO(files.read(name=name))) as picture:
            assert MARK in picture.info["xmp"], name


def test_a_composite_is_marked_as_one_and_a_photo_is_not_marked(alice: User) -> None:
    photo = factories.make_photo(alice)
    asset = made(alice, photo_id=str(photo.pk))

    for name in asset.file_names:
        with Image.open(io.BytesIO(files.read(name=name))) as picture:
            assert b'digitalsourcetype/composite"' in picture.info["xmp"], name
    for name in photo.file_names:
        with Image.open(io.BytesIO(files.read(name=name))) as picture:
            assert not picture.info.get("xmp"), name


def test_the_title_in_a_set_is_then_the_persons_own(alice: User) -> None:
    factories.grant(alice, 20)
    asset = made(alice, title="I lived on Mars for 30 days", count=2)
    assert asset.params["title"] == asset.title == "For 30 days I lived on Mars"
    assert asset.facts["variant"]["hook"] == "Number first"

    with act_as_user(alice.pk):
        again = titles.retitle(user=alice, asset_id=asset.pk, title="Mars")

    crop, scheme = asset.facts["variant"]["crop"], asset.facts["variant"]["scheme"]
    assert again.facts["variant"] == {"hook": "Your own title", "crop": crop, "scheme": scheme}


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("", "blank"),
        ("   ", "blank"),
        ("x" * (MAX_TITLE + 1), "max_length"),
        ("a\x00b", "characters_not_allowed"),
        ("a\ud800b", "characters_not_allowed"),
        ("ፊደል", "undrawable"),
        ("\U0001f680", "undrawable"),
    ],
)
def test_a_title_that_cannot_be_set_changes_nothing(
    alice: User, thumbnail: Asset, title: str, code: str
) -> None:
    before, stored = row_of(thumbnail), files_of(alice)

    with act_as_user(alice.pk), pytest.raises(InvalidInput) as refusal:
        titles.retitle(user=alice, asset_id=thumbnail.pk, title=title)

    assert [(error.field, error.code) for error in refusal.value.errors] == [("title", code)]
    assert (row_of(thumbnail), files_of(alice)) == (before, stored)


@pytest.mark.parametrize("body", [{}, {"title": ""}, {"title": "a\x00b"}, {"title": "x" * 121}])
def test_the_api_names_the_title(api: ApiClient, thumbnail: Asset, body: dict[str, str]) -> None:
    before = row_of(thumbnail)
    answer = api.post(f"assets/{thumbnail.pk}/retitle", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert [error["field"] for error in answer.json()["errors"]] == ["title"]
    assert row_of(thumbnail) == before


def test_what_is_not_there_or_not_mine_is_not_found(
    api: ApiClient, bobs_api: ApiClient, alice: User, thumbnail: Asset
) -> None:
    photo = factories.make_photo(alice)
    before, stored = row_of(thumbnail), files_of(alice)

    for program, asset_id in ((bobs_api, thumbnail.pk), (api, photo.pk), (api, MISSING)):
        answer = program.post(f"assets/{asset_id}/retitle", {"title": "Mine now"})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    with act_as_user(alice.pk):
        assets.delete_asset(user=alice, asset_id=thumbnail.pk)
    assert api.post(f"assets/{thumbnail.pk}/retitle", {"title": "Binned"}).status_code == 404

    after = row_of(thumbnail)
    assert after.pop("deleted_at") is not None
    assert {**after, "deleted_at": None} == before
    assert files_of(alice) == stored


def test_without_a_title_on_it_there_is_nothing_to_set_anew(api: ApiClient, alice: User) -> None:
    asset = made(alice, text_overlay=False)
    before = row_of(asset)
    assert asset.plate == ""
    assert "legibility" not in asset.facts

    answer = api.post(f"assets/{asset.pk}/retitle", {"title": "A title"})

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "without a title" in answer.json()["detail"]
    assert row_of(asset) == before
    with act_as_user(alice.pk), pytest.raises(Conflict):
        titles.retitle(user=alice, asset_id=asset.pk, title="A title")


def test_what_was_binned_meanwhile_stays_as_it_was(
    alice: User, thumbnail: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_picture, stored = files.keep_picture, files_of(alice)

    def bin_it_first(**arguments: Any) -> dict[str, Any]:
        assets.delete_asset(user=alice, asset_id=thumbnail.pk)
        return keep_picture(**arguments)

    monkeypatch.setattr(files, "keep_picture", bin_it_first)
    with act_as_user(alice.pk), pytest.raises(NotFound):
        titles.retitle(user=alice, asset_id=thumbnail.pk, title="Too late")

    assert Asset.objects.get(pk=thumbnail.pk).title == "Pizza night"
    assert files_of(alice) == stored


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_the_later_wins_and_nothing_is_left_over(
    alice: User, thumbnail: Asset
) -> None:
    wanted = ["One pizza", "Two pizzas", "Three pizzas"]

    def set_title(title: str) -> str:
        with act_as_user(alice.pk):
            return titles.retitle(user=alice, asset_id=thumbnail.pk, title=title).sha256

    made_files = databases.in_threads(set_title, wanted, threads=3)

    asset = Asset.objects.get(pk=thumbnail.pk)
    assert asset.title in wanted
    assert asset.sha256 == made_files[wanted.index(asset.title)]
    assert hashlib.sha256(files.read(name=asset.file)).hexdigest() == asset.sha256
    assert files_of(alice) == asset.file_names
    assert Asset.objects.filter(user=alice).count() == 1
