"""Whatever Replicate does with a training, the clone and every credit end as we promise.

The real services and the real SDK, with Replicate's stand-in at the other end of the wire.
"""

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from credits import selectors as credits_selectors
from generation import catalog, selectors
from generation.models import Asset, Clone, Job, Notice, ProviderCall, Removal, Step
from generation.services import clones, jobs, removals, running, steps
from tests import factories
from tests.people import make_portraits
from tests.plain import plain_work
from tests.standins.replicate import SECRET, Replicate, bar_of
from tests.standins.replicate_models import OWNER
from tests.standins.server import Cut, Instead, Reply
from visiona.lib import clock
from visiona.lib.db.actor import NOBODY, act_as, act_as_user, act_as_worker
from visiona.webhooks import services as webhooks

pytestmark = pytest.mark.django_db

SITE = "https://visiona.example"


@pytest.fixture
def anna() -> User:
    return factories.make_user("anna@example.com", extra_credits=80)


@pytest.fixture
def replicate(standins: dict[str, Any], settings: Settings) -> Iterator[Replicate]:
    """Replicate trains, and knows where to send webhooks; all else stays here."""
    settings.PROVIDERS = dict.fromkeys(settings.CAPABILITIES, "local") | {"training": "replicate"}
    settings.REPLICATE_WEBHOOK_SECRET = [SECRET]
    settings.PUBLIC_URL = SITE
    settings.PROVIDER_PAUSE_SECONDS = 0
    settings.LOCAL_WORK_IS_FREE = False
    standin = cast("Replicate", standins["replicate"])
    standin.works.clear()
    standin.webhooks.clear()
    standin.files.clear()
    with plain_work():
        yield standin


def order(user: User, **changes: Any) -> Job:
    if "photo_ids" not in changes:
        changes["photo_ids"] = [str(photo.pk) for photo in make_portraits(user, 5)]
    wanted = {"name": "Anna", "subject": "person", "consent": True, **changes}
    with act_as_user(user.pk):
        return jobs.submit(user=user, kind="training", params=wanted, request_id="tests-request")


def work() -> None:
    """Let workers do all that can be done now."""
    while any(running.run_due(queue=queue) for queue in catalog.QUEUES):
        pass


def ask() -> int:
    """Let the poller do its round, and workers what follows."""
    Step.objects.filter(state=Step.State.RUNNING).update(poll_at=clock.now())
    woken = steps.poll()
    work()
    return woken


def training_of(replicate: Replicate) -> str:
    """The one training that was begun."""
    (name,) = (id_ for id_, one in replicate.works.items() if "_destination" in one)
    return name


def deliver(replicate: Replicate, name: str, *, event: str = "completed") -> int:
    """Bring one webhook to our door."""
    address, body, headers = replicate.letter(name, event=event)
    with act_as(NOBODY):
        path = address.removeprefix(SITE)
        answer = Client().post(path, body, headers.pop("content-type"), headers=headers)
    return int(answer.status_code)


def wallet(user: User) -> tuple[int, int]:
    found = credits_selectors.wallet_of(user=user)
    return found.available, found.held


def ended(job: Job) -> tuple[str, str, int, int]:
    job.refresh_from_db()
    return job.status, job.error_code, job.captured, job.released


def trained(user: User, replicate: Replicate) -> Clone:
    """A clone whose weights lie at Replicate, with its proof shots still to be made."""
    job = order(user)
    running.run_job(job_id=job.pk)
    replicate.finish_training(training_of(replicate))
    ask()
    clone = Clone.objects.get(job=job)
    assert clone.is_ready
    return clone


