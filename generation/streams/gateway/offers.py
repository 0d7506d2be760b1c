"""What the gateway offers under which name."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from generation.streams.gateway.asking import Asker, gateway
from generation.streams.gateway.errors import UnknownModel

CHAT, IMAGE = "visiona-chat", "visiona-image"
CREATED = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp())


def require(*, wanted: Any, offered: str) -> None:
    """Refuse another model than the one that is offered here. Raises UnknownModel."""
    if wanted != offered:
        raise UnknownModel(f"The model {wanted!r} does not exist here. Use {offered!r}.")


def represent(name: str) -> dict[str, Any]:
    """Return a model as OpenAI shows it."""
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "visiona"}


@gateway("GET")
async def model_list(request: HttpRequest, asker: Asker) -> HttpResponse:
    """List the models."""
    del request, asker
    return JsonResponse({"object": "list", "data": [represent(name) for name in (CHAT, IMAGE)]})


@gateway("GET")
async def model_detail(request: HttpRequest, asker: Asker, model_id: str) -> HttpResponse:
    """Return one model."""
    del request, asker
    if model_id not in {CHAT, IMAGE}:
        raise UnknownModel(f"The model {model_id!r} does not exist here.")
    return JsonResponse(represent(model_id))
