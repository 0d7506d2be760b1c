"""From a question to the first word of its answer, against the provider asked without us."""

import asyncio

from tests.bench.chatting import ask, ask_directly, chat, client_of
from tests.bench.figures import Figure, Promise, interleaved
from tests.bench.people import make_person

ROUNDS, QUICK_ROUNDS = 200, 50
WARM_UP = 20
WORDS, PAUSE = 5, 0.02


def measure(*, quick: bool) -> list[Figure]:
    """Ask the product and the provider by turns; each answer is listened to until its end."""
    bearer = make_person().bearer
    with chat(words=WORDS, pause=PAUSE) as running, client_of(running) as client:
        ours, baseline = interleaved(
            lambda: asyncio.run(ask(running.port, bearer)).first_ms,
            lambda: ask_directly(client).first_ms,
            rounds=QUICK_ROUNDS if quick else ROUNDS,
            warm_up=WARM_UP,
        )
    figure = Figure(
        name="first word of an answer",
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.MORE_AT_MOST,
        limit=25,
        note="POST /api/v1/chat and its stream, by uvicorn, broker and worker; OpenAI's SDK and "
        "the same provider, who says the first word at once",
    )
    return [figure]
