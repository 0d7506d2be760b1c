"""What the local engine draws, coaches and cuts out, and the memory of a worker that did."""

import io
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from itertools import count, cycle
from typing import Any

from PIL import Image

from generation.catalog import THUMBNAIL
from generation.engine import ads, illustration, portraits
from generation.pipelines import thumbnail
from generation.pipelines.base import JobContext, Product, Shortfall
from generation.providers.base import TitleOrder
from tests.bench.figures import Figure, Promise, interleaved, timed
from tests.bench.stage import BASE_DIR
from tests.samples import IMAGE_PROMPTS, PORTRAITS

PHOTO = BASE_DIR / "tests/photos/astronaut.jpg"
PRODUCT = BASE_DIR / "tests/photos/coffee.jpg"
STYLES = THUMBNAIL.options["style"]
PAINTED = ("cinematic",)
SET = tuple(style for style in STYLES if style not in PAINTED)
TIMES_EACH, QUICK_TIMES_EACH = 4, 1
PHOTO_SIDE = 2048
MOST_MEMORY = {"styles": 700, "portraits": 800}
TITLE = "How to win at everything"
OTHER_TITLE = "I won 7 times in a row"


def measure(*, quick: bool) -> list[Figure]:
    """Draw in this process when it is warm; weigh a fresh one."""
    each = QUICK_TIMES_EACH if quick else TIMES_EACH
    photo = PHOTO.read_bytes()
    return [
        _drawn("thumbnail, typographic", SET, None, limit=1000, each=each),
        _drawn("thumbnail, painted scene", PAINTED, None, limit=2500, each=each),
        _drawn("thumbnail, with cut-out", STYLES, photo, limit=2500, each=each),
        _retitled(each=each),
        _illustrated(each=each),
        _advertised(each=each),
        _coached(each=each),
        _taken(each=each),
        _portrayed(each=each),
        _weighed("styles"),
        _weighed("portraits"),
    ]


def _drawn(
    name: str, chosen: tuple[str, ...], photo: bytes | None, *, limit: float, each: int
) -> Figure:
    styles, seeds = cycle(chosen), count()
    ours, baseline = interleaved(
        timed(lambda: draw(style=next(styles), photo=photo, seed=next(seeds))),
        timed(_resize_and_save),
        rounds=each * len(chosen),
        warm_up=len(chosen),
        of_all=partial(_slowest, len(chosen)),
    )
    return Figure(
        name=name,
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.OURS_AT_MOST,
        limit=limit,
        note="a job's pipeline, the slowest style's best; Pillow resizes and saves 1280x720",
    )


def _retitled(*, each: int) -> Figure:
    """Set another title on what was drawn: all that a person waits for but storage."""
    made = {style: draw(style=style, photo=None, seed=1) for style in STYLES}
    orders = {
        style: TitleOrder(plate=product.plate or b"", facts=product.facts, title=OTHER_TITLE)
        for style, product in made.items()
    }
    styles = cycle(STYLES)
    ours, baseline = interleaved(
        timed(lambda: thumbnail.set_title(orders[next(styles)])),
        timed(_resize_and_save),
        rounds=each * len(STYLES),
        warm_up=len(STYLES),
    )
    return Figure(
        name="thumbnail, re-title",
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.OURS_AT_MOST,
        limit=500,
        note="the usual style's; with its smaller copies, without storing them",
    )


def _illustrated(*, each: int) -> Figure:
    """Draw the prompts of the sample sheet; one of them is the usual wait for an image."""
    prompts, seeds = cycle(IMAGE_PROMPTS), count()
    ours, baseline = interleaved(
        timed(lambda: illustrate(next(prompts), seed=next(seeds))),
        timed(_resize_and_save),
        rounds=(1 if each == QUICK_TIMES_EACH else 2) * len(IMAGE_PROMPTS),
        warm_up=1,
    )
    return Figure(
        name=f"image, median of {len(IMAGE_PROMPTS)} prompts",
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.OURS_AT_MOST,
        limit=2000,
        note="1024x1024, from the words to the labelled file; Pillow resizes and saves 1280x720",
    )


def illustrate(prompt: str, *, seed: int) -> None:
    """Draw one image by the engine, as a worker does."""
    request = illustration.ImageRequest(prompt=prompt, seed=seed)
    illustration.render(request, progress=lambda _stage, _fraction: None)


def _advertised(*, each: int) -> Figure:
    """Cut a product out of its photo and draw its ads: one in each format, each in a style."""
    photo, seeds = PRODUCT.read_bytes(), count()
    ours, baseline = interleaved(
        timed(lambda: advertise(photo, seed=next(seeds))),
        timed(_resize_and_save),
        rounds=2 * each,
        warm_up=1,
        of_all=min,
    )
    return Figure(
        name="product ad, set of four",
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.OURS_AT_MOST,
        limit=4000,
        note="cut out, drawn in four formats and proved; Pillow resizes and saves 1280x720",
    )


def advertise(photo: bytes, *, seed: int) -> None:
    """Make a product's ads by the engine, as a worker does."""
    prepared = ads.prepare([photo])
    copy = ads.copy_for(prepared, "Caff\u00e8 Rosso", "Now 20% off.", seed=seed)
    for number, ratio in enumerate(ads.FORMATS):
        style = ads.STYLES[(seed + number) % len(ads.STYLES)]
        request = ads.AdRequest(
            product_name="Caff\u00e8 Rosso", copy=copy, style=style, aspect_ratio=ratio, seed=seed
        )
        ads.render(prepared, request, progress=lambda _stage, _fraction: None)


