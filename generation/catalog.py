"""What can be made and what it costs, in credits; the one price list."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

MAX_TITLE = 120
MAX_PROMPT = 500
MAX_IMAGE_PROMPT = 2000
MAX_DESCRIPTION = 1000
MAX_HEADLINE = 60
MAX_SUBLINE = 120
MAX_CALL_TO_ACTION = 24
MAX_PRODUCT_PHOTOS = 8
SHORTEST_VIDEO, LONGEST_VIDEO = 4, 20
MAX_NAME = 60
LEAST_CLONE_PHOTOS, MOST_CLONE_PHOTOS = 4, 30
LEAST_TRIGGER, MOST_TRIGGER = 4, 24
LEAST_STEPS, MOST_STEPS = 300, 3000
LEAST_RANK, MOST_RANK = 4, 64
LEAST_SCALE, MOST_SCALE = 0.2, 1.5
CALLS = "calls"
"""The queue of those who wait for others rather than draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job: price per unit, who works on it and for how long at most.

    The price is for each piece, or for all of them together. `capability` is what a provider is
    asked for to make it, if it is not always made here.
    """

    name: str
    label: str
    price: int
    unit: str
    queue: str
    deadline_minutes: int
    pipeline: str
    options: Mapping[str, tuple[str, ...]]
    max_count: int = 1
    is_priced_by_piece: bool = True
    capability: str = ""
    keeps_steps: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLine:
    """One line of a price: what for, how many credits."""

    label: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a job costs, in credits, and why."""

    price: int
    lines: tuple[QuoteLine, ...]


THUMBNAIL = Kind(
    name="thumbnail",
    label="Thumbnail",
    price=10,
    unit="thumbnail",
    queue="quick",
    deadline_minutes=30,
    pipeline="generation.pipelines.thumbnail.make",
    options={
        "style": ("bold", "minimal", "cinematic", "neon", "editorial", "playful"),
        "color_scheme": (
            "sunset",
            "ocean",
            "neon",
            "mono",
            "lime",
            "royal",
            "red",
            "cream",
            "sky",
        ),
        "aspect_ratio": ("16:9", "9:16", "1:1", "4:5", "3:2", "2:3"),
    },
    max_count=3,
    defaults={
        "style": "bold",
        "color_scheme": "sunset",
        "aspect_ratio": "16:9",
        "text_overlay": True,
        "prompt": "",
        "photo_id": None,
        "count": 1,
    },
)

IMAGE = Kind(
    name="image",
    label="Image",
    price=5,
    unit="image",
    queue="quick",
    deadline_minutes=30,
    pipeline="generation.pipelines.image.make",
    capability="image",
    options={"aspect_ratio": ("1:1", "16:9", "9:16", "4:5", "3:2", "2:3")},
    max_count=4,
    defaults={
        "aspect_ratio": "1:1",
        "negative_prompt": "",
        "enhance": False,
        "seed": None,
        "count": 1,
    },
)

PRODUCT_AD = Kind(
    name="product_ad",
    label="Product ad",
    price=15,
    unit="set of ads",
    queue="quick",
    deadline_minutes=30,
    pipeline="generation.pipelines.product_ad.make",
    is_priced_by_piece=False,
    options={
        "style": ("auto", "studio", "bold", "dark", "lifestyle", "fresh"),
        "formats": ("1:1", "4:5", "9:16", "16:9"),
    },
    defaults={
        "description": "",
        "headline": "",
        "call_to_action": "",
        "style": "auto",
        "formats": ["1:1", "4:5", "9:16", "16:9"],
    },
)

VIDEO = Kind(
    name="video",
    label="Video",
    price=50,
    unit="video",
    queue="films",
    deadline_minutes=60,
    pipeline="generation.pipelines.video.make",
    is_priced_by_piece=False,
    capability="video",
    keeps_steps=True,
    options={
        "quality": ("480p", "720p", "1080p"),
        "aspect_ratio": ("16:9", "9:16", "1:1"),
        "music": ("calm", "energetic", "happy", "nostalgic", "tender", "none"),
    },
    defaults={
        "description": "",
        "prompt": "",
        "quality": "720p",
        "seconds": 13,
        "aspect_ratio": "16:9",
        "captions": True,
        "music": "happy",
        "voice": False,
    },
)

TRAINING = Kind(
    name="training",
    label="AI clone",
    price=60,
    unit="clone",
    queue="films",
    deadline_minutes=100,
    pipeline="generation.pipelines.training.make",
    is_priced_by_piece=False,
    capability="training",
    options={"subject": ("person", "product", "style")},
    defaults={"subject": "person", "steps": 1000, "lora_rank": 16},
)

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (IMAGE, THUMBNAIL, PRODUCT_AD, VIDEO, TRAINING)
}
QUEUES = ("quick", "films", CALLS)

