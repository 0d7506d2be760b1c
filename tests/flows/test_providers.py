"""Whatever a provider does with an order, the job ends as we promise and every credit is right.

The real services and the real SDKs, with the providers' stand-ins at the other end of the wire.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from credits import selectors as credits_selectors
from credits.models import Entry, Reservation
from generation import selectors
from generation.models import Asset, Job, Notice, ProviderCall, Step
from generation.providers import downloads, registry
from generation.providers.ports import ImageRequest
from generation.services import jobs, running, steps
from tests import factories
from tests.contract.adapters import ELSEWHERE
from tests.standins.pictures import PNG
from tests.standins.replicate import SECRET, Replicate
from tests.standins.server import HTML, Cut, Drip, Fault, Instead, Reply, Stall
from visiona.lib import clock
from visiona.lib.db.actor import NOBODY, act_as, act_as_user
from visiona.webhooks import services as webhooks
from visiona.webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db

PROVIDERS = ("replicate", "gemini", "openai")
COSTLY = {
    "replicate": "/v1/predictions$",
    "gemini": "generateContent",
    "openai": "/v1/images/generations",
}
PATIENT, HURRIED = 20.0, 0.4


@dataclass
class Studio:
    """Alice's studio, with one provider's key in the settings."""

    user: User
    provider: str
    standin: Any
    settings: Settings

    def order(self, count: int = 1) -> Job:
        """Order pictures; the job waits for a worker."""
        params = {"prompt": "A red sneaker on a plinth", "count": count}
        with act_as_user(self.user.pk):
            return jobs.submit(user=self.user, kind="image", params=params, request_id="tests-1")

    def work(self, job: Job) -> Job:
        """Let a worker look at the job, if it is due."""
        running.run_job(job_id=job.pk)
        return Job.objects.get(pk=job.pk)

    def ask_the_provider(self) -> int:
        """Let the poller do its round; no webhook has come."""
        Step.objects.filter(state=Step.State.RUNNING).update(poll_at=clock.now())
        return steps.poll()

    def warm_up(self) -> None:
        """Have the SDK's client made, which would take all of a short patience."""
        adapter = registry.image(record=lambda _: None)
        assert adapter is not None
        adapter.start(ImageRequest(prompt="Anything"))
        self.standin.reset()

    def misbehave(self, *faults: Fault) -> None:
        """Let the next orders go wrong."""
        self.standin.misbehave(*faults, on=COSTLY[self.provider])

    @property
    def costly(self) -> int:
        """How many requests may have cost money."""
        return sum(COSTLY[self.provider].rstrip("$") in path for path in self.standin.paths())

    @property
    def wallet(self) -> tuple[int, int]:
        found = credits_selectors.wallet_of(user=self.user)
        return found.available, found.held

    def calls_of(self, job: Job) -> list[tuple[str, str, int | None]]:
        """What was recorded of a job's requests: operation, outcome, cost."""
        mine = ProviderCall.objects.filter(job_id=job.pk, provider=self.provider).order_by("id")
        return [(one.operation, one.outcome, one.cost_micro_usd) for one in mine]


@pytest.fixture
def studio_of(standins: dict[str, Any], settings: Settings, alice: User) -> Callable[[str], Studio]:
    """Alice's studio with the provider that is named."""
    settings.PROVIDER_PAUSE_SECONDS = 0
    settings.LOCAL_WORK_IS_FREE = False

    def make(provider: str) -> Studio:
        settings.PROVIDERS = dict.fromkeys(settings.CAPABILITIES, "local") | {"image": provider}
        return Studio(alice, provider, standins[provider], settings)

    return make


@pytest.fixture
def replicate(studio_of: Callable[[str], Studio], settings: Settings) -> Studio:
    """Alice's studio at Replicate, who knows where to send webhooks."""
    settings.REPLICATE_WEBHOOK_SECRET = [SECRET]
    settings.PUBLIC_URL = "https://visiona.example"
    studio = studio_of("replicate")
    studio.standin.works.clear()
    studio.standin.webhooks.clear()
    studio.standin.deliveries.clear()
    return studio


def work_of(studio: Studio) -> str:
    """The one prediction that was begun."""
    (name,) = cast("Replicate", studio.standin).works
    return name


