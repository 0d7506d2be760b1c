"""Show django-allauth's fields in our words, without placeholders that repeat their labels."""

from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()

LABELS = {
    "email": "E-mail",
    "login": "E-mail",
    "remember": "Keep me signed in",
    "oldpassword": "Current password",
    "password2": "The new password again",
}


@register.filter
def label_in_words(field: BoundField) -> str:
    """Return what the field is called."""
    return LABELS.get(field.name, str(field.label))


@register.filter
def bare(field: BoundField) -> SafeString:
    """Render the field's input without its placeholder."""
    return field.as_widget(attrs={"placeholder": ""})


@register.filter
def hint(field: BoundField) -> str:
    """Return what helps to fill in the field; the rules of passwords in one line."""
    if not field.help_text or field.name != "password1":
        return str(field.help_text)
    rules: Any = settings.AUTH_PASSWORD_VALIDATORS
    lengths = (rule.get("OPTIONS", {}) for rule in rules)
    shortest = max(options.get("min_length", 0) for options in lengths)
    return f"At least {shortest} characters, and nothing that others would guess."
