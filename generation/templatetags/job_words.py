"""What a job page says of a job: what was ordered, what is done, what comes next."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import template

from generation.catalog import KINDS, PACKS
from generation.models import Job
from generation.templatetags.studio import label_of, stage_in_words

register = template.Library()

Row = tuple[str, str, bool]
"""A name, a value, whether the value is set as a figure."""
Step = tuple[str, datetime | None, str]
"""Words, when it was, and done, bad or neither: as components/_timeline.html takes them."""

YES_NO = {True: "Yes", False: "No"}
VOICES = {True: "Synthetic English voice", False: "None"}
SETTINGS: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "thumbnail": (
        ("style", "Style", False),
        ("color_scheme", "Colors", False),
        ("aspect_ratio", "Shape", True),
        ("count", "Variants", True),
        ("text_overlay", "Title in the picture", False),
        ("photo_id", "Photo", False),
    ),
    "image": (
        ("aspect_ratio", "Shape", True),
        ("count", "Pictures", True),
        ("seed", "Seed", True),
    ),
    "product_ad": (
        ("style", "Style", False),
        ("formats", "Formats", True),
        ("headline", "Headline", False),
        ("call_to_action", "Call to action", False),
        ("photo_ids", "Photos", True),
    ),
    "video": (
        ("seconds", "Length", True),
        ("quality", "Quality", True),
        ("aspect_ratio", "Shape", True),
        ("captions", "Captions", False),
        ("music", "Music", False),
        ("voice", "Voice-over", False),
        ("photo_ids", "Photos", True),
    ),
    "training": (
        ("subject", "What it is", False),
        ("photo_ids", "Photos that count", True),
        ("trigger_word", "Trigger word", True),
    ),
}
OF_PACKS = (("pack", "Pack", False), ("aspect_ratio", "Shape", True), ("seed", "Seed", True))
"""What is said of a pack in place of its kind's own settings."""
WRITTEN: dict[str, Callable[[Any], str]] = {
    "style": lambda value: label_of(value, "style"),
    "color_scheme": lambda value: label_of(value, "color_scheme"),
    "photo_id": lambda value: "Yours" if value else "None",
    "photo_ids": lambda value: str(len(value)),
    "formats": " ".join,
    "seconds": lambda value: f"{value} s",
    "music": str.capitalize,
    "voice": VOICES.__getitem__,
    "subject": lambda value: label_of(value, "subject"),
    "pack": lambda value: PACKS[value].label if value in PACKS else value,
}
ALWAYS_SAID = {"photo_id"}
STAGES = {
    "thumbnail": (
        "cutting out the subject",
        "painting the background",
        "setting the title",
        "finishing",
    ),
    "image": ("reading", "painting", "placing", "developing", "finishing"),
    "product_ad": (
        "cutting out the product",
        "painting the scene",
        "drawing the words",
        "checking the product",
    ),
    "video": (
        "looking at the product",
        "writing the storyboard",
        "painting the scenes",
        "filming",
        "finishing",
    ),
}
"""What this server does, in its order; a provider's work has no stages that it tells."""
ENDINGS = {
    "succeeded": "Delivered",
    "partial": "Delivered in part",
    "failed": "Failed",
    "canceled": "Canceled",
}


@register.filter
def kind_label(kind: str) -> str:
    """Name a kind of job."""
    return KINDS[kind].label if kind in KINDS else kind.capitalize()


@register.filter
def mark_of(job: Job) -> str:
    """Say in a few signs what a job is for, as the edge of a film does."""
    params = job.params
    if job.kind == "training":
        return label_of(params.get("subject"), "subject")
    if job.kind == "video":
        return f"{params.get('seconds')} s, {params.get('quality')}"
    return " ".join(params.get("formats") or [str(params.get("aspect_ratio", ""))])


@register.filter
def settings_of(job: Job) -> list[Row]:
    """Return what was ordered, as components/_facts.html takes it."""
    rows: list[Row] = []
    settings = OF_PACKS if job.params.get("pack") else SETTINGS.get(job.kind, ())
    for name, label, is_figure in settings:
        value = job.params.get(name)
        if name in ALWAYS_SAID or value not in (None, "", []):
            rows.append((label, _written(name, value), is_figure))
    return rows


def _written(name: str, value: Any) -> str:
    if name in WRITTEN:
        return WRITTEN[name](value)
    return YES_NO[value] if isinstance(value, bool) else str(value)


@register.filter
def timeline_of(job: Job) -> list[Step]:
    """Return what a job has behind it and before it."""
    ordered: Step = ("Ordered", job.created_at, "done")
    if job.is_final:
        begun: list[Step] = [("Started", job.started_at, "done")] if job.started_at else []
        return [ordered, *begun, _ending(job)]
    if not job.started_at:
        return [ordered, ("Waiting for its turn", None, ""), ("Deliver", None, "")]
    return [ordered, ("Started", job.started_at, "done"), *_stages(job), ("Deliver", None, "")]


def _ending(job: Job) -> Step:
    words = ENDINGS.get(job.status, job.status.capitalize())
    if job.status == "failed":
        stage = f" while {job.error_stage}" if job.error_stage else ""
        return (f"{words}{stage}", job.finished_at, "bad")
    return (words, job.finished_at, "done")


def _stages(job: Job) -> list[Step]:
    stages = STAGES.get(job.kind, ())
    if job.stage not in stages:
        return [(stage_in_words(job.stage), None, "now")]
    now = stages.index(job.stage)
    states = [
        "done" if number < now else "now" if number == now else "" for number in range(len(stages))
    ]
    return [(stage.capitalize(), None, state) for stage, state in zip(stages, states, strict=True)]
