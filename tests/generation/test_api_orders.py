"""Orders of images, ads and videos: what each may say, what it costs, and whose it must be."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import IdempotencyKey, User
from credits import selectors as credits_selectors
from generation import catalog
from generation.models import Asset, Job, Project
from generation.services import projects, running
from tests import factories
from tests.clients import ApiClient
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db

Order = Callable[..., dict[str, Any]]
OF_PHOTOS = {"product_ad", "video", "training"}


@pytest.fixture
def photo(alice: User) -> Asset:
    factories.grant(alice, 100)
    return factories.make_photo(alice)


@pytest.fixture
def order(photo: Asset) -> Order:
    """The least order of a kind, with what a test says besides."""

    def least(kind: str, **more: Any) -> dict[str, Any]:
        shown = {"photo_ids": [str(photo.pk)]} if kind in OF_PHOTOS else {}
        return {"kind": kind, **factories.LEAST[kind], **shown, **more}

    return least


def nothing_ordered(user: User) -> bool:
    wallet = credits_selectors.wallet_of(user=user)
    untouched = (wallet.available, wallet.held) == (120, 0)
    return untouched and not Job.objects.exists() and not IdempotencyKey.objects.exists()


# --- What is taken ------------------------------------------------------------------------------

LEAST_PARAMS: dict[str, dict[str, Any]] = {
    "image": {
        "prompt": "Red sneakers on Mars",
        "aspect_ratio": "1:1",
        "count": 1,
        "negative_prompt": "",
        "enhance": False,
    },
    "product_ad": {
        "product_name": "Mug",
        "description": "",
        "headline": "",
        "call_to_action": "",
        "style": "auto",
        "formats": ["1:1", "4:5", "9:16", "16:9"],
    },
    "video": {
        "product_name": "Mug",
        "description": "",
        "prompt": "",
        "quality": "720p",
        "seconds": 13,
        "aspect_ratio": "16:9",
        "captions": True,
        "music": "happy",
        "voice": False,
    },
}


@pytest.mark.parametrize(("kind", "price"), [("image", 5), ("product_ad", 15), ("video", 50)])
def test_the_least_that_can_be_said_is_an_order(
    alice: User, api: ApiClient, photo: Asset, order: Order, kind: str, price: int
) -> None:
    answer = api.post("jobs", order(kind))

    assert (answer.status_code, answer["Retry-After"]) == (202, "3")
    job = answer.json()["data"]
    assert answer["Location"] == f"/api/v1/jobs/{job['id']}"
    assert (job["kind"], job["price"], job["status"]) == (kind, price, "queued")
    assert (job["project_id"], job["has_free_preview"], job["enhanced_prompt"]) == (
        None, False, None,
    )  # fmt: skip
    params = job["params"]
    assert 0 <= params.pop("seed") < 2**31
    shown = {} if kind == "image" else {"photo_ids": [str(photo.pk)]}
    assert params == LEAST_PARAMS[kind] | shown
    wallet = credits_selectors.wallet_of(user=alice)
    assert (wallet.available, wallet.held) == (120 - price, price)


FULL: dict[str, dict[str, Any]] = {
    "image": {
        "prompt": "x" * 2000,
        "aspect_ratio": "2:3",
        "count": 4,
        "seed": 2**31 - 1,
        "negative_prompt": "people",
        "enhance": True,
    },
    "product_ad": {
        "description": "Keeps warm",
        "headline": "Warm hands",
        "call_to_action": "Shop now",
        "style": "bold",
    },
    "video": {
        "description": "Keeps warm",
        "prompt": "In the snow",
        "quality": "480p",
        "seconds": 4,
        "aspect_ratio": "9:16",
        "captions": False,
        "music": "none",
        "voice": True,
    },
}


@pytest.mark.parametrize("kind", FULL)
def test_all_that_can_be_said_is_kept_on_the_order(
    alice: User, api: ApiClient, order: Order, kind: str
) -> None:
    with act_as_user(alice.pk):
        project = projects.create(user=alice, name="Mugs")
    answer = api.post("jobs", order(kind, **FULL[kind], project_id=str(project.pk)))
    job = answer.json()["data"]
    assert FULL[kind].items() <= job["params"].items()
    assert "project_id" not in job["params"]
    assert job["project_id"] == str(project.pk)
    assert Job.objects.get().project == project


def test_formats_come_in_the_catalogues_order(api: ApiClient, order: Order) -> None:
    answer = api.post("jobs", order("product_ad", formats=["16:9", "1:1"]))
    assert answer.json()["data"]["params"]["formats"] == ["1:1", "16:9"]
    assert Job.objects.get().pieces == 2


def test_photos_keep_the_order_they_were_sent_in(alice: User, api: ApiClient, order: Order) -> None:
    more = factories.make_photo(alice, "me.png", factories.picture(kind="PNG"))
    first = order("video")["photo_ids"][0]
    wanted = [str(more.pk), first]
    job = api.post("jobs", order("video", photo_ids=wanted)).json()["data"]
    assert job["params"]["photo_ids"] == wanted


# --- What is refused ----------------------------------------------------------------------------

UNKNOWN = factories.UNKNOWN_ID
NINE = [UNKNOWN[:-1] + str(n) for n in range(9)]
WRONG = [
    ("image", {"prompt": " "}, "prompt", "blank"),
    ("image", {"prompt": "x" * 2001}, "prompt", "max_length"),
    ("image", {"prompt": None}, "prompt", "null"),
    ("image", {"aspect_ratio": "5:4"}, "aspect_ratio", "invalid_choice"),
    ("image", {"aspect_ratio": "\ud800"}, "aspect_ratio", "invalid_choice"),
    ("image", {"count": 0}, "count", "min_value"),
    ("image", {"count": 5}, "count", "max_value"),
    ("image", {"seed": -1}, "seed", "min_value"),
    ("image", {"seed": 2**31}, "seed", "max_value"),
    ("image", {"seed": "red"}, "seed", "invalid"),
    ("image", {"negative_prompt": "x" * 2001}, "negative_prompt", "max_length"),
    ("image", {"enhance": "please"}, "enhance", "invalid"),
    ("image", {"clone_id": "ada"}, "clone_id", "invalid"),
    ("image", {"project_id": "mugs"}, "project_id", "invalid"),
    ("image", {"title": "A thumbnail's"}, "title", "unknown"),
    ("product_ad", {"product_name": ""}, "product_name", "blank"),
    ("product_ad", {"product_name": "x" * 121}, "product_name", "max_length"),
    ("product_ad", {"photo_ids": []}, "photo_ids", "min_length"),
    ("product_ad", {"photo_ids": NINE}, "photo_ids", "max_length"),
    ("product_ad", {"photo_ids": [UNKNOWN, UNKNOWN]}, "photo_ids", "duplicate"),
    ("product_ad", {"photo_ids": ["me.jpg"]}, "photo_ids.0", "invalid"),
    ("product_ad", {"photo_ids": UNKNOWN}, "photo_ids", "not_a_list"),
    ("product_ad", {"description": "x" * 1001}, "description", "max_length"),
    ("product_ad", {"headline": "x" * 61}, "headline", "max_length"),
    ("product_ad", {"call_to_action": "x" * 25}, "call_to_action", "max_length"),
    ("product_ad", {"style": "neon"}, "style", "invalid_choice"),
    ("product_ad", {"formats": []}, "formats", "min_length"),
    ("product_ad", {"formats": ["1:1", "1:1"]}, "formats", "duplicate"),
    ("product_ad", {"formats": ["3:2"]}, "formats.0", "invalid_choice"),
    ("product_ad", {"count": 2}, "count", "unknown"),
    ("video", {"photo_ids": []}, "photo_ids", "min_length"),
    ("video", {"prompt": "x" * 501}, "prompt", "max_length"),
    ("video", {"quality": "4k"}, "quality", "invalid_choice"),
    ("video", {"seconds": 3}, "seconds", "min_value"),
    ("video", {"seconds": 21}, "seconds", "max_value"),
    ("video", {"seconds": 4.5}, "seconds", "invalid"),
    ("video", {"aspect_ratio": "4:5"}, "aspect_ratio", "invalid_choice"),
    ("video", {"captions": "some"}, "captions", "invalid"),
    ("video", {"music": "jazz"}, "music", "invalid_choice"),
    ("video", {"voice": None}, "voice", "null"),
    ("video", {"first_job_id": UNKNOWN}, "first_job_id", "unknown"),
    ("video", {"changes": {}}, "changes", "unknown"),
]


@pytest.mark.parametrize(
    "wrong",
    WRONG,
    ids=[f"{kind} {field} {code} {n}" for n, (kind, _, field, code) in enumerate(WRONG)],
)
def test_a_wrong_field_is_named_and_nothing_is_ordered(
    alice: User, api: ApiClient, order: Order, wrong: tuple[str, dict[str, Any], str, str]
) -> None:
    kind, change, field, code = wrong
    answer = api.post("jobs", order(kind, **change), Idempotency_Key="k")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]
    assert nothing_ordered(alice)


@pytest.mark.parametrize("kind", ["product_ad", "video"])
def test_a_product_needs_a_name_and_a_photo(
    alice: User, api: ApiClient, photo: Asset, kind: str
) -> None:
    errors = api.post("jobs", {"kind": kind}).json()["errors"]
    assert [(one["field"], one["code"]) for one in errors] == [
        ("product_name", "required"),
        ("photo_ids", "required"),
    ]
    assert nothing_ordered(alice)


@pytest.fixture
def bobs_project(bob: User) -> Project:
    with act_as_user(bob.pk):
        return projects.create(user=bob, name="His")


@pytest.mark.parametrize("kind", ["image", "thumbnail", "product_ad", "video"])
def test_a_project_of_anothers_is_not_found(
    alice: User, api: ApiClient, order: Order, bobs_project: Project, kind: str
) -> None:
    for project_id in (str(bobs_project.pk), UNKNOWN):
        answer = api.post("jobs", order(kind, project_id=project_id))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert nothing_ordered(alice)


@pytest.mark.parametrize("kind", ["product_ad", "video"])
def test_one_photo_of_anothers_among_mine_is_not_found(
    alice: User, bob: User, api: ApiClient, order: Order, kind: str
) -> None:
    his = factories.make_photo(bob)
    mine = order(kind)["photo_ids"]
    answer = api.post("jobs", order(kind, photo_ids=[*mine, str(his.pk)]))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert nothing_ordered(alice)


def test_a_stranger_orders_nothing(order: Order) -> None:
    for kind in catalog.KINDS:
        answer = ApiClient().post("jobs", order(kind))
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert not Job.objects.exists()


# --- What it costs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more", "line"),
    [
        ("image", {"count": 3}, {"label": "3 images, 5 each", "amount": 15}),
        ("thumbnail", {"count": 2}, {"label": "2 thumbnails, 10 each", "amount": 20}),
        ("product_ad", {"formats": ["1:1"]}, {"label": "1 set of ads", "amount": 15}),
        ("video", {"seconds": 20}, {"label": "1 video", "amount": 50}),
    ],
)
def test_a_quote_is_what_the_order_then_costs(
    api: ApiClient, order: Order, kind: str, more: dict[str, Any], line: dict[str, Any]
) -> None:
    quote = api.post("credits/quote", order(kind, **more))
    assert quote.status_code == 200
    assert quote.json()["data"] == {"price": line["amount"], "lines": [line]}
    assert not Job.objects.exists()
    assert api.post("jobs", order(kind, **more)).json()["data"]["price"] == line["amount"]


def test_the_prices_name_every_kind_with_its_options(api: ApiClient) -> None:
    prices = {one.pop("kind"): one for one in api.get("credits/prices").json()["data"]}
    assert {kind: (one["price"], one["unit"]) for kind, one in prices.items()} == {
        "image": (5, "image"),
        "thumbnail": (10, "thumbnail"),
        "product_ad": (15, "set of ads"),
        "video": (50, "video"),
        "training": (60, "clone"),
    }
    assert prices["training"]["options"] == {"subject": ["person", "product", "style"]}
    assert prices["video"]["options"]["quality"] == ["480p", "720p", "1080p"]
    assert prices["product_ad"]["options"]["formats"] == ["1:1", "4:5", "9:16", "16:9"]


@pytest.mark.parametrize("kind", ["image", "product_ad", "video"])
def test_one_idempotency_key_is_one_order(
    alice: User, api: ApiClient, order: Order, kind: str
) -> None:
    first = api.post("jobs", order(kind), Idempotency_Key="k")
    again = api.post("jobs", order(kind), Idempotency_Key="k")
    assert (again.status_code, again.json()["data"]) == (202, first.json()["data"])
    assert again["Idempotent-Replayed"] == "true"
    assert Job.objects.count() == 1
    other = api.post("jobs", order("thumbnail"), Idempotency_Key="k")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    assert Job.objects.count() == 1


# --- What comes of it ---------------------------------------------------------------------------


def made(api: ApiClient, body: dict[str, Any]) -> dict[str, Any]:
    """The job as the API shows it once it is finished."""
    job_id = api.post("jobs", body).json()["data"]["id"]
    with factories.plain_pictures():
        while not Job.objects.get(pk=job_id).is_final:
            assert running.run_job(job_id=job_id)
    shown: dict[str, Any] = api.get(f"jobs/{job_id}").json()["data"]
    return shown


def test_an_image_tells_which_words_were_understood(api: ApiClient, order: Order) -> None:
    job = made(api, order("image", count=2, seed=7, enhance=True))
    first, second = job["assets"]
    assert (first["source"], first["seed"], second["seed"]) == ("image", 7, 8)
    assert first["understood"] == ["red", "sneakers"]
    assert first["ignored"] == ["aglet"]
    assert (first["copy"], first["scenes"], first["poster_url"]) == (None, None, None)
    assert first["prompt"] == "Red sneakers on Mars"
    assert first["enhanced_prompt"] == job["enhanced_prompt"]
    assert "Red sneakers on Mars" in job["enhanced_prompt"]
    assert job["captured"] == 10


def test_an_ad_comes_in_each_format_with_its_words(api: ApiClient, order: Order) -> None:
    job = made(api, order("product_ad", formats=["4:5", "1:1"], headline="Hot"))
    assert [one["params"]["aspect_ratio"] for one in job["assets"]] == ["1:1", "4:5"]
    assert {one["copy"]["headline"] for one in job["assets"]} == {"Hot"}
    assert job["assets"][0]["title"] == "Mug"
    assert (job["assets"][0]["understood"], job["assets"][0]["enhanced_prompt"]) == (None, None)
    assert (job["status"], job["captured"]) == ("succeeded", 15)


def test_a_video_has_a_poster_captions_and_scenes(
    alice: User, api: ApiClient, order: Order
) -> None:
    (film,) = made(api, order("video", seconds=8))["assets"]
    assert (film["kind"], film["source"], film["content_type"]) == ("video", "video", "video/mp4")
    assert film["duration_seconds"] == 8
    folder = f"http://127.0.0.1:8000/files/people/{alice.pk}/"
    for address, suffix in (("poster_url", ".jpg"), ("captions_url", ".vtt"), ("url", ".mp4")):
        assert film[address].startswith(folder)
        assert film[address].partition("?")[0].endswith(suffix)
    assert [scene["number"] for scene in film["scenes"]] == [1, 2, 3, 4]
    assert sum(scene["seconds"] for scene in film["scenes"]) == pytest.approx(8)
    assert set(film["scenes"][0]) == {"number", "seconds", "text"}


def test_lists_can_be_narrowed_to_a_kind_a_source_or_a_project(
    alice: User, api: ApiClient, order: Order
) -> None:
    with act_as_user(alice.pk):
        project = projects.create(user=alice, name="Mugs")
    image = made(api, order("image"))
    film = made(api, order("video", project_id=str(project.pk)))

    def listed(query: str) -> list[str]:
        return [one["id"] for one in api.get(query).json()["data"]]

    assert listed("jobs?kind=image") == [image["id"]]
    assert listed(f"jobs?project_id={project.pk}") == [film["id"]]
    assert listed(f"assets?project_id={project.pk}") == [film["assets"][0]["id"]]
    assert listed("assets?source=image") == [image["assets"][0]["id"]]
    assert listed("assets?kind=video") == [film["assets"][0]["id"]]
    assert listed(f"assets?kind=image&project_id={project.pk}") == []
    for query in ("jobs?project_id=mugs", "assets?project_id="):
        answer = api.get(query)
        assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [
            ("project_id", "invalid")
        ]


# --- Better prompts -----------------------------------------------------------------------------


def test_without_a_language_model_rules_make_a_prompt_better(api: ApiClient) -> None:
    answer = api.post("prompts/enhance", {"prompt": " Red sneakers ", "kind": "image"})
    assert answer.status_code == 200
    better = answer.json()["data"]
    assert (better["prompt"], better["provider"]) == ("Red sneakers", "local")
    assert better["enhanced_prompt"].startswith("Red sneakers")
    assert len(better["enhanced_prompt"]) > len("Red sneakers")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "prompt", "required"),
        ({"prompt": " "}, "prompt", "blank"),
        ({"prompt": "x" * 2001}, "prompt", "max_length"),
        ({"prompt": "x", "kind": "novel"}, "kind", "invalid_choice"),
        ({"prompt": "x", "kind": "training"}, "kind", "invalid_choice"),
        ({"prompt": "x", "clone_id": "ada"}, "clone_id", "invalid"),
    ],
)
def test_what_is_no_prompt_is_named(
    api: ApiClient, body: dict[str, str], field: str, code: str
) -> None:
    answer = api.post("prompts/enhance", body)
    assert answer.status_code == 422
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]


# --- A free preview -----------------------------------------------------------------------------


def test_what_a_provider_could_not_make_has_a_free_preview_once(
    alice: User, api: ApiClient, bobs_api: ApiClient, photo: Asset
) -> None:
    declined = factories.make_declined(alice)
    assert api.get(f"jobs/{declined.pk}").json()["data"]["has_free_preview"]
    address = f"jobs/{declined.pk}/preview"
    assert bobs_api.post(address).status_code == 404
    assert ApiClient().post(address).status_code == 401

    first = api.post(address)
    again = api.post(address)

    assert (first.status_code, first["Retry-After"]) == (202, "3")
    free = first.json()["data"]
    assert again.json()["data"]["id"] == free["id"] != str(declined.pk)
    assert (free["price"], free["provider"], free["kind"]) == (0, "local", "image")
    assert free["params"]["prompt"] == declined.params["prompt"]
    assert first["Location"] == f"/api/v1/jobs/{free['id']}"
    wallet = credits_selectors.wallet_of(user=alice)
    assert (wallet.available, wallet.held) == (120, 0)


def test_a_free_preview_that_is_tried_again_is_free_again(
    alice: User, api: ApiClient, photo: Asset
) -> None:
    declined = factories.make_declined(alice)
    first = api.post(f"jobs/{declined.pk}/preview").json()["data"]
    assert api.post(f"jobs/{first['id']}/cancel").status_code == 200
    again = [api.post(f"jobs/{first['id']}/retry") for _ in range(2)]
    free = [answer.json()["data"] for answer in again]
    assert [answer.status_code for answer in again] == [202, 202]
    assert (free[0]["price"], free[0]["provider"]) == (0, "local")
    assert free[0]["id"] == free[1]["id"] != first["id"]
    wallet = credits_selectors.wallet_of(user=alice)
    assert (wallet.available, wallet.held) == (120, 0)


def test_what_did_not_fail_at_a_provider_has_no_preview(
    alice: User, api: ApiClient, photo: Asset
) -> None:
    job = factories.make_job(alice)
    answer = api.post(f"jobs/{job.pk}/preview")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert Job.objects.count() == 1
