"""Order, cancel and retry jobs: what a person does."""

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from accounts import events
from billing import selectors as billing_selectors
from billing.errors import PlanRequired
from billing.plans import least_plan_with
from credits import services as credits_services
from generation import catalog, selectors
from generation.catalog import Quote
from generation.errors import JobNotCancelable, JobNotPreviewable, JobNotRetryable
from generation.models import Clone, Job
from generation.providers import registry
from generation.providers.ports import Capability
from generation.services import budget, likenesses, metrics, trainings
from visiona.lib import clock, live, ratelimit
from visiona.lib.db.locks import wait_for_turn
from visiona.lib.errors import Conflict, RateLimited
from visiona.lib.queue import enqueue
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

RUN_JOB = "generation.tasks.run_job"
PREVIEW = "preview:"
"""What the submission of a free preview begins with."""
PROOF = "proof:"
"""What the submission of a clone's free proof shots begins with."""
PROOF_CANCELED = "These proof shots were canceled. Order a picture with the clone instead."
WORDS_GONE = "What was ordered here is deleted, so it cannot be ordered again."
TRAINED_SINCE = "This clone has been trained since. Look at its page."
ONE_AT_A_TIME = "Another film of yours is being cut anew. Wait until it is finished."
UNDER_WAY = (
    "You have {limit} jobs under way, as many as your plan allows at a time. Wait until one is "
    "finished, or cancel one."
)
MAY_HAVE_ENDED_SECONDS = 5
"""When to look again whether one of many jobs has ended."""


def quote(*, kind: str, params: Mapping[str, Any], user: "User | None" = None) -> Quote:
    """Say what a job costs; `submit` charges by the same function.

    Raises NotFound for a clone that is not the person's.
    """
    clone = _clone_in(user, params) if user else None
    is_local = _maker_of(kind, clone)[0] == registry.LOCAL
    return catalog.quote(kind=kind, params=params, is_local=is_local)


def provider_of(*, kind: str) -> str:
    """Say who makes such a thing now: a provider, or this machine."""
    return _maker_of(kind)[0]


def _clone_in(user: "User", params: Mapping[str, Any]) -> Clone | None:
    """Return the clone that is to be seen, if one is named."""
    named = params.get("clone_id")
    return selectors.clone_of(user=user, clone_id=named) if named else None


def _maker_of(kind: str, clone: Clone | None = None) -> tuple[str, str]:
    """Return who makes such a thing now, and by which capability; none is this machine's.

    A clone is shown by whoever has trained it.
    """
    if clone:
        return clone.provider, "" if clone.is_local else str(Capability.IMAGE)
    capability = catalog.KINDS[kind].capability
    provider = registry.provider_of(Capability(capability)) if capability else registry.LOCAL
    if provider == registry.LOCAL and kind == catalog.VIDEO.name and settings.PROVIDERS_PAINT_FILMS:
        capability = Capability.IMAGE
        provider = registry.provider_of(capability)
    return provider, "" if provider == registry.LOCAL else str(capability)


def submit(
    *,
    user: "User",
    kind: str,
    params: Mapping[str, Any],
    request_id: str,
    idempotency_key: str | None = None,
    remix_of: UUID | None = None,
) -> Job:
    """Hold the price and queue the job, both or neither.

    The same key of the same person returns the job that it made first; `remix_of` is the asset
    that the order began from. Raises InsufficientCredits, RateLimited for too many orders or jobs
    at a time, ProviderUnavailable where the budget for providers is used up, NotFound for a photo,
    a clone or an asset that is not the person's, Conflict for a clone that is not ready,
    PlanRequired for what their plan does not make, and for a training InvalidInput and
    QuotaReached.
    """
    first = _first_of(user, idempotency_key)
    if first:
        return first
    order = {**catalog.KINDS[kind].defaults, **params}
    if kind == catalog.TRAINING.name:
        return _submit_training(user, order, request_id, idempotency_key)
    _check_plan(user, kind, order)
    job = _ordered(user, kind, order, request_id)
    _give_to_maker(job, _clone_in(user, job.params))
    job.price = _price_of(job)
    job.remix_of_id = remix_of and selectors.asset_of(user=user, asset_id=remix_of).pk
    return _submit(user, job, idempotency_key)