def test_a_training_is_ordered_once_and_pins_the_weights_that_it_came_to(
    replicate: Replicate, anna: User
) -> None:
    job = order(anna, trigger_word="ANNA77", steps=900, lora_rank=32)
    assert (job.provider, job.capability, job.queue) == ("replicate", "training", "calls")
    work()
    name = training_of(replicate)
    given = replicate.works[name]["input"]
    assert (given["trigger_word"], given["steps"], given["lora_rank"]) == ("ANNA77", 900, 32)
    (archive,) = replicate.files.values()
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        assert packed.namelist() == [f"{number:02}.jpg" for number in range(1, 6)]
    assert ended(job)[0] == "running"
    assert wallet(anna) == (40, 60)

    replicate.finish_training(name)
    assert ask() == 1

    assert ended(job) == ("succeeded", "", 60, 0)
    clone = Clone.objects.get(job=job)
    (weights,) = replicate.models.weights_of(f"visiona-{clone.pk.hex}")
    assert (clone.status, clone.provider, clone.weights) == ("ready", "replicate", weights)
    assert clone.trained_by.startswith("ostris/flux-dev-lora-trainer:")
    assert "FLUX.1" in clone.license
    assert clone.profile == []
    assert not Step.objects.filter(job=job).exists()
    assert Notice.objects.get(job=job).topic == "clone_ready"
    assert replicate.models.kept[f"{OWNER}/visiona-{clone.pk.hex}"].visibility == "private"
    calls = ProviderCall.objects.filter(job=job, operation="training.end")
    assert [(call.outcome, call.provider) for call in calls] == [("ok", "replicate")]


def test_how_far_a_training_is_is_read_out_of_its_log(replicate: Replicate, anna: User) -> None:
    job = order(anna, steps=1000)
    work()
    name = training_of(replicate)
    replicate.log(name, f"Extracted 5 files from zip\n{bar_of(415, 1000)}")

    assert ask() == 0

    job.refresh_from_db()
    assert (job.status, job.progress, job.stage) == ("running", 41, "training")
    replicate.log(name, bar_of(120, 1000))
    ask()
    job.refresh_from_db()
    assert job.progress == 41


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("failed", "provider_invalid"),
        ("canceled", "provider_timed_out"),
        ("aborted", "provider_unavailable"),
    ],
)
def test_a_training_that_ends_badly_costs_nothing_and_says_so(
    replicate: Replicate, anna: User, status: str, code: str
) -> None:
    job = order(anna)
    work()
    replicate.fail(training_of(replicate), "CUDA out of memory", status)

    ask()

    assert ended(job) == ("failed", code, 0, 60)
    assert Clone.objects.get(job=job).status == "failed"
    assert wallet(anna) == (100, 0)
    assert Notice.objects.get(job=job).topic == "job_failed"
    assert replicate.models.kept, "the empty model goes with the clone"


def test_weights_that_have_expired_before_we_looked_cost_nothing(
    replicate: Replicate, anna: User
) -> None:
    job = order(anna)
    work()
    name = training_of(replicate)
    replicate.finish_training(name)
    replicate.forget_files(name)

    ask()

    assert ended(job) == ("failed", "provider_gone", 0, 60)
    assert wallet(anna) == (100, 0)


def test_webhooks_may_be_late_doubled_or_lost(replicate: Replicate, anna: User) -> None:
    job = order(anna)
    work()
    name = training_of(replicate)
    assert deliver(replicate, name, event="start") == 200
    webhooks.handle_due()
    assert ended(job)[0] == "running"
    replicate.finish_training(name)
    assert [deliver(replicate, name) for _ in range(2)] == [200, 200]
    webhooks.handle_due()
    work()
    assert ended(job) == ("succeeded", "", 60, 0)

    assert deliver(replicate, name) == 200
    webhooks.handle_due()
    work()

    assert ended(job) == ("succeeded", "", 60, 0)
    assert Clone.objects.count() == 1
    assert Job.objects.filter(kind="image").count() == 1, "one set of proof shots"


