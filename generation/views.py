"""The studio: order a thumbnail, watch it develop, cancel it, try it again."""

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
from generation.forms import QuoteForm, ThumbnailForm, new_submission
from generation.services import jobs as job_services
from generation.services import photos as photo_services
from visiona.lib.errors import AppError, InvalidInput

RECENT_JOBS = 12
RECENT_PHOTOS = 11
STOP_POLLING = 286


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def studio(request: UserRequest) -> HttpResponse:
    """Show the composer over what was made last, or take an order."""
    if request.method == "POST":
        return _order(request)
    return _studio(request, ThumbnailForm(initial=_initial(request)))


def _initial(request: UserRequest) -> dict[str, Any]:
    """Start from the defaults, or from the settings of a job of mine."""
    initial = {**THUMBNAIL.defaults, "submission": new_submission()}
    try:
        source = UUID(request.GET.get("from", ""))
    except ValueError:
        return initial
    params: dict[str, Any] = selectors.job_of(user=request.user, job_id=source).params
    return initial | params


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
        **_photos(request, form, photo_id),
    }
    if request.htmx:
        return render(request, "generation/studio.html#composer", context, status=status)
    recent = list(selectors.jobs_of(user=request.user)[:RECENT_JOBS])
    made = selectors.assets_of_jobs(jobs=recent)
    context["cards"] = [{"job": job, "assets": made[job.pk]} for job in recent]
    return render(request, "generation/studio.html", context, status=status)


def _photos(request: UserRequest, form: ThumbnailForm, photo_id: UUID | None) -> dict[str, Any]:
    chosen = photo_id or form["photo_id"].value() or ""
    photos = selectors.photos_of(user=request.user)[:RECENT_PHOTOS]
    return {"photos": photos, "chosen_photo": str(chosen)}


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
def job(request: UserRequest, job_id: UUID) -> HttpResponse:
    """Show a job: its picture, its times, its credits, what it was made of."""
    found = selectors.job_of(user=request.user, job_id=job_id)
    assets = list(selectors.assets_of_job(job=found))
    context = {"section": "studio", "job": found, "assets": assets}
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
