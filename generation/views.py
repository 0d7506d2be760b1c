"""The studio and its photos: order a thumbnail, watch it develop, cancel it, try it again."""

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import UserRequest
from generation import selectors
from generation.catalog import THUMBNAIL
from generation.errors import QuotaReached
from generation.forms import PhotosForm, QuoteForm, ThumbnailForm, new_submission
from generation.models import Asset, Job
from generation.services import jobs as job_services
from generation.services import photos as photo_services
from visiona.lib.errors import AppError, InvalidInput

RECENT_JOBS = 12
RECENT_PHOTOS = 11
PHOTOS_PAGE = 60
QUEUE_SHOWN = 12
EXAMPLES = ("I lived on Mars for 30 days", "5 bread mistakes", "Why cats always win")
PHOTO_MOVED = "Photo deleted. You can take it back for 30 days."
PHOTO_BACK = "Your photo is back."
STOP_POLLING = 286


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def studio(request: UserRequest) -> HttpResponse:
    """Show the composer over what was made last, or take an order."""
    if request.method == "POST":
        return _order(request)
    return _studio(request, ThumbnailForm(initial=_initial(request)))


def _initial(request: UserRequest) -> dict[str, Any]:
    """Start from the defaults, or from what a picture or a job of mine was made of."""
    initial = {**THUMBNAIL.defaults, "submission": new_submission()}
    remixed = _asked_id(request, "remix")
    if remixed:
        params = selectors.asset_of(user=request.user, asset_id=remixed).params
        return initial | _still_there(request, params) | {"remix_of": remixed}
    repeated = _asked_id(request, "from")
    if repeated:
        params = selectors.job_of(user=request.user, job_id=repeated).params
        return initial | _still_there(request, params)
    return initial


