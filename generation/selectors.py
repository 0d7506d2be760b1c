"""The only way to jobs and assets: each names the person whose they are."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import FETCH_RAISE, QuerySet

from generation.models import Asset, Job
from visiona.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.models import User


def jobs_of(*, user: "User") -> QuerySet[Job]:
    """Return the person's jobs, newest first."""
    jobs: QuerySet[Job] = Job.objects.filter(user_id=user.pk).order_by("-id")
    return jobs.fetch_mode(FETCH_RAISE)


def unfinished_jobs_of(*, user: "User") -> QuerySet[Job]:
    """Return what is being made for the person now, newest first."""
    return jobs_of(user=user).filter(status__in=Job.OPEN)


def jobs_changed_since(*, user: "User", moment: datetime) -> QuerySet[Job]:
    """Return the person's jobs that changed after the moment, oldest change first."""
    return jobs_of(user=user).filter(updated_at__gt=moment).order_by("updated_at")


def job_of(*, user: "User", job_id: UUID) -> Job:
    """Return the person's job or raise NotFound."""
    job = jobs_of(user=user).filter(pk=job_id).first()
    if job is None:
        raise NotFound("There is no such job, or it is not yours.")
    return job


def assets_of(*, user: "User", deleted: bool = False) -> QuerySet[Asset]:
    """Return what was made for the person, newest first; or what they deleted."""
    made = Asset.objects.filter(user_id=user.pk).made().order_by("-id").fetch_mode(FETCH_RAISE)
    chosen: QuerySet[Asset] = made.deleted() if deleted else made.kept()
    return chosen


def asset_of(*, user: "User", asset_id: UUID) -> Asset:
    """Return the person's asset, deleted or not, or raise NotFound."""
    asset: Asset | None = Asset.objects.filter(user_id=user.pk).made().filter(pk=asset_id).first()
    if asset is None:
        raise NotFound("There is no such picture, or it is not yours.")
    return asset


def assets_of_job(*, job: Job) -> QuerySet[Asset]:
    """Return what a job made and its person kept, in order."""
    made: QuerySet[Asset] = Asset.objects.filter(job_id=job.pk, user_id=job.user_id).kept()
    return made.order_by("number")


def assets_of_jobs(*, jobs: list[Job]) -> dict[UUID, list[Asset]]:
    """Return what each of these jobs made, in one query; a job that has not ended made nothing."""
    by_job: dict[UUID, list[Asset]] = {job.pk: [] for job in jobs}
    ended = [job.pk for job in jobs if job.is_final]
    if ended:
        for asset in Asset.objects.filter(job_id__in=ended).kept().order_by("number"):
            if asset.job_id:
                by_job[asset.job_id].append(asset)
    return by_job


def photos_of(*, user: "User") -> QuerySet[Asset]:
    """Return the photos that the person uploaded, newest first."""
    photos: QuerySet[Asset] = Asset.objects.filter(user_id=user.pk).uploaded().kept()
    return photos.order_by("-id")


def photo_of(*, user: "User", photo_id: UUID) -> Asset:
    """Return the person's photo or raise NotFound."""
    photo = photos_of(user=user).filter(pk=photo_id).first()
    if photo is None:
        raise NotFound("There is no such photo, or it is not yours.")
    return photo
