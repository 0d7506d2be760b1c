"""Take a clone away from every place that it is in, and write the receipt of it.

Each place can be emptied again and again. What cannot be emptied now waits and is tried again;
the receipt says so until it is done.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import services as accounts_services
from generation import selectors
from generation.errors import ProviderError
from generation.models import Asset, Clone, Job, Removal, Step, Upload
from generation.models.jobs import JobQuerySet
from generation.pipelines.training import destination_of
from generation.providers import registry
from generation.providers.ports import ProviderCall as Call
from generation.services import consents, files, provider_calls
from visiona.lib import clock
from visiona.lib.db.actor import act_as_worker
from visiona.lib.storage import StorageUnavailable

LEASE = timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
MOST_DOUBLINGS = 10
BATCH = 10
BACKUP_DAYS = 30

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One line of a receipt."""

    place: str
    label: str
    state: Literal["waiting", "done", "kept"]
    count: int = 0
    detail: str = ""
    at: str = ""


class _Waiting(Exception):
    """This place cannot be emptied now; the words say why."""


def finish(*, removal_id: UUID) -> bool:
    """Go on with a removal; tell whether nothing is left to do."""
    return bool(_go_on(pk=removal_id))


def finish_due() -> int:
    """Go on with what was not finished; return how many were looked at."""
    count = 0
    while count < BATCH and _go_on() is not None:
        count += 1
    return count


def delete_old_photos() -> int:
    """Erase the photos of clones whose time to be kept is over; return how many clones."""
    with act_as_worker():
        is_over = Q(photos_deleted_at=None, photos_kept_until__lt=clock.now())
        is_begun = Q(photos_deleted_at__isnull=False) & ~Q(photo_ids=[])
        old = Clone.objects.kept().filter(is_over | is_begun)
        return sum(_outlive_photos(clone.pk) for clone in old.only("pk")[:BATCH])


def _outlive_photos(clone_id: UUID) -> bool:
    """Erase a clone's photos, unless they are needed just now; tell whether that was done."""
    with transaction.atomic():
        kept = Clone.objects.kept().select_for_update(no_key=True)
        clone = kept.filter(pk=clone_id).exclude(status=Clone.Status.PROCESSING).first()
        if clone is None or _are_needed(clone):
            return False
        # From now on nobody trains on them.
        Clone.objects.filter(pk=clone_id).update(photos_deleted_at=clock.now())
    _erase_photos(clone)
    Clone.objects.filter(pk=clone_id).update(photo_ids=[])
    return True


def _are_needed(clone: Clone) -> bool:
    """Whether something is being made now of photos that would go with a clone."""
    going, _ = _photos_of(clone)
    open_jobs = Job.objects.filter(user_id=clone.user_id).unfinished()
    return any(
        going & {str(one) for one in (*(order.get("photo_ids") or ()), order.get("photo_id"))}
        for order in open_jobs.values_list("params", flat=True)
    )


def _photos_of(clone: Clone) -> tuple[set[str], set[str]]:
    """Return the photos that go with a clone, and those that another one needs."""
    others = Clone.objects.filter(user_id=clone.user_id, photos_deleted_at=None).kept()
    needed = {
        photo_id
        for photo_ids in others.exclude(pk=clone.pk).values_list("photo_ids", flat=True)
        for photo_id in photo_ids
    }
    chosen = set(clone.photo_ids)
    return chosen - needed, chosen & needed


def _go_on(**which: UUID) -> bool | None:
    """Work on the removal that has waited longest; nothing where none is due."""
    with act_as_worker():
        removal = _claim(which)
        if removal is None:
            return None
        clone = Clone.objects.filter(pk=removal.clone_id, user_id=removal.user_id).first()
        is_done = clone is None or _empty_all(removal, clone)
        _note(removal, is_done=is_done)
        return is_done


@transaction.atomic
def _claim(which: dict[str, UUID]) -> Removal | None:
    due = Removal.objects.filter(finished_at=None, next_at__lte=clock.now(), **which)
    removal: Removal | None = due.order_by("next_at").select_for_update(skip_locked=True).first()
    if removal is None:
        return None
    removal.attempts += 1
    removal.next_at = clock.now() + LEASE
    removal.save(update_fields=["attempts", "next_at"])
    return removal


