"""The local engine as a provider: no key, no network, no GPU."""

from collections.abc import Callable
from dataclasses import asdict

from generation.errors import ProviderError
from generation.providers.base import Picture, ThumbnailOrder


def thumbnail(order: ThumbnailOrder, *, report: Callable[[str, float], None]) -> Picture:
    """Draw a thumbnail on this machine. Raises ProviderError for an order it cannot draw."""
    # The engine loads numpy and neural nets: only the processes that draw pay for them.
    from generation.engine import thumbnail as engine  # noqa: PLC0415

    try:
        request = engine.ThumbnailRequest(**asdict(order))
        picture = engine.render(request, progress=report)
    except ValueError as error:
        raise ProviderError(str(error)) from error
    return Picture(
        data=picture.data,
        width=picture.width,
        height=picture.height,
        content_type=picture.content_type,
        seed=picture.seed,
        alt_text=picture.alt_text,
        facts=picture.facts,
    )