def large_photo() -> bytes:
    """Return a photo of a person in the size in which cleaned photos are at most."""
    target = io.BytesIO()
    with Image.open(PHOTO) as picture:
        picture.convert("RGB").resize((PHOTO_SIDE, PHOTO_SIDE), Image.Resampling.LANCZOS).save(
            target, "JPEG", quality=90
        )
    return target.getvalue()


def _coached(*, each: int) -> Figure:
    """Measure a photo for the coach."""
    photo = large_photo()
    ours, baseline = interleaved(
        timed(lambda: portraits.measured(photo)),
        timed(_resize_and_save),
        rounds=4 * each,
        warm_up=1,
    )
    return Figure(
        name="clone, coach a photo",
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.OURS_AT_MOST,
        limit=300,
        note="2048x2048, with its faces and hash; Pillow resizes and saves 1280x720",
    )


def _taken(*, each: int) -> Figure:
    """Take a person out of a photo."""
    photo = large_photo()
    measures = portraits.measured(photo)  # as it was when it arrived
    ours, baseline = interleaved(
        timed(lambda: portraits.taken(photo, "person", measures)),
        timed(_resize_and_save),
        rounds=3 * each,
        warm_up=1,
        of_all=min,
    )
    return Figure(
        name="clone, local profile of a photo",
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.OURS_AT_MOST,
        limit=1000,
        note="2048x2048, cut out; Pillow resizes and saves 1280x720",
    )


def _portrayed(*, each: int) -> Figure:
    """Draw the portraits of the sample sheet; one of them is the usual wait."""
    shots = (portraits.taken(PHOTO.read_bytes(), "person"),)
    prompts, seeds = cycle(PORTRAITS), count()
    ours, baseline = interleaved(
        timed(lambda: portray(shots, next(prompts)[1], seed=next(seeds))),
        timed(_resize_and_save),
        rounds=(1 if each == QUICK_TIMES_EACH else 2) * len(PORTRAITS),
        warm_up=1,
    )
    return Figure(
        name=f"clone, portrait, median of {len(PORTRAITS)} prompts",
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.OURS_AT_MOST,
        limit=1200,
        note="896x1120, from a stored shot to the file; Pillow resizes and saves 1280x720",
    )


def portray(shots: tuple[portraits.Shot, ...], prompt: str, *, seed: int) -> None:
    """Make one portrait by the engine, as a worker does."""
    request = portraits.PortraitRequest(prompt=prompt, seed=seed, shots=shots)
    portraits.render(request, progress=lambda _stage, _fraction: None)


def _slowest(styles: int, measured: Sequence[float]) -> float:
    """Take the best of each style's rounds, without what neighbors cost, and the worst of these."""
    return max(min(measured[number::styles]) for number in range(styles))


def draw(*, style: str, photo: bytes | None, seed: int) -> Product:
    """Make one thumbnail by the pipeline, as a worker does."""
    params = {**THUMBNAIL.defaults, "title": TITLE, "style": style, "seed": seed}
    (product,) = thumbnail.make(_context(params, photo))
    if isinstance(product, Shortfall) or (product.width, product.height) != (1280, 720):
        raise RuntimeError("The thumbnail is not what was ordered.")
    return product


def _context(params: dict[str, Any], photo: bytes | None) -> JobContext:
    """Return as much of a job as a thumbnail needs; it keeps and orders nothing, and this is
    its queue."""

    def unused(*_: Any, **__: Any) -> Any:
        raise AssertionError("A thumbnail is made in one go, and here.")

    return JobContext(
        params=params,
        prompt="",
        report=lambda _stage, _fraction: None,
        photos=lambda: (photo,) if photo else (),
        measures=tuple,
        likenesses=(),
        shots=(),
        checkpoint=unused,
        original=unused,
        provider_of=unused,
        most_images=unused,
        ask=unused,
        on_queue=lambda _queue: None,
    )


def _resize_and_save() -> None:
    with Image.open(PHOTO) as picture:
        picture.convert("RGB").resize((1280, 720), Image.Resampling.LANCZOS).save(
            io.BytesIO(), "JPEG", quality=90
        )


def draw_styles() -> None:
    """Make a thumbnail with a photo in every style."""
    photo = PHOTO.read_bytes()
    for seed, style in enumerate(STYLES):
        draw(style=style, photo=photo, seed=seed)


def draw_portraits() -> None:
    """Coach a large photo, take its person out, and draw the sample sheet's portraits of it."""
    photo = large_photo()
    portraits.measured(photo)
    shots = (portraits.taken(photo, "person"),)
    for seed, (_, prompt, _) in enumerate(PORTRAITS):
        portray(shots, prompt, seed=seed)


TO_WEIGH = {"styles": draw_styles, "portraits": draw_portraits}


def _weighed(what: str) -> Figure:
    command = (sys.executable, "-m", "tests.bench.weight", what)
    result = subprocess.run(command, check=True, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True)
    before, after = map(float, result.stdout.split())
    return Figure(
        name=f"worker, most memory, {what}",
        ours=after,
        baseline=before,
        unit="MB",
        promise=Promise.OURS_AT_MOST,
        limit=MOST_MEMORY[what],
        note=f"a fresh worker after all {what} with a photo, against before",
    )
