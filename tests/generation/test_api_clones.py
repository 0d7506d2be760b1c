"""Clones over the API: ordered, shown, used in pictures, trained again and taken back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from credits import selectors as credits_selectors
from credits.models import Reservation
from generation import catalog
from generation.models import Asset, Clone, Consent, Job, Removal
from generation.services import consents, removals
from tests import factories
from tests.clients import ApiClient
from tests.people import make_portrait, make_portraits
from tests.plain import plain_work
from visiona.lib import clock

pytestmark = pytest.mark.django_db

UNKNOWN = factories.UNKNOWN_ID
FIELDS = {
    "id", "name", "trigger_word", "subject", "status", "progress", "eta_seconds", "parameters",
    "error", "cover_url", "job_id", "provider", "license", "photo_count", "photos_deleted_on",
    "has_free_retraining", "trained_at", "created_at",
}  # fmt: skip
PORTRAIT = {"kind": "image", "prompt": "At the beach"}


@pytest.fixture(autouse=True)
def _plain() -> Any:
    with plain_work():
        yield


@pytest.fixture
def photo_ids(alice: User) -> list[str]:
    """Alice has four good photos of herself, and 200 credits."""
    factories.grant(alice, 180)
    return [str(photo.pk) for photo in make_portraits(alice, 4)]


@pytest.fixture
def order(photo_ids: list[str]) -> dict[str, Any]:
    """The least order of a clone."""
    return {"kind": "training", "name": "Ada", "photo_ids": photo_ids, "consent": True}


@pytest.fixture
def ada(alice: User, photo_ids: list[str]) -> Clone:
    """Alice's clone, which is ready."""
    return factories.make_clone(alice, photo_ids=photo_ids)


def wallet(user: User) -> tuple[int, int]:
    found = credits_selectors.wallet_of(user=user)
    return found.available, found.held


def nothing_happened(user: User) -> bool:
    rows = (Clone, Consent, Job, Reservation)
    return wallet(user) == (200, 0) and not any(row.objects.exists() for row in rows)


def refusal_of(answer: Any) -> list[tuple[str, str]]:
    """The fields that were refused, and why."""
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), answer.content
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


