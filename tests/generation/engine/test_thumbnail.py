"""Thumbnails as their callers see them: sizes, labels, repeatability, refusals."""

import io
import itertools
import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generation.engine.schemes import SCHEMES
from generation.engine.thumbnail import ASPECT_RATIOS, COLOR_SCHEMES, STYLES, render
from generation.engine.variety import variety_of
from tests.generation.engine.pictures import (
    contrast_of_letters,
    opened,
    photo,
    picture_of,
    pixels_of,
    request_for,
    shared_picture_of,
    small_composition_of,
    small_picture_of,
)

CLEARLY = 0.034
NEIGHBORS_DIFFER = 0.09  # a change of the ground or the side; a change of hue alone is less
MOST_BYTES = 2 * 1024 * 1024
ASPECTS = tuple(ASPECT_RATIOS)
# Each style twice, such that every scheme and every aspect comes up.
MATRIX = [
    (style, COLOR_SCHEMES[(row + step) % len(COLOR_SCHEMES)], ASPECTS[(row + turn) % len(ASPECTS)])
    for (row, style), (step, turn) in itertools.product(enumerate(STYLES), ((0, 0), (5, 3)))
]


def picture_of_with(progress: Any) -> None:
    render(request_for(title="Pizza"), progress=progress)


@pytest.mark.parametrize(("style", "scheme", "aspect"), MATRIX)
def test_every_style_makes_a_readable_picture_in_every_scheme(
    style: str, scheme: str, aspect: str
) -> None:
    picture = picture_of(
        style=style, color_scheme=scheme, aspect_ratio=aspect, title="The mountain", prompt="sky"
    )

    pixels = pixels_of(picture)
    assert (picture.width, picture.height) == ASPECT_RATIOS[aspect]
    assert pixels.shape == (picture.height, picture.width, 3)
    assert pixels.std() > 0.03
    assert picture.content_type == "image/jpeg"
    assert len(picture.data) <= MOST_BYTES
    assert picture.facts["contrast"] >= 4.5
    assert contrast_of_letters(picture) >= 4.5


@pytest.mark.parametrize("style", ["bold", "editorial"])
def test_without_the_overlay_no_title_is_set(style: str) -> None:
    picture = small_picture_of(style=style, text_overlay=False, title="Pizza")

    assert picture.facts["layout"]["text_box"] is None
    assert picture.facts["contrast"] is None
    assert picture.facts["subject"] == "pizza"
    assert pixels_of(picture).std() > 0.03


@pytest.mark.parametrize(("style", "name"), [("bold", "coffee"), ("playful", "")])
def test_the_same_request_makes_the_same_bytes(style: str, name: str) -> None:
    request = {"style": style, "photo": photo(name) if name else None, "seed": 7}

    assert shared_picture_of(**request).data == picture_of(**request).data


@pytest.mark.parametrize(("name", "aspect"), [("", "16:9"), ("", "9:16"), ("astronaut", "16:9")])
@pytest.mark.parametrize("style", STYLES)
def test_three_seeds_in_a_row_look_clearly_different(style: str, name: str, aspect: str) -> None:
    seen = [
        thumb_of(style=style, title="Why we sing", aspect_ratio=aspect, name=name, seed=seed)
        for seed in (5, 6, 7)
    ]

    for first, second in itertools.pairwise(seen):
        assert np.abs(first - second).mean() > NEIGHBORS_DIFFER
    assert np.abs(seen[0] - seen[2]).mean() > CLEARLY


@pytest.mark.parametrize("scheme", COLOR_SCHEMES)
def test_seeds_in_a_row_always_differ_in_motif_and_hue(scheme: str) -> None:
    for seed in range(30):
        first, second = variety_of(seed, "a"), variety_of(seed + 1, "a")
        before, after = (
            np.stack([tinted.ground, tinted.main, tinted.accent])
            for tinted in (variety.tinted(SCHEMES[scheme]) for variety in (first, second))
        )

        assert first.motif != second.motif
        assert first.is_odd != second.is_odd
        assert np.abs(before - after).max() > CLEARLY


