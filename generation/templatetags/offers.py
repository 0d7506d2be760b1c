"""What can be made and what it costs, for pages that sell it."""

from collections.abc import Mapping

from django import template

from generation import catalog

register = template.Library()


@register.simple_tag
def offers() -> Mapping[str, catalog.Kind]:
    """Return everything on offer, by its name; the prices are those that are charged."""
    return catalog.KINDS
