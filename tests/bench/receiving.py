"""POST /webhooks/stripe: how soon an event is kept, and how many are taken a second.

Nobody handles what is kept here, so that it comes after all scenarios that have a worker.
"""

import http.client
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from billing.gateways import shapes, signing
from tests.bench.figures import Figure, Promise, interleaved, timed
from tests.bench.stage import WEB_URL, free_port, serving

SECRET = "whsec_bench"
WORKERS, THREADS = "2", "2"
SENDERS = 8
EVENTS, QUICK_EVENTS = 3000, 1000
"""At once, as after an outage: more than may be refused in a minute."""
ROUNDS, QUICK_ROUNDS = 400, 100
WARM_UP = 20
AT_LEAST_A_SECOND = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as it is sent."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


ALIVE = Call(method="GET", path="/healthz")


def measure(*, quick: bool) -> list[Figure]:
    """Send events, each another and signed as Stripe signs: one by one, then all at once."""
    number, rounds = (QUICK_EVENTS, QUICK_ROUNDS) if quick else (EVENTS, ROUNDS)
    port = free_port()
    with serving(*_granian(port), port=port, environment=_selling()):
        with _connection(port) as sender:
            accepted, alive = interleaved(
                lambda: _accepted(sender),
                timed(_sending(sender, ALIVE)),
                rounds=rounds,
                warm_up=WARM_UP,
            )
        each = _each_at_once(port, [_event() for _ in range(number)])
        alive_each = _each_at_once(port, [ALIVE] * number)
    beside = f"beside GET /healthz; granian, visiona.wsgi, {WORKERS} x {THREADS} threads"
    return [
        Figure(
            name="webhook accepted",
            ours=accepted,
            baseline=alive,
            unit="ms",
            promise=Promise.OURS_AT_MOST,
            limit=10,
            note=f"POST /webhooks/stripe, one event after the other; {beside}",
        ),
        Figure(
            name="webhooks at once, each",
            ours=each,
            baseline=alive_each,
            unit="ms",
            promise=Promise.OURS_AT_MOST,
            limit=round(1000 / AT_LEAST_A_SECOND, 2),
            note=f"{number} events over {SENDERS} connections: {1000 / each:.0f} a second, of at "
            f"least {AT_LEAST_A_SECOND}; WEBHOOKS_RATE as it comes; {beside}",
        ),
    ]


def _granian(port: int) -> tuple[str, ...]:
    manners = ("--workers", WORKERS, "--blocking-threads", THREADS, "--log-level", "error")
    served = ("--port", str(port), *manners, "visiona.wsgi:application")
    return ("-m", "granian", "--interface", "wsgi", *served)


def _selling() -> dict[str, str]:
    """Return the environment of a web process to which Stripe tells its news."""
    told = {"STRIPE_SECRET_KEY": "sk_test_bench", "STRIPE_WEBHOOK_SECRET": SECRET}
    ours = {name: value for name, value in os.environ.items() if name != "WEBHOOKS_RATE"}
    return {**ours, **told, "DATABASE_URL": os.environ[WEB_URL]}


def _event() -> Call:
    """Return another event, signed now."""
    charge = shapes.charge(customer="cus_bench", amount=1500)
    body = json.dumps(shapes.event(type="charge.updated", about=charge)).encode()
    signature = signing.header(secret=SECRET, moment=shapes.now(), body=body)
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
    return Call(method="POST", path="/webhooks/stripe", body=body, headers=headers)


@contextmanager
def _connection(port: int) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        yield opened
    finally:
        opened.close()


def _sending(sender: http.client.HTTPConnection, call: Call) -> Callable[[], None]:
    """Return a step that sends this and reads its answer."""

    def step() -> None:
        sender.request(call.method, call.path, body=call.body, headers=call.headers)
        answer = sender.getresponse()
        told = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{call.path} answered {answer.status}: {told[:300]!r}")

    return step


def _accepted(sender: http.client.HTTPConnection) -> float:
    return timed(_sending(sender, _event()))()


def _each_at_once(port: int, calls: Sequence[Call]) -> float:
    """Return in how many milliseconds each is answered where many connections send them."""

    def send(mine: Sequence[Call]) -> None:
        with _connection(port) as sender:
            for call in mine:
                _sending(sender, call)()

    def send_all() -> None:
        with ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(send, (calls[number::SENDERS] for number in range(SENDERS))))

    return timed(send_all)() / len(calls)
