"""Title, style, shape, colors and perhaps somebody -> thumbnails; plate and title -> another."""

from collections.abc import Iterator

from generation.errors import PhotosGone, ProviderInvalid
from generation.pipelines.base import JobContext, Product, Shortfall
from generation.pipelines.image import HELD_BACK, product_of, weights_of
from generation.pipelines.likeness import named
from generation.providers import local, registry
from generation.providers.base import ThumbnailOrder, TitleOrder
from generation.providers.ports import ImageRequest

QUEUE = "quick"
POSE = (
    "half-length photo, looking into the camera with a lively expression, plain light gray backdrop"
)
"""What a clone is asked for that is cut out and set beside a title."""
COPIED = ("title", "style", "color_scheme", "aspect_ratio", "text_overlay", "prompt")


def make(context: JobContext) -> Iterator[Product | Shortfall]:
    """Yield each thumbnail as soon as it is finished; those of a set vary what was ordered."""
    count = context.params["count"]
    photos = _photos(context, count)
    if isinstance(photos, Shortfall):
        yield from [photos] * count
        return
    context.on_queue(QUEUE)
    for number in range(count):
        order = ThumbnailOrder(
            photo=photos[number % len(photos)] if photos else None,
            seed=context.params["seed"] + number,
            variant=number if count > 1 else None,
            **{name: context.params[name] for name in COPIED},
        )

        def report(stage: str, fraction: float, done: int = number) -> None:
            context.report(stage, (done + fraction) / count)

        yield product_of(local.thumbnail(order, report=report))


def _photos(context: JobContext, count: int) -> tuple[bytes, ...] | Shortfall:
    """Return who is to be seen: the person's photo, or their clone as photos of it."""
    if not context.likenesses:
        photos = context.photos()
        if context.params["photo_id"] and not photos:
            raise PhotosGone
        return photos
    if context.provider_of("image") == registry.LOCAL:
        return tuple(picture for picture, _facts in context.likenesses[0].shots())
    return _posed(context, count)


def _posed(context: JobContext, count: int) -> tuple[bytes, ...] | Shortfall:
    """Return photos of a clone that its provider makes for these thumbnails."""
    request = ImageRequest(
        prompt=named(POSE, context.likenesses[:1], may_be_called=False),
        aspect_ratio="4:5",
        count=min(count, context.most_images()),
        seed=context.params["seed"],
        **weights_of(context.likenesses[:1]),
    )
    answer = context.ask({"poses": request})["poses"]
    if not answer.files:
        return answer.shortfall or HELD_BACK
    try:
        return tuple(local.imported(blob.data, seed=None).data for blob in answer.files)
    except ProviderInvalid as error:
        return Shortfall(code=error.code, detail=str(error.detail))


def set_title(order: TitleOrder) -> Product:
    """Set another title on a plate. Raises ProviderError for a title that cannot be drawn."""
    return product_of(local.title(order))