def test_a_training_that_stalls_is_given_up_in_time_and_stopped_there(
    replicate: Replicate, anna: User
) -> None:
    job = order(anna)
    work()
    name = training_of(replicate)
    ask()
    Job.objects.filter(pk=job.pk).update(
        deadline=clock.now() - timedelta(seconds=1), next_run_at=clock.now()
    )

    work()

    assert ended(job) == ("failed", "deadline_passed", 0, 60)
    assert replicate.works[name]["status"] == "canceled"
    assert wallet(anna) == (100, 0)
    replicate.finish_training(name)
    deliver(replicate, name)
    webhooks.handle_due()
    work()
    assert Clone.objects.get(job=job).status == "failed"
    assert wallet(anna) == (100, 0)


def test_a_training_that_is_canceled_is_canceled_there_too(
    replicate: Replicate, anna: User
) -> None:
    job = order(anna)
    work()
    with act_as_user(anna.pk):
        jobs.cancel(user=anna, job_id=job.pk)

    work()

    assert ended(job)[0] == "canceled"
    assert replicate.works[training_of(replicate)]["status"] == "canceled"
    assert wallet(anna) == (100, 0)
    assert Notice.objects.get(job=job).topic == "job_failed"


def test_a_destination_that_is_there_already_is_used(replicate: Replicate, anna: User) -> None:
    job = order(anna)
    replicate.models.keep(f"visiona-{cast('Any', job.clone_id).hex}")
    taken = Reply(409, {"detail": "A model with that name and owner already exists", "status": 409})
    replicate.misbehave(Instead(taken), on="/v1/models$")

    work()

    replicate.finish_training(training_of(replicate))
    ask()
    assert ended(job) == ("succeeded", "", 60, 0)


def test_an_answer_that_was_lost_is_found_by_its_webhook_and_ordered_once(
    replicate: Replicate, anna: User
) -> None:
    job = order(anna)
    replicate.misbehave(Cut(), on="trainings$")

    work()

    name = training_of(replicate)
    assert ended(job)[0] == "running"
    replicate.finish_training(name)
    assert deliver(replicate, name) == 200
    webhooks.handle_due()
    work()
    assert ended(job) == ("succeeded", "", 60, 0)
    begun = [path for path in replicate.paths() if path.endswith("/trainings")]
    assert len(begun) == 1


def picture_of(user: User, clone: Clone, **params: Any) -> Job:
    return factories.make_job(user, kind="image", clone_id=str(clone.pk), **params)


def predictions(replicate: Replicate) -> list[str]:
    return [id_ for id_, one in replicate.works.items() if "_destination" not in one]


def test_pictures_are_made_with_the_weights_and_the_word_that_nobody_has_to_know(
    replicate: Replicate, anna: User
) -> None:
    clone = trained(anna, replicate)
    proofs = predictions(replicate)
    assert len(proofs) == len(catalog.PROOF.shots)
    for name in proofs:
        replicate.finish(name)
    ask()
    assert selectors.proof_of(user=anna, clone=clone).count() == 4
    assert wallet(anna) == (40, 0)

    job = picture_of(anna, clone, prompt="Anna in the rain", clone_scale=0.8, count=2)
    work()

    (name,) = set(predictions(replicate)) - set(proofs)
    given = replicate.works[name]["input"]
    assert given["prompt"] == f"{clone.trigger_word} person in the rain"
    assert (given["lora_scale"], given["num_outputs"]) == (0.8, 2)
    replicate.finish(name, pictures=2)
    ask()
    assert ended(job) == ("succeeded", "", 10, 0)
    assert {asset.prompt for asset in selectors.assets_of_job(job=job)} == {"Anna in the rain"}


def test_a_thumbnail_shows_the_clone_that_its_provider_has_posed(
    replicate: Replicate, anna: User
) -> None:
    clone = trained(anna, replicate)
    before = set(predictions(replicate))
    job = factories.make_job(anna, clone_id=str(clone.pk), count=2)
    work()
    (name,) = set(predictions(replicate)) - before
    assert replicate.works[name]["input"]["prompt"].startswith(f"{clone.trigger_word} person, ")
    replicate.finish(name, pictures=2)

    ask()

    assert ended(job) == ("succeeded", "", 20, 0)
    assert selectors.assets_of_job(job=job).count() == 2


