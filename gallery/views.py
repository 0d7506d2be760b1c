"""The library: find what was made, look at it, set its title anew, download, delete, undo."""

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.http import UserRequest
from gallery.forms import SHAPES, LibraryForm, TitleForm, chosen_ids
from generation import selectors as generation_selectors
from generation.services import assets as asset_services
from generation.services import titles as title_services
from visiona.lib.archive import zip_chunks
from visiona.lib.errors import AppError, InvalidInput, NotFound

PAGE_SIZE = 24
MOVED = "Moved to the bin. It stays there for 30 days."
ALL_MOVED = "Moved {count} pictures to the bin. They stay there for 30 days."
BACK = "Back in your library."
ALL_BACK = "{count} pictures are back in your library."


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
    found = generation_selectors.matching(
        assets=generation_selectors.assets_of(user=request.user, deleted=deleted),
        words=asked["q"],
        starred=asked["starred"],
        shape=asked["shape"],
        source=asked["source"],
    )
    if asked["before"]:
        found = found.filter(pk__lt=asked["before"])
    shown = list(found[: PAGE_SIZE + 1])
    context = {
        "section": "library",
        "in_bin": deleted,
        "asked": asked,
        "is_filtered": any(asked[name] for name in ("q", "starred", "shape", "source")),
        "shapes": SHAPES,
        "assets": shown[:PAGE_SIZE],
        "is_first": not asked["before"],
        "next": shown[PAGE_SIZE - 1].pk if len(shown) > PAGE_SIZE else None,
    }
    is_more = request.htmx and asked["before"]
    template = "gallery/library.html#page" if is_more else "gallery/library.html"
    return render(request, template, context)


@login_required
@require_safe
def asset(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Show one picture: how it reads, what made it, what was made with it."""
    return _asset(request, asset_id, form=TitleForm())


def _asset(
    request: UserRequest, asset_id: UUID, *, form: TitleForm, former: str = "", status: int = 200
) -> HttpResponse:
    context = _described(request, asset_id)
    found = context["asset"]
    context |= {"form": form, "former": former}
    context["set"] = generation_selectors.siblings_of(asset=found)
    job = context["job"]
    if job and job.remix_of_id:
        mine = generation_selectors.chosen_assets_of(user=request.user, asset_ids=[job.remix_of_id])
        context |= {"is_remix": True, "original": mine[0] if mine else None}
    template = "gallery/asset.html#view" if request.htmx else "gallery/asset.html"
    return render(request, template, context, status=status)


def _described(request: UserRequest, asset_id: UUID) -> dict[str, Any]:
    """Return a picture of mine with the job that made it."""
    found = generation_selectors.asset_of(user=request.user, asset_id=asset_id)
    jobs = generation_selectors.jobs_of(user=request.user)
    job = jobs.filter(pk=found.job_id).first() if found.job_id else None
    price = job.price // max(1, int(job.params.get("count", 1))) if job else None
    return {"section": "library", "asset": found, "job": job, "price": price}


@login_required
@require_safe
def panel(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Show what the lightbox says of a picture and lets one do with it."""
    return render(request, "gallery/_panel.html", _described(request, asset_id))


@login_required
@require_POST
def star(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Star a picture, or take its star away."""
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
@require_POST
def retitle(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Set another title on a thumbnail: at once and for nothing."""
    form = TitleForm(request.POST)
    former = generation_selectors.asset_of(user=request.user, asset_id=asset_id).title
    if not form.is_valid():
        return _asset(request, asset_id, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        title_services.retitle(
            user=request.user, asset_id=asset_id, title=form.cleaned_data["title"]
        )
    except NotFound:
        raise
    except AppError as error:
        said = error.errors[0].detail if isinstance(error, InvalidInput) else error.detail
        form.add_error("title", said)
        return _asset(request, asset_id, form=form, status=error.status)
    if not request.htmx:
        messages.success(request, "The title is set.")
        return redirect("gallery:asset", asset_id)
    response = _asset(request, asset_id, form=TitleForm(), former=former)
    notice = {"text": "The title is set.", "undo": "#former-title button"}
    response["HX-Trigger"] = json.dumps({"visiona:toast": notice})
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
@require_POST
def download_chosen(request: UserRequest) -> StreamingHttpResponse:
    """Send the chosen pictures as one ZIP. Raises InvalidInput and NotFound."""
    found = generation_selectors.chosen_assets_of(
        user=request.user, asset_ids=chosen_ids(request.POST)
    )
    if not found:
        raise NotFound("There are no such pictures, or they are not yours.")
    files = [(f"{number:03}-{one.download_name}", one.file) for number, one in enumerate(found, 1)]
    response = StreamingHttpResponse(zip_chunks(files), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="visiona-pictures.zip"'
    return response


@login_required
@require_POST
def delete(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Move a picture to the bin, with a way back in sight."""
    asset_services.delete_asset(user=request.user, asset_id=asset_id)
    return _moved(request, [asset_id], MOVED, can_undo=True)


@login_required
@require_POST
def delete_chosen(request: UserRequest) -> HttpResponse:
    """Move the chosen pictures to the bin, with one way back for all."""
    ids = chosen_ids(request.POST)
    count = asset_services.delete_assets(user=request.user, asset_ids=ids)
    text = MOVED if count == 1 else ALL_MOVED.format(count=count)
    return _moved(request, ids, text, can_undo=True)


@login_required
@require_POST
def restore(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Bring a picture back out of the bin."""
    asset_services.restore_asset(user=request.user, asset_id=asset_id)
    return _moved(request, [asset_id], BACK)


@login_required
@require_POST
def restore_chosen(request: UserRequest) -> HttpResponse:
    """Bring the chosen pictures back out of the bin."""
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
