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
    LEAST_RANK,
    LEAST_SCALE,
    LEAST_STEPS,
    LONGEST_VIDEO,
    MAX_CALL_TO_ACTION,
    MAX_DESCRIPTION,
    MAX_HEADLINE,
    MAX_IMAGE_PROMPT,
    MAX_NAME,
    MAX_PRODUCT_PHOTOS,
    MAX_PROMPT,
    MAX_TITLE,
    MOST_RANK,
    MOST_SCALE,
    MOST_STEPS,
    MOST_TRIGGER,
    PACKS,
    PRODUCT_AD,
    SHORTEST_VIDEO,
    THUMBNAIL,
    TRAINING,
    VIDEO,
    Kind,
    packs_on_offer,
)
from generation.models import Consent
from generation.services.consents import AGREE, SAY_WHO
from generation.services.trainings import NAMELESS

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
SUBJECTS = {"person": "A person", "product": "A product", "style": "A style"}
QUALITIES = {"480p": "480p", "720p": "720p", "1080p": "1080p"}
LABELS: dict[str, dict[str, str]] = {
    "style": STYLES,
    "color_scheme": COLOR_SCHEMES,
    "aspect_ratio": ASPECT_RATIOS,
    "formats": FORMATS,
    "quality": QUALITIES,
    "music": {},
    "subject": SUBJECTS,
}
LARGEST_SEED = 2**31 - 1
SAY_WHAT_TO_SHOW = "Say what the picture is to show."
NAME_THE_PRODUCT = "Name the product."
ADD_A_PHOTO = "Add a photo of the product, or choose one of yours."
CHOOSE_A_FORMAT = "Choose a format at least."
PHOTO_OR_CLONE = "Choose a photo or a clone, not both."
CHOOSE_A_PACK = "Choose one of the packs."
CHOOSE_A_SHOT = "Choose one picture at least."
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
        return _key(self.cleaned_data["submission"], told)


