"""What an order begins with: the defaults, or what an earlier one was made of."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.http import UserRequest
from generation import chat_selectors, forms, selectors
from generation.catalog import IMAGE, THUMBNAIL, Kind
from generation.forms import FORMS
from generation.models import Project
from generation.views.proposals import order_of
from visiona.lib import markdown

SHOW_CLONES = ("clone_id", "extra_clone_id")


def last_used(request: UserRequest) -> str:
    """Return the kind of what was ordered last in the studio."""
    last = selectors.jobs_of(user=request.user).filter(kind__in=FORMS).first()
    return last.kind if last else THUMBNAIL.name


def borrowed(request: UserRequest) -> dict[str, Any]:
    """Return what another picture, job or project of mine was made of, if one is named."""
    found: dict[str, Any] = {}
    if project_id := _asked_id(request, "project"):
        project = selectors.project_of(user=request.user, project_id=project_id)
        found = _of_project(project)
    if remixed := _asked_id(request, "remix"):
        asset = selectors.asset_of(user=request.user, asset_id=remixed)
        alone = {name: one for name, one in asset.params.items() if name not in {"pack", "shots"}}
        found = _of_order(asset.source, alone, asset.project_id) | {"remix_of": remixed}
    elif repeated := _asked_id(request, "from"):
        job = selectors.job_of(user=request.user, job_id=repeated)
        found = _of_order(job.kind, job.params, job.project_id)
    elif answer_id := _asked_id(request, "answer"):
        found = _of_answer(request, answer_id)
    if clone_id := _asked_id(request, "clone"):
        found = _of_clone(clone_id, found)
    return found


def _of_answer(request: UserRequest, answer_id: UUID) -> dict[str, Any]:
    """Begin with what an answer of the chat says: all of it, a block of it, or a proposal."""
    answer = chat_selectors.message_of(user=request.user, message_id=answer_id)
    card, block = (_asked_number(request, name) for name in ("card", "block"))
    if card is not None and card < len(answer.cards):
        proposed = answer.cards[card]
        return _of_order(proposed["kind"], order_of(proposed), None)
    text = answer.text if block is None else markdown.block_of(answer.text, number=block)
    return _of_order(IMAGE.name, {"prompt": text.strip()}, None)


def _asked_number(request: UserRequest, name: str) -> int | None:
    asked = request.GET.get(name, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else None


def _of_clone(clone_id: UUID, found: dict[str, Any]) -> dict[str, Any]:
    shown = {**found.get("params", {}), "clone_id": str(clone_id)}
    return {"kind": IMAGE.name, **found, "params": shown}


def _of_project(project: Project) -> dict[str, Any]:
    photo_ids = [str(one) for one in project.photo_ids]
    params = {
        "product_name": project.product_name or project.name,
        "description": project.prompt,
        "prompt": project.prompt,
        "photo_ids": photo_ids,
    }
    return {"params": params, "project_id": project.pk}


def _of_order(kind: str, params: Mapping[str, Any], project_id: UUID | None) -> dict[str, Any]:
    made = {"kind": kind} if kind in FORMS else {}
    return {**made, "params": params, "project_id": project_id}


def initial(request: UserRequest, kind: Kind, borrowed: Mapping[str, Any]) -> dict[str, Any]:
    """Start from the defaults, and from what was borrowed as far as it fits this kind."""
    initial = {**kind.defaults, "submission": forms.new_submission()}
    if borrowed:
        form = FORMS[kind.name]
        known = _still_there(request, form.borrowed(borrowed["params"]))
        initial |= _with_clones_there(request, known)
        initial |= {name: borrowed.get(name) for name in ("remix_of", "project_id")}
    return initial


def _with_clones_there(request: UserRequest, params: dict[str, Any]) -> dict[str, Any]:
    """Return the params without clones that were removed meanwhile, or cannot be seen now."""
    named = [params[name] for name in SHOW_CLONES if params.get(name)]
    ready = selectors.ready_clones_of(user=request.user).filter(pk__in=named)
    there = {str(clone.pk) for clone in ready} if named else set()
    return {
        name: one for name, one in params.items() if name not in SHOW_CLONES or str(one) in there
    }


def _asked_id(request: UserRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


def _still_there(request: UserRequest, params: dict[str, Any]) -> dict[str, Any]:
    """Return the params without photos that were deleted meanwhile."""
    named = [str(one) for one in (*params.get("photo_ids", ()), params.get("photo_id")) if one]
    there = {str(photo.pk) for photo in selectors.photos_of(user=request.user).filter(pk__in=named)}
    if "photo_ids" in params:
        return params | {"photo_ids": [one for one in named if one in there]}
    if "photo_id" in params:
        return params | {"photo_id": next((one for one in named if one in there), None)}
    return params
