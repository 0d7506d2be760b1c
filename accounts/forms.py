"""What people write about themselves and their keys."""

from django import forms

from accounts.services import MAX_KEY_NAME, MAX_MONTHLY_LIMIT

MAX_NAME = 120


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
    """A key; its name is how its person will know it again."""

    name = forms.CharField(
        max_length=MAX_KEY_NAME,
        label="Name",
        help_text="Name the program that will use it, such as “Upload script”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    monthly_limit = forms.IntegerField(
        min_value=1,
        max_value=MAX_MONTHLY_LIMIT,
        required=False,
        label="Credits a month",
        help_text="What the program may spend each month, at most. Leave it empty for no limit.",
        widget=forms.NumberInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