def _submit_training(
    user: "User", order: Mapping[str, Any], request_id: str, idempotency_key: str | None
) -> Job:
    """Queue a training, with its clone and the consent to it."""
    job = _job(user.pk, catalog.TRAINING.name, order, request_id)
    clone, consent = trainings.prepare(user=user, job=job, order=order)
    _give_to_maker(job)
    job.price = _price_of(job)
    begin = partial(trainings.begin, clone=clone, consent=consent, job=job)
    return _submit(user, job, idempotency_key, begin)


@transaction.atomic
def retrain(*, user: "User", clone_id: UUID, request_id: str) -> Job:
    """Train the person's clone again on its photos: once for nothing if it is no good likeness.

    One whose training failed is trained for its price. The free try is had where the clone is.
    Raises NotFound, InsufficientCredits, InvalidInput for photos that are too few by now, and
    Conflict where its photos are gone, it is being trained, or the free try is used up.
    """
    clone = selectors.clone_held(user=user, clone_id=clone_id)
    is_free = trainings.is_free_again(clone=clone)
    order = {
        **clone.parameters,
        "name": clone.name,
        "subject": clone.subject,
        "trigger_word": clone.trigger_word,
        "clone_id": str(clone.pk),
        "photo_ids": trainings.photo_ids_for(user=user, clone=clone),
    }
    job = _job(user.pk, catalog.TRAINING.name, order, request_id)
    if is_free:
        likenesses.require(clones=[clone], is_for_pack=False)
        _give_to(job, clone.provider, Capability.TRAINING)
    else:
        _give_to_maker(job)
        job.price = _price_of(job)
    begin = partial(trainings.begin_again, clone=clone, job=job, is_free=is_free)
    return _submit(user, job, None, begin)


@transaction.atomic
def queue_proof(*, clone: Clone, training: Job) -> None:
    """Queue the free pictures that show how good a likeness is, once for each training."""
    order = {
        **catalog.IMAGE.defaults,
        "pack": catalog.PROOF.name,
        "aspect_ratio": "4:5",
        "clone_id": str(clone.pk),
        "training_id": str(training.pk),
    }
    job = _job(clone.user_id, catalog.IMAGE.name, order, training.request_id)
    _give_to_maker(job, clone)
    job.submission = f"{PROOF}{training.pk}"
    _queue(job)


def _give_to_maker(job: Job, clone: Clone | None = None) -> None:
    _give_to(job, *_maker_of(job.kind, clone))


def _give_to(job: Job, provider: str, capability: str) -> None:
    is_local = provider == registry.LOCAL
    job.provider, job.capability = provider, "" if is_local else str(capability)
    job.queue = catalog.KINDS[job.kind].queue if is_local else catalog.CALLS


def _price_of(job: Job) -> int:
    is_local = job.provider == registry.LOCAL
    return catalog.quote(kind=job.kind, params=job.params, is_local=is_local).price


def _first_of(user: "User", submission: str | None) -> Job | None:
    """Return the job that this key of the person made first."""
    if not submission:
        return None
    first: Job | None = Job.objects.filter(user_id=user.pk, submission=submission).first()
    return first


def _ordered(user: "User", kind: str, order: Mapping[str, Any], request_id: str) -> Job:
    """Return a job of this order, made here and free, not saved yet.

    Raises NotFound for a photo or a project that is not the person's.
    """
    return _job(user.pk, kind, {**order, **_owned(user, order)}, request_id)


def _job(user_id: UUID, kind: str, order: Mapping[str, Any], request_id: str) -> Job:
    """Return a job of an order whose references were looked up before."""
    offer = catalog.KINDS[kind]
    wanted = dict(order)
    project_id = wanted.pop("project_id", None)
    better = wanted.pop("enhanced_prompt", "")
    if wanted.get("pack"):
        wanted.setdefault("title", catalog.PACKS[wanted["pack"]].label)
    if wanted.get("seed") is None:
        wanted["seed"] = secrets.randbelow(2**31)
    return Job(
        id=uuid7(),
        user_id=user_id,
        kind=kind,
        queue=offer.queue,
        params=wanted,
        enhanced_prompt=better,
        pieces=catalog.pieces_of(wanted),
        project_id=project_id,
        clone_id=UUID(wanted["clone_id"]) if wanted.get("clone_id") else None,
        price=0,
        request_id=request_id,
        deadline=clock.now() + timedelta(minutes=offer.deadline_minutes),
    )


