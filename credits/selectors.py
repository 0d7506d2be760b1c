"""The only way to wallets and their entries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection
from django.db.models import FETCH_RAISE, Case, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, TruncDate

from credits.models import Adjustment, Entry, Lot, Move, Reservation, Revocation, Wallet
from visiona.lib import clock
from visiona.lib.cache import Fenced
from visiona.lib.db import actor
from visiona.lib.errors import NotFound
from visiona.lib.periods import Period

if TYPE_CHECKING:
    from accounts.models import User

BALANCE_SECONDS = 60
"""How long a balance may be remembered where nothing changes it."""

MOST_DECIDED = 50
"""How many adjustments that are over staff look at."""

GIVING_KINDS = (Entry.Kind.GRANT, Entry.Kind.ADJUST, Entry.Kind.REVOKE)
SPENDING_KINDS = (Entry.Kind.CAPTURE, Entry.Kind.REFUND)
STATEMENT_KINDS = (*GIVING_KINDS, *SPENDING_KINDS, Entry.Kind.LAPSE)


AS_THEY_ARE_SPENT = (
    F("expires_at").asc(nulls_last=True),
    Case(When(kind=Lot.Kind.PURCHASED, then=1), default=0),
    "id",
)
"""The soonest to expire first, and what was given before what was bought; as in credits/sql."""


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
    """Return the person's wallet, to be shown; an empty one if there is none yet.

    Who looks at their own may be shown what is remembered of it. Nothing is ever spent by this:
    the ledger looks at the row, under its lock.
    """
    if actor.current() != actor.Actor(user_id=user.pk):
        return _wallet_row(user.pk)  # the database decides who may see it
    remembered = kept_balance(user_id=user.pk).get(lambda: _packed(_wallet_row(user.pk)))
    balance, held = map(int, remembered.split())
    return Wallet(user_id=user.pk, balance=balance, held=held)


def kept_balance(*, user_id: UUID) -> Fenced:
    """Return where a person's balance is remembered; every change of the ledger forgets it."""
    return Fenced(key=f"wallet:{user_id}", seconds=BALANCE_SECONDS)


def _wallet_row(user_id: UUID) -> Wallet:
    found = Wallet.objects.filter(user_id=user_id).first()
    return found or Wallet(user_id=user_id, balance=0, held=0)


def _packed(wallet: Wallet) -> bytes:
    return f"{wallet.balance} {wallet.held}".encode()


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
    granted, spent = (
        sum(by_kind.get(kind, 0) for kind in kinds) for kinds in (GIVING_KINDS, SPENDING_KINDS)
    )
    return Totals(granted=granted, spent=-spent)


def lots_of(*, user: "User") -> QuerySet[Lot]:
    """Return the person's lots, those that are spent next first; empty ones too."""
    return Lot.objects.filter(wallet_id=user.pk).order_by(*AS_THEY_ARE_SPENT)


def expiring_of(*, user: "User") -> list[tuple[int, datetime]]:
    """Return how many of the person's credits expire when, the soonest first."""
    lots = lots_of(user=user).filter(remaining__gt=0, expires_at__isnull=False)
    return [(lot.remaining, lot.expires_at) for lot in lots if lot.expires_at]


def revocations_of(*, user: "User") -> QuerySet[Revocation]:
    """Return what was to be taken back of the person's lots, the oldest first."""
    return Revocation.objects.filter(wallet_id=user.pk).select_related("lot").order_by("id")


def paid_by(*, reservation_ids: Iterable[UUID]) -> dict[UUID, list[tuple[Lot, int]]]:
    """Return which lots paid how much for each of these holds, in the order of spending."""
    wanted = list(reservation_ids)
    moves = Move.objects.filter(entry__reservation_id__in=wanted)
    sums = moves.values_list("entry__reservation_id", "lot_id").annotate(Sum("amount")).order_by()
    taken = {(reservation, lot): -amount for reservation, lot, amount in sums if amount}
    lots = Lot.objects.filter(pk__in={lot for _, lot in taken})
    paid: dict[UUID, list[tuple[Lot, int]]] = {one: [] for one in wanted}
    for lot in lots.order_by(*AS_THEY_ARE_SPENT):
        for reservation in wanted:
            if amount := taken.get((reservation, lot.pk)):
                paid[reservation].append((lot, amount))
    return paid


def spending_of(*, user: "User", since: date) -> list[Spending]:
    """Return what the person spent since that day (UTC), by day and purpose, oldest first."""
    spent = Entry.objects.filter(
        wallet_id=user.pk,
        kind__in=SPENDING_KINDS,
        created_at__gte=datetime.combine(since, time.min, UTC),
    )
    rows = (
        spent.annotate(day=TruncDate("created_at", tzinfo=UTC))
        .values_list("day", "reservation__purpose")
        .annotate(Sum("balance_change"))
        .order_by("day", "reservation__purpose")
    )
    return [Spending(day=day, purpose=purpose, amount=-change) for day, purpose, change in rows]


