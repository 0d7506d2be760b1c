"""Weights are learned at Replicate, make pictures there, and are erased."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from pytest_django import Settings

from generation.errors import (
    ProviderError,
    ProviderGone,
    ProviderInvalid,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnavailable,
)
from generation.providers import replicate_training
from generation.providers.offers import offer_of
from generation.providers.ports import (
    Blob,
    Capability,
    Ended,
    ImageRequest,
    Running,
    Training,
    TrainingRequest,
)
from generation.providers.replicate_inputs import training
from tests.contract.adapters import (
    ARCHIVE,
    PICTURE,
    PROMPT,
    REPLICATE_IMAGE,
    REPLICATE_TRAINING,
    SHORT,
    Bench,
    assert_failed,
)
from tests.standins.replicate import Plan, Replicate, bar_of
from tests.standins.replicate_models import Kept
from tests.standins.server import Cut, Fault, Instead, Reply, Stall

FAST = "replicate/fast-flux-trainer"
USUAL = "ostris/flux-dev-lora-trainer"
REQUEST = TrainingRequest(
    archive=ARCHIVE,
    trigger_word="VSN7K2",
    destination="visiona-0123",
    subject="person",
    steps=1000,
    lora_rank=16,
)
GIVEN = {
    "input_images": "https://archive.example/a.zip",
    "trigger_word": "VSN7K2",
    "autocaption": True,
    "steps": 1000,
    "lora_rank": 16,
}
FAST_TAKES = {"trigger_word", "lora_type", "training_steps"}
DOWNLOAD = "model.safetensors: 100%|██████████| 23.8G/23.8G [01:02<00:00, 383MB/s]"
SHARDS = "Loading checkpoint shards:  67%|██████▋   | 2/3 [00:01<00:00,  1.69it/s]"


@pytest.fixture
def bench(bench_of: Callable[..., Bench]) -> Bench:
    return bench_of(REPLICATE_TRAINING)


@pytest.fixture
def replicate(bench: Bench) -> Replicate:
    return cast("Replicate", bench.standin)


@pytest.fixture
def trainer(bench: Bench) -> Training:
    return cast("Training", bench.adapter)


@pytest.fixture
def fast(settings: Settings) -> None:
    """The settings name the fast trainer."""
    settings.PROVIDER_MODELS = settings.PROVIDER_MODELS | {"training": FAST}


def described(**parts: list[str]) -> dict[str, Any]:
    """Return what a version says of itself, by the names of its inputs."""
    return {part: {"properties": {name: {} for name in names}} for part, names in parts.items()}


def ended(trainer: Training) -> Ended:
    """Order a training, and ask how it ended."""
    work = trainer.poll(trainer.start(REQUEST).id)
    assert isinstance(work, Ended)
    return work


def fails(trainer: Training, request: TrainingRequest = REQUEST) -> ProviderError:
    """Return why a training cannot be ordered."""
    with pytest.raises(ProviderError) as caught:
        trainer.start(request)
    return caught.value


def test_a_training_goes_from_an_archive_to_weights(
    bench: Bench, replicate: Replicate, trainer: Training
) -> None:
    replicate.plan = Plan(logs=(bar_of(830, 1000),))

    started = trainer.start(replace(REQUEST, webhook="https://app.example/hooks/1"))

    assert isinstance(started, Running)
    asked, made, ordered = replicate.seen
    assert asked.path == f"/v1/models/{USUAL}"
    assert made.json == {
        "owner": "visiona-tests",
        "name": "visiona-0123",
        "visibility": "private",
        "hardware": "gpu-t4",
    }
    version = replicate.models.latest(USUAL)
    assert ordered.path == f"/v1/models/{USUAL}/versions/{version}/trainings"
    assert ordered.json == {
        "input": GIVEN,
        "destination": "visiona-tests/visiona-0123",
        "webhook": "https://app.example/hooks/1",
        "webhook_events_filter": ["start", "completed"],
    }
    assert trainer.poll(started.id) == Running(id=started.id, progress=0.83)

    done = trainer.poll(started.id)

    [weights] = replicate.models.weights_of("visiona-0123")
    assert done == Ended(id=started.id, weights=weights, model=f"{USUAL}:{version}")
    [start, end] = bench.records
    assert (start.operation, start.cost_micro_usd) == ("training.start", 0)
    assert (end.operation, end.seconds, end.cost_micro_usd) == ("training.end", 2.0, 3_050)


@pytest.mark.parametrize(
    ("lines", "progress"),
    [
        (["Extracted 12 files from zip", "Starting train job"], None),
        ([DOWNLOAD, SHARDS], None),
        ([bar_of(0, 1000)], 0.0),
        ([bar_of(10, 1000), bar_of(482, 1000), DOWNLOAD], 0.482),
        ([f"{bar_of(10, 1000)}\r{bar_of(20, 1000)}\r{SHARDS}"], 0.02),
        (["", bar_of(1000, 1000)], 1.0),
    ],
)
def test_only_the_trainings_own_bar_tells_how_far_it_is(
    lines: list[str], progress: float | None, replicate: Replicate, trainer: Training
) -> None:
    started = trainer.start(REQUEST)
    replicate.log(started.id, "\n".join(lines))
    assert trainer.poll(started.id) == Running(id=started.id, progress=progress)


def test_trainings_are_asked_about_one_by_one(replicate: Replicate, trainer: Training) -> None:
    replicate.plan = Plan(ends="")
    going_on = trainer.start(REQUEST).id
    found = trainer.poll_many([going_on, "0" * 26], since=datetime.now(tz=UTC))
    assert found == {going_on: Running(id=going_on)}


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        ("input_images must be a zip file", replicate_training.BAD_ARCHIVE),
        ("No images found in the archive", replicate_training.BAD_ARCHIVE),
        ("No face detected in image 3.jpg", replicate_training.NO_FACE),
        ("CUDA out of memory", replicate_training.FAILED),
        ("", replicate_training.FAILED),
    ],
)
def test_a_training_that_failed_says_what_about(
    error: str, detail: str, bench: Bench, replicate: Replicate, trainer: Training
) -> None:
    replicate.plan = Plan(ends="failed", error=error)
    failure = ended(trainer).error
    assert isinstance(failure, ProviderInvalid)
    assert (failure.reason, failure.detail) == ("work", detail)
    assert bench.records[-1].outcome == "provider_invalid"
    assert bench.records[-1].cost_micro_usd == 3_050, "the machine has worked all the same"


@pytest.mark.parametrize(
    ("plan", "kind"),
    [
        (Plan(ends="canceled"), ProviderTimedOut),
        (Plan(ends="aborted"), ProviderUnavailable),
        (Plan(ends="removed"), ProviderGone),
        (Plan(ends="failed", error="NSFW content detected"), ProviderRefused),
    ],
    ids=lambda value: getattr(value, "ends", ""),
)
def test_a_training_may_end_without_weights(
    plan: Plan, kind: type[ProviderError], replicate: Replicate, trainer: Training
) -> None:
    replicate.plan = plan
    work = ended(trainer)
    assert type(work.error) is kind
    assert work.weights == ""


@pytest.mark.parametrize("version", ["", "me/clone", "me/clone:short"])
def test_weights_that_have_no_proper_name_are_none(
    version: str, replicate: Replicate, trainer: Training
) -> None:
    replicate.plan = Plan()
    started = trainer.start(REQUEST)
    trainer.poll(started.id)
    replicate.works[started.id]["output"]["version"] = version or None
    if not version:
        replicate.works[started.id]["output"] = {}
    work = trainer.poll(started.id)
    assert isinstance(work, Ended)
    assert cast("ProviderInvalid", work.error).reason == "answer"


def test_weights_of_a_name_that_the_sdk_cannot_read_are_an_error(
    replicate: Replicate, trainer: Training
) -> None:
    replicate.plan = Plan()
    started = trainer.start(REQUEST)
    trainer.poll(started.id)
    replicate.works[started.id]["output"]["version"] = "nonsense"
    with pytest.raises(ProviderInvalid) as caught:
        trainer.poll(started.id)
    assert caught.value.reason == "answer"


def test_the_fast_trainer_has_other_inputs(
    fast: None, bench_of: Callable[..., Bench], replicate: Replicate
) -> None:
    bench = bench_of(REPLICATE_TRAINING)
    replicate.plan = Plan(logs=(f"{SHARDS}\rTraining:  50%|█████     | 2000/4000 [00:51<00:51]",))

    started = bench.adapter.start(replace(REQUEST, subject="style", steps=5000))

    assert replicate.seen[-1].json["input"] == {
        "input_images": "https://archive.example/a.zip",
        "trigger_word": "VSN7K2",
        "lora_type": "style",
        "training_steps": 4000,
    }
    assert bench.adapter.poll(started.id).progress == 0.5
    assert bench.adapter.poll(started.id).model.startswith(f"{FAST}:")
    assert bench.records[-1].cost_micro_usd == 24_400


@pytest.mark.parametrize("subject", ["person", "product"])
def test_a_person_and_a_product_are_subjects(
    subject: str, fast: None, bench_of: Callable[..., Bench], replicate: Replicate
) -> None:
    bench_of(REPLICATE_TRAINING).adapter.start(replace(REQUEST, subject=subject))
    assert replicate.seen[-1].json["input"]["lora_type"] == "subject"


@pytest.mark.parametrize(
    ("wanted", "given"), [((1, 0), (3, 1)), ((9000, 999), (6000, 128)), ((1500, 32), (1500, 32))]
)
def test_numbers_are_what_the_trainer_takes(
    wanted: tuple[int, int], given: tuple[int, int], replicate: Replicate, trainer: Training
) -> None:
    steps, rank = wanted
    trainer.start(replace(REQUEST, steps=steps, lora_rank=rank))
    sent = replicate.seen[-1].json["input"]
    assert (sent["steps"], sent["lora_rank"]) == given


def test_a_trainer_that_does_not_say_what_it_takes_is_given_what_is_documented(
    replicate: Replicate, trainer: Training
) -> None:
    del replicate.models.inputs[USUAL]
    trainer.start(REQUEST)
    assert replicate.seen[-1].json["input"] == GIVEN


@pytest.mark.parametrize(
    ("name", "components", "names"),
    [
        (FAST, None, {"trigger_word", "lora_type", "training_steps"}),
        (
            FAST,
            {"schemas": described(Input=["txt"])},
            {"trigger_word", "lora_type", "training_steps"},
        ),
        ("new/one", {"schemas": described(Input=["input_images", "steps"])}, {"steps"}),
        ("new/one", {"schemas": described(TrainingInput=["input_images"], Input=["txt"])}, set()),
    ],
)
def test_a_trainers_inputs_are_found_by_their_names(
    name: str, components: dict[str, Any] | None, names: set[str]
) -> None:
    offer = offer_of("replicate", Capability.TRAINING, name)
    assert set(training(REQUEST, offer, {"components": components})) == names


def test_a_model_that_trains_nothing_is_for_staff(
    settings: Settings, bench_of: Callable[..., Bench], replicate: Replicate
) -> None:
    settings.PROVIDER_MODELS = settings.PROVIDER_MODELS | {"training": "somebody/else"}
    error = fails(bench_of(REPLICATE_TRAINING).adapter)
    assert cast("ProviderInvalid", error).reason == "model"
    assert "TRAINING_MODEL" in error.detail
    assert replicate.paths() == []


def test_a_trainer_without_a_version_cannot_be_asked(
    replicate: Replicate, trainer: Training
) -> None:
    replicate.models.kept[USUAL] = Kept("public")
    assert cast("ProviderInvalid", fails(trainer)).reason == "answer"
    assert replicate.paths() == []


def test_an_archive_without_an_address_is_uploaded(replicate: Replicate, trainer: Training) -> None:
    archive = Blob(data=b"PK\x03\x04 and pictures", content_type="application/zip")
    trainer.start(replace(REQUEST, archive=archive))
    [(name, kept)] = list(replicate.files.items())[-1:]
    assert archive.data in kept
    assert replicate.seen[-1].json["input"]["input_images"].endswith(f"/v1/files/{name}")
    assert [path.rpartition("/")[2] for path in replicate.paths()] == [
        "models",
        "files",
        "trainings",
    ]


def test_the_owner_is_asked_for_once(
    settings: Settings, bench_of: Callable[..., Bench], replicate: Replicate
) -> None:
    settings.REPLICATE_OWNER = ""
    replicate_training.owner_of.cache_clear()
    trainer = bench_of(REPLICATE_TRAINING).adapter
    for _ in range(2):
        trainer.start(REQUEST)
        assert replicate.seen[-1].json["destination"] == "visiona-tests/visiona-0123"
    assert replicate.paths("GET").count("/v1/account") == 1


def test_a_model_that_is_there_already_is_trained_again(
    replicate: Replicate, trainer: Training
) -> None:
    replicate.models.keep("visiona-0123")
    replicate.plan = Plan()
    assert ended(trainer).weights.startswith("visiona-tests/visiona-0123:")


def test_weights_go_into_no_public_model(replicate: Replicate, trainer: Training) -> None:
    replicate.models.keep("visiona-0123", visibility="public")
    error = fails(trainer)
    assert cast("ProviderInvalid", error).reason == "model"
    assert "is not private" in error.detail
    assert not any("trainings" in path for path in replicate.paths())


def test_the_name_of_a_model_that_was_deleted_is_for_staff(
    replicate: Replicate, trainer: Training
) -> None:
    replicate.misbehave(Replicate.error(409), on="/v1/models$")
    assert cast("ProviderInvalid", fails(trainer)).reason == "model"


def test_a_destination_that_is_lost_in_between_is_for_staff(bench: Bench) -> None:
    error = bench.fails(Replicate.no_destination())
    assert_failed(bench, error, ProviderInvalid)
    assert cast("ProviderInvalid", error).reason == "model"


@pytest.mark.parametrize("path", ["flux-dev-lora-trainer$", "/v1/models$", "/v1/files$"])
@pytest.mark.parametrize(
    "fault",
    [Stall(), Cut(), Replicate.error(503), Replicate.error(504), Replicate.throttled()],
    ids=["stall", "cut", "503", "504", "throttled"],
)
def test_nothing_is_ordered_before_all_is_ready(
    path: str, fault: Fault, bench: Bench, bench_of: Callable[..., Bench]
) -> None:
    bench.call()
    hasty = bench_of(REPLICATE_TRAINING, seconds=SHORT)
    hasty.standin.reset()
    hasty.standin.misbehave(fault, on=path)
    unreachable = replace(ARCHIVE, url="")

    error = fails(hasty.adapter, replace(REQUEST, archive=unreachable))

    assert type(error) is ProviderUnavailable, "it is safe to order it again"
    assert hasty.costly == 0
    assert hasty.records == []
    hasty.adapter.start(REQUEST)


@pytest.mark.parametrize("takes", [0, 1])
def test_weights_are_erased_with_their_model(
    takes: int, replicate: Replicate, trainer: Training
) -> None:
    replicate.models.keep("visiona-0123", versions=2)
    replicate.models.erasing_takes = takes

    answers = [trainer.delete("visiona-0123") for _ in range(3)]

    assert answers == [takes == 0, True, True]
    assert replicate.models.kept == {}


def test_nothing_else_is_erased(replicate: Replicate, trainer: Training) -> None:
    replicate.models.keep("visiona-0123", versions=1)
    others = replicate.models.keep("visiona-4567", versions=1)
    assert trainer.delete("visiona-0123")
    assert trainer.delete("visiona-never")
    assert replicate.models.weights_of("visiona-4567") == others
    for name in ("", "../models", "visiona-4567/versions"):
        replicate.seen.clear()
        with pytest.raises(ProviderInvalid):
            trainer.delete(name)
        assert replicate.seen == []


def test_a_model_whose_versions_are_still_being_erased_is_asked_about_later(
    replicate: Replicate, trainer: Training
) -> None:
    replicate.models.keep("visiona-0123")
    replicate.misbehave(Replicate.error(409), on="/v1/models/visiona-tests/visiona-0123$")
    assert [trainer.delete("visiona-0123") for _ in range(2)] == [False, True]


@pytest.mark.parametrize("path", ["versions$", "versions/[0-9a-f]+$", "visiona-0123$"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Replicate.error(503), ProviderUnavailable),
        (Replicate.throttled(), ProviderUnavailable),
        (Replicate.error(401), ProviderInvalid),
        (Cut(resets=True), ProviderUnavailable),
    ],
    ids=["503", "throttled", "401", "reset"],
)
def test_what_could_not_be_erased_is_an_error(
    path: str, fault: Fault, kind: type[ProviderError], replicate: Replicate, trainer: Training
) -> None:
    replicate.models.keep("visiona-0123", versions=1)
    replicate.misbehave(fault, on=path)
    with pytest.raises(ProviderError) as caught:
        trainer.delete("visiona-0123")
    assert type(caught.value) is kind
    assert trainer.delete("visiona-0123")


# --- Pictures with learned weights ---


def test_learned_weights_run_as_a_model_of_their_own(
    bench_of: Callable[..., Bench], replicate: Replicate
) -> None:
    [weights] = replicate.models.keep("visiona-0123", versions=1)
    bench = bench_of(REPLICATE_IMAGE)

    started = bench.adapter.start(
        ImageRequest(
            prompt=PROMPT, negative_prompt="text", weights=weights, weights_scale=0.9, seed=7
        )
    )

    assert replicate.seen[-1].json == {
        "version": weights,
        "input": {
            "prompt": PROMPT,
            "aspect_ratio": "1:1",
            "num_outputs": 1,
            "output_format": "png",
            "seed": 7,
            "model": "dev",
            "lora_scale": 0.9,
        },
    }
    replicate.finish(started.id)
    bench.adapter.poll(started.id)
    assert [one.model for one in bench.records] == ["fine-tune"] * 2
    assert bench.records[-1].cost_micro_usd == 3_050


@pytest.mark.parametrize(
    ("weights", "version", "most"),
    [
        ("me/clone-1:" + "a" * 64, "me/clone-1:" + "a" * 64, 2),
        ("https://x.example/w.safetensors", "black-forest-labs/flux-dev-lora", 3),
    ],
)
@pytest.mark.parametrize(
    ("extra", "sent"),
    [
        ("me/style-1:" + "b" * 64, "me/style-1"),
        ("https://x.example/s.safetensors", "https://x.example/s.safetensors"),
    ],
)
def test_others_go_on_top_of_weights(
    weights: str, version: str, most: int, extra: str, sent: str, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    bench.adapter.start(
        ImageRequest(
            prompt=PROMPT, weights=weights, weights_scale=9, extra_weights=extra, extra_scale=0.5
        )
    )
    order = bench.standin.seen[-1].json
    given = order["input"]
    assert order["version"] == version
    assert given.get("lora_weights") == (weights if most == 3 else None)
    assert (given["lora_scale"], given["extra_lora"], given["extra_lora_scale"]) == (
        most,
        sent,
        0.5,
    )


def test_weights_at_an_address_cost_by_the_picture(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    weights = "https://x.example/w.safetensors"
    started = bench.adapter.start(ImageRequest(prompt=PROMPT, weights=weights))
    bench.standin.finish(started.id)
    bench.adapter.poll(started.id)
    assert [one.model for one in bench.records] == ["black-forest-labs/flux-dev-lora"] * 2
    assert bench.records[-1].cost_micro_usd == 32_000


def test_learned_weights_may_follow_a_picture(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    weights = "me/clone-1:" + "a" * 64
    bench.adapter.start(ImageRequest(prompt=PROMPT, weights=weights, references=(PICTURE,)))
    assert bench.standin.seen[-1].json["input"]["image"].startswith("data:image/png;base64,")


def test_weights_that_were_erased_are_gone_and_cost_nothing(
    trainer: Training, bench_of: Callable[..., Bench], replicate: Replicate
) -> None:
    [weights] = replicate.models.keep("visiona-0123", versions=1)
    trainer.delete("visiona-0123")
    bench = bench_of(REPLICATE_IMAGE)

    with pytest.raises(ProviderGone, match="no longer has this clone") as caught:
        bench.adapter.start(ImageRequest(prompt=PROMPT, weights=weights))

    assert_failed(bench, caught.value, ProviderGone)
    assert bench.records[-1].cost_micro_usd == 0


def test_a_model_of_ours_that_is_not_found_is_gone(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    bench.standin.misbehave(Instead(Reply(404, {"detail": "Not found", "status": 404})))
    with pytest.raises(ProviderGone):
        bench.adapter.start(ImageRequest(prompt=PROMPT, weights="me/clone-1:" + "a" * 64))


def test_an_order_that_is_wrong_is_not_gone(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    bench.standin.misbehave(Replicate.error(422, "- input.seed: Invalid type"))
    with pytest.raises(ProviderInvalid) as caught:
        bench.adapter.start(ImageRequest(prompt=PROMPT, weights="me/clone-1:" + "a" * 64))
    assert caught.value.reason == "request"
