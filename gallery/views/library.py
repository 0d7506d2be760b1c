"""What was made for me: find it, choose many at once, delete, undo, take it home as a ZIP."""

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.http import UserRequest
from gallery.forms import SHAPES, SOURCES, LibraryForm, chosen_ids
from generation import selectors as generation_selectors
from generation.services import assets as asset_services
from visiona.lib.archive import zip_chunks
from visiona.lib.errors import NotFound

if TYPE_CHECKING:
    from generation.models import Asset

PAGE_SIZE = 24
FILTERS = ("q", "starred", "shape", "source", "project", "clone")
MOVED = "Moved to the bin. It stays there for 30 days."
ALL_MOVED = "Moved {count} results to the bin. They stay there for 30 days."
BACK = "Back in your library."
ALL_BACK = "{count} results are back in your library."


@login_required
@require_safe
@vary_on_headers("HX-Request")
def library(request: UserRequest) -> HttpResponse:
    """Show what was made for me and matches, newest first."""
    return _list(request, deleted=False)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def recycle_bin(request: UserRequest) -> HttpResponse:
    """Show what I deleted in the last 30 days."""
    return _list(request, deleted=True)


def _list(request: UserRequest, *, deleted: bool) -> HttpResponse:
    asked = LibraryForm(request.GET).asked()
    projects = list(generation_selectors.projects_of(user=request.user))
    project = next((one for one in projects if one.pk == asked["project"]), None)
    found = generation_selectors.matching(
        assets=generation_selectors.assets_of(user=request.user, deleted=deleted),
        words=asked["q"],
        starred=asked["starred"],
        shape=asked["shape"],
        source=asked["source"],
        project=project,
    )
    if asked["clone"]:
        found = found.filter(generation_selectors.about(clone_id=asked["clone"]))
    if asked["before"]:
        found = found.filter(pk__lt=asked["before"])
    shown = list(found[: PAGE_SIZE + 1])
    context = {
        "section": "library",
        "in_bin": deleted,
        "asked": asked,
        "is_filtered": any(asked[name] for name in FILTERS),
        "shapes": SHAPES,
        "sources": SOURCES,
        "projects": projects,
        "clones": list(generation_selectors.clones_of(user=request.user)),
        "assets": shown[:PAGE_SIZE],
        "is_first": not asked["before"],
        "next": shown[PAGE_SIZE - 1].pk if len(shown) > PAGE_SIZE else None,
    }
    is_more = request.htmx and asked["before"]
    template = "gallery/library.html#page" if is_more else "gallery/library.html"
    return render(request, template, context)


@login_required
@require_POST
def download_chosen(request: UserRequest) -> StreamingHttpResponse:
    """Send the chosen results as one ZIP. Raises InvalidInput and NotFound."""
    found = generation_selectors.chosen_assets_of(
        user=request.user, asset_ids=chosen_ids(request.POST)
    )
    if not found:
        raise NotFound("There are no such results, or they are not yours.")
    files = [file for number, one in enumerate(found, 1) for file in _files_of(f"{number:03}", one)]
    response = StreamingHttpResponse(zip_chunks(files), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="visiona-library.zip"'
    return response


def _files_of(prefix: str, asset: "Asset") -> list[tuple[str, str]]:
    """Name the file in the ZIP, and a film's captions after it: players find them by that."""
    name = f"{prefix}-{asset.download_name}"
    captions = str(PurePosixPath(name).with_suffix(".vtt"))
    return [(name, asset.file), *([(captions, asset.captions)] if asset.captions else [])]


@login_required
@require_POST
def delete(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Move a result to the bin, with a way back in sight."""
    asset_services.delete_asset(user=request.user, asset_id=asset_id)
    return _moved(request, [asset_id], MOVED, can_undo=True)


@login_required
@require_POST
def delete_chosen(request: UserRequest) -> HttpResponse:
    """Move the chosen results to the bin, with one way back for all."""
    ids = chosen_ids(request.POST)
    count = asset_services.delete_assets(user=request.user, asset_ids=ids)
    text = MOVED if count == 1 else ALL_MOVED.format(count=count)
    return _moved(request, ids, text, can_undo=True)


@login_required
@require_POST
def restore(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Bring a result back out of the bin."""
    asset_services.restore_asset(user=request.user, asset_id=asset_id)
    return _moved(request, [asset_id], BACK)


@login_required
@require_POST
def restore_chosen(request: UserRequest) -> HttpResponse:
    """Bring the chosen results back out of the bin."""
    ids = chosen_ids(request.POST)
    count = asset_services.restore_assets(user=request.user, asset_ids=ids)
    return _moved(request, ids, BACK if count == 1 else ALL_BACK.format(count=count))


def _moved(
    request: UserRequest, ids: list[UUID], text: str, *, can_undo: bool = False
) -> HttpResponse:
    """Answer with the cards as they are now: pictures, or their empty places in this list."""
    found = generation_selectors.chosen_assets_of(user=request.user, asset_ids=ids)
    in_bin = "in_bin" in request.POST
    undo = [str(one.pk) for one in found] if can_undo else []
    if not request.htmx:
        messages.success(request, text, extra_tags=" ".join(undo))
        return redirect("gallery:bin" if in_bin else "gallery:library")
    gone = can_undo or in_bin
    context = {"assets": found, "gone": gone, "in_bin": in_bin, "undo": undo}
    response = render(request, "gallery/_moved.html", context)
    notice = {"text": text, "undo": "#undo button"} if undo else {"text": text}
    jobs = sorted({str(one.job_id) for one in found if one.job_id})
    response["HX-Trigger"] = json.dumps({"visiona:toast": notice, "visiona:assets": {"jobs": jobs}})
    return response
