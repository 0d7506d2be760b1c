"""Clones through their training: what it begins with and what it leaves."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction

from billing import selectors as billing_selectors
from generation import selectors
from generation.catalog import MAX_NAME, MOST_CLONE_PHOTOS
from generation.errors import QuotaReached
from generation.models import Clone, Consent, Job, Notice
from generation.pipelines.base import Learned
from generation.providers import registry
from generation.providers.ports import Capability
from generation.services import coaching, consents, files, photos, texts, triggers
from visiona.lib import clock
from visiona.lib.db.locks import wait_for_turn
from visiona.lib.errors import Conflict
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User
    from generation.services.coaching import Readiness

STILL_TRAINED = "This clone is being trained. Wait until that has ended."
NO_FREE_TRY = "The one free retraining of this clone is used up. A new clone costs what it says."
PHOTOS_GONE = "The photos of this clone are deleted. Make a new clone with new photos."
NAMELESS = "Give the clone a name."
CONSENT_FIELDS = ("consent", "pictured")
PARAMETERS = ("steps", "lora_rank")
SUFFIXES = {b"\x89PNG": ".png", b"RIFF": ".webp"}


def readiness(*, user: "User", photo_ids: Sequence[UUID | str], subject: str) -> "Readiness":
    """Say how well these photos will serve for a clone, and what is missing.

    Raises NotFound for a photo that is not the person's.
    """
    chosen = selectors.chosen_photos_of(user=user, photo_ids=photo_ids)
    measures = [photos.measures_of(photo=photo) for photo in chosen]
    return coaching.readiness(measures=measures, subject=subject)


def prepare(*, user: "User", job: Job, order: Mapping[str, Any]) -> tuple[Clone, Consent]:
    """Return the clone that this job is to train, with the consent to it; nothing is saved yet.

    The job learns from the photos that count. Raises InvalidInput naming the field, and NotFound
    for a photo that is not the person's.
    """
    name = texts.checked(text=order["name"], field="name", longest=MAX_NAME, missing=NAMELESS)
    counted = _counted(user, order["photo_ids"], order["subject"])
    clone_id = uuid7()
    consent = consents.record(
        user=user,
        clone_id=clone_id,
        pictured=_pictured(order),
        is_given=order.get("consent") is True,
        request_id=job.request_id,
    )
    word = order.get("trigger_word") or triggers.suggest(user=user)
    word = triggers.checked(user=user, word=word)
    clone = Clone(
        id=clone_id,
        user=user,
        name=name,
        trigger_word=word,
        subject=order["subject"],
        parameters={name: order[name] for name in PARAMETERS},
        photo_ids=[str(one) for one in order["photo_ids"]],
        photo_count=len(order["photo_ids"]),
        created_at=clock.now(),
    )
    settled = {name: value for name, value in order.items() if name not in CONSENT_FIELDS}
    about = {"clone_id": str(clone_id), "trigger_word": word, "photo_ids": counted}
    job.params = {**settled, "name": name, **about}
    job.clone_id = clone_id
    return clone, consent


def begin(*, clone: Clone, consent: Consent, job: Job) -> None:
    """Save a clone that was prepared, once its job is, in one transaction.

    Raises InvalidInput for a word that was taken meanwhile, and QuotaReached.
    """
    _check_room(clone.user)
    clone.job = job
    try:
        with transaction.atomic():
            clone.save(force_insert=True)
    except IntegrityError:
        detail = "Another clone of yours has this word. Choose another."
        raise texts.refused(field=triggers.FIELD, code="taken", detail=detail) from None
    consent.save(force_insert=True)


def is_free_again(*, clone: Clone) -> bool:
    """Whether training a clone once more is its free try; one whose training failed is paid for.

    Raises Conflict where it is being trained, or the free try is used up.
    """
    if clone.status == Clone.Status.PROCESSING:
        raise Conflict(STILL_TRAINED)
    if clone.is_ready and clone.retrained_at:
        raise Conflict(NO_FREE_TRY)
    return clone.is_ready


def begin_again(*, clone: Clone, job: Job, is_free: bool) -> None:
    """Let a clone be trained once more by this job."""
    retrained_at = clock.now() if is_free else clone.retrained_at
    Clone.objects.filter(pk=clone.pk).kept().update(
        status=Clone.Status.PROCESSING, job_id=job.pk, retrained_at=retrained_at
    )


def keep_profile(*, job: Job, learned: Learned) -> list[dict[str, Any]]:
    """Store the shots of a local profile and return what the clone's row says of them."""
    folder = f"people/{job.user_id}/clones/{job.clone_id}"
    profile = []
    for number, (picture, facts) in enumerate(learned.shots):
        suffix = SUFFIXES[picture[:4]]
        name = files.keep(name=f"{folder}/{job.pk}-{number}{suffix}", data=picture)
        profile.append({"file": name, "facts": facts})
    return profile


