"""Tables for other programs, in which no word is a formula."""

import csv
from collections.abc import Iterable

from django.http import HttpResponse

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet calculate instead of show."""


def download(*, name: str, head: Iterable[str], rows: Iterable[Iterable[object]]) -> HttpResponse:
    """Answer with a table as a file of this name."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="visiona-{name}.csv"'
    table = csv.writer(response)
    table.writerow([_plain(word) for word in head])
    table.writerows([_plain(value) for value in row] for row in rows)
    return response


def _plain(value: object) -> object:
    is_formula = isinstance(value, str) and value.startswith(FORMULA)
    return f"'{value}" if is_formula else value
