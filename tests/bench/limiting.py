"""One question to a rate limit, and one look at a remembered balance against its row."""

from itertools import count

from django.db import connection

from credits import selectors as credits_selectors
from credits.models import Wallet
from tests.bench.figures import Figure, Promise, interleaved, timed
from tests.bench.people import make_person
from visiona.lib import ratelimit
from visiona.lib.db.actor import act_as_user

ROUNDS, QUICK_ROUNDS = 2000, 400
PEOPLE = 500
"""So many buckets are in use."""


def measure(*, quick: bool) -> list[Figure]:
    """Ask the limit beside PostgreSQL's shortest answer, and show a balance beside reading it."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    turn = count()
    asked, shortest = interleaved(
        timed(lambda: ratelimit.admit(rule="api", key=f"bench-{next(turn) % PEOPLE}")),
        timed(_shortest),
        rounds=rounds,
        warm_up=20,
    )
    user = make_person().user
    with act_as_user(user.pk):
        shown, read = interleaved(
            timed(lambda: credits_selectors.wallet_of(user=user).available),
            timed(lambda: Wallet.objects.get(user_id=user.pk).available),
            rounds=rounds,
            warm_up=20,
        )
    return [
        Figure(
            name="limit check",
            ours=asked,
            baseline=shortest,
            unit="ms",
            promise=Promise.OURS_AT_MOST,
            limit=0.3,
            note=f"admit, of {PEOPLE} buckets; beside SELECT 1 over an open connection",
        ),
        Figure(
            name="balance shown",
            ours=shown,
            baseline=read,
            unit="ms",
            promise=Promise.RATIO_AT_MOST,
            limit=1,
            note="wallet_of, remembered; beside reading the row as its person",
        ),
    ]


def _shortest() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
