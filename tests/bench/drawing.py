"""A thumbnail by the local engine, and the memory of a worker that has drawn every style."""

import io
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from itertools import count, cycle

from PIL import Image

from generation.catalog import THUMBNAIL
from generation.pipelines import thumbnail
from generation.pipelines.base import JobContext, Product
from generation.providers.base import TitleOrder
from tests.bench.figures import Figure, Promise, interleaved, timed
from tests.bench.stage import BASE_DIR

PHOTO = BASE_DIR / "tests/photos/astronaut.jpg"
STYLES = THUMBNAIL.options["style"]
PAINTED = ("cinematic",)
SET = tuple(style for style in STYLES if style not in PAINTED)
TIMES_EACH, QUICK_TIMES_EACH = 4, 1
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
        _weighed(),
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


def _slowest(styles: int, measured: Sequence[float]) -> float:
    """Take the best of each style's rounds, without what neighbors cost, and the worst of these."""
    return max(min(measured[number::styles]) for number in range(styles))


def draw(*, style: str, photo: bytes | None, seed: int) -> Product:
    """Make one thumbnail by the pipeline, as a worker does."""
    params = {**THUMBNAIL.defaults, "title": TITLE, "style": style, "seed": seed}
    context = JobContext(params=params, photo=photo, report=lambda _stage, _fraction: None)
    (product,) = thumbnail.make(context)
    if (product.width, product.height) != (1280, 720):
        raise RuntimeError("The thumbnail has another size than was ordered.")
    return product


def _resize_and_save() -> None:
    with Image.open(PHOTO) as picture:
        picture.convert("RGB").resize((1280, 720), Image.Resampling.LANCZOS).save(
            io.BytesIO(), "JPEG", quality=90
        )


def _weighed() -> Figure:
    command = (sys.executable, "-m", "tests.bench.weight")
    result = subprocess.run(command, check=True, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True)
    before, after = map(float, result.stdout.split())
    return Figure(
        name="worker, most memory",
        ours=after,
        baseline=before,
        unit="MB",
        promise=Promise.OURS_AT_MOST,
        limit=700,
        note="a fresh worker after all styles with a photo, against before",
    )
