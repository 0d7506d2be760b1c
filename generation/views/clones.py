"""Clones: see them, make pictures with them, train them again, take them back."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.http import UserRequest
from generation import catalog, forms, selectors
from generation.catalog import IMAGE, PROOF, TRAINING
from generation.forms import CloneNameForm, PackForm, RemovalForm
from generation.models import Asset, Clone, Job
from generation.services import clones as clone_services
from generation.services import jobs as job_services
from visiona.lib.errors import AppError, NotFound

LATEST_PICTURES = 8
RENAMED = "The clone has its new name."
AGAIN = "It costs {price} credits, which come back if it fails again."
TRAINED_AGAIN = "The training has begun again."


@login_required
@require_safe
def clones(request: UserRequest) -> HttpResponse:
    """Show my clones: how each stands, what was made with it."""
    mine = list(selectors.clones_of(user=request.user))
    covers = selectors.covers_of(user=request.user, clones=mine)
    counts = _counts(request, mine)
    cards = [
        {"clone": clone, "cover": covers.get(clone.pk), "count": counts.get(clone.pk, 0)}
        for clone in mine
    ]
    return render(request, "clones/clones.html", {"section": "clones", "cards": cards})


def _counts(request: UserRequest, mine: list[Clone]) -> dict[UUID | None, int]:
    """Count what was made with each clone; its proof shots were not asked for."""
    made = selectors.assets_of(user=request.user).filter(clone_id__in=[one.pk for one in mine])
    return dict(_ordered(made).order_by().values_list("clone_id").annotate(Count("pk")))


def _ordered(made: QuerySet[Asset]) -> QuerySet[Asset]:
    """Return those that somebody asked for: all but the proof shots."""
    return made.exclude(params__contains={"pack": PROOF.name})


@login_required
@require_safe
def clone(request: UserRequest, clone_id: UUID) -> HttpResponse:
    """Show a clone: its training while that goes on, then all that can be done with it."""
    try:
        found = selectors.clone_of(user=request.user, clone_id=clone_id)
    except NotFound as error:
        return _gone(request, clone_id, error)
    return _clone(request, found)


def _gone(request: UserRequest, clone_id: UUID, error: NotFound) -> HttpResponse:
    """Say what became of a clone that was mine; any other is not found."""
    removal = selectors.removals_of(user=request.user).filter(clone_id=clone_id).first()
    if removal is None:
        raise error
    context = {"section": "clones", "removal": removal, "words": error.detail}
    return render(request, "clones/gone.html", context, status=error.status)


def _clone(
    request: UserRequest,
    found: Clone,
    *,
    name_form: CloneNameForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context: dict[str, Any] = {
        "section": "clones",
        "clone": found,
        "job": found.job,
        "name_form": name_form or CloneNameForm(initial={"name": found.name}),
        "consent": selectors.consents_of(user=request.user).filter(clone_id=found.pk).first(),
        "cover": selectors.covers_of(user=request.user, clones=[found]).get(found.pk),
    }
    if found.status == Clone.Status.FAILED:
        context["again_text"] = AGAIN.format(price=_training_price(request))
    if found.is_ready:
        context |= _ready(request, found)
    return render(request, "clones/clone.html", context, status=status)


def _training_price(request: UserRequest) -> int:
    return job_services.quote(kind=TRAINING.name, params={}, user=request.user).price


def _ready(request: UserRequest, found: Clone) -> dict[str, Any]:
    """Return what there is of a clone that pictures can be made with."""
    made = selectors.assets_of_clone(user=request.user, clone=found)
    made = _ordered(made)
    return {
        "proof": list(selectors.proof_of(user=request.user, clone=found)),
        "proof_job": _proof_job(request, found),
        "pictures": list(made[:LATEST_PICTURES]),
        "count": made.count(),
        "packs": [(pack, _pack_price(request, found, pack)) for pack in catalog.packs_on_offer()],
        "submission": forms.new_submission(),
    }


def _proof_job(request: UserRequest, found: Clone) -> Job | None:
    """Return the job of the proof shots, as long as it has not brought them."""
    mine = selectors.jobs_of(user=request.user).filter(clone_id=found.pk)
    last = mine.filter(params__training_id=str(found.job_id)).first()
    return last if last and last.status != Job.Status.SUCCEEDED else None


def _pack_price(request: UserRequest, found: Clone, pack: catalog.Pack) -> int:
    params = {"pack": pack.name, "clone_id": str(found.pk)}
    return job_services.quote(kind=IMAGE.name, params=params, user=request.user).price


@login_required
@require_POST
def rename_clone(request: UserRequest, clone_id: UUID) -> HttpResponse:
    """Give a clone another name."""
    found = selectors.clone_of(user=request.user, clone_id=clone_id)
    form = CloneNameForm(request.POST)
    form.is_valid()
    try:
        clone_services.rename(
            user=request.user, clone_id=found.pk, name=form.cleaned_data.get("name", "")
        )
    except AppError as error:
        form.add_error("name", error.detail)
        return _clone(request, found, name_form=form, status=error.status)
    messages.success(request, RENAMED)
    return redirect("generation:clone", found.pk)


@login_required
@require_POST
def retrain_clone(request: UserRequest, clone_id: UUID) -> HttpResponse:
    """Train a clone again: once for nothing where it is no good likeness."""
    found = selectors.clone_of(user=request.user, clone_id=clone_id)
    try:
        job_services.retrain(user=request.user, clone_id=found.pk, request_id=request.request_id)
    except AppError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, TRAINED_AGAIN)
    return redirect("generation:clone", found.pk)


@login_required
@require_POST
def order_pack(request: UserRequest, clone_id: UUID) -> HttpResponse:
    """Order a pack of pictures of a clone, or the chosen ones of it once more."""
    found = selectors.clone_of(user=request.user, clone_id=clone_id)
    form = PackForm(request.POST)
    if not form.is_valid():
        problems = [str(problem) for at in form.errors.values() for problem in at]
        messages.error(request, problems[0])
        return _back(request, found)
    try:
        job = job_services.submit(
            user=request.user,
            kind=IMAGE.name,
            params=form.params() | {"clone_id": str(found.pk)},
            request_id=request.request_id,
            idempotency_key=form.idempotency_key(),
        )
    except AppError as error:
        messages.error(request, error.detail)
        return _back(request, found)
    return redirect("generation:job", job.pk)


def _back(request: UserRequest, found: Clone) -> HttpResponse:
    """Go back to where the order was made: the page of an earlier one, or the clone's."""
    try:
        job = selectors.job_of(user=request.user, job_id=UUID(request.POST.get("job", "")))
    except (ValueError, AppError):
        return redirect("generation:clone", found.pk)
    return redirect("generation:job", job.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_clone(request: UserRequest, clone_id: UUID) -> HttpResponse:
    """Ask for the name of the clone, then take it away from everywhere."""
    found = selectors.clone_of(user=request.user, clone_id=clone_id)
    status = HTTPStatus.OK
    form = RemovalForm(called=found.name)
    if request.method == "POST":
        form = RemovalForm(request.POST, called=found.name)
        if form.is_valid():
            removal = clone_services.remove(
                user=request.user,
                clone_id=found.pk,
                with_pictures=form.cleaned_data["with_pictures"],
            )
            return redirect("generation:receipt", removal.pk)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _leave(request, "clones/delete.html", found, form=form, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_consent(request: UserRequest, clone_id: UUID) -> HttpResponse:
    """Say what taking a consent back does, then do it."""
    found = selectors.clone_of(user=request.user, clone_id=clone_id)
    if request.method == "POST":
        removal = clone_services.withdraw(user=request.user, clone_id=found.pk)
        return redirect("generation:receipt", removal.pk)
    return _leave(request, "clones/withdraw.html", found)


def _leave(
    request: UserRequest,
    template: str,
    found: Clone,
    *,
    form: RemovalForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    made = selectors.assets_of_clone(user=request.user, clone=found)
    context = {
        "section": "clones",
        "clone": found,
        "form": form,
        "count": _ordered(made).count(),
    }
    return render(request, template, context, status=status)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def receipt(request: UserRequest, removal_id: UUID) -> HttpResponse:
    """Show from where a clone has been taken away, and what is still to do."""
    removal = selectors.removal_of(user=request.user, removal_id=removal_id)
    template = "clones/receipt.html#receipt" if request.htmx else "clones/receipt.html"
    return render(request, template, {"section": "clones", "removal": removal})
