"""The local engine as a provider: no key, no network, no GPU."""

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.errors import ProviderError, ProviderInvalid, ProviderUnavailable
from generation.providers.base import (
    AdOrder,
    Film,
    FilmOrder,
    ImageOrder,
    Picture,
    PortraitOrder,
    ThumbnailOrder,
    TitleOrder,
)

if TYPE_CHECKING:
    from generation.engine.ads import Prepared
    from generation.engine.assistant.facts import Facts
    from generation.engine.assistant.replies import Answer
    from generation.engine.film import Film as EngineFilm
    from generation.engine.picture import Picture as Drawn

Report = Callable[[str, float], None]

logger = logging.getLogger(__name__)


def thumbnail(order: ThumbnailOrder, *, report: Report) -> Picture:
    """Draw a thumbnail on this machine. Raises ProviderError for an order it cannot draw."""
    # The engine loads numpy and neural nets: only the processes that draw pay for them.
    from generation.engine import thumbnail as engine  # noqa: PLC0415

    try:
        request = engine.ThumbnailRequest(**asdict(order))
        return _delivered(engine.render(request, progress=report))
    except ValueError as error:
        raise ProviderError(str(error)) from error


def image(order: ImageOrder, *, report: Report) -> Picture:
    """Draw a picture on this machine. Raises ProviderError for an order it cannot draw."""
    from generation.engine import illustration as engine  # noqa: PLC0415

    try:
        request = engine.ImageRequest(**asdict(order))
        return _delivered(engine.render(request, progress=report))
    except ValueError as error:
        raise ProviderError(str(error)) from error


def imported(data: bytes, *, seed: int | None) -> Picture:
    """Return a picture that a provider made, with our mark in it.

    Raises ProviderInvalid for a file that is no picture.
    """
    from generation.engine import importing  # noqa: PLC0415

    try:
        return _delivered(importing.imported(data, seed=seed))
    except ValueError as error:
        raise ProviderInvalid(reason="answer") from error


def product_of(photos: Sequence[bytes]) -> "Prepared":
    """Cut a product out of its photos. Raises ProviderError for photos that cannot be used."""
    from generation.engine import ads  # noqa: PLC0415

    try:
        return ads.prepare(photos)
    except ValueError as error:
        raise ProviderError(str(error)) from error


def kept_product(data: bytes) -> "Prepared":
    """Return a product that was cut out before."""
    from generation.engine import ads  # noqa: PLC0415

    return ads.Prepared.from_bytes(data)


def ad(product: "Prepared", order: AdOrder, *, report: Report) -> Picture:
    """Make an ad of a product. Raises ProviderError for one that does not come out right."""
    from generation.engine import ads  # noqa: PLC0415

    words = ads.copy_for(
        product,
        order.product_name,
        order.description,
        order.headline,
        order.call_to_action,
        order.seed,
    )
    request = ads.AdRequest(
        product_name=order.product_name,
        copy=words,
        style=order.style,
        aspect_ratio=order.aspect_ratio,
        seed=order.seed,
    )
    try:
        return _delivered(ads.render(product, request, progress=report))
    except ValueError as error:
        raise ProviderError(str(error)) from error


def worded(plate: bytes, facts: Mapping[str, Any], copy: Mapping[str, str]) -> Picture:
    """Set other words on an ad. Raises ProviderError for words that cannot be set."""
    from generation.engine import ads  # noqa: PLC0415

    try:
        return _delivered(ads.reworded(plate, facts, copy))
    except ValueError as error:
        raise ProviderError(str(error)) from error


def storyboard_of(product: "Prepared", order: FilmOrder) -> dict[str, Any]:
    """Write the storyboard of a film. Raises ProviderError for one that cannot be filmed."""
    from generation.engine import film  # noqa: PLC0415

    try:
        return film.plan(product.analysis, **asdict(order))
    except ValueError as error:
        raise ProviderError(str(error)) from error


