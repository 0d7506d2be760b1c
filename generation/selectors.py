"""The only way to jobs and assets: each names the person whose they are."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import FETCH_RAISE, F, Q, QuerySet

from accounts import selectors as accounts_selectors
from generation.models import Asset, Clone, Consent, Job, Notice, Project, Removal, Upload
from visiona.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.models import User

MADE = tuple(source for source in Asset.Source.values if source != Asset.Source.UPLOAD)
SHAPES = {
    "wide": Q(width__gt=F("height")),
    "tall": Q(width__lt=F("height")),
    "square": Q(width=F("height")),
}
MAX_WORDS = 100
"""Letters of the words that one may look for."""


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


def matching(  # noqa: PLR0913 (each is a filter of its own)
    *,
    assets: QuerySet[Asset],
    words: str = "",
    starred: bool = False,
    shape: str = "",
    source: str = "",
    kind: str = "",
    project: Project | None = None,
) -> QuerySet[Asset]:
    """Return those of the assets that have every word in their title or a prompt, and so on."""
    for word in words.split():
        told = Q(title__icontains=word) | Q(prompt__icontains=word)
        assets = assets.filter(told | Q(enhanced_prompt__icontains=word))
    if starred:
        assets = assets.filter(starred=True)
    if shape:
        assets = assets.filter(SHAPES[shape])
    exact = {"source": source, "kind": kind, "project": project}
    return assets.filter(**{name: value for name, value in exact.items() if value})


def chosen_assets_of(*, user: "User", asset_ids: list[UUID]) -> list[Asset]:
    """Return those of these assets that are the person's, deleted or not, newest first."""
    mine = Asset.objects.filter(user_id=user.pk, pk__in=asset_ids).made().order_by("-id")
    return list(mine.fetch_mode(FETCH_RAISE))


def siblings_of(*, asset: Asset) -> list[Asset]:
    """Return what the same job made and its person kept, this one included, in order."""
    if asset.job_id is None:
        return [asset]
    made = Asset.objects.filter(job_id=asset.job_id, user_id=asset.user_id).kept()
    return list(made.order_by("number").fetch_mode(FETCH_RAISE))


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


def deleted_photos_of(*, user: "User") -> QuerySet[Asset]:
    """Return the photos that the person put in the bin."""
    photos: QuerySet[Asset] = Asset.objects.filter(user_id=user.pk).uploaded().deleted()
    return photos.order_by("-deleted_at")


def photo_of(*, user: "User", photo_id: UUID) -> Asset:
    """Return the person's photo or raise NotFound."""
    photo = photos_of(user=user).filter(pk=photo_id).first()
    if photo is None:
        raise NotFound("There is no such photo, or it is not yours.")
    return photo


def chosen_photos_of(*, user: "User", photo_ids: Sequence[UUID | str]) -> list[Asset]:
    """Return these photos of the person in their order, or raise NotFound."""
    there = {str(photo.pk): photo for photo in photos_of(user=user).filter(pk__in=photo_ids)}
    if not set(map(str, photo_ids)) <= set(there):
        raise NotFound("There is no such photo, or it is not yours.")
    return [there[str(photo_id)] for photo_id in photo_ids]


def clones_of(*, user: "User") -> QuerySet[Clone]:
    """Return the person's clones with their trainings, newest first."""
    clones: QuerySet[Clone] = Clone.objects.filter(user_id=user.pk).kept().order_by("-id")
    return clones.select_related("job").fetch_mode(FETCH_RAISE)


def ready_clones_of(*, user: "User") -> QuerySet[Clone]:
    """Return the person's clones that pictures can be made with, newest first."""
    return clones_of(user=user).filter(status=Clone.Status.READY)


def clone_of(*, user: "User", clone_id: UUID | str) -> Clone:
    """Return the person's clone or raise NotFound, which explains one that they deleted."""
    clone = clones_of(user=user).filter(pk=clone_id).first()
    if clone is not None:
        return clone
    removal = removals_of(user=user).filter(clone_id=clone_id).first()
    if removal is None:
        raise NotFound("There is no such clone, or it is not yours.")
    day = f"{removal.requested_at.day} {removal.requested_at:%B %Y}"
    raise NotFound(f"You deleted this clone on {day}, so nothing can be made with it.")


def clone_held(*, user: "User", clone_id: UUID | str) -> Clone:
    """Return the person's clone, which nobody changes until we commit, or raise NotFound."""
    Clone.objects.filter(user_id=user.pk, pk=clone_id).select_for_update(no_key=True).first()
    return clone_of(user=user, clone_id=clone_id)


def has_trigger_word(*, user: "User", word: str) -> bool:
    """Whether a clone of the person has this trigger word, in whatever case."""
    return clones_of(user=user).filter(trigger_word__iexact=word).exists()


def is_being_learned(*, user: "User", photo_id: UUID) -> bool:
    """Whether a clone of the person is trained on this photo now."""
    training = clones_of(user=user).filter(status=Clone.Status.PROCESSING)
    return training.filter(photo_ids__contains=[str(photo_id)]).exists()


def about(*, clone_id: UUID | str) -> Q:
    """Return the condition of jobs and pictures that have to do with a clone, main or second."""
    return Q(clone_id=clone_id) | Q(params__extra_clone_id=str(clone_id))


def assets_of_clone(*, user: "User", clone: Clone) -> QuerySet[Asset]:
    """Return what was made with a clone and is kept, newest first."""
    return assets_of(user=user).filter(about(clone_id=clone.pk))


def proof_of(*, user: "User", clone: Clone) -> QuerySet[Asset]:
    """Return the proof shots of the last training that came to something, in order."""
    proofs = assets_of_clone(user=user, clone=clone).filter(params__pack="proof")
    newest = proofs.first()
    training_id = newest.params["training_id"] if newest else None
    return proofs.filter(params__training_id=training_id).order_by("number")


