"""The shape of what the studio is asked, and what its choices are called."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from generation.catalog import (
    IMAGE,
    LONGEST_VIDEO,
    MAX_CALL_TO_ACTION,
    MAX_DESCRIPTION,
    MAX_HEADLINE,
    MAX_IMAGE_PROMPT,
    MAX_PRODUCT_PHOTOS,
    MAX_PROMPT,
    MAX_TITLE,
    PRODUCT_AD,
    SHORTEST_VIDEO,
    THUMBNAIL,
    VIDEO,
    Kind,
)

STYLES = {
    "bold": "Bold",
    "minimal": "Minimal",
    "cinematic": "Cinematic",
    "neon": "Neon",
    "editorial": "Editorial",
    "playful": "Playful",
    "auto": "Auto",
    "studio": "Studio",
    "dark": "Dark",
    "lifestyle": "Lifestyle",
    "fresh": "Fresh",
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
FORMATS = {"1:1": "Feed", "4:5": "Portrait feed", "9:16": "Stories, Reels", "16:9": "Wide"}
QUALITIES = {"480p": "480p", "720p": "720p", "1080p": "1080p"}
LABELS: dict[str, dict[str, str]] = {
    "style": STYLES,
    "color_scheme": COLOR_SCHEMES,
    "aspect_ratio": ASPECT_RATIOS,
    "formats": FORMATS,
    "quality": QUALITIES,
    "music": {},
}
LARGEST_SEED = 2**31 - 1
SAY_WHAT_TO_SHOW = "Say what the picture is to show."
NAME_THE_PRODUCT = "Name the product."
ADD_A_PHOTO = "Add a photo of the product, or choose one of yours."
CHOOSE_A_FORMAT = "Choose a format at least."
TOO_MANY_PHOTOS = f"Choose at most {MAX_PRODUCT_PHOTOS} photos."


def choices_of(kind: Kind, option: str) -> list[tuple[str, str]]:
    """Return an option's values, as the catalogue has them, with their labels."""
    labels = LABELS[option]
    return [(value, labels.get(value, value.capitalize())) for value in kind.options[option]]


def new_submission() -> str:
    """Make the token that tells a second click from a second order."""
    return uuid.uuid4().hex


def _choice(kind: Kind, option: str, label: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=lambda: choices_of(kind, option), widget=forms.RadioSelect, label=label
    )


def _words(most: int, label: str = "", *, required: str = "") -> forms.CharField:
    return forms.CharField(
        max_length=most,
        label=label or None,
        required=bool(required),
        error_messages={"required": required} if required else None,
    )


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Files of which there may be several, or none."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list["UploadedFile[Any]"]:
        given = data if isinstance(data, list) else [data]
        return [super(FilesField, self).clean(one, initial) for one in given if one]