def _owned(user: "User", order: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an order refers to, each looked up among what is the person's."""
    owned: dict[str, Any] = {}
    if order.get("photo_id"):
        owned["photo_id"] = str(selectors.photo_of(user=user, photo_id=order["photo_id"]).pk)
    if order.get("photo_ids"):
        chosen = selectors.chosen_photos_of(user=user, photo_ids=order["photo_ids"])
        owned["photo_ids"] = [str(photo.pk) for photo in chosen]
    if order.get("project_id"):
        owned["project_id"] = selectors.project_of(user=user, project_id=order["project_id"]).pk
    return owned | _clones_in(user, order)


def _clones_in(user: "User", order: Mapping[str, Any]) -> dict[str, str]:
    """Return the clones that are to be seen. Raises NotFound, and Conflict for one that cannot."""
    found: dict[str, Clone] = {
        name: selectors.clone_of(user=user, clone_id=order[name])
        for name in ("clone_id", "extra_clone_id")
        if order.get(name)
    }
    likenesses.require(clones=list(found.values()), is_for_pack=bool(order.get("pack")))
    return {name: str(clone.pk) for name, clone in found.items()}


def _submit(
    user: "User",
    job: Job,
    idempotency_key: str | None,
    begin: Callable[[], None] | None = None,
) -> Job:
    """Queue the job, or return the one that the same key made first; `begin` is a part of it."""
    job.submission = idempotency_key or str(uuid7())
    try:
        ratelimit.admit(rule="jobs", key=user.pk)
        if job.provider != registry.LOCAL:
            budget.check()
        with transaction.atomic():
            _find_room(user)
            _queue(job)
            if begin:
                begin()
            return job
    except (IntegrityError, RateLimited):
        first: Job | None = Job.objects.filter(
            user_id=job.user_id, submission=job.submission
        ).first()
        if first is None:
            raise
        return first


def _check_plan(user: "User", kind: str, order: Mapping[str, Any]) -> None:
    """Raise PlanRequired for a film in a quality that the person's plan does not make."""
    if kind != catalog.VIDEO.name:
        return
    quality, entitled = order["quality"], billing_selectors.entitlements_of(user=user)
    if quality not in entitled.video_qualities:
        plan, best = least_plan_with(video_quality=quality), entitled.video_qualities[-1]
        detail = f"Films in {quality} need the {plan.title} plan. Choose {best}, or change plans."
        raise PlanRequired(detail, plan=plan.name)


def _find_room(user: "User") -> None:
    """See that the person has fewer jobs under way than the plan allows, free ones too.

    Raises RateLimited. Until the transaction ends nobody else counts the same person's.
    """
    most = billing_selectors.entitlements_of(user=user).concurrent_jobs
    wait_for_turn(f"jobs:{user.pk}")
    if Job.objects.filter(user_id=user.pk).unfinished().count() >= most:
        detail = UNDER_WAY.format(limit=most)
        raise RateLimited(detail, limit=most, remaining=0, retry_after=MAY_HAVE_ENDED_SECONDS)


@transaction.atomic
def queue_alone(*, job: Job) -> None:
    """Queue a film that is cut anew, unless the person has one under way: it costs them nothing.

    Raises Conflict and RateLimited.
    """
    ratelimit.admit(rule="jobs", key=job.user_id)
    wait_for_turn(f"recuts:{job.user_id}")
    others = Job.objects.filter(user_id=job.user_id, params__has_key="first_job_id")
    if others.unfinished().exists():
        raise Conflict(ONE_AT_A_TIME)
    job.submission = str(uuid7())
    _queue(job)


def _queue(job: Job) -> None:
    if job.price:
        job.reservation_id = credits_services.reserve(
            amount=job.price,
            key=f"job:{job.submission}",
            purpose=job.kind,
            reference=str(job.pk),
        ).hold
    job.save(force_insert=True)
    events.track(
        "generation.job.queued",
        user_id=job.user_id,
        job=str(job.pk),
        kind=job.kind,
        price=job.price,
        provider=job.provider,
    )
    enqueue(RUN_JOB, queue=job.queue, job_id=str(job.pk))
    live.announce(user_id=job.user_id, event="job.updated")


@transaction.atomic
def cancel(*, user: "User", job_id: UUID) -> Job:
    """End the person's job and return its credits.

    A job in the queue ends at once; a running one, and a training, whose clone has to learn of it,
    as soon as a worker looks up. Raises NotFound and JobNotCancelable.
    """
    job = selectors.job_of(user=user, job_id=job_id)
    if job.is_final:
        raise JobNotCancelable
    if job.kind == catalog.TRAINING.name or not _ends_in_queue(job):
        Job.objects.filter(pk=job.pk, status__in=Job.OPEN).update(cancel_requested_at=clock.now())
        enqueue(RUN_JOB, queue=job.queue, job_id=str(job.pk))
    else:
        metrics.settled(job=selectors.job_of(user=user, job_id=job_id))
    live.announce(user_id=user.pk, event="job.updated")
    return selectors.job_of(user=user, job_id=job_id)


def _ends_in_queue(job: Job) -> bool:
    """Whether nobody had begun the job, so that it has ended now.

    One whose hold has expired is left to a worker, who knows what to say.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT generation_cancel_queued(%s)", [job.pk])
            has_ended = bool(cursor.fetchone()[0])
            credits_services.changed(user_id=job.user_id)
            return has_ended
    except IntegrityError:
        return False


def retry(*, user: "User", job_id: UUID, request_id: str) -> Job:
    """Order again what failed or was canceled: a new job, with its own price.

    What was free stays free. Raises NotFound, JobNotRetryable, InsufficientCredits, and Conflict
    for a film that is cut anew while another is.
    """
    job = selectors.job_of(user=user, job_id=job_id)
    if job.status not in {Job.Status.FAILED, Job.Status.CANCELED}:
        raise JobNotRetryable
    if job.kind == catalog.TRAINING.name:
        return _train_again(job, user, request_id)
    if not job.params:
        raise JobNotRetryable(WORDS_GONE)
    if "changes" in job.params:
        recut = _job(user.pk, job.kind, _again(job), request_id)
        recut.remix_of_id = _still(user, job.remix_of_id)
        queue_alone(job=recut)
        return recut
    if not job.price and job.submission.startswith(PREVIEW):
        return _preview_of(job, user, request_id)
    if not job.price and job.submission.startswith(PROOF):
        return _proof_again(job, user, request_id)
    return submit(
        user=user,
        kind=job.kind,
        params=_again(job),
        request_id=request_id,
        remix_of=_still(user, job.remix_of_id),
    )


def _train_again(job: Job, user: "User", request_id: str) -> Job:
    """Train a clone again whose last training came to nothing. Raises Conflict."""
    clone_id = job.clone_id
    if clone_id is None or selectors.clone_of(user=user, clone_id=clone_id).job_id != job.pk:
        raise Conflict(TRAINED_SINCE)
    return retrain(user=user, clone_id=clone_id, request_id=request_id)


def _proof_again(job: Job, user: "User", request_id: str) -> Job:
    """Return the proof shots once more where they failed; who canceled them did without."""
    if job.status == Job.Status.CANCELED:
        raise JobNotRetryable(PROOF_CANCELED)
    again = _ordered(user, job.kind, _again(job), request_id)
    _give_to_maker(again, _clone_in(user, again.params))
    return _submit(user, again, f"{PROOF}{job.pk}")


def preview(*, user: "User", job_id: UUID, request_id: str) -> Job:
    """Have this machine make, for nothing, what a provider could not: a job of its own.

    Raises NotFound, and JobNotPreviewable for what did not fail at a provider.
    """
    job = selectors.job_of(user=user, job_id=job_id)
    if not job.has_free_preview:
        raise JobNotPreviewable
    return _preview_of(job, user, request_id)


def _preview_of(job: Job, user: "User", request_id: str) -> Job:
    """Return the one free preview of a job, or of a preview that came to nothing itself."""
    free = _ordered(user, job.kind, _again(job), request_id)
    return _submit(user, free, f"{PREVIEW}{job.pk}")


def _again(job: Job) -> dict[str, Any]:
    """Return the order of a job; a project that was deleted meanwhile is not asked for again."""
    return {**job.params, "project_id": job.project_id, "enhanced_prompt": job.enhanced_prompt}


def _still(user: "User", asset_id: UUID | None) -> UUID | None:
    """Return the asset if there still is one of the person's."""
    mine = selectors.chosen_assets_of(user=user, asset_ids=[asset_id] if asset_id else [])
    return mine[0].pk if mine else None
