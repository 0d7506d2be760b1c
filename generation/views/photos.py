"""Photos: show them, take more of them, delete them and take them back."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest
from generation import selectors
from generation.errors import QuotaReached
from generation.forms import PhotosForm
from generation.models import Asset
from generation.services import photos as photo_services
from visiona.lib.errors import AppError, Unavailable

PHOTOS_PAGE = 60
PHOTO_MOVED = "Photo deleted. You can take it back for 30 days."
PHOTO_BACK = "Your photo is back."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def photos(request: UserRequest) -> HttpResponse:
    """Show my photos, or take more of them from a form."""
    received = receive(request) if request.method == "POST" else []
    asked = PhotosForm(request.GET).asked()
    mine = selectors.photos_of(user=request.user)
    if asked["before"]:
        mine = mine.filter(pk__lt=asked["before"])
    found = list(mine[: PHOTOS_PAGE + 1])
    context = {
        "section": "photos",
        "photos": found[:PHOTOS_PAGE],
        "is_first": not asked["before"],
        "next": found[PHOTOS_PAGE - 1].pk if len(found) > PHOTOS_PAGE else None,
        "received": received,
        "gone": _just_deleted(request, asked["gone"]),
    }
    if request.htmx:
        part = "page" if asked["before"] else "sheet"
        return render(request, f"generation/photos.html#{part}", context)
    return render(request, "generation/photos.html", context)


def _just_deleted(request: UserRequest, photo_id: UUID | None) -> Asset | None:
    if photo_id is None:
        return None
    return selectors.deleted_photos_of(user=request.user).filter(pk=photo_id).first()


def receive(request: UserRequest) -> list[dict[str, Any]]:
    """Take each file by itself: one that is refused does not hinder the others.

    Where photos cannot be kept at all, the rest is not tried: each would wait as long in vain.
    """
    known = set(selectors.photos_of(user=request.user).values_list("pk", flat=True))
    received: list[dict[str, Any]] = []
    outage = ""
    for file in request.FILES.getlist("photos"):
        told: dict[str, Any] = {"name": file.name, "problem": outage}
        received.append(told)
        if outage:
            continue
        try:
            photo = photo_services.add_photo(user=request.user, upload=file)
        except Unavailable as error:
            told["problem"] = outage = error.detail
        except AppError as error:
            told["problem"] = error.detail
        else:
            told |= {"photo": photo, "is_known": photo.pk in known}
    return received


@login_required
@require_POST
def delete_photo(request: UserRequest, photo_id: UUID) -> HttpResponse:
    """Put a photo in the bin, with a way back in sight."""
    photo_services.remove_photo(user=request.user, photo_id=photo_id)
    return _photo_moved(request, photo_id, text=PHOTO_MOVED, is_gone=True)


@login_required
@require_POST
def restore_photo(request: UserRequest, photo_id: UUID) -> HttpResponse:
    """Take a photo out of the bin."""
    try:
        photo_services.restore_photo(user=request.user, photo_id=photo_id)
    except QuotaReached as error:
        return _photo_moved(request, photo_id, text=error.detail, is_gone=True, kind="error")
    return _photo_moved(request, photo_id, text=PHOTO_BACK)


def _photo_moved(
    request: UserRequest, photo_id: UUID, *, text: str, is_gone: bool = False, kind: str = "info"
) -> HttpResponse:
    if not request.htmx:
        address = reverse("generation:photos")
        if is_gone and kind == "info":
            return redirect(f"{address}?gone={photo_id}")
        messages.add_message(request, messages.ERROR if kind == "error" else messages.SUCCESS, text)
        return redirect(address)
    photo = selectors.photos_of(user=request.user).filter(pk=photo_id).first()
    context = {"photo": photo, "photo_id": photo_id}
    response = render(request, "generation/_photo.html", context)
    notice = {"text": text, "kind": kind}
    if is_gone:
        notice["undo"] = f"#photo-{photo_id} button"
    response["HX-Trigger"] = json.dumps({"visiona:toast": notice})
    return response
