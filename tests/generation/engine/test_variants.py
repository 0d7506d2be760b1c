"""Sets: three thumbnails of one order that differ where it matters, and say how."""

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generation.engine.hooks import hooks_of
from generation.engine.schemes import SCHEMES
from generation.engine.thumbnail import STYLES, checked
from generation.engine.variants import RELATED
from tests.generation.engine.pictures import request_for, small_composition_of, small_picture_of

MARS = "I lived on Mars for 30 days"
CLEARLY = 0.06  # the mean difference of two pictures as they are seen in a feed


@pytest.mark.parametrize(
    ("title", "hooks"),
    [
        (MARS, [("Number first", "For 30 days I lived on Mars")]),
        ("How to win in 30 days", [("Number first", "In 30 days: How to win")]),
        (
            "My trip to Japan: 7 mistakes",
            [("Number first", "7 mistakes: My trip to Japan")],
        ),
        ("The kitchen | secret recipes", [("Strongest part first", "Secret recipes: The kitchen")]),
        ("Rome - a long weekend", [("Second part first", "A long weekend: Rome")]),
        ("Why I quit my job", [("Shorter", "I quit my job")]),
        ("Here's how we really met", [("Shorter", "We met"), ("Shorter", "Here's how we met")]),
        ("This is just not very good", [("Shorter", "This is not very good")]),
        ("Why do cats purr?", []),
        ("Why we should sleep", []),
        ("How to lose money fast", []),
        ("Is it over? 7 signs", []),
        ("10 CSS tricks nobody told you", []),
        ("Just do it", []),
        ("The mountain", []),
        ("Pizza", []),
        ("私が会社を辞めた理由", []),
    ],
)
def test_a_hook_says_the_same_in_the_same_words(title: str, hooks: list[tuple[str, str]]) -> None:
    assert [(hook.name, hook.text) for hook in hooks_of(title)] == hooks


@pytest.mark.parametrize(
    "title", [MARS, "Why I really quit my job in 2 weeks", "My trip to Japan: 7 mistakes"]
)
def test_a_hook_adds_no_word(title: str) -> None:
    for hook in hooks_of(title):
        assert words_of(hook.text) <= words_of(title)


def words_of(text: str) -> set[str]:
    return {word.strip(":") for word in text.casefold().split()}


def test_the_first_of_a_set_is_exactly_what_was_ordered() -> None:
    alone = checked(request_for(title=MARS, seed=5))
    first = checked(request_for(title=MARS, seed=5, variant=0))

    assert (first.title, first.scheme.name, first.variety) == (
        alone.title,
        alone.scheme.name,
        alone.variety,
    )
    assert first.scheme is not None
    assert all(
        np.array_equal(getattr(first.scheme, name), getattr(alone.scheme, name))
        for name in ("ground", "main", "accent")
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_related_schemes_are_two_others(scheme: str) -> None:
    assert len({scheme, *RELATED[scheme]}) == 3
    assert set(RELATED[scheme]) <= set(SCHEMES)


@cache
def a_set(style: str, aspect: str, name: str, title: str = MARS) -> list[Any]:
    return [
        small_composition_of(
            style=style, aspect_ratio=aspect, name=name, title=title, color_scheme="ocean",
            seed=5 + number, variant=number,
        )
        for number in range(3)
    ]  # fmt: skip


def seen(composition: Any) -> NDArray[np.float64]:
    raster = Image.fromarray((np.clip(composition.pixels, 0, 1) * 255).astype(np.uint8))
    return np.asarray(raster.resize((48, 48), Image.Resampling.BOX), dtype=np.float64) / 255


@pytest.mark.parametrize(("aspect", "name"), [("16:9", "grace_hopper"), ("16:9", ""), ("4:5", "")])
@pytest.mark.parametrize("style", STYLES)
def test_any_two_of_a_set_differ_clearly(style: str, aspect: str, name: str) -> None:
    compositions = a_set(style, aspect, name)

    for first, second in itertools.combinations(compositions, 2):
        assert np.abs(seen(first) - seen(second)).mean() > CLEARLY
        assert first.plate.color_scheme != second.plate.color_scheme
        assert words_with_stress(first) != words_with_stress(second)
    boxes = [composition.titled.block.box.as_list() for composition in compositions]
    assert len({tuple(box) for box in boxes}) >= 2


def words_with_stress(composition: Any) -> list[tuple[str, bool]]:
    return [(word.text, word.stressed) for word in composition.material.title.words]


def test_a_set_says_how_its_pictures_differ() -> None:
    facts = [
        small_picture_of(
            title=MARS, style="bold", color_scheme="sunset", seed=number, variant=number
        )
        for number in range(3)
    ]

    assert [picture.facts["variant"]["hook"] for picture in facts] == [
        "As ordered", "Number first", "Emphasis on \u201cMars\u201d",
    ]  # fmt: skip
    assert [picture.facts["variant"]["scheme"] for picture in facts] == ["Sunset", "Royal", "Red"]
    assert all(picture.facts["variant"]["crop"] for picture in facts)
    assert [picture.varied for picture in facts] == [
        {},
        {"title": "For 30 days I lived on Mars", "color_scheme": "royal"},
        {"color_scheme": "red"},
    ]
    assert "For 30 days I lived on Mars" in facts[1].alt_text


def test_what_is_not_of_a_set_says_nothing_of_variants() -> None:
    picture = small_picture_of(title=MARS)

    assert "variant" not in picture.facts
    assert picture.varied == {}


def test_one_of_a_set_can_be_made_again() -> None:
    first, again = (small_picture_of(title=MARS, seed=6, variant=1) for _ in range(2))

    assert first.data == again.data
