"""The statement: every change of a person's credits, in plain words."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from credits import selectors as credits_selectors

if TYPE_CHECKING:
    from credits.models import Entry

PAGE_SIZE = 50

WORDS = {
    "reserve": "Held for {}",
    "capture": "Delivered: {}",
    "release": "Returned: {}",
    "expire": "Returned: {}, not finished in time",
    "refund": "Given back: {}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the statement; the job that caused it, if any, is named by its id."""

    kind: str
    at: datetime
    words: str
    change: int
    held_change: int
    balance: int
    job_id: str


def row_of(entry: "Entry") -> Row:
    """Put an entry into words."""
    return Row(
        kind=entry.kind,
        at=entry.created_at,
        words=WORDS.get(entry.kind, "{}").format(entry.reason.replace("_", " ")),
        change=entry.balance_change,
        held_change=entry.held_change,
        balance=entry.balance_after,
        job_id=entry.reference,
    )


@login_required
@require_safe
def statement(request: UserRequest) -> HttpResponse:
    """Show what is there, what is held and why, and every entry."""
    entries = credits_selectors.entries_of(user=request.user)
    page = Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "section": "credits",
        "page": page,
        "rows": [row_of(entry) for entry in page],
        "held": credits_selectors.open_reservations_of(user=request.user),
        "totals": credits_selectors.totals_of(user=request.user),
    }
    return render(request, "credits/statement.html", context)
