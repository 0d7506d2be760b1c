"""The shape of what the studio is asked, and what its choices are called."""

import hashlib
import json
import uuid
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from generation.catalog import MAX_PROMPT, MAX_TITLE, THUMBNAIL

STYLES = {
    "bold": "Bold",
    "minimal": "Minimal",
    "cinematic": "Cinematic",
    "neon": "Neon",
    "editorial": "Editorial",
    "playful": "Playful",
}
COLOR_SCHEMES = {
    "sunset": "Sunset",
    "ocean": "Ocean",
    "neon": "Neon",
    "mono": "Mono",
    "lime": "Lime",
    "royal": "Royal",
    "red": "Red",
    "cream": "Cream",
    "sky": "Sky",
}
ASPECT_RATIOS = {
    "16:9": "YouTube",
    "9:16": "Shorts, Reels",
    "1:1": "Square",
    "4:5": "Feed",
    "3:2": "Photo",
    "2:3": "Poster",
}
LABELS = {"style": STYLES, "color_scheme": COLOR_SCHEMES, "aspect_ratio": ASPECT_RATIOS}

MAX_COUNT = THUMBNAIL.max_count
PRICED = ("style", "color_scheme", "aspect_ratio", "count")


def choices_of(option: str) -> list[tuple[str, str]]:
    """Return an option's values, as the catalogue has them, with their labels."""
    labels = LABELS[option]
    return [(value, labels.get(value, value.capitalize())) for value in THUMBNAIL.options[option]]


def new_submission() -> str:
    """Make the token that tells a second click from a second order."""
    return uuid.uuid4().hex


class ThumbnailForm(forms.Form):
    """What a thumbnail is ordered with."""

    title = forms.CharField(
        max_length=MAX_TITLE, error_messages={"required": "Give the thumbnail a title."}
    )
    style = forms.ChoiceField(choices=lambda: choices_of("style"), widget=forms.RadioSelect)
    color_scheme = forms.ChoiceField(
        choices=lambda: choices_of("color_scheme"), widget=forms.RadioSelect, label="Colors"
    )
    aspect_ratio = forms.ChoiceField(
        choices=lambda: choices_of("aspect_ratio"), widget=forms.RadioSelect, label="Shape"
    )
    text_overlay = forms.BooleanField(required=False, label="Set the title into the picture")
    prompt = forms.CharField(
        max_length=MAX_PROMPT,
        required=False,
        label="Background",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    photo_id = forms.UUIDField(required=False)
    photo = forms.FileField(required=False)
    remix_of = forms.UUIDField(required=False, widget=forms.HiddenInput)
    count = forms.IntegerField(min_value=1, max_value=MAX_COUNT, label="Variants")
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)

    @property
    def upload(self) -> "UploadedFile[Any] | None":
        """The photo that came with the form, if one did."""
        upload: UploadedFile[Any] | None = self.cleaned_data["photo"]
        return upload

    def params(self, *, photo_id: uuid.UUID | None = None) -> dict[str, Any]:
        """Return what the job is made of; a photo that was just uploaded comes first."""
        cleaned = self.cleaned_data
        chosen = photo_id or cleaned["photo_id"]
        ordered = (
            "title",
            "style",
            "color_scheme",
            "aspect_ratio",
            "text_overlay",
            "prompt",
            "count",
        )
        return {name: cleaned[name] for name in ordered} | {
            "photo_id": str(chosen) if chosen else None
        }

    def idempotency_key(self) -> str:
        """Name this order: the same form sent twice is one order, a changed form another."""
        upload = self.upload
        told = self.params() | {
            "upload": [upload.name, upload.size] if upload else None,
            "remix_of": str(self.cleaned_data["remix_of"]),
        }
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
        return f"form:{self.cleaned_data['submission']}:{digest}"


class PhotosForm(forms.Form):
    """Where the next part of my photos begins, and which of them was just deleted."""

    before = forms.UUIDField(required=False)
    gone = forms.UUIDField(required=False)

    def asked(self) -> dict[str, uuid.UUID | None]:
        """Return what is asked for; what makes no sense is as if it had not been said."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in ("before", "gone")}


class QuoteForm(forms.Form):
    """As much of an order as its price depends on."""

    count = forms.IntegerField(min_value=1, max_value=MAX_COUNT)
