"""Put clones, their consents and how they went away into words for people."""

from datetime import datetime
from typing import Any

from django import template
from django.contrib.auth.base_user import AbstractBaseUser

from generation import selectors
from generation.catalog import PACKS
from generation.forms import SUBJECTS
from generation.models import Asset, Clone, Job
from generation.providers import registry
from generation.providers.ports import Capability
from generation.templatetags.studio import provider_name
from visiona.lib import clock

register = template.Library()

LOCAL_TRAINING = (
    "Local profile: your own photos, cut out and set into scenes. No model is trained; connect "
    "Replicate for that."
)
DAY_SECONDS = 86_400
LEAST_MINUTE = 90
"""Seconds; less is said in seconds."""
BADGES = {
    "processing": ("Training", "info", "loader"),
    "ready": ("Ready", "success", "check"),
    "failed": ("Not trained", "error", "circle-alert"),
}
STATES = {"done": "Removed", "kept": "Kept", "waiting": "Still to do"}


@register.simple_tag
def clone_badge(clone: Clone) -> dict[str, str]:
    """Return a clone's status as components/_badge.html takes it."""
    text, kind, icon = BADGES[clone.status]
    return {"text": text, "kind": kind, "icon": icon}


@register.filter
def subject_name(subject: str) -> str:
    """Name what a clone is of."""
    return SUBJECTS.get(subject, subject.capitalize())


@register.filter
def trainer_note(provider: str) -> str:
    """Say who trains a clone, and what becomes of the photos there."""
    if provider == registry.LOCAL:
        return LOCAL_TRAINING
    return (
        f"{provider_name(provider)} trains a private model of your photos. They are sent there "
        "packed, and nobody else can use the model."
    )


@register.filter
def trainer_license(provider: str) -> str:
    """Name the license under which a provider's training gives its results."""
    if provider == registry.LOCAL:
        return ""
    return registry.offer_for(Capability.TRAINING, provider).license


@register.filter
def typical_time(provider: str) -> str:
    """Say how long a training usually takes."""
    if provider == registry.LOCAL:
        seconds = Job(kind="training", pieces=1, usual_seconds=0.0).expected_seconds
        return f"about {round(seconds)} seconds"
    return "about half an hour"


@register.filter
def time_left(job: Job) -> str:
    """Say how long a job will still take; nothing where that cannot be said."""
    left = job.eta_seconds
    if left is None:
        return ""
    return f"{left} s" if left < LEAST_MINUTE else f"{round(left / 60)} min"


@register.filter
def days_until(moment: datetime | None) -> int | None:
    """Count the days until a moment, the begun one too."""
    if moment is None:
        return None
    seconds = (moment - clock.now()).total_seconds()
    return max(0, -int(-seconds // DAY_SECONDS))


@register.filter
def place_state(state: str) -> str:
    """Say how a place of a receipt stands."""
    return STATES[state]


@register.filter
def place_time(moment: str) -> datetime | None:
    """Read the moment of a line of a receipt."""
    return datetime.fromisoformat(moment) if moment else None


@register.simple_tag
def shots_to_redo(job: Job, assets: list[Asset]) -> list[tuple[int, str, Asset | None]]:
    """Return the pictures of a pack's order: number in the pack, title, and what was made."""
    shots = PACKS[job.params["pack"]].shots if job.params.get("pack") in PACKS else ()
    ordered = job.params.get("shots") or range(len(shots))
    made = {asset.prompt: asset for asset in assets}
    return [(number, shots[number].title, made.get(shots[number].prompt)) for number in ordered]


@register.simple_tag
def clone_named(user: AbstractBaseUser, clone_id: Any) -> Clone | None:
    """Return the person's clone of this id, if it is still there."""
    if not clone_id:
        return None
    return selectors.clones_of(user=user).filter(pk=clone_id).first()  # type: ignore[arg-type] # the signed-in user is ours


@register.inclusion_tag("clones/_records.html")
def consents_and_receipts(user: Any) -> dict[str, Any]:
    """Show what a person agreed to for clones, and how clones of theirs went away."""
    mine = selectors.clones_of(user=user)
    names = {clone.pk: clone.name for clone in mine}
    removals = list(selectors.removals_of(user=user))
    gone = {one.clone_id: one.name for one in removals}
    consents = [
        (one, names.get(one.clone_id) or gone.get(one.clone_id, ""), one.clone_id in names)
        for one in selectors.consents_of(user=user)
    ]
    return {"consents": consents, "removals": removals}
