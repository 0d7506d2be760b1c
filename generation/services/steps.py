"""Keep the stages of a job, and order from a provider what may be ordered only once.

A pipeline runs again from its start whenever its job goes on: after a worker died, and after a
provider has ended. What it makes and what it orders is kept here by name, so that nothing is made
twice and nothing is paid for twice (docs/decisions/0018-jobs-go-on-by-replay.md).
"""

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from generation import catalog
from generation.errors import ProviderError, ProviderGone, ProviderTimedOut, ProviderUnavailable
from generation.models import Job, Step
from generation.pipelines.base import Answer, Parked, Request, Shortfall
from generation.providers import registry
from generation.providers.ports import (
    Blob,
    Capability,
    Ended,
    Image,
    ImageRequest,
    Link,
    Output,
    Running,
    Training,
    TrainingRequest,
    Video,
    VideoRequest,
    Work,
)
from generation.providers.ports import ProviderCall as Call
from generation.services import files, provider_calls
from visiona.lib import clock, live
from visiona.lib.db.actor import act_as_worker
from visiona.lib.queue import enqueue
from visiona.lib.request_id import uuid7

RUN_JOB = "generation.tasks.run_job"
AT_WORK = {Capability.TRAINING: "training"}
AT_OTHER_WORK = "waiting for the provider"
CAPABILITIES = {
    ImageRequest: Capability.IMAGE,
    VideoRequest: Capability.VIDEO,
    TrainingRequest: Capability.TRAINING,
}
# How long work may be under way of which nobody told us: longer than any order may take. A
# training may first wait for its machine.
LOST_AFTER = {Capability.TRAINING: timedelta(minutes=30)}
OTHERS_LOST_AFTER = timedelta(seconds=180)
LEASE_MARGIN_SECONDS = 15
MEMORY_BYTES = 4 * 1024 * 1024
PUT_AWAY_WITHIN = timedelta(minutes=5)
PUT_AWAY_LIMIT = 200
STOPPED_WITHIN = timedelta(hours=1)
"""For so long after its deadline we try to stop what a job has ordered."""
MOST_TRIES = 3
KEEPS_STEPS = (Job.Status.SUCCEEDED, Job.Status.PARTIAL)
# How often we ask about what is in flight: ever less often, and less where we are told anyway.
POLL_SECONDS, TOLD_POLL_SECONDS = (3, 10, 30), (10, 30, 120)
POLL_LIMIT = 10_000
ABANDONED = Shortfall(code="canceled", detail="The job ended before this did.")
LOST = Shortfall(
    code=ProviderTimedOut.code,
    detail="The provider's answer was lost, so we do not know what became of this.",
)

Port = Image | Video | Training

logger = logging.getLogger(__name__)