def deliver(studio: Studio, name: str, *, event: str = "completed", forged: bool = False) -> int:
    """Bring one webhook of Replicate's to our door; return the answer's status."""
    return post(cast("Replicate", studio.standin).letter(name, event=event, forged=forged))


def post(letter: tuple[str, bytes, dict[str, str]]) -> int:
    address, body, headers = letter
    with act_as(NOBODY):
        path = address.removeprefix("https://visiona.example")
        answer = Client().post(path, body, headers.pop("content-type"), headers=headers)
    return int(answer.status_code)


def assert_delivered(studio: Studio, job: Job, *, pictures: int) -> None:
    """It ended once, with so many pictures, which were paid for once; nothing is held."""
    ordered = job.params["count"]
    status = "succeeded" if pictures == ordered else "partial"
    assert (job.status, job.captured, job.released) == (
        status,
        5 * pictures,
        5 * (ordered - pictures),
    )
    assert [asset.provider for asset in selectors.assets_of_job(job=job)] == [
        studio.provider
    ] * pictures
    assert_settled(studio, job)


def assert_failed(studio: Studio, job: Job, code: str, status: str = "failed") -> None:
    """It ended without a picture, every credit is back, and a free preview is offered."""
    assert (job.status, job.error_code, job.captured) == (status, code, 0)
    assert job.released == job.price > 0
    assert not Asset.objects.exists()
    assert job.has_free_preview == (status == "failed" and code.startswith("provider_"))
    assert Notice.objects.filter(job=job).exists() == (status == "failed")
    assert_settled(studio, job)


def assert_settled(studio: Studio, job: Job) -> None:
    assert job.reservation_id
    ended = Entry.objects.filter(reservation_id=job.reservation_id).exclude(kind="reserve")
    assert sorted(ended.values_list("kind", flat=True)) in (["capture"], ["release"], PARTLY)
    assert studio.wallet == (20 - job.captured, 0)
    assert not Reservation.objects.filter(state="held").exists()
    assert not Step.objects.exists(), "nothing of it is asked about any more"
    assert credits_selectors.broken_promises() == []
    assert studio.work(job).updated_at == job.updated_at, "an end is the end"


PARTLY = ["capture", "release"]


# --- Every provider -----------------------------------------------------------------------------

