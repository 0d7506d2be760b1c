"""Where things stand: the title keeps off the subject, and what a photo cut runs off the canvas."""

import itertools

import numpy as np
import pytest

from generation.engine.layout import Layout
from generation.engine.pixels import Box
from generation.engine.thumbnail import ASPECT_RATIOS, STYLES
from tests.generation.engine.pictures import (
    cut,
    layout_of,
    line_boxes,
    size_of_layout,
    small_composition_of,
)

EDGE = 3  # pixels
UNSEEN = 0.05
PEOPLE = ["grace_hopper", "astronaut"]
LONG_TITLES = [
    "A very long title that goes on and on about everything there is to say about pizza",
    "Donaudampfschifffahrtsgesellschaft and a very very long title that goes on",
    "One two three four five six",
]
TITLES = ["Pizza", "Why I quit my job", "The unbelievable truth about penguins and pizza in 2027"]


def covered_by_letters(layout: Layout) -> float:
    """The most that any pixel of a line is covered by the subject or its outline."""
    return max(
        float(layout.taken[top:bottom, left:right].max(initial=0))
        for top, bottom, left, right in line_boxes(layout.block)
    )


@pytest.mark.parametrize("aspect", ASPECT_RATIOS)
@pytest.mark.parametrize("style", STYLES)
def test_the_title_never_touches_a_person_or_their_outline(style: str, aspect: str) -> None:
    for name, title in zip(PEOPLE, TITLES[1:], strict=True):
        layout = layout_of(style, aspect, title, name=name)

        assert layout.taken.max() > 0.9
        assert covered_by_letters(layout) < UNSEEN


@pytest.mark.parametrize("aspect", ASPECT_RATIOS)
def test_the_title_keeps_off_objects_and_inside_the_canvas(aspect: str) -> None:
    width, height = size_of_layout(aspect)
    for seed, (style, title) in enumerate(itertools.product(("bold", "neon"), TITLES)):
        layout = layout_of(style, aspect, title, objects="pizza rocket", seed=seed)

        assert covered_by_letters(layout) < UNSEEN
        for top, bottom, left, right in line_boxes(layout.block):
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height


@pytest.mark.parametrize("style", STYLES)
def test_the_corner_of_the_duration_badge_stays_free_of_text(style: str) -> None:
    width, height = size_of_layout("16:9")
    badge = Box(int(width * 0.86) + 1, int(height * 0.86) + 1, width, height)
    shown: tuple[dict[str, str], ...] = ({}, {"objects": "pizza"}, {"name": "astronaut"})

    for seed, title, subject in itertools.product(range(2), LONG_TITLES, shown):
        block = layout_of(style, "16:9", title, seed=seed, **subject).block
        assert block is not None
        assert not block.box.overlaps(badge), (seed, title, subject)
    for seed, title in itertools.product(range(12), [*TITLES, *LONG_TITLES]):
        block = layout_of(style, "16:9", title, seed=seed).block
        assert block is not None
        assert not block.box.overlaps(badge), (seed, title)


@pytest.mark.parametrize("aspect", ["16:9", "4:5"])
@pytest.mark.parametrize("name", ["chelsea", "astronaut", ""])
def test_ornaments_keep_off_title_subject_and_photo(name: str, aspect: str) -> None:
    found: list[Box] = []
    for seed in range(3):
        composition = small_composition_of(
            style="playful", aspect_ratio=aspect, title="Pizza hates Mondays", name=name, seed=seed
        )
        layout = composition.layout
        found += composition.ornaments

        assert layout.block is not None
        for box in composition.ornaments:
            assert not box.overlaps(layout.block.box)
            assert layout.taken[box.top : box.bottom, box.left : box.right].max() < UNSEEN
    assert found or aspect == "4:5"


@pytest.mark.parametrize("aspect", ASPECT_RATIOS)
@pytest.mark.parametrize("title", ["", "Why I quit my job"])
def test_whom_the_photo_cut_runs_off_the_canvas_there(aspect: str, title: str) -> None:
    for name in PEOPLE:
        subject, standing = cut(name)[1], layout_of("bold", aspect, title, name=name).standing

        assert subject is not None
        assert standing is not None
        assert subject.cuts.bottom
        assert standing.alpha[-EDGE:].max() > 0.9
        if name == "grace_hopper":
            assert subject.cuts.right is not None
            top = np.flatnonzero((standing.alpha > 0.05).any(axis=1))[0]
            cut_from = top + subject.cuts.right * subject.raster.height * standing.scale
            assert cut_from > len(standing.alpha) or standing.alpha[:, -EDGE:].max() > 0.9


@pytest.mark.parametrize("aspect", ASPECT_RATIOS)
def test_no_cut_edge_of_a_person_floats_in_the_picture(aspect: str) -> None:
    """A flat cut is a long run of solid pixels that all end in one column, inside the canvas."""
    for name in PEOPLE:
        standing = layout_of("bold", aspect, "Why I quit my job", name=name).standing

        assert standing is not None
        solid, gone = standing.alpha > 0.9, standing.alpha < 0.1
        ends_right = (solid[:, 2:-2] & gone[:, 4:]).sum(axis=0)
        ends_left = (gone[:, :-4] & solid[:, 2:-2]).sum(axis=0)
        assert max(ends_right.max(), ends_left.max()) < 0.14 * len(solid)


@pytest.mark.parametrize("aspect", ASPECT_RATIOS)
def test_a_face_is_never_cut(aspect: str) -> None:
    for name, style in zip(PEOPLE, ("bold", "cinematic"), strict=True):
        subject = cut(name)[1]
        standing = layout_of(style, aspect, "Why I quit my job", name=name).standing

        assert subject is not None
        assert subject.face is not None
        assert standing is not None
        top = np.flatnonzero((standing.alpha > 0.05).any(axis=1))[0]
        assert top + subject.face.bottom * standing.scale <= len(standing.alpha)
        assert subject.face.top * standing.scale >= 0


@pytest.mark.parametrize("style", STYLES)
def test_a_subject_that_fills_its_photo_is_kept_whole_beside_the_title(style: str) -> None:
    for seed in (1, 2):
        layout = layout_of(style, "16:9", "What your cat really thinks", name="chelsea", seed=seed)

        assert layout.standing is None
        assert layout.panel is not None
        mask = layout.panel.mask if layout.side == "left" else layout.panel.mask[:, ::-1]
        assert mask[:, : mask.shape[1] // 4].min() > 0.99
        assert covered_by_letters(layout) < UNSEEN


def test_one_seed_after_the_other_changes_the_side_of_a_free_subject() -> None:
    sides = [layout_of("bold", "16:9", "Pizza", objects="pizza", seed=n).side for n in range(4)]

    assert sides == ["right", "left", "right", "left"]
