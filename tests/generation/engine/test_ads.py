"""Product ads: the product's own pixels, words that can be read, a layout for every format."""

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from generation.engine import ads
from generation.engine.ads import AdRequest, Prepared, advert
from generation.engine.ads.phrases import HEADLINES
from generation.engine.ads.staging import Placed
from generation.engine.cutout import Cuts
from generation.engine.encode import decoded
from generation.engine.icons import drawn
from generation.engine.picture import Picture
from generation.engine.pixels import Pixels
from tests.generation.engine.pictures import contrast, luminance, photo, quietly

NAME = "Caffè Rosso"
ABOUT = "Hand-glazed espresso set, made in small batches. Now 20% off."
SIZES = {"1:1": (1080, 1080), "4:5": (1080, 1350), "9:16": (1080, 1920), "16:9": (1920, 1080)}
STYLE_OF = {"1:1": "studio", "4:5": "lifestyle", "9:16": "fresh", "16:9": "dark"}
LEAST_CONTRAST = 4.5


@pytest.fixture(scope="module")
def coffee() -> Prepared:
    return ads.prepare([photo("coffee")])


@pytest.fixture(scope="module")
def bottle() -> Prepared:
    """Something that stands, photographed whole and then cut off by the edge."""
    whole = on_paper(drawn("lotion-bottle", 500))
    with Image.open(io.BytesIO(whole)) as opened:
        cropped = as_jpeg(opened.crop((0, 0, opened.width, opened.height // 2)))
    return ads.prepare([cropped, whole])


@pytest.fixture(scope="module")
def fog() -> Prepared:
    """A photo in which there is nothing."""
    noise = np.random.default_rng(1).normal(128, 3, (300, 450, 3)).clip(0, 255)
    return ads.prepare([as_jpeg(Image.fromarray(noise.astype(np.uint8)))])


def on_paper(product: Image.Image, room: float = 0.2, paper: str = "#e4e2de") -> bytes:
    side = int(max(product.size) * (1 + 2 * room))
    sheet = Image.new("RGB", (side, side), paper)
    sheet.paste(product, ((side - product.width) // 2, (side - product.height) // 2), product)
    return as_jpeg(sheet)


def as_jpeg(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=95)
    return target.getvalue()


@pytest.fixture(scope="module")
def adverts(coffee: Prepared) -> Mapping[str, Picture]:
    """One ad in each format, each in another style."""
    copy = ads.copy_for(coffee, NAME, ABOUT, seed=1)
    return {ratio: ad_of(coffee, copy, style, ratio) for ratio, style in STYLE_OF.items()}


def ad_of(
    prepared: Prepared, copy: Mapping[str, str], style: str, ratio: str, seed: int = 1
) -> Picture:
    request = AdRequest(
        product_name=NAME, copy=copy, style=style, aspect_ratio=ratio, seed=seed
    )  # fmt: skip
    return ads.render(prepared, request, progress=quietly)


def words(**changes: str) -> dict[str, str]:
    return {"headline": "One good cup", "subline": "", "call_to_action": ""} | changes


def pixels(data: bytes) -> NDArray[np.float64]:
    with Image.open(io.BytesIO(data)) as opened:
        return np.asarray(opened.convert("RGB"), dtype=np.float64)


def test_what_a_photo_shows_is_told_with_its_colors(coffee: Prepared) -> None:
    facts = coffee.analysis

    assert (facts["label"], facts["family"]) == ("espresso", "coffee")
    assert facts["confidence"] > 0.8
    assert "deep red" in [color["name"] for color in facts["colors"]]
    assert facts["cut_edges"] == []


def test_a_plate_seen_from_above_lies_and_a_bottle_stands(
    coffee: Prepared, bottle: Prepared
) -> None:
    suited = {advert.chosen_style(coffee, coffee.family, seed) for seed in range(4)}

    assert (coffee.stance, bottle.stance) == ("lies", "stands")
    assert suited == {"bold", "fresh"}


def test_the_photo_that_shows_the_product_whole_is_taken(bottle: Prepared) -> None:
    assert (bottle.analysis["photo"], bottle.analysis["photos"]) == (2, 2)
    assert bottle.analysis["cut_edges"] == []


def test_a_tiny_product_is_found_and_cut_out() -> None:
    prepared = ads.prepare([on_paper(drawn("wrapped-gift", 110), room=3.4)])

    assert prepared.is_cut_out
    assert prepared.stance == "stands"
    assert max(prepared.product.size) < 160


def test_without_a_cut_out_the_photo_is_framed_and_the_ad_says_so(fog: Prepared) -> None:
    made = ad_of(fog, words(), "studio", "1:1")

    assert not fog.is_cut_out
    assert fog.analysis["label"] == "not sure"
    assert fog.analysis["confidence"] < 0.35
    assert made.facts["stance"] == "framed"
    assert made.facts["warnings"][0] == advert.UNCUT
    assert made.facts["fidelity"]["ok"]


def test_a_product_that_its_photo_cuts_off_runs_off_the_same_edge(bottle: Prepared) -> None:
    cut = replace(bottle, stance="bleeds", cuts=Cuts(bottom=True))

    made = ad_of(cut, words(), "bold", "1:1")

    assert made.facts["layout"]["product"][3] == 1080
    assert made.facts["warnings"][0] == advert.BLED


def test_prepared_products_can_be_kept(coffee: Prepared) -> None:
    again = Prepared.from_bytes(coffee.to_bytes())

    assert again.product.tobytes() == coffee.product.tobytes()
    assert (again.stance, again.cuts, again.analysis) == (
        coffee.stance,
        coffee.cuts,
        coffee.analysis,
    )
    with pytest.raises(ValueError, match=r"^prepared: "):
        Prepared.from_bytes(b"something else")


def test_the_persons_own_words_are_kept_and_the_rest_is_made_up(coffee: Prepared) -> None:
    copy = ads.copy_for(coffee, NAME, ABOUT, "  Mine,  as it is!", "Get it", seed=3)

    assert copy["headline"] == "  Mine,  as it is!"
    assert copy["call_to_action"] == "Get it"
    assert copy["subline"] == "Hand-glazed espresso set, made in small batches."
    assert copy["eyebrow"] == NAME
    assert copy["badge"] == "-20%"
    assert ads.copy_for(coffee, NAME, "Only $18.50 each", seed=3)["badge"] == "$18.50"
    assert ads.copy_for(coffee, NAME, "With 20% silk", seed=3)["badge"] == ""


def test_words_are_made_up_from_what_the_product_is(coffee: Prepared) -> None:
    seeds = {ads.copy_for(coffee, "", "", seed=seed)["headline"] for seed in range(12)}

    assert seeds == set(HEADLINES["coffee"])


def test_a_name_in_another_script_is_the_headline_and_the_button_speaks_its_language(
    coffee: Prepared,
) -> None:
    copy = ads.copy_for(coffee, "エスプレッソ", "", seed=1)

    assert copy == {
        "headline": "エスプレッソ",
        "subline": "",
        "call_to_action": "詳しく見る",
        "eyebrow": "",
        "badge": "",
    }


@pytest.mark.parametrize(
    ("name", "headline"),
    [("咖" * 61, "咖" * 59 + "…"), ("кофе " * 20, "кофе " * 11 + "кофе…"), ("咖" * 60, "咖" * 60)],
)
def test_a_name_that_is_too_long_for_a_headline_is_shortened(
    coffee: Prepared, name: str, headline: str
) -> None:
    assert ads.copy_for(coffee, name, "", seed=1)["headline"] == headline


@pytest.mark.parametrize("ratio", SIZES)
def test_each_format_has_its_size_and_proves_the_product(
    adverts: Mapping[str, Picture], ratio: str
) -> None:
    made = adverts[ratio]
    height, width, _ = pixels(made.data).shape

    assert (width, height) == (made.width, made.height) == SIZES[ratio]
    assert made.facts["fidelity"]["ok"]
    assert made.facts["fidelity"]["mean_difference"] < 4
    assert made.facts["fidelity"]["compared"] > 0.8


@pytest.mark.parametrize("ratio", SIZES)
def test_words_stay_in_the_safe_zone_and_off_the_product(
    adverts: Mapping[str, Picture], ratio: str
) -> None:
    facts, (width, height) = adverts[ratio].facts, SIZES[ratio]
    boxes = facts["layout"]["words"]
    left, top, right, bottom = (
        min(box[0] for box in boxes.values()),
        min(box[1] for box in boxes.values()),
        max(box[2] for box in boxes.values()),
        max(box[3] for box in boxes.values()),
    )
    product = facts["layout"]["product"]

    assert set(boxes) == {"eyebrow", "headline", "subline", "call_to_action", "badge"}
    assert left >= 0.04 * width
    assert right <= 0.96 * width
    if ratio == "9:16":
        assert top >= 0.08 * height
        assert bottom <= 0.89 * height
    for role in ("eyebrow", "headline", "subline"):
        box = boxes[role]
        is_beside = box[2] <= product[0] or box[0] >= product[2]
        assert is_beside or box[3] <= product[1], role


@pytest.mark.parametrize("ratio", SIZES)
def test_words_can_be_read_in_the_finished_file(adverts: Mapping[str, Picture], ratio: str) -> None:
    """Measured anew: the headline's ink in the file against what surrounds the letters."""
    facts, seen = adverts[ratio].facts, pixels(adverts[ratio].data) / 255
    left, top, right, bottom = facts["layout"]["words"]["headline"]
    region = seen[top:bottom, left:right]
    code = facts["layout"]["inks"]["headline"]
    ink = np.array([int(code[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    letters = np.abs(region - ink).max(axis=2) < 0.06
    ground = np.abs(region - ink).max(axis=2) > 0.3

    assert facts["contrast"] >= LEAST_CONTRAST
    assert letters.mean() > 0.05
    ratio_of = contrast(
        float(luminance(region[letters]).mean()), float(np.median(luminance(region[ground])))
    )
    assert ratio_of >= LEAST_CONTRAST


@pytest.mark.parametrize("ratio", ["1:1", "16:9"])
def test_reworded_sets_other_words_and_leaves_the_rest_alone(
    adverts: Mapping[str, Picture], ratio: str
) -> None:
    made = adverts[ratio]
    assert made.plate is not None
    copy = words(headline="Another morning", call_to_action="See more")

    again = ads.reworded(made.plate, made.facts, copy)

    plate, seen = pixels(made.plate), pixels(again.data)
    touched = np.zeros(plate.shape[:2], dtype=np.bool_)
    for left, top, right, bottom in again.facts["layout"]["words"].values():
        touched[top - 12 : bottom + 12, left - 12 : right + 12] = True
    change = np.abs(plate - seen).max(axis=2)
    assert set(again.facts["layout"]["words"]) == {"headline", "call_to_action"}
    assert again.facts["copy"]["headline"] == "Another morning"
    assert np.percentile(change[~touched], 99.9) < 12
    assert change[touched].max() > 100
    assert again.plate == made.plate
    assert "Another morning" in again.alt_text


def test_the_proof_fails_on_a_product_that_was_repainted(adverts: Mapping[str, Picture]) -> None:
    made = adverts["1:1"]
    assert made.plate is not None
    with Image.open(io.BytesIO(made.plate)) as opened:
        plate = opened.convert("RGB")
    left, top, right, bottom = made.facts["layout"]["product"]
    middle = ((left + right) // 2, (top + bottom) // 2)
    ImageDraw.Draw(plate).rectangle(
        (*middle, middle[0] + 90, middle[1] + 90), fill="#1060c0"
    )  # fmt: skip

    with pytest.raises(ValueError, match=r"^fidelity: "):
        ads.reworded(as_jpeg(plate), made.facts, words())


@pytest.mark.parametrize("fault", ["tinted", "moved", "softened"])
def test_the_proof_of_the_pixels_fails_when_they_are_changed(coffee: Prepared, fault: str) -> None:
    product = coffee.product
    size = (product.width + 80, product.height + 80)
    faulty = {
        "tinted": lambda: Image.eval(product.convert("RGB"), lambda value: min(255, value + 9)),
        "moved": lambda: product.convert("RGB").transform(
            product.size, Image.Transform.AFFINE, (1, 0, 5, 0, 1, 3)
        ),
        "softened": lambda: product.convert("RGB").reduce(5).resize(product.size),
    }

    def finished(colors: Image.Image) -> Pixels:
        canvas = Image.new("RGB", size, "#dddddd")
        canvas.paste(colors, (40, 40), product.getchannel("A"))
        return decoded(as_jpeg(canvas))

    placed = Placed(product, 40, 40)
    assert advert.proved(finished(product.convert("RGB")), placed, []).ok
    with pytest.raises(ValueError, match=r"^fidelity: "):
        advert.proved(finished(faulty[fault]()), placed, [])


@pytest.mark.parametrize(
    ("name", "about"),
    [("لومن", "سيروم خفيف لكل صباح"), ("红色咖啡杯", "每天早晨的第一杯咖啡")],
)
def test_names_in_other_scripts_are_set(bottle: Prepared, name: str, about: str) -> None:
    copy = ads.copy_for(bottle, name, about, seed=2)

    made = ad_of(bottle, copy, "fresh", "16:9")

    boxes = made.facts["layout"]["words"]
    assert "headline" in boxes
    assert made.facts["contrast"] >= LEAST_CONTRAST
    assert made.facts["layout"]["text_side"] == ("right" if name == "لومن" else "left")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"copy": words(headline="")}, "headline"),
        ({"copy": words(headline="😀")}, "headline"),
        ({"copy": words(subline="กาแฟ")}, "subline"),
        ({"style": "baroque"}, "style"),
        ({"aspect_ratio": "3:1"}, "aspect_ratio"),
    ],
)
def test_an_order_that_cannot_be_drawn_is_refused_by_its_field(
    bottle: Prepared, changes: dict[str, Any], field: str
) -> None:
    values: dict[str, Any] = {
        "product_name": NAME, "copy": words(), "style": "auto", "aspect_ratio": "1:1", "seed": 1,
    }  # fmt: skip
    with pytest.raises(ValueError, match=f"^{field}: "):
        ads.render(bottle, AdRequest(**values | changes), progress=quietly)


@pytest.mark.parametrize("photos", [[], [b"not a picture"], [b""] * 9])
def test_photos_that_cannot_be_used_are_refused(photos: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"^photos?: "):
        ads.prepare(photos)


def test_every_file_carries_the_mark_and_a_text_for_those_who_cannot_see_it(
    adverts: Mapping[str, Picture],
) -> None:
    for made in adverts.values():
        assert made.mark in made.data
        assert made.plate is not None
        assert made.mark in made.plate
        assert b"digitalsourcetype/composite" in made.mark
    headline = adverts["1:1"].facts["copy"]["headline"]
    assert adverts["1:1"].alt_text == (
        f"Studio ad for Caffè Rosso: {headline}. "
        "Hand-glazed espresso set, made in small batches. -20%."
    )


def test_progress_runs_up_and_may_stop_the_work(coffee: Prepared) -> None:
    told: list[float] = []

    def stopping(stage: str, fraction: float) -> None:
        told.append(fraction)
        if fraction >= 0.7:
            raise InterruptedError(stage)

    request = AdRequest(
        product_name=NAME, copy=words(), style="bold", aspect_ratio="1:1", seed=1
    )  # fmt: skip
    with pytest.raises(InterruptedError):
        ads.render(coffee, request, progress=stopping)
    assert told == sorted(told)
    assert len(told) == 3
