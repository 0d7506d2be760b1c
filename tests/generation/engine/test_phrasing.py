"""A prompt said more fully keeps the person's words, and adds only what the engine can draw."""

import pytest

from generation.engine.phrasing import KINDS, LONGEST, enhanced
from generation.engine.prompts import read

PROMPTS = (
    "a fox",
    "Red sneakers",
    "three cats & a dog, with a hat",
    "sunset over the sea",
    "an old man in a cafe",
    "purple waves",
    "oil painting of a castle by a lake",
    "a robot playing chess",
    "a rocket",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prompt", PROMPTS)
def test_adds_to_the_words_only_what_the_engine_understands(prompt: str, kind: str) -> None:
    for seed in range(4):
        longer = enhanced(prompt, kind, seed)
        before, after = read(prompt), read(longer)
        assert longer.startswith(prompt)
        assert len(longer) > len(prompt)
        assert after.ignored == before.ignored
        assert after.cast == before.cast


def test_a_subject_gets_a_setting_a_light_a_lens_and_a_mood() -> None:
    reading = read(enhanced("a fox", "image", 1))
    assert (reading.scene, reading.style) == ("forest", "photo")
    assert reading.hour
    assert reading.look


def test_a_product_is_shown_in_a_studio() -> None:
    assert read(enhanced("a fox", "product_ad")).scene == "studio"


@pytest.mark.parametrize("prompt", [*PROMPTS, "Кот на марсе", "ein Fuchs im Schnee"])
def test_has_nothing_to_add_to_what_it_made(prompt: str) -> None:
    once = enhanced(prompt, "image", 1)
    assert enhanced(once, "image", 1) == once
    assert enhanced(once, "image", 2) == once


def test_the_same_seed_says_the_same_and_others_vary() -> None:
    assert enhanced("a fox", "image", 3) == enhanced("a fox", "image", 3)
    assert len({enhanced("a fox", "image", seed) for seed in range(8)}) > 3


def test_what_was_said_is_not_said_again() -> None:
    prompt = "a fox in a forest at night, watercolor, pastel"
    assert enhanced(prompt, "image") == prompt


@pytest.mark.parametrize("prompt", ["fox " * 124, "a fox " * 400, "x" * 2000, "狐" * 600])
def test_is_never_longer_than_the_limit(prompt: str) -> None:
    longer = enhanced(prompt, "image")
    assert len(longer) <= LONGEST
    assert " ".join(prompt.split()).startswith(longer[:400])


@pytest.mark.parametrize("prompt", ["", "  ", "?!"])
def test_leaves_a_prompt_without_words_alone(prompt: str) -> None:
    assert enhanced(prompt, "image") == prompt.strip()


def test_refuses_a_kind_that_it_does_not_know() -> None:
    with pytest.raises(ValueError, match=r"^kind: "):
        enhanced("a fox", "poem")