def test_weights_that_the_provider_has_lost_fail_the_picture_and_cost_nothing(
    replicate: Replicate, anna: User
) -> None:
    clone = trained(anna, replicate)
    replicate.models.kept.clear()

    job = picture_of(anna, clone)
    work()

    status, code, captured, released = ended(job)
    assert (status, code, captured, released) == ("failed", "provider_gone", 0, 5)
    assert "no longer has this clone" in job.error_detail
    assert not job.has_free_preview


def test_a_removed_clone_is_deleted_at_the_provider_in_as_many_tries_as_it_takes(
    replicate: Replicate, anna: User
) -> None:
    clone = trained(anna, replicate)
    replicate.models.erasing_takes = 1
    with act_as_user(anna.pk):
        receipt = clones.withdraw(user=anna, clone_id=clone.pk)
    work()

    assert not removals.finish(removal_id=receipt.pk)
    receipt.refresh_from_db()
    line = next(one for one in receipt.places if one["place"] == "weights")
    assert (line["state"], line["detail"]) == ("waiting", "The provider is deleting it.")
    assert not Asset.objects.filter(user_id=anna.pk).exists()
    Removal.objects.update(next_at=clock.now())
    assert removals.finish_due() == 1

    receipt.refresh_from_db()
    assert receipt.finished_at is not None
    assert replicate.models.kept == {}
    assert not Clone.objects.exists()


def test_a_training_is_stopped_there_before_anything_is_taken_from_under_it(
    replicate: Replicate, anna: User
) -> None:
    job = order(anna)
    work()
    with act_as_user(anna.pk):
        receipt = clones.withdraw(user=anna, clone_id=UUID(job.params["clone_id"]))

    assert not removals.finish(removal_id=receipt.pk)
    receipt.refresh_from_db()
    assert [line["place"] for line in receipt.places] == ["jobs"]
    assert Step.objects.filter(job=job, state=Step.State.RUNNING).exists()
    work()
    Removal.objects.update(next_at=clock.now())
    removals.finish_due()

    assert replicate.works[training_of(replicate)]["status"] == "canceled"
    receipt.refresh_from_db()
    assert receipt.finished_at is not None
    assert replicate.models.kept == {}
    words = {line["place"]: line["detail"] for line in receipt.places}
    assert words["provider_files"].startswith("The provider deletes what it was sent")


def test_a_training_whose_answer_was_lost_is_stopped_as_soon_as_it_is_told_of(
    replicate: Replicate, anna: User
) -> None:
    job = order(anna)
    replicate.misbehave(Cut(), on="trainings$")
    work()
    name = training_of(replicate)
    with act_as_user(anna.pk):
        receipt = clones.withdraw(user=anna, clone_id=UUID(job.params["clone_id"]))
    work()
    assert ended(job) == ("canceled", "clone_deleted", 0, 60)
    assert not removals.finish(removal_id=receipt.pk)

    assert deliver(replicate, name, event="start") == 200
    webhooks.handle_due()
    stop_leftovers(job)
    Removal.objects.update(next_at=clock.now())
    removals.finish_due()

    assert replicate.works[name]["status"] == "canceled"
    receipt.refresh_from_db()
    assert receipt.finished_at is not None


