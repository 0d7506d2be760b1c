"""What API keys have spent, for the page that shows them."""

from collections.abc import Iterable
from typing import Any

from django import template

from credits import selectors

register = template.Library()


@register.simple_tag
def with_spending(keys: Iterable[Any]) -> list[tuple[Any, int]]:
    """Return each key with the credits that it has spent or holds since the month began."""
    shown = list(keys)
    spent = selectors.spent_this_month(spenders=[key.pk for key in shown])
    return [(key, spent[key.pk]) for key in shown]