def recut_of(storyboard: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change a storyboard. Raises ProviderError naming what cannot be changed like that."""
    from generation.engine import film  # noqa: PLC0415

    try:
        return film.revised(storyboard, changes)
    except ValueError as error:
        raise ProviderError(str(error)) from error


def plate(product: "Prepared", storyboard: Mapping[str, Any], number: int) -> bytes:
    """Paint the ground of one scene, numbered from 1."""
    from generation.engine import film  # noqa: PLC0415

    return film.keyframe(product.analysis, storyboard, number)


def filmed(
    storyboard: Mapping[str, Any],
    plates: Sequence[bytes],
    product: bytes | None,
    *,
    report: Report,
) -> Film:
    """Film a storyboard with a product's cut-out. Raises ProviderError, and what `report` does."""
    from generation.engine import film  # noqa: PLC0415

    def make(folder: Path) -> "EngineFilm":
        return film.render(storyboard, plates, product, folder=folder, progress=report)

    return _filmed(make)


def finished(clip: bytes, storyboard: Mapping[str, Any], *, report: Report) -> Film:
    """Give a provider's clip its captions, music and voice. Raises as `filmed` does."""
    from generation.engine import film  # noqa: PLC0415

    def make(folder: Path) -> "EngineFilm":
        file = folder / "clip"
        file.write_bytes(clip)
        return film.finish(file, storyboard, folder=folder, progress=report)

    return _filmed(make)


def _filmed(make: "Callable[[Path], EngineFilm]") -> Film:
    from generation.engine.film import FilmFailed  # noqa: PLC0415

    try:
        with tempfile.TemporaryDirectory(prefix="visiona-film-") as folder:
            made = make(Path(folder))
            return Film(
                data=made.path.read_bytes(),
                width=made.width,
                height=made.height,
                seconds=made.seconds,
                content_type=made.content_type,
                poster=made.poster,
                captions=made.captions_vtt,
                alt_text=made.alt_text,
                mark=made.mark,
                facts=made.facts,
            )
    except ValueError as error:
        raise ProviderError(str(error)) from error
    except FilmFailed as error:
        logger.warning("generation.film.failed", extra={"stage": error.stage})
        raise ProviderUnavailable from error
    except OSError as error:
        raise ProviderUnavailable from error


def clip_facts(clip: bytes) -> dict[str, Any]:
    """Measure a clip: width, height, seconds. Raises ProviderInvalid for what is no film."""
    from generation.engine import film  # noqa: PLC0415

    try:
        with tempfile.NamedTemporaryFile(prefix="visiona-clip-") as file:
            file.write(clip)
            file.flush()
            return film.probe(Path(file.name))
    except ValueError as error:
        raise ProviderInvalid(reason="answer") from error


def measured(data: bytes) -> dict[str, Any]:
    """Measure a photo for the coach. Raises ProviderError for what is no picture."""
    from generation.engine import portraits  # noqa: PLC0415

    try:
        return portraits.measured(data)
    except ValueError as error:
        raise ProviderError(str(error)) from error


def taken(
    data: bytes, subject: str, measures: Mapping[str, Any] | None = None
) -> tuple[bytes, dict[str, Any]]:
    """Take the subject out of a photo of a clone: a picture, and facts to keep with it.

    The measures are what `measured` has returned for this photo; without them it is measured anew.

    Raises ProviderError for a photo that cannot be used.
    """
    from generation.engine import portraits  # noqa: PLC0415

    try:
        shot = portraits.taken(data, subject, measures)
    except ValueError as error:
        raise ProviderError(str(error)) from error
    return shot.picture, dict(shot.facts)


def portrait(order: PortraitOrder, *, report: Report) -> Picture:
    """Make a picture of a clone. Raises ProviderError for an order that cannot be drawn."""
    from generation.engine import portraits  # noqa: PLC0415

    try:
        request = portraits.PortraitRequest(
            prompt=order.prompt,
            negative_prompt=order.negative_prompt,
            aspect_ratio=order.aspect_ratio,
            seed=order.seed,
            number=order.number,
            subject=order.subject,
            shots=tuple(portraits.Shot(*shot) for shot in order.shots),
            companions=tuple(portraits.Shot(*shot) for shot in order.companions),
            strength=order.strength,
        )
        return _delivered(portraits.render(request, progress=report))
    except ValueError as error:
        raise ProviderError(str(error)) from error


def title(order: TitleOrder) -> Picture:
    """Set another title on a plate. Raises ProviderError for a title that it cannot draw."""
    from generation.engine import thumbnail as engine  # noqa: PLC0415

    try:
        return _delivered(engine.retitled(order.plate, order.facts, order.title))
    except ValueError as error:
        raise ProviderError(str(error)) from error


def phrased(prompt: str, kind: str) -> str:
    """Make a prompt better by rules."""
    from generation.engine import phrasing  # noqa: PLC0415

    return phrasing.enhanced(prompt, kind)


def answered(turns: Sequence[tuple[str, bool]], facts: "Facts", seed: int) -> "Answer":
    """Answer the last of the turns by rules; each is a text, and whether it is the person's."""
    from generation.engine.assistant.answering import answer  # noqa: PLC0415

    return answer(turns, facts, seed)


def _delivered(picture: "Drawn") -> Picture:
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
