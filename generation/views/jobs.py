"""Jobs: watch one develop, cancel it, try it again."""

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import UserRequest
from generation import selectors
from generation.catalog import packs_on_offer
from generation.forms import new_submission
from generation.models import Asset, Job
from generation.services import jobs as job_services
from visiona.lib.errors import AppError, NotFound

STOP_POLLING = 286


@login_required
@require_safe
def job(request: UserRequest, job_id: UUID) -> HttpResponse:
    """Show a job: what it made, its times, its credits, what it was made of."""
    found = selectors.job_of(user=request.user, job_id=job_id)
    assets = list(selectors.assets_of_job(job=found))
    film = next((asset for asset in assets if asset.kind == Asset.Kind.VIDEO), None)
    context = {"section": "studio", "job": found, "assets": assets, "film": film}
    if found.project_id:
        projects = selectors.projects_of(user=request.user)
        context["project"] = projects.filter(pk=found.project_id).first()
    if found.remix_of_id:
        mine = selectors.chosen_assets_of(user=request.user, asset_ids=[found.remix_of_id])
        context["original"] = mine[0] if mine else None
    if found.clone_id:
        mine_too = selectors.clones_of(user=request.user)
        context["clone"] = mine_too.filter(pk=found.clone_id).first()
    if found.params.get("pack"):
        context |= _redoing(request, found)
    return render(request, "generation/job.html", context)


def _redoing(request: UserRequest, found: Job) -> dict[str, Any]:
    """Return what single pictures of a pack cost again; the proof shots are no pack to order."""
    if found.params["pack"] not in {pack.name for pack in packs_on_offer()}:
        return {}
    one = {"pack": found.params["pack"], "shots": [0], "clone_id": str(found.clone_id)}
    try:
        quote = job_services.quote(kind=found.kind, params=one, user=request.user)
    except NotFound:  # the clone is gone
        return {}
    return {"price_each": quote.price, "submission": new_submission()}


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


@login_required
@require_POST
def preview_job(request: UserRequest, job_id: UUID) -> HttpResponse:
    """Have this server make, for nothing, what a provider could not."""
    found = selectors.job_of(user=request.user, job_id=job_id)
    try:
        free = job_services.preview(
            user=request.user, job_id=found.pk, request_id=request.request_id
        )
    except AppError as error:
        messages.error(request, error.detail)
        return _go_to_job(request, job_id)
    return _go_to_job(request, free.pk)


def _go_to_job(request: UserRequest, job_id: UUID) -> HttpResponse:
    if request.htmx:
        return HttpResponseClientRedirect(reverse("generation:job", args=[job_id]))
    return redirect("generation:job", job_id)
