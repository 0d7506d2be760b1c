"""The studio: order what it makes, see what is being made."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest
from generation import catalog, forms, selectors
from generation.catalog import KINDS, MAX_PRODUCT_PHOTOS, THUMBNAIL, Kind
from generation.forms import FORMS, LikenessForm, OrderForm, ProductForm
from generation.models import Asset, Clone, Job
from generation.services import jobs as job_services
from generation.services import photos as photo_services
from generation.services import prompts as prompt_services
from generation.views import beginnings
from visiona.lib import ratelimit
from visiona.lib.errors import AppError, InvalidInput

RECENT_JOBS = 12
RECENT_PHOTOS = 11
QUEUE_SHOWN = 12
PROJECTS_SHOWN = 100
CLONES_SHOWN = 20
HEADINGS = {
    "image": "Make an image",
    "thumbnail": "Make a thumbnail",
    "product_ad": "Make product ads",
    "video": "Make a video",
}
INVITATIONS = {
    "image": "Say above what the picture is to show and press Generate. It develops here.",
    "thumbnail": "Give it a title above and press Generate. It develops here in seconds.",
    "product_ad": "Add a photo of your product and press Generate. Four formats come out of it.",
    "video": "Add a photo of your product and press Generate. Watch the film come together here.",
}
EXAMPLES = {
    "image": (
        "Red sneakers on wet asphalt at night",
        "A lighthouse in a storm, oil painting",
        "Misty mountains at dawn, seen from above",
    ),
    "thumbnail": ("I lived on Mars for 30 days", "5 bread mistakes", "Why cats always win"),
}
PRICED = ("count", "clone_id", "pack")
"""The fields on which a price depends."""
CALLED_AT = ("photo_ids", "photos")
"""What the service says about photos stands where photos are chosen."""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def studio(request: UserRequest, kind: str = "") -> HttpResponse:
    """Show a composer over what was made last, or take its order."""
    if kind and kind not in FORMS:
        raise Http404
    if request.method == "POST":
        return _order(request, KINDS[kind or THUMBNAIL.name])
    borrowed = beginnings.borrowed(request)
    wanted = KINDS[kind or borrowed.get("kind") or beginnings.last_used(request)]
    initial = beginnings.initial(request, wanted, borrowed)
    return _studio(request, FORMS[wanted.name](initial=initial))


def _order(request: UserRequest, kind: Kind) -> HttpResponse:
    form = FORMS[kind.name](request.POST, request.FILES)
    if not form.is_valid():
        return _studio(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    taken: list[UUID] = []
    try:
        for upload in form.uploads:
            photo = photo_services.add_photo(user=request.user, upload=upload)
            taken.append(photo.pk)
        job = job_services.submit(
            user=request.user,
            kind=kind.name,
            params=form.params(taken),
            request_id=request.request_id,
            idempotency_key=form.idempotency_key(),
            remix_of=form.cleaned_data["remix_of"],
        )
    except AppError as error:
        return _refused(request, form, error, taken)
    if not request.htmx:
        return redirect("generation:job", job.pk)
    return _accepted(request, form, job, taken)


def _accepted(request: UserRequest, form: OrderForm, job: Job, taken: list[UUID]) -> HttpResponse:
    context = {
        "job": job,
        "kind": form.kind,
        "form": type(form)(initial={"submission": forms.new_submission()}),
        "quote": job_services.quote(kind=job.kind, params=job.params, user=request.user),
        **_photos(request, form, taken),
    }
    response = render(
        request, "generation/studio.html#accepted", context, status=HTTPStatus.ACCEPTED
    )
    # A quote asked for before the order may arrive after it: have it asked for again.
    response["HX-Trigger"] = "visiona:ordered"
    return response


def _refused(
    request: UserRequest, form: OrderForm, error: AppError, taken: list[UUID]
) -> HttpResponse:
    """Show the order again, with what is wrong at its field or beside the button."""
    at_photos = "photos" if "photos" in form.fields else "photo"
    if isinstance(error, InvalidInput):
        for one in error.errors:
            field = at_photos if one.field in CALLED_AT and at_photos in form.fields else one.field
            form.add_error(field if field in form.fields else None, one.detail)
    elif len(taken) < len(form.uploads):
        form.add_error(at_photos, error.detail)
    else:
        form.add_error(None, ValidationError(error.detail, code=error.code))
    return _studio(request, form, status=error.status, taken=taken)


def _studio(
    request: UserRequest,
    form: OrderForm,
    *,
    status: int = 200,
    taken: Sequence[UUID] = (),
    focus: str = "",
) -> HttpResponse:
    kind = form.kind
    told = {name: form[name].value() for name in PRICED if name in form.fields}
    context = {
        "section": "studio",
        "kind": kind,
        "fields": f"generation/composers/{kind.name}.html#fields",
        "preview": f"generation/composers/{kind.name}.html#preview",
        "form": form,
        "focus": focus,
        **_offer(request, kind, told),
        "remixed": _remixed(request, form),
        "projects": _projects(request, form),
        **_clones(request, form),
        **_photos(request, form, taken),
    }
    if request.htmx:
        return render(request, "generation/studio.html#composer", context, status=status)
    recent = list(selectors.jobs_of(user=request.user)[:RECENT_JOBS])
    made = selectors.assets_of_jobs(jobs=recent)
    context["cards"] = [{"job": job, "assets": made[job.pk]} for job in recent]
    context |= {
        "tabs": _tabs(kind),
        "heading": HEADINGS[kind.name],
        "invitation": INVITATIONS[kind.name],
        "waiting": _waiting(request),
        "examples": EXAMPLES.get(kind.name, ()),
    }
    return render(request, "generation/studio.html", context, status=status)


def _tabs(current: Kind) -> list[tuple[str, str, bool]]:
    return [
        (kind.label, reverse("generation:studio", args=[kind.name]), kind is current)
        for kind in map(KINDS.__getitem__, FORMS)
    ]


def _offer(request: UserRequest, kind: Kind, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the order as it stands would cost, and who would make it."""
    clone = _ready_clone(request, told.get("clone_id"))
    params = forms.priced(kind, {**told, "clone_id": clone and clone.pk})
    if clone:
        params["clone_id"] = str(clone.pk)
    return {
        "quote": job_services.quote(kind=kind.name, params=params, user=request.user),
        "provider": clone.provider if clone else job_services.provider_of(kind=kind.name),
        "shown": clone,
    }


