"""The local engine as a provider: no key, no network, no GPU."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from generation.errors import ProviderError
from generation.providers.base import Picture, ThumbnailOrder, TitleOrder

if TYPE_CHECKING:
    from generation.engine import thumbnail as engine_of_thumbnails


def thumbnail(order: ThumbnailOrder, *, report: Callable[[str, float], None]) -> Picture:
    """Draw a thumbnail on this machine. Raises ProviderError for an order it cannot draw."""
    # The engine loads numpy and neural nets: only the processes that draw pay for them.
    from generation.engine import thumbnail as engine  # noqa: PLC0415

    try:
        request = engine.ThumbnailRequest(**asdict(order))
        return _delivered(engine.render(request, progress=report))
    except ValueError as error:
        raise ProviderError(str(error)) from error


def title(order: TitleOrder) -> Picture:
    """Set another title on a plate. Raises ProviderError for a title that it cannot draw."""
    from generation.engine import thumbnail as engine  # noqa: PLC0415

    try:
        return _delivered(engine.retitled(order.plate, order.facts, order.title))
    except ValueError as error:
        raise ProviderError(str(error)) from error


def _delivered(picture: "engine_of_thumbnails.Picture") -> Picture:
    return Picture(
        data=picture.data,
        width=picture.width,
        height=picture.height,
        content_type=picture.content_type,
        seed=picture.seed,
        alt_text=picture.alt_text,
        plate=picture.plate,
        mark=picture.mark,
        facts=picture.facts,
        varied=picture.varied,
    )