def _key(submission: str, told: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    return f"form:{submission}:{digest}"


def _scale() -> forms.FloatField:
    return forms.FloatField(min_value=LEAST_SCALE, max_value=MOST_SCALE, required=False)


class LikenessForm(OrderForm):
    """What every order has in which a clone can be seen."""

    SHOWN: ClassVar[tuple[tuple[str, str], ...]] = (("clone_id", "clone_scale"),)

    clone_id = forms.UUIDField(required=False)
    clone_scale = _scale()

    @classmethod
    def borrowed(cls, params: Mapping[str, Any]) -> dict[str, Any]:
        names = [name for pair in cls.SHOWN for name in pair if params.get(name)]
        return super().borrowed(params) | {name: params[name] for name in names}

    def params(self, photo_ids: Iterable[uuid.UUID] = ()) -> dict[str, Any]:
        return super().params(photo_ids) | self.shown()

    def shown(self) -> dict[str, Any]:
        """Return the clones that are to be seen, and how strongly; a second one needs a first."""
        found: dict[str, Any] = {}
        for name, scale in self.SHOWN:
            if not self.cleaned_data[name]:
                break
            found[name] = str(self.cleaned_data[name])
            found[scale] = self.cleaned_data[scale] or 1.0
        return found


class ThumbnailForm(LikenessForm):
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

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("clone_id") and (cleaned.get("photo") or cleaned.get("photo_id")):
            self.add_error("clone_id", PHOTO_OR_CLONE)
        return cleaned

    @property
    def uploads(self) -> list["UploadedFile[Any]"]:
        upload = self.cleaned_data["photo"]
        return [upload] if upload else []

    def params(self, photo_ids: Iterable[uuid.UUID] = ()) -> dict[str, Any]:
        chosen = next(iter(photo_ids), None) or self.cleaned_data["photo_id"]
        return super().params() | {"photo_id": str(chosen) if chosen else None}


class ImageForm(LikenessForm):
    """What pictures of one's own words are ordered with, or a clone's pack of them."""

    kind = IMAGE
    ordered = ("prompt", "aspect_ratio", "count", "negative_prompt", "seed", "enhance")
    OF_NO_PACK: ClassVar = ("prompt", "count", "enhance")
    SHOWN = (*LikenessForm.SHOWN, ("extra_clone_id", "extra_clone_scale"))

    prompt = _words(MAX_IMAGE_PROMPT, "Prompt")
    pack = forms.ChoiceField(
        required=False,
        choices=lambda: [(pack.name, pack.label) for pack in packs_on_offer()],
        error_messages={"invalid_choice": CHOOSE_A_PACK},
    )
    extra_clone_id = forms.UUIDField(required=False)
    extra_clone_scale = _scale()
    enhanced_prompt = _words(MAX_IMAGE_PROMPT, "Made better")
    aspect_ratio = _choice(IMAGE, "aspect_ratio", "Shape")
    count = forms.IntegerField(min_value=1, max_value=IMAGE.max_count, label="Pictures")
    negative_prompt = _words(MAX_IMAGE_PROMPT, "Leave out")
    seed = forms.IntegerField(min_value=0, max_value=LARGEST_SEED, required=False, label="Seed")
    enhance = forms.BooleanField(required=False, label="Improve my prompt")

    @classmethod
    def borrowed(cls, params: Mapping[str, Any]) -> dict[str, Any]:
        known = super().borrowed(params) | {"seed": None}
        if params.get("pack") and not params.get("prompt"):
            return known | {"pack": params["pack"]}
        prompt = params.get("prompt") or params.get("title") or params.get("product_name") or ""
        return known | {"prompt": prompt}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self._is_of_a_pack() and not cleaned.get("prompt") and "prompt" not in self.errors:
            self.add_error("prompt", SAY_WHAT_TO_SHOW)
        return cleaned

    def _is_of_a_pack(self) -> bool:
        return bool(self.cleaned_data.get("pack") and self.cleaned_data.get("clone_id"))

    def params(self, photo_ids: Iterable[uuid.UUID] = ()) -> dict[str, Any]:
        wanted = super().params(photo_ids)
        if self._is_of_a_pack():
            kept = {name: one for name, one in wanted.items() if name not in self.OF_NO_PACK}
            return kept | _of_pack(self.cleaned_data["pack"])
        better = self.cleaned_data["enhanced_prompt"]
        return wanted | {"enhance": True, "enhanced_prompt": better} if better else wanted


def _of_pack(name: str) -> dict[str, str]:
    return {"pack": name, "title": PACKS[name].label}


class PackForm(OrderForm):
    """What a pack of pictures of a clone is ordered with: all of them, or the chosen ones."""

    kind = IMAGE
    ordered = ("aspect_ratio",)

    pack = forms.ChoiceField(
        choices=lambda: [(pack.name, pack.label) for pack in packs_on_offer()],
        error_messages=dict.fromkeys(("required", "invalid_choice"), CHOOSE_A_PACK),
    )
    aspect_ratio = _choice(IMAGE, "aspect_ratio", "Shape")
    # A form with single pictures to choose says so: none is then a mistake, not all of them.
    is_choice = forms.BooleanField(required=False)
    shots = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        choices=lambda: [(number, number) for number in range(_most_shots())],
        error_messages={"invalid_choice": CHOOSE_A_SHOT},
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        shots = cleaned.get("shots", [])
        pack = PACKS.get(cleaned.get("pack", ""))
        are_unknown = pack is not None and any(number >= len(pack.shots) for number in shots)
        if are_unknown or (cleaned.get("is_choice") and not shots and not self.errors):
            self.add_error("shots", CHOOSE_A_SHOT)
        return cleaned

    def params(self, photo_ids: Iterable[uuid.UUID] = ()) -> dict[str, Any]:
        wanted = super().params(photo_ids) | _of_pack(self.cleaned_data["pack"])
        shots = self.cleaned_data["shots"]
        return wanted | {"shots": sorted(set(shots))} if shots else wanted


def _most_shots() -> int:
    return max(len(pack.shots) for pack in packs_on_offer())


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


class LearnForm(forms.Form):
    """The photos that a clone is to learn from, and what it is a clone of."""

    subject = forms.ChoiceField(
        required=False, choices=lambda: choices_of(TRAINING, "subject"), initial="person"
    )
    photo_ids = IdsField(required=False)

    def asked(self) -> tuple[list[uuid.UUID], str]:
        """Return the photos and the subject; what makes no sense is as if it were not said."""
        self.is_valid()
        subject = self.cleaned_data.get("subject") or TRAINING.defaults["subject"]
        return self.cleaned_data.get("photo_ids", []), subject


class TrainingForm(forms.Form):
    """What a clone is ordered with."""

    ORDERED: ClassVar = (
        "name",
        "subject",
        "trigger_word",
        "pictured",
        "consent",
        "steps",
        "lora_rank",
    )

    name = _words(MAX_NAME, "Name", required=NAMELESS)
    subject = forms.ChoiceField(choices=lambda: choices_of(TRAINING, "subject"))
    pictured = forms.ChoiceField(
        choices=Consent.Pictured.choices,
        error_messages=dict.fromkeys(("required", "invalid_choice"), SAY_WHO),
    )
    consent = forms.BooleanField(error_messages={"required": AGREE})
    trigger_word = _words(MOST_TRIGGER, "Trigger word")
    steps = forms.IntegerField(min_value=LEAST_STEPS, max_value=MOST_STEPS)
    lora_rank = forms.IntegerField(min_value=LEAST_RANK, max_value=MOST_RANK)
    photo_ids = IdsField(required=False)
    submission = forms.CharField(max_length=64)

    def params(self) -> dict[str, Any]:
        """Return what the training is made of."""
        found = {name: self.cleaned_data[name] for name in self.ORDERED}
        return found | {"photo_ids": [str(one) for one in self.cleaned_data["photo_ids"]]}

    def idempotency_key(self) -> str:
        """Name this order: the same form sent twice is one clone."""
        return _key(self.cleaned_data["submission"], self.params())


class CloneNameForm(forms.Form):
    """Another name for a clone; the service says what is wrong with it."""

    name = forms.CharField(required=False)


class RemovalForm(forms.Form):
    """The name of a clone, typed by whoever is sure that it is to go."""

    name = forms.CharField(required=False)
    with_pictures = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, called: str) -> None:
        super().__init__(data)
        self.called = called

    def clean_name(self) -> str:
        typed: str = self.cleaned_data["name"].strip()
        if typed.casefold() != self.called.casefold():
            raise forms.ValidationError(f"Type the name of the clone: {self.called}")
        return typed


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


def priced(kind: Kind, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return as much of an order as its price depends on; a count that cannot be is one."""
    field = forms.IntegerField(min_value=1, max_value=kind.max_count)
    try:
        params = {"count": field.clean(told.get("count"))}
    except forms.ValidationError:
        params = {"count": 1}
    on_offer = {pack.name for pack in packs_on_offer()}
    if told.get("clone_id") and told.get("pack") in on_offer:
        params["pack"] = told["pack"]
    return params


def as_typed(form: type[forms.Form], data: QueryDict) -> dict[str, Any]:
    """Return what stands in a form that is not to be judged yet, to show it once more."""
    return {
        name: field.widget.value_from_datadict(data, {}, name)
        for name, field in form.base_fields.items()
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
