"""Every address of the product, read from its URLs, so that no test has to know a list of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PLACE = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Route:
    """One address: what it looks like, the names of its places, what answers."""

    pattern: str
    places: tuple[str, ...]
    name: str
    view: Any

    def __str__(self) -> str:
        return f"/{self.pattern}"

    @property
    def is_api(self) -> bool:
        """Whether programs use it."""
        is_for_programs = self.pattern.startswith(("api/", "stream/", "v1/", "webhooks/"))
        return is_for_programs and self.name != "api_reader"

    def with_places(self, values: dict[str, str]) -> str:
        """Return the address with every place filled in."""
        return "/" + PLACE.sub(lambda place: values[place[1]], self.pattern)


def routes() -> list[Route]:
    """Return every route of the product."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: Any, above: str) -> Iterator[Route]:
    for pattern in patterns:
        whole = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, whole)
        elif isinstance(pattern, URLPattern):
            places = (*pattern.pattern.converters, *pattern.pattern.regex.groupindex)
            yield Route(whole, tuple(dict.fromkeys(places)), pattern.name or "", pattern.callback)
