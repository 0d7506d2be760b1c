"""The first word of an answer while two hundred others are written, by one process of each kind."""

import asyncio
import os
import statistics
from dataclasses import dataclass

import openai

from tests.bench.chatting import Chat, Heard, ask, ask_directly, chat, client_of
from tests.bench.figures import Figure, Promise
from tests.bench.people import make_person

AT_ONCE, QUICK_AT_ONCE = 200, 40
WORDS, PAUSE = 80, 0.25
ANSWER_SECONDS = WORDS * PAUSE
PEOPLE = 20
THREADS = 256
"""Of the worker; BENCH_CHAT_THREADS says another number."""
DIRECT_EVERY_SECONDS = 0.5


def measure(*, quick: bool) -> list[Figure]:
    """Begin answers as evenly as they end; those count that begin once all the others are there."""
    at_once = int(os.environ.get("BENCH_CHAT_CROWD") or (QUICK_AT_ONCE if quick else AT_ONCE))
    threads = int(os.environ.get("BENCH_CHAT_THREADS") or THREADS)
    bearers = [make_person().bearer for _ in range(PEOPLE)]
    with chat(words=WORDS, pause=PAUSE, threads=threads) as running, client_of(running) as client:
        found = asyncio.run(_everybody(running, client, bearers, at_once))
    late = sorted(word for heard in found.answers for word in heard.late_ms)
    figure = Figure(
        name="first word in a crowd",
        ours=statistics.median(heard.first_ms for heard in found.answers),
        baseline=statistics.median(heard.first_ms for heard in found.direct),
        unit="ms",
        promise=Promise.MORE_AT_MOST,
        limit=50,
        note=f"as before, while {at_once} answers of {WORDS} words come at {1 / PAUSE:g} words a "
        f"second each; {threads} threads; of all those words the median was on its way for "
        f"{statistics.median(late):.0f} ms, 99 % for at most {late[len(late) * 99 // 100]:.0f} ms",
    )
    return [figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Answers that began among all the others, and those of the provider at the same time."""

    answers: list[Heard]
    direct: list[Heard]


async def _everybody(
    running: Chat, client: openai.OpenAI, bearers: list[str], at_once: int
) -> Found:
    async with asyncio.TaskGroup() as group:
        await asyncio.to_thread(ask_directly, client, words=1)
        before = group.create_task(_ask_evenly(running, bearers, at_once))
        await before
        answers = group.create_task(_ask_evenly(running, bearers, at_once))
        direct = group.create_task(_ask_directly(client))
    return Found(answers=await _all_of(answers.result()), direct=direct.result())


async def _ask_evenly(running: Chat, bearers: list[str], number: int) -> list[asyncio.Task[Heard]]:
    """Ask so often, evenly over the time that an answer takes."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    asked = []
    for one in range(number):
        await asyncio.sleep(began + one * ANSWER_SECONDS / number - loop.time())
        asked.append(asyncio.create_task(ask(running.port, bearers[one % len(bearers)])))
    return asked


async def _ask_directly(client: openai.OpenAI) -> list[Heard]:
    heard = []
    for _ in range(int(ANSWER_SECONDS / DIRECT_EVERY_SECONDS)):
        await asyncio.sleep(DIRECT_EVERY_SECONDS)
        heard.append(await asyncio.to_thread(ask_directly, client, words=1))
    return heard


async def _all_of(asked: list[asyncio.Task[Heard]]) -> list[Heard]:
    return list(await asyncio.gather(*asked))
