"""Title, style, shape, colors and perhaps a photo -> thumbnails; plate and title -> another."""

from collections.abc import Iterator

from generation.media import renditions
from generation.pipelines.base import JobContext, Product
from generation.providers import local
from generation.providers.base import Picture, ThumbnailOrder, TitleOrder

COPIED = ("title", "style", "color_scheme", "aspect_ratio", "text_overlay", "prompt")


def make(context: JobContext) -> Iterator[Product]:
    """Yield each thumbnail as soon as it is finished; those of a set vary what was ordered."""
    count = context.params["count"]
    for number in range(count):
        order = ThumbnailOrder(
            photo=context.photo,
            seed=context.params["seed"] + number,
            variant=number if count > 1 else None,
            **{name: context.params[name] for name in COPIED},
        )

        def report(stage: str, fraction: float, done: int = number) -> None:
            context.report(stage, (done + fraction) / count)

        yield _product(local.thumbnail(order, report=report))


def set_title(order: TitleOrder) -> Product:
    """Set another title on a plate. Raises ProviderError for a title that cannot be drawn."""
    return _product(local.title(order))


def _product(picture: Picture) -> Product:
    return Product(
        data=picture.data,
        renditions=renditions.renditions_of(picture.data, mark=picture.mark),
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        seed=picture.seed,
        alt_text=picture.alt_text,
        plate=picture.plate,
        facts=picture.facts,
        varied=picture.varied,
    )
