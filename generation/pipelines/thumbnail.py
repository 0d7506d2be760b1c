"""Title, style, shape, colors and perhaps a photo -> thumbnails."""

from collections.abc import Iterator

from generation.media import renditions
from generation.pipelines.base import JobContext, Product
from generation.providers import local
from generation.providers.base import ThumbnailOrder

COPIED = ("title", "style", "color_scheme", "aspect_ratio", "text_overlay", "prompt")


def make(context: JobContext) -> Iterator[Product]:
    """Yield each variant as soon as it is finished; variants differ by their seed."""
    count = context.params["count"]
    for number in range(count):
        order = ThumbnailOrder(
            photo=context.photo,
            seed=context.params["seed"] + number,
            **{name: context.params[name] for name in COPIED},
        )

        def report(stage: str, fraction: float, done: int = number) -> None:
            context.report(stage, (done + fraction) / count)

        picture = local.thumbnail(order, report=report)
        yield Product(
            data=picture.data,
            renditions=renditions.renditions_of(picture.data),
            content_type=picture.content_type,
            width=picture.width,
            height=picture.height,
            seed=picture.seed,
            alt_text=picture.alt_text,
            facts=picture.facts,
        )