class Workshop:
    """The stages of one job, for the worker that has the job now.

    `extend` keeps the job for so many seconds more, and raises where it has gone to another
    worker. `provider_of` says who is to be asked for what.
    """

    def __init__(
        self,
        job: Job,
        *,
        extend: Callable[[float], None],
        provider_of: Callable[[str], str],
    ) -> None:
        self._job = job
        self._extend = extend
        self._provider_of = provider_of

    def checkpoint(self, name: str, make: Callable[[], bytes], queue: str = "") -> bytes:
        """Return what was kept under this name; where nothing was, make and keep it.

        What is to be made by a worker of another queue is left to one: raises Parked.
        """
        kept = _kept(self._job.pk, name)
        if kept is not None:
            return kept
        self.on_queue(queue)
        data = make()
        self._extend(settings.JOB_LEASE_SECONDS)  # or else somebody else has made it by now
        stored = files.keep(name=_file_name(self._job, name, 0), data=data)
        step = _new_step(self._job, name)
        step.state, step.files, step.ended_at = Step.State.DONE, [stored], clock.now()
        # Whoever was thought dead may have kept the same a moment ago.
        Step.objects.bulk_create([step], ignore_conflicts=True)
        return data

    def original(self, name: str) -> bytes | None:
        """Return what the job of the film that is cut anew kept under this name."""
        first = self._job.params.get("first_job_id")
        return _kept(UUID(first), name, user_id=self._job.user_id) if first else None

    def on_queue(self, queue: str) -> None:
        """Leave the job to a worker of this queue, unless this is one: raises Parked."""
        if queue and queue != self._job.queue:
            raise Parked(until=clock.now(), stage=self._job.stage, queue=queue)

    def ask(self, requests: Mapping[str, Request]) -> dict[str, Answer]:
        """Return what became of each request, or raise Parked while a provider is at work."""
        known = self._steps(requests)
        if any(name not in known or _is_waiting(known[name]) for name in requests):
            self.on_queue(catalog.CALLS)  # whoever draws is not to wait for anybody
        begun = [step for step in known.values() if step.state in Step.OPEN]
        self._order([(known.get(name), name, one) for name, one in requests.items()])
        for step in begun:
            self._look(step)
        steps = self._steps(requests)
        waits = [self._until(step) for step in steps.values() if _is_waiting(step)]
        if waits:
            capability = _capability(next(iter(requests.values())))
            raise Parked(until=min(waits), stage=AT_WORK.get(capability, AT_OTHER_WORK))
        return {name: _answer(steps[name]) for name in requests}

    def _steps(self, requests: Mapping[str, Request]) -> dict[str, Step]:
        mine = Step.objects.filter(job_id=self._job.pk, name__in=list(requests))
        return {step.name: step for step in mine}

    def _until(self, step: Step) -> datetime:
        """Nobody looks before there is news; but what nobody told us of is given up in time."""
        deadline: datetime = self._job.deadline
        if step.external_id:
            return deadline
        return min(deadline, _again_at(step) or _lost_at(step))

    def _order(self, requests: Sequence[tuple[Step | None, str, Request]]) -> None:
        """Order these at once, each exactly once: its row is there before its provider is asked."""
        now = clock.now()
        wanted = [one for one in requests if _may_be_ordered(one[0], now)]
        if not wanted:
            return
        patience = max(_patience(_capability(one)) for _, _, one in wanted)
        with transaction.atomic():  # whoever writes these rows has the job as long as it takes
            self._extend(patience + LEASE_MARGIN_SECONDS)
            # The provider may just have told of what was to be ordered once more.
            known = self._steps({name: request for _, name, request in wanted})
            orders = [
                (self._asked(known.get(name), name, request), request)
                for _, name, request in wanted
                if _may_be_ordered(known.get(name), now)
            ]
        if not orders:
            return
        with ThreadPoolExecutor(max_workers=len(orders)) as pool:
            told = [pool.submit(copy_context().run, partial(_start, *order)) for order in orders]
        # All are noted before any is fetched: that may fail, and no answer may be lost by it.
        for step, work in [self._noted(*one.result()) for one in told]:
            if isinstance(work, Ended):
                self._finish(step, work)

    def _asked(self, step: Step | None, name: str, request: Request) -> Step:
        """Write down that this is ordered, before it is: for the first time, or once more."""
        capability = _capability(request)
        if step is None:
            step = _new_step(self._job, name)
        step.state, step.ended_at, step.asked_at = Step.State.ASKED, None, clock.now()
        step.error_code = step.error_detail = ""
        step.facts = {"tries": _tries(step) + 1}
        step.capability, step.provider = str(capability), self._provider_of(capability)
        step.save()
        return step

    def _noted(
        self, step: Step, calls: list[Call], work: Work | ProviderError
    ) -> tuple[Step, Work | ProviderError]:
        """Keep what a provider answered."""
        self._record(step, calls)
        if isinstance(work, ProviderUnavailable):
            self._put_off(step, work)
        elif isinstance(work, ProviderTimedOut) and _webhook(step):
            pass  # it may be at work, and will tell
        elif isinstance(work, ProviderError):
            _fail(step, work)
        elif _is_kept_there(work):
            asked = Step.objects.filter(pk=step.pk, state=Step.State.ASKED)
            if not asked.update(
                state=Step.State.RUNNING,
                external_id=work.id,
                poll_at=_next_poll(step, clock.now()),
            ):
                self._stop_if_another(step, work)
        return step, work

    def _stop_if_another(self, step: Step, work: Work) -> None:
        """Stop a work that came second: the provider had told of an earlier one meanwhile."""
        if Step.objects.filter(pk=step.pk, external_id=work.id).exists():
            return
        try:
            _port(step, []).cancel(work.id)
        except ProviderError as error:
            facts = {"job": str(self._job.pk), "code": error.code}
            logger.info("generation.step.not_canceled", extra=facts)

    def _put_off(self, step: Step, error: ProviderUnavailable) -> None:
        """It did nothing, so it is asked again, but not for ever."""
        tries = _tries(step)
        pause = max(settings.PROVIDER_PAUSE_SECONDS * tries, error.retry_after or 0)
        again_at = clock.now() + timedelta(seconds=pause)
        if tries >= MOST_TRIES or again_at >= self._job.deadline:
            _fail(step, error)
        else:
            _fail(step, error, facts={"tries": tries, "again_at": again_at.isoformat()})

    def _look(self, step: Step) -> None:
        """Ask how the work stands, or give up what nobody told us of."""
        if step.state == Step.State.ASKED:
            if not _webhook(step) or _is_overdue(step):
                _end(step, state=Step.State.FAILED, shortfall=LOST)
            return
        with transaction.atomic():
            self._extend(settings.PROVIDER_SECONDS["read"] + LEASE_MARGIN_SECONDS)
            Step.objects.filter(pk=step.pk).update(has_news=False)
        work = self._asked_about(step)
        if isinstance(work, Ended):
            self._finish(step, work)
        elif work is not None:
            _note_progress(step, work)

    def _asked_about(self, step: Step) -> Work | None:
        """Return how the work stands, or nothing where that could not be learned this time."""
        calls: list[Call] = []
        try:
            return _port(step, calls).poll(step.external_id)
        except ProviderGone as error:
            _fail(step, error)
        except ProviderError as error:
            # Asking is free and may be repeated; what is paid for is not given up for a bad answer.
            facts = {"job": str(self._job.pk), "code": error.code}
            logger.info("generation.step.not_answered", extra=facts)
        finally:
            self._record(step, calls)
        return None

    def _record(self, step: Step, calls: list[Call]) -> None:
        user_id, job_id = self._job.user_id, self._job.pk
        provider_calls.keep(calls=calls, user_id=user_id, job_id=job_id, step=step.name)

    def _finish(self, step: Step, work: Ended) -> None:
        """Copy what was made into our storage: the provider keeps it for an hour."""
        if work.error is not None:
            _fail(step, work.error)
            return
        try:
            blobs = [self._fetched(step, output) for output in work.outputs]
        except (ProviderUnavailable, ProviderTimedOut) as error:
            facts = {"job": str(self._job.pk), "code": error.code}
            logger.info("generation.step.not_fetched", extra=facts)
            return  # it is still there, and is asked about again
        except ProviderError as error:
            _fail(step, error)
            return
        names = [
            files.keep(name=_file_name(self._job, step.name, number), data=blob.data)
            for number, blob in enumerate(blobs)
        ]
        _end(
            step,
            state=Step.State.DONE,
            files=names,
            facts={
                "content_types": [blob.content_type for blob in blobs],
                "weights": work.weights,
                "model": work.model,
            },
        )

    def _fetched(self, step: Step, output: Output) -> Blob:
        if isinstance(output, Blob):
            return output
        self._extend(settings.PROVIDER_SECONDS["download"] + LEASE_MARGIN_SECONDS)
        return _copied(_port(step, []), output)


