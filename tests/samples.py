"""Draw the sheets of docs/samples: `python -m tests.samples images`."""

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from generation.engine import ads, film, icons, illustration, portraits
from generation.engine.vendored import path_of

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "docs/samples"

type Tile = tuple[str, Image.Image]

MOST_BYTES: Final = 600_000
QUALITIES: Final = (90, 86, 82, 78, 74, 70, 64, 58)
GAP: Final = 12
LABEL_HEIGHT: Final = 44
LABEL_SIZE: Final = 14
PAPER, INK = "#17181c", "#e8e9ec"
IMAGE_TILE: Final = (300, 300)
IMAGE_PROMPTS: Final = (
    "An astronaut and a cat on Mars",
    "A calm mountain lake at sunrise with pine trees",
    "Cyberpunk city at night, neon lights, rain",
    "A red sports car in the desert at golden hour",
    "A sailboat near a tropical island at sunset",
    "A rocket flying past a ringed planet in deep space",
    "Liquid gold abstract background",
    "Photo of a cup of coffee in a cozy kitchen, shallow depth of field",
    "Northern lights over a snowy pine forest",
    "Oil painting of a castle by a lake at sunset",
    "A turtle and a tropical fish underwater",
    "Three rabbits in a green meadow on a sunny day",
    "Low poly canyon at sunrise",
    "Watercolor of a tropical island",
    "A hot air balloon above the clouds at sunrise",
    "Pencil sketch of a dragon by a mountain lake",
    "Pixel art castle in a forest at night with a full moon",
    "Red sneakers on a podium, 3d render",
)
AD_TILE: Final = (380, 400)
AD_PRODUCTS: Final = (
    # name, description, photo or object, a style for each format
    ("Caffè Rosso", "Hand-glazed espresso set. Now 20% off.", "coffee.jpg",
     "studio bold fresh dark"),
    ("Lumen", "A lightweight lotion for every morning. $29", "lotion-bottle",
     "lifestyle studio fresh bold"),
    ("Echo One", "Wireless headphones. $149", "headphone", "dark lifestyle studio fresh"),
    ("ルーメン バッグ", "毎日のための小さなバッグ。", "handbag", "bold fresh lifestyle studio"),
    ("حذاء الريح", "حذاء خفيف لكل يوم", "running-shoe", "fresh bold dark lifestyle"),
    ("Grace", "A uniform jacket for the new season.", "grace_hopper.jpg",
     "bold studio fresh lifestyle"),
)  # fmt: skip

FILM_TILE: Final = (300, 300)
FILM_MOMENT: Final = 0.6  # of a scene: its words have come, and not gone yet
FILMS: Final = (
    # name, description, photo or object, prompt, shape
    ("Caffè Rosso", "Hand-glazed stoneware. Fits every machine. Made in small batches.",
     "coffee.jpg", "warm kitchen, elegant", "16:9"),
    ("Echo One", "Forty hours of music. Folds into any pocket. Silence when you want it.",
     "headphone", "dark and dramatic, clean", "9:16"),
    ("وردة الصباح", "كريم خفيف لكل يوم. للبشرة الحساسة. بدون عطور.", "lotion-bottle",
     "fresh and colorful", "1:1"),
)  # fmt: skip

PORTRAIT_TILE: Final = (340, 400)
PORTRAITS: Final = (
    # photo, prompt, shape
    ("grace_hopper", "Headshot in a modern office", "4:5"),
    ("astronaut", "By the sea at sunset", "4:5"),
    ("grace_hopper", "In a neon club", "4:5"),
    ("astronaut", "Black and white studio portrait, dramatic light", "4:5"),
    ("grace_hopper", "Window light, teal studio", "4:5"),
    ("astronaut", "In a forest", "4:5"),
    ("grace_hopper", "Oil painting in a garden", "4:5"),
    ("astronaut", "Pop art comic, yellow studio", "4:5"),
    ("grace_hopper", "City at night, cinematic", "4:5"),
    ("astronaut", "Watercolor in a park", "4:5"),
    ("astronaut", "On Mars", "16:9"),
    ("grace_hopper", "In a café, warm", "16:9"),
)
WITH_COMPANION: Final = (("At sunrise", "3:2"), ("In a glass lobby", "1:1"))
OF_THINGS: Final = (("product", "On a podium, mint"), ("style", "A castle by a lake"))


def images() -> list[Tile]:
    return [(prompt, _opened(_image(prompt))) for prompt in IMAGE_PROMPTS]


def _image(prompt: str) -> bytes:
    request = illustration.ImageRequest(prompt=prompt, seed=1)
    return illustration.render(request, progress=lambda _stage, _fraction: None).data


def adverts() -> list[Tile]:
    """One product a row, in every format; photos out of the tests, and objects of the pack."""
    tiles: list[Tile] = []
    for name, about, photo, styles in AD_PRODUCTS:
        prepared = ads.prepare([_product(photo)])
        copy = ads.copy_for(prepared, name, about, seed=len(tiles))
        for number, (ratio, style) in enumerate(zip(ads.FORMATS, styles.split(), strict=True)):
            request = ads.AdRequest(
                product_name=name, copy=copy, style=style, aspect_ratio=ratio, seed=number
            )
            made = ads.render(prepared, request, progress=lambda _stage, _fraction: None)
            tiles.append((f"{style}, {ratio}: {photo}", _opened(made.data)))
    return tiles


