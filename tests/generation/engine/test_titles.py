"""Titles: any length and any script is set, shortened or reported."""

import itertools

import pytest

from generation.engine.emphasis import stressed_words
from generation.engine.fonts import WIDE_RANGING, face_for
from generation.engine.syllables import broken
from generation.engine.thumbnail import STYLES
from generation.engine.titles import read_title
from generation.engine.variety import Variety
from tests.generation.engine.pictures import layout_of, picture_of, size_of_layout

LONG = "How I built a business that makes one million dollars a year while sleeping " * 2
ENDLESS = "Donaudampfschifffahrtsgesellschaft"
SMALLEST = 0.06  # of the shorter side: four pixels and more when the picture is 120 wide


@pytest.mark.parametrize("style", STYLES)
def test_a_very_long_title_is_shortened_at_a_word(style: str) -> None:
    for aspect in ("16:9", "4:5"):
        width, height = size_of_layout(aspect)
        block = layout_of(style, aspect, LONG, name="astronaut").block

        assert block is not None
        assert block.size >= SMALLEST * min(width, height)
        shown = " ".join(placed.word.text for placed in block.words).replace("- ", "")
        assert LONG.startswith(shown.removesuffix("\u2026"))
        assert block.is_cut == shown.endswith("\u2026")


@pytest.mark.parametrize("style", STYLES)
def test_one_letter_and_one_endless_word_are_set_large(style: str) -> None:
    letter = layout_of(style, "16:9", "A", objects="pizza").block
    endless = layout_of(style, "16:9", ENDLESS, objects="pizza").block

    assert letter is not None
    assert letter.size >= 70
    assert endless is not None
    assert endless.size >= 30
    assert "".join(placed.word.text.removesuffix("-") for placed in endless.words) == ENDLESS


@pytest.mark.parametrize("aspect", ["16:9", "9:16"])
@pytest.mark.parametrize("style", STYLES)
def test_the_pieces_of_a_broken_word_each_end_their_line(style: str, aspect: str) -> None:
    for title in (f"{ENDLESS} and a very very long title that goes on", f"Of {ENDLESS} {ENDLESS}"):
        block = layout_of(style, aspect, title).block

        assert block is not None
        for placed, following in itertools.pairwise(block.words):
            assert placed.word.is_broken == placed.word.text.endswith("-")
            if placed.word.is_broken:
                assert following.line == placed.line + 1
                assert min(len(placed.word.text) - 1, len(following.word.text)) >= 4


def test_words_are_broken_where_a_syllable_begins() -> None:
    assert broken(ENDLESS, 14) == ("Donaudampf-", "schifffahrts-", "gesellschaft")
    assert broken("unbelievable", 10) == ("unbelie-", "vable")
    assert broken("state-of-the-art", 14) == ("state-of-", "the-art")
    assert broken("достопримечательность", 14) == ("достоприме-", "чательность")
    assert broken("pizza", 3) == ("pizza",)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("title", ["Éléphant à Noël", "Привет, мир", "Καλημέρα κόσμε"])
def test_letters_a_display_face_lacks_come_from_one_that_has_them(style: str, title: str) -> None:
    read = read_title(title, style, Variety(1))
    block = layout_of(style, "16:9", title, objects="pizza").block

    assert read.warnings == ()
    assert block is not None
    assert [placed.word.text for placed in block.words] == title.split()


def test_cyrillic_falls_back_and_latin_does_not() -> None:
    assert face_for("bold", "Привет") is WIDE_RANGING
    assert face_for("bold", "Élan").font == "Anton_400Regular"


def test_letters_no_font_has_are_reported_and_not_drawn() -> None:
    picture = picture_of(title="Ramen ፊደል")
    silent = picture_of(title="ፊደል")

    assert picture.facts["warnings"] == [
        "The title uses letters that no font here has; they were left out: "
        + "".join(sorted("ፊደል"))
    ]
    assert picture.facts["layout"]["text_box"] is not None
    assert silent.facts["layout"]["text_box"] is None
    assert silent.facts["warnings"]


def test_an_emoji_is_shown_as_an_object_and_not_as_a_letter() -> None:
    read = read_title("Going \U0001f680 up \u2764\ufe0f\U0001f44d\U0001f3fd", "bold", Variety(1))

    assert read.text == "Going up"
    assert read.emoji[:2] == ("rocket", "red-heart")
    assert read.warnings == ()


def test_a_title_of_nothing_but_emoji_is_a_picture_without_text() -> None:
    picture = picture_of(title="\U0001f680")

    assert picture.facts["subject"] == "rocket"
    assert picture.facts["layout"]["text_box"] is None


def test_a_number_is_stressed_with_what_it_counts() -> None:
    words = stressed_words(["I", "lived", "there", "for", "30", "days"], Variety(1))

    assert [word.text for word in words if word.stressed] == ["30", "days"]


def test_control_characters_and_line_breaks_do_no_harm() -> None:
    read = read_title("One\n\ttwo\x00\u202e three", "bold", Variety(1))

    assert read.text == "One two three"
