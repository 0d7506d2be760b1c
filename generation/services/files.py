"""Keep the files of jobs: under names that follow from the job, so that doing it twice is safe."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from generation.media.renditions import preview_width
from generation.models import Asset, Job
from generation.pipelines.base import Product
from visiona.lib import clock
from visiona.lib.request_id import uuid7

DELETED_KEPT_FOR = timedelta(days=30)
ERASE_LIMIT = 500


def store(*, job: Job, number: int, product: Product) -> Asset:
    """Keep one product's files and return its asset, not saved yet."""
    stem = f"people/{job.user_id}/jobs/{job.pk}/{number}"
    plate = keep(name=f"{stem}-plate.jpg", data=product.plate) if product.plate else ""
    return Asset(
        id=uuid7(),
        user_id=job.user_id,
        job=job,
        number=number,
        source=job.kind,
        title=product.varied.get("title", job.title)[:200],
        prompt=job.params.get("prompt", ""),
        params=job.params | product.varied | {"count": 1, "seed": product.seed},
        alt_text=product.alt_text[:300],
        **keep_picture(name=f"{stem}.jpg", data=product.data, renditions=product.renditions),
        plate=plate,
        content_type=product.content_type,
        width=product.width,
        height=product.height,
        bytes=len(product.data),
        sha256=hashlib.sha256(product.data).hexdigest(),
        provider=job.provider,
        seed=product.seed,
        facts=product.facts,
    )


def keep(*, name: str, data: bytes) -> str:
    """Store bytes under a name, over what was there, and return the name."""
    return default_storage.save(name, ContentFile(data))


def keep_picture(*, name: str, data: bytes, renditions: dict[int, bytes]) -> dict[str, Any]:
    """Store a picture with its smaller copies and return the asset's fields that name them."""
    names = rendition_names(name=name, widths=renditions)
    for width, copy in renditions.items():
        keep(name=names[width], data=copy)
    return {
        "file": keep(name=name, data=data),
        "preview": names[preview_width(names)],
        "renditions": {str(width): copy for width, copy in names.items()},
    }


def rendition_names(*, name: str, widths: Iterable[int]) -> dict[int, str]:
    """Name the smaller copies of a picture by their widths, after the picture."""
    stem = PurePosixPath(name).with_suffix("")
    return {width: f"{stem}-{width}.webp" for width in widths}


def read(*, name: str) -> bytes:
    """Return the bytes that are stored under a name."""
    with default_storage.open(name) as file:
        return bytes(file.read())


def erase(*, names: Iterable[str]) -> None:
    """Delete these files from storage."""
    for name in names:
        default_storage.delete(name)


def photo_bytes(*, job: Job) -> bytes | None:
    """Return the photo that a job works on, even if its person deleted it meanwhile."""
    photo_id = job.params.get("photo_id")
    if not photo_id:
        return None
    return read(name=Asset.objects.get(pk=photo_id, user_id=job.user_id).file)


def erase_deleted() -> int:
    """Erase the rows and files of what was deleted thirty days ago; return how many."""
    old = Asset.objects.filter(deleted_at__lt=clock.now() - DELETED_KEPT_FOR)
    erased = list(old.only("id", "file", "preview", "plate", "renditions")[:ERASE_LIMIT])
    for asset in erased:
        erase(names=asset.file_names)
        asset.delete()
    return len(erased)
