"""Change what was made, for nothing: a thumbnail's title, an ad's words, a film's cut and sound."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import UserRequest
from gallery.forms import CopyForm, FilmForm, TitleForm
from gallery.views import asset as asset_page
from generation import selectors as generation_selectors
from generation.services import recuts, titles, wording
from visiona.lib.errors import AppError, InvalidInput, NotFound

if TYPE_CHECKING:
    from generation.models import Asset

TITLE_SET = "The title is set."
WORDS_SET = "The words are set."
ALL_WORDS_SET = "The words are set in all {count} formats."


@login_required
@require_POST
def retitle(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Set another title on a thumbnail: at once and for nothing."""
    form = TitleForm(request.POST)
    former = generation_selectors.asset_of(user=request.user, asset_id=asset_id).title
    if not form.is_valid():
        return _refused(request, asset_id, form)
    try:
        titles.retitle(user=request.user, asset_id=asset_id, title=form.cleaned_data["title"])
    except AppError as error:
        return _refused(request, asset_id, form, error)
    return _changed(request, asset_id, text=TITLE_SET, undo={"title": former})


@login_required
@require_POST
def reword(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Set other words on an ad, or on all formats of its set: at once and for nothing."""
    found = generation_selectors.asset_of(user=request.user, asset_id=asset_id)
    form = CopyForm(request.POST)
    if not form.is_valid():
        return _refused(request, asset_id, form)
    meant = _meant(found, is_whole_set=form.cleaned_data["whole_set"])
    former = [_copy_of(one) for one in meant]
    try:
        for one in meant:
            wording.reword(user=request.user, asset_id=one.pk, copy=form.copy())
    except AppError as error:
        return _refused(request, asset_id, form, error)
    text = WORDS_SET if len(meant) == 1 else ALL_WORDS_SET.format(count=len(meant))
    # One way back for all of them, where they all said the same before.
    undo = former[0] if all(one == former[0] for one in former) else None
    if undo and len(meant) > 1:
        undo |= {"whole_set": "on"}
    return _changed(request, asset_id, text=text, undo=undo)


def _meant(found: "Asset", *, is_whole_set: bool) -> list["Asset"]:
    siblings = generation_selectors.siblings_of(asset=found) if is_whole_set else []
    others = [one for one in siblings if one.pk != found.pk and one.plate]
    return [found, *others]


def _copy_of(asset: "Asset") -> dict[str, str]:
    copy = asset.facts.get("copy", {})
    return {name: copy.get(name, "") for name in CopyForm.WORDS}


@login_required
@require_POST
def recut(request: UserRequest, asset_id: UUID) -> HttpResponse:
    """Cut a film anew, with other words or sounds: a job of its own, for nothing."""
    found = generation_selectors.asset_of(user=request.user, asset_id=asset_id)
    form = FilmForm(request.POST, storyboard=found.facts.get("storyboard", {}))
    if not form.is_valid():
        return _refused(request, asset_id, form)
    try:
        job = recuts.recut(
            user=request.user,
            asset_id=asset_id,
            changes=form.changes(),
            request_id=request.request_id,
        )
    except AppError as error:
        return _refused(request, asset_id, form, error)
    if request.htmx:
        return HttpResponseClientRedirect(reverse("generation:job", args=[job.pk]))
    return redirect("generation:job", job.pk)


def _refused(
    request: UserRequest,
    asset_id: UUID,
    form: TitleForm | CopyForm | FilmForm,
    error: AppError | None = None,
) -> HttpResponse:
    """Show the page again, with what is wrong at its field."""
    if isinstance(error, NotFound):
        raise error
    if isinstance(error, InvalidInput):
        for one in error.errors:
            field = form.field_of(one.field)
            form.add_error(field, one.detail)
    elif error:
        form.add_error(form.field_of(""), error.detail)
    status = error.status if error else HTTPStatus.UNPROCESSABLE_ENTITY
    return asset_page.answer(request, asset_id, form=form, status=status)


def _changed(
    request: UserRequest, asset_id: UUID, *, text: str, undo: dict[str, str] | None
) -> HttpResponse:
    """Show the result as it is now, with one way back."""
    if not request.htmx:
        messages.success(request, text)
        return redirect("gallery:asset", asset_id)
    response = asset_page.answer(request, asset_id, undo=undo)
    notice = {"text": text, "undo": "#former button"} if undo else {"text": text}
    response["HX-Trigger"] = json.dumps({"visiona:toast": notice})
    return response
