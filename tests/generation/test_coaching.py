"""The photo coach: its verdicts make sense to whoever looks at the photo, and say what to do."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter

from generation.catalog import MOST_CLONE_PHOTOS
from generation.providers import local
from generation.services.coaching import judge, readiness

PHOTOS = Path(__file__).parents[1] / "photos"


@cache
def measured(name: str) -> dict[str, Any]:
    return local.measured((PHOTOS / f"{name}.jpg").read_bytes())


def measured_after(name: str, change: Callable[[Image.Image], Image.Image]) -> dict[str, Any]:
    target = io.BytesIO()
    with Image.open(PHOTOS / f"{name}.jpg") as picture:
        change(picture.convert("RGB")).save(target, "JPEG", quality=92)
    return local.measured(target.getvalue())


def good(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Measures of a photo that nobody would find fault with, each unlike the others."""
    spread = format((number + 1) * 0x9E3779B97F4A7C15 % 2**64, "016x")
    values = {
        "width": 1600, "height": 2000, "faces": 1, "around": 0.5, "sharpness": 90.0,
        "brightness": 0.5, "highlights": 0.8, "overexposed": 0.0, "underexposed": 0.0,
        "hash": spread, "face": [400, 300, 800, 800], "face_height": 500,
        "face_share": 0.25, "face_sharpness": 60.0, "face_brightness": 0.55,
        "face_highlights": 0.75, "face_overexposed": 0.0, "face_underexposed": 0.0,
        "side_light": 0.0, "warmth": 0.05, "roll": 1.0, "yaw": 0.0, "pitch": 0.0,
        "eye_light": 0.95, "cut": [], "room_above": 0.6,
    }  # fmt: skip
    return values | changes


def codes(measures: dict[str, Any], subject: str = "person") -> list[str]:
    return [issue.code for issue in judge(measures=measures, subject=subject).issues]


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
def test_a_portrait_counts(name: str) -> None:
    judgment = judge(measures=measured(name), subject="person")
    assert judgment.verdict in {"good", "usable"}
    assert judgment.counts


@pytest.mark.parametrize("name", ["coffee", "chelsea"])
def test_what_shows_no_person_does_not_count_for_one(name: str) -> None:
    judgment = judge(measures=measured(name), subject="person")
    assert (judgment.verdict, judgment.counts) == ("poor", False)
    assert [issue.code for issue in judgment.issues] == ["no_face"]
    assert judge(measures=measured(name), subject="product").counts


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("blurred", lambda picture: picture.filter(ImageFilter.GaussianBlur(4))),
        ("dark", lambda picture: picture.point(lambda value: int(value * 0.25))),
        ("bright", lambda picture: picture.point(lambda value: min(255, int(value * 2.4)))),
        ("small_face", lambda picture: picture.resize((130, 152))),
    ],
)
def test_what_was_spoilt_is_found(code: str, change: Callable[[Image.Image], Image.Image]) -> None:
    judgment = judge(measures=measured_after("grace_hopper", change), subject="person")
    assert judgment.verdict == "poor"
    assert judgment.issues[0].code == code


def test_a_photo_without_fault_has_a_hundred_points() -> None:
    judgment = judge(measures=good(), subject="person")
    assert (judgment.verdict, judgment.score, judgment.issues) == ("good", 100, ())


@pytest.mark.parametrize(
    ("changes", "code", "verdict"),
    [
        ({"faces": 2}, "several_people", "poor"),
        ({"eye_light": 0.2}, "sunglasses", "poor"),
        ({"cut": ["left"]}, "cut_off", "poor"),
        ({"room_above": 0.05}, "cut_off", "usable"),
        ({"face_highlights": 0.2}, "dark", "poor"),
        ({"face_highlights": 0.35}, "dark", "usable"),
        ({"face_overexposed": 0.5}, "bright", "poor"),
        ({"face_overexposed": 0.2}, "bright", "usable"),
        ({"face_height": 50}, "small_face", "poor"),
        ({"face_height": 120}, "small_face", "usable"),
        ({"face_sharpness": 2.0}, "blurred", "poor"),
        ({"face_sharpness": 8.0}, "blurred", "usable"),
        ({"roll": -50.0}, "tilted", "poor"),
        ({"roll": 20.0}, "tilted", "usable"),
        ({"yaw": -0.7}, "turned_away", "usable"),
    ],
)
def test_each_fault_has_its_verdict(changes: dict[str, Any], code: str, verdict: str) -> None:
    judgment = judge(measures=good(**changes), subject="person")
    assert [issue.code for issue in judgment.issues] == [code]
    assert judgment.verdict == verdict
    assert judgment.counts is (verdict == "usable")


