"""Titles in other scripts: joined, ordered and broken as their readers expect."""

from itertools import pairwise

import pytest

from generation.engine.fonts import CAN_SHAPE, font_at, font_for
from generation.engine.glyphs import covers
from generation.engine.lettering import letters_of
from generation.engine.pixels import Size
from generation.engine.scripts import in_visual_order, units_of, word_count
from generation.engine.text import Block, Placed, font_of
from generation.engine.thumbnail import STYLES
from generation.engine.titles import read_title
from generation.engine.variety import Variety
from tests.generation.engine.pictures import layout_of, picture_of, size_of_layout

TITLES = {
    "Arabic": "لماذا تركت عملي بعد 10 سنوات",
    "Hebrew": "למה עזבתי את העבודה שלי",
    "Japanese": "私が会社を辞めた本当の理由",
    "Chinese": "我为什么在30天内辞掉工作",
    "Taiwanese": "為什麼我離開台灣",
    "Korean": "내가 회사를 그만둔 이유 5가지",
    "Hindi": "मैंने अपनी नौकरी क्यों छोड़ी",
    "Russian": "Почему я уволился",
    "Greek": "Γιατί παράτησα τη δουλειά μου",
    "Vietnamese": "Vì sao tôi bỏ việc để đi Đà Nẵng",
}
FULL_WIDTH = "他说\uff1a“我们\uff08全家\uff09走了\uff01”"
FULL_WIDTH_ENDS, FULL_WIDTH_STARTS = "\uff1a\uff09\uff01", "\uff08"
RIGHT_TO_LEFT = ("Arabic", "Hebrew")


def block_of(style: str, aspect: str, title: str) -> Block:
    block = layout_of(style, aspect, title).block
    assert block is not None
    return block


def lines_of(block: Block) -> list[list[Placed]]:
    """The words of each line from left to right."""
    numbers = sorted({word.line for word in block.words})
    return [
        sorted((word for word in block.words if word.line == line), key=lambda word: word.left)
        for line in numbers
    ]


def test_the_pillow_that_we_ship_with_can_shape() -> None:
    assert CAN_SHAPE


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_every_letter_has_a_glyph_and_stays_in_the_box(style: str, title: str) -> None:
    size = Size(*size_of_layout("16:9"))
    read = read_title(title, style, Variety(1))
    block = block_of(style, "16:9", title)
    ink = letters_of(block, style, size, has_plates=False).box

    assert read.warnings == ()
    assert "".join(word.text for word in read.words) == title.replace(" ", "")
    face = block.setting.face
    assert all(
        covers(font_of(word.word, face), face.shaped(word.word.text)) for word in block.words
    )
    slack = 0.05 * block.size + 2  # a playful title's words do not stand on one line
    assert ink.left >= block.box.left - slack
    assert ink.right <= block.box.right + slack
    assert ink.top >= block.box.top - slack
    assert ink.bottom <= block.box.bottom + slack


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_lines_do_not_run_into_each_other(title: str) -> None:
    block = block_of("cinematic", "16:9", title)
    face, size = block.setting.face, block.size
    extents: list[tuple[float, float]] = []
    for line in lines_of(block):
        boxes = [
            font_at(font_of(word.word, face), size).getbbox(word.word.text, anchor="ls")
            for word in line
        ]
        base = line[0].baseline
        extents.append((base + min(b[1] for b in boxes), base + max(b[3] for b in boxes)))

    assert all(upper[1] <= lower[0] for upper, lower in pairwise(extents))


@pytest.mark.parametrize("script", RIGHT_TO_LEFT)
def test_what_runs_from_right_to_left_starts_at_the_right(script: str) -> None:
    title = TITLES[script]
    block = block_of("minimal", "16:9", title)
    lines = lines_of(block)

    read = [word.word.text for line in lines for word in reversed(line)]
    assert read == title.split()
    ends = [line[-1].left + line[-1].width for line in lines]
    assert max(ends) - min(ends) < 1


def test_arabic_letters_are_joined() -> None:
    font = font_at(font_for("Anton_400Regular", "سنوات"), 100)

    joined = font.getlength("سنوات")
    alone = sum(font.getlength(letter) for letter in "سنوات")
    assert joined < 0.9 * alone


def test_hindi_signs_are_put_where_they_belong() -> None:
    font = font_at(font_for("Anton_400Regular", "कि"), 100)

    # The sign for the short i is written after its consonant and stands before it.
    assert font.getmask("कि").getbbox() != font.getmask("क").getbbox()
    assert font.getlength("क्ष") < font.getlength("क") + font.getlength("ष")


def test_latin_words_in_hebrew_keep_their_own_order() -> None:
    words = read_title("כך בניתי New York startup בחודש", "minimal", Variety(1)).words
    order = in_visual_order([word.is_rtl for word in words], base=True)

    assert [words[index].text for index in order] == [
        "כך", "בניתי", "startup", "York", "New", "בחודש",
    ]  # fmt: skip
    assert [word.base for word in words] == ["rtl", "rtl", "ltr", "ltr", "rtl", "rtl"]


def test_a_hebrew_word_in_english_is_a_run_of_its_own() -> None:
    words = read_title("Learn שלום עולם today", "minimal", Variety(1)).words
    order = in_visual_order([word.is_rtl for word in words], base=False)

    assert [words[index].text for index in order] == ["Learn", "עולם", "שלום", "today"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("title", ["「完全版」ラーメンの作り方、教えます。", FULL_WIDTH])
def test_no_line_starts_with_a_closing_mark_or_ends_with_an_opening_one(
    style: str, title: str
) -> None:
    for aspect in ("16:9", "9:16"):
        for line in lines_of(block_of(style, aspect, title)):
            assert line[0].word.text[0] not in "」、。”ーょ" + FULL_WIDTH_ENDS
            assert line[-1].word.text[-1] not in "「“" + FULL_WIDTH_STARTS


def test_lines_break_between_words_and_not_in_them() -> None:
    assert units_of("私が会社を辞めた理由", is_japanese=True) == [
        "私が",
        "会社を",
        "辞めた",
        "理由",
    ]
    assert units_of("ドキュメンタリー", is_japanese=True) == ["ドキュメンタ", "リー"]
    assert units_of("我为什么在30天内", is_japanese=False) == ["我", "为什么", "在", "30天", "内"]
    assert units_of("이유가", is_japanese=False) == ["이유가"]
    assert units_of("Straße", is_japanese=False) == ["Straße"]


@pytest.mark.parametrize(
    ("text", "count"),
    [("Why I quit", 3), ("我为什么辞职", 3), ("내가 회사를", 2), ("Ramen 拉麺", 2), ("拉麺", 1)],
)
def test_words_are_counted_where_there_are_no_spaces_too(text: str, count: int) -> None:
    assert word_count(text) == count


def test_a_long_word_is_hyphenated_only_in_scripts_that_do() -> None:
    for title in ("وبالمستشفياتالكبيرةجدا", "רבותיבעבודהשלנויודעים"):
        words = block_of("bold", "9:16", title).words
        assert "-" not in "".join(word.word.text for word in words)


@pytest.mark.parametrize("script", ["Arabic", "Chinese"])
def test_the_finished_picture_can_be_read(script: str) -> None:
    picture = picture_of(title=TITLES[script], style="bold", color_scheme="sunset")

    assert picture.facts["contrast"] >= 4.5
    assert picture.facts["warnings"] == []
