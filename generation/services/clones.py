"""What a person does with their clones: name them, train them again, take them back."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from generation import selectors
from generation.catalog import MAX_NAME
from generation.errors import JobNotCancelable
from generation.models import Clone, Job, Removal
from generation.services import consents, jobs, texts
from generation.services.trainings import NAMELESS
from visiona.lib import clock
from visiona.lib.errors import Conflict
from visiona.lib.queue import enqueue
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

FINISH_REMOVAL = "generation.tasks.finish_removal"
STILL_TRAINED = "This clone is being trained. Wait until that has ended."
NO_FREE_TRY = "The one free retraining of this clone is used up. A new clone costs what it says."


def rename(*, user: "User", clone_id: UUID, name: str) -> Clone:
    """Give the person's clone another name. Raises InvalidInput and NotFound."""
    clone = selectors.clone_of(user=user, clone_id=clone_id)
    name = texts.checked(text=name, field="name", longest=MAX_NAME, missing=NAMELESS)
    Clone.objects.filter(pk=clone.pk).update(name=name)
    return selectors.clone_of(user=user, clone_id=clone_id)


@transaction.atomic
def retrain(*, user: "User", clone_id: UUID, request_id: str) -> Job:
    """Train the person's clone again on its photos: once for nothing if it is no good likeness.

    One whose training failed is trained for its price. Raises NotFound, InsufficientCredits, and
    Conflict where its photos are gone, it is being trained, or the free try is used up.
    """
    clone = _held(user, clone_id)
    if clone.status == Clone.Status.PROCESSING:
        raise Conflict(STILL_TRAINED)
    if clone.is_ready and clone.retrained_at:
        raise Conflict(NO_FREE_TRY)
    return jobs.train_again(user=user, clone=clone, is_free=clone.is_ready, request_id=request_id)


@transaction.atomic
def remove(
    *,
    user: "User",
    clone_id: UUID,
    with_pictures: bool,
    reason: str = Removal.Reason.DELETED,
) -> Removal:
    """Take the person's clone back: from now on nothing is made with it, and all of it goes.

    What is being made with it is canceled and its credits return. Its photos, its weights and its
    proof shots are erased within a minute or so, the other pictures with it if that is wanted.
    Raises NotFound.
    """
    clone = _held(user, clone_id)
    now = clock.now()
    removal = Removal(
        id=uuid7(),
        user_id=user.pk,
        clone_id=clone.pk,
        name=clone.name,
        reason=reason,
        with_pictures=with_pictures,
        requested_at=now,
        next_at=now,
    )
    removal.save(force_insert=True)
    Clone.objects.filter(pk=clone.pk).update(removed_at=now)
    consents.withdraw(clone_id=clone.pk)
    for job in selectors.unfinished_jobs_of(user=user).filter(selectors.about(clone_id=clone.pk)):
        _cancel(user, job)
    enqueue(FINISH_REMOVAL, queue="chores", removal_id=str(removal.pk))
    return removal


def withdraw(*, user: "User", clone_id: UUID) -> Removal:
    """Withdraw the consent to a clone: it goes as with `remove`, with every picture of it.

    Raises NotFound.
    """
    return remove(user=user, clone_id=clone_id, with_pictures=True, reason=Removal.Reason.WITHDRAWN)


def _held(user: "User", clone_id: UUID) -> Clone:
    """Return the person's clone as it is once nobody else changes it. Raises NotFound."""
    mine = Clone.objects.filter(user_id=user.pk, pk=clone_id)
    mine.select_for_update().first()
    return selectors.clone_of(user=user, clone_id=clone_id)


def _cancel(user: "User", job: Job) -> None:
    try:
        jobs.cancel(user=user, job_id=job.pk)
    except JobNotCancelable:
        return  # it has just ended by itself
