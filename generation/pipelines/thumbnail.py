"""Title, style, shape, colors and perhaps a photo -> thumbnails; plate and title -> another."""

from collections.abc import Iterator

from generation.pipelines.base import JobContext, Product
from generation.pipelines.image import product_of
from generation.providers import local
from generation.providers.base import ThumbnailOrder, TitleOrder

COPIED = ("title", "style", "color_scheme", "aspect_ratio", "text_overlay", "prompt")


def make(context: JobContext) -> Iterator[Product]:
    """Yield each thumbnail as soon as it is finished; those of a set vary what was ordered."""
    count = context.params["count"]
    photo = next(iter(context.photos()), None)
    for number in range(count):
        order = ThumbnailOrder(
            photo=photo,
            seed=context.params["seed"] + number,
            variant=number if count > 1 else None,
            **{name: context.params[name] for name in COPIED},
        )

        def report(stage: str, fraction: float, done: int = number) -> None:
            context.report(stage, (done + fraction) / count)

        yield product_of(local.thumbnail(order, report=report))


def set_title(order: TitleOrder) -> Product:
    """Set another title on a plate. Raises ProviderError for a title that cannot be drawn."""
    return product_of(local.title(order))