def covers_of(*, user: "User", clones: Sequence[Clone]) -> dict[UUID, Asset]:
    """Return the picture that stands for each of these clones: a proof shot, else a photo."""
    ids = [clone.pk for clone in clones]
    proofs = assets_of(user=user).filter(clone_id__in=ids, params__pack="proof")
    newest = proofs.order_by("clone_id", "-job_id", "number").distinct("clone_id")
    covers = {one.clone_id: one for one in newest if one.clone_id}
    wanted = {c.photo_ids[0]: c.pk for c in clones if c.pk not in covers and c.photo_ids}
    for photo in photos_of(user=user).filter(pk__in=list(wanted)):
        covers[wanted[str(photo.pk)]] = photo
    return covers


def consents_of(*, user: "User") -> QuerySet[Consent]:
    """Return what the person has agreed to for clones, newest first."""
    consents: QuerySet[Consent] = Consent.objects.filter(user_id=user.pk).order_by("-id")
    return consents


def removals_of(*, user: "User") -> QuerySet[Removal]:
    """Return the person's receipts of what was removed, newest first."""
    removals: QuerySet[Removal] = Removal.objects.filter(user_id=user.pk).order_by("-id")
    return removals


def removal_of(*, user: "User", removal_id: UUID) -> Removal:
    """Return the person's receipt or raise NotFound."""
    removal = removals_of(user=user).filter(pk=removal_id).first()
    if removal is None:
        raise NotFound("There is no such receipt, or it is not yours.")
    return removal


def notices_of(*, user: "User") -> QuerySet[Notice]:
    """Return what the person was told, with the job of each, newest first."""
    notices: QuerySet[Notice] = Notice.objects.filter(user_id=user.pk).order_by("-id")
    return notices.select_related("job").fetch_mode(FETCH_RAISE)


def projects_of(*, user: "User") -> QuerySet[Project]:
    """Return the person's projects, newest first."""
    projects: QuerySet[Project] = Project.objects.filter(user_id=user.pk).order_by("-id")
    return projects.fetch_mode(FETCH_RAISE)


def project_of(*, user: "User", project_id: UUID) -> Project:
    """Return the person's project or raise NotFound."""
    project = projects_of(user=user).filter(pk=project_id).first()
    if project is None:
        raise NotFound("There is no such project, or it is not yours.")
    return project


def assets_of_project(*, user: "User", project: Project) -> QuerySet[Asset]:
    """Return what was made for a project and is kept, newest first."""
    return matching(assets=assets_of(user=user), project=project)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFacts:
    """What a project has come to: its photos that are still there, and what was made last."""

    photos: tuple[Asset, ...] = ()
    is_generating: bool = False
    generated_image: Asset | None = None
    generated_video: Asset | None = None
    error: str = ""
    is_published: bool = False


def project_facts(*, user: "User", projects: Sequence[Project]) -> dict[UUID, ProjectFacts]:
    """Return the facts of each of these projects, in as many queries as for one.

    The error is that of the last job that ended; one that went well takes it away.
    """
    chosen = [project.pk for project in projects]
    jobs = jobs_of(user=user).filter(project_id__in=chosen).order_by("project_id", "-id")
    ended = jobs.exclude(status__in=Job.OPEN).distinct("project_id")
    open_jobs = jobs.filter(status__in=Job.OPEN).distinct("project_id")
    busy = set(open_jobs.values_list("project_id", flat=True))
    errors = dict(ended.values_list("project_id", "error_detail"))
    made = assets_of(user=user).filter(project_id__in=chosen).order_by("project_id", "kind", "-id")
    newest = {(one.project_id, one.kind): one for one in made.distinct("project_id", "kind")}
    wanted = {photo_id for project in projects for photo_id in project.photo_ids}
    photos = {str(photo.pk): photo for photo in photos_of(user=user).filter(pk__in=wanted)}
    return {
        project.pk: ProjectFacts(
            photos=tuple(photos[one] for one in project.photo_ids if one in photos),
            is_generating=project.pk in busy,
            generated_image=newest.get((project.pk, Asset.Kind.IMAGE)),
            generated_video=newest.get((project.pk, Asset.Kind.VIDEO)),
            error=errors.get(project.pk, ""),
        )
        for project in projects
    }


def uploads_of(*, user: "User") -> QuerySet[Upload]:
    """Return what the person sent in the last days and its photos, newest first."""
    uploads: QuerySet[Upload] = Upload.objects.filter(user_id=user.pk).order_by("-id")
    return uploads.select_related("photo").fetch_mode(FETCH_RAISE)


def upload_of(*, user: "User", upload_id: UUID) -> Upload:
    """Return the person's upload or raise NotFound."""
    upload = uploads_of(user=user).filter(pk=upload_id).first()
    if upload is None:
        raise NotFound("There is no such upload, or it is not yours.")
    return upload


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps:
    """What of the product a person has tried once."""

    address: bool
    photo: bool
    picture: bool
    star: bool

    @property
    def count(self) -> int:
        """How many of them are done."""
        return sum(astuple(self))

    @property
    def total(self) -> int:
        """How many there are."""
        return len(astuple(self))


def first_steps_of(*, user: "User") -> FirstSteps:
    """Return what the person has tried; what they deleted since counts too."""
    uploaded = Q(source=Asset.Source.UPLOAD)
    tried = Asset.objects.filter(user_id=user.pk).aggregate(
        photo=BoolOr(uploaded), picture=BoolOr(~uploaded), star=BoolOr(Q(starred=True))
    )
    return FirstSteps(
        address=accounts_selectors.has_confirmed(user=user),
        **{step: bool(is_done) for step, is_done in tried.items()},
    )
