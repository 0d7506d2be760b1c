"""Keep the files of jobs: under names that follow from the job, so that doing it twice is safe."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet

from generation.media.renditions import preview_width
from generation.models import Asset, Job, Step
from generation.pipelines.base import Product
from visiona.lib import clock
from visiona.lib.request_id import uuid7
from visiona.lib.storage import StorageUnavailable

DELETED_KEPT_FOR = timedelta(days=30)
ERASE_LIMIT = 500
PORTRAIT = "portrait"
"""The fact of a photo that holds what the coach measured."""
SUFFIXES = {"image/jpeg": ".jpg", "video/mp4": ".mp4"}


def store(*, job: Job, number: int, product: Product) -> Asset:
    """Keep one product's files and return its asset, not saved yet."""
    stem = f"people/{job.user_id}/jobs/{job.pk}/{number}"
    suffix = SUFFIXES[product.content_type]
    picture = keep_picture(name=f"{stem}{suffix}", data=product.data, renditions=product.renditions)
    return Asset(
        id=uuid7(),
        user_id=job.user_id,
        job=job,
        project_id=job.project_id,
        clone_id=job.clone_id,
        number=number,
        kind=Asset.Kind.VIDEO if product.seconds else Asset.Kind.IMAGE,
        source=job.kind,
        title=str(product.varied.get("title", job.title))[:200],
        prompt=product.varied.get("prompt", _words_of(job)),
        enhanced_prompt=job.enhanced_prompt,
        params=job.params | product.varied | {"count": 1, "seed": product.seed},
        alt_text=product.alt_text[:300],
        **picture,
        **_beside(stem, product),
        content_type=product.content_type,
        width=product.width,
        height=product.height,
        duration_seconds=product.seconds,
        bytes=len(product.data),
        sha256=hashlib.sha256(product.data).hexdigest(),
        provider=job.provider,
        seed=product.seed,
        facts=product.facts,
    )


def _words_of(job: Job) -> str:
    words: str = job.params.get("prompt") or job.params.get("description", "")
    return words


def _beside(stem: str, product: Product) -> dict[str, str]:
    """Keep what belongs to a picture or a film, and return the asset's fields that name it."""
    belongings = {
        "plate": (f"{stem}-plate.jpg", product.plate),
        "poster": (f"{stem}-poster.jpg", product.poster),
        "captions": (f"{stem}.vtt", product.captions.encode() or None),
    }
    return {
        field: keep(name=name, data=data)
        for field, (name, data) in belongings.items()
        if data is not None
    }


def keep(*, name: str, data: bytes) -> str:
    """Store bytes under a name, over what was there, and return the name."""
    return default_storage.save(name, ContentFile(data))


def keep_picture(*, name: str, data: bytes, renditions: dict[int, bytes]) -> dict[str, Any]:
    """Store a picture with its smaller copies, all or none; return the asset's fields."""
    names = rendition_names(name=name, widths=renditions)
    try:
        for width, copy in renditions.items():
            keep(name=names[width], data=copy)
        stored = keep(name=name, data=data)
    except StorageUnavailable:
        discard(names=[*names.values(), name])
        raise
    return {
        "file": stored,
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


def erase_folder(*, name: str) -> int:
    """Delete all that is stored below a folder, whoever knows of it; return how many files."""
    try:
        folders, names = default_storage.listdir(name)
    except FileNotFoundError:
        return 0
    erase(names=[f"{name}/{one}" for one in names])
    return len(names) + sum(erase_folder(name=f"{name}/{one}") for one in folders)


def discard(*, names: Iterable[str]) -> None:
    """Delete these files if it can be done now; else they stay for whoever cleans up."""
    for name in names:
        with suppress(StorageUnavailable):
            default_storage.delete(name)


def photos_of(*, job: Job) -> tuple[bytes, ...]:
    """Return the photos that a job works on, even if its person deleted them meanwhile."""
    return tuple(read(name=photo.file) for photo in _chosen_photos(job))


def measures_of(*, job: Job) -> tuple[dict[str, Any], ...]:
    """Return what the coach measured of each of these photos; nothing of one it never saw."""
    return tuple(photo.facts.get(PORTRAIT, {}) for photo in _chosen_photos(job))


def _chosen_photos(job: Job) -> list[Asset]:
    one = job.params.get("photo_id")
    chosen = job.params.get("photo_ids") or ([one] if one else [])
    mine = Asset.objects.filter(pk__in=chosen, user_id=job.user_id).only("id", "file", "facts")
    found = {str(photo.pk): photo for photo in mine}
    return [found[photo_id] for photo_id in chosen if photo_id in found]


def erase_deleted() -> int:
    """Erase the rows and files of what was deleted thirty days ago; return how many."""
    return erase_assets(assets=Asset.objects.filter(deleted_at__lt=clock.now() - DELETED_KEPT_FOR))


def erase_assets(*, assets: QuerySet[Asset]) -> int:
    """Erase the rows and files of as many of these as can be at once; return how many."""
    erased = list(assets.only("id", "job_id", "params", *Asset.FILES)[:ERASE_LIMIT])
    for asset in erased:
        erase(names=asset.file_names)
        asset.delete()
    _forget_steps({job_id for asset in erased for job_id in _made_from(asset)})
    return len(erased)


def _made_from(asset: Asset) -> set[UUID]:
    """Return the jobs whose kept parts an asset may be changed with: its own, its first cut's."""
    first = asset.params.get("first_job_id")
    return {one for one in (asset.job_id, first and UUID(first)) if one}


def _forget_steps(job_ids: set[UUID]) -> None:
    """Erase what jobs kept on their way, once nothing is left of what was made with it."""
    left = Asset.objects.filter(
        Q(job_id__in=job_ids) | Q(params__first_job_id__in=[str(one) for one in job_ids])
    )
    needed = {job_id for asset in left.only("job_id", "params") for job_id in _made_from(asset)}
    forget_steps(steps=Step.objects.filter(job_id__in=job_ids - needed))


def forget_steps(*, steps: Iterable[Step]) -> None:
    """Erase what jobs kept on their way, files first."""
    kept = list(steps)
    erase(names=[name for step in kept for name in step.files])
    Step.objects.filter(pk__in=[step.pk for step in kept]).delete()