def _empty_all(removal: Removal, clone: Clone) -> bool:
    """Empty each place that is not empty yet; tell whether all are.

    While something is being made with the clone, nothing is taken from under it.
    """
    lines = {line["place"]: line for line in removal.places}
    for place, (label, empty) in PLACES.items():
        if place in lines and lines[place]["state"] != "waiting":
            continue
        lines[place] = asdict(_emptied(place, label, empty, removal, clone))
        removal.places = list(lines.values())
        removal.save(update_fields=["places"])
        if place == FIRST and lines[place]["state"] == "waiting":
            return False
    return all(line["state"] != "waiting" for line in lines.values())


def _emptied(place: str, label: str, empty: "Empty", removal: Removal, clone: Clone) -> Place:
    try:
        state, count, detail = empty(removal, clone)
    except _Waiting as waiting:
        return Place(place=place, label=label, state="waiting", detail=str(waiting))
    except StorageUnavailable as error:
        return Place(place=place, label=label, state="waiting", detail=str(error.detail))
    now = clock.now().isoformat()
    return Place(place=place, label=label, state=state, count=count, detail=detail, at=now)


def _note(removal: Removal, *, is_done: bool) -> None:
    pause = FIRST_PAUSE * 2 ** min(removal.attempts - 1, MOST_DOUBLINGS)
    removal.next_at = clock.now() + min(pause, LONGEST_PAUSE)
    removal.finished_at = clock.now() if is_done else None
    with transaction.atomic():
        removal.save(update_fields=["next_at", "finished_at"])
        if is_done:
            Clone.objects.filter(pk=removal.clone_id, user_id=removal.user_id).delete()
    if not is_done:
        logger.info("generation.removal.waits", extra={"removal": str(removal.pk)})


# --- The places: what empties each, and what there is to say of it --------------------------------

Emptied = tuple[Literal["done", "kept"], int, str]
Empty = Callable[[Removal, Clone], Emptied]


def _jobs(_removal: Removal, clone: Clone) -> Emptied:
    """Nothing is being made with it any more; the words of its trainings go as well."""
    jobs = _jobs_of(clone)
    if jobs.unfinished().exists():
        raise _Waiting("What is being made with it is being stopped.")
    if Step.objects.filter(job__in=jobs, state__in=Step.OPEN).exists():
        raise _Waiting("The provider has not confirmed yet that it stopped.")
    trainings = jobs.filter(kind="training")
    return (
        "done",
        _forget_words(trainings),
        "What was being made was stopped, its credits are back.",
    )


def _forget_words(jobs: JobQuerySet) -> int:
    """Empty what was said when these were ordered, also where it would be answered once more."""
    found = list(jobs.only("id", "user_id"))
    for job in found:
        accounts_services.forget_answers(user_id=job.user_id, locations=[f"/api/v1/jobs/{job.pk}"])
    Job.objects.filter(pk__in=[job.pk for job in found]).update(params={}, enhanced_prompt="")
    return len(found)


def _photos(_removal: Removal, clone: Clone) -> Emptied:
    if clone.photos_deleted_at and not clone.photo_ids:
        return "done", 0, "They were deleted when their time was over."
    if _are_needed(clone):
        raise _Waiting("Something else is being made of them. It ends first.")
    erased, kept = _erase_photos(clone)
    if kept:
        return "done", erased, f"{kept} of them belong to another clone of yours and stay with it."
    return "done", erased, "Files, smaller copies and rows."


def _erase_photos(clone: Clone) -> tuple[int, int]:
    """Erase the photos of a clone that no other clone needs; return how many went and stayed."""
    going, staying = _photos_of(clone)
    mine = Asset.objects.filter(user_id=clone.user_id, pk__in=going).uploaded()
    Upload.objects.filter(photo__in=mine).delete()
    return files.erase_assets(assets=mine), len(staying)


def _archive(_removal: Removal, clone: Clone) -> Emptied:
    steps = list(Step.objects.filter(job__in=_jobs_of(clone).filter(kind="training")))
    files.forget_steps(steps=steps)
    for job in _jobs_of(clone).filter(kind="training"):
        files.erase_folder(name=_folder_of(job))
    return "done", len(steps), "The packed photos for the training, and what was noted on its way."