def wake(*, provider: str, external_id: str) -> bool:
    """Say that a provider has news of a work, so that its job goes on; tell whether it is ours.

    May be said by anybody, any number of times: what has become of it is asked of the provider.
    """
    with act_as_worker(), transaction.atomic(savepoint=False):
        running = Step.objects.filter(
            provider=provider, external_id=external_id, state=Step.State.RUNNING
        )
        step = running.only("id", "job_id").first()
        if step is None:
            return False
        job = _held_still(step.job_id)
        is_ours = bool(running.update(has_news=True))
        _wake_job(job)
        return is_ours


def adopt(*, step_id: UUID, provider: str, external_id: str) -> bool:
    """Take over a work that a provider says it does for us though its answer was lost."""
    with act_as_worker(), transaction.atomic(savepoint=False):
        # What is to be ordered once more may be under way after all, if the provider says so.
        lost = Step.objects.filter(
            Q(state=Step.State.ASKED) | Q(state=Step.State.FAILED, facts__has_key="again_at"),
            pk=step_id,
            provider=provider,
        )
        step = lost.only("id", "job_id", "facts").first()
        if step is None or _is_known(provider, external_id):
            return False
        job = _held_still(step.job_id)
        is_ours = bool(
            lost.update(
                external_id=external_id,
                state=Step.State.RUNNING,
                ended_at=None,
                error_code="",
                error_detail="",
                facts={"tries": _tries(step)},
                has_news=True,
                poll_at=clock.now(),
            )
        )
        _wake_job(job)
        return is_ours


