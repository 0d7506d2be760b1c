"""Clones on this machine: trained, shown, trained again, and taken back to the last trace."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import TestCase

from accounts.models import IdempotencyKey, User
from credits import selectors as credits_selectors
from credits.errors import InsufficientCredits
from generation import catalog, selectors
from generation.errors import JobNotRetryable
from generation.models import Asset, Clone, Consent, Job, Notice, Removal, Step, Upload
from generation.pipelines.base import Likeness
from generation.pipelines.likeness import named
from generation.providers import local
from generation.providers.base import PortraitOrder
from generation.services import (
    clones,
    consents,
    jobs,
    notices,
    removals,
    running,
    trainings,
    triggers,
)
from tests import factories
from tests.clients import ApiClient
from tests.people import make_portrait, make_portraits
from tests.plain import plain_work
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user
from visiona.lib.errors import Conflict, InvalidInput, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with plain_work():
        yield
        monkeypatch.undo()  # what a test put over the plain work is taken off before it


@pytest.fixture
def anna() -> User:
    return factories.make_user("anna@example.com", extra_credits=60)


def order(user: User, **changes: Any) -> Job:
    """Order a clone of somebody."""
    if "photo_ids" not in changes:
        changes["photo_ids"] = [str(photo.pk) for photo in make_portraits(user)]
    wanted = {"name": "Anna", "subject": "person", "consent": True, **changes}
    with act_as_user(user.pk):
        return jobs.submit(user=user, kind="training", params=wanted, request_id="tests-request")


def work() -> None:
    """Let workers do all that waits, with what follows each of their commits."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        while any(running.run_due(queue=queue) for queue in catalog.QUEUES):
            pass


def trained(user: User, **changes: Any) -> Clone:
    """A clone of somebody that is ready."""
    job = order(user, **changes)
    work()
    clone = Clone.objects.get(job=job)
    assert clone.is_ready
    return clone


def wallet(user: User) -> tuple[int, int]:
    found = credits_selectors.wallet_of(user=user)
    return found.available, found.held


def paths_of(user: User) -> list[str]:
    """The names of everything that is stored for somebody."""
    found: list[str] = []
    folders = [f"people/{user.pk}"]
    while folders:
        folder = folders.pop()
        if not default_storage.exists(folder):
            continue
        inner, names = default_storage.listdir(folder)
        found += [f"{folder}/{name}" for name in names]
        folders += [f"{folder}/{name}" for name in inner]
    return found


def test_a_clone_is_trained_once_paid_once_and_shown_for_nothing(anna: User) -> None:
    job = order(anna, trigger_word="ANNA77", steps=800)
    clone = Clone.objects.get(job=job)
    assert (job.price, job.provider, job.queue) == (60, "local", "films")
    assert (clone.status, clone.trigger_word, clone.photo_count) == ("processing", "ANNA77", 6)
    assert clone.parameters == {"steps": 800, "lora_rank": 16}
    assert wallet(anna) == (20, 60)

    work()

    clone.refresh_from_db()
    job.refresh_from_db()
    assert (job.status, job.captured) == ("succeeded", 60)
    assert (clone.status, clone.provider, clone.weights) == ("ready", "local", "")
    assert len(clone.profile) == 6
    assert clone.photos_kept_until is not None
    assert timedelta(days=29) < clone.photos_kept_until - clock.now() <= timedelta(days=30)
    assert wallet(anna) == (20, 0)
    proof = Job.objects.get(kind="image")
    assert (proof.price, proof.pieces, proof.status) == (0, 4, "succeeded")
    shots = list(selectors.proof_of(user=anna, clone=clone))
    assert [shot.title for shot in shots] == [shot.title for shot in catalog.PROOF.shots]
    assert {shot.clone_id for shot in shots} == {clone.pk}
    topics = Notice.objects.filter(user_id=anna.pk).values_list("topic", flat=True)
    assert list(topics) == ["clone_ready"]


