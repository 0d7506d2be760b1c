"""The shape of what the library's pages are asked."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from generation import selectors
from visiona.lib.errors import FieldError, InvalidInput

MAX_CHOSEN = 100
MAX_WORDS = 100
SHAPES = {"wide": "Wide", "tall": "Tall", "square": "Square"}


class LibraryForm(forms.Form):
    """What of the library to show, and after which asset the next part of it begins."""

    q = forms.CharField(required=False, max_length=MAX_WORDS)
    starred = forms.BooleanField(required=False)
    shape = forms.ChoiceField(required=False, choices=SHAPES)
    source = forms.ChoiceField(required=False, choices=[(one, one) for one in selectors.MADE])
    before = forms.UUIDField(required=False)

    def asked(self) -> dict[str, Any]:
        """Return what is asked for; what makes no sense is as if it had not been said."""
        self.is_valid()
        return {"q": "", "starred": False, "shape": "", "source": "", "before": None} | {
            name: value for name, value in self.cleaned_data.items() if value
        }


class TitleForm(forms.Form):
    """Another title for a thumbnail."""

    title = forms.CharField(error_messages={"required": "Give the thumbnail a title."})


def chosen_ids(data: QueryDict) -> list[UUID]:
    """Return the ids of the pictures that were chosen. Raises InvalidInput."""
    asked = data.getlist("ids")
    if not asked:
        raise InvalidInput([FieldError("ids", "required", "Choose at least one picture first.")])
    if len(asked) > MAX_CHOSEN:
        detail = f"Choose at most {MAX_CHOSEN} pictures at once."
        raise InvalidInput([FieldError("ids", "max_length", detail)])
    try:
        return [forms.UUIDField().clean(one) for one in asked]
    except ValidationError:
        raise InvalidInput([FieldError("ids", "invalid", "This is no picture's id.")]) from None
