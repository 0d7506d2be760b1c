"""What the models on Replicate want to be given."""

import base64
import io
import re
from collections.abc import Callable, Mapping
from typing import Any

from replicate.client import Client

from generation.errors import ProviderInvalid
from generation.providers.offers import Offer
from generation.providers.ports import Blob, ImageRequest, TrainingRequest, VideoRequest

WEIGHTS = re.compile(r"[\w.-]+/[\w.-]+:[0-9a-f]{64}")
WITH_LORA = "black-forest-labs/flux-dev-lora"
"""Runs weights that are at an address; those that were trained here are a model of their own."""
DOCUMENTED = {
    "ostris/flux-dev-lora-trainer": (
        "input_images",
        "trigger_word",
        "autocaption",
        "steps",
        "lora_rank",
    ),
    "replicate/fast-flux-trainer": (
        "input_images",
        "trigger_word",
        "lora_type",
        "training_steps",
    ),
}
"""What trainers take, where a version does not say it itself."""

EVENTS = ["start", "completed"]
MOST_INLINE_BYTES = 256 * 1024

Inputs = tuple[dict[str, Any], dict[str, Blob | None]]


def flux(request: ImageRequest, offer: Offer) -> dict[str, Any]:
    """Return what every Flux model is given, and what is meant for learned weights."""
    return {
        "prompt": request.prompt,
        "aspect_ratio": offer.nearest_ratio(request.aspect_ratio),
        "num_outputs": request.count,
        "output_format": "png",
        **({} if request.seed is None else {"seed": request.seed}),
        **(learned(request, offer) if request.weights else {}),
    }


def learned(request: ImageRequest, offer: Offer) -> dict[str, Any]:
    """Return how strongly weights show, and which others on top of them."""
    given: dict[str, Any] = {"lora_scale": offer.within("scale", request.weights_scale)}
    if offer.name == WITH_LORA:
        given["lora_weights"] = request.weights
    else:
        given["model"] = "dev"
    if extra := request.extra_weights:
        # Others are named as a model, of which the newest version is taken.
        given["extra_lora"] = extra.partition(":")[0] if WEIGHTS.fullmatch(extra) else extra
        given["extra_lora_scale"] = offer.within("scale", request.extra_scale)
    return given


def training(request: TrainingRequest, offer: Offer, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return those inputs that a trainer takes, but for the archive. Raises ProviderInvalid."""
    known = taken_by(offer.name, schema)
    if "input_images" not in known:
        raise ProviderInvalid("The model that TRAINING_MODEL names is no trainer.", reason="model")
    given: dict[str, Any] = {
        "trigger_word": request.trigger_word,
        "autocaption": True,
        "lora_type": "style" if request.subject == "style" else "subject",
    }
    steps = offer.within("steps", request.steps)
    numbers = {
        "steps": steps,
        "training_steps": steps,
        "lora_rank": offer.within("lora_rank", request.lora_rank),
    }
    given |= {name: clamped(wanted, known.get(name, {})) for name, wanted in numbers.items()}
    return {name: value for name, value in given.items() if name in known}


def taken_by(trainer: str, schema: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the inputs of a trainer, as its version says, else as they are documented."""
    schemas = (schema.get("components") or {}).get("schemas") or {}
    for name in ("TrainingInput", "Input"):
        properties: Mapping[str, Mapping[str, Any]] = schemas.get(name, {}).get("properties", {})
        if "input_images" in properties:
            return properties
    return {name: {} for name in DOCUMENTED.get(trainer, ())}


def clamped(wanted: int, rules: Mapping[str, Any]) -> int:
    """Return the number closest to it that an input takes."""
    number: int = max(rules.get("minimum", wanted), min(rules.get("maximum", wanted), wanted))
    return number


def kling(request: VideoRequest, offer: Offer) -> Inputs:
    """Return Kling's inputs: it only moves a first picture, whose shape the clip has."""
    if request.first_frame is None:
        raise ProviderInvalid("This model needs a first picture.", reason="request")
    given = {
        "prompt": request.prompt,
        "mode": "pro" if request.quality == "1080p" or request.last_frame else "standard",
        "duration": offer.seconds_for(request.seconds),
        "negative_prompt": request.negative_prompt,
    }
    return given, {"start_image": request.first_frame, "end_image": request.last_frame}


def veo(request: VideoRequest, offer: Offer) -> Inputs:
    """Return Veo's inputs; sound would cost twice as much, and we add our own."""
    given = {
        "prompt": request.prompt,
        "duration": offer.seconds_for(request.seconds),
        "resolution": "1080p" if request.quality == "1080p" else "720p",
        "aspect_ratio": offer.nearest_ratio(request.aspect_ratio),
        "generate_audio": False,
        **({"negative_prompt": request.negative_prompt} if request.negative_prompt else {}),
        **({} if request.seed is None else {"seed": request.seed}),
    }
    return given, {"image": request.first_frame, "last_frame": request.last_frame}


VIDEO_INPUTS: dict[str, Callable[[VideoRequest, Offer], Inputs]] = {
    "kwaivgi/kling-v2.1": kling,
    "google/veo-3.1": veo,
    "google/veo-3.1-fast": veo,
}


def webhook_to(address: str) -> dict[str, Any]:
    """Return what asks for news, where there is an address for them."""
    return {"webhook": address, "webhook_events_filter": EVENTS} if address else {}


def reference_to(client: Client, picture: Blob) -> str:
    """Return an address for a picture: its own, a small one in itself, else of the provider's."""
    if len(picture.data) <= MOST_INLINE_BYTES:
        return f"data:{picture.content_type};base64,{base64.b64encode(picture.data).decode()}"
    return address_of(client, picture, name="picture")


def address_of(client: Client, file: Blob, *, name: str) -> str:
    """Return an address for a file: its own, else the provider's, who keeps it for a day."""
    if file.url:
        return file.url
    kept = client.files.create(io.BytesIO(file.data), filename=name, content_type=file.content_type)
    return kept.urls["get"]