def films() -> list[Tile]:
    """One film a row, as it was delivered: the middle of each of its scenes."""
    tiles: list[Tile] = []
    for name, about, photo, prompt, ratio in FILMS:
        prepared = ads.prepare([_product(photo)])
        board = film.plan(
            prepared.analysis, product_name=name, description=about, prompt=prompt, seconds=13,
            aspect_ratio=ratio, quality="480p", seed=len(tiles), captions=True, music="none",
        )  # fmt: skip
        numbers = range(1, len(board["scenes"]) + 1)
        plates = [film.keyframe(prepared.analysis, board, number) for number in numbers]
        with TemporaryDirectory() as folder:
            made = film.render(
                board, plates, prepared.product_png(), folder=Path(folder),
                progress=lambda _stage, _fraction: None,
            )  # fmt: skip
            start = 0.0
            for scene in board["scenes"]:
                shown = film.poster_of(made.path, start + scene["seconds"] * FILM_MOMENT)
                label = f"{ratio}, scene {scene['number']}, {scene['setting']}: {photo}"
                tiles.append((label, _opened(shown)))
                start += scene["seconds"]
    return tiles


def clones() -> list[Tile]:
    """People alone and in pairs, a product, and a drawing in the colors of a photo."""
    people = {
        name: portraits.taken(_photo(name), "person") for name in {one[0] for one in PORTRAITS}
    }
    tiles = [
        (prompt, _portrait(prompt, (people[name],), aspect_ratio=ratio))
        for name, prompt, ratio in PORTRAITS
    ]
    first, second = people["astronaut"], people["grace_hopper"]
    tiles += [
        (
            f"{prompt}, two clones",
            _portrait(prompt, (first,), aspect_ratio=ratio, companions=(second,)),
        )
        for prompt, ratio in WITH_COMPANION
    ]
    for subject, prompt in OF_THINGS:
        shots = (portraits.taken(_photo("coffee"), subject),)
        tiles.append((f"{prompt}: a {subject}", _portrait(prompt, shots, subject=subject)))
    return tiles


def _photo(name: str) -> bytes:
    return (ROOT / f"tests/photos/{name}.jpg").read_bytes()


def _portrait(prompt: str, shots: tuple[portraits.Shot, ...], **order: Any) -> Image.Image:
    request = portraits.PortraitRequest(prompt=prompt, seed=1, shots=shots, **order)
    return _opened(portraits.render(request, progress=lambda _stage, _fraction: None).data)


def _product(name: str) -> bytes:
    if name.endswith(".jpg"):
        return (ROOT / "tests/photos" / name).read_bytes()
    drawn = icons.drawn(name, 800)
    side = int(max(drawn.size) * 1.4)
    sheet = Image.new("RGB", (side, side), "#e4e2de")
    sheet.paste(drawn, ((side - drawn.width) // 2, (side - drawn.height) // 2), drawn)
    target = BytesIO()
    sheet.save(target, "JPEG", quality=95)
    return target.getvalue()


SHEETS: Final[dict[str, tuple[Callable[[], list[Tile]], tuple[int, int], int]]] = {
    # name: what draws its tiles, the size of a tile, how many stand in a row
    "images": (images, IMAGE_TILE, 6),
    "ads": (adverts, AD_TILE, 4),
    "films": (films, FILM_TILE, 5),
    "portraits": (clones, PORTRAIT_TILE, 4),
}


def main(names: list[str]) -> None:
    for name in names or list(SHEETS):
        draw, tile, columns = SHEETS[name]
        _save(_sheet(draw(), tile, columns), FOLDER / f"{name}.jpg")


def _opened(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data)) as picture:
        return picture.convert("RGB")


def _sheet(tiles: list[Tile], tile: tuple[int, int], columns: int) -> Image.Image:
    """Each picture whole within its tile, and under it the words that ordered it."""
    width, height = tile[0] + GAP, tile[1] + LABEL_HEIGHT + GAP
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * width + GAP, rows * height + GAP), PAPER)
    pen, font = ImageDraw.Draw(sheet), _label_font()
    for number, (label, picture) in enumerate(tiles):
        left, top = GAP + number % columns * width, GAP + number // columns * height
        picture.thumbnail(tile, Image.Resampling.LANCZOS)
        at = (left + (tile[0] - picture.width) // 2, top + (tile[1] - picture.height) // 2)
        sheet.paste(picture, at)
        pen.multiline_text(
            (left, top + tile[1] + 6), _wrapped(label, font, tile[0]), INK, font, spacing=3
        )
    return sheet


def _label_font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path_of("fonts/Inter_800ExtraBold.ttf"), LABEL_SIZE)


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def _save(sheet: Image.Image, path: Path) -> None:
    """As well as the limit of a sheet allows."""
    for quality in QUALITIES:
        sheet.save(path, "JPEG", quality=quality, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            break


if __name__ == "__main__":
    main(sys.argv[1:])
