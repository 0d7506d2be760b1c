"""The only way to wallets and their entries."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection
from django.db.models import FETCH_RAISE, QuerySet, Sum
from django.db.models.functions import TruncDate

from credits.models import Entry, Reservation, Wallet

if TYPE_CHECKING:
    from accounts.models import User

STATEMENT_KINDS = (Entry.Kind.GRANT, Entry.Kind.CAPTURE, Entry.Kind.REFUND, Entry.Kind.ADJUST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What was ever given to and spent by a person, in credits."""

    granted: int
    spent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What one purpose took on one day, refunds taken off, in credits."""

    day: date
    purpose: str
    amount: int


def wallet_of(*, user: "User") -> Wallet:
    """Return the person's wallet; an empty one if there is none yet."""
    return Wallet.objects.filter(user_id=user.pk).first() or Wallet(
        user_id=user.pk, balance=0, held=0
    )


def entries_of(*, user: "User") -> QuerySet[Entry]:
    """Return every entry of the person's wallet, newest first."""
    entries = Entry.objects.filter(wallet_id=user.pk).order_by("-seq")
    return entries.fetch_mode(FETCH_RAISE)


def statement_of(*, user: "User") -> QuerySet[Entry]:
    """Return the entries that changed the balance, newest first; holds do not."""
    return entries_of(user=user).filter(kind__in=STATEMENT_KINDS).order_by("-id")


def open_reservations_of(*, user: "User") -> QuerySet[Reservation]:
    """Return what is held for the person's running jobs, newest first."""
    held = Reservation.objects.filter(wallet_id=user.pk, state=Reservation.State.HELD)
    return held.order_by("-id").fetch_mode(FETCH_RAISE)


def totals_of(*, user: "User") -> Totals:
    """Return what the person was given and has spent, refunds taken off."""
    by_kind = dict(
        Entry.objects.filter(wallet_id=user.pk)
        .values_list("kind")
        .annotate(Sum("balance_change"))
        .order_by()
    )
    spent = -by_kind.get("capture", 0) - by_kind.get("refund", 0)
    return Totals(granted=by_kind.get("grant", 0) + by_kind.get("adjust", 0), spent=spent)


def spending_of(*, user: "User", since: date) -> list[Spending]:
    """Return what the person spent since that day (UTC), by day and purpose, oldest first."""
    spent = Entry.objects.filter(
        wallet_id=user.pk,
        kind__in=(Entry.Kind.CAPTURE, Entry.Kind.REFUND),
        created_at__gte=datetime.combine(since, time.min, UTC),
    )
    rows = (
        spent.annotate(day=TruncDate("created_at", tzinfo=UTC))
        .values_list("day", "reservation__purpose")
        .annotate(Sum("balance_change"))
        .order_by("day", "reservation__purpose")
    )
    return [Spending(day=day, purpose=purpose, amount=-change) for day, purpose, change in rows]


def broken_promises() -> list[tuple[UUID, str]]:
    """Audit the whole ledger; every item is a wallet and what is wrong with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, problem FROM credits_audit() ORDER BY 1, 2")
        return list(cursor.fetchall())
