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

RULES = {
    "MinimumLength": "At least {least} characters",
    "UserAttributeSimilarity": "Not like your e-mail address",
    "CommonPassword": "None of the passwords that many people use",
}


@register.filter
def label_in_words(field: BoundField) -> str:
    """Return what the field is called."""
    return LABELS.get(field.name, str(field.label))


@register.filter
def bare(field: BoundField) -> SafeString:
    """Render the field's input without its placeholder."""
    return field.as_widget(attrs={"placeholder": ""})


@register.simple_tag
def password_rules() -> list[tuple[str, str, int]]:
    """Return the rules of passwords: each in words, by name, and how much it asks for."""
    validators: Any = settings.AUTH_PASSWORD_VALIDATORS
    return [rule for one in validators for rule in _in_words(one)]


def _in_words(validator: dict[str, Any]) -> list[tuple[str, str, int]]:
    name = validator["NAME"].rpartition(".")[2].removesuffix("Validator")
    least = validator.get("OPTIONS", {}).get("min_length", 0)
    words = RULES.get(name)
    return [(words.format(least=least), name, least)] if words else []
