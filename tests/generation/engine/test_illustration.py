"""What a picture made out of words promises: its size, its label, and to show what it says."""

import io
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generation.engine import illustration
from generation.engine.color import to_oklab
from generation.engine.illustration import (
    ASPECT_RATIOS,
    NOTHING_NEGATED,
    NOTHING_UNDERSTOOD,
    ImageRequest,
    render,
)
from generation.engine.lexicon import TOKEN
from generation.engine.picture import Picture
from generation.engine.prompts import read
from generation.engine.vocabulary import FUNCTION_WORDS
from tests.generation.engine.pictures import opened, pixels_of, quietly

LEAST_VARIANCE = 0.002
SEEN = 0.02  # mean difference of two pictures that nobody takes for the same


def request_for(**changes: Any) -> ImageRequest:
    values: dict[str, Any] = {"prompt": "a cat", "seed": 1}
    return ImageRequest(**values | changes)


SMALL = {aspect: (width // 2, height // 2) for aspect, (width, height) in ASPECT_RATIOS.items()}


@cache
def picture_of(prompt: str, **changes: Any) -> Picture:
    """At half its size: every length of the engine is a share of the canvas."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(illustration, "ASPECT_RATIOS", SMALL)
        return render(request_for(prompt=prompt, **changes), progress=quietly)


def difference(first: Picture, second: Picture) -> float:
    return float(np.abs(pixels_of(first) - pixels_of(second)).mean())


def subject_pixels(picture: Picture, number: int = 0) -> NDArray[np.float64]:
    """The middle of where a subject stands, without most of what is around it."""
    left, top, right, bottom = picture.facts["subjects"][number]["box"]
    inset_x, inset_y = (right - left) // 5, (bottom - top) // 5
    pixels = pixels_of(picture)
    return pixels[top + inset_y : bottom - inset_y, left + inset_x : right - inset_x]


def hue_of_most(pixels: NDArray[np.float64]) -> float:
    """In degrees of OKLab; red is about 25, yellow 110, green 145, blue 260."""
    lab = to_oklab(pixels.astype(np.float32)).reshape(-1, 3)
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    hues = np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360
    counts, edges = np.histogram(hues, bins=36, range=(0, 360), weights=chroma * (chroma > 0.08))
    return float(edges[int(counts.argmax())] + 5)


@pytest.mark.parametrize("aspect_ratio", ASPECT_RATIOS)
def test_has_the_ordered_shape_and_about_a_megapixel(aspect_ratio: str) -> None:
    request = ImageRequest(prompt="liquid gold", aspect_ratio=aspect_ratio, seed=1)
    picture = render(request, progress=quietly)
    across, down = (int(part) for part in aspect_ratio.split(":"))
    assert opened(picture).size == (picture.width, picture.height)
    assert picture.width / picture.height == pytest.approx(across / down, rel=0.001)
    assert picture.width * picture.height == pytest.approx(1024 * 1024, rel=0.05)
    assert pixels_of(picture).var() > LEAST_VARIANCE


def test_the_same_request_draws_the_same_picture() -> None:
    again = picture_of.__wrapped__("a rocket in space")
    assert again.data == picture_of("a rocket in space").data


def test_seeds_and_numbers_draw_other_pictures() -> None:
    first = picture_of("a rocket in space")
    assert difference(first, picture_of("a rocket in space", seed=2)) > SEEN
    assert difference(first, picture_of("a rocket in space", number=1)) > SEEN


@pytest.mark.parametrize(
    ("word", "lowest", "highest"), [("red", 10, 45), ("blue", 240, 285), ("green", 130, 170)]
)
def test_a_color_before_a_thing_colors_the_thing(word: str, lowest: int, highest: int) -> None:
    picture = picture_of(f"{word} sneakers on a podium")
    assert lowest <= hue_of_most(subject_pixels(picture)) <= highest
    assert picture.facts["understood"] == [word, "sneakers", "podium"]


@pytest.mark.parametrize(
    "prompt",
    [
        "An astronaut riding a horse on Mars, 8k, trending on artstation",
        "A pair of red leather boots and two blue books on the table",
        "oil painting of a castle by a lake at sunset without any clouds, masterpiece",
        "Кот на марсе, a cat on mars",
        "a quiet street in tokyo at night when it rains",
    ],
)
def test_every_word_that_means_something_is_either_understood_or_ignored(prompt: str) -> None:
    reading = read(prompt)
    meaningful = {word for word in TOKEN.findall(prompt.casefold()) if word not in FUNCTION_WORDS}
    assert set(reading.understood) | set(reading.ignored) == meaningful
    assert not set(reading.understood) & set(reading.ignored)


@pytest.mark.parametrize(
    ("prompt", "ignored"),
    [
        ("a cat on mars", ()),
        ("three foxes in a green meadow on a sunny day", ()),
        ("an astronaut playing chess in a rainy city", ("playing", "chess")),
        ("a cat in a kitchen at sunset", ("sunset",)),
        ("a cathedral made of cheese", ("cathedral", "made", "cheese")),
    ],
)
def test_says_which_words_it_could_not_use(prompt: str, ignored: tuple[str, ...]) -> None:
    assert read(prompt).ignored == ignored


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("three foxes", [("fox", 3, False)]),
        ("a couple of dogs and a cat", [("dog", 2, False), ("cat", 1, False)]),
        ("a pair of sneakers", [("running-shoe", 1, False)]),
        ("a dragon flying over a city", [("dragon", 1, True)]),
        ("a hot air balloon", [("hot-air-balloon", 1, False)]),
        ("a pencil sketch of a photo camera", [("camera", 1, False)]),
        ("a calm morning, growth and energy", []),
    ],
)
def test_reads_things_by_their_longest_name_and_number(
    prompt: str, shown: list[tuple[str, int, bool]]
) -> None:
    assert [(role.name, role.count, role.flies) for role in read(prompt).cast] == shown


def test_a_negative_prompt_takes_out_what_it_names() -> None:
    picture = picture_of("a cat and a dog in a meadow", negative_prompt="dogs, flowers, blur")
    assert [subject["name"] for subject in picture.facts["subjects"]] == ["cat"]
    assert picture.facts["negated"] == ["dogs", "flowers"]
    assert picture.facts["ignored"] == ["dog"]
    assert picture.facts["warnings"] == []


def test_what_the_prompt_itself_rules_out_stays_out() -> None:
    reading = read("a meadow without flowers, no clouds")
    assert "flowers" not in reading.features
    assert reading.avoided >= {"flowers", "clouds"}
    assert reading.ignored == ()


def test_a_negative_prompt_of_unknown_words_is_answered_with_a_warning() -> None:
    picture = picture_of("liquid gold", negative_prompt="deformed hands")
    assert picture.facts["warnings"] == [NOTHING_NEGATED]


def test_styles_look_different() -> None:
    prompts = ["a castle", *(f"{style} of a castle" for style in ("watercolor", "pencil sketch"))]
    prompts += ["pixel art castle", "low poly castle", "comic book castle", "oil painting, castle"]
    pictures = [picture_of(f"{prompt} on a podium") for prompt in prompts]
    assert len({picture.facts["style"] for picture in pictures}) == len(prompts)
    for number, one in enumerate(pictures):
        assert all(difference(one, other) > SEEN for other in pictures[number + 1 :])


def test_a_pencil_sketch_has_no_color() -> None:
    pixels = pixels_of(picture_of("pencil sketch of a castle on a podium"))
    assert np.abs(pixels.max(axis=2) - pixels.min(axis=2)).mean() < 0.06


@pytest.mark.parametrize(
    "prompt", ["", "   ", "🚀🌈", "猫在火星上", "\u202e\x00\u200f", "?" * 2000]
)
def test_any_prompt_gives_a_fine_picture(prompt: str) -> None:
    picture = picture_of(prompt)
    assert pixels_of(picture).var() > LEAST_VARIANCE
    assert (picture.facts["warnings"] == [NOTHING_UNDERSTOOD]) is (not picture.facts["understood"])


def test_an_emoji_is_a_thing_to_show() -> None:
    assert picture_of("🚀🌈").facts["understood"] == ["🚀", "🌈"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"aspect_ratio": "7:5"}, "aspect_ratio"),
        ({"prompt": "a" * 2001}, "prompt"),
        ({"negative_prompt": "a" * 2001}, "negative_prompt"),
        ({"number": -1}, "number"),
    ],
)
def test_refuses_what_it_cannot_draw_and_names_the_field(
    changes: dict[str, Any], field: str
) -> None:
    request = request_for(**changes)
    with pytest.raises(ValueError, match=f"^{field}: "):
        render(request, progress=quietly)


def test_what_progress_raises_stops_the_work() -> None:
    stages = []

    def stop(stage: str, fraction: float) -> None:
        stages.append((stage, fraction))
        if stage == "painting":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        render(ImageRequest(prompt="a cat", seed=1), progress=stop)
    assert [stage for stage, _ in stages] == ["reading", "painting"]


def test_the_file_says_what_made_it() -> None:
    picture = picture_of("a rocket in space")
    with Image.open(io.BytesIO(picture.data)) as file:
        assert file.info["xmp"] == picture.mark
        assert file.getexif()[0x0131] == picture.facts["engine"]
    assert b"algorithmicMedia" in picture.mark
    assert b"Visiona local engine" in picture.mark


def test_the_alternative_text_tells_what_is_to_be_seen() -> None:
    assert picture_of("a rocket in space").alt_text == "Picture of a rocket in space"
    assert picture_of("two boats at sunset").alt_text == (
        "Picture of two sailboats by an island at sunset"
    )
