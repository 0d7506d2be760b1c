"""What a clone's photos are measured by, and what a portrait made of them promises."""

import io
import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from generation.engine import illustration
from generation.engine.cutout import Cuts, Subject
from generation.engine.faces import all_faces, main_face
from generation.engine.illustration import ASPECT_RATIOS
from generation.engine.phrasing import enhanced
from generation.engine.picture import Picture
from generation.engine.pixels import Box, Size
from generation.engine.portraits import LABEL, PortraitRequest, Shot, measured, render, taken
from generation.engine.portraits import portrait as engine
from generation.engine.portraits.framing import framed, paired, shown_cuts
from generation.engine.portraits.portrait import NO_PLACE, NOT_ENOUGH_BODY
from generation.engine.portraits.reading import PLACES, read_brief
from generation.engine.portraits.sets import PHOTOGRAPHED
from generation.engine.vocabulary import SCENES
from generation.errors import ProviderError
from generation.providers import local
from generation.providers.base import PortraitOrder
from tests.generation.engine.pictures import opened, photo, pixels_of, quietly

LEAST_VARIANCE = 0.002
SEEN = 0.02
BITS_OF_A_COPY = 8
PEOPLE = ("astronaut", "grace_hopper")
SMALL = {aspect: (width // 2, height // 2) for aspect, (width, height) in ASPECT_RATIOS.items()}
SOME_PAINTED = ("mars", "space", "skyline")


@cache
def shot(name: str, subject: str = "person") -> Shot:
    return taken(photo(name), subject)


def request_for(name: str = "astronaut", **changes: Any) -> PortraitRequest:
    values: dict[str, Any] = {"prompt": "in a park", "seed": 1, "shots": (shot(name),)}
    return PortraitRequest(**values | changes)


def picture_of(name: str = "astronaut", **changes: Any) -> Picture:
    """At half its size: every length of the engine is a share of the canvas."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "ASPECT_RATIOS", SMALL)
        patch.setattr(illustration, "ASPECT_RATIOS", SMALL)
        return render(request_for(name, **changes), progress=quietly)


def opened_photo(name: str) -> Image.Image:
    with Image.open(io.BytesIO(photo(name))) as picture:
        return picture.convert("RGB")


def saved(picture: Image.Image, quality: int = 92) -> bytes:
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=quality)
    return target.getvalue()


def measures(picture: Image.Image) -> dict[str, Any]:
    return measured(saved(picture))


def difference(first: Picture, second: Picture) -> float:
    return float(np.abs(pixels_of(first) - pixels_of(second)).mean())


def bits_apart(first: str, second: str) -> int:
    return (int(first, 16) ^ int(second, 16)).bit_count()


def in_sunglasses(name: str) -> Image.Image:
    picture = opened_photo(name)
    (eye, other), pen = all_faces(picture)[0].landmarks[:2], ImageDraw.Draw(picture)
    apart = other[0] - eye[0]
    for x, y in (eye, other):
        corners = (x - apart * 0.42, y - apart * 0.30, x + apart * 0.42, y + apart * 0.34)
        pen.ellipse(corners, fill=(20, 20, 22))
    return picture


# Measures


@pytest.mark.parametrize("name", PEOPLE)
def test_a_portrait_is_measured_as_one_upright_face_with_open_eyes(name: str) -> None:
    facts = measured(photo(name))
    assert facts["faces"] == 1
    assert abs(facts["roll"]) < 6
    assert abs(facts["yaw"]) < 0.15
    assert facts["eye_light"] > 0.75
    assert facts["cut"] == []
    assert facts["face_sharpness"] > 10


@pytest.mark.parametrize("name", ["coffee", "chelsea"])
def test_a_photo_of_no_person_is_measured_as_a_whole(name: str) -> None:
    facts = measured(photo(name))
    assert facts["faces"] == 0
    assert not [key for key in facts if key.startswith("face_") or key in {"roll", "yaw"}]
    assert facts["sharpness"] > 100


def test_two_people_of_one_size_both_matter() -> None:
    pair = Image.new("RGB", (1100, 600), "gray")
    pair.paste(opened_photo("grace_hopper"), (0, 0))
    pair.paste(ImageOps.mirror(opened_photo("grace_hopper")), (560, 0))
    assert measures(pair)["faces"] == 2


def test_a_passer_by_does_not_matter() -> None:
    crowd = Image.new("RGB", (900, 600), "gray")
    crowd.paste(opened_photo("grace_hopper"), (0, 0))
    crowd.paste(opened_photo("astronaut").resize((256, 256)), (600, 300))
    assert measures(crowd)["faces"] == 1


def test_blur_makes_a_photo_less_sharp_and_darkness_does_not() -> None:
    sharp = opened_photo("grace_hopper")
    usual = measures(sharp)["face_sharpness"]
    assert measures(sharp.filter(ImageFilter.GaussianBlur(3)))["face_sharpness"] < usual / 20
    dark = measures(sharp.point(lambda value: int(value * 0.4)))
    assert dark["face_sharpness"] == pytest.approx(usual, rel=0.4)
    assert dark["face_highlights"] < 0.35


def test_a_tilted_head_is_measured_in_degrees() -> None:
    tilted = opened_photo("grace_hopper").rotate(20, Image.Resampling.BICUBIC, fillcolor="gray")
    assert -24 < measures(tilted)["roll"] < -12


@pytest.mark.parametrize("name", PEOPLE)
def test_sunglasses_are_told_from_glasses(name: str) -> None:
    assert measures(in_sunglasses(name))["eye_light"] < 0.3


def test_a_face_at_the_edge_is_cut() -> None:
    picture = opened_photo("grace_hopper")
    left = measures(picture)["face"][0]
    cut = picture.crop((left + 30, 0, picture.width, picture.height))
    assert measures(cut)["cut"] == ["left"]


@pytest.mark.parametrize("name", PEOPLE)
def test_copies_of_a_photo_have_its_hash(name: str) -> None:
    picture = opened_photo(name)
    width, height = picture.size
    own = measures(picture)
    smaller = measures(picture.resize((width * 2 // 3, height * 2 // 3)))
    worse = measured(saved(picture, quality=35))
    brighter = measures(ImageEnhance.Brightness(picture).enhance(1.3))
    assert bits_apart(own["hash"], smaller["hash"]) <= BITS_OF_A_COPY
    assert bits_apart(own["hash"], worse["hash"]) <= BITS_OF_A_COPY
    assert bits_apart(own["hash"], brighter["hash"]) <= BITS_OF_A_COPY


def test_other_photos_have_other_hashes() -> None:
    hashes = [measured(photo(name))["hash"] for name in (*PEOPLE, "coffee", "chelsea")]
    for place, one in enumerate(hashes):
        assert all(bits_apart(one, other) > 2 * BITS_OF_A_COPY for other in hashes[place + 1 :])


def test_what_is_no_photo_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match=r"^photo: "):
        measured(b"no photo")


def test_each_face_is_found_once_and_the_main_one_is_the_first() -> None:
    picture = opened_photo("grace_hopper")
    (face,) = all_faces(picture)
    main = main_face(picture)
    assert main is not None
    assert main.overlaps(face.box)
    eye, other, nose, mouth, corner = face.landmarks
    assert eye[0] < nose[0] < other[0]
    assert max(eye[1], other[1]) < nose[1] < min(mouth[1], corner[1])


# Shots


def test_a_shot_is_rebuilt_from_what_is_stored_of_it() -> None:
    first = shot("grace_hopper")
    again = Shot(first.picture, dict(first.facts))
    assert again.subject.face == first.subject.face
    assert again.subject.cuts.bottom
    assert again.raster.mode == "RGBA"
    assert again.raster.size == (first.facts["width"], first.facts["height"])


def test_a_shot_holds_no_metadata_and_nothing_of_the_room() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    target = io.BytesIO()
    opened_photo("astronaut").save(target, "JPEG", exif=exif)
    made = taken(target.getvalue(), "person")
    pixels = np.asarray(made.raster)
    assert b"Camera" not in made.picture
    assert 0.3 < (pixels[..., 3] > 128).mean() < 0.9
    assert pixels[pixels[..., 3] == 0][:, :3].max() == 0


def test_a_person_far_away_is_taken_from_closer_by() -> None:
    scene = Image.new("RGB", (2000, 1500), (120, 140, 120))
    scene.paste(opened_photo("grace_hopper").resize((341, 400)), (800, 1100))
    made = taken(saved(scene), "person")
    _, top, _, bottom = made.facts["face"]
    assert bottom - top > 0.2 * made.facts["height"]


@pytest.mark.parametrize(
    ("name", "subject", "message"),
    [("coffee", "person", "photo: shows no face"), ("coffee", "pet", "subject: must be")],
)
def test_refuses_a_photo_that_does_not_show_the_subject(
    name: str, subject: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        taken(photo(name), subject)


def test_refuses_a_photo_in_which_nothing_stands_out() -> None:
    with pytest.raises(ValueError, match="nothing in it stands out"):
        taken(saved(Image.new("RGB", (600, 600), "gray")), "product")


def test_refuses_what_was_not_taken() -> None:
    with pytest.raises(ValueError, match=r"^shots: "):
        render(request_for(shots=(Shot(b"no picture", {}),)), progress=quietly)


# Framing


def cut_subject(**cuts: Any) -> Subject:
    face = Box(200, 150, 300, 270)
    return Subject(Image.new("RGBA", (500, 560)), Cuts(bottom=True, **cuts), face)


@pytest.mark.parametrize("aspect", ASPECT_RATIOS)
@pytest.mark.parametrize("frame", ["close", "half", "wide"])
@pytest.mark.parametrize(
    "cuts", [{}, {"left": 0.7}, {"right": 0.6}, {"left": 0.75, "right": 0.8}, {"top": True}]
)
def test_nobody_floats_and_every_face_is_whole(aspect: str, frame: str, cuts: Any) -> None:
    size = Size(*ASPECT_RATIOS[aspect])
    stand = framed(cut_subject(**cuts), size, frame, 0.5)
    assert stand.bottom >= size.height
    assert shown_cuts(stand, size) == (False, False)
    assert 0 < stand.face.left < stand.face.right < size.width
    assert 0 < stand.face.top < stand.face.bottom < size.height
    if cuts.get("top"):
        assert stand.top <= 0


@pytest.mark.parametrize("aspect", ASPECT_RATIOS)
def test_two_people_have_faces_of_one_height_beside_each_other(aspect: str) -> None:
    size = Size(*ASPECT_RATIOS[aspect])
    left, right = paired(cut_subject(left=0.7), cut_subject(right=0.7), size)
    assert left.face.height == pytest.approx(right.face.height, abs=2)
    assert left.face.top == pytest.approx(right.face.top, abs=2)
    assert 0 <= left.face.left < left.face.right <= right.face.left < right.face.right <= size.width
    assert min(left.bottom, right.bottom) >= size.height


# Portraits


@pytest.mark.parametrize("aspect_ratio", ASPECT_RATIOS)
def test_has_the_ordered_shape_and_one_whole_face(aspect_ratio: str) -> None:
    made = picture_of("grace_hopper", aspect_ratio=aspect_ratio)
    face = main_face(opened(made).convert("RGB"))
    assert (made.width, made.height) == SMALL[aspect_ratio] == opened(made).size
    assert face is not None
    assert min(face.left, face.top) > 0
    assert face.right < made.width
    assert face.bottom < made.height
    assert face.overlaps(Box(*made.facts["faces"][0]))


def test_a_wide_picture_has_its_person_at_a_side() -> None:
    left, _, right, _ = picture_of(aspect_ratio="16:9").facts["faces"][0]
    middle = (left + right) / 2 / SMALL["16:9"][0]
    assert 0.1 < abs(middle - 0.5) < 0.3


@pytest.mark.parametrize("place", [*PHOTOGRAPHED, *SOME_PAINTED])
def test_every_place_can_be_behind_a_person(place: str) -> None:
    words = {**SCENES, **PLACES}.get(place, place).split()[-1].replace("_", " ")
    made = picture_of(prompt=words, seed=3)
    assert read_brief(words).ignored == ()
    assert made.facts["understood"]
    assert pixels_of(made).var() > LEAST_VARIANCE


def test_places_looks_and_seeds_differ() -> None:
    prompts = ("in an office", "at sunset", "neon club", "black and white", "window light, blue")
    pictures = [picture_of(prompt=prompt) for prompt in prompts]
    pictures.append(picture_of(prompt="in an office", seed=7))
    for place, one in enumerate(pictures):
        assert all(difference(one, other) > SEEN for other in pictures[place + 1 :])


@pytest.mark.parametrize(
    "style", ["oil painting", "watercolor", "pencil sketch", "comic", "pixel art", "low poly"]
)
def test_painted_portraits_are_portraits_still(style: str) -> None:
    made = picture_of("grace_hopper", prompt=style)
    assert made.facts["style"] != "photo"
    assert difference(made, picture_of("grace_hopper", prompt="portrait")) > SEEN
    if style in {"oil painting", "watercolor"}:
        assert main_face(opened(made).convert("RGB")) is not None


def test_a_close_up_is_closer_than_a_half() -> None:
    heights = {}
    for words in ("close-up", "waist up", "full body"):
        (_, top, _, bottom), *_ = picture_of(prompt=f"{words} in a park").facts["faces"]
        heights[words] = bottom - top
    assert heights["close-up"] > heights["waist up"] >= heights["full body"]


def test_says_so_when_the_photo_shows_too_little_for_a_wide_view() -> None:
    assert picture_of("grace_hopper", prompt="full body in a park").facts["warnings"] == [
        NOT_ENOUGH_BODY
    ]


def test_two_clones_stand_side_by_side() -> None:
    made = picture_of(companions=(shot("grace_hopper"),), aspect_ratio="3:2")
    found = all_faces(opened(made).convert("RGB"))
    assert len(found) == 2
    assert found[0].box.height < 1.3 * found[1].box.height
    assert made.alt_text == "Portrait of two people in the park"


def test_numbers_take_turns_among_the_best_shots() -> None:
    shots = (shot("astronaut"), shot("grace_hopper"))
    even = tuple(Shot(one.picture, {**one.facts, "score": 0.9}) for one in shots)
    assert {picture_of(shots=even, number=number).facts["shot"] for number in (0, 1)} == {0, 1}
    poor = Shot(shots[0].picture, {**shots[0].facts, "score": 0.2})
    assert picture_of(shots=(poor, even[1])).facts["shot"] == 1


def test_a_product_stands_in_the_place() -> None:
    made = picture_of(
        shots=(shot("coffee", "product"),), subject="product", prompt="on a podium, mint"
    )
    assert made.facts["scene"] == "studio"
    assert made.alt_text == "Picture of a product in a studio"
    assert pixels_of(made).var() > LEAST_VARIANCE


@pytest.mark.parametrize("prompt", ["in space", "in the kitchen"])
def test_a_product_that_the_photo_cut_runs_off_the_picture(prompt: str) -> None:
    made = picture_of(shots=(shot("chelsea", "product"),), subject="product", prompt=prompt)
    assert pixels_of(made).var() > LEAST_VARIANCE


def test_a_style_moves_the_colors_of_a_drawing_by_its_strength() -> None:
    style = shot("coffee", "style")
    warmths = []
    for strength in (0.0, 1.0):
        made = picture_of(shots=(style,), subject="style", prompt="liquid", strength=strength)
        red, _, blue = pixels_of(made).mean(axis=(0, 1))
        warmths.append(red - blue)
    assert warmths[0] < warmths[1] - SEEN
    assert made.facts["palette"] == style.facts["palette"]


def test_the_same_request_makes_the_same_bytes() -> None:
    assert picture_of().data == picture_of().data


def test_says_what_it_understood_and_what_it_left_out() -> None:
    made = picture_of(prompt="portrait of a man juggling in a forest, cinematic")
    assert made.facts["understood"] == ["portrait", "man", "forest", "cinematic"]
    assert made.facts["ignored"] == ["juggling"]
    assert made.facts["label"] == LABEL
    assert made.alt_text == "Portrait of a person in the forest"


def test_accents_do_not_hide_a_place() -> None:
    brief = read_brief("In a Café")
    assert (brief.place, brief.understood) == ("cafe", ("café",))


def test_what_is_refused_is_not_shown() -> None:
    made = picture_of(prompt="in a forest or a park", negative_prompt="forest")
    assert made.facts["scene"] == "park"
    assert made.facts["negated"] == ["forest"]


def test_a_prompt_without_a_place_is_a_studio_portrait_with_a_warning() -> None:
    made = picture_of(prompt="Кот, whatever")
    assert made.facts["scene"] == "studio"
    assert made.facts["warnings"] == [NO_PLACE]


def test_the_file_says_what_made_it_and_holds_nothing_of_the_photo() -> None:
    made = picture_of()
    with Image.open(io.BytesIO(made.data)) as file:
        assert file.info["xmp"] == made.mark
        assert dict(file.getexif()) == {0x0131: made.facts["engine"]}
    assert b"/composite" in made.mark


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"aspect_ratio": "7:5"}, "aspect_ratio"),
        ({"subject": "pet"}, "subject"),
        ({"prompt": "a" * 2001}, "prompt"),
        ({"number": -1}, "number"),
        ({"shots": ()}, "shots"),
        ({"strength": 1.5}, "strength"),
        ({"subject": "style"}, "shots"),
    ],
)
def test_refuses_what_it_cannot_make_and_names_the_field(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        render(request_for(**changes), progress=quietly)


def test_what_progress_raises_stops_the_work() -> None:
    def stop(stage: str, fraction: float) -> None:
        if stage == "painting":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        render(request_for(), progress=stop)


def test_the_provider_makes_portraits_of_what_it_took() -> None:
    shots = (local.taken(photo("astronaut"), "person"),)
    order = PortraitOrder(
        prompt="in a studio", negative_prompt="", aspect_ratio="1:1", seed=1, subject="person",
        shots=shots,
    )  # fmt: skip
    made = local.portrait(order, report=quietly)
    assert (made.width, made.height, made.content_type) == (1024, 1024, "image/jpeg")
    assert json.loads(json.dumps(shots[0][1])) == shots[0][1]
    assert json.loads(json.dumps(made.facts)) == made.facts
    with pytest.raises(ProviderError, match="aspect_ratio"):
        local.portrait(replace(order, aspect_ratio="7:5"), report=quietly)


def test_the_provider_says_what_is_wrong_with_a_photo() -> None:
    with pytest.raises(ProviderError, match="photo: "):
        local.measured(b"no photo")
    with pytest.raises(ProviderError, match="shows no face"):
        local.taken(photo("coffee"), "person")


def test_a_portrait_prompt_gets_what_it_lacks_and_keeps_its_words() -> None:
    longer = enhanced("me as a chef", "portrait", 1)
    brief = read_brief(longer)
    assert longer.startswith("me as a chef, ")
    assert brief.light
    assert brief.has_place
    assert enhanced(longer, "portrait", 2) == longer


def test_a_portrait_prompt_is_not_told_twice_what_it_says() -> None:
    prompt = "smiling headshot in an office, soft light, cinematic"
    assert enhanced(prompt, "portrait") == prompt
