"""Make a product ready: open its photos, choose the best, cut it out and learn what it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from generation.engine.ads.classifier import Guess, guessed
from generation.engine.ads.families import BY_NAME, OTHER, UNSURE, family_of
from generation.engine.ads.palette import palette_of
from generation.engine.ads.prepared import Prepared
from generation.engine.ads.quality import (
    Look,
    clutter_of,
    cut_edges_of,
    exposure_of,
    look_at,
    suggestions_for,
)
from generation.engine.ads.silhouette import stance_of
from generation.engine.cutout import (
    LEAST_AREA,
    SOLID,
    SURE_ENOUGH,
    Cuts,
    Photo,
    Subject,
    cut_out,
    open_photo,
)
from generation.engine.matte import matte_of
from generation.engine.pixels import Pixels, Raster, Size, bounds_of, empty, from_picture

MOST_PHOTOS: Final = 8
MOST_TRIES: Final = 3  # photos in which a subject is looked for
LONGEST: Final = 1200
NOT_SURE: Final = "not sure"
TINIEST: Final = 0.002  # of its photo's area
WHOLE_COST: Final = 1.5  # in scores: what a cut edge takes off a cut-out


@dataclass(frozen=True, slots=True)
class Candidate:
    number: int
    photo: Photo
    look: Look
    subject: Subject | None = None


def prepare(photos: Sequence[bytes]) -> Prepared:
    """This function will cut the product out of the best of its photos.

    Raises ValueError when there is none, or one cannot be read.
    """
    if not 1 <= len(photos) <= MOST_PHOTOS:
        raise ValueError(f"photos: send one to {MOST_PHOTOS}")
    best = _best(_candidates(photos))
    product = best.subject.raster if best.subject else _opaque(best.photo.raster)
    cuts = best.subject.cuts if best.subject else Cuts()
    palette = palette_of(product)
    stance = stance_of(product, cuts) if best.subject else "framed"
    guess = guessed(_squared(best.photo.raster))
    facts: dict[str, Any] = {
        **_named(guess),
        "colors": palette.as_facts(),
        "is_cut_out": best.subject is not None,
        "cut_edges": cut_edges_of(cuts),
        "stance": stance,
        "sharpness": best.look.sharpness,
        "exposure": exposure_of(product),
        "clutter": clutter_of(best.photo.raster, _mask_of(best)),
        "matte": round(best.subject.confidence, 2) if best.subject else 0.0,
        "photo": best.number,
        "photos": len(photos),
    }
    facts["suggestions"] = suggestions_for(facts, guess, best.look.longest)
    if stance == "framed":
        product = _opaque(best.photo.raster)
    return Prepared(product=product, stance=stance, cuts=cuts, palette=palette, analysis=facts)


def _candidates(photos: Sequence[bytes]) -> list[Candidate]:
    """The photos, those that look best first."""
    found = []
    for number, data in enumerate(photos, start=1):
        photo = open_photo(data, LONGEST)
        found.append(Candidate(number, photo, look_at(photo.raster)))
    return sorted(found, key=lambda one: -one.look.score)


def _best(candidates: Sequence[Candidate]) -> Candidate:
    """The first photo that shows the product whole; else what comes closest."""
    tried: list[Candidate] = []
    for candidate in candidates[:MOST_TRIES]:
        tried.append(_cut_out(candidate))
        subject = tried[-1].subject
        if subject is not None and not cut_edges_of(subject.cuts):
            return tried[-1]
    return max(tried, key=_worth)


def _cut_out(candidate: Candidate) -> Candidate:
    """With its subject; one that is tiny in its photo is looked for again from closer by."""
    subject, photo = cut_out(candidate.photo), candidate.photo
    if subject is None:
        closer = _closer(photo)
        subject = cut_out(closer) if closer else None
        photo = closer if closer and subject else photo
    return replace(candidate, photo=photo, subject=subject)


def _closer(photo: Photo) -> Photo | None:
    """The part of the photo around something small that stands out clearly."""
    alpha, confidence = matte_of(photo.raster)
    area, box = float((alpha > SOLID).mean()), bounds_of(alpha)
    if box is None or confidence < SURE_ENOUGH or not TINIEST <= area < LEAST_AREA:
        return None
    wide = box.grown(max(box.width, box.height) // 2, Size(*photo.raster.size))
    return Photo(photo.raster.crop((wide.left, wide.top, wide.right, wide.bottom)), None)


def _worth(candidate: Candidate) -> float:
    if candidate.subject is None:
        return -1.0
    edges = len(cut_edges_of(candidate.subject.cuts))
    return candidate.look.score + WHOLE_COST * (4 - edges)


def _named(guess: Guess) -> dict[str, Any]:
    is_sure = guess.confidence >= UNSURE
    family = family_of(guess.label) if is_sure else OTHER
    if is_sure and guess.is_animal:
        family = BY_NAME["animal"]
    return {
        "label": guess.label if is_sure else NOT_SURE,
        "confidence": round(guess.confidence, 2),
        "family": family.name,
    }


def _opaque(photo: Raster) -> Raster:
    return photo.convert("RGBA")


def _squared(photo: Raster) -> Raster:
    side = min(photo.size)
    left, top = (photo.width - side) // 2, (photo.height - side) // 2
    return photo.crop((left, top, left + side, top + side))


def _mask_of(candidate: Candidate) -> Pixels | None:
    """Where in its photo the product is."""
    subject, photo = candidate.subject, candidate.photo.raster
    if subject is None or subject.box is None:
        return None
    box, alpha = subject.box, from_picture(subject.raster.getchannel("A"))
    mask = empty(Size(*photo.size))
    mask[box.top : box.bottom, box.left : box.right] = alpha
    return mask
