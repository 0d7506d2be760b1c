"""Put jobs and their parts into words for people."""

import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.contrib.auth.base_user import AbstractBaseUser

from generation import selectors
from generation.catalog import KINDS, PACKS
from generation.forms import LABELS
from generation.models import Asset, Clone, Job

register = template.Library()

PROVIDERS = {
    "local": "Local engine",
    "replicate": "Replicate",
    "gemini": "Gemini",
    "openai": "OpenAI",
}
MADE_HERE = "Local preview engine: composed on this server, no AI model paints it."
KIND_ICONS = {
    "image": "image",
    "thumbnail": "captions",
    "product_ad": "megaphone",
    "video": "clapperboard",
    "training": "scan-face",
}
ENDINGS = {
    "succeeded": "ready",
    "partial": "ready in part",
    "failed": "failed",
    "canceled": "canceled",
}
WHY_RETURNED = {
    "partial": "only part of it could be made",
    "failed": "the job failed",
    "canceled": "it was canceled",
}
STRONG = re.compile(
    r"free|best|worst|secret|never|always|stop|new|fast|easy|ultimate|truth|why|how|top|win|money|ai"
    r"|.*\d.*",
    re.IGNORECASE,
)


@register.simple_tag
def job_assets(job: Job, known: Any = "") -> list[Asset]:
    """Return what a job made; the view may have read it for many jobs at once."""
    if isinstance(known, list):
        return known
    return list(selectors.assets_of_job(job=job)) if job.is_final else []


@register.simple_tag
def jobs_by_id(user: AbstractBaseUser, rows: Iterable[Any], name: str) -> dict[str, Job]:
    """Return the jobs that the rows name, in one query."""
    wanted = {str(getattr(row, name)) for row in rows if getattr(row, name)}
    if not wanted:
        return {}
    return {str(job.pk): job for job in selectors.jobs_of(user=user).filter(pk__in=wanted)}  # type: ignore[arg-type] # the signed-in user is ours


@register.filter
def lookup(found: dict[str, Any], key: object) -> Any:
    """Return the value under a key, or None."""
    return found.get(str(key))


@register.filter
def title_of(job: Job) -> str:
    """Name a job; a pack that nobody named is called by its label."""
    pack = PACKS.get(job.params.get("pack", ""))
    return job.title or (pack.label if pack else KINDS[job.kind].label)


@register.filter
def say(job: Job) -> str:
    """Say where a job stands, as a screen reader should hear it."""
    title = title_of(job)
    if job.status == "queued":
        return f"“{title}” is waiting for its turn."
    if job.status == "running":
        return f"“{title}”: {job.stage}."
    returned = f" Credits returned: {job.released}." if job.released else ""
    return f"“{title}” is {ENDINGS.get(job.status, job.status)}.{returned}".replace(
        "is failed", "failed"
    )


@register.filter
def provider_name(provider: str) -> str:
    """Name who made it."""
    return PROVIDERS.get(provider, provider.replace("_", " ").capitalize())


@register.filter
def provider_note(provider: str) -> str:
    """Say in a sentence who makes it, and how."""
    return MADE_HERE if provider == "local" else f"Made by {provider_name(provider)}."


@register.filter
def clone_note(clone: Clone) -> str:
    """Say in a sentence who shows a clone, and what they are sent."""
    if clone.is_local:
        return "Local profile: your own photos, cut out and set into scenes on this server."
    name = provider_name(clone.provider)
    return f"Made by {name} with your private model there. Your prompt is sent to it."


@register.filter
def kind_icon(kind: str) -> str:
    """Name the icon of a kind of job."""
    return KIND_ICONS.get(kind, "image")


@register.filter
def stage_in_words(stage: str) -> str:
    """Write a stage as a line of its own."""
    return f"{stage[:1].upper()}{stage[1:]}"


@register.filter
def why_returned(job: Job | None) -> str:
    """Say why a job's credits came back."""
    return WHY_RETURNED.get(job.status, "") if job else ""


@register.filter
def label_of(value: str | None, option: str) -> str:
    """Return the label of an option's value; nothing where the order has no such option."""
    return LABELS[option].get(value, value.capitalize()) if value else ""


@register.filter
def signed(amount: int) -> str:
    """Write an amount with its sign; a true minus, which is as wide as the plus."""
    return f"{amount:+d}".replace("-", "\N{MINUS SIGN}")


@register.filter
def magnitude(amount: int) -> int:
    """Drop the sign."""
    return abs(amount)


@register.filter
def sketch_words(title: str) -> list[tuple[str, bool]]:
    """Split a title into words and whether the sketch should stress them."""
    words = title.split()
    strong = {word for word in words if STRONG.fullmatch(word.strip(".,:;!?"))}
    strong = strong or {max(words, key=len, default="")}
    return [(word, word in strong) for word in words]


@register.filter
def file_size(size: int) -> str:
    """Write bytes as people read them."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} kB"