def poll() -> int:
    """Ask in batches about what is in flight, and wake the jobs of what has ended; count those."""
    with act_as_worker():
        woken = 0
        for (provider, capability), steps in _due_by_provider().items():
            woken += _poll_provider(provider, Capability(capability), steps)
        return woken


def has_news(*, job: Job) -> bool:
    """Whether a provider has told of a work of this job since a worker looked."""
    return Step.objects.filter(job_id=job.pk, state=Step.State.RUNNING, has_news=True).exists()


def put_away(*, job: Job) -> None:
    """Stop what providers still do for a job that has ended, and erase what nobody needs again.

    Raises StorageUnavailable; what is left is put away later.
    """
    steps = list(Step.objects.filter(job_id=job.pk))
    left = {step.pk for step in steps if not _is_stopped(job, step)}
    if job.status not in KEEPS_STEPS or not catalog.KINDS[job.kind].keeps_steps:
        files.forget_steps(steps=[step for step in steps if step.pk not in left])


def _is_stopped(job: Job, step: Step) -> bool:
    """Whether nothing is done for this step any more, as far as can be known.

    Of what was ordered and never answered the provider may still tell: until then it is kept, so
    that it can be stopped. So is what could not be stopped.
    """
    if step.state == Step.State.ASKED:
        return not _webhook(step) or _is_overdue(step)
    return step.state != Step.State.RUNNING or _abandon(job, step)


def put_away_leftovers() -> int:
    """Put away what was left of jobs that have ended, where a worker died at just that."""
    with act_as_worker():
        keeps = [name for name, kind in catalog.KINDS.items() if kind.keeps_steps]
        is_kept = Q(kind__in=keeps, status__in=KEEPS_STEPS)
        ended = Job.objects.exclude(status__in=Job.OPEN).filter(
            finished_at__lt=clock.now() - PUT_AWAY_WITHIN
        )
        left = ended.filter(
            Q(pk__in=Step.objects.filter(state__in=Step.OPEN).values("job_id"))
            | (Q(pk__in=Step.objects.values("job_id")) & ~is_kept)
        )
        jobs = list(left[:PUT_AWAY_LIMIT])
        for job in jobs:
            put_away(job=job)
        return len(jobs)


def _abandon(job: Job, step: Step) -> bool:
    """Stop a work at its provider; tell whether that is done, or will never be."""
    calls: list[Call] = []
    is_stopped = True
    try:
        port = _port(step, calls)
        port.cancel(step.external_id)
        port.poll(step.external_id)  # whatever was used until then has its price
    except (ProviderUnavailable, ProviderTimedOut) as error:
        facts = {"job": str(job.pk), "code": error.code}
        logger.info("generation.step.not_canceled", extra=facts)
        is_stopped = clock.now() > job.deadline + STOPPED_WITHIN
    except ProviderError as error:
        # It has ended, or nobody there knows of it.
        facts = {"job": str(job.pk), "code": error.code}
        logger.info("generation.step.not_canceled", extra=facts)
    finally:
        provider_calls.keep(calls=calls, user_id=job.user_id, job_id=job.pk, step=step.name)
    if is_stopped:
        _end(step, state=Step.State.FAILED, shortfall=ABANDONED)
    return is_stopped


