"""Put what a person is told into words and links."""

from typing import Any

from django import template
from django.urls import reverse

from generation import selectors
from generation.models import Notice

register = template.Library()

ICONS = {"clone_ready": "scan-face", "film_ready": "clapperboard"}


@register.simple_tag
def unseen_notices(user: Any) -> int:
    """Count what the person was told and has not looked at."""
    if not user.is_authenticated:
        return 0
    return selectors.notices_of(user=user).filter(seen_at=None).count()


def _is_gone(notice: Notice) -> bool:
    """Whether the words of a training went with its clone."""
    return notice.job.kind == "training" and not notice.job.params


@register.filter
def notice_icon(notice: Notice) -> str:
    """Name the icon of what is told."""
    return ICONS.get(notice.topic, "triangle-alert")


@register.filter
def notice_title(notice: Notice) -> str:
    """Say in a line what is told."""
    if _is_gone(notice):
        return "A clone that you have deleted since."
    title = f"“{notice.job.title}”" if notice.job.title else "A job of yours"
    if notice.topic in ICONS:
        return f"{title} is ready."
    if notice.job.status == "canceled":
        return f"{title} was canceled."
    words = "could not be finished in full" if notice.job.captured else "could not be finished"
    return f"{title} {words}."


@register.filter
def notice_text(notice: Notice) -> str:
    """Say what follows from it."""
    if _is_gone(notice):
        return "Nothing of it is left but its receipt, which you find under Privacy."
    if notice.topic == "clone_ready":
        return "Its proof shots show how good the likeness is. One retraining is free."
    if notice.topic == "film_ready":
        return "Play it, change its words, download it."
    job = notice.job
    returned = f"Credits returned: {job.released}." if job.released else ""
    return f"{job.error_detail} {returned}".strip()


@register.filter
def notice_address(notice: Notice) -> str:
    """Return the page where it can be looked at."""
    job = notice.job
    if _is_gone(notice):
        return reverse("accounts:privacy")
    if job.kind == "training":
        return reverse("generation:clone", args=[job.clone_id])
    return reverse("generation:job", args=[job.pk])
