"""Every title can be read in the file that people get; what stood in the way was put right."""

import itertools
import os
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from generation.engine import compose, encode, thumbnail
from generation.engine.compose import Composition
from generation.engine.encode import MOST_BYTES, decoded, plate_of
from generation.engine.pixels import Pixels, Size, floats
from generation.engine.placement import badge_of
from generation.engine.plates import Plate
from generation.engine.thumbnail import ASPECT_RATIOS, COLOR_SCHEMES, STYLES, checked, drawn
from generation.engine.titles import Title, read_title
from generation.engine.titling import (
    MOVED,
    NARROWED,
    PANELLED,
    SHORTENED,
    Titled,
    titled,
)
from generation.engine.variety import Variety
from generation.engine.zones import zone_of
from tests.generation.engine.pictures import (
    contrast,
    cut,
    luminance,
    photo,
    picture_of,
    quietly,
    request_for,
)

PEOPLE = ("astronaut", "grace_hopper", "coffee", "chelsea")
TITLES = ("How to win at everything", "Why I quit", "我为什么在30天内辞掉工作", "لماذا تركت عملي")
ALL = tuple(itertools.product(STYLES, COLOR_SCHEMES, ASPECT_RATIOS, ("", "photo")))
# Thirty that are far apart in the grid, at half the size; all of it takes a quarter of an hour.
IS_FULL = "VISIONA_FULL_SWEEP" in os.environ
GRID = ALL if IS_FULL else ALL[7::21][:30]
SHRINK = 1 if IS_FULL else 2