def close(*, job: Job, learned: Learned | None, profile: list[dict[str, Any]]) -> Clone | None:
    """Note on the clone how its training ended; return it if it is ready now.

    One that was ready before stays so if it could not be trained again, and keeps its free try
    unless its person canceled that. Whoever calls this holds the clone still.
    """
    clone: Clone | None = Clone.objects.kept().filter(job_id=job.pk).first()
    if clone is None or learned is None:
        names = [shot["file"] for shot in profile]
        transaction.on_commit(lambda: files.discard(names=names), robust=True)
    if clone is None:
        return None
    kept_until = clock.now() + timedelta(days=consents.RETENTION_DAYS)
    clone.photos_kept_until = clone.photos_kept_until or kept_until
    if learned is None:
        _fail(clone, job)
        return None
    old_files = clone.profile_files
    clone.status = Clone.Status.READY
    clone.provider, clone.trained_at = job.provider, clock.now()
    clone.weights, clone.trained_by = learned.weights, learned.model
    clone.license = _license(job)
    clone.profile = profile
    clone.save()
    transaction.on_commit(lambda: files.discard(names=old_files), robust=True)
    Notice.objects.get_or_create(user_id=job.user_id, job=job, topic="clone_ready")
    return clone


def _fail(clone: Clone, job: Job) -> None:
    was_ready = bool(clone.weights or clone.profile)
    clone.status = Clone.Status.READY if was_ready else Clone.Status.FAILED
    if was_ready and job.status == Job.Status.FAILED:
        clone.retrained_at = None
    clone.save(update_fields=["status", "retrained_at", "photos_kept_until"])


def _license(job: Job) -> str:
    if job.provider == registry.LOCAL:
        return ""
    return registry.offer_for(Capability.TRAINING, job.provider).license


def _counted(user: "User", photo_ids: Sequence[UUID | str], subject: str) -> list[str]:
    """Return the photos that can be learned from. Raises InvalidInput where they are too few."""
    if len(photo_ids) > MOST_CLONE_PHOTOS:
        most = f"Choose at most {MOST_CLONE_PHOTOS} photos."
        raise texts.refused(field="photo_ids", code="max_length", detail=most)
    found = readiness(user=user, photo_ids=photo_ids, subject=subject)
    if not found.is_ready:
        detail = (
            f"{found.counted} of these {len(photo_ids)} photos can be used."
            f" {' '.join(found.missing)}"
        )
        raise texts.refused(field="photo_ids", code="not_ready", detail=detail[:300])
    judged = zip(photo_ids, found.judgments, strict=True)
    return [str(photo_id) for photo_id, judgment in judged if judgment.counts]


def _pictured(order: Mapping[str, Any]) -> str:
    """Say who is pictured. Raises InvalidInput where it is a person and nobody is said to be."""
    is_person = order["subject"] == "person"
    usual = Consent.Pictured.ME if is_person else Consent.Pictured.NOBODY
    pictured: str = order.get("pictured") or usual
    if is_person and pictured == Consent.Pictured.NOBODY:
        raise texts.refused(field="pictured", code="invalid_choice", detail=consents.SAY_WHO)
    return pictured


def _check_room(user: "User") -> None:
    """Raise QuotaReached where a person has as many clones as the plan allows; one at a time."""
    entitled = billing_selectors.entitlements_of(user=user)
    most, plan = entitled.clones, entitled.plan.title
    wait_for_turn(f"clones:{user.pk}")
    if Clone.objects.filter(user_id=user.pk).kept().count() >= most:
        detail = f"You have {most} clones, the most that the {plan} plan keeps. Delete one first."
        raise QuotaReached(detail, limit=most)


def photo_ids_for(*, user: "User", clone: Clone) -> list[str]:
    """Return the photos that a clone can be trained on again. Raises InvalidInput and Conflict."""
    there = selectors.photos_of(user=user).filter(pk__in=clone.photo_ids)
    kept = [str(photo.pk) for photo in there]
    if not kept or clone.photos_deleted_at:
        raise Conflict(PHOTOS_GONE)
    return _counted(user, kept, clone.subject)