def _due_by_provider() -> dict[tuple[str, str], list[Step]]:
    """Take what is due to be asked about; another poller passes it by.

    What has news is not: its job is due by itself, and its worker asks.
    """
    now = clock.now()
    found: dict[tuple[str, str], list[Step]] = {}
    again: dict[datetime, list[UUID]] = {}
    with transaction.atomic():
        due = Step.objects.filter(state=Step.State.RUNNING, has_news=False, poll_at__lte=now)
        for step in due.order_by("poll_at").select_for_update(skip_locked=True, no_key=True)[
            :POLL_LIMIT
        ]:
            found.setdefault((step.provider, step.capability), []).append(step)
            again.setdefault(_next_poll(step, now), []).append(step.pk)
        for moment, ids in again.items():
            Step.objects.filter(pk__in=ids).update(poll_at=moment)
    return found


def _next_poll(step: Step, now: datetime) -> datetime:
    """Say when to ask about a step: all of about its age at once, since one page tells of many."""
    is_watched = step.capability == Capability.TRAINING  # how far it is can only be asked
    seconds = TOLD_POLL_SECONDS if _webhook(step) and not is_watched else POLL_SECONDS
    age = (now - step.asked_at).total_seconds()
    pause = next((one for one in seconds if one >= age / 10), seconds[-1])
    return datetime.fromtimestamp((now.timestamp() // pause + 1) * pause, tz=UTC)


def _poll_provider(provider: str, capability: Capability, steps: list[Step]) -> int:
    calls: list[Call] = []
    since = min(step.asked_at for step in steps) - timedelta(minutes=1)
    port = _port_of(provider, capability, calls)
    try:
        works = port.poll_many([step.external_id for step in steps], since=since)
    except ProviderError as error:
        logger.info("generation.poll.failed", extra={"provider": provider, "code": error.code})
        return 0
    ended = [step for step in steps if isinstance(works.get(step.external_id), Ended)]
    for step in steps:
        _note_progress(step, works.get(step.external_id))
    # What the list does not know is asked about by itself, once it is old enough to be in it.
    missing = [step for step in steps if step.external_id not in works and _is_overdue(step)]
    return sum(wake(provider=provider, external_id=step.external_id) for step in [*ended, *missing])


def _held_still(job_id: UUID) -> Job:
    """Return the job, which no worker takes or lets go of before our transaction has ended.

    So news either come before a worker lets go, who then sees them, or after, and wake the job.
    """
    job: Job = Job.objects.select_for_update(no_key=True).only("id", "queue").get(pk=job_id)
    return job


def _wake_job(job: Job) -> None:
    """Let the job go on now; the worker that has it, if one does, will see that there is news."""
    Job.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=clock.now()), pk=job.pk, status__in=Job.OPEN
    ).update(next_run_at=clock.now())
    enqueue(RUN_JOB, queue=job.queue, job_id=str(job.pk))


def _may_be_ordered(step: Step | None, now: datetime) -> bool:
    if step is None:
        return True
    again_at = _again_at(step)
    return again_at is not None and again_at <= now


def _is_waiting(step: Step) -> bool:
    return step.state in Step.OPEN or _again_at(step) is not None


def _again_at(step: Step) -> datetime | None:
    """When to order again what its provider could not do; nothing where that is no question."""
    named = step.facts.get("again_at")
    return datetime.fromisoformat(named) if named else None


def _tries(step: Step) -> int:
    return int(step.facts.get("tries", 0))


def _is_kept_there(work: Work) -> bool:
    """Whether the provider can be asked about it; what came in its answer is nowhere else."""
    if isinstance(work, Ended):
        return any(isinstance(output, Link) for output in work.outputs)
    return True


def _is_known(provider: str, external_id: str) -> bool:
    return Step.objects.filter(provider=provider, external_id=external_id).exists()


def _is_overdue(step: Step) -> bool:
    return clock.now() > _lost_at(step)