def _asked_id(request: UserRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


def _still_there(request: UserRequest, params: dict[str, Any]) -> dict[str, Any]:
    """Return the params without a photo that was deleted meanwhile."""
    photo_id = params.get("photo_id")
    if photo_id and not selectors.photos_of(user=request.user).filter(pk=photo_id).exists():
        return params | {"photo_id": None}
    return params


def _order(request: UserRequest) -> HttpResponse:
    form = ThumbnailForm(request.POST, request.FILES)
    if not form.is_valid():
        return _studio(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    photo_id = None
    try:
        if form.upload:
            photo_id = photo_services.add_photo(user=request.user, upload=form.upload).pk
        job = job_services.submit(
            user=request.user,
            kind=THUMBNAIL.name,
            params=form.params(photo_id=photo_id),
            request_id=request.request_id,
            idempotency_key=form.idempotency_key(),
            remix_of=form.cleaned_data["remix_of"],
        )
    except AppError as error:
        return _refused(request, form, error, photo_id)
    if not request.htmx:
        return redirect("generation:job", job.pk)
    context = {"job": job, "form": ThumbnailForm(initial={"submission": new_submission()})}
    context["quote"] = job_services.quote(kind=job.kind, params=job.params)
    context |= _photos(request, form, photo_id)
    response = render(
        request, "generation/studio.html#accepted", context, status=HTTPStatus.ACCEPTED
    )
    # A quote asked for before the order may arrive after it: have it asked for again.
    response["HX-Trigger"] = "visiona:ordered"
    return response


def _refused(
    request: UserRequest, form: ThumbnailForm, error: AppError, photo_id: UUID | None
) -> HttpResponse:
    """Show the order again, with what is wrong at its field or beside the button."""
    if isinstance(error, InvalidInput):
        for one in error.errors:
            form.add_error(one.field if one.field in form.fields else None, one.detail)
    elif form.upload and photo_id is None:
        form.add_error("photo", error.detail)
    else:
        form.add_error(None, error.detail)
    return _studio(request, form, status=error.status, photo_id=photo_id)


def _studio(
    request: UserRequest, form: ThumbnailForm, *, status: int = 200, photo_id: UUID | None = None
) -> HttpResponse:
    params = {"count": form["count"].value()}
    context = {
        "section": "studio",
        "form": form,
        "quote": job_services.quote(kind=THUMBNAIL.name, params=_priced(params)),
        "remixed": _remixed(request, form),
        **_photos(request, form, photo_id),
    }
    if request.htmx:
        return render(request, "generation/studio.html#composer", context, status=status)
    recent = list(selectors.jobs_of(user=request.user)[:RECENT_JOBS])
    made = selectors.assets_of_jobs(jobs=recent)
    context["cards"] = [{"job": job, "assets": made[job.pk]} for job in recent]
    context |= {"waiting": _waiting(request), "examples": EXAMPLES}
    return render(request, "generation/studio.html", context, status=status)


def _waiting(request: UserRequest) -> list[Job]:
    """Return what is being made, in the order in which it was asked for."""
    return list(reversed(selectors.unfinished_jobs_of(user=request.user)[:QUEUE_SHOWN]))


def _remixed(request: UserRequest, form: ThumbnailForm) -> Asset | None:
    """Return the picture that this order begins from."""
    try:
        remixed = UUID(str(form["remix_of"].value()))
    except ValueError:
        return None
    mine = selectors.chosen_assets_of(user=request.user, asset_ids=[remixed])
    return mine[0] if mine else None


def _photos(request: UserRequest, form: ThumbnailForm, photo_id: UUID | None) -> dict[str, Any]:
    """Return the latest photos to choose from, and always the one that is chosen."""
    chosen = str(photo_id or form["photo_id"].value() or "")
    mine = selectors.photos_of(user=request.user)
    latest = list(mine[:RECENT_PHOTOS])
    if chosen and chosen not in {str(photo.pk) for photo in latest}:
        try:
            latest = [*mine.filter(pk=UUID(chosen)), *latest[:-1]]
        except ValueError:
            chosen = ""
    return {"photos": latest, "chosen_photo": chosen}


def _priced(params: dict[str, Any]) -> dict[str, Any]:
    """Keep what can be priced; a count that cannot be is one."""
    form = QuoteForm(params)
    return {"count": form.cleaned_data["count"] if form.is_valid() else 1}


@login_required
@require_safe
def quote(request: UserRequest) -> HttpResponse:
    """Say what the order would cost, by the function that charges."""
    price = job_services.quote(kind=THUMBNAIL.name, params=_priced(request.GET.dict()))
    return render(request, "generation/studio.html#quote", {"quote": price})


@login_required
@require_safe
def queue(request: UserRequest) -> HttpResponse:
    """Say what is being made now."""
    return render(request, "generation/studio.html#queue", {"waiting": _waiting(request)})


@login_required
@require_safe
def job(request: UserRequest, job_id: UUID) -> HttpResponse:
    """Show a job: its picture, its times, its credits, what it was made of."""
    found = selectors.job_of(user=request.user, job_id=job_id)
    assets = list(selectors.assets_of_job(job=found))
    context = {"section": "studio", "job": found, "assets": assets}
    if found.remix_of_id:
        mine = selectors.chosen_assets_of(user=request.user, asset_ids=[found.remix_of_id])
        context["original"] = mine[0] if mine else None
    return render(request, "generation/job.html", context)


@login_required
@require_safe
def job_card(request: UserRequest, job_id: UUID) -> HttpResponse:
    """Answer a poll with the card as it is now; the last answer says to stop asking."""
    found = selectors.job_of(user=request.user, job_id=job_id)
    status = STOP_POLLING if found.is_final else HTTPStatus.OK
    return render(request, "generation/_job_poll.html", {"job": found}, status=status)


@login_required
@require_POST
def cancel_job(request: UserRequest, job_id: UUID) -> HttpResponse:
    """Cancel a job that waits, and say that its credits are back."""
    found = job_services.cancel(user=request.user, job_id=job_id)
    text = "Canceling as soon as the engine looks up."
    if found.is_final:
        text = f"Canceled. Credits returned: {found.released}."
    if not request.htmx:
        messages.success(request, text)
        return redirect("generation:job", found.pk)
    response = render(request, "generation/_job_poll.html", {"job": found})
    response["HX-Trigger"] = json.dumps({"visiona:toast": {"text": text}})
    return response


@login_required
@require_POST
def retry_job(request: UserRequest, job_id: UUID) -> HttpResponse:
    """Order the same again, at its own price."""
    found = selectors.job_of(user=request.user, job_id=job_id)
    try:
        again = job_services.retry(
            user=request.user, job_id=found.pk, request_id=request.request_id
        )
    except AppError as error:
        messages.error(request, error.detail)
        return _go_to_job(request, job_id)
    return _go_to_job(request, again.pk)


def _go_to_job(request: UserRequest, job_id: UUID) -> HttpResponse:
    if request.htmx:
        return HttpResponseClientRedirect(reverse("generation:job", args=[job_id]))
    return redirect("generation:job", job_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def photos(request: UserRequest) -> HttpResponse:
    """Show my photos, or take more of them from a form."""
    received = _receive(request) if request.method == "POST" else []
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


def _receive(request: UserRequest) -> list[dict[str, Any]]:
    """Take each file by itself: one that is refused does not hinder the others."""
    known = set(selectors.photos_of(user=request.user).values_list("pk", flat=True))
    received: list[dict[str, Any]] = []
    for file in request.FILES.getlist("photos"):
        told: dict[str, Any] = {"name": file.name}
        try:
            photo = photo_services.add_photo(user=request.user, upload=file)
        except AppError as error:
            told["problem"] = error.detail
        else:
            told |= {"photo": photo, "is_known": photo.pk in known}
        received.append(told)
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