def thumb_of(**changes: Any) -> NDArray[np.float64]:
    """The picture as it is seen in a crowded feed."""
    pixels = small_composition_of(**changes).pixels
    raster = Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8))
    return np.asarray(raster.resize((48, 48), Image.Resampling.BOX), dtype=np.float64) / 255


def test_progress_goes_through_its_steps_and_only_forward() -> None:
    seen: list[tuple[str, float]] = []

    picture_of_with(lambda stage, fraction: seen.append((stage, fraction)))

    fractions = [fraction for _, fraction in seen]
    assert list(dict.fromkeys(stage for stage, _ in seen)) == [
        "cutting out the subject",
        "painting the background",
        "setting the title",
        "finishing",
    ]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0


@pytest.mark.parametrize("step", ["cutting out the subject", "setting the title", "finishing"])
def test_what_progress_raises_stops_the_work(step: str) -> None:
    class Canceled(Exception):
        pass

    def stop(stage: str, fraction: float) -> None:
        if stage == step:
            raise Canceled

    with pytest.raises(Canceled):
        picture_of_with(stop)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("style", "baroque"),
        ("color_scheme", "beige"),
        ("aspect_ratio", "5:7"),
        ("title", "   "),
        ("photo", b"not a picture"),
        ("photo", b""),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        small_picture_of(**{field: value})


def test_the_file_says_what_made_it_and_from_what() -> None:
    drawn = opened(shared_picture_of())
    composite = opened(shared_picture_of(style="bold", photo=photo("coffee"), seed=7))

    assert drawn.getexif()[0x0131] == "Visiona local engine 1.0"
    assert b"digitalsourcetype/algorithmicMedia" in drawn.info["xmp"]
    assert b'CreatorTool="Visiona local engine 1.0"' in drawn.info["xmp"]
    assert b'digitalsourcetype/composite"' in composite.info["xmp"]


def test_nothing_of_the_photos_metadata_survives() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    target = io.BytesIO()
    Image.open(io.BytesIO(photo("coffee"))).save(
        target, "JPEG", exif=exif, comment=b"SecretComment", xmp=b"<x>SecretXmp</x>"
    )

    picture = small_picture_of(photo=target.getvalue())

    found = opened(picture).getexif()
    assert b"Secret" in target.getvalue()
    assert b"Secret" not in picture.data
    assert dict(found) == {0x0131: "Visiona local engine 1.0"}
    assert not found.get_ifd(0x8825)


def test_facts_can_be_stored_as_json_and_name_what_was_not_used() -> None:
    picture = small_picture_of(title="Rockets and quibbles", prompt="")

    assert json.loads(json.dumps(picture.facts)) == picture.facts
    assert picture.facts["understood"] == ["rockets"]
    assert picture.facts["ignored"] == ["quibbles"]
    assert picture.facts["subject"] == "rocket"
    assert picture.facts["cut_out"] is False
    assert "Rockets and quibbles" in picture.alt_text
    assert "rocket" in picture.alt_text


def test_the_prompt_chooses_before_the_title() -> None:
    picture = small_picture_of(title="My trip to the dentist", prompt="a penguin with a guitar")

    assert picture.facts["subject"] == "penguin and guitar"


@pytest.mark.parametrize("style", ["minimal", "neon"])
def test_a_photo_without_a_subject_becomes_the_background(style: str) -> None:
    target = io.BytesIO()
    Image.new("RGB", (640, 480), "#3a7ca5").save(target, "PNG")

    picture = small_picture_of(style=style, photo=target.getvalue())

    assert picture.facts["cut_out"] is False
    assert "No subject stood out" in picture.facts["warnings"][0]
    assert picture.facts["contrast"] >= 4.5
    assert pixels_of(picture).std() > 0.03


def test_a_tiny_photo_is_no_reason_to_fail() -> None:
    target = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(target, "WEBP")

    assert small_picture_of(photo=target.getvalue()).facts["cut_out"] is False