def code_of(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


# --- Ordering one -------------------------------------------------------------------------------


def test_a_clone_is_ordered_as_a_job_that_names_it(
    alice: User, api: ApiClient, order: dict[str, Any]
) -> None:
    answer = api.post("jobs", order, Idempotency_Key="k")

    assert (answer.status_code, answer["Retry-After"]) == (202, "3")
    job = answer.json()["data"]
    clone = api.get(f"clones/{job['clone_id']}").json()["data"]
    assert (job["kind"], job["price"], job["status"]) == ("training", 60, "queued")
    assert job["params"]["clone_id"] == clone["id"]
    assert not {"consent", "pictured"} & set(job["params"])
    assert set(clone) == FIELDS
    assert (clone["status"], clone["progress"], clone["job_id"]) == ("processing", 0, job["id"])
    assert (clone["name"], clone["subject"], clone["photo_count"]) == ("Ada", "person", 4)
    assert clone["parameters"] == {"steps": 1000, "lora_rank": 16}
    assert (clone["error"], clone["trained_at"], clone["photos_deleted_on"]) == (None, None, None)
    assert clone["eta_seconds"] > 0
    assert clone["trigger_word"] == job["params"]["trigger_word"]
    (consent,) = api.get("consents").json()["data"]
    assert (consent["clone_id"], consent["pictured"]) == (clone["id"], "me")
    assert consent["text"] == consents.agreement(pictured="me").text
    assert wallet(alice) == (140, 60)
    again = api.post("jobs", order, Idempotency_Key="k")
    assert (again.json()["data"], again["Idempotent-Replayed"]) == (job, "true")
    assert Clone.objects.count() == 1


def test_all_that_can_be_said_is_kept_on_the_clone(api: ApiClient, order: dict[str, Any]) -> None:
    said = {"trigger_word": "ADA77", "subject": "style", "steps": 3000, "lora_rank": 64}
    job = api.post("jobs", order | said | {"pictured": "nobody"}).json()["data"]
    clone = api.get(f"clones/{job['clone_id']}").json()["data"]
    assert (clone["trigger_word"], clone["subject"]) == ("ADA77", "style")
    assert clone["parameters"] == {"steps": 3000, "lora_rank": 64}
    assert Consent.objects.get().pictured == "nobody"


def test_what_null_stands_for_is_as_if_it_was_left_out(
    api: ApiClient, order: dict[str, Any]
) -> None:
    answer = api.post("jobs", order | {"trigger_word": None, "pictured": None})
    assert answer.status_code == 202
    assert Clone.objects.get().trigger_word.startswith("VSN")


IDS = [f"019f0000-0000-7000-8000-{number:012}" for number in range(31)]
WRONG = [
    ({"name": " "}, "name", "blank"),
    ({"name": "x" * 61}, "name", "max_length"),
    ({"name": None}, "name", "null"),
    ({"subject": "pet"}, "subject", "invalid_choice"),
    ({"photo_ids": []}, "photo_ids", "min_length"),
    ({"photo_ids": IDS[:3]}, "photo_ids", "min_length"),
    ({"photo_ids": IDS}, "photo_ids", "max_length"),
    ({"photo_ids": [UNKNOWN] * 10}, "photo_ids", "duplicate"),
    ({"photo_ids": [UNKNOWN, UNKNOWN.upper(), *IDS[2:5]]}, "photo_ids", "duplicate"),
    ({"photo_ids": [*IDS[:3], "me.jpg"]}, "photo_ids.3", "invalid"),
    ({"photo_ids": UNKNOWN}, "photo_ids", "not_a_list"),
    ({"consent": False}, "consent", "required"),
    ({"consent": None}, "consent", "required"),
    ({"consent": "true"}, "consent", "required"),
    ({"consent": 1}, "consent", "required"),
    ({"pictured": "a friend"}, "pictured", "invalid_choice"),
    ({"pictured": "nobody"}, "pictured", "invalid_choice"),
    ({"steps": 299}, "steps", "min_value"),
    ({"steps": 3001}, "steps", "max_value"),
    ({"steps": 1000.5}, "steps", "invalid"),
    ({"lora_rank": 3}, "lora_rank", "min_value"),
    ({"lora_rank": 65}, "lora_rank", "max_value"),
    ({"trigger_word": ""}, "trigger_word", "blank"),
    ({"trigger_word": "ADA"}, "trigger_word", "min_length"),
    ({"trigger_word": "A" * 25}, "trigger_word", "max_length"),
    ({"trigger_word": "ADA 77"}, "trigger_word", "invalid"),
    ({"trigger_word": "ADA-77"}, "trigger_word", "invalid"),
    ({"trigger_word": "portrait"}, "trigger_word", "common_word"),
    ({"trigger_word": "PORTRAIT"}, "trigger_word", "common_word"),
    ({"clone_id": UNKNOWN}, "clone_id", "unknown"),
    ({"price": 0}, "price", "unknown"),
]


@pytest.mark.parametrize(
    "wrong", WRONG, ids=[f"{field} {code} {n}" for n, (_, field, code) in enumerate(WRONG)]
)
def test_a_wrong_field_is_named_and_nothing_is_ordered(
    alice: User, api: ApiClient, order: dict[str, Any], wrong: tuple[dict[str, Any], str, str]
) -> None:
    change, field, code = wrong
    assert refusal_of(api.post("jobs", order | change, Idempotency_Key="k")) == [(field, code)]
    assert refusal_of(api.post("credits/quote", {**order, "name": ""})) == [("name", "blank")]
    assert nothing_happened(alice)


def test_without_consent_the_error_says_what_has_to_be_agreed_to(
    alice: User, api: ApiClient, order: dict[str, Any]
) -> None:
    del order["consent"]
    for said, pictured in (
        ({}, "me"),
        ({"pictured": "other"}, "other"),
        ({"subject": "product"}, "nobody"),
    ):
        answer = api.post("jobs", order | said)
        assert refusal_of(answer) == [("consent", "required")]
        agreed = consents.agreement(pictured=pictured).text
        assert answer.json()["errors"][0]["detail"] == f"Send true once this is agreed to: {agreed}"
    assert nothing_happened(alice)


def test_what_has_to_be_agreed_to_can_be_read_before(api: ApiClient) -> None:
    shown = api.get("consents/agreements").json()["data"]
    assert [one["pictured"] for one in shown] == ["me", "other", "nobody"]
    for one in shown:
        assert one["text"] == f"{one['statement']} {one['purpose']} {one['retention']}"
        assert one["text"] == consents.agreement(pictured=one["pictured"]).text


POOR = {
    "no face": {"faces": 0},
    "two faces": {"faces": 2},
    "a tiny face": {"face_height": 40},
    "nearly the same": {"hash": "0123456789abcdef"},
}


@pytest.mark.parametrize("measures", POOR.values(), ids=POOR)
def test_photos_that_show_nobody_well_do_not_count(
    alice: User, api: ApiClient, order: dict[str, Any], measures: dict[str, Any]
) -> None:
    poor = [str(make_portrait(alice, 20 + n, **measures).pk) for n in range(2)]
    photo_ids = [*order["photo_ids"][:2], *poor]
    found = api.post("clones/readiness", {"photo_ids": photo_ids}).json()["data"]
    expected = 3 if "hash" in measures else 2
    assert (found["is_ready"], found["counted"]) == (False, expected)

    answer = api.post("jobs", order | {"photo_ids": photo_ids})

    assert refusal_of(answer) == [("photo_ids", "not_ready")]
    said = f"{expected} of these 4 photos can be used."
    assert answer.json()["errors"][0]["detail"].startswith(said)
    assert nothing_happened(alice)


def test_photos_of_anothers_are_not_found(
    alice: User, bob: User, api: ApiClient, order: dict[str, Any]
) -> None:
    his = str(make_portrait(bob).pk)
    for stranger in (his, UNKNOWN):
        photo_ids = [*order["photo_ids"][:3], stranger]
        assert code_of(api.post("jobs", order | {"photo_ids": photo_ids})) == (404, "not_found")
        asked = api.post("clones/readiness", {"photo_ids": photo_ids})
        assert code_of(asked) == (404, "not_found")
    assert nothing_happened(alice)


def test_a_word_is_taken_in_whatever_case_but_only_by_oneself(
    bob: User, api: ApiClient, bobs_api: ApiClient, order: dict[str, Any]
) -> None:
    assert api.post("jobs", order | {"trigger_word": "ADA77"}).status_code == 202
    again = api.post("jobs", order | {"trigger_word": "ada77"})
    assert refusal_of(again) == [("trigger_word", "taken")]
    factories.grant(bob, 60)
    his = [str(photo.pk) for photo in make_portraits(bob, 4)]
    order |= {"trigger_word": "ada77", "photo_ids": his}
    assert bobs_api.post("jobs", order).status_code == 202
    assert Clone.objects.count() == 2


def test_with_twenty_credits_there_is_no_clone(bob: User, bobs_api: ApiClient) -> None:
    photo_ids = [str(photo.pk) for photo in make_portraits(bob, 4)]
    order = {"kind": "training", "name": "Bob", "photo_ids": photo_ids, "consent": True}
    answer = bobs_api.post("jobs", order, Idempotency_Key="k")
    assert code_of(answer) == (402, "insufficient_credits")
    assert (answer.json()["required"], answer.json()["available"]) == (60, 20)
    assert not Clone.objects.exists()
    assert not Consent.objects.exists()
    assert not Job.objects.exists()
    assert wallet(bob) == (20, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", [("ADA77", "EVE77"), ("ADA77", "ada77")], ids=["two", "one"])
def test_of_two_at_once_with_credits_for_one_there_is_one(
    alice: User, words: tuple[str, str]
) -> None:
    factories.grant(alice, 60)
    photo_ids = [str(photo.pk) for photo in make_portraits(alice, 4)]
    order = {"kind": "training", "name": "Ada", "photo_ids": photo_ids, "consent": True}

    def send(word: str) -> int:
        try:
            status: int = ApiClient(alice).post("jobs", order | {"trigger_word": word}).status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as together:
        statuses = sorted(together.map(send, words))

    assert statuses[0] == 202
    assert statuses[1] in ({402} if words[0] != words[1].upper() else {402, 422})
    assert Clone.objects.get().job == Job.objects.get()
    assert Consent.objects.get().clone_id == Clone.objects.get().pk
    assert Reservation.objects.get().amount == 60
    assert wallet(alice) == (20, 60)


def test_a_quote_is_what_the_clone_then_costs(api: ApiClient, order: dict[str, Any]) -> None:
    quote = api.post("credits/quote", order).json()["data"]
    assert quote == {"price": 60, "lines": [{"label": "1 clone", "amount": 60}]}
    assert not Clone.objects.exists()
    assert api.post("jobs", order).json()["data"]["price"] == 60


# --- What photos are worth ----------------------------------------------------------------------


def test_photos_are_judged_as_a_set_and_one_by_one(
    alice: User, api: ApiClient, photo_ids: list[str]
) -> None:
    nobody = str(make_portrait(alice, 20, faces=0).pk)
    found = api.post("clones/readiness", {"photo_ids": [*photo_ids, nobody]}).json()["data"]
    assert (found["is_ready"], found["counted"]) == (True, 4)
    assert 0 < found["score"] < 100
    assert "Add 8 more good photos for the best likeness." in found["missing"]
    assert [one["id"] for one in found["photos"]] == [*photo_ids, nobody]
    assert [one["counts"] for one in found["photos"]] == [True] * 4 + [False]
    good, poor = found["photos"][0], found["photos"][4]
    assert (good["verdict"], good["score"], good["issues"]) == ("good", 100, [])
    assert (poor["verdict"], [one["code"] for one in poor["issues"]]) == ("poor", ["no_face"])
    assert all(one["advice"] for one in poor["issues"])
    as_product = {"photo_ids": [nobody], "subject": "product"}
    assert api.post("clones/readiness", as_product).json()["data"]["counted"] == 1
    assert wallet(alice) == (200, 0)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "photo_ids", "required"),
        ({"photo_ids": []}, "photo_ids", "min_length"),
        ({"photo_ids": IDS}, "photo_ids", "max_length"),
        ({"photo_ids": [UNKNOWN, UNKNOWN]}, "photo_ids", "duplicate"),
        ({"photo_ids": [UNKNOWN], "subject": "pet"}, "subject", "invalid_choice"),
    ],
)
def test_what_cannot_be_judged_is_named(
    api: ApiClient, body: dict[str, Any], field: str, code: str
) -> None:
    assert refusal_of(api.post("clones/readiness", body)) == [(field, code)]