def _ready_clone(request: UserRequest, clone_id: Any) -> Clone | None:
    """Return the clone of mine that is to be seen, if there is one that can be."""
    wanted = _as_id(str(clone_id or ""))
    if wanted is None:
        return None
    return selectors.ready_clones_of(user=request.user).filter(pk=wanted).first()


def _clones(request: UserRequest, form: OrderForm) -> dict[str, Any]:
    """Return the clones that can be seen, with the picture of each and which are chosen."""
    if not isinstance(form, LikenessForm):
        return {}
    ready = list(selectors.ready_clones_of(user=request.user)[:CLONES_SHOWN])
    covers = selectors.covers_of(user=request.user, clones=ready)
    return {
        "clones": [(clone, covers.get(clone.pk)) for clone in ready],
        "packs": catalog.packs_on_offer(),
        **{
            name: str(form[name].value() or "")
            for pair in form.SHOWN
            for name in pair
            if name.endswith("_id")
        },
    }


def _waiting(request: UserRequest) -> list[Job]:
    """Return what is being made, in the order in which it was asked for."""
    return list(reversed(selectors.unfinished_jobs_of(user=request.user)[:QUEUE_SHOWN]))


def _remixed(request: UserRequest, form: OrderForm) -> Asset | None:
    """Return the picture that this order begins from."""
    try:
        remixed = UUID(str(form["remix_of"].value()))
    except ValueError:
        return None
    mine = selectors.chosen_assets_of(user=request.user, asset_ids=[remixed])
    return mine[0] if mine else None


def _projects(request: UserRequest, form: OrderForm) -> list[tuple[str, str, bool]]:
    """Return the projects to choose from, each with whether it is the chosen one."""
    chosen = str(form["project_id"].value() or "")
    mine = list(selectors.projects_of(user=request.user)[:PROJECTS_SHOWN])
    return [(str(one.pk), one.name, str(one.pk) == chosen) for one in mine]


def _photos(request: UserRequest, form: OrderForm, taken: Sequence[UUID]) -> dict[str, Any]:
    """Return the latest photos to choose from, and always those that are chosen."""
    chosen = [*map(str, taken), *_chosen(form)]
    mine = selectors.photos_of(user=request.user)
    latest = list(mine[:RECENT_PHOTOS])
    shown = {str(photo.pk) for photo in latest}
    missing = [one for one in map(_as_id, chosen) if one and str(one) not in shown]
    if missing:
        older = list(mine.filter(pk__in=missing))
        latest = [*older, *latest[: max(0, RECENT_PHOTOS - len(older))]]
    there = {str(photo.pk) for photo in latest}
    chosen = [one for one in chosen if one in there]
    main = str(form["main_photo"].value() or "") if "main_photo" in form.fields else ""
    return {
        "photos": latest,
        "chosen_photos": chosen,
        "main_photo": main if main in chosen else next(iter(chosen), ""),
        "most_photos": MAX_PRODUCT_PHOTOS,
    }


def _chosen(form: OrderForm) -> list[str]:
    if isinstance(form, ProductForm):
        return [str(one) for one in form["photo_ids"].value() or ()]
    chosen = form["photo_id"].value() if "photo_id" in form.fields else None
    return [str(chosen)] if chosen else []


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@login_required
@require_safe
def quote(request: UserRequest, kind: str) -> HttpResponse:
    """Say what the order would cost, by the function that charges."""
    if kind not in FORMS:
        raise Http404
    told = {name: request.GET.get(name) for name in PRICED}
    context = {"kind": KINDS[kind], **_offer(request, KINDS[kind], told)}
    return render(request, "generation/studio.html#priced", context)


@login_required
@require_safe
def queue(request: UserRequest) -> HttpResponse:
    """Say what is being made now."""
    return render(request, "generation/studio.html#queue", {"waiting": _waiting(request)})


@transaction.non_atomic_requests  # none waits for who writes
@login_required
@require_POST
def enhance(request: UserRequest) -> HttpResponse:
    """Show the image's prompt made better beside the person's own, or without it again."""
    typed = forms.as_typed(forms.ImageForm, request.POST)
    prompt = str(typed["prompt"] or "").strip()
    typed["enhanced_prompt"] = ""
    if prompt and "undo" not in request.POST:
        ratelimit.admit(rule="enhance", key=request.user.pk)
        better = prompt_services.enhance(
            user_id=request.user.pk,
            prompt=prompt[: catalog.MAX_IMAGE_PROMPT],
            kind="image",
            clone=_ready_clone(request, typed["clone_id"]),
        )
        typed["enhanced_prompt"] = better.enhanced_prompt
    focus = "enhanced_prompt" if typed["enhanced_prompt"] else "prompt"
    return _studio(request, forms.ImageForm(initial=typed), focus=focus)
