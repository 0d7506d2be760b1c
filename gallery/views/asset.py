"""One result: how it looks or plays, what made it, what can be done with it."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.http import UserRequest
from gallery.forms import CopyForm, FilmForm, TitleForm, editor_of
from generation import selectors as generation_selectors
from generation.services import assets as asset_services
from visiona.lib.errors import NotFound

if TYPE_CHECKING:
    from generation.models import Asset, Clone

Editor = TitleForm | CopyForm | FilmForm


@login_required
@require_safe
def asset(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Show one result: how it reads, what made it, what was made with it."""
    return answer(request, asset_id)


def answer(
    request: UserRequest,
    asset_id: UUID,
    *,
    form: Editor | None = None,
    undo: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Return the page of a result, or what htmx puts in its place; `undo` takes an edit back."""
    context = _described(request, asset_id)
    found = context["asset"]
    context |= {"form": form or editor_of(found), "undo": undo}
    if undo:
        step = "reword" if found.source == "product_ad" else "retitle"
        context["undo_address"] = reverse(f"gallery:{step}", args=[found.pk])
    context["set"] = generation_selectors.siblings_of(asset=found)
    job = context["job"]
    if job and job.remix_of_id:
        mine = generation_selectors.chosen_assets_of(user=request.user, asset_ids=[job.remix_of_id])
        context |= {"is_remix": True, "original": mine[0] if mine else None}
    if found.project_id:
        mine_too = generation_selectors.projects_of(user=request.user)
        context["project"] = mine_too.filter(pk=found.project_id).first()
    template = "gallery/asset.html#view" if request.htmx else "gallery/asset.html"
    return render(request, template, context, status=status)


def _described(request: UserRequest, asset_id: UUID) -> dict[str, Any]:
    """Return a result of mine with the job that made it, and its share of the price."""
    found = generation_selectors.asset_of(user=request.user, asset_id=asset_id)
    jobs = generation_selectors.jobs_of(user=request.user)
    job = jobs.filter(pk=found.job_id).first() if found.job_id else None
    context: dict[str, Any] = {"section": "library", "asset": found, "job": job}
    if job:
        is_set = found.source == "product_ad"
        context["price"] = job.price if is_set else job.price // max(1, job.pieces)
        context["price_is_for"] = job.pieces if is_set else 1
    if found.clone_id:
        context["shown_clones"] = _clones_in(request, found)
    return context


def _clones_in(request: UserRequest, found: "Asset") -> list[tuple[str, "Clone | None"]]:
    """Return the clones that a picture shows, each with what it is called; None is gone."""
    second = found.params.get("extra_clone_id")
    named = [("Clone", found.clone_id), *([("Second clone", UUID(second))] if second else [])]
    mine = generation_selectors.clones_of(user=request.user)
    there = mine.in_bulk([clone_id for _, clone_id in named if clone_id])
    return [(name, there.get(clone_id)) for name, clone_id in named]


@login_required
@require_safe
def panel(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Show what the lightbox says of a result and lets one do with it."""
    return render(request, "gallery/_panel.html", _described(request, asset_id))


@login_required
@require_POST
def star(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Star a result, or take its star away."""
    starred = request.POST.get("starred") == "1"
    asset_services.describe_asset(user=request.user, asset_id=asset_id, starred=starred)
    if not request.htmx:
        return redirect("gallery:asset", asset_id)
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    response["HX-Trigger"] = json.dumps(
        {"visiona:starred": {"id": str(asset_id), "starred": starred}}
    )
    return response


@login_required
@require_safe
def download(request: UserRequest, asset_id: UUID) -> HttpResponseBase:
    """Send the file itself, to be kept."""
    found = generation_selectors.asset_of(user=request.user, asset_id=asset_id)
    return FileResponse(
        default_storage.open(found.file),
        as_attachment=True,
        filename=found.download_name,
        content_type=found.content_type,
    )


@login_required
@require_safe
def captions(request: UserRequest, asset_id: UUID) -> HttpResponseBase:
    """Send a film's words from our own address: a track from elsewhere is not shown."""
    found = generation_selectors.asset_of(user=request.user, asset_id=asset_id)
    if not found.captions:
        raise NotFound("Nothing is said in this one.")
    return FileResponse(default_storage.open(found.captions), content_type="text/vtt")
