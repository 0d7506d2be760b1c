"""What the models on Replicate want to be given."""

import base64
import io
from collections.abc import Callable
from typing import Any

from replicate.client import Client

from generation.errors import ProviderInvalid
from generation.providers.offers import Offer
from generation.providers.ports import Blob, VideoRequest

EVENTS = ["start", "completed"]
MOST_INLINE_BYTES = 256 * 1024

Inputs = tuple[dict[str, Any], dict[str, Blob | None]]


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
    if picture.url:
        return picture.url
    kept = client.files.create(
        io.BytesIO(picture.data), filename="picture", content_type=picture.content_type
    )
    return kept.urls["get"]