def test_a_photo_says_what_it_is_worth_to_a_clone(alice: User, api: ApiClient) -> None:
    photo = make_portrait(alice, faces=2)
    assert api.get(f"photos/{photo.pk}").json()["data"]["portrait"] == {
        "verdict": "poor",
        "score": 30,
        "counts": False,
        "issues": [
            {"code": "several_people", "advice": "Crop the photo so that only you are in it."}
        ],
    }
    Asset.objects.filter(pk=photo.pk).update(facts={})
    assert api.get(f"photos/{photo.pk}").json()["data"]["portrait"] is None


def test_a_word_is_suggested_that_can_be_ordered(api: ApiClient, order: dict[str, Any]) -> None:
    word = api.get("clones/trigger-word").json()["data"]["trigger_word"]
    answer = api.post("jobs", order | {"trigger_word": word})
    assert (answer.status_code, Clone.objects.get().trigger_word) == (202, word)


# --- Reading and naming -------------------------------------------------------------------------


def test_a_clone_that_is_ready_has_a_cover_and_says_when_its_photos_go(
    api: ApiClient, ada: Clone
) -> None:
    (clone,) = api.get("clones").json()["data"]
    assert set(clone) == FIELDS
    assert (clone["status"], clone["progress"], clone["eta_seconds"]) == ("ready", 100, None)
    assert (clone["provider"], clone["license"], clone["error"]) == ("local", "", None)
    assert clone["has_free_retraining"] is True
    proof = Asset.objects.get(clone_id=ada.pk, params__pack="proof", number=0)
    path = f"http://127.0.0.1:8000/files/{proof.preview}"
    assert clone["cover_url"].partition("?")[0] == path
    day = (clock.now() + timedelta(days=30)).date().isoformat()
    assert clone["photos_deleted_on"] == day
    assert api.get(f"clones/{ada.pk}").json()["data"] | {"cover_url": ""} == clone | {
        "cover_url": ""
    }