def composition_of(style: str, scheme: str, aspect: str, name: str, title: str) -> Composition:
    """A picture as it is delivered, or half as large; photos are cut out once."""
    width, height = ASPECT_RATIOS[aspect]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thumbnail, "ASPECT_RATIOS", {aspect: (width // SHRINK, height // SHRINK)})
        patch.setattr(compose, "cut_out", lambda _: cut(name)[1])
        request = request_for(
            style=style, color_scheme=scheme, aspect_ratio=aspect, title=title,
            photo=photo(name) if name else None,
        )  # fmt: skip
        return drawn(checked(request), quietly)


@pytest.mark.parametrize(("number", "place"), list(enumerate(GRID)), ids=str)
def test_the_title_can_be_read_wherever_it_stands(number: int, place: tuple[str, ...]) -> None:
    style, scheme, aspect, kind = place
    name = PEOPLE[number % len(PEOPLE)] if kind else ""
    title = TITLES[number % len(TITLES)]
    result = composition_of(style, scheme, aspect, name, title).titled

    assert result is not None
    checks = {check.code: check for check in result.proof.checks}
    assert result.proof.contrast >= 4.5
    assert measured_anew(result) >= 4.0  # the median beside the letters, by another ruler
    assert checks["badge"].ok
    assert checks["weight"].ok
    assert len(result.file.data) <= MOST_BYTES
    assert PANELLED not in result.fixes


def measured_anew(result: Titled) -> float:
    """Of what is stressed and what is not, the lesser median contrast in the decoded file."""
    letters = result.result.letters
    region = letters.region
    lights = luminance(decoded(result.file.data))[
        region.top : region.bottom, region.left : region.right
    ]
    covered = letters.all > 0.02
    ratios = []
    for mask in (letters.plain, letters.stressed):
        core = mask > 0.97
        if core.any():
            ring = near(mask > 0.02, 3) & ~near(covered, 1)
            ratios.append(contrast(float(np.median(lights[core])), float(np.median(lights[ring]))))
    return min(ratios)


def near(mask: Any, distance: int) -> Any:
    grown = mask.copy()
    for across, down in itertools.product(range(-distance, distance + 1), repeat=2):
        grown |= np.roll(mask, (down, across), (0, 1))
    return grown


@cache
def a_plate(style: str = "minimal", title: str = "Why I quit my job") -> tuple[Plate, Title]:
    composition = drawn(checked(request_for(style=style, title=title)), quietly)
    assert composition.plate is not None
    return composition.plate, composition.material.title


def narrowed(plate: Plate) -> Plate:
    """The plate with so little room beside its subject that type gets small."""
    edges = np.full(720, 60, np.int32)
    column = replace(plate.zone.column, left_by_row=edges, right_by_row=edges + 330)
    return replace(plate, zone=replace(plate.zone, column=column))


def noise(size: Size, cell: int) -> Pixels:
    """Black and white squares: nothing can be read on them as they are."""
    rows, columns = np.indices((size.height, size.width)) // cell
    return floats(((rows + columns) % 2)[..., None] * np.ones(3))


@pytest.mark.parametrize(("style", "cell"), list(zip(STYLES, (3, 9, 40) * 2, strict=True)))
def test_even_on_the_worst_ground_the_title_can_be_read(style: str, cell: int) -> None:
    plate, title = a_plate(style)
    result = titled(replace(plate, pixels=noise(Size(1280, 720), cell)), title)

    assert result.proof.contrast >= 4.5
    assert measured_anew(result) >= 4.5
    assert result.fixes or style == "playful"  # whose letters have a thick outline anyway


def test_on_a_plain_ground_nothing_is_put_right() -> None:
    plate, title = a_plate("bold")
    plain = floats(np.broadcast_to(plate.scheme.ground, (720, 1280, 3)))
    result = titled(replace(plate, pixels=plain), title)

    assert result.fixes == ()
    assert result.proof.contrast >= 7


def test_a_file_that_would_be_too_heavy_is_saved_smaller() -> None:
    plate, _ = a_plate()
    title = read_title("Hi", "minimal", Variety(1))
    random = np.random.default_rng(1)
    rough = floats(np.clip(plate.pixels + random.normal(0, 3, (720, 1280, 3)), 0, 1))
    result = titled(replace(plate, pixels=rough), title)

    assert len(result.file.data) <= MOST_BYTES
    assert result.file.quality < encode.QUALITIES[0]
    assert f"The file was saved at quality {result.file.quality} to stay within 2 MB." in (
        result.fixes
    )


def test_small_letters_get_a_narrower_face() -> None:
    plate, _ = a_plate("neon")
    title = read_title("Everything important about photography", "neon", Variety(1))
    result = titled(narrowed(plate), title)

    assert NARROWED in result.fixes
    assert result.block.setting.face.font == "Anton_400Regular"


def test_a_title_keeps_off_the_corner_with_the_length() -> None:
    size = Size(1280, 720)
    plate, title = a_plate()
    badge = badge_of(size)
    assert badge is not None
    everywhere = replace(
        plate.zone,
        column=replace(
            plate.zone.column,
            top=600,
            bottom=715,
            left_by_row=np.full(720, 600, np.int32),
            right_by_row=np.full(720, 1275, np.int32),
        ),
    )
    result = titled(replace(plate, zone=everywhere), title)

    assert MOVED in result.fixes
    assert not result.result.letters.box.overlaps(badge)


def test_a_title_without_end_is_shortened_and_told_so() -> None:
    plate, _ = a_plate("neon")
    title = read_title("Everything important about photography " * 4, "neon", Variety(1))
    result = titled(narrowed(plate), title)

    assert result.block.is_cut
    assert SHORTENED in result.fixes


def test_what_could_be_better_is_told() -> None:
    picture = picture_of(title="A " + "very long title that goes on and on " * 3, style="neon")
    facts = picture.facts["legibility"]

    assert [check["code"] for check in facts["checks"]] == [
        "contrast", "glyphs", "words", "badge", "weight",
    ]  # fmt: skip
    words = facts["checks"][2]
    assert (words["ok"], words["label"]) == (False, "25 words")
    assert facts["score"] < 90
    assert {tuple(sorted(check)) for check in facts["checks"]} == {
        ("code", "detail", "label", "ok")
    }


def test_a_short_loud_title_scores_best() -> None:
    good = picture_of(title="Stop now", style="bold", color_scheme="mono").facts["legibility"]

    assert good["score"] >= 98
    assert all(check["ok"] for check in good["checks"])
    assert good["checks"][0]["label"].startswith("Contrast ")
    assert good["checks"][1]["label"].endswith(" px tall at 120 px wide")


def test_a_zone_survives_being_stored() -> None:
    plate, title = a_plate()
    again = Plate.of(decoded(plate_of(plate.pixels, plate.source)), plate.as_facts())

    assert again.as_facts() == plate.as_facts()
    assert zone_of(plate.zone.as_facts()).as_facts() == plate.zone.as_facts()
    assert np.abs(again.pixels - plate.pixels).mean() < 0.01
    assert titled(again, title).block == titled(plate, title).block


def test_retitling_a_stored_plate_sets_the_same_picture() -> None:
    picture = picture_of(title="Why I quit my job", style="playful", seed=3)
    assert picture.plate is not None
    same = thumbnail.retitled(picture.plate, picture.facts, "Why I quit my job")
    other = thumbnail.retitled(picture.plate, picture.facts, "Pizza")

    assert np.abs(decoded(same.data) - decoded(picture.data)).mean() < 0.01
    assert same.facts["layout"] == picture.facts["layout"]
    assert other.facts["layout"]["text_box"] != picture.facts["layout"]["text_box"]
    assert other.facts["setting"] == picture.facts["setting"]
    assert (other.width, other.height) == (picture.width, picture.height)