class IdsField(forms.Field):
    """Ids of which there may be several, in the order in which they were given."""

    widget = forms.MultipleHiddenInput
    default_error_messages: ClassVar = {"invalid": "Choose among your photos."}

    def to_python(self, value: Any) -> list[uuid.UUID]:
        try:
            return list(dict.fromkeys(uuid.UUID(str(one)) for one in value or () if one))
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class OrderForm(forms.Form):
    """What every order has, whatever is ordered."""

    kind: ClassVar[Kind]
    ordered: ClassVar[tuple[str, ...]]

    project_id = forms.UUIDField(required=False)
    remix_of = forms.UUIDField(required=False, widget=forms.HiddenInput)
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)

    @classmethod
    def borrowed(cls, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return what an earlier order of whatever kind has for one of this kind."""
        known: dict[str, Any] = {
            name: _fitting(cls.base_fields[name], params[name])
            for name in cls.ordered
            if params.get(name) is not None
        }
        for option, values in cls.kind.options.items():
            if not set(_listed(known.get(option))) <= set(values):
                del known[option]
        for name in {"title", "product_name"} & set(cls.ordered) - set(known):
            called = (params.get(other) for other in ("title", "product_name", "prompt"))
            known[name] = next(filter(None, called), "")[:MAX_TITLE]
        return known

    @property
    def uploads(self) -> list["UploadedFile[Any]"]:
        """The photos that came with the form."""
        return []

    def params(self, photo_ids: Iterable[uuid.UUID] = ()) -> dict[str, Any]:
        """Return what the job is made of; photos that were just uploaded are named."""
        project_id = self.cleaned_data["project_id"]
        found = {name: self.cleaned_data[name] for name in self.ordered}
        return found | {"project_id": str(project_id) if project_id else None}

    def idempotency_key(self) -> str:
        """Name this order: the same form sent twice is one order, a changed form another."""
        told = self.params() | {
            "upload": [[upload.name, upload.size] for upload in self.uploads],
            "remix_of": str(self.cleaned_data["remix_of"]),
        }
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
        return f"form:{self.cleaned_data['submission']}:{digest}"


class ThumbnailForm(OrderForm):
    """What a thumbnail is ordered with."""

    kind = THUMBNAIL
    ordered = (
        "title",
        "style",
        "color_scheme",
        "aspect_ratio",
        "text_overlay",
        "prompt",
        "count",
    )

    title = _words(MAX_TITLE, required="Give the thumbnail a title.")
    style = _choice(THUMBNAIL, "style", "Style")
    color_scheme = _choice(THUMBNAIL, "color_scheme", "Colors")
    aspect_ratio = _choice(THUMBNAIL, "aspect_ratio", "Shape")
    text_overlay = forms.BooleanField(required=False, label="Set the title into the picture")
    prompt = _words(MAX_PROMPT, "Background")
    photo_id = forms.UUIDField(required=False)
    photo = forms.FileField(required=False)
    count = forms.IntegerField(min_value=1, max_value=THUMBNAIL.max_count, label="Variants")

    @classmethod
    def borrowed(cls, params: Mapping[str, Any]) -> dict[str, Any]:
        photo_id = params.get("photo_id") or next(iter(params.get("photo_ids") or ()), None)
        return super().borrowed(params) | {"photo_id": photo_id}

    @property
    def uploads(self) -> list["UploadedFile[Any]"]:
        upload = self.cleaned_data["photo"]
        return [upload] if upload else []

    def params(self, photo_ids: Iterable[uuid.UUID] = ()) -> dict[str, Any]:
        chosen = next(iter(photo_ids), None) or self.cleaned_data["photo_id"]
        return super().params() | {"photo_id": str(chosen) if chosen else None}


class ImageForm(OrderForm):
    """What pictures of one's own words are ordered with."""

    kind = IMAGE
    ordered = ("prompt", "aspect_ratio", "count", "negative_prompt", "seed", "enhance")

    prompt = _words(MAX_IMAGE_PROMPT, "Prompt", required=SAY_WHAT_TO_SHOW)
    enhanced_prompt = _words(MAX_IMAGE_PROMPT, "Made better")
    aspect_ratio = _choice(IMAGE, "aspect_ratio", "Shape")
    count = forms.IntegerField(min_value=1, max_value=IMAGE.max_count, label="Pictures")
    negative_prompt = _words(MAX_IMAGE_PROMPT, "Leave out")
    seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED, required=False, label="Seed")
    enhance = forms.BooleanField(required=False, label="Improve my prompt")

    @classmethod
    def borrowed(cls, params: Mapping[str, Any]) -> dict[str, Any]:
        prompt = params.get("prompt") or params.get("title") or params.get("product_name") or ""
        return super().borrowed(params) | {"prompt": prompt, "seed": None}

    def params(self, photo_ids: Iterable[uuid.UUID] = ()) -> dict[str, Any]:
        better = self.cleaned_data["enhanced_prompt"]
        wanted = super().params(photo_ids)
        return wanted | {"enhance": True, "enhanced_prompt": better} if better else wanted


class ProductForm(OrderForm):
    """What every order about a product has: its name and photos, the main one first."""

    product_name = _words(MAX_TITLE, "Product name", required=NAME_THE_PRODUCT)
    description = _words(MAX_DESCRIPTION, "What is special about it")
    photo_ids = IdsField(required=False)
    main_photo = forms.UUIDField(required=False)
    photos = FilesField(required=False)

    @classmethod
    def borrowed(cls, params: Mapping[str, Any]) -> dict[str, Any]:
        single = [params["photo_id"]] if params.get("photo_id") else []
        known = super().borrowed(params) | {"photo_ids": params.get("photo_ids") or single}
        if params.get("prompt") == params.get("description"):
            known.pop("prompt", None)  # a project's brief, which is said once
        return known

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"photos", "photo_ids"} & set(self.errors):
            return cleaned
        photos = len(cleaned["photo_ids"]) + len(self.uploads)
        if not photos:
            self.add_error("photos", ADD_A_PHOTO)
        elif photos > MAX_PRODUCT_PHOTOS:
            self.add_error("photos", TOO_MANY_PHOTOS)
        return cleaned

    @property
    def uploads(self) -> list["UploadedFile[Any]"]:
        found: list[UploadedFile[Any]] = self.cleaned_data["photos"]
        return found

    def params(self, photo_ids: Iterable[uuid.UUID] = ()) -> dict[str, Any]:
        main = self.cleaned_data.get("main_photo")
        chosen = [*self.cleaned_data["photo_ids"], *photo_ids]
        chosen.sort(key=lambda one: one != main)
        return super().params() | {"photo_ids": [str(one) for one in dict.fromkeys(chosen)]}


