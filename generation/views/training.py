"""The wizard that trains a clone: photos, details, review; what was said travels in the forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.http import UserRequest
from generation import forms, selectors
from generation.catalog import LEAST_CLONE_PHOTOS, MOST_CLONE_PHOTOS, TRAINING
from generation.forms import LearnForm, TrainingForm
from generation.models import Asset, Consent
from generation.services import coaching, consents, trainings, triggers
from generation.services import jobs as job_services
from generation.services.coaching import Judgment, Readiness
from generation.services.files import PORTRAIT
from generation.views.photos import receive
from visiona.lib.errors import AppError, InvalidInput

PHOTOS_SHOWN = 60
STEPS = ("Photos", "Details", "Review", "Training")


@dataclass(frozen=True, slots=True)
class Tile:
    """A photo to choose, what it is worth, and which of the chosen ones it is."""

    photo: Asset
    judgment: Judgment | None
    number: int = 0


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def choose_photos(request: UserRequest) -> HttpResponse:
    """Choose the photos that a clone is to learn from, and see what each is worth."""
    if request.method == "POST":
        return _chosen(request)
    photo_ids, subject = LearnForm(request.GET).asked()
    return _photos_step(request, photo_ids, subject)


def _chosen(request: UserRequest) -> HttpResponse:
    """Take files that came along, then go on, or show the step again with what is in the way."""
    received = receive(request)
    photo_ids, subject = LearnForm(request.POST).asked()
    photo_ids = [*photo_ids, *(told["photo"].pk for told in received if "photo" in told)]
    if any(told["problem"] for told in received):
        return _photos_step(request, photo_ids, subject, received=received)
    if received or "check" in request.POST:
        return redirect(_address("new_clone", photo_ids, subject))
    chosen = _mine(request, photo_ids)
    found = trainings.readiness(user=request.user, photo_ids=chosen, subject=subject)
    if not found.is_ready:
        problem = found.missing[0] if found.missing else trainings.NAMELESS
        return _photos_step(request, photo_ids, subject, problem=problem)
    return redirect(_address("clone_details", chosen, subject))


def _address(name: str, photo_ids: Sequence[UUID | str], subject: str) -> str:
    told = urlencode({"subject": subject, "photo_ids": list(map(str, photo_ids))}, doseq=True)
    return f"{reverse(f'generation:{name}')}?{told}"


def _photos_step(
    request: UserRequest,
    photo_ids: Sequence[UUID | str],
    subject: str,
    *,
    received: Sequence[dict[str, Any]] = (),
    problem: str = "",
) -> HttpResponse:
    mine = list(selectors.photos_of(user=request.user)[:PHOTOS_SHOWN])
    shown = {photo.pk for photo in mine}
    older = [one for one in map(str, photo_ids) if UUID(one) not in shown]
    mine += selectors.photos_of(user=request.user).filter(pk__in=older)
    wanted = set(map(str, photo_ids))
    chosen = [str(photo.pk) for photo in mine if str(photo.pk) in wanted]
    readiness = trainings.readiness(user=request.user, photo_ids=chosen, subject=subject)
    context = {
        **_frame(request, "Photos"),
        "subject": subject,
        "subjects": forms.choices_of(TRAINING, "subject"),
        "tiles": _tiles(mine, chosen, readiness, subject),
        "chosen": chosen,
        "readiness": readiness,
        "received": received,
        "problem": problem,
    }
    has_failed = problem or any(told["problem"] for told in received)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if has_failed else HTTPStatus.OK
    template = "clones/photos.html#set" if request.htmx else "clones/photos.html"
    return render(request, template, context, status=status)


def _frame(_request: UserRequest, step: str) -> dict[str, Any]:
    """Return what every step shows: where it is, and the bounds of a set."""
    now = STEPS.index(step)
    steps = [
        (words, "done" if number < now else "now" if number == now else "")
        for number, words in enumerate(STEPS)
    ]
    bounds = {"least": LEAST_CLONE_PHOTOS, "most": MOST_CLONE_PHOTOS}
    return {"section": "clones", "steps": steps, **bounds}


def _tiles(
    photos: Sequence[Asset], chosen: Sequence[str], readiness: Readiness, subject: str
) -> list[Tile]:
    """Return all photos; the chosen ones are judged beside each other, the rest by themselves."""
    judged = dict(zip(chosen, readiness.judgments, strict=True))
    tiles = []
    for photo in photos:
        key = str(photo.pk)
        if key in judged:
            tiles.append(Tile(photo, judged[key], chosen.index(key) + 1))
        else:
            measures = photo.facts.get(PORTRAIT)
            worth = coaching.judge(measures=measures, subject=subject) if measures else None
            tiles.append(Tile(photo, worth))
    return tiles


def _mine(request: UserRequest, photo_ids: Sequence[UUID | str]) -> list[str]:
    """Return those of the photos that are still there, newest first, as the step shows them."""
    there = selectors.photos_of(user=request.user).filter(pk__in=photo_ids)
    return [str(photo.pk) for photo in there]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: UserRequest) -> HttpResponse:
    """Ask for the clone's name and for consent; show what was said for review."""
    if request.method != "POST":
        return _begin_details(request)
    if "edit" in request.POST:
        return _details_step(request, TrainingForm(initial=_typed(request)))
    form = TrainingForm(request.POST)
    if form.is_valid():
        _check_word(request, form)
    if form.errors:
        return _details_step(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _review_step(request, form)


def _begin_details(request: UserRequest) -> HttpResponse:
    photo_ids, subject = LearnForm(request.GET).asked()
    chosen = _mine(request, photo_ids)
    found = trainings.readiness(user=request.user, photo_ids=chosen, subject=subject)
    if not found.is_ready:
        return redirect(_address("new_clone", chosen, subject))
    pictured = Consent.Pictured.ME if subject == "person" else Consent.Pictured.NOBODY
    initial = {
        **TRAINING.defaults,
        "subject": subject,
        "pictured": pictured,
        "photo_ids": chosen,
        "trigger_word": triggers.suggest(user=request.user),
        "submission": forms.new_submission(),
    }
    return _details_step(request, TrainingForm(initial=initial))


def _typed(request: UserRequest) -> dict[str, Any]:
    return forms.as_typed(TrainingForm, request.POST)


def _check_word(request: UserRequest, form: TrainingForm) -> None:
    """Say now what the order would be refused for."""
    word = form.cleaned_data["trigger_word"]
    if not word:
        return
    try:
        triggers.checked(user=request.user, word=word)
    except InvalidInput as error:
        form.add_error(triggers.FIELD, error.errors[0].detail)


def _details_step(
    request: UserRequest, form: TrainingForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {
        **_frame(request, "Details"),
        "form": form,
        "chosen": [str(one) for one in form["photo_ids"].value() or ()],
        "agreements": [
            (value, label, consents.agreement(pictured=value))
            for value, label in Consent.Pictured.choices
        ],
        "back": _address("new_clone", form["photo_ids"].value() or (), form["subject"].value()),
    }
    return render(request, "clones/details.html", context, status=status)


def _review_step(
    request: UserRequest, form: TrainingForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    params = form.params()
    chosen = _mine(request, params["photo_ids"])
    photos = selectors.chosen_photos_of(user=request.user, photo_ids=chosen)
    found = trainings.readiness(user=request.user, photo_ids=chosen, subject=params["subject"])
    context = {
        **_frame(request, "Review"),
        "form": form,
        "typed": [(name, form.cleaned_data[name]) for name in form.ORDERED],
        "chosen": chosen,
        "tiles": _tiles(photos, chosen, found, params["subject"]),
        "readiness": found,
        "agreement": consents.agreement(pictured=params["pictured"]),
        "quote": job_services.quote(kind=TRAINING.name, params=params, user=request.user),
        "provider": job_services.provider_of(kind=TRAINING.name),
        "retention_days": consents.RETENTION_DAYS,
    }
    return render(request, "clones/review.html", context, status=status)


@login_required
@require_POST
def train(request: UserRequest) -> HttpResponse:
    """Order the training, or show the step at which it was refused."""
    form = TrainingForm(request.POST)
    if not form.is_valid():
        return _details_step(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        job = job_services.submit(
            user=request.user,
            kind=TRAINING.name,
            params=form.params(),
            request_id=request.request_id,
            idempotency_key=form.idempotency_key(),
        )
    except InvalidInput as error:
        return _refused(request, form, error)
    except AppError as error:
        form.add_error(None, error.detail)
        return _review_step(request, form, status=error.status)
    return redirect("generation:clone", job.clone_id)


def _refused(request: UserRequest, form: TrainingForm, error: InvalidInput) -> HttpResponse:
    about_photos = next((one for one in error.errors if one.field == "photo_ids"), None)
    if about_photos:
        params = form.params()
        return _photos_step(
            request, params["photo_ids"], params["subject"], problem=about_photos.detail
        )
    for one in error.errors:
        form.add_error(one.field if one.field in form.fields else None, one.detail)
    return _details_step(request, form, status=error.status)
