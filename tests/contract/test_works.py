"""Work that takes its time is started, asked about, stopped and fetched."""

import io
from collections.abc import Buffer, Callable
from datetime import UTC, datetime, timedelta
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
from generation.providers import gemini, registry
from generation.providers.ports import (
    Blob,
    ImageRequest,
    Link,
    ProviderCall,
    Running,
    VideoRequest,
)
from tests.contract.adapters import (
    ELSEWHERE,
    GEMINI_IMAGE,
    GEMINI_VIDEO,
    OPENAI_IMAGE,
    PICTURE,
    PROMPT,
    REPLICATE_IMAGE,
    REPLICATE_TRAINING,
    REPLICATE_VIDEO,
    SECRETS,
    SHORT,
    Bench,
    Case,
    said_by,
)
from tests.standins.gemini import Gemini
from tests.standins.pictures import MP4, PNG
from tests.standins.replicate import Replicate
from tests.standins.server import HTML, Cut, Drip, Fault, Instead, Reply, Stall


def test_pictures_of_replicate_are_started_asked_about_and_fetched(
    bench_of: Callable[..., Bench],
) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    replicate = cast("Replicate", bench.standin)

    started = bench.adapter.start(
        ImageRequest(prompt=PROMPT, count=2, seed=7, webhook="https://app.example/hooks/1")
    )

    assert isinstance(started, Running)
    assert replicate.seen[0].json == {
        "version": "black-forest-labs/flux-schnell",
        "input": {
            "prompt": PROMPT,
            "aspect_ratio": "1:1",
            "num_outputs": 2,
            "output_format": "png",
            "seed": 7,
        },
        "webhook": "https://app.example/hooks/1",
        "webhook_events_filter": ["start", "completed"],
    }
    replicate.works[started.id] |= {"status": "processing", "logs": " 50%|█████     | 2/4 [00:00<"}
    assert bench.adapter.poll(started.id) == Running(id=started.id, progress=0.5)

    replicate.finish(started.id, pictures=2)
    ended = bench.adapter.poll(started.id)

    copies = []
    for link in ended.outputs:
        copy = io.BytesIO()
        assert bench.adapter.download(link, to=copy) == "image/png"
        copies.append(copy.getvalue())
    assert copies == [PNG, PNG]
    [start, end] = bench.records
    assert (start.operation, start.cost_micro_usd) == ("image.start", 0)
    assert (end.operation, end.images, end.cost_micro_usd) == ("image.end", 2, 6_000)
    assert start.request_id == end.request_id == started.id