class ProductAdForm(ProductForm):
    """What a set of ads is ordered with."""

    kind = PRODUCT_AD
    ordered = (
        "product_name",
        "description",
        "headline",
        "call_to_action",
        "style",
        "formats",
    )

    headline = _words(MAX_HEADLINE, "Headline")
    call_to_action = _words(MAX_CALL_TO_ACTION, "Call to action")
    style = _choice(PRODUCT_AD, "style", "Style")
    formats = forms.MultipleChoiceField(
        choices=lambda: choices_of(PRODUCT_AD, "formats"),
        widget=forms.CheckboxSelectMultiple,
        label="Formats",
        error_messages={"required": CHOOSE_A_FORMAT},
    )


class VideoForm(ProductForm):
    """What a video is ordered with."""

    kind = VIDEO
    ordered = (
        "product_name",
        "description",
        "prompt",
        "quality",
        "seconds",
        "aspect_ratio",
        "captions",
        "music",
        "voice",
    )

    prompt = _words(MAX_PROMPT, "What it is to show")
    quality = _choice(VIDEO, "quality", "Quality")
    seconds = forms.IntegerField(
        min_value=SHORTEST_VIDEO, max_value=LONGEST_VIDEO, label="Length in seconds"
    )
    aspect_ratio = _choice(VIDEO, "aspect_ratio", "Shape")
    captions = forms.BooleanField(required=False, label="Captions")
    music = _choice(VIDEO, "music", "Music")
    voice = forms.BooleanField(required=False, label="Voice-over")


FORMS: dict[str, type[OrderForm]] = {
    form.kind.name: form for form in (ImageForm, ThumbnailForm, ProductAdForm, VideoForm)
}


class ProjectForm(forms.Form):
    """What a project is: a name, and of its product the name, the brief and the photos."""

    KEPT: ClassVar = ("name", "product_name", "prompt", "photo_ids")

    name = _words(MAX_TITLE, "Name of the project", required="Give the project a name.")
    product_name = _words(MAX_TITLE, "Product name")
    prompt = _words(MAX_DESCRIPTION, "Brief")
    photo_ids = IdsField(required=False)
    main_photo = forms.UUIDField(required=False)
    photos = FilesField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if len(cleaned.get("photo_ids", ())) + len(cleaned.get("photos", ())) > MAX_PRODUCT_PHOTOS:
            self.add_error("photos", TOO_MANY_PHOTOS)
        return cleaned

    def fields_with(self, taken: Iterable[uuid.UUID]) -> dict[str, Any]:
        """Return the project's fields; of its photos the main one comes first."""
        main = self.cleaned_data["main_photo"]
        photo_ids = [*self.cleaned_data["photo_ids"], *taken]
        photo_ids.sort(key=lambda one: one != main)
        kept = {name: self.cleaned_data[name] for name in self.KEPT}
        return kept | {"photo_ids": photo_ids}


class PhotosForm(forms.Form):
    """Where the next part of my photos begins, and which of them was just deleted."""

    before = forms.UUIDField(required=False)
    gone = forms.UUIDField(required=False)

    def asked(self) -> dict[str, uuid.UUID | None]:
        """Return what is asked for; what makes no sense is as if it had not been said."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in ("before", "gone")}


def priced(kind: Kind, count: Any) -> dict[str, Any]:
    """Return as much of an order as its price depends on; a count that cannot be is one."""
    field = forms.IntegerField(min_value=1, max_value=kind.max_count)
    try:
        return {"count": field.clean(count)}
    except forms.ValidationError:
        return {"count": 1}


def as_typed(kind: Kind, data: QueryDict) -> dict[str, Any]:
    """Return what stands in a form that is not to be judged yet, to show it once more."""
    fields = FORMS[kind.name].base_fields
    return {
        name: field.widget.value_from_datadict(data, {}, name)
        for name, field in fields.items()
        if not isinstance(field, forms.FileField)
    }


def _fitting(field: forms.Field, value: Any) -> Any:
    """Return as much of the value as the field takes."""
    longest = getattr(field, "max_length", None)
    return value[:longest] if isinstance(value, str) else value


def _listed(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
