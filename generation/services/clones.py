"""What a person does with their clones: name them, train them again, take them back."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from generation import selectors
from generation.catalog import MAX_NAME
from generation.models import Clone, Job, Removal
from generation.services import consents, jobs, texts
from generation.services.trainings import NAMELESS
from visiona.lib import clock
from visiona.lib.queue import enqueue
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

FINISH_REMOVAL = "generation.tasks.finish_removal"


def rename(*, user: "User", clone_id: UUID, name: str) -> Clone:
    """Give the person's clone another name. Raises InvalidInput and NotFound."""
    clone = selectors.clone_of(user=user, clone_id=clone_id)
    name = texts.checked(text=name, field="name", longest=MAX_NAME, missing=NAMELESS)
    Clone.objects.filter(pk=clone.pk).update(name=name)
    return selectors.clone_of(user=user, clone_id=clone_id)


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
    clone = selectors.clone_held(user=user, clone_id=clone_id)
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
    consents.withdraw(user_id=user.pk, clone_id=clone.pk)
    for job in _held_jobs(user, clone):
        jobs.cancel(user=user, job_id=job.pk)
    enqueue(FINISH_REMOVAL, queue="chores", removal_id=str(removal.pk))
    return removal


def withdraw(*, user: "User", clone_id: UUID) -> Removal:
    """Withdraw the consent to a clone: it goes as with `remove`, with every picture of it.

    Raises NotFound.
    """
    return remove(user=user, clone_id=clone_id, with_pictures=True, reason=Removal.Reason.WITHDRAWN)


def _held_jobs(user: "User", clone: Clone) -> list[Job]:
    """Return what is being made with a clone, in the order in which everybody takes these rows."""
    about = selectors.about(clone_id=clone.pk)
    mine = Job.objects.filter(about, user_id=user.pk, status__in=Job.OPEN)
    return list(mine.order_by("pk").select_for_update(no_key=True))
