"""What people write about themselves and their keys."""

from django import forms

MAX_NAME = 120
MAX_KEY_NAME = 80


class NameForm(forms.Form):
    """What a person is called."""

    name = forms.CharField(
        max_length=MAX_NAME,
        required=False,
        label="Name",
        help_text="Only you see it for now.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class ApiKeyForm(forms.Form):
    """A new key; its name is how its person will know it again."""

    name = forms.CharField(
        max_length=MAX_KEY_NAME,
        label="Name",
        help_text="Name the program that will use it, such as “Upload script”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