def _lost_at(step: Step) -> datetime:
    return step.asked_at + LOST_AFTER.get(Capability(step.capability), OTHERS_LOST_AFTER)


def _start(step: Step, request: Request) -> tuple[Step, list[Call], Work | ProviderError]:
    """Order from the provider; no row is touched here, because this runs in a thread of its own."""
    calls: list[Call] = []
    port: Any = _port(step, calls)
    try:
        work: Work = port.start(replace(request, webhook=_webhook(step)))
    except ProviderError as error:
        return step, calls, error
    return step, calls, work


def _webhook(step: Step) -> str:
    """Where the provider tells its news; nowhere, if we could not know that it was the provider."""
    if step.provider != "replicate" or not settings.REPLICATE_WEBHOOK_SECRET:
        return ""
    return f"{settings.PUBLIC_URL}/webhooks/replicate?{urlencode({'step': str(step.pk)})}"


def _patience(capability: Capability) -> float:
    """How many seconds ordering may take: before a training, questions and an archive go out."""
    seconds: dict[str, float] = settings.PROVIDER_SECONDS
    before = 3 * seconds["read"] + seconds["download"] if capability == Capability.TRAINING else 0
    return seconds[capability] + before


def _capability(request: Request) -> Capability:
    return CAPABILITIES[type(request)]


def _port(step: Step, calls: list[Call]) -> Port:
    return _port_of(step.provider, Capability(step.capability), calls)


def _port_of(provider: str, capability: Capability, calls: list[Call]) -> Port:
    choose: Any = getattr(registry, capability)
    port: Port | None = choose(record=calls.append, provider=provider)
    if port is None:
        raise ProviderGone
    return port


def _note_progress(step: Step, work: Work | None) -> None:
    """Say how far a work is, where its provider tells; what people see never goes back."""
    if not isinstance(work, Running) or work.progress is None:
        return
    progress = min(99, int(work.progress * 100))
    behind = Job.objects.filter(pk=step.job_id, status__in=Job.OPEN, progress__lt=progress)
    if behind.update(progress=progress):
        live.announce(user_id=step.user_id, event="job.updated")


def _copied(port: Port, link: Link) -> Blob:
    with tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES) as copy:
        content_type = port.download(link, to=copy)
        copy.seek(0)
        return Blob(data=copy.read(), content_type=content_type)


def _new_step(job: Job, name: str) -> Step:
    return Step(id=uuid7(), user_id=job.user_id, job_id=job.pk, name=name, asked_at=clock.now())


def _file_name(job: Job, step: str, number: int) -> str:
    return f"people/{job.user_id}/jobs/{job.pk}/steps/{step}-{number}"


def _kept(job_id: UUID, name: str, **owner: UUID) -> bytes | None:
    done = Step.objects.filter(job_id=job_id, name=name, state=Step.State.DONE, **owner).first()
    return files.read(name=done.files[0]) if done else None


def _answer(step: Step) -> Answer:
    if step.state == Step.State.FAILED:
        return Answer(shortfall=Shortfall(code=step.error_code, detail=step.error_detail))
    kinds = step.facts["content_types"]
    blobs = (
        Blob(data=files.read(name=n), content_type=k)
        for n, k in zip(step.files, kinds, strict=True)
    )
    learned = {name: step.facts.get(name, "") for name in ("weights", "model")}
    return Answer(files=tuple(blobs), **learned)


def _fail(step: Step, error: ProviderError, **fields: Any) -> None:
    shortfall = Shortfall(code=error.code, detail=str(error.detail)[:300])
    _end(step, state=Step.State.FAILED, shortfall=shortfall, **fields)


def _end(
    step: Step, *, state: Step.State, shortfall: Shortfall | None = None, **fields: Any
) -> None:
    """End a step once; it may have been ended by whoever was faster."""
    why = {"error_code": shortfall.code, "error_detail": shortfall.detail} if shortfall else {}
    Step.objects.filter(pk=step.pk, state__in=Step.OPEN).update(
        state=state, ended_at=clock.now(), has_news=False, **why, **fields
    )