def test_a_clone_in_training_is_shown_by_a_photo_of_its_own(
    api: ApiClient, order: dict[str, Any]
) -> None:
    clone_id = api.post("jobs", order).json()["data"]["clone_id"]
    photo = Asset.objects.get(pk=order["photo_ids"][0])
    cover = api.get(f"clones/{clone_id}").json()["data"]["cover_url"]
    assert cover.partition("?")[0] == f"http://127.0.0.1:8000/files/{photo.preview}"


def test_a_clone_whose_training_failed_says_why(api: ApiClient, order: dict[str, Any]) -> None:
    job = api.post("jobs", order).json()["data"]
    Job.objects.update(attempts=3)
    factories.finish_jobs_of(job["clone_id"])
    clone = api.get(f"clones/{job['clone_id']}").json()["data"]
    assert (clone["status"], clone["eta_seconds"]) == ("failed", None)
    assert clone["error"] == {
        "code": "gave_up",
        "detail": "This took too many attempts, so we stopped.",
    }
    assert clone["has_free_retraining"] is False


def test_clones_are_listed_newest_first_page_by_page(
    alice: User, api: ApiClient, order: dict[str, Any]
) -> None:
    factories.grant(alice, 60)
    ids = [api.post("jobs", order).json()["data"]["clone_id"] for _ in range(3)]
    page = api.get("clones?limit=2").json()
    rest = api.get(f"clones?limit=2&cursor={page['meta']['next']}").json()
    assert [clone["id"] for clone in page["data"] + rest["data"]] == ids[::-1]
    assert rest["meta"]["next"] is None


