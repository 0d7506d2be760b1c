"""The shape of what the library's pages are asked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from generation import selectors
from visiona.lib.errors import FieldError, InvalidInput

if TYPE_CHECKING:
    from generation.models import Asset

MAX_CHOSEN = 100
SHAPES = {"wide": "Wide", "tall": "Tall", "square": "Square"}
SOURCES = {"image": "Images", "thumbnail": "Thumbnails", "product_ad": "Ads", "video": "Videos"}
MUSIC = {
    "calm": "Calm",
    "energetic": "Energetic",
    "happy": "Happy",
    "nostalgic": "Nostalgic",
    "tender": "Tender",
    "none": "None",
}
LONGEST_WORDS = {"headline": 60, "subline": 120, "call_to_action": 24}
LONGEST_TEXT = 60
OUTSIDE = "Choose a moment between 0 and {seconds:g} seconds."


class LibraryForm(forms.Form):
    """What of the library to show, and after which asset the next part of it begins."""

    q = forms.CharField(required=False, max_length=selectors.MAX_WORDS)
    starred = forms.BooleanField(required=False)
    shape = forms.ChoiceField(required=False, choices=SHAPES)
    source = forms.ChoiceField(required=False, choices=[(one, one) for one in selectors.MADE])
    project = forms.UUIDField(required=False)
    clone = forms.UUIDField(required=False)
    before = forms.UUIDField(required=False)

    def asked(self) -> dict[str, Any]:
        """Return what is asked for; what makes no sense is as if it had not been said."""
        self.is_valid()
        return dict.fromkeys(self.base_fields, "") | {
            name: value for name, value in self.cleaned_data.items() if value
        }


class TitleForm(forms.Form):
    """Another title for a thumbnail."""

    title = forms.CharField(error_messages={"required": "Give the thumbnail a title."})

    def field_of(self, _refused: str) -> str:
        """Name the field at which a refusal is shown: there is only one."""
        return "title"


def _words(most: int, label: str, *, required: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=bool(required),
        error_messages={"required": required, "max_length": f"Shorten this to {most} characters."},
    )


class CopyForm(forms.Form):
    """Other words for an ad, or for all formats of its set."""

    WORDS: ClassVar = tuple(LONGEST_WORDS)

    headline = _words(LONGEST_WORDS["headline"], "Headline", required="Give the ad a headline.")
    subline = _words(LONGEST_WORDS["subline"], "Subline")
    call_to_action = _words(LONGEST_WORDS["call_to_action"], "Call to action")
    whole_set = forms.BooleanField(required=False)

    def copy(self) -> dict[str, str]:
        """Return the words."""
        return {name: self.cleaned_data[name] for name in self.WORDS}

    def field_of(self, refused: str) -> str | None:
        """Name the field at which a refusal is shown; None is beside the button."""
        return refused if refused in self.WORDS else None


class FilmForm(forms.Form):
    """Another cut of a film: how much of it, its words by scene, its sounds."""

    trim_start = forms.FloatField(min_value=0, label="Start")
    trim_end = forms.FloatField(min_value=0, label="End")
    captions = forms.BooleanField(required=False)
    music = forms.ChoiceField(choices=MUSIC)
    volume = forms.IntegerField(
        min_value=0,
        max_value=100,
        error_messages=dict.fromkeys(("min_value", "max_value"), "Choose between 0 and 100."),
    )
    voice = forms.BooleanField(required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, storyboard: Mapping[str, Any]
    ) -> None:
        super().__init__(data, initial=_told(storyboard))
        self.seconds = float(storyboard.get("seconds", 0))
        self.scenes = list(storyboard.get("scenes", []))
        for name in ("trim_start", "trim_end"):
            self.fields[name].error_messages["required"] = OUTSIDE.format(seconds=self.seconds)
        for number in range(1, len(self.scenes) + 1):
            self.fields[f"text_{number}"] = _words(LONGEST_TEXT, f"Scene {number}")

    @property
    def texts(self) -> list[forms.BoundField]:
        """The fields of what stands in the picture, by scene."""
        return [self[f"text_{number}"] for number in range(1, len(self.scenes) + 1)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("trim_start"), cleaned.get("trim_end")
        for name, moment in (("trim_start", start), ("trim_end", end)):
            if moment is not None and moment > self.seconds:
                self.add_error(name, OUTSIDE.format(seconds=self.seconds))
        if start is not None and end is not None and end - start < 1:
            self.add_error("trim_end", "Leave at least one second of the film.")
        if not self.errors and not self.has_changed():
            raise ValidationError("Nothing is changed yet. Change something, then render it anew.")
        return cleaned

    def changes(self) -> dict[str, Any]:
        """Return the whole of what the new cut is to be."""
        plain = ("trim_start", "trim_end", "captions", "music", "volume", "voice")
        texts = [self.cleaned_data[field.name] for field in self.texts]
        return {name: self.cleaned_data[name] for name in plain} | {"texts": texts}

    def field_of(self, refused: str) -> str | None:
        """Name the field at which a refusal is shown; None is beside the button."""
        if refused.startswith("texts") and self.scenes:
            scene = refused.removeprefix("texts").strip("._[]")
            return f"text_{int(scene) + 1}" if scene.isdecimal() else "text_1"
        return refused if refused in self.fields else None


def _told(storyboard: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a storyboard says in the form's words."""
    trim = storyboard.get("trim", {})
    told = {name: storyboard.get(name) for name in ("captions", "music", "voice")}
    told |= {"trim_start": trim.get("start"), "trim_end": trim.get("end")}
    told["volume"] = round(100 * storyboard.get("volume", 0))
    scenes = enumerate(storyboard.get("scenes", []), 1)
    return told | {f"text_{number}": scene["text"] for number, scene in scenes}


def editor_of(asset: "Asset") -> "TitleForm | CopyForm | FilmForm | None":
    """Return the form by which this result is changed for nothing, if there is one."""
    facts = asset.facts
    if asset.deleted_at:
        return None
    if asset.source == "thumbnail" and asset.plate and facts.get("setting"):
        return TitleForm(initial={"title": asset.title})
    if asset.source == "product_ad" and asset.plate and facts.get("copy"):
        return CopyForm(initial=facts["copy"])
    if asset.source == "video" and facts.get("storyboard"):
        return FilmForm(storyboard=facts["storyboard"])
    return None


def chosen_ids(data: QueryDict) -> list[UUID]:
    """Return the ids of the pictures that were chosen. Raises InvalidInput."""
    asked = data.getlist("ids")
    if not asked:
        raise InvalidInput([FieldError("ids", "required", "Choose at least one result first.")])
    if len(asked) > MAX_CHOSEN:
        detail = f"Choose at most {MAX_CHOSEN} results at once."
        raise InvalidInput([FieldError("ids", "max_length", detail)])
    try:
        return [forms.UUIDField().clean(one) for one in asked]
    except ValidationError:
        raise InvalidInput([FieldError("ids", "invalid", "This is no result's id.")]) from None