PAID: dict[str, list[tuple[str, str, int | None]]] = {
    "replicate": [("image.start", "ok", 0), ("image.end", "ok", 6_000)],
    "gemini": [("image.start", "ok", 67_005)] * 2,
    "openai": [("image.start", "ok", 16_370)],
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_two_pictures_are_ordered_fetched_and_paid_for(
    provider: str, studio_of: Callable[[str], Studio]
) -> None:
    studio = studio_of(provider)
    job = studio.work(studio.order(count=2))
    if provider == "replicate":
        assert (job.status, job.lease_until, studio.wallet) == ("running", None, (10, 10))
        studio.standin.finish(list(studio.standin.works)[-1], pictures=2)
        assert studio.ask_the_provider() == 1
        job = studio.work(job)
    assert_delivered(studio, job, pictures=2)
    assert studio.calls_of(job) == PAID[provider]


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong with an order, how the job ends, and what each call cost."""

    name: str
    fault: Callable[[Any], Fault]
    code: str
    cost: int | None = 0
    attempts: int = 1
    is_slow: bool = False


TROUBLES = [
    Trouble("refused", lambda standin: standin.refusal(), "provider_refused"),
    Trouble("invalid key", lambda standin: standin.error(401), "provider_invalid"),
    Trouble("billing", lambda standin: standin.error(402), "provider_invalid"),
    Trouble("throttled", lambda standin: standin.throttled(0), "provider_unavailable", attempts=3),
    Trouble("down", lambda standin: standin.error(503), "provider_unavailable", attempts=3),
    Trouble("stalls", lambda _: Stall(), "provider_timed_out", cost=None, is_slow=True),
    Trouble("drips", lambda _: Drip(), "provider_timed_out", cost=None, is_slow=True),
    Trouble("cut", lambda _: Cut(), "provider_timed_out", cost=None),
    Trouble("a page", lambda _: HTML, "provider_invalid", cost=None),
    Trouble("200 and an error", lambda one: one.error_in_200(), "provider_invalid", cost=None),
    Trouble(
        "redirects inside",
        lambda _: Instead(Reply(307, {}, {"Location": ELSEWHERE})),
        "provider_invalid",
        cost=None,
    ),
]


KNOWN_COSTS = {
    ("gemini", "refused"): 4,  # what was read is paid for
    ("gemini", "200 and an error"): 0,
    ("openai", "200 and an error"): 0,
}


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one.name)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_failed_order_gives_its_credits_back_and_offers_a_free_preview(
    provider: str, trouble: Trouble, studio_of: Callable[[str], Studio], settings: Settings
) -> None:
    studio = studio_of(provider)
    studio.warm_up()
    job = studio.order()
    settings.PROVIDER_SECONDS = settings.PROVIDER_SECONDS | {
        "image": HURRIED if trouble.is_slow else PATIENT
    }
    studio.misbehave(*[trouble.fault(studio.standin)] * trouble.attempts)

    for _ in range(trouble.attempts):
        assert job.status in {"queued", "running"}
        job = studio.work(job)

    assert_failed(studio, job, trouble.code)
    assert studio.costly == trouble.attempts
    cost = KNOWN_COSTS.get((provider, trouble.name), trouble.cost)
    assert studio.calls_of(job) == [("image.start", trouble.code, cost)] * trouble.attempts


@pytest.mark.parametrize("provider", PROVIDERS)
def test_who_is_throttled_comes_back_when_told_and_not_before(
    provider: str, studio_of: Callable[[str], Studio]
) -> None:
    studio = studio_of(provider)
    studio.misbehave(studio.standin.throttled(7))
    job = studio.work(studio.order())
    assert 5 < (job.next_run_at - clock.now()).total_seconds() <= 7
    assert (job.status, job.attempts, studio.wallet) == ("running", 0, (15, 5))

    Job.objects.update(next_run_at=clock.now())  # somebody wakes it too early
    studio.work(job)
    assert studio.costly == 1

    step = Step.objects.get()
    step.facts |= {"again_at": clock.now().isoformat()}
    step.save()
    Job.objects.update(next_run_at=clock.now())
    job = studio.work(job)
    if provider == "replicate":
        studio.standin.finish(list(studio.standin.works)[-1])
        studio.ask_the_provider()
        job = studio.work(job)
    assert studio.costly == 2
    assert_delivered(studio, job, pictures=1)


def test_who_is_throttled_beyond_the_deadline_gives_the_credits_back_now(replicate: Studio) -> None:
    replicate.misbehave(replicate.standin.throttled(3600))
    assert_failed(replicate, replicate.work(replicate.order()), "provider_unavailable")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_only_the_pictures_that_came_are_paid_for(
    provider: str, studio_of: Callable[[str], Studio]
) -> None:
    studio = studio_of(provider)
    job = studio.order(count=3)
    if provider == "gemini":  # makes one at a time
        studio.misbehave(studio.standin.late_refusal())
    if provider == "openai":
        picture = {"b64_json": base64.b64encode(PNG).decode()}
        studio.misbehave(Instead(Reply(200, {"created": 1, "data": [picture] * 2})))
    job = studio.work(job)
    if provider == "replicate":
        studio.standin.finish(list(studio.standin.works)[-1], pictures=2)
        studio.ask_the_provider()
        job = studio.work(job)
    assert_delivered(studio, job, pictures=2)
    assert (job.error_code, studio.wallet) == ("provider_refused", (10, 0))


def test_a_free_preview_is_another_job_that_this_machine_makes(
    studio_of: Callable[[str], Studio],
) -> None:
    studio = studio_of("openai")
    studio.misbehave(studio.standin.refusal())
    failed = studio.work(studio.order())
    with act_as_user(studio.user.pk):
        free, again = (
            jobs.preview(user=studio.user, job_id=failed.pk, request_id="tests-2") for _ in range(2)
        )
    assert (free.pk, free.provider, free.price, free.queue) == (again.pk, "local", 0, "quick")
    assert (free.status, free.submission) == ("queued", f"preview:{failed.pk}")
    assert (studio.wallet, studio.costly) == ((20, 0), 1)


def test_a_paid_order_never_becomes_a_local_picture_by_itself(
    studio_of: Callable[[str], Studio], settings: Settings
) -> None:
    studio = studio_of("openai")
    job = studio.order()
    settings.PROVIDERS = dict.fromkeys(settings.CAPABILITIES, "local")
    settings.OPENAI_API_KEY = "gone"
    assert_failed(studio, studio.work(job), "provider_invalid")


# --- What Replicate delivers --------------------------------------------------------------------


def finish_badly(studio: Studio, job: Job, content: Reply) -> Job:
    studio.standin.finish(work_of(studio), content=content)
    assert studio.ask_the_provider() == 1
    return studio.work(job)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (Reply(404, b"gone", content_type="text/plain"), "provider_gone"),
        (Reply(403, b"expired", content_type="text/plain"), "provider_gone"),
        (Reply(200, b"<html></html>", content_type="text/html"), "provider_invalid"),
        (Reply(200, b"\x89PNG but not", content_type="image/png"), "provider_invalid"),
        (Reply(200, PNG + bytes(2000), content_type="image/png"), "provider_invalid"),
        (Reply(302, b"", {"Location": ELSEWHERE}), "provider_invalid"),
        (Reply(302, b"", {"Location": "https://10.0.0.1/a.png"}), "provider_invalid"),
    ],
    ids=["gone", "expired", "wrong type", "no picture", "huge", "elsewhere", "inside"],
)
def test_files_that_cannot_be_had_give_the_credits_back(
    replicate: Studio, content: Reply, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = downloads.Downloads.of
    monkeypatch.setattr(
        downloads.Downloads,
        "of",
        lambda *args, **kwargs: replace(ordinary(*args, **kwargs), max_bytes=1000),
    )
    job = replicate.work(replicate.order())
    assert_failed(replicate, finish_badly(replicate, job, content), code)
    assert [call[0] for call in replicate.calls_of(job)] == ["image.start", "image.end"]


def test_files_that_are_gone_after_an_hour_give_the_credits_back(replicate: Studio) -> None:
    job = replicate.work(replicate.order())
    replicate.standin.finish(work_of(replicate))
    replicate.standin.forget_files(work_of(replicate))
    replicate.ask_the_provider()
    assert_failed(replicate, replicate.work(job), "provider_gone")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("CUDA out of memory", "failed", "provider_invalid"),
        ("NSFW content detected. Try running it again.", "failed", "provider_refused"),
        ("", "aborted", "provider_unavailable"),
        ("", "canceled", "provider_timed_out"),
    ],
)
def test_a_work_that_ends_badly_gives_the_credits_back(
    replicate: Studio, error: str, status: str, code: str
) -> None:
    job = replicate.work(replicate.order())
    replicate.standin.fail(work_of(replicate), error, status)
    assert replicate.ask_the_provider() == 1
    assert_failed(replicate, replicate.work(job), code)
    assert replicate.calls_of(job)[1] == ("image.end", code, 0)


def test_what_could_not_be_fetched_this_time_is_fetched_next_time(replicate: Studio) -> None:
    job = replicate.work(replicate.order())
    replicate.standin.finish(work_of(replicate))
    for fault in (Instead(Reply(503, b"")), Cut(), Cut(resets=True)):
        replicate.standin.misbehave(fault, on="/delivery/")
        assert replicate.ask_the_provider() == 1
        assert replicate.work(job).status == "running"
    replicate.ask_the_provider()
    assert_delivered(replicate, replicate.work(job), pictures=1)
    assert replicate.calls_of(job) == [PAID["replicate"][0], ("image.end", "ok", 3_000)]


@pytest.mark.parametrize(
    "fault",
    [HTML, Cut(), Replicate.error(401), Replicate.error(500), Replicate.error_in_200()],
    ids=["a page", "cut", "key", "down", "200 and an error"],
)
def test_a_bad_answer_to_a_question_gives_up_nothing_that_is_paid_for(
    replicate: Studio, fault: Fault
) -> None:
    job = replicate.work(replicate.order())
    replicate.standin.finish(work_of(replicate))
    replicate.standin.misbehave(fault, on="/v1/predictions/")
    assert replicate.ask_the_provider() in {0, 1}  # by the list, or by itself
    assert replicate.work(job).status == "running"

    replicate.ask_the_provider()

    assert_delivered(replicate, replicate.work(job), pictures=1)


def test_a_dozen_works_are_asked_about_in_one_request(
    replicate: Studio, settings: Settings
) -> None:
    settings.CONCURRENT_JOBS = 12
    factories.grant(replicate.user, 100)
    ordered = [replicate.work(replicate.order()) for _ in range(12)]
    for name in replicate.standin.works:
        replicate.standin.finish(name)
    before = len(replicate.standin.seen)
    assert replicate.ask_the_provider() == 12
    assert len(replicate.standin.seen) - before == 1
    assert {replicate.work(job).status for job in ordered} == {"succeeded"}
    assert replicate.wallet == (60, 0)


def test_one_work_that_cannot_be_read_hides_no_other(replicate: Studio) -> None:
    factories.grant(replicate.user, 100)
    ordered = [replicate.work(replicate.order()) for _ in range(3)]
    first, *_ = works = list(replicate.standin.works)
    for name in works:
        replicate.standin.finish(name)
    odd = Reply(200, {"id": first, "status": "in two minds"})
    replicate.standin.misbehave(Instead(odd), on=f"/v1/predictions/{first}$")
    assert replicate.ask_the_provider() == 2
    assert replicate.ask_the_provider() == 1
    assert {replicate.work(job).status for job in ordered} == {"succeeded"}


@pytest.mark.parametrize("webhooks", [[], [SECRET]], ids=["untold", "told"])
def test_what_takes_long_is_asked_about_less_often_and_all_at_once(
    replicate: Studio, *, webhooks: list[str]
) -> None:
    factories.grant(replicate.user, 100)
    for _ in range(3):
        replicate.work(replicate.order())
    replicate.settings.REPLICATE_WEBHOOK_SECRET = webhooks
    for age, seconds in ((0, 10 if webhooks else 3), (900, 120 if webhooks else 30)):
        now = clock.now()
        Step.objects.update(asked_at=now - timedelta(seconds=age), poll_at=now)
        assert steps.poll() == 0
        (moment,) = Step.objects.values_list("poll_at", flat=True).distinct()
        assert moment is not None
        assert now < moment <= clock.now() + timedelta(seconds=seconds)
        assert moment.timestamp() % seconds == 0


# --- Webhooks: late, twice, in no order, forged, never ------------------------------------------


def test_a_webhook_ends_the_job_and_whatever_else_comes_changes_nothing(replicate: Studio) -> None:
    job = replicate.work(replicate.order())
    name = work_of(replicate)
    start = replicate.standin.letter(name, event="start")
    assert post(start) == 200
    assert webhooks.handle_due() == 1
    assert replicate.work(job).status == "running"
    asked = len(replicate.standin.seen)

    replicate.standin.finish(name)
    assert [deliver(replicate, name) for _ in range(2)] == [200, 200]
    assert webhooks.handle_due() == 2
    assert replicate.ask_the_provider() == 0, "its worker will"
    job = replicate.work(job)

    assert len(replicate.standin.seen) - asked == 2, "asked about once, fetched once"
    assert_delivered(replicate, job, pictures=1)
    assert [deliver(replicate, name, event=event) for event in ("completed", "start")] == [200, 200]
    webhooks.handle_due()
    assert replicate.ask_the_provider() == 0
    assert_delivered(replicate, Job.objects.get(pk=job.pk), pictures=1)
    assert replicate.calls_of(job) == [("image.start", "ok", 0), ("image.end", "ok", 3_000)]
    states = sorted(WebhookEvent.objects.values_list("state", flat=True))
    assert states == ["done", "done", "ignored", "ignored", "ignored"]


def test_the_end_may_be_told_before_the_beginning_and_both_twice(replicate: Studio) -> None:
    job = replicate.work(replicate.order())
    name = work_of(replicate)
    letters = [replicate.standin.letter(name, event="start")]
    replicate.standin.finish(name)
    letters.append(replicate.standin.letter(name))
    for address, body, headers in (letters[1], letters[0], letters[1], letters[0]):
        assert post((address, body, dict(headers))) == 200
    assert webhooks.handle_due() == 2
    assert_delivered(replicate, replicate.work(job), pictures=1)
    assert set(WebhookEvent.objects.values_list("deliveries", flat=True)) == {2}


def test_a_forged_webhook_moves_nothing_and_a_signed_lie_is_asked_about(replicate: Studio) -> None:
    job = replicate.work(replicate.order())
    name = work_of(replicate)
    replicate.standin.finish(name)
    assert deliver(replicate, name, forged=True) == 400
    assert (webhooks.handle_due(), WebhookEvent.objects.count()) == (0, 0)
    assert not running.run_job(job_id=job.pk)

    # Signed, but it says what is not so: only what the provider answers counts.
    replicate.standin.fail(name, "It failed")
    lie = replicate.standin.letter(name)
    replicate.standin.works[name] |= {"status": "processing", "error": None}
    assert post(lie) == 200
    webhooks.handle_due()
    assert replicate.work(job).status == "running"

    replicate.standin.finish(name)
    replicate.ask_the_provider()
    assert_delivered(replicate, replicate.work(job), pictures=1)


def test_news_that_come_while_a_worker_looks_are_not_lost(
    replicate: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = replicate.work(replicate.order())
    name = work_of(replicate)
    replicate.standin.works[name] |= {"status": "processing"}
    steps.wake(provider="replicate", external_id=name)
    look = steps.Workshop._asked_about

    def ends_meanwhile(self: Any, step: Step) -> Any:
        work = look(self, step)
        replicate.standin.finish(name)
        deliver(replicate, name)
        webhooks.handle_due()
        return work

    monkeypatch.setattr(steps.Workshop, "_asked_about", ends_meanwhile)
    assert replicate.work(job).status == "running"
    monkeypatch.undo()

    assert_delivered(replicate, replicate.work(job), pictures=1)


# --- The person, the clock ----------------------------------------------------------------------


def test_to_cancel_stops_the_provider_and_returns_the_credits(replicate: Studio) -> None:
    job = replicate.work(replicate.order())
    name = work_of(replicate)
    with act_as_user(replicate.user.pk):
        jobs.cancel(user=replicate.user, job_id=job.pk)
    job = replicate.work(job)
    assert replicate.standin.works[name]["status"] == "canceled"
    assert_failed(replicate, job, "canceled", status="canceled")
    assert [call[0] for call in replicate.calls_of(job)] == ["image.start", "image.end"]
    deliver(replicate, name)
    webhooks.handle_due()
    assert_failed(replicate, Job.objects.get(pk=job.pk), "canceled", status="canceled")


def test_what_is_not_ready_by_its_deadline_is_stopped_and_refunded(replicate: Studio) -> None:
    job = replicate.work(replicate.order())
    assert job.next_run_at == job.deadline, "it is looked at then, if nobody speaks before"
    past = clock.now() - timedelta(seconds=1)
    Job.objects.update(deadline=past, next_run_at=past)
    assert running.run_due(queue="calls")
    assert_failed(replicate, Job.objects.get(pk=job.pk), "deadline_passed")
    assert replicate.standin.works[work_of(replicate)]["status"] == "canceled"


def test_what_a_dead_worker_left_at_the_provider_is_put_away(
    replicate: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = replicate.work(replicate.order())
    monkeypatch.setattr(steps, "put_away", lambda **_: None)  # killed just before
    Job.objects.update(cancel_requested_at=clock.now())
    assert replicate.work(job).status == "canceled"
    monkeypatch.undo()
    assert steps.put_away_leftovers() == 0, "whoever ended it may still be at it"
    monkeypatch.setattr(steps, "PUT_AWAY_WITHIN", timedelta())

    assert steps.put_away_leftovers() == 1

    assert replicate.standin.works[work_of(replicate)]["status"] == "canceled"
    assert not Step.objects.exists()


# --- An answer that was lost --------------------------------------------------------------------


@pytest.fixture
def lost(replicate: Studio) -> Job:
    """A job whose prediction is under way, though Replicate's answer never arrived."""
    replicate.misbehave(Cut())
    job = replicate.work(replicate.order())
    assert (job.status, replicate.wallet, replicate.costly) == ("running", (15, 5), 1)
    return job


def test_the_start_webhook_finds_the_work_whose_answer_was_lost(
    replicate: Studio, lost: Job
) -> None:
    name = work_of(replicate)
    assert deliver(replicate, name, event="start") == 200
    assert webhooks.handle_due() == 1
    assert replicate.work(lost).status == "running"
    replicate.standin.finish(name)
    deliver(replicate, name)
    webhooks.handle_due()
    job = replicate.work(lost)
    assert replicate.costly == 1, "never ordered twice"
    assert_delivered(replicate, job, pictures=1)
    assert replicate.calls_of(job) == [
        ("image.start", "provider_timed_out", None),
        ("image.end", "ok", 3_000),
    ]


def test_so_it_does_where_the_order_was_to_be_made_once_more(replicate: Studio, lost: Job) -> None:
    again_at = clock.now() + timedelta(seconds=60)
    Step.objects.update(
        state=Step.State.FAILED,
        ended_at=clock.now(),
        error_code="provider_unavailable",
        facts={"tries": 1, "again_at": again_at.isoformat()},
    )
    deliver(replicate, work_of(replicate), event="start")
    assert webhooks.handle_due() == 1
    replicate.standin.finish(work_of(replicate))
    assert_delivered(replicate, replicate.work(lost), pictures=1)
    assert replicate.costly == 1


def test_a_second_order_is_stopped_when_the_first_turns_out_to_run(
    replicate: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = steps.Workshop._noted

    def told_meanwhile(workshop: Any, step: Step, calls: Any, work: Any) -> Any:
        steps.adopt(step_id=step.pk, provider="replicate", external_id="0" * 26)
        return noted(workshop, step, calls, work)

    monkeypatch.setattr(steps.Workshop, "_noted", told_meanwhile)
    replicate.work(replicate.order())
    assert replicate.standin.works[work_of(replicate)]["status"] == "canceled"
    assert Step.objects.get().external_id == "0" * 26


def test_an_end_that_is_told_while_its_answer_is_noted_is_not_lost(
    replicate: Studio, lost: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, adopt = work_of(replicate), steps.adopt

    def noted_meanwhile(**which: Any) -> bool:
        Step.objects.update(state=Step.State.RUNNING, external_id=name, poll_at=clock.now())
        return adopt(**which)

    monkeypatch.setattr(steps, "adopt", noted_meanwhile)
    replicate.standin.finish(name)
    deliver(replicate, name)
    assert webhooks.handle_due() == 1
    assert Step.objects.get().has_news
    assert WebhookEvent.objects.get().state == "done"
    assert_delivered(replicate, replicate.work(lost), pictures=1)


def test_so_does_the_last_one_where_the_first_was_lost_too(replicate: Studio, lost: Job) -> None:
    replicate.standin.finish(work_of(replicate))
    deliver(replicate, work_of(replicate))
    webhooks.handle_due()
    assert_delivered(replicate, replicate.work(lost), pictures=1)
    assert replicate.costly == 1


def test_a_work_of_which_nobody_tells_is_given_up_and_never_ordered_again(
    replicate: Studio, lost: Job
) -> None:
    assert 170 < (lost.next_run_at - clock.now()).total_seconds() <= 180
    Step.objects.update(asked_at=clock.now() - steps.OTHERS_LOST_AFTER - timedelta(seconds=1))
    Job.objects.update(next_run_at=clock.now())
    job = replicate.work(lost)
    assert_failed(replicate, job, "provider_timed_out")
    deliver(replicate, work_of(replicate), event="start")
    webhooks.handle_due()
    assert_failed(replicate, Job.objects.get(pk=job.pk), "provider_timed_out")
    assert replicate.costly == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_worker_that_died_at_its_order_is_no_reason_to_order_twice(
    provider: str, studio_of: Callable[[str], Studio], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """SIGKILL, as far as the code can tell: nothing runs after it."""

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    studio = studio_of(provider)
    job = studio.order()
    monkeypatch.setattr(steps.Workshop, "_noted", die)
    with pytest.raises(Killed):
        running.run_job(job_id=job.pk)
    monkeypatch.undo()
    assert not running.run_job(job_id=job.pk), "the dead one's lease has not run out"
    Job.objects.update(lease_until=clock.now() - timedelta(seconds=1))

    job = studio.work(job)

    assert_failed(studio, job, "provider_timed_out")
    assert studio.costly == 1


def test_a_stranger_cannot_have_a_lost_order_adopted(replicate: Studio, lost: Job) -> None:
    step = Step.objects.get()
    other = replicate.work(replicate.order())
    known = Step.objects.get(job_id=other.pk).external_id
    assert not steps.adopt(step_id=step.pk, provider="replicate", external_id=known)
    assert not steps.adopt(step_id=step.pk, provider="gemini", external_id="v1_1")
    assert not steps.adopt(
        step_id=UUID(factories.UNKNOWN_ID), provider="replicate", external_id="a" * 26
    )
    step.refresh_from_db()
    assert (step.state, step.external_id) == ("asked", "")
    assert not steps.wake(provider="replicate", external_id="b" * 26)