def test_a_clone_gets_another_name_and_nothing_else(api: ApiClient, ada: Clone) -> None:
    answer = api.call("PATCH", f"clones/{ada.pk}", {"name": "  Countess  "})
    assert (answer.status_code, answer.json()["data"]["name"]) == (200, "Countess")
    unchanged = api.call("PATCH", f"clones/{ada.pk}", {})
    assert (unchanged.status_code, unchanged.json()["data"]["name"]) == (200, "Countess")
    for change, field, code in (
        ({"name": " "}, "name", "blank"),
        ({"name": "x" * 61}, "name", "max_length"),
        ({"name": "Eve", "trigger_word": "EVE77"}, "trigger_word", "unknown"),
        ({"status": "ready"}, "status", "unknown"),
    ):
        refused = api.call("PATCH", f"clones/{ada.pk}", change)
        assert refusal_of(refused) == [(field, code)]
    ada.refresh_from_db()
    assert (ada.name, ada.status) == ("Countess", "ready")


def test_a_clone_of_anothers_does_not_exist(alice: User, bobs_api: ApiClient, ada: Clone) -> None:
    before = (wallet(alice), Job.objects.count())
    for clone_id in (ada.pk, UNKNOWN):
        for method, path, body in (
            ("GET", f"clones/{clone_id}", None),
            ("PATCH", f"clones/{clone_id}", {"name": "His"}),
            ("DELETE", f"clones/{clone_id}?pictures=true", None),
            ("POST", f"clones/{clone_id}/retrain", {}),
            ("POST", f"clones/{clone_id}/withdraw", {}),
            ("POST", "jobs", PORTRAIT | {"clone_id": str(clone_id)}),
            ("POST", "credits/quote", PORTRAIT | {"clone_id": str(clone_id)}),
            ("POST", "prompts/enhance", {"prompt": "Her", "clone_id": str(clone_id)}),
        ):
            answer = bobs_api.call(method, path, body)
            assert code_of(answer) == (404, "not_found"), path
            assert answer.json()["detail"] == "There is no such clone, or it is not yours."
    assert bobs_api.get(f"assets?clone_id={ada.pk}").json()["data"] == []
    assert (wallet(alice), Job.objects.count()) == before
    ada.refresh_from_db()
    assert (ada.name, ada.removed_at) == ("Ada", None)


# --- Pictures of one ----------------------------------------------------------------------------


def test_pictures_of_a_clone_are_ordered_quoted_and_found_by_it(
    alice: User, api: ApiClient, ada: Clone
) -> None:
    order = PORTRAIT | {"clone_id": str(ada.pk), "clone_scale": 0.8, "count": 2}
    assert api.post("credits/quote", order).json()["data"]["price"] == 10
    job = api.post("jobs", order).json()["data"]
    assert (job["clone_id"], job["price"]) == (str(ada.pk), 10)
    assert job["params"]["clone_scale"] == 0.8
    assert "extra_clone_id" not in job["params"]
    factories.finish_jobs_of(ada.pk)
    made = api.get(f"jobs/{job['id']}").json()["data"]["assets"]
    assert [one["clone_id"] for one in made] == [str(ada.pk)] * 2
    listed = api.get(f"assets?clone_id={ada.pk}").json()["data"]
    assert {one["id"] for one in made} < {one["id"] for one in listed}
    assert len(listed) == 6  # with its proof shots
    assert refusal_of(api.get("assets?clone_id=ada")) == [("clone_id", "invalid")]
    assert api.get(f"assets?clone_id={UNKNOWN}").json()["data"] == []


def test_two_clones_in_one_picture_are_found_by_either(
    alice: User, api: ApiClient, ada: Clone
) -> None:
    eve = factories.make_clone(alice, name="Eve", photo_ids=ada.photo_ids)
    order = PORTRAIT | {"clone_id": str(ada.pk), "extra_clone_id": str(eve.pk)}
    job = api.post("jobs", order).json()["data"]
    assert job["params"]["extra_clone_id"] == str(eve.pk)
    factories.finish_jobs_of(ada.pk)
    (made,) = api.get(f"jobs/{job['id']}").json()["data"]["assets"]
    for clone in (ada, eve):
        listed = api.get(f"assets?clone_id={clone.pk}").json()["data"]
        assert made["id"] in [one["id"] for one in listed]
    same = api.post("jobs", order | {"extra_clone_id": str(ada.pk)})
    assert code_of(same) == (409, "conflict")