def test_a_reference_chooses_the_model_that_can_take_it(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    bench.adapter.start(ImageRequest(prompt=PROMPT, references=(PICTURE,)))
    sent = bench.standin.seen[-1].json
    assert sent["version"] == "black-forest-labs/flux-dev"
    assert sent["input"]["image"].startswith("data:image/png;base64,")


def test_a_large_reference_is_sent_as_an_address(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    large = PNG + bytes(300_000)
    ours = Blob(data=large, content_type="image/png", url="https://files.example/1")
    bench.adapter.start(ImageRequest(prompt=PROMPT, references=(ours,)))
    assert bench.standin.seen[-1].json["input"]["image"] == "https://files.example/1"

    unreachable = Blob(data=large, content_type="image/png")
    bench.adapter.start(ImageRequest(prompt=PROMPT, references=(unreachable,)))
    assert "/v1/files/" in bench.standin.seen[-1].json["input"]["image"]


def test_a_clip_of_replicate_is_paid_for_by_the_second(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_VIDEO)
    started = bench.adapter.start(
        VideoRequest(prompt=PROMPT, first_frame=PICTURE, seconds=6, quality="720p")
    )
    assert bench.standin.seen[-1].json["input"]["duration"] == 10
    bench.standin.finish_video(started.id)
    ended = bench.adapter.poll(started.id)
    copy = io.BytesIO()
    assert bench.adapter.download(ended.outputs[0], to=copy) == "video/mp4"
    assert copy.getvalue() == MP4
    assert bench.records[-1].cost_micro_usd == 500_000


def test_a_model_that_moves_pictures_needs_one(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_VIDEO)
    with pytest.raises(ProviderInvalid, match="needs a first picture"):
        bench.adapter.start(VideoRequest(prompt=PROMPT))
    assert bench.standin.seen == []


def test_a_clip_by_words_alone_takes_another_model(
    bench_of: Callable[..., Bench], settings: Settings
) -> None:
    settings.PROVIDER_MODELS = settings.PROVIDER_MODELS | {"video": "google/veo-3.1"}
    bench = bench_of(REPLICATE_VIDEO)
    bench.adapter.start(VideoRequest(prompt=PROMPT, seconds=5, quality="1080p"))
    sent = bench.standin.seen[-1].json
    assert sent["version"] == "google/veo-3.1"
    assert (sent["input"]["duration"], sent["input"]["resolution"]) == (6, "1080p")
    assert sent["input"]["generate_audio"] is False


def test_a_video_model_whose_inputs_nobody_knows_is_not_asked(
    bench_of: Callable[..., Bench], settings: Settings
) -> None:
    settings.PROVIDER_MODELS = settings.PROVIDER_MODELS | {"video": "somebody/new"}
    bench = bench_of(REPLICATE_VIDEO)
    with pytest.raises(ProviderInvalid) as caught:
        bench.call()
    assert caught.value.reason == "model"
    assert bench.standin.seen == []


def test_a_clip_of_gemini_is_started_asked_about_and_fetched(
    bench_of: Callable[..., Bench],
) -> None:
    bench = bench_of(GEMINI_VIDEO)
    gemini = cast("Gemini", bench.standin)
    started = bench.call()
    assert bench.adapter.poll(started.id) == Running(id=started.id)
    gemini.finish(started.id)
    ended = bench.adapter.poll(started.id)
    copy = io.BytesIO()
    assert bench.adapter.download(ended.outputs[0], to=copy) == "video/mp4"
    assert copy.getvalue() == MP4
    assert bench.records[-1].operation == "video.end"
    assert bench.records[-1].cost_micro_usd == 20 * 1.5 + 1000 * 17.5


def fetched(bench: Bench, copy: io.BytesIO) -> str:
    """Fetch a clip of Gemini."""
    started = bench.call()
    bench.standin.finish(started.id)
    [link] = bench.adapter.poll(started.id).outputs
    bench.standin.seen.clear()
    content_type: str = bench.adapter.download(link, to=copy)
    return content_type


def test_a_clip_of_gemini_is_where_its_api_says_and_wants_the_key_there(
    bench_of: Callable[..., Bench],
) -> None:
    bench = bench_of(GEMINI_VIDEO)
    fetched(bench, io.BytesIO())
    first, second = bench.standin.seen
    assert second.path == f"/download{first.path}"
    for one in (first, second):
        assert one.query == "alt=media"
        assert one.headers["x-goog-api-key"] == "AIza-stand-in"
        assert one.headers["accept-encoding"] == "identity"


def test_nobody_is_followed_elsewhere_with_the_key_to_a_clip(
    bench_of: Callable[..., Bench],
) -> None:
    bench = bench_of(GEMINI_VIDEO)
    copy = io.BytesIO()
    with Gemini.running() as other:
        path = "/download/v1/files/v11:download?alt=media"
        for address in (other.address, bench.standin.address.replace("http:", "https:")):
            bench.standin.misbehave(
                Instead(Reply(302, b"", {"Location": f"{address}{path}"})), on="files"
            )
            with pytest.raises(ProviderInvalid) as caught:
                fetched(bench, copy)
            assert caught.value.reason == "answer"
            assert len(bench.standin.seen) == 1
    assert other.seen == []
    assert copy.getvalue() == b""


@pytest.mark.parametrize(("redirects", "is_fetched"), [(5, True), (6, False)])
def test_a_clip_of_gemini_is_followed_five_times(
    *, redirects: int, is_fetched: bool, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(GEMINI_VIDEO)
    again = Instead(Reply(302, b"", {"Location": "/download/v1/files/v11:download?alt=media"}))
    bench.standin.misbehave(*[again] * redirects, on="files")
    if is_fetched:
        assert fetched(bench, io.BytesIO()) == "video/mp4"
    else:
        with pytest.raises(ProviderInvalid):
            fetched(bench, io.BytesIO())
    assert len(bench.standin.seen) == 6


@pytest.mark.parametrize("body", [b"", b"<html>Down</html>", MP4 + bytes(3_000_000)], ids=len)
def test_what_is_no_clip_or_too_large_is_not_kept(
    body: bytes, bench_of: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gemini, "MOST_BYTES", 2_000_000)
    bench = bench_of(GEMINI_VIDEO)
    bench.standin.misbehave(Instead(Reply(200, body, content_type="video/mp4")), on="files")
    copy = io.BytesIO()
    with pytest.raises(ProviderInvalid) as caught:
        fetched(bench, copy)
    assert caught.value.reason == "answer"
    assert len(copy.getvalue()) <= 2_000_000


def test_a_clip_may_come_by_single_bytes() -> None:
    whole, told = io.BytesIO(), b"\x00\x00\x00\x18ftypmp42"
    clip = gemini.Clip(whole)
    for byte in told:
        clip.write(bytes([byte]))
    assert whole.getvalue() == told
    with pytest.raises(ValueError, match="no clip"):
        gemini.Clip(io.BytesIO()).write(b"<html></html>")


def test_a_clip_is_written_as_it_comes(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(GEMINI_VIDEO)
    clip = MP4 + bytes(3_000_000)
    bench.standin.misbehave(Instead(Reply(200, clip, content_type="video/mp4")), on="files")

    class Copy(io.BytesIO):
        largest = 0

        def write(self, chunk: Buffer) -> int:
            self.largest = max(self.largest, len(memoryview(chunk)))
            return super().write(chunk)

    copy = Copy()
    fetched(bench, copy)
    assert copy.getvalue() == clip
    assert copy.largest <= 1024 * 1024


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("failed", ProviderInvalid),
        ("cancelled", ProviderTimedOut),
        ("budget_exceeded", ProviderInvalid),
        ("completed", ProviderRefused),
    ],
)
def test_a_clip_of_gemini_may_end_badly(
    status: str, kind: type[ProviderError], bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(GEMINI_VIDEO)
    started = bench.adapter.start(VideoRequest(prompt=PROMPT, negative_prompt="text"))
    bench.standin.fail(started.id, status)
    found = bench.adapter.poll_many([started.id, "v1_unknown"], since=datetime.now(tz=UTC))
    assert set(found) == {started.id}
    ended = found[started.id]
    assert type(ended.error) is kind
    assert ended.outputs == ()


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        ("failed", "NSFW content detected. Try running it again.", ProviderRefused),
        ("failed", "The output was flagged as sensitive. (E005)", ProviderRefused),
        ("failed", "CUDA out of memory", ProviderInvalid),
        ("canceled", None, ProviderTimedOut),
        ("aborted", None, ProviderUnavailable),
    ],
)
def test_work_of_replicate_may_end_badly(
    status: str, error: str, kind: type[ProviderError], bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    started = bench.call()
    bench.standin.fail(started.id, error, status)
    ended = bench.adapter.poll(started.id)
    assert type(ended.error) is kind
    assert ended.outputs == ()
    assert bench.records[-1].outcome == ended.error.code
    assert bench.records[-1].cost_micro_usd == 0


def test_pictures_that_were_held_back_are_missing(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    some, none = (bench.adapter.start(ImageRequest(prompt=PROMPT, count=4)) for _ in range(2))
    bench.standin.finish(some.id, pictures=3)
    bench.standin.finish(none.id, pictures=0)
    assert len(bench.adapter.poll(some.id).outputs) == 3
    assert type(bench.adapter.poll(none.id).error) is ProviderRefused


def test_files_are_gone_after_an_hour(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    started = bench.call()
    bench.standin.finish(started.id)
    link = bench.adapter.poll(started.id).outputs[0]
    bench.standin.forget_files(started.id)
    assert type(bench.adapter.poll(started.id).error) is ProviderGone
    with pytest.raises(ProviderGone):
        bench.adapter.download(link, to=io.BytesIO())


@pytest.mark.parametrize(
    "case", [REPLICATE_IMAGE, GEMINI_VIDEO, REPLICATE_TRAINING], ids=lambda c: c.id
)
def test_asking_about_work_fails_in_our_words(case: Case, bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(case)
    started = bench.call()
    asked = bench.standin.seen
    expected: list[tuple[Fault, type[ProviderError]]] = [
        (bench.standin.throttled(7), ProviderUnavailable),
        (bench.standin.error(503), ProviderUnavailable),
        (bench.standin.error(504), ProviderTimedOut),
        (bench.standin.error(404), ProviderGone),
        (Cut(), ProviderUnavailable),
        (HTML, ProviderInvalid),
    ]
    for fault, kind in expected:
        before = len(asked)
        bench.standin.misbehave(fault)
        with pytest.raises(ProviderError) as caught:
            bench.adapter.poll(started.id)
        assert type(caught.value) is kind
        assert len(asked) == before + 1, "asking is not repeated behind our back"
    for unknown in ("0" * 26, "../models", "x"):
        with pytest.raises(ProviderGone):
            bench.adapter.poll(unknown)


def test_asking_has_its_own_patience(bench_of: Callable[..., Bench], settings: Settings) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    started = bench.call()
    hasty = bench_of(REPLICATE_IMAGE, seconds=SHORT)
    for fault in (Stall(), Drip()):
        hasty.standin.misbehave(fault)
        with pytest.raises(ProviderTimedOut):
            hasty.adapter.poll(started.id)


@pytest.mark.parametrize(
    "case", [REPLICATE_IMAGE, GEMINI_VIDEO, REPLICATE_TRAINING], ids=lambda c: c.id
)
def test_work_can_be_stopped(case: Case, bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(case)
    started = bench.call()
    bench.adapter.cancel(started.id)
    assert type(bench.adapter.poll(started.id).error) is ProviderTimedOut
    with pytest.raises(ProviderGone):
        bench.adapter.cancel("../x")


def test_much_work_is_asked_about_a_hundred_at_a_time(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    replicate = cast("Replicate", bench.standin)
    replicate.works.clear()
    since = datetime.now(tz=UTC) - timedelta(minutes=1)
    ids = [bench.call().id for _ in range(120)]
    replicate.finish(ids[0])
    replicate.fail(ids[1], "", "aborted")
    replicate.seen.clear()

    found = bench.adapter.poll_many([*ids, "0" * 26], since=since)

    assert len(replicate.seen) == 2
    assert set(found) == set(ids)
    assert isinstance(found[ids[2]], Running)
    assert len(found[ids[0]].outputs) == 1
    assert type(found[ids[1]].error) is ProviderUnavailable
    few = bench.adapter.poll_many([ids[0], "0" * 26], since=since)
    assert set(few) == {ids[0]}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (Reply(404, b"gone"), ProviderGone),
        (Reply(403, b"expired"), ProviderGone),
        (Reply(500, b"down"), ProviderUnavailable),
        (Reply(200, b"<html>", content_type="text/html"), ProviderInvalid),
        (Reply(200, b"", content_type="image/png"), ProviderInvalid),
        (Reply(302, b"", {"Location": ELSEWHERE}), ProviderInvalid),
        (Reply(302, b"", {"Location": "https://10.0.0.1/"}), ProviderInvalid),
        (Reply(302, b"", {"Location": "file:///etc/passwd"}), ProviderInvalid),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_not_kept(
    content: Reply, kind: type[ProviderError], bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    started = bench.call()
    bench.standin.finish(started.id, content=content)
    [link] = bench.adapter.poll(started.id).outputs
    with pytest.raises(ProviderError) as caught:
        bench.adapter.download(link, to=io.BytesIO())
    assert type(caught.value) is kind
    assert not any(secret in said_by(caught.value) for secret in SECRETS)
    assert "delivery" not in said_by(caught.value)


@pytest.mark.parametrize("fault", [Stall(), Drip(), Cut(), Cut(resets=True)], ids=str)
def test_a_file_that_does_not_arrive_may_be_fetched_again(
    fault: Fault, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    started = bench.call()
    large = Reply(200, PNG + bytes(5000), content_type="image/png")
    bench.standin.finish(started.id, content=large)
    [link] = bench.adapter.poll(started.id).outputs
    hasty = bench_of(REPLICATE_IMAGE, seconds=SHORT)
    hasty.standin.misbehave(fault, on="delivery")
    with pytest.raises(ProviderUnavailable):
        hasty.adapter.download(link, to=io.BytesIO())
    assert hasty.adapter.download(link, to=io.BytesIO()) == "image/png"


def test_a_huge_file_is_not_read_to_its_end(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    started = bench.call()
    huge = Reply(200, PNG + bytes(300_000), content_type="image/png")
    bench.standin.finish(started.id, content=huge)
    [link] = bench.adapter.poll(started.id).outputs
    downloads = bench.adapter.downloads
    small = type(downloads)(downloads.fetcher, downloads.seconds, max_bytes=200_000)
    with pytest.raises(ProviderInvalid):
        small.fetch(link, to=io.BytesIO())


@pytest.mark.parametrize("url", ["https://evil.example/a.png", "http://127.0.0.1:1/a.png", "x"])
def test_files_come_from_the_provider_only(url: str, bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(REPLICATE_IMAGE)
    with pytest.raises(ProviderInvalid):
        bench.adapter.download(Link(url=url), to=io.BytesIO())


@pytest.mark.parametrize("case", [GEMINI_IMAGE, OPENAI_IMAGE], ids=lambda case: case.id)
def test_of_what_was_made_at_once_there_is_nothing_to_ask(
    case: Case, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(case)
    with pytest.raises(ProviderGone):
        bench.adapter.poll("anything")
    with pytest.raises(ProviderGone):
        bench.adapter.download(Link(url="https://x.example"), to=io.BytesIO())
    assert bench.adapter.poll_many(["anything"], since=datetime.now(tz=UTC)) == {}
    bench.adapter.cancel("anything")
    assert bench.standin.seen == []


@pytest.mark.parametrize("case", [REPLICATE_IMAGE, GEMINI_VIDEO], ids=lambda case: case.id)
def test_a_record_that_cannot_be_kept_is_not_the_providers_fault(
    case: Case, bench_of: Callable[..., Bench]
) -> None:
    started = bench_of(case).call()

    def fail(call: ProviderCall) -> None:
        raise ValueError(call.operation)

    bench = bench_of(case)
    bench.standin.finish(started.id)
    adapter: Any = getattr(registry, case.capability)(record=fail)
    with pytest.raises(ValueError, match=r"\.end"):
        adapter.poll(started.id)
    with pytest.raises(ValueError, match=r"\.start"):
        case.call(adapter)
