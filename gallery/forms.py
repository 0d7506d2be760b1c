"""The shape of what the library's pages are asked."""

from django import forms


class PageForm(forms.Form):
    """Where the next part of a list begins: after the asset of this id."""

    before = forms.UUIDField(required=False)