def _profile(_removal: Removal, clone: Clone) -> Emptied:
    """What a worker left that died at its last step lies in the same folder."""
    count = files.erase_folder(name=f"people/{clone.user_id}/clones/{clone.pk}")
    Clone.objects.filter(pk=clone.pk).update(profile=[])
    return "done", count, "The cut-outs of your photos on our server."


def _weights(_removal: Removal, clone: Clone) -> Emptied:
    """A training that came to nothing may have left its empty model there too."""
    providers = _asked_for(clone, kind="training")
    for provider in providers:
        _delete_at(provider, clone)
    if not providers:
        return "done", 0, "There were none: this clone never left our server."
    return "done", len(providers), "The private model and all its versions are deleted there."


def _delete_at(provider: str, clone: Clone) -> None:
    calls: list[Call] = []
    if not registry.is_connected(provider):
        raise _Waiting("The provider is not connected now. We try again.")
    port = registry.training(record=calls.append, provider=provider)
    try:
        is_gone = port is not None and port.delete(destination_of(clone.pk))
    except ProviderError as error:
        logger.warning("generation.removal.not_deleted", extra={"code": error.code})
        raise _Waiting("The provider has not confirmed it yet. We ask again.") from None
    finally:
        provider_calls.keep(calls=calls, user_id=clone.user_id)
    if not is_gone:
        raise _Waiting("The provider is deleting it.")


def _runs(_removal: Removal, clone: Clone) -> Emptied:
    if not _asked_for(clone):
        return "done", 0, "Nothing was sent to anybody."
    return "done", 0, "The provider deletes what it was sent within 24 hours, by itself."


def _asked_for(clone: Clone, **which: str) -> list[str]:
    """Return the providers that were asked for something with a clone."""
    asked = _jobs_of(clone).filter(**which).values_list("provider", flat=True).distinct()
    return sorted(set(asked) - {registry.LOCAL})


def _proof(_removal: Removal, clone: Clone) -> Emptied:
    proof = _pictures_of(clone).filter(params__pack="proof")
    return "done", files.erase_assets(assets=proof), "Files, smaller copies and rows."


def _pictures(removal: Removal, clone: Clone) -> Emptied:
    made = _pictures_of(clone)
    if removal.with_pictures:
        erased = files.erase_assets(assets=made)
        if made.exists():
            raise _Waiting("There are many of them.")
        for job in _jobs_of(clone):
            files.erase_folder(name=_folder_of(job))
        _forget_words(_jobs_of(clone))
        return "done", erased, "Files, smaller copies, rows and prompts."
    count = made.count()
    return "kept", count, "You kept them. Each can be deleted in your library."


def _jobs_of(clone: Clone) -> JobQuerySet:
    found: JobQuerySet = Job.objects.filter(
        selectors.about(clone_id=clone.pk), user_id=clone.user_id
    )
    return found


def _folder_of(job: Job) -> str:
    return f"people/{job.user_id}/jobs/{job.pk}"


def _pictures_of(clone: Clone) -> "QuerySet[Asset]":
    return Asset.objects.filter(selectors.about(clone_id=clone.pk), user_id=clone.user_id)


def _consent(_removal: Removal, clone: Clone) -> Emptied:
    consents.withdraw(user_id=clone.user_id, clone_id=clone.pk)
    return "kept", 1, "What you agreed to, when you took it back, and this receipt with the name."


def _backups(_removal: Removal, _clone: Clone) -> Emptied:
    return "kept", 0, f"Copies in backups are overwritten within {BACKUP_DAYS} days."


FIRST: Final = "jobs"
PLACES: Final[dict[str, tuple[str, Empty]]] = {
    FIRST: ("Work under way", _jobs),
    "photos": ("Photos", _photos),
    "archive": ("Training archive", _archive),
    "profile": ("Local profile", _profile),
    "weights": ("Weights at the provider", _weights),
    "provider_files": ("Files at the provider", _runs),
    "proof_shots": ("Proof shots", _proof),
    "pictures": ("Pictures made with it", _pictures),
    "consent": ("Consent record", _consent),
    "backups": ("Backups", _backups),
}