CHAT = "chat"
CHAT_PRICE = 1
MAX_MESSAGE = 8000
CHAT_STARTERS = (
    "What can I make here, and what does it cost?",
    "Give me five thumbnail titles for a video about learning to cook",
    "Make this prompt better: a red bicycle by the sea",
    "Which photos make a good AI clone?",
)
"""What the empty chat suggests: nobody's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture of a pack."""

    title: str
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A named set of prompts for a person's clone."""

    name: str
    label: str
    description: str
    shots: tuple[Shot, ...]
    is_on_offer: bool = True


def _pack(name: str, label: str, description: str, **shots: str) -> Pack:
    named = (
        Shot(title=title.replace("_", " ").capitalize(), prompt=prompt)
        for title, prompt in shots.items()
    )
    return Pack(name=name, label=label, description=description, shots=tuple(named))


HEADSHOTS = _pack(
    "headshots",
    "Headshots",
    "Six portraits for work: profiles, press, the about page.",
    office="professional headshot in a bright office, soft daylight, 85 mm lens",
    studio_gray="headshot in a studio with a gray backdrop, softbox light",
    studio_blue="headshot in a studio with a deep blue backdrop, rim light",
    lobby="half-length portrait in a modern lobby, natural light, shallow depth of field",
    city="portrait on a city street in the morning, shallow depth of field",
    black_and_white="black and white close-up portrait in a studio, dramatic side light",
)
TRAVEL = _pack(
    "travel",
    "Around the world",
    "Six places, one person, no ticket.",
    beach="portrait at the beach by the sea, bright daylight",
    golden_hour="portrait at sunset, golden hour, warm backlight",
    forest="portrait in a forest, soft light through the trees",
    mountains="portrait in the mountains, clear sky, wide framing",
    old_town="portrait in a city street at dusk, cinematic light",
    park="portrait in a park, green trees, soft daylight",
)
CREATOR = _pack(
    "creator",
    "Creator",
    "Six looks for channels and covers.",
    neon="portrait in a neon club, pink and cyan rim light, night",
    stage="portrait on a concert stage, spotlights, dramatic",
    lab="portrait in a workshop laboratory, focused, cool light",
    teal_studio="close-up in a studio with a teal backdrop, window light through blinds",
    comic="pop art comic portrait in a studio with a yellow backdrop",
    oil="oil painting portrait in a studio with a dark backdrop",
)
PROOF = replace(
    _pack(
        "proof",
        "Proof shots",
        "Four fixed pictures that show how good the likeness is.",
        studio="portrait in a studio with a gray backdrop, soft light",
        office="half-length portrait in a bright office, soft daylight",
        sunset="portrait outdoors at sunset, golden hour",
        black_and_white="black and white close-up portrait in a studio, side light",
    ),
    is_on_offer=False,
)
PACKS: dict[str, Pack] = {pack.name: pack for pack in (HEADSHOTS, TRAVEL, CREATOR, PROOF)}


def packs_on_offer() -> tuple[Pack, ...]:
    """Return the packs that can be ordered."""
    return tuple(pack for pack in PACKS.values() if pack.is_on_offer)


def shots_of(params: Mapping[str, Any]) -> tuple[Shot, ...]:
    """Return the pictures of a pack that an order is for; none where it is for no pack."""
    if not params.get("pack"):
        return ()
    shots = PACKS[params["pack"]].shots
    chosen = params.get("shots") or range(len(shots))
    return tuple(shots[number] for number in chosen)


def pieces_of(params: Mapping[str, Any]) -> int:
    """Return how many results an order is for."""
    formats = params.get("formats") or shots_of(params)
    return len(formats) if formats else int(params.get("count") or 1)


def quote(*, kind: str, params: Mapping[str, Any], is_local: bool) -> Quote:
    """Return the price of a job; what is shown and what is charged both come from here."""
    offer = KINDS[kind]
    count = pieces_of(params) if offer.is_priced_by_piece else 1
    each = 0 if settings.LOCAL_WORK_IS_FREE and is_local else offer.price
    plural = "" if count == 1 else "s"
    label = f"{count} {offer.unit}{plural}, {each} each"
    if not offer.is_priced_by_piece:
        label = f"1 {offer.unit}"
    line = QuoteLine(label=label, amount=count * each)
    return Quote(price=line.amount, lines=(line,))
