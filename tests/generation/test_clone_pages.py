"""Clones as a browser without JavaScript sees them: the wizard, their pages, how they go away."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from credits import selectors as credits_selectors
from generation.models import Asset, Clone, Consent, Job, Notice, Removal
from generation.services import consents, removals, running
from tests import factories, plain
from tests.people import make_portrait, make_portraits
from visiona.lib import clock

pytestmark = pytest.mark.django_db

DETAILS: dict[str, Any] = {
    "name": "Anna",
    "subject": "person",
    "pictured": "me",
    "consent": "on",
    "trigger_word": "VSNANNA7",
    "steps": 1000,
    "lora_rank": 16,
}


def body_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def available(user: User) -> int:
    return credits_selectors.wallet_of(user=user).available


@pytest.fixture
def rich(alice: User) -> User:
    factories.grant(alice, 100)
    return alice


@pytest.fixture
def portraits(rich: User) -> list[str]:
    return [str(photo.pk) for photo in make_portraits(rich, 4)]


@pytest.fixture
def clone(rich: User) -> Clone:
    return factories.make_clone(rich, name="Anna")


def told(photo_ids: list[str], **changes: Any) -> dict[str, Any]:
    """The details form, filled in."""
    return {**DETAILS, "photo_ids": photo_ids, "submission": uuid4().hex, **changes}


def train(browser: Client, photo_ids: list[str], **changes: Any) -> Any:
    return browser.post("/clones/new/train/", told(photo_ids, **changes))


# --- The wizard -----------------------------------------------------------------------------------


def test_without_clones_the_list_says_what_one_is_and_begins_the_wizard(
    alices_browser: Client,
) -> None:
    body = body_of(alices_browser.get("/clones/"))
    assert "Yourself, in any picture" in body
    assert 'href="/clones/new/"' in body
    assert '<a class="shell-link" href="/clones/" aria-current="page">' in body


def test_photos_are_judged_one_by_one_and_as_a_set(
    alices_browser: Client, rich: User, portraits: list[str]
) -> None:
    dark = make_portrait(rich, 9, face_highlights=0.1)
    query = urlencode({"subject": "person", "photo_ids": [*portraits, str(dark.pk)]}, doseq=True)

    body = body_of(alices_browser.get(f"/clones/new/?{query}"))

    assert "4 photos count</h2>" in body
    assert body.count("<span>Good</span>") == 4
    assert "Poor. Face a window or a lamp: your face is too dark." in body
    assert "Add 8 more good photos for the best likeness." in body
    assert "Add two photos from the side" in body
    assert "What does not count is not learned from, and costs nothing." in body


def test_the_near_duplicate_of_a_photo_is_named_by_its_number(
    alices_browser: Client, rich: User
) -> None:
    first, second = make_portrait(rich, 0), make_portrait(rich, 1, hash=f"{0:016x}")
    Asset.objects.filter(pk=first.pk).update(facts=second.facts)
    query = urlencode({"photo_ids": [first.pk, second.pk]}, doseq=True)

    body = body_of(alices_browser.get(f"/clones/new/?{query}"))

    assert "this one is nearly the same as photo 1." in body
    assert "1 photo counts</h2>" in body


def test_too_few_photos_do_not_lead_on(alices_browser: Client, portraits: list[str]) -> None:
    answer = alices_browser.post("/clones/new/", {"photo_ids": portraits[:3]})
    assert answer.status_code == 422
    assert 'role="alert" id="photos-problem"' in answer.content.decode()
    assert "Add 1 more photo: four is the least." in body_of(answer)

    query = urlencode({"photo_ids": portraits[:3]}, doseq=True)
    back = alices_browser.get(f"/clones/new/details/?{query}")
    assert back["Location"].startswith("/clones/new/?subject=person&photo_ids=")


def test_enough_photos_lead_to_the_details(alices_browser: Client, portraits: list[str]) -> None:
    answer = alices_browser.post("/clones/new/", {"photo_ids": portraits, "subject": "product"})

    assert answer["Location"].startswith("/clones/new/details/?subject=product&photo_ids=")
    body = body_of(alices_browser.get(answer["Location"]))
    assert body.count('name="photo_ids"') == 4
    assert re.search(r'name="trigger_word"[^>]* value="VSN[A-Z2-9]{5}"', body)
    assert 'name="pictured" value="nobody" checked' in body
    for pictured in Consent.Pictured.values:
        agreed = consents.agreement(pictured=pictured)
        assert agreed.statement in body
        assert agreed.retention in body


def test_a_file_that_is_refused_loses_no_other(alices_browser: Client, rich: User) -> None:
    good = SimpleUploadedFile("me.jpg", plain.picture((640, 480)), "image/jpeg")
    bad = SimpleUploadedFile("notes.jpg", b"no picture", "image/jpeg")
    with plain.plain_work():
        answer = alices_browser.post("/clones/new/", {"photos": [good, bad]})

    body = body_of(answer)
    assert answer.status_code == 422
    assert "notes.jpg" in body
    assert "Send a JPEG, PNG, WebP, HEIC or AVIF picture." in body
    assert f'value="{Asset.objects.get().pk}" checked' in body


def test_files_alone_are_taken_and_chosen(alices_browser: Client, rich: User) -> None:
    good = SimpleUploadedFile("me.jpg", plain.picture((640, 480)), "image/jpeg")
    with plain.plain_work():
        answer = alices_browser.post("/clones/new/", {"photos": good, "subject": "person"})
    assert answer["Location"] == f"/clones/new/?subject=person&photo_ids={Asset.objects.get().pk}"


def test_somebody_elses_photos_are_as_if_they_were_not_named(
    alices_browser: Client, bob: User
) -> None:
    photo = make_portrait(bob)
    answer = alices_browser.get(f"/clones/new/?photo_ids={photo.pk}")
    assert answer.status_code == 200
    assert f'value="{photo.pk}"' not in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", "", "Give the clone a name."),
        ("consent", "", consents.AGREE),
        ("pictured", "", consents.SAY_WHO),
        ("trigger_word", "summer", "is an ordinary word"),
        ("trigger_word", "A1", "Use at least 4 letters."),
        ("steps", "9", "Ensure this value is greater than or equal to 300."),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_the_rest_is_kept(
    alices_browser: Client, portraits: list[str], field: str, value: str, problem: str
) -> None:
    form = told(portraits, **{field: value})
    answer = alices_browser.post("/clones/new/details/", form)

    body = body_of(answer)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in body
    assert problem in body
    assert body.count('name="photo_ids"') == 4
    assert field == "name" or 'value="Anna"' in body
    assert not Job.objects.exists()


def test_the_review_says_what_happens_and_what_it_costs(
    alices_browser: Client, rich: User, portraits: list[str]
) -> None:
    poor = make_portrait(rich, 9, faces=0)
    body = body_of(alices_browser.post("/clones/new/details/", told([*portraits, str(poor.pk)])))

    assert "4 photos to learn from" in body
    assert "Does not count, costs nothing" in body
    assert "Train clone · 60 credits" in body
    assert "No model is trained; connect Replicate for that." in body
    assert "The photos are deleted 30 days after the training." in body
    assert "I am the person in these photos" in body
    assert "You have 120." in body


def test_from_the_review_one_can_go_back_with_everything_kept(
    alices_browser: Client, portraits: list[str]
) -> None:
    answer = alices_browser.post("/clones/new/details/", told(portraits, edit="1"))
    body = body_of(answer)
    assert answer.status_code == 200
    assert 'value="Anna"' in body
    assert 'value="VSNANNA7"' in body
    assert body.count('name="photo_ids"') == 4


def test_a_clone_is_ordered_once_however_often_the_form_is_sent(
    alices_browser: Client, rich: User, portraits: list[str]
) -> None:
    form = told(portraits)
    answers = [alices_browser.post("/clones/new/train/", form) for _ in range(2)]

    clone = Clone.objects.get()
    assert [answer["Location"] for answer in answers] == [f"/clones/{clone.pk}/"] * 2
    assert (clone.name, clone.trigger_word, clone.photo_count) == ("Anna", "VSNANNA7", 4)
    assert Consent.objects.get().pictured == "me"
    assert available(rich) == 60


def test_without_enough_credits_the_order_says_so_and_nothing_happens(
    alices_browser: Client, alice: User
) -> None:
    photo_ids = [str(photo.pk) for photo in make_portraits(alice, 4)]
    review = body_of(alices_browser.post("/clones/new/details/", told(photo_ids)))
    assert (
        'You have 20. This needs 60. <a class="link whitespace-nowrap" href="/pricing/">' in review
    )

    answer = train(alices_browser, photo_ids)

    assert answer.status_code == 402
    assert not Clone.objects.exists()
    assert available(alice) == 20


def test_what_the_order_is_refused_for_is_shown_at_its_step(
    alices_browser: Client, clone: Clone, portraits: list[str]
) -> None:
    taken = train(alices_browser, portraits, trigger_word=clone.trigger_word)
    assert taken.status_code == 422
    assert "Another clone of yours has this word." in body_of(taken)

    few = train(alices_browser, portraits[:2])
    assert few.status_code == 422
    assert "2 of these 2 photos can be used." in body_of(few)

    incomplete = train(alices_browser, portraits, consent="")
    assert incomplete.status_code == 422
    assert Clone.objects.count() == 1


# --- A clone's page -------------------------------------------------------------------------------


def test_while_it_is_trained_the_page_says_how_far_it_is(
    alices_browser: Client, rich: User
) -> None:
    job = factories.order_clone(rich, name="Anna")

    body = body_of(alices_browser.get(f"/clones/{job.clone_id}/"))

    assert f'id="job-{job.pk}"' in body
    assert "You can close this page: we mail you when Anna is ready." in body
    assert "Waiting for its turn" in body
    assert "60 credits</span> are held. Cancel, and they come back." in body
    listed = body_of(alices_browser.get("/clones/"))
    assert f'id="job-{job.pk}"' in listed
    assert "Make pictures" not in listed


def test_a_canceled_training_returns_its_credits_and_can_be_begun_again(
    alices_browser: Client, rich: User
) -> None:
    job = factories.order_clone(rich, name="Anna")
    alices_browser.post(f"/jobs/{job.pk}/cancel/")
    factories.finish_jobs_of(job.clone_id)
    assert available(rich) == 120

    body = body_of(alices_browser.get(f"/clones/{job.clone_id}/"))
    assert "The training was canceled" in body
    assert 'Credits returned: <span class="credits">60</span>' in body
    assert "It costs 60 credits, which come back if it fails again." in body
    assert "See what happened" in body_of(alices_browser.get("/clones/"))

    answer = alices_browser.post(f"/clones/{job.clone_id}/retrain/")
    assert answer["Location"] == f"/clones/{job.clone_id}/"
    assert available(rich) == 60


def test_a_ready_clone_shows_its_proof_its_packs_and_its_facts(
    alices_browser: Client, clone: Clone
) -> None:
    body = body_of(alices_browser.get(f"/clones/{clone.pk}/"))

    assert body.count('data-panel="') == 4
    assert f'href="/studio/image/?clone={clone.pk}"' in body
    assert "Train again · free" in body
    assert body.count("Order · 30 credits") == 3
    assert 'deleted in <span class="figure">30</span> days' in body
    assert 'version <span class="figure">2026-11</span>' in body
    assert "Local profile: your own photos, cut out and set into scenes on this server." in body
    assert "Nothing yet." in body
    listed = body_of(alices_browser.get("/clones/"))
    assert "0 pictures" in listed
    assert "Ready" in listed


def test_the_proof_shots_develop_in_sight(alices_browser: Client, rich: User) -> None:
    job = factories.order_clone(rich, name="Anna")
    with plain.plain_work():
        factories.finish_jobs_of(job.clone_id)
    proof = Job.objects.get(kind="image")

    body = body_of(alices_browser.get(f"/clones/{job.clone_id}/"))

    assert f'id="job-{proof.pk}"' in body
    assert "Proof shots" in body


def test_a_bad_likeness_is_trained_again_once_for_nothing(
    alices_browser: Client, rich: User, clone: Clone
) -> None:
    alices_browser.post(f"/clones/{clone.pk}/retrain/")
    assert available(rich) == 60
    with plain.plain_work():
        factories.finish_jobs_of(clone.pk)

    body = body_of(alices_browser.get(f"/clones/{clone.pk}/"))
    assert "The one free retraining of this clone is used up." in body
    again = alices_browser.post(f"/clones/{clone.pk}/retrain/", follow=True)
    assert "The one free retraining of this clone is used up." in body_of(again)
    assert Job.objects.filter(kind="training").count() == 2


def test_a_clone_is_renamed(alices_browser: Client, clone: Clone) -> None:
    answer = alices_browser.post(f"/clones/{clone.pk}/name/", {"name": "Anna in red"})
    assert answer["Location"] == f"/clones/{clone.pk}/"
    assert Clone.objects.get().name == "Anna in red"

    refused = alices_browser.post(f"/clones/{clone.pk}/name/", {"name": " "})
    assert refused.status_code == 422
    assert "Give the clone a name." in body_of(refused)
    assert Clone.objects.get().name == "Anna in red"


def test_a_pack_is_ordered_once_and_single_pictures_of_it_again(
    alices_browser: Client, rich: User, clone: Clone
) -> None:
    form = {"pack": "travel", "aspect_ratio": "4:5", "submission": uuid4().hex}
    answers = [alices_browser.post(f"/clones/{clone.pk}/packs/", form) for _ in range(2)]
    pack = Job.objects.get(params__pack="travel")
    assert [answer["Location"] for answer in answers] == [f"/jobs/{pack.pk}/"] * 2
    assert (pack.price, pack.pieces, available(rich)) == (30, 6, 30)
    with plain.plain_work():
        factories.finish_jobs_of(clone.pk)

    body = body_of(alices_browser.get(f"/jobs/{pack.pk}/"))
    assert "<h1" in body
    assert "Around the world</h1>" in body
    assert body.count('name="shots"') == 6
    assert "5 credits each" in body

    chosen = {**form, "submission": uuid4().hex, "is_choice": "1", "shots": ["1", "4"]}
    alices_browser.post(f"/clones/{clone.pk}/packs/", chosen)
    redone = Job.objects.exclude(pk=pack.pk).get(params__pack="travel")
    assert (redone.params["shots"], redone.price) == ([1, 4], 10)
    with plain.plain_work():
        factories.finish_jobs_of(clone.pk)
    again = body_of(alices_browser.get(f"/jobs/{redone.pk}/"))
    assert re.findall(r'name="shots" value="(\d)"', again) == ["1", "4"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"pack": "proof"}, "Choose one of the packs."),
        ({"pack": "travel", "is_choice": "1"}, "Choose one picture at least."),
        ({"pack": "travel", "shots": "9"}, "Choose one picture at least."),
    ],
)
def test_a_pack_that_is_not_on_offer_costs_nothing(
    alices_browser: Client, rich: User, clone: Clone, changes: dict[str, str], problem: str
) -> None:
    form = {"aspect_ratio": "4:5", "submission": uuid4().hex, **changes}
    answer = alices_browser.post(f"/clones/{clone.pk}/packs/", form, follow=True)
    assert problem in body_of(answer)
    assert available(rich) == 60


def test_a_training_has_a_page_without_a_surprising_retry(
    alices_browser: Client, clone: Clone
) -> None:
    assert clone.job
    body = body_of(alices_browser.get(f"/jobs/{clone.job.pk}/"))
    assert "Your clone is ready" in body
    assert "Open the clone" in body
    assert "Use these settings" not in body
    assert "Try again" not in body
    assert clone.trigger_word in body


# --- How a clone goes away ------------------------------------------------------------------------


def finished(removal: Removal) -> str:
    assert removals.finish(removal_id=removal.pk)
    return f"/clones/receipts/{removal.pk}/"


def test_a_clone_goes_when_its_name_is_typed_and_leaves_a_receipt(
    alices_browser: Client, clone: Clone
) -> None:
    address = f"/clones/{clone.pk}/delete/"
    assert "Type its name: Anna" in body_of(alices_browser.get(address))
    wrong = alices_browser.post(address, {"name": "Bob"})
    assert wrong.status_code == 422
    assert "Type the name of the clone: Anna" in body_of(wrong)
    assert not Removal.objects.exists()

    answer = alices_browser.post(address, {"name": "anna"})

    removal = Removal.objects.get()
    assert answer["Location"] == f"/clones/receipts/{removal.pk}/"
    assert not removal.with_pictures
    waiting = body_of(alices_browser.get(answer["Location"]))
    assert "Being taken away now." in waiting
    assert 'hx-trigger="every 3s"' in waiting

    done = body_of(alices_browser.get(finished(removal)))
    assert "Everything that had to go is gone" in done
    assert "Proof shots" in done
    assert "every 3s" not in done
    assert 'data-state="kept"' in done
    gone = alices_browser.get(f"/clones/{clone.pk}/")
    assert gone.status_code == 404
    assert "You deleted this clone on" in body_of(gone)


def test_a_withdrawn_consent_takes_every_picture_along(
    alices_browser: Client, clone: Clone
) -> None:
    assert "every picture made with it are deleted" in body_of(
        alices_browser.get(f"/clones/{clone.pk}/withdraw/")
    )
    alices_browser.post(f"/clones/{clone.pk}/withdraw/")

    removal = Removal.objects.get()
    assert (removal.with_pictures, removal.reason) == (True, "withdrawn")
    body = body_of(alices_browser.get(finished(removal)))
    assert "Consent withdrawn: “Anna”" in body
    assert "with the pictures made with it" in body


def test_consents_and_receipts_are_on_the_privacy_page(
    alices_browser: Client, clone: Clone
) -> None:
    assert "What you agreed to" in body_of(alices_browser.get("/account/privacy/"))
    alices_browser.post(f"/clones/{clone.pk}/withdraw/")
    removal = Removal.objects.get()

    body = body_of(alices_browser.get("/account/privacy/"))

    assert f'href="/clones/receipts/{removal.pk}/"' in body
    assert "taken back on" in body
    assert "I am the person in these photos" in body


@pytest.mark.parametrize("place", ["", "delete/", "withdraw/"])
def test_a_stranger_finds_no_clone(client: Client, bob: User, clone: Clone, place: str) -> None:
    client.force_login(bob)
    assert client.get(f"/clones/{clone.pk}/{place}").status_code == 404


@pytest.mark.parametrize("place", ["name/", "retrain/", "packs/", "delete/", "withdraw/"])
def test_a_stranger_changes_no_clone(client: Client, bob: User, clone: Clone, place: str) -> None:
    client.force_login(bob)
    jobs = Job.objects.count()
    answer = client.post(f"/clones/{clone.pk}/{place}", {"name": "Anna", "pack": "travel"})
    assert answer.status_code == 404
    assert not Removal.objects.exists()
    assert (Clone.objects.get().name, Job.objects.count()) == ("Anna", jobs)


def test_a_strangers_receipt_is_not_found(
    client: Client, rich: User, bob: User, clone: Clone
) -> None:
    removal = factories.remove_clone(rich, clone.pk)
    client.force_login(bob)
    assert client.get(f"/clones/receipts/{removal.pk}/").status_code == 404


# --- Clones in the studio and in the library ------------------------------------------------------


def order(browser: Client, kind: str, **fields: Any) -> Any:
    usual = {"aspect_ratio": "1:1", "count": 1, "submission": uuid4().hex}
    return browser.post(f"/studio/{kind}/", {**usual, **fields})


def test_a_clone_is_chosen_in_the_studio_and_seen_in_the_picture(
    alices_browser: Client, clone: Clone
) -> None:
    body = body_of(alices_browser.get(f"/studio/?clone={clone.pk}"))
    assert "Make an image" in body
    assert f'name="clone_id" value="{clone.pk}" data-quote checked' in body
    assert "Local profile: your own photos" in body

    order(alices_browser, "image", prompt="Anna at the sea", clone_id=clone.pk, clone_scale="1.2")

    job = Job.objects.get(params__prompt="Anna at the sea")
    assert (job.clone_id, job.params["clone_scale"]) == (clone.pk, 1.2)
    with plain.plain_work():
        factories.finish_jobs_of(clone.pk)
    made = Asset.objects.get(job=job)
    facts = body_of(alices_browser.get(f"/library/{made.pk}/"))
    assert (
        f'<dt>Clone</dt><dd><a class="link" href="/clones/{clone.pk}/" dir="auto">Anna</a>' in facts
    )
    assert "Anna" in body_of(alices_browser.get(f"/library/{made.pk}/panel/"))
    page = body_of(alices_browser.get(f"/clones/{clone.pk}/"))
    assert "All 1 in the library" in page
    remix = body_of(alices_browser.get(f"/studio/?remix={made.pk}"))
    assert f'name="clone_id" value="{clone.pk}" data-quote checked' in remix


def test_a_second_clone_may_be_in_the_picture(
    alices_browser: Client, rich: User, clone: Clone
) -> None:
    factories.grant(rich, 60)
    other = factories.make_clone(
        rich,
        name="Ben",
        photo_ids=[str(photo.pk) for photo in make_portraits(rich, 4)],
    )
    order(alices_browser, "image", prompt="Two", clone_id=clone.pk, extra_clone_id=other.pk)
    job = Job.objects.get(params__prompt="Two")
    assert job.params["extra_clone_id"] == str(other.pk)
    assert job.params["extra_clone_scale"] == 1.0
    with plain.plain_work():
        factories.finish_jobs_of(clone.pk)
    facts = body_of(alices_browser.get(f"/library/{Asset.objects.get(job=job).pk}/"))
    assert "Second clone" in facts

    same = order(alices_browser, "image", prompt="X", clone_id=clone.pk, extra_clone_id=clone.pk)
    assert "Choose two different clones." in body_of(same)


def test_a_pack_is_ordered_in_the_studio(alices_browser: Client, clone: Clone) -> None:
    quote = f"/studio/image/quote/?count=1&pack=creator&clone_id={clone.pk}"
    body = body_of(alices_browser.get(quote))
    assert '<span class="credits text-xl font-medium">30</span>' in body
    assert 'hx-target="#maker"' in body

    order(alices_browser, "image", pack="creator", clone_id=clone.pk)

    job = Job.objects.get(params__pack="creator")
    assert (job.pieces, job.price, job.title) == (6, 30, "Creator")
    again = body_of(alices_browser.get(f"/studio/?from={job.pk}"))
    assert 'name="pack" value="creator" data-quote checked' in again


def test_a_pack_needs_a_clone(alices_browser: Client, clone: Clone) -> None:
    answer = order(alices_browser, "image", pack="creator")
    assert answer.status_code == 422
    assert "Say what the picture is to show." in body_of(answer)


def test_a_thumbnail_shows_a_photo_or_a_clone(alices_browser: Client, clone: Clone) -> None:
    photo = clone.photo_ids[0]
    fields = {"title": "Me", "style": "bold", "color_scheme": "sunset", "clone_id": clone.pk}
    both = order(alices_browser, "thumbnail", **fields, photo_id=photo)
    assert both.status_code == 422
    assert "Choose a photo or a clone, not both." in body_of(both)
    assert order(alices_browser, "thumbnail", **fields)["Location"].startswith("/jobs/")


def test_somebody_elses_clone_cannot_be_shown(client: Client, bob: User, clone: Clone) -> None:
    client.force_login(bob)
    answer = order(client, "image", prompt="Her", clone_id=clone.pk)
    assert answer.status_code == 404
    assert not Job.objects.filter(user_id=bob.pk).exists()
    body = body_of(client.get(f"/studio/image/?clone={clone.pk}"))
    assert f'value="{clone.pk}"' not in body


def test_a_clone_that_is_gone_is_left_out_of_a_remix(
    alices_browser: Client, rich: User, clone: Clone
) -> None:
    order(alices_browser, "image", prompt="Anna", clone_id=clone.pk)
    with plain.plain_work():
        factories.finish_jobs_of(clone.pk)
    made = Asset.objects.get(params__prompt="Anna")
    factories.remove_clone(rich, clone.pk)

    body = body_of(alices_browser.get(f"/studio/?remix={made.pk}"))

    assert str(clone.pk) not in body
    assert "a clone that is gone" in body_of(alices_browser.get(f"/library/{made.pk}/"))


def test_the_library_is_filtered_by_clone(alices_browser: Client, rich: User, clone: Clone) -> None:
    factories.make_job(rich)
    with plain.plain_work():
        running.run_due(queue="quick")
    found = body_of(alices_browser.get(f"/library/?clone={clone.pk}"))
    assert found.count('class="shot"') == 4
    assert f'<option value="{clone.pk}" selected>Anna</option>' in found
    assert body_of(alices_browser.get("/library/")).count('class="shot"') == 5
    assert "Nothing matches" in body_of(alices_browser.get(f"/library/?clone={uuid4()}"))


# --- Notices --------------------------------------------------------------------------------------


def test_the_bell_counts_what_was_not_seen_and_the_page_shows_it(
    alices_browser: Client, clone: Clone
) -> None:
    assert "Notices, 1 new" in body_of(alices_browser.get("/clones/"))
    assert "Notices, 1 new" in body_of(alices_browser.get("/notices/bell/"))

    body = body_of(alices_browser.get("/notices/"))

    assert "“Anna” is ready." in body
    assert f'href="/clones/{clone.pk}/"' in body
    assert "New" in body
    assert Notice.objects.get().seen_at
    assert "Notices, 1 new" not in body_of(alices_browser.get("/clones/"))


def test_the_notice_of_a_clone_that_is_gone_leads_to_no_clone(
    alices_browser: Client, rich: User, clone: Clone
) -> None:
    factories.remove_clone(rich, clone.pk)
    body = body_of(alices_browser.get("/notices/"))
    assert "A clone that you have deleted since." in body
    assert f'href="/clones/{clone.pk}/"' not in body


def test_nobodys_notices_are_somebody_elses(client: Client, bob: User, clone: Clone) -> None:
    client.force_login(bob)
    assert "Nothing yet" in body_of(client.get("/notices/"))
    assert Notice.objects.get().seen_at is None


def test_photos_that_are_gone_are_said_to_be(alices_browser: Client, clone: Clone) -> None:
    Clone.objects.update(photos_kept_until=clock.now() - timedelta(days=1))
    removals.delete_old_photos()
    body = body_of(alices_browser.get(f"/clones/{clone.pk}/"))
    assert "deleted on" in body
    assert "Its photos are deleted by now, so it cannot be trained again." in body