def spent_this_month(*, spenders: Iterable[UUID]) -> dict[UUID, int]:
    """Return what each of these API keys has spent or holds since the month began (UTC)."""
    held = When(state=Reservation.State.HELD, then="amount")
    used = Sum(Case(held, default=F("captured") - F("refunded")))
    mine = Reservation.objects.filter(spender__in=(asked := list(spenders)))
    sums = mine.filter(created_at__gte=month_start()).values_list("spender").annotate(used=used)
    return dict.fromkeys(asked, 0) | {spender: int(spent) for spender, spent in sums if spender}


def month_start() -> datetime:
    """Return when this month began (UTC)."""
    return clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month_start() -> datetime:
    """Return when what API keys have spent is counted anew (UTC)."""
    return (month_start() + timedelta(days=32)).replace(day=1)


def adjustment_of(*, adjustment_id: UUID) -> Adjustment:
    """Return an adjustment, for staff, or raise NotFound."""
    found = Adjustment.objects.filter(pk=adjustment_id).first()
    if found is None:
        raise NotFound("There is no such adjustment.")
    return found


def waiting_adjustments() -> QuerySet[Adjustment]:
    """Return what waits for a second person, with its people, the oldest first; for staff."""
    waiting = Adjustment.objects.filter(state=Adjustment.State.PROPOSED)
    return _with_people(waiting.order_by("created_at"))


def approved_adjustments() -> QuerySet[Adjustment]:
    """Return what a worker has to post, the oldest first."""
    approved = Adjustment.objects.filter(state=Adjustment.State.APPROVED)
    return approved.order_by("decided_at").fetch_mode(FETCH_RAISE)


def decided_adjustments() -> QuerySet[Adjustment]:
    """Return what was posted or refused of late, with its people, the latest first; for staff."""
    decided = Adjustment.objects.exclude(state=Adjustment.State.PROPOSED)
    return _with_people(decided.order_by("-decided_at"))[:MOST_DECIDED]


def _with_people(adjustments: QuerySet[Adjustment]) -> QuerySet[Adjustment]:
    people = adjustments.select_related("wallet__user", "proposed_by", "decided_by")
    return people.fetch_mode(FETCH_RAISE)


def broken_promises() -> list[tuple[UUID, str]]:
    """Audit the whole ledger; every item is a wallet and what is wrong with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, problem FROM credits_audit() ORDER BY 1, 2")
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What was given to and spent by everybody on one day, and held at its end, in credits."""

    day: date
    granted: int
    spent: int
    held: int


def moves_by_day(*, period: Period) -> list[Moves]:
    """Return how everybody's credits moved on each day (UTC) of a time, oldest first."""
    given = Q(kind__in=GIVING_KINDS)
    taken = Q(kind__in=SPENDING_KINDS)
    by_day = Entry.objects.filter(period.rows).annotate(day=TruncDate("created_at", tzinfo=UTC))
    rows = by_day.values("day").annotate(
        granted=Coalesce(Sum("balance_change", filter=given), 0),
        spent=-Coalesce(Sum("balance_change", filter=taken), 0),
        change=Sum("held_change"),
    )
    moved = {row["day"]: row for row in rows.order_by()}
    nothing = {"granted": 0, "spent": 0, "change": 0}
    held = _held_by_all_at(period.start)
    days = []
    for day in period.days():
        row = moved.get(day, nothing)
        held += row["change"]
        days.append(Moves(day=day, granted=row["granted"], spent=row["spent"], held=held))
    return days


def spent_on(*, period: Period) -> dict[str, int]:
    """Return what everybody spent in a time, refunds taken off, by what it was spent on."""
    taken = Q(kind__in=SPENDING_KINDS)
    spent = Entry.objects.filter(period.rows & taken).values_list("reservation__purpose")
    return {
        purpose: -change for purpose, change in spent.annotate(Sum("balance_change")).order_by()
    }


def entries_of_request(
    *, request_id: str, reservation_ids: Iterable[UUID | None]
) -> QuerySet[Entry]:
    """Return what a request moved, and what became of these holds, oldest first; for staff."""
    caused = Q(request_id=request_id) | Q(reservation_id__in=list(filter(None, reservation_ids)))
    return Entry.objects.filter(caused).order_by("id").fetch_mode(FETCH_RAISE)


def _held_by_all_at(moment: datetime) -> int:
    """Return what was held in all wallets at that moment: what is now, less the changes since."""
    now = Wallet.objects.aggregate(held=Coalesce(Sum("held"), 0))["held"]
    since = Entry.objects.filter(Period.since(moment).rows)
    return int(now - since.aggregate(change=Coalesce(Sum("held_change"), 0))["change"])
