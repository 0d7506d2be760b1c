"""Reserve and capture through `credits.services`, against the same SQL by psycopg alone."""

import os
from collections.abc import Callable
from itertools import count

import psycopg
from django.db import transaction

from credits import services as credits_services
from tests.bench.figures import Figure, Promise, interleaved, timed
from tests.bench.people import Person, make_person
from visiona.lib.db.actor import act_as_user, act_as_worker

ROUNDS, QUICK_ROUNDS = 600, 150
AMOUNT = 1
ACT_AS = (
    "SELECT set_config('app.user_id', %s, true), set_config('app.request_id', '', true),"
    " set_config('role', %s, true)"
)
RESERVE = "SELECT status, reservation_id, balance, held FROM credits_reserve(%s, %s, %s, %s)"
CAPTURE = "SELECT status, reservation_id, balance, held FROM credits_settle(%s, 'capture', %s)"


def measure(*, quick: bool) -> list[Figure]:
    """Compare two transactions of each: one of the person, one of the worker."""
    numbers = map(str, count())
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        ours, baseline = interleaved(
            timed(through_services(make_person(), numbers.__next__)),
            timed(by_psycopg(connection, make_person(), numbers.__next__)),
            rounds=QUICK_ROUNDS if quick else ROUNDS,
            warm_up=20,
        )
    figure = Figure(
        name="reserve + capture",
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.RATIO_AT_MOST,
        limit=2,
        note="credits.services, against the same SQL in the same two transactions by psycopg",
    )
    return [figure]


def through_services(person: Person, key: Callable[[], str]) -> Callable[[], None]:
    """Return the step as the product does it."""

    def step() -> None:
        with act_as_user(person.user_id), transaction.atomic():
            held = credits_services.reserve(
                amount=AMOUNT, key=key(), purpose="bench", reference="bench"
            )
        with act_as_worker(), transaction.atomic():
            credits_services.capture(reservation_id=held.hold)

    return step


def by_psycopg(
    connection: psycopg.Connection, person: Person, key: Callable[[], str]
) -> Callable[[], None]:
    """Return the step without any of our Python."""

    def step() -> None:
        with connection.transaction():
            connection.execute(ACT_AS, (str(person.user_id), "visiona_app"))
            held = connection.execute(RESERVE, (AMOUNT, key(), "bench", "bench")).fetchone()
        with connection.transaction():
            connection.execute(ACT_AS, ("", "visiona_worker"))
            connection.execute(CAPTURE, (held and held[1], None)).fetchone()

    return step