def test_a_thumbnail_shows_a_clone_or_a_photo_but_not_both(
    api: ApiClient, ada: Clone, photo_ids: list[str]
) -> None:
    order = {"kind": "thumbnail", "title": "How to win", "clone_id": str(ada.pk)}
    both = api.post("jobs", order | {"photo_id": photo_ids[0]})
    assert refusal_of(both) == [("photo_id", "unused")]
    job = api.post("jobs", order | {"count": 2}).json()["data"]
    assert (job["price"], job["clone_id"], job["params"]["photo_id"]) == (20, str(ada.pk), None)


def test_a_pack_costs_what_its_pictures_do(alice: User, api: ApiClient, ada: Clone) -> None:
    packs = api.get("packs").json()["data"]
    assert [(pack["name"], pack["price"], len(pack["shots"])) for pack in packs] == [
        ("headshots", 30, 6), ("travel", 30, 6), ("creator", 30, 6),
    ]  # fmt: skip
    assert packs[0]["shots"][0] == {
        "title": catalog.HEADSHOTS.shots[0].title,
        "prompt": catalog.HEADSHOTS.shots[0].prompt,
    }
    order = {"kind": "image", "pack": "travel", "clone_id": str(ada.pk)}
    assert api.post("credits/quote", order).json()["data"]["price"] == 30
    some = order | {"shots": [5, 0], "aspect_ratio": "4:5"}
    assert api.post("credits/quote", some).json()["data"]["price"] == 10

    job = api.post("jobs", some).json()["data"]

    assert job["price"] == 10
    factories.finish_jobs_of(ada.pk)
    job = api.get(f"jobs/{job['id']}").json()["data"]
    assert [one["title"] for one in job["assets"]] == ["Park", "Beach"]
    assert [one["prompt"] for one in job["assets"]] == [
        catalog.TRAVEL.shots[5].prompt,
        catalog.TRAVEL.shots[0].prompt,
    ]
    assert (job["captured"], wallet(alice)) == (10, (130, 0))


NOBODY_SEEN: list[tuple[dict[str, Any], str, str]] = [
    ({}, "prompt", "required"),
    ({"pack": "travel"}, "clone_id", "required"),
    ({"prompt": "x", "shots": [0]}, "shots", "unused"),
    ({"prompt": "x", "clone_scale": 1}, "clone_scale", "unused"),
    ({"prompt": "x", "extra_clone_scale": 1}, "extra_clone_scale", "unused"),
    ({"prompt": "x", "extra_clone_id": UNKNOWN}, "clone_id", "required"),
    ({"prompt": "x", "pack": "weddings"}, "pack", "invalid_choice"),
    ({"prompt": "x", "pack": "proof"}, "pack", "invalid_choice"),
]
OF_CLONE: list[tuple[dict[str, Any], str, str]] = [
    ({"pack": "travel", "prompt": "x"}, "prompt", "unused"),
    ({"pack": "travel", "count": 2}, "count", "unused"),
    ({"pack": "travel", "enhance": True}, "enhance", "unused"),
    ({"pack": "travel", "shots": []}, "shots", "min_length"),
    ({"pack": "travel", "shots": [6]}, "shots", "max_value"),
    ({"pack": "travel", "shots": [1, 1]}, "shots", "duplicate"),
    ({"pack": "travel", "shots": [-1]}, "shots.0", "min_value"),
    ({"pack": "travel", "shots": ["sea"]}, "shots.0", "invalid"),
    ({"prompt": "x", "clone_scale": 0.1}, "clone_scale", "min_value"),
    ({"prompt": "x", "clone_scale": 1.6}, "clone_scale", "max_value"),
    ({"prompt": "x", "clone_scale": "nan"}, "clone_scale", "invalid"),
    ({"prompt": "x", "clone_scale": "much"}, "clone_scale", "invalid"),
]


WRONG_PICTURES = NOBODY_SEEN + [
    ({**change, "clone_id": UNKNOWN}, field, code) for change, field, code in OF_CLONE
]


@pytest.mark.parametrize(
    "wrong",
    WRONG_PICTURES,
    ids=[f"{field} {code} {n}" for n, (_, field, code) in enumerate(WRONG_PICTURES)],
)
def test_a_wrong_order_of_pictures_is_named_by_its_field(
    api: ApiClient, wrong: tuple[dict[str, Any], str, str]
) -> None:
    change, field, code = wrong
    for path in ("jobs", "credits/quote"):
        assert refusal_of(api.post(path, {"kind": "image", **change})) == [(field, code)]
    assert not Job.objects.exists()


