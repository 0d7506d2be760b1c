"""Projects: a product's name, brief and photos with all that was made for it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import UserRequest
from generation import selectors
from generation.catalog import KINDS, MAX_PRODUCT_PHOTOS
from generation.forms import ProjectForm
from generation.models import Asset, Project
from generation.services import photos as photo_services
from generation.services import projects as project_services
from visiona.lib.errors import AppError, Conflict, InvalidInput, NotFound

RECENT_PHOTOS = 16
RECENT_RESULTS = 120
GROUPS = {
    "product_ad": "Ads",
    "video": "Videos",
    "thumbnail": "Thumbnails",
    "image": "Images",
}
WORDS = {
    "product_ad": ("ad", "ads"),
    "video": ("video", "videos"),
    "thumbnail": ("thumbnail", "thumbnails"),
    "image": ("image", "images"),
}
MADE = "The project is there. Make its first ad or video."
CHANGED = "The project is changed."
DELETED = "“{name}” is deleted. What was made for it is still in your library."


@login_required
@require_safe
def projects(request: UserRequest) -> HttpResponse:
    """Show my projects, each with its cover, what was made for it and what is being made."""
    mine = list(selectors.projects_of(user=request.user))
    facts = selectors.project_facts(user=request.user, projects=mine)
    counts = _counts(request, mine)
    cards = [
        {"project": one, "facts": facts[one.pk], "made": _in_words(counts[one.pk])} for one in mine
    ]
    return render(request, "projects/projects.html", {"section": "projects", "cards": cards})


def _counts(request: UserRequest, mine: Sequence[Project]) -> dict[UUID, Counter[str]]:
    """Count what was made for each project, by what it is."""
    made = selectors.assets_of(user=request.user).filter(project__in=mine).order_by()
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    for project_id, source, count in made.values_list("project_id", "source").annotate(Count("pk")):
        if project_id:
            counts[project_id][source] = count
    return counts


def _in_words(counts: Counter[str]) -> str:
    said = [
        f"{counts[source]} {one if counts[source] == 1 else many}"
        for source, (one, many) in WORDS.items()
        if counts[source]
    ]
    return ", ".join(said)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_project(request: UserRequest) -> HttpResponse:
    """Begin a project."""
    if request.method == "POST":
        return _save(request, None)
    return _edit(request, ProjectForm(), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_project(request: UserRequest, project_id: UUID) -> HttpResponse:
    """Change a project's name, brief and photos."""
    found = selectors.project_of(user=request.user, project_id=project_id)
    if request.method == "POST":
        return _save(request, found)
    names = ("name", "product_name", "prompt", "photo_ids")
    return _edit(
        request, ProjectForm(initial={name: getattr(found, name) for name in names}), found
    )


def _save(request: UserRequest, project: Project | None) -> HttpResponse:
    form = ProjectForm(request.POST, request.FILES)
    if not form.is_valid():
        return _edit(request, form, project, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    taken: list[UUID] = []
    try:
        for upload in form.cleaned_data["photos"]:
            photo = photo_services.add_photo(user=request.user, upload=upload)
            taken.append(photo.pk)
        saved = _saved(request, form.fields_with(taken), project)
    except InvalidInput as error:
        for one in error.errors:
            form.add_error(one.field if one.field in form.fields else "photos", one.detail)
        return _edit(request, form, project, taken=taken, status=error.status)
    except AppError as error:
        is_unsent = len(taken) < len(form.cleaned_data["photos"])
        is_about_photos = is_unsent or isinstance(error, NotFound)
        form.add_error("photos" if is_about_photos else None, error.detail)
        return _edit(request, form, project, taken=taken, status=error.status)
    messages.success(request, CHANGED if project else MADE)
    return redirect("generation:project", saved.pk)


def _saved(request: UserRequest, fields: dict[str, Any], project: Project | None) -> Project:
    if project is None:
        return project_services.create(user=request.user, **fields)
    return project_services.change(user=request.user, project_id=project.pk, **fields)


def _edit(
    request: UserRequest,
    form: ProjectForm,
    project: Project | None,
    *,
    taken: Sequence[UUID] = (),
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    chosen = [str(one) for one in (*(form["photo_ids"].value() or ()), *taken)]
    context = {
        "section": "projects",
        "form": form,
        "project": project,
        "photos": _photos(request, chosen),
        "chosen_photos": chosen,
        "main_photo": str(form["main_photo"].value() or next(iter(chosen), "")),
        "most_photos": MAX_PRODUCT_PHOTOS,
    }
    return render(request, "projects/edit.html", context, status=status)


def _photos(request: UserRequest, chosen: Sequence[str]) -> list[Asset]:
    """Return the photos that are chosen, then the latest of the others."""
    mine = selectors.photos_of(user=request.user)
    try:
        first = {
            str(photo.pk): photo for photo in mine.filter(pk__in=[UUID(one) for one in chosen])
        }
    except ValueError:
        first = {}
    others = [photo for photo in mine[:RECENT_PHOTOS] if str(photo.pk) not in first]
    return [*(first[one] for one in chosen if one in first), *others]


@login_required
@require_safe
def project(request: UserRequest, project_id: UUID) -> HttpResponse:
    """Show a project: its brief and photos, what is being made, what was made."""
    found = selectors.project_of(user=request.user, project_id=project_id)
    facts = selectors.project_facts(user=request.user, projects=[found])[found.pk]
    latest = selectors.assets_of_project(user=request.user, project=found)[:RECENT_RESULTS]
    groups: dict[str, list[Asset]] = {source: [] for source in GROUPS}
    for asset in sorted(latest, key=_by_job, reverse=True):
        groups[asset.source].append(asset)
    open_jobs = selectors.unfinished_jobs_of(user=request.user).filter(project_id=found.pk)
    context = {
        "section": "projects",
        "project": found,
        "facts": facts,
        "jobs": list(open_jobs),
        "groups": [(source, GROUPS[source], made) for source, made in groups.items() if made],
        "ad": KINDS["product_ad"],
        "video": KINDS["video"],
    }
    return render(request, "projects/project.html", context)


def _by_job(asset: Asset) -> tuple[str, int]:
    """Sort the newest job first, and of each job the pieces as they were ordered."""
    return str(asset.job_id), -asset.number


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_project(request: UserRequest, project_id: UUID) -> HttpResponse:
    """Ask whether a project is to go, and delete it; what was made for it stays."""
    found = selectors.project_of(user=request.user, project_id=project_id)
    context: dict[str, Any] = {"section": "projects", "project": found}
    status = HTTPStatus.OK
    if request.method == "POST":
        try:
            project_services.delete(user=request.user, project_id=found.pk)
        except Conflict as error:
            context["problem"], status = error.detail, HTTPStatus.CONFLICT
        else:
            messages.success(request, DELETED.format(name=found.name))
            return redirect("generation:projects")
    made = selectors.assets_of_project(user=request.user, project=found)
    return render(request, "projects/delete.html", context | {"count": made.count()}, status=status)
