"""What staff say when they adjust a wallet."""

from django import forms

from credits.models import LEAST_REASON, MOST_ADJUSTED, MOST_REASON


class AdjustmentForm(forms.Form):
    """How much and why; the id, made with the form, lets what is sent twice adjust once."""

    adjustment_id = forms.UUIDField(widget=forms.HiddenInput)
    user_id = forms.UUIDField(widget=forms.HiddenInput)
    amount = forms.IntegerField(
        min_value=-MOST_ADJUSTED,
        max_value=MOST_ADJUSTED,
        label="Credits",
        help_text="With a minus sign to take some away, such as -5.",
        widget=forms.NumberInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(
        min_length=LEAST_REASON,
        max_length=MOST_REASON,
        label="Reason",
        help_text="The person reads it on their statement.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
