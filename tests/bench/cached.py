"""POST /api/v1/chat where the answer is known, against a bare DRF view that does one insert."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from generation.providers.ports import Turn
from generation.services import answer_cache, chat
from tests.bench.bare import PATH, TABLE
from tests.bench.figures import Figure, Promise, interleaved, timed
from tests.bench.ordering import order
from tests.bench.people import make_person
from tests.bench.stage import OWNER_URL
from visiona.lib.db.actor import act_as_user

ROUNDS, QUICK_ROUNDS = 400, 100
QUESTION = "How do I write a prompt for a product photo?"
ANSWER = {"text": "Name the light. " * 40, "cards": [], "provider": "openai", "model": "gpt"}


def measure(*, quick: bool) -> list[Figure]:
    """Send both through the same WSGI handler, in this process."""
    with psycopg.connect(os.environ[OWNER_URL]) as connection:
        connection.execute(TABLE)
    person = make_person()
    bearer = f"Bearer {person.bearer}"
    with act_as_user(person.user_id):
        key = chat.key_for(user_id=person.user_id, turns=[Turn(text=QUESTION)])
        answer_cache.put(key=key, answer=ANSWER)
    asked = {"message": QUESTION}
    with _unheard():
        ours, baseline = interleaved(
            timed(order("/api/v1/chat", asked, expected="200", authorization=bearer)),
            timed(order(PATH, {"title": QUESTION}, expected="201", authorization=bearer)),
            rounds=QUICK_ROUNDS if quick else ROUNDS,
            warm_up=10,
        )
    figure = Figure(
        name="cached answer",
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.RATIO_AT_MOST,
        limit=2,
        note="POST /api/v1/chat in a new conversation; a signed-in person's DRF view that does one "
        "insert; both through the WSGI handler",
    )
    return [figure]


@contextmanager
def _unheard() -> Iterator[None]:
    """Let log lines be written as ever, for nobody to read."""
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nobody:
        os.dup2(nobody.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
