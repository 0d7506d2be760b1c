"""Give a job the clones that are to be seen in what it makes."""

from collections.abc import Sequence
from functools import cache, partial

from django.db.models import QuerySet

from generation.models import Clone, Job
from generation.pipelines.base import Likeness, Shot
from generation.providers import registry
from generation.services import files
from visiona.lib.errors import Conflict

CLONES = (("clone_id", "clone_scale"), ("extra_clone_id", "extra_clone_scale"))
"""Where an order names its clones, and how strongly each is to be seen."""


NOT_READY: dict[str, str] = {
    Clone.Status.PROCESSING: "“{name}” is still being trained. Wait until it is ready.",
    Clone.Status.FAILED: "The training of “{name}” failed. Train it again first.",
}
NOT_TOGETHER = "These two clones were made by different services, so they cannot be in one picture."
SAME_TWICE = "Choose two different clones."
NOT_CONNECTED = "The service that has trained this clone is not connected now. Try again later."
NOT_A_PERSON = "Packs are made for people. Order a picture of your own words with this clone."


def require(*, clones: Sequence[Clone], is_for_pack: bool) -> None:
    """Raise Conflict where these clones cannot be seen in one picture, or not in a pack."""
    for clone in clones:
        if not clone.is_ready:
            raise Conflict(NOT_READY[clone.status].format(name=clone.name))
        if not registry.is_connected(clone.provider):
            raise Conflict(NOT_CONNECTED)
        if is_for_pack and clone.subject != "person":
            raise Conflict(NOT_A_PERSON)
    if len({clone.provider for clone in clones}) > 1:
        raise Conflict(NOT_TOGETHER)
    if len({clone.pk for clone in clones}) < len(clones):
        raise Conflict(SAME_TWICE)


def clone_ids_of(*, job: Job) -> list[str]:
    """Return the ids of the clones that a job makes pictures with, the main one first."""
    if job.kind == "training":
        return []
    return [job.params[name] for name, _ in CLONES if job.params.get(name)]


def are_there(*, job: Job) -> bool:
    """Whether nobody has removed a clone that this job is about."""
    return _clones_about(job).count() == len(_ids_about(job))


def are_elsewhere(*, job: Job) -> bool:
    """Whether a clone has been trained anew by somebody else than the job was given to."""
    return (
        bool(clone_ids_of(job=job)) and _clones_about(job).exclude(provider=job.provider).exists()
    )


def hold(*, job: Job) -> bool:
    """Whether nobody has removed a clone that this job is about, nor does until we commit.

    A training has to be the one that its clone waits for. Whoever needs the job's row as well
    takes it afterward, as removing does.
    """
    held = list(_clones_about(job).select_for_update(no_key=True))
    if job.kind == "training":
        return any(clone.job_id == job.pk for clone in held)
    return len(held) == len(_ids_about(job))


def _ids_about(job: Job) -> set[str]:
    return {*clone_ids_of(job=job), *([str(job.clone_id)] if job.clone_id else [])}


def _clones_about(job: Job) -> QuerySet[Clone]:
    found: QuerySet[Clone] = Clone.objects.filter(pk__in=_ids_about(job), user_id=job.user_id)
    return found.filter(removed_at=None).order_by("pk")


def of(*, job: Job) -> tuple[Likeness, ...]:
    """Return the likenesses for a job, the main one first; none where it is about nobody."""
    wanted = clone_ids_of(job=job)
    if not wanted:
        return ()
    mine = Clone.objects.filter(pk__in=wanted, user_id=job.user_id).kept()
    clones = {str(clone.pk): clone for clone in mine}
    return tuple(
        _likeness(clones[job.params[name]], job.params.get(scale) or 1.0)
        for name, scale in CLONES
        if job.params.get(name) in clones
    )


def _likeness(clone: Clone, scale: float) -> Likeness:
    return Likeness(
        name=clone.name,
        subject=clone.subject,
        trigger_word=clone.trigger_word,
        scale=scale,
        weights=clone.weights,
        shots=cache(partial(_shots, clone)),
    )


def _shots(clone: Clone) -> tuple[Shot, ...]:
    """Return the shots of a local profile, the best first."""
    ranked = sorted(clone.profile, key=lambda shot: -shot["facts"].get("score", 0))
    return tuple((files.read(name=shot["file"]), shot["facts"]) for shot in ranked)
