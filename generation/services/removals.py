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
from django.db.models import QuerySet

from generation import selectors
from generation.errors import ProviderError
from generation.models import Asset, Clone, Job, Removal, Step, Upload
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
        old = Clone.objects.kept().filter(photos_deleted_at=None, photos_kept_until__lt=clock.now())
        count = 0
        for clone in old.exclude(status=Clone.Status.PROCESSING)[:BATCH]:
            _erase_photos(clone)
            Clone.objects.filter(pk=clone.pk).update(photo_ids=[], photos_deleted_at=clock.now())
            count += 1
        return count


def _go_on(**which: UUID) -> bool | None:
    """Work on the removal that has waited longest; nothing where none is due."""
    with act_as_worker():
        removal = _claim(which)
        if removal is None:
            return None
        clone = Clone.objects.filter(pk=removal.clone_id).first()
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
    """Empty each place that is not empty yet; the clone's row is the last."""
    settled = {line["place"]: line for line in removal.places if line["state"] != "waiting"}
    lines = []
    for place, (label, empty) in PLACES.items():
        lines.append(settled.get(place) or asdict(_emptied(place, label, empty, removal, clone)))
    removal.places = lines
    if any(line["state"] == "waiting" for line in lines):
        return False
    Clone.objects.filter(pk=clone.pk).delete()
    return True


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
    removal.save(update_fields=["places", "next_at", "finished_at"])
    if not is_done:
        logger.info("generation.removal.waits", extra={"removal": str(removal.pk)})


# --- The places: what empties each, and what there is to say of it --------------------------------

Emptied = tuple[Literal["done", "kept"], int, str]
Empty = Callable[[Removal, Clone], Emptied]


def _jobs(_removal: Removal, clone: Clone) -> Emptied:
    """Nothing is being made with it any more; the words of its trainings go as well."""
    jobs = Job.objects.filter(selectors.about(clone_id=clone.pk), user_id=clone.user_id)
    if jobs.unfinished().exists():
        raise _Waiting("What is being made with it is being stopped.")
    trainings = jobs.filter(kind="training")
    count = trainings.count()
    trainings.update(params={}, enhanced_prompt="")
    return "done", count, "What was being made was stopped, its credits are back."


def _photos(_removal: Removal, clone: Clone) -> Emptied:
    if clone.photos_deleted_at:
        return "done", 0, "They were deleted when their time was over."
    erased, kept = _erase_photos(clone)
    if kept:
        return "done", erased, f"{kept} of them belong to another clone of yours and stay with it."
    return "done", erased, "Files, smaller copies and rows."


def _erase_photos(clone: Clone) -> tuple[int, int]:
    """Erase the photos of a clone that no other clone needs; return how many went and stayed."""
    others = Clone.objects.filter(user_id=clone.user_id, photos_deleted_at=None).kept()
    needed = {
        photo_id
        for photo_ids in others.exclude(pk=clone.pk).values_list("photo_ids", flat=True)
        for photo_id in photo_ids
    }
    chosen = set(clone.photo_ids)
    mine = Asset.objects.filter(user_id=clone.user_id, pk__in=chosen - needed).uploaded()
    Upload.objects.filter(photo__in=mine).delete()
    return files.erase_assets(assets=mine), len(chosen & needed)


def _archive(_removal: Removal, clone: Clone) -> Emptied:
    steps = list(Step.objects.filter(job__clone_id=clone.pk, user_id=clone.user_id))
    files.forget_steps(steps=steps)
    return "done", len(steps), "The packed photos for the training, and what was noted on its way."


def _profile(_removal: Removal, clone: Clone) -> Emptied:
    names = clone.profile_files
    files.erase(names=names)
    Clone.objects.filter(pk=clone.pk).update(profile=[])
    return "done", len(names), "The cut-outs of your photos on our server."


def _weights(_removal: Removal, clone: Clone) -> Emptied:
    """A training that came to nothing may have left its empty model there too."""
    trained = Job.objects.filter(clone_id=clone.pk, kind="training", user_id=clone.user_id)
    asked = set(trained.values_list("provider", flat=True)) | {clone.provider}
    providers = sorted(asked - {registry.LOCAL})
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
    if clone.is_local and not clone.weights:
        return "done", 0, "Nothing was sent to anybody."
    return "done", 0, "The provider deletes what it was sent within 24 hours, by itself."


def _proof(_removal: Removal, clone: Clone) -> Emptied:
    proof = _pictures_of(clone).filter(params__pack="proof")
    return "done", files.erase_assets(assets=proof), "Files, smaller copies and rows."


def _pictures(removal: Removal, clone: Clone) -> Emptied:
    made = _pictures_of(clone)
    if removal.with_pictures:
        erased = files.erase_assets(assets=made)
        if made.exists():
            raise _Waiting("There are many of them.")
        jobs = Job.objects.filter(selectors.about(clone_id=clone.pk), user_id=clone.user_id)
        jobs.update(params={}, enhanced_prompt="")
        return "done", erased, "Files, smaller copies, rows and prompts."
    count = made.count()
    return "kept", count, "You kept them. Each can be deleted in your library."


def _pictures_of(clone: Clone) -> "QuerySet[Asset]":
    return Asset.objects.filter(selectors.about(clone_id=clone.pk), user_id=clone.user_id)


def _consent(_removal: Removal, clone: Clone) -> Emptied:
    consents.withdraw(clone_id=clone.pk)
    return "kept", 1, "What you agreed to and when you took it back: the record that this was so."


def _backups(_removal: Removal, _clone: Clone) -> Emptied:
    return "kept", 0, f"Copies in backups are overwritten within {BACKUP_DAYS} days."


PLACES: Final[dict[str, tuple[str, Empty]]] = {
    "jobs": ("Work under way", _jobs),
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