def test_a_clone_in_training_can_be_seen_in_nothing_yet(
    alice: User, api: ApiClient, order: dict[str, Any]
) -> None:
    clone_id = api.post("jobs", order).json()["data"]["clone_id"]
    for body in (
        PORTRAIT | {"clone_id": clone_id},
        {"kind": "thumbnail", "title": "x", "clone_id": clone_id},
        {"kind": "image", "pack": "travel", "clone_id": clone_id},
    ):
        answer = api.post("jobs", body)
        assert code_of(answer) == (409, "conflict")
        said = "“Ada” is still being trained. Wait until it is ready."
        assert answer.json()["detail"] == said
    assert (Job.objects.count(), wallet(alice)) == (1, (140, 60))


# --- Training it again --------------------------------------------------------------------------


def test_one_retraining_is_free_once_for_each_key(alice: User, api: ApiClient, ada: Clone) -> None:
    before = wallet(alice)
    first = api.post(f"clones/{ada.pk}/retrain", Idempotency_Key="again")
    assert (first.status_code, first["Retry-After"]) == (202, "3")
    job = first.json()["data"]
    assert (job["price"], job["clone_id"], job["kind"]) == (0, str(ada.pk), "training")
    assert first["Location"] == f"/api/v1/jobs/{job['id']}"
    replay = api.post(f"clones/{ada.pk}/retrain", Idempotency_Key="again")
    assert (replay.json()["data"], replay["Idempotent-Replayed"]) == (job, "true")
    assert code_of(api.post(f"clones/{ada.pk}/retrain")) == (409, "conflict")
    assert api.get(f"clones/{ada.pk}").json()["data"]["status"] == "processing"

    factories.finish_jobs_of(ada.pk)

    clone = api.get(f"clones/{ada.pk}").json()["data"]
    assert (clone["status"], clone["has_free_retraining"]) == ("ready", False)
    second = api.post(f"clones/{ada.pk}/retrain")
    assert code_of(second) == (409, "conflict")
    assert "used up" in second.json()["detail"]
    assert wallet(alice) == before


def test_one_that_failed_is_trained_again_for_its_price(
    alice: User, api: ApiClient, order: dict[str, Any]
) -> None:
    clone_id = api.post("jobs", order).json()["data"]["clone_id"]
    Job.objects.update(attempts=3)
    factories.finish_jobs_of(clone_id)
    assert wallet(alice) == (200, 0)
    job = api.post(f"clones/{clone_id}/retrain").json()["data"]
    assert (job["price"], wallet(alice)) == (60, (140, 60))
    factories.finish_jobs_of(clone_id)
    clone = api.get(f"clones/{clone_id}").json()["data"]
    assert (clone["status"], clone["error"]) == ("ready", None)


# --- Taking it back -----------------------------------------------------------------------------


def finished(api: ApiClient, answer: Any) -> dict[str, Any]:
    """The receipt once a worker has gone everywhere."""
    assert (answer.status_code, answer["Retry-After"]) == (202, "3")
    receipt = answer.json()["data"]
    assert answer["Location"] == f"/api/v1/removals/{receipt['id']}"
    assert receipt["finished_at"] is None
    factories.finish_jobs_of(receipt["clone_id"])
    removal = Removal.objects.get(pk=receipt["id"])
    assert removals.finish(removal_id=removal.pk)
    done: dict[str, Any] = api.get(f"removals/{removal.pk}").json()["data"]
    assert done["finished_at"]
    return done


def states_of(receipt: dict[str, Any]) -> dict[str, tuple[str, int]]:
    assert all(one["label"] and one["detail"] and one["at"] for one in receipt["places"])
    return {one["place"]: (one["state"], one["count"]) for one in receipt["places"]}