def test_the_consent_is_kept_word_for_word(anna: User) -> None:
    job = order(anna, pictured="other")

    consent = Consent.objects.get(clone_id=job.params["clone_id"])

    assert (consent.version, consent.retention_days, consent.is_adult) == (
        consents.VERSION,
        30,
        True,
    )
    assert consent.text == consents.agreement(pictured="other").text
    assert "has agreed to this in writing" in consent.text
    assert consent.withdrawn_at is None


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"consent": False}, "consent", "required"),
        ({"consent": None}, "consent", "required"),
        ({"pictured": "a friend"}, "pictured", "invalid_choice"),
        ({"name": "  "}, "name", "blank"),
        ({"trigger_word": "portrait"}, "trigger_word", "common_word"),
        ({"trigger_word": "Woman"}, "trigger_word", "common_word"),
        ({"trigger_word": "my self"}, "trigger_word", "invalid"),
        ({"trigger_word": "VS"}, "trigger_word", "min_length"),
        ({"trigger_word": "7ANNA"}, "trigger_word", "invalid"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_changes_nothing(
    anna: User, changes: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        order(anna, **changes)

    assert [(one.field, one.code) for one in refused.value.errors] == [(field, code)]
    assert not Clone.objects.exists()
    assert not Consent.objects.exists()
    assert not Job.objects.exists()
    assert wallet(anna) == (80, 0)


def test_too_few_photos_that_count_are_refused_with_what_is_missing(anna: User) -> None:
    good = make_portraits(anna, 3)
    wrong = [make_portrait(anna, 10, faces=0), make_portrait(anna, 11, faces=2)]
    copy = make_portrait(anna, 12, hash=good[0].facts["portrait"]["hash"])

    with pytest.raises(InvalidInput) as refused:
        order(anna, photo_ids=[str(photo.pk) for photo in (*good, *wrong, copy)])

    (error,) = refused.value.errors
    assert (error.field, error.code) == ("photo_ids", "not_ready")
    assert error.detail.startswith("3 of these 6 photos can be used. Add 1 more photo")
    assert wallet(anna) == (80, 0)


def test_wrong_photos_do_not_count_and_are_not_learned_from(anna: User) -> None:
    good, wrong = make_portraits(anna, 4), make_portrait(anna, 10, faces=0)

    job = order(anna, photo_ids=[str(photo.pk) for photo in (wrong, *good)])

    assert job.price == 60
    assert job.params["photo_ids"] == [str(photo.pk) for photo in good]
    clone = Clone.objects.get(job=job)
    assert clone.photo_count == 5
    assert set(clone.photo_ids) == {str(photo.pk) for photo in (wrong, *good)}


def test_photos_of_somebody_else_are_not_found_and_nothing_happens(anna: User) -> None:
    bob = factories.make_user("bob@example.com")
    theirs = [str(photo.pk) for photo in make_portraits(bob, 4)]

    with pytest.raises(NotFound):
        order(anna, photo_ids=theirs)

    assert not Clone.objects.exists()
    assert wallet(anna) == (80, 0)


def test_without_the_credits_no_clone_is_left() -> None:
    poor = factories.make_user("poor@example.com")

    with pytest.raises(InsufficientCredits):
        order(poor)

    assert not Clone.objects.exists()
    assert not Consent.objects.exists()


def test_a_trigger_word_is_unique_for_a_person_in_whatever_case(anna: User) -> None:
    factories.grant(anna, 60)
    first = order(anna, trigger_word="VSNANNA")
    photo_ids = Clone.objects.get(job=first).photo_ids

    with pytest.raises(InvalidInput) as refused:
        order(anna, trigger_word="vsnanna", photo_ids=photo_ids)

    assert [one.code for one in refused.value.errors] == ["taken"]
    bob = factories.make_user("bob@example.com", extra_credits=60)
    assert order(bob, trigger_word="VSNANNA").params["trigger_word"] == "VSNANNA"


def test_a_suggested_trigger_word_is_one_that_is_taken(anna: User) -> None:
    with act_as_user(anna.pk):
        words = {triggers.suggest(user=anna) for _ in range(20)}
        assert len(words) == 20
        assert {triggers.checked(user=anna, word=word) for word in words} == words


def test_the_same_submission_makes_one_clone(anna: User) -> None:
    photo_ids = [str(photo.pk) for photo in make_portraits(anna)]
    wanted = {"name": "Anna", "subject": "person", "consent": True, "photo_ids": photo_ids}
    with act_as_user(anna.pk):
        submitted = [
            jobs.submit(
                user=anna, kind="training", params=wanted, request_id="r", idempotency_key="once"
            )
            for _ in range(2)
        ]

    assert submitted[0].pk == submitted[1].pk
    assert Clone.objects.count() == 1


def test_a_training_that_fails_leaves_a_failed_clone_the_credits_and_a_mail(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = order(anna)
    Job.objects.filter(pk=job.pk).update(attempts=running.MAX_ATTEMPTS)

    work()

    clone = Clone.objects.get(job=job)
    job.refresh_from_db()
    assert (job.status, job.error_code, job.released) == ("failed", "gave_up", 60)
    assert clone.status == "failed"
    assert clone.photos_kept_until is not None
    assert wallet(anna) == (80, 0)
    assert Notice.objects.get(job=job).topic == "job_failed"

    with act_as_user(anna.pk):
        again = jobs.retrain(user=anna, clone_id=clone.pk, request_id="r")
    assert (again.price, again.clone_id) == (60, clone.pk)
    work()
    clone.refresh_from_db()
    assert clone.is_ready
    assert wallet(anna) == (20, 0)


def test_a_canceled_training_returns_the_credits_and_says_so(anna: User) -> None:
    job = order(anna)
    with act_as_user(anna.pk):
        jobs.cancel(user=anna, job_id=job.pk)

    work()

    job.refresh_from_db()
    assert (job.status, job.released) == ("canceled", 60)
    assert Clone.objects.get(job=job).status == "failed"
    assert wallet(anna) == (80, 0)
    assert Notice.objects.get(job=job).topic == "job_failed"


def test_one_retraining_is_free_and_only_one(anna: User) -> None:
    clone = trained(anna)
    with act_as_user(anna.pk):
        job = jobs.retrain(user=anna, clone_id=clone.pk, request_id="r")
    assert (job.price, job.reservation_id) == (0, None)
    clone.refresh_from_db()
    assert clone.status == "processing"
    with act_as_user(anna.pk), pytest.raises(Conflict):
        jobs.retrain(user=anna, clone_id=clone.pk, request_id="r")
    before = clone.profile_files

    work()

    clone.refresh_from_db()
    assert clone.is_ready
    assert not clone.has_free_retraining
    assert not before & clone.profile_files
    stored = {path for path in paths_of(anna) if "/clones/" in path}
    assert stored == clone.profile_files
    assert selectors.proof_of(user=anna, clone=clone).count() == 4
    with act_as_user(anna.pk), pytest.raises(Conflict):
        jobs.retrain(user=anna, clone_id=clone.pk, request_id="r")
    assert wallet(anna) == (20, 0)


def test_a_free_retraining_that_fails_leaves_the_clone_and_the_free_try(anna: User) -> None:
    clone = trained(anna)
    with act_as_user(anna.pk):
        job = jobs.retrain(user=anna, clone_id=clone.pk, request_id="r")
    Job.objects.filter(pk=job.pk).update(attempts=running.MAX_ATTEMPTS)

    work()

    clone.refresh_from_db()
    assert clone.is_ready
    assert clone.has_free_retraining
    assert len(clone.profile) == 6


def make_picture(user: User, clone: Clone, **params: Any) -> Job:
    return factories.make_job(user, kind="image", clone_id=str(clone.pk), **params)


def test_pictures_with_a_clone_are_made_by_its_likeness(anna: User) -> None:
    clone = trained(anna)

    job = make_picture(anna, clone, prompt="Anna at the beach", count=2)
    work()

    job.refresh_from_db()
    assert (job.status, job.clone_id, job.captured) == ("succeeded", clone.pk, 10)
    made = selectors.assets_of_job(job=job)
    assert [asset.clone_id for asset in made] == [clone.pk] * 2
    assert clone.trigger_word not in made[0].prompt


def test_a_pack_has_one_quote_and_pictures_of_their_own(anna: User) -> None:
    factories.grant(anna, 30)
    clone = trained(anna)
    params = {"pack": "headshots", "clone_id": str(clone.pk)}
    with act_as_user(anna.pk):
        assert jobs.quote(kind="image", params=params, user=anna).price == 30

    job = make_picture(anna, clone, prompt="", pack="headshots")
    work()

    job.refresh_from_db()
    assert (job.status, job.price, job.captured, job.pieces) == ("succeeded", 30, 30, 6)
    made = list(selectors.assets_of_job(job=job))
    assert [asset.prompt for asset in made] == [shot.prompt for shot in catalog.HEADSHOTS.shots]
    again = make_picture(anna, clone, prompt="", pack="headshots", shots=[1, 4])
    work()
    again.refresh_from_db()
    assert (again.price, again.captured) == (10, 10)
    titles = [asset.title for asset in selectors.assets_of_job(job=again)]
    assert titles == [catalog.HEADSHOTS.shots[number].title for number in (1, 4)]


def test_a_clone_of_somebody_else_is_not_there(anna: User) -> None:
    bob = factories.make_user("bob@example.com", extra_credits=60)
    theirs = trained(bob)

    with pytest.raises(NotFound):
        make_picture(anna, theirs)

    with act_as_user(anna.pk), pytest.raises(NotFound):
        clones.remove(user=anna, clone_id=theirs.pk, with_pictures=True)
    assert Clone.objects.get(pk=theirs.pk).removed_at is None


def test_a_clone_that_is_not_ready_cannot_be_seen_yet(anna: User) -> None:
    job = order(anna)

    with pytest.raises(Conflict, match="still being trained"):
        make_picture(anna, Clone.objects.get(job=job))

    assert wallet(anna) == (20, 60)


def test_withdrawal_stops_everything_at_once_and_erases_every_trace(anna: User) -> None:
    clone = trained(anna)
    made = make_picture(anna, clone, prompt="Anna at sea")
    work()
    waiting = make_picture(anna, clone, prompt="Anna in the hills")
    assert wallet(anna) == (10, 5)

    with act_as_user(anna.pk):
        receipt = clones.withdraw(user=anna, clone_id=clone.pk)

    assert wallet(anna) == (15, 0)
    waiting.refresh_from_db()
    assert waiting.status == "canceled"
    with pytest.raises(NotFound, match="You deleted this clone"):
        make_picture(anna, clone)
    consent = Consent.objects.get(clone_id=clone.pk)
    assert consent.withdrawn_at is not None

    assert removals.finish(removal_id=receipt.pk)

    assert not Clone.objects.exists()
    assert not Asset.objects.filter(user_id=anna.pk).exists()
    assert not Upload.objects.filter(user_id=anna.pk).exists()
    assert not Step.objects.filter(user_id=anna.pk).exists()
    assert paths_of(anna) == []
    made.refresh_from_db()
    assert made.params == {}
    training = Job.objects.get(kind="training")
    assert (training.params, training.captured) == ({}, 60)


def test_the_receipt_names_every_place_with_its_result_and_time(anna: User) -> None:
    clone = trained(anna)
    make_picture(anna, clone, prompt="Anna at sea")
    work()

    with act_as_user(anna.pk):
        receipt = clones.withdraw(user=anna, clone_id=clone.pk)
    removals.finish(removal_id=receipt.pk)

    receipt.refresh_from_db()
    assert receipt.finished_at is not None
    assert [line["place"] for line in receipt.places] == list(removals.PLACES)
    states = {line["place"]: (line["state"], line["count"]) for line in receipt.places}
    assert states["photos"] == ("done", 6)
    assert states["profile"] == ("done", 6)
    assert states["proof_shots"] == ("done", 4)
    assert states["pictures"] == ("done", 1)
    assert all(line["at"] for line in receipt.places)


def test_pictures_stay_where_they_are_to_be_kept(anna: User) -> None:
    clone = trained(anna)
    job = make_picture(anna, clone)
    work()

    with act_as_user(anna.pk):
        receipt = clones.remove(user=anna, clone_id=clone.pk, with_pictures=False)
    removals.finish(removal_id=receipt.pk)

    receipt.refresh_from_db()
    lines = {line["place"]: line for line in receipt.places}
    assert (lines["pictures"]["state"], lines["pictures"]["count"]) == ("kept", 1)
    assert [asset.job_id for asset in Asset.objects.filter(user_id=anna.pk)] == [job.pk]


def test_a_clone_can_be_deleted_while_it_is_trained(anna: User) -> None:
    job = order(anna)
    with act_as_user(anna.pk):
        receipt = clones.remove(
            user=anna, clone_id=UUID(job.params["clone_id"]), with_pictures=True
        )

    assert not removals.finish(removal_id=receipt.pk)
    receipt.refresh_from_db()
    assert receipt.places[0]["state"] == "waiting"

    work()
    Removal.objects.update(next_at=clock.now())
    assert removals.finish_due() == 1

    job.refresh_from_db()
    assert (job.status, job.error_code, job.released) == ("canceled", "clone_deleted", 60)
    receipt.refresh_from_db()
    assert receipt.finished_at is not None
    assert wallet(anna) == (80, 0)
    assert paths_of(anna) == []


def test_a_picture_under_way_is_not_delivered_once_its_clone_is_gone(anna: User) -> None:
    clone = trained(anna)
    job = make_picture(anna, clone)
    Job.objects.filter(pk=job.pk).update(status="running", started_at=clock.now())
    with act_as_user(anna.pk):
        clones.withdraw(user=anna, clone_id=clone.pk)

    work()

    job.refresh_from_db()
    assert (job.status, job.error_code, job.captured) == ("canceled", "clone_deleted", 0)


def test_photos_that_another_clone_needs_stay_with_it(anna: User) -> None:
    factories.grant(anna, 60)
    shared = [str(photo.pk) for photo in make_portraits(anna, 5)]
    first, second = trained(anna, photo_ids=shared), trained(anna, photo_ids=shared[:4])

    with act_as_user(anna.pk):
        receipt = clones.remove(user=anna, clone_id=first.pk, with_pictures=True)
    removals.finish(removal_id=receipt.pk)

    receipt.refresh_from_db()
    line = next(line for line in receipt.places if line["place"] == "photos")
    assert (line["count"], "4 of them belong to another clone" in line["detail"]) == (1, True)
    left = selectors.photos_of(user=anna).values_list("pk", flat=True)
    assert {str(photo_id) for photo_id in left} == set(second.photo_ids)


def test_source_photos_go_by_themselves_after_thirty_days(anna: User) -> None:
    clone = trained(anna)
    assert removals.delete_old_photos() == 0
    Clone.objects.update(photos_kept_until=clock.now() - timedelta(seconds=1))

    assert removals.delete_old_photos() == 1

    clone.refresh_from_db()
    assert clone.photos_deleted_at is not None
    assert not selectors.photos_of(user=anna).exists()
    assert not [path for path in paths_of(anna) if "/photos/" in path]
    assert removals.delete_old_photos() == 0
    assert not clone.has_free_retraining
    job = make_picture(anna, clone)
    work()
    job.refresh_from_db()
    assert job.status == "succeeded"


def test_what_is_finished_in_the_moment_of_a_withdrawal_is_not_delivered_nor_paid(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = trained(anna)
    job = make_picture(anna, clone)

    def drawn_too_late(order: PortraitOrder, *, report: Any) -> Any:
        with act_as_user(anna.pk):
            clones.withdraw(user=anna, clone_id=clone.pk)
        return portrait(order, report=lambda _stage, _fraction: None)

    portrait = local.portrait
    monkeypatch.setattr(local, "portrait", drawn_too_late)
    work()

    job.refresh_from_db()
    assert (job.status, job.error_code, job.captured) == ("canceled", "clone_deleted", 0)
    assert not Asset.objects.filter(job=job).exists()
    assert [path for path in paths_of(anna) if str(job.pk) in path] == []


def test_a_training_that_ends_in_the_moment_of_a_deletion_is_not_paid(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = order(anna)
    taken = local.taken
    seen: list[bytes] = []

    def taken_too_late(photo: bytes, subject: str, measures: Any) -> Any:
        seen.append(photo)
        if len(seen) == len(job.params["photo_ids"]):
            with act_as_user(anna.pk):
                clones.withdraw(user=anna, clone_id=UUID(job.params["clone_id"]))
        return taken(photo, subject, measures)

    monkeypatch.setattr(local, "taken", taken_too_late)
    work()

    job.refresh_from_db()
    assert (job.status, job.error_code, job.captured) == ("canceled", "clone_deleted", 0)
    assert wallet(anna) == (80, 0)
    assert [path for path in paths_of(anna) if "/clones/" in path] == []


def test_a_canceled_retraining_is_used_up(anna: User) -> None:
    clone = trained(anna)
    with act_as_user(anna.pk):
        job = jobs.retrain(user=anna, clone_id=clone.pk, request_id="r")
        jobs.cancel(user=anna, job_id=job.pk)

    work()

    clone.refresh_from_db()
    assert (clone.is_ready, clone.has_free_retraining) == (True, False)
    with act_as_user(anna.pk), pytest.raises(Conflict, match="used up"):
        jobs.retry(user=anna, job_id=job.pk, request_id="r")


def test_canceled_proof_shots_are_not_had_again(anna: User) -> None:
    order(anna)
    assert running.run_due(queue="films")
    proof = Job.objects.get(kind="image")
    with act_as_user(anna.pk):
        jobs.cancel(user=anna, job_id=proof.pk)
        with pytest.raises(JobNotRetryable, match="canceled"):
            jobs.retry(user=anna, job_id=proof.pk, request_id="r")


def test_what_was_ordered_with_a_clone_that_is_gone_cannot_be_ordered_again(anna: User) -> None:
    failed = order(anna)
    Job.objects.filter(pk=failed.pk).update(attempts=running.MAX_ATTEMPTS)
    work()
    with act_as_user(anna.pk):
        gone = clones.withdraw(user=anna, clone_id=UUID(failed.params["clone_id"]))
        removals.finish(removal_id=gone.pk)
        with pytest.raises(NotFound, match="You deleted this clone"):
            jobs.retry(user=anna, job_id=failed.pk, request_id="r")

    clone = trained(anna)
    canceled = make_picture(anna, clone)
    with act_as_user(anna.pk):
        receipt = clones.withdraw(user=anna, clone_id=clone.pk)
    removals.finish(removal_id=receipt.pk)
    with act_as_user(anna.pk), pytest.raises(JobNotRetryable, match="deleted"):
        jobs.retry(user=anna, job_id=canceled.pk, request_id="r")


def test_what_a_dead_worker_left_behind_goes_with_the_clone(anna: User) -> None:
    clone = trained(anna)
    folder = f"people/{anna.pk}"
    job = make_picture(anna, clone)
    work()
    for name in (f"{folder}/clones/{clone.pk}/lost-0.png", f"{folder}/jobs/{job.pk}/9.jpg"):
        default_storage.save(name, ContentFile(b"left"))

    with act_as_user(anna.pk):
        receipt = clones.withdraw(user=anna, clone_id=clone.pk)
    removals.finish(removal_id=receipt.pk)

    assert paths_of(anna) == []


def test_a_training_whose_photos_have_gone_is_not_made_of_what_is_left(anna: User) -> None:
    job = order(anna)
    Asset.objects.filter(pk=job.params["photo_ids"][0]).delete()

    work()

    job.refresh_from_db()
    assert (job.status, job.error_code, job.released) == ("failed", "photos_gone", 60)


def test_photos_that_are_being_worked_on_stay_until_that_has_ended(anna: User) -> None:
    clone = trained(anna)
    waiting = factories.make_job(anna, photo_id=clone.photo_ids[0])
    Clone.objects.update(photos_kept_until=clock.now() - timedelta(seconds=1))
    assert removals.delete_old_photos() == 0
    with act_as_user(anna.pk):
        receipt = clones.remove(user=anna, clone_id=clone.pk, with_pictures=True)
    assert not removals.finish(removal_id=receipt.pk)

    work()
    Removal.objects.update(next_at=clock.now())
    removals.finish_due()

    waiting.refresh_from_db()
    receipt.refresh_from_db()
    assert waiting.status == "succeeded"
    assert receipt.finished_at is not None
    assert not selectors.photos_of(user=anna).exists()


def test_a_thumbnail_of_a_photo_that_is_gone_is_not_made_without_it(anna: User) -> None:
    photo = make_portrait(anna)
    job = factories.make_job(anna, photo_id=str(photo.pk))
    Asset.objects.filter(pk=photo.pk).delete()

    work()

    job.refresh_from_db()
    assert (job.status, job.error_code, job.released) == ("failed", "photos_gone", 10)


def test_proof_shots_are_those_of_the_last_training_whatever_the_clocks_say(anna: User) -> None:
    clone = trained(anna)
    Clone.objects.filter(pk=clone.pk).update(trained_at=clock.now() + timedelta(minutes=5))
    clone.refresh_from_db()

    assert selectors.proof_of(user=anna, clone=clone).count() == 4


def test_stored_answers_forget_what_was_ordered(anna: User) -> None:
    photo_ids = [str(photo.pk) for photo in make_portraits(anna, 4)]
    body = {
        "kind": "training",
        "name": "Annabel Marker",
        "subject": "person",
        "consent": True,
        "photo_ids": photo_ids,
    }
    answer = ApiClient(anna).post("jobs", body, Idempotency_Key="once").json()["data"]
    assert IdempotencyKey.objects.filter(answer__contains="Annabel Marker").exists()
    work()

    with act_as_user(anna.pk):
        receipt = clones.withdraw(user=anna, clone_id=UUID(answer["clone_id"]))
    removals.finish(removal_id=receipt.pk)

    assert not IdempotencyKey.objects.filter(answer__contains="Annabel Marker").exists()


def test_what_a_slow_worker_brings_after_a_clone_is_gone_is_not_kept(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = order(anna)
    keep = trainings.keep_profile

    def keep_too_late(**given: Any) -> Any:
        profile = keep(**given)
        with act_as_user(anna.pk):
            receipt = clones.withdraw(user=anna, clone_id=UUID(job.params["clone_id"]))
        Job.objects.filter(pk=job.pk).update(lease_token=None, lease_until=None)
        monkeypatch.setattr(trainings, "keep_profile", keep)
        running.run_job(job_id=job.pk)
        removals.finish(removal_id=receipt.pk)
        default_storage.save(profile[0]["file"], ContentFile(b"late"))
        return profile

    monkeypatch.setattr(trainings, "keep_profile", keep_too_late)
    work()

    assert not Clone.objects.exists()
    assert paths_of(anna) == []


def test_a_person_in_the_photos_is_somebody(anna: User) -> None:
    with pytest.raises(InvalidInput) as refused:
        order(anna, pictured="nobody")
    assert [one.field for one in refused.value.errors] == ["pictured"]


def test_nobody_is_told_that_a_clone_is_ready_which_is_gone(anna: User) -> None:
    clone = trained(anna)
    with act_as_user(anna.pk):
        clones.withdraw(user=anna, clone_id=clone.pk)

    assert notices.send_due() == 1

    assert mail.outbox == []


def likeness(name: str = "Anna", word: str = "VSN7K2", subject: str = "person") -> Likeness:
    return Likeness(
        name=name, subject=subject, trigger_word=word, scale=1.0, weights="", shots=lambda: ()
    )


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("at the beach", "VSN7K2 person, at the beach"),
        ("Anna at the beach", "VSN7K2 person at the beach"),
        ("anna and ANNA's cat", "VSN7K2 person and VSN7K2 person's cat"),
        ("the Annual report", "VSN7K2 person, the Annual report"),
        ("vsn7k2 in the rain", "vsn7k2 in the rain"),
        ("xVSN7K2x", "VSN7K2 person, xVSN7K2x"),
    ],
)
def test_who_is_to_be_seen_is_said_once_by_the_word_for_it(prompt: str, said: str) -> None:
    assert named(prompt, [likeness()]) == said


def test_two_likenesses_are_told_apart_whatever_they_are_called() -> None:
    two = [likeness(name="Person"), likeness(name="a (b)", word="VSN3AA")]
    assert named("a (b) and Person on Mars", two) == "VSN3AA person and VSN7K2 person on Mars"
    assert named("on Mars", two) == "VSN7K2 person and VSN3AA person, on Mars"
    style = likeness(name="Ink", word="VSNINK", subject="style")
    assert named("Anna at sea", [likeness(), style]) == (
        "VSN7K2 person at sea, in the style of VSNINK"
    )
    assert named("a studio", [likeness(name="A")], may_be_called=False) == "VSN7K2 person, a studio"


def test_a_name_that_is_written_otherwise_is_still_the_name() -> None:
    assert named("Zoe\u0308 at sea", [likeness(name="Zo\u00eb")]) == "VSN7K2 person at sea"