def stop_leftovers(job: Job) -> None:
    """Let the round be made that looks after jobs which ended a while ago."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "PUT_AWAY_WITHIN", timedelta(seconds=-1))
        assert steps.put_away_leftovers() == 1
    assert not Step.objects.filter(job=job).exists()


def test_a_training_that_could_not_be_stopped_is_stopped_later(
    replicate: Replicate, anna: User
) -> None:
    job = order(anna)
    work()
    replicate.misbehave(replicate.error(500), on="/cancel$")
    with act_as_user(anna.pk):
        jobs.cancel(user=anna, job_id=job.pk)
    work()
    assert ended(job)[0] == "canceled"
    assert replicate.works[training_of(replicate)]["status"] != "canceled"

    stop_leftovers(job)

    assert replicate.works[training_of(replicate)]["status"] == "canceled"


def test_a_free_retraining_is_had_where_the_clone_is(
    replicate: Replicate, anna: User, settings: Settings
) -> None:
    settings.PROVIDERS = dict.fromkeys(settings.CAPABILITIES, "local")
    here = order(anna)
    work()
    settings.PROVIDERS |= {"training": "replicate"}

    with act_as_user(anna.pk):
        again = jobs.retrain(user=anna, clone_id=UUID(here.params["clone_id"]), request_id="r")
    work()

    assert ended(again)[0] == "succeeded"
    assert (again.price, again.provider) == (0, "local")
    assert not replicate.works


def test_a_picture_of_a_clone_that_has_moved_is_not_made_of_somebody_else(
    replicate: Replicate, anna: User
) -> None:
    clone = trained(anna, replicate)
    job = picture_of(anna, clone)
    Clone.objects.filter(pk=clone.pk).update(provider="local", weights="")

    work()

    assert ended(job) == ("failed", "clone_changed", 0, 5)


def test_a_provider_that_is_down_does_not_make_a_receipt_lie(
    replicate: Replicate, anna: User
) -> None:
    clone = trained(anna, replicate)
    with act_as_user(anna.pk):
        receipt = clones.remove(user=anna, clone_id=clone.pk, with_pictures=True)
    work()
    replicate.misbehave(*[replicate.error(500)] * 8, on="/v1/models/")

    assert not removals.finish(removal_id=receipt.pk)

    receipt.refresh_from_db()
    states = {line["place"]: line["state"] for line in receipt.places}
    assert states["weights"] == "waiting"
    assert states["photos"] == "done"
    assert receipt.finished_at is None
    assert receipt.next_at > clock.now()


MARKER = "MARKER-7f3a-who-took-this-where"


def marked(number: int) -> bytes:
    """A photo that says in its metadata who took it."""
    photo = Image.effect_noise((600 + number, 700), 80).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = MARKER
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    photo.save(out, "JPEG", exif=exif, comment=MARKER.encode())
    return out.getvalue()


def rows_with(words: str) -> list[str]:
    """The tables in which these words stand anywhere."""
    found = []
    with act_as_worker(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r'"
            " AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        for (table,) in cursor.fetchall():
            cursor.execute("SELECT has_table_privilege(%s, 'SELECT')", [table])
            if not cursor.fetchone()[0]:
                continue
            cursor.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s",
                [f"%{words}%"],
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def files_with(words: str, folder: str = "") -> list[str]:
    """The stored files in which these words stand, by name or content."""
    found = []
    folders, names = default_storage.listdir(folder)
    for name in names:
        path = f"{folder}/{name}".lstrip("/")
        with default_storage.open(path) as file:
            if words.encode() in file.read() or words in path:
                found.append(path)
    for inner in folders:
        found += files_with(words, f"{folder}/{inner}".lstrip("/"))
    return found


def test_what_the_photos_said_of_themselves_is_found_nowhere(
    replicate: Replicate, anna: User
) -> None:
    photo_ids = []
    for number, good in enumerate(make_portraits(anna, 4)):
        assert MARKER.encode() in marked(number)
        photo = factories.make_photo(anna, f"IMG_{number}.jpg", marked(number))
        Asset.objects.filter(pk=photo.pk).update(facts=good.facts)
        photo_ids.append(str(photo.pk))
    job = order(anna, photo_ids=photo_ids)
    work()
    (archive,) = replicate.files.values()
    assert MARKER.encode() not in archive
    replicate.finish_training(training_of(replicate))
    ask()
    assert (rows_with(MARKER), files_with(MARKER)) == ([], [])

    with act_as_user(anna.pk):
        receipt = clones.withdraw(user=anna, clone_id=UUID(job.params["clone_id"]))
    work()
    assert removals.finish(removal_id=receipt.pk)

    assert rows_with(photo_ids[0]) == []
    assert files_with(photo_ids[0]) == []
    assert rows_with(MARKER) == []