def test_advice_is_one_plain_sentence() -> None:
    faults = good(faces=2, cut=["top"], face_sharpness=1.0, face_highlights=0.1, roll=50.0)
    for issue in judge(measures=faults, subject="person").issues:
        assert issue.advice.endswith(".")
        assert issue.advice.count(". ") == 0
        assert issue.advice[0].isupper()


def test_what_spoils_a_photo_comes_before_what_is_a_pity() -> None:
    measures = good(face_height=120, face_sharpness=2.0, roll=20.0)
    assert codes(measures) == ["blurred", "small_face", "tilted"]


@pytest.mark.parametrize("subject", ["product", "style"])
def test_people_do_not_matter_in_photos_of_things(subject: str) -> None:
    assert codes(good(faces=3, eye_light=0.1, cut=["left"]), subject) == []
    assert codes(good(sharpness=3.0), subject) == ["blurred"]
    assert codes(good(highlights=0.1), subject) == ["dark"]
    assert codes(good(width=200, height=200), subject) == ["small"]
    assert codes(good(overexposed=0.99), subject) == ["bright"]


def test_a_photo_that_was_never_measured_is_not_judged() -> None:
    with pytest.raises(ValueError, match=r"^measures: "):
        judge(measures={}, subject="person")
    with pytest.raises(ValueError, match=r"^measures: "):
        readiness(measures=[good(), {}], subject="person")


def test_an_unknown_subject_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^subject: must be one of person, product, style"):
        judge(measures=good(), subject="pet")


def test_four_photos_are_enough_and_three_are_not() -> None:
    three = readiness(measures=[good(number) for number in range(3)], subject="person")
    four = readiness(measures=[good(number) for number in range(4)], subject="person")
    assert (three.is_ready, three.counted) == (False, 3)
    assert three.missing[0] == "Add 1 more photo: four is the least."
    assert (four.is_ready, four.counted) == (True, 4)
    assert four.missing[0] == "Add 8 more good photos for the best likeness."
    assert three.score < four.score


def test_no_photos_are_worth_nothing() -> None:
    nothing = readiness(measures=[], subject="person")
    assert (nothing.score, nothing.is_ready, nothing.counted) == (0, False, 0)
    assert nothing.missing[0] == "Add 4 more photos: four is the least."


def test_a_full_and_varied_set_has_a_hundred_points_and_lacks_nothing() -> None:
    sides = (0.0, 0.3, -0.3)
    photos = [good(n, yaw=sides[n % 3], around=0.2 + 0.05 * n) for n in range(12)]
    full = readiness(measures=photos, subject="person")
    assert (full.score, full.missing) == (100, ())


def test_says_which_side_is_missing() -> None:
    photos = [good(n, around=0.2 + 0.05 * n) for n in range(12)]
    both = readiness(measures=photos, subject="person")
    assert both.missing == (
        "Add two photos from the side: one turned to your left, one to your right.",
    )
    photos[0]["yaw"] = 0.4
    assert readiness(measures=photos, subject="person").missing == (
        "Add a photo with your head turned to your right.",
    )
    photos[0]["yaw"] = -0.4
    assert readiness(measures=photos, subject="person").missing == (
        "Add a photo with your head turned to your left.",
    )


def test_says_when_all_was_taken_in_one_light() -> None:
    photos = [good(n) for n in range(12)]
    result = readiness(measures=photos, subject="product")
    assert result.missing == ("Add photos in other light: outdoors, by a window, in the evening.",)
    assert result.score == 90


def test_the_later_copy_of_a_photo_does_not_count() -> None:
    def crop(picture: Image.Image) -> Image.Image:
        return picture.crop((8, 8, picture.width - 8, picture.height - 8))

    def smaller(picture: Image.Image) -> Image.Image:
        return picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))

    own = measured("grace_hopper")
    others = [measured_after("grace_hopper", change) for change in (crop, smaller)]
    result = readiness(measures=[measured("astronaut"), own, *others], subject="person")
    assert result.counted == 2
    assert [judgment.counts for judgment in result.judgments] == [True, True, False, False]
    for judgment in result.judgments[2:]:
        (issue,) = judgment.issues
        assert issue.code == "duplicate"
        assert issue.advice == ("Choose another photo: this one is nearly the same as photo 2.")


def test_the_copy_of_a_poor_photo_is_told_what_is_poor() -> None:
    result = readiness(measures=[good(faces=0), good(faces=0)], subject="person")
    assert [one.issues[0].code for one in result.judgments] == ["no_face", "no_face"]


def test_more_photos_than_the_most_are_too_many() -> None:
    photos = [good(n) for n in range(MOST_CLONE_PHOTOS + 2)]
    result = readiness(measures=photos, subject="person")
    assert not result.is_ready
    assert result.missing[0] == "Remove 2 photos: 30 is the most."