@pytest.mark.parametrize("pictures", ["", "?pictures=false", "?pictures=true"])
def test_a_clone_is_deleted_with_a_receipt_and_leaves_only_chosen_pictures(
    alice: User, api: ApiClient, ada: Clone, photo_ids: list[str], pictures: str
) -> None:
    made = api.post("jobs", PORTRAIT | {"clone_id": str(ada.pk)}).json()["data"]
    factories.finish_jobs_of(ada.pk)

    receipt = finished(api, api.call("DELETE", f"clones/{ada.pk}{pictures}"))

    with_pictures = pictures == "?pictures=true"
    assert (receipt["name"], receipt["reason"]) == ("Ada", "deleted")
    assert (receipt["clone_id"], receipt["with_pictures"]) == (str(ada.pk), with_pictures)
    states = states_of(receipt)
    assert states["photos"] == ("done", 4)
    assert states["proof_shots"] == ("done", 4)
    assert states["pictures"] == (("done", 1) if with_pictures else ("kept", 1))
    assert [one["id"] for one in api.get("removals").json()["data"]] == [receipt["id"]]
    assert api.get("clones").json()["data"] == []
    assert api.get("photos").json()["data"] == []
    kept = api.get(f"jobs/{made['id']}").json()["data"]["assets"]
    assert len(kept) == (0 if with_pictures else 1)
    assert api.get("consents").json()["data"][0]["withdrawn_at"]
    today = f"{clock.now().day} {clock.now():%B %Y}"
    for answer in (
        api.get(f"clones/{ada.pk}"),
        api.call("PATCH", f"clones/{ada.pk}", {"name": "Eve"}),
        api.call("DELETE", f"clones/{ada.pk}"),
        api.post(f"clones/{ada.pk}/retrain"),
        api.post("jobs", PORTRAIT | {"clone_id": str(ada.pk)}),
    ):
        assert code_of(answer) == (404, "not_found")
        said = f"You deleted this clone on {today}, so nothing can be made with it."
        assert answer.json()["detail"] == said


def test_withdrawing_takes_the_pictures_too(api: ApiClient, ada: Clone) -> None:
    receipt = finished(api, api.post(f"clones/{ada.pk}/withdraw"))
    assert (receipt["reason"], receipt["with_pictures"]) == ("withdrawn", True)
    assert api.get(f"assets?clone_id={ada.pk}").json()["data"] == []


def test_a_clone_is_deleted_while_it_trains_and_its_credits_return(
    alice: User, api: ApiClient, order: dict[str, Any]
) -> None:
    job = api.post("jobs", order).json()["data"]
    finished(api, api.call("DELETE", f"clones/{job['clone_id']}"))
    job = api.get(f"jobs/{job['id']}").json()["data"]
    assert (job["status"], job["error"]["code"]) == ("canceled", "clone_deleted")
    assert wallet(alice) == (200, 0)


def test_a_receipt_says_what_it_waits_for(api: ApiClient, order: dict[str, Any]) -> None:
    clone_id = api.post("jobs", order).json()["data"]["clone_id"]
    receipt = api.call("DELETE", f"clones/{clone_id}").json()["data"]
    assert (receipt["places"], receipt["finished_at"]) == ([], None)

    assert not removals.finish(removal_id=receipt["id"])

    receipt = api.get(f"removals/{receipt['id']}").json()["data"]
    assert receipt["finished_at"] is None
    assert receipt["places"][0] == {
        "place": "jobs",
        "label": "Work under way",
        "state": "waiting",
        "count": 0,
        "detail": "What is being made with it is being stopped.",
        "at": None,
    }


def test_a_clone_is_deleted_while_it_is_drawn_and_the_credits_return(
    alice: User, api: ApiClient, ada: Clone
) -> None:
    job = api.post("jobs", PORTRAIT | {"clone_id": str(ada.pk)}).json()["data"]
    finished(api, api.call("DELETE", f"clones/{ada.pk}"))
    job = api.get(f"jobs/{job['id']}").json()["data"]
    assert (job["status"], job["captured"], job["assets"]) == ("canceled", 0, [])
    assert wallet(alice) == (140, 0)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_delete_at_once_one_gets_the_receipt(alice: User) -> None:
    factories.grant(alice, 60)
    ada = factories.make_clone(alice)

    def delete(query: str) -> int:
        try:
            answer = ApiClient(alice).call("DELETE", f"clones/{ada.pk}{query}")
            status: int = answer.status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as together:
        statuses = sorted(together.map(delete, ["", "?pictures=true"]))

    assert statuses == [202, 404]
    assert Removal.objects.get().clone_id == ada.pk


def test_what_to_do_with_the_pictures_is_true_or_false(api: ApiClient, ada: Clone) -> None:
    answer = api.call("DELETE", f"clones/{ada.pk}?pictures=perhaps")
    assert refusal_of(answer) == [("pictures", "invalid")]
    assert not Removal.objects.exists()


def test_strangers_get_nothing_of_clones(ada: Clone) -> None:
    for method, path in (
        ("GET", "clones"),
        ("GET", f"clones/{ada.pk}"),
        ("DELETE", f"clones/{ada.pk}"),
        ("POST", "clones/readiness"),
        ("GET", "clones/trigger-word"),
        ("GET", "packs"),
        ("GET", "removals"),
        ("GET", "consents"),
        ("GET", "consents/agreements"),
    ):
        assert code_of(ApiClient().call(method, path)) == (401, "not_authenticated")
    ada.refresh_from_db()
    assert ada.removed_at is None
