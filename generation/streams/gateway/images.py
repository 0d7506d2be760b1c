"""Pictures by OpenAI's address: an order of ours, waited for without holding on to anything."""

import asyncio
import base64
import math
import re
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.idempotency import Answer
from generation import selectors
from generation.api.jobs import location_of
from generation.api.serializers.orders import read_order
from generation.catalog import IMAGE
from generation.errors import ProviderError, ProviderRefused, ProviderUnavailable
from generation.models import Asset, Job
from generation.services import jobs
from generation.services.texts import refused
from generation.streams.gateway import offers
from generation.streams.gateway.asking import (
    LONGEST_WAIT_SECONDS,
    Asker,
    body_of,
    forget,
    gateway,
    known,
    order_once,
)
from generation.streams.gateway.errors import StillBeingMade
from generation.streams.gateway.fields import check_fields, invalid, number_of
from generation.streams.readers import look
from visiona.lib import request_id
from visiona.lib.storage import absolute

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.3, 2.0
PATIENCE_GROWS = 1.3
READ = {"model", "prompt", "n", "size", "response_format"}
IGNORED = {"quality", "style", "moderation", "user", "output_format", "output_compression"}
PLAIN: dict[str, tuple[Any, ...]] = {
    "background": ("auto", "opaque"),
    "stream": (False,),
    "partial_images": (0,),
}
FORMATS = ("b64_json", "url")
SIZE = re.compile(r"([1-9]\d{1,4})x([1-9]\d{1,4})")
NOT_YET = "The pictures are not finished. They go on being made: see {address}."


@gateway("POST")
async def generations(request: HttpRequest, asker: Asker) -> HttpResponse:
    """Make pictures of words."""
    said = body_of(request)
    params = read_images(said)
    job_id, replayed = await look(_order, request, asker, said, params)
    job = await _ended(request, job_id)
    made = await look(_pictures, asker, job)
    if not made:
        await look(forget, asker, location_of(job))
        raise failure_of(job)
    in_full = said.get("response_format") != "url"
    data = [await _as_shown(asset, in_full=in_full) for asset in made]
    response = JsonResponse({"created": int(job.created_at.timestamp()), "data": data})
    if replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def read_images(said: dict[str, Any]) -> dict[str, Any]:
    """Return the params of what a program orders.

    Raises UnknownModel, InvalidInput and ValidationError.
    """
    offers.require(wanted=said.get("model") or offers.IMAGE, offered=offers.IMAGE)
    check_fields(said=said, read=READ, ignored=IGNORED, plain=PLAIN, model=offers.IMAGE)
    if said.get("response_format") not in (None, *FORMATS):
        raise invalid("response_format", "Choose b64_json or url.")
    if not isinstance(said.get("prompt"), str):
        remedy = "Say what the picture shows in `prompt`, a string."
        raise refused(field="prompt", code="missing_required_parameter", detail=remedy)
    order = {
        "prompt": said["prompt"],
        "count": number_of(said, "n", least=1, most=IMAGE.max_count) or 1,
        "aspect_ratio": ratio_of(said.get("size")),
    }
    return read_order(order, kind=IMAGE.name)[1]


def ratio_of(size: Any) -> str:
    """Return the nearest of our aspect ratios to a size in pixels."""
    if size in (None, "auto"):
        return str(IMAGE.defaults["aspect_ratio"])
    parts = SIZE.fullmatch(size) if isinstance(size, str) else None
    if parts is None:
        raise invalid("size", "Say `auto`, or a width and a height such as 1024x1024.")
    wanted = math.log(int(parts[1]) / int(parts[2]))
    return min(IMAGE.options["aspect_ratio"], key=lambda ratio: abs(wanted - _logarithm(ratio)))


def _logarithm(ratio: str) -> float:
    width, height = map(int, ratio.split(":"))
    return math.log(width / height)


def _order(
    request: HttpRequest, asker: Asker, said: dict[str, Any], params: dict[str, Any]
) -> tuple[UUID, bool]:
    def effect() -> Answer:
        job = jobs.submit(
            user=asker.user, kind=IMAGE.name, params=params, request_id=request_id.current()
        )
        return Answer(status=202, body={"id": str(job.pk)}, location=location_of(job))

    return order_once(request, asker, fingerprint=["images", said], effect=effect)


async def _ended(request: HttpRequest, job_id: UUID) -> Job:
    """Look at the job until it has ended, less and less often. Raises StillBeingMade."""
    pause = FIRST_PAUSE_SECONDS
    try:
        async with asyncio.timeout(LONGEST_WAIT_SECONDS):
            while not (job := await look(_job, request, job_id)).is_final:
                await asyncio.sleep(pause)
                pause = min(pause * PATIENCE_GROWS, LONGEST_PAUSE_SECONDS)
    except (TimeoutError, OperationalError, InterfaceError):
        address = absolute(f"/api/v1/jobs/{job_id}")
        raise StillBeingMade(NOT_YET.format(address=address)) from None
    return job


def _job(request: HttpRequest, job_id: UUID) -> Job:
    """Return the job as it stands, for as long as the key is good."""
    asker = known(request)
    with asker.acting():
        return selectors.job_of(user=asker.user, job_id=job_id)


def _pictures(asker: Asker, job: Job) -> list[Asset]:
    with asker.acting():
        return list(selectors.assets_of_job(job=job))


def failure_of(job: Job) -> ProviderError:
    """Return why a job came to nothing."""
    detail = job.error_detail
    if job.error_code == ProviderRefused.code:
        return ProviderRefused(detail)
    if job.error_code == ProviderUnavailable.code:
        return ProviderUnavailable(detail)
    return ProviderError(detail or "The job was canceled, so nothing was charged.")


async def _as_shown(asset: Asset, *, in_full: bool) -> dict[str, str]:
    """Return a picture in full, or its address; files are read by threads that wait for disks."""
    if in_full:
        return {"b64_json": await asyncio.to_thread(_in_base64, asset.file)}
    return {"url": absolute(await asyncio.to_thread(lambda: asset.url))}


def _in_base64(name: str) -> str:
    with default_storage.open(name) as file:
        return base64.b64encode(file.read()).decode()
