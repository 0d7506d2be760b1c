"""The library: see what was made, download it, delete it, bring it back."""

import json
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.http import UserRequest
from gallery.forms import PageForm
from generation import selectors as generation_selectors
from generation.services import assets as asset_services

PAGE_SIZE = 24
MOVED = "Moved to the bin. It stays there for 30 days."
BACK = "Back in your library."


@login_required
@require_safe
@vary_on_headers("HX-Request")
def library(request: UserRequest) -> HttpResponse:
    """Show what was made for me, newest first."""
    return _list(request, deleted=False)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def recycle_bin(request: UserRequest) -> HttpResponse:
    """Show what I deleted in the last 30 days."""
    return _list(request, deleted=True)


def _list(request: UserRequest, *, deleted: bool) -> HttpResponse:
    form = PageForm(request.GET)
    before = form.cleaned_data["before"] if form.is_valid() else None
    found = generation_selectors.assets_of(user=request.user, deleted=deleted)
    if before:
        found = found.filter(pk__lt=before)
    shown = list(found[: PAGE_SIZE + 1])
    context = {
        "section": "library",
        "in_bin": deleted,
        "assets": shown[:PAGE_SIZE],
        "is_first": not before,
        "next": shown[PAGE_SIZE - 1].pk if len(shown) > PAGE_SIZE else None,
    }
    template = "gallery/library.html#page" if request.htmx and before else "gallery/library.html"
    return render(request, template, context)


@login_required
@require_safe
def asset(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Show one picture with what made it."""
    found = generation_selectors.asset_of(user=request.user, asset_id=asset_id)
    return render(request, "gallery/asset.html", {"section": "library", "asset": found})


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
@require_POST
def delete(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Move a picture to the bin, with a way back in sight."""
    asset_services.delete_asset(user=request.user, asset_id=asset_id)
    if not request.htmx:
        messages.success(request, MOVED, extra_tags=str(asset_id))
        return redirect("gallery:library")
    return _swapped(request, asset_id, toast=MOVED, gone=True)


@login_required
@require_POST
def restore(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Bring a picture back out of the bin."""
    asset_services.restore_asset(user=request.user, asset_id=asset_id)
    if not request.htmx:
        messages.success(request, BACK)
        return redirect("gallery:library")
    return _swapped(request, asset_id, toast=BACK, gone="in_bin" in request.POST)


def _swapped(request: UserRequest, asset_id: UUID, *, toast: str, gone: bool) -> HttpResponse:
    """Answer with the card as it is now: the picture, or its empty place in this list."""
    found = generation_selectors.asset_of(user=request.user, asset_id=asset_id)
    response = render(request, "gallery/_asset_card.html", {"asset": found, "gone": gone})
    notice = {"text": toast}
    if found.deleted_at:
        notice["undo"] = f"#asset-{asset_id} [data-undo]"
    response["HX-Trigger"] = json.dumps({"visiona:toast": notice})
    return response
