"""A thousand events about money, out of order, again and again, while workers are killed.

Half of the people live calmly: what is told of them comes once and in its order. Each of the
others lives the same life, and has to end with the same wallet, payments and plan. `make soak` has
150 people, a thousand events and twenty kills.
"""

import json
import os
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from accounts.models import User
from billing.gateways import signing, till
from billing.gateways.registry import till_secret
from billing.models import Payment, Subscription, TillObject
from billing.plans import PREMIUM, PRO
from billing.services import checkouts
from credits import selectors as credits_selectors
from credits.models import Entry
from tests.databases import in_threads
from tests.flows.test_chaos import Crew, a_seed, crew_of
from tests.processes import jobs_loop, wait_until, web_server
from tests.standins import clerk as clerks
from visiona.embedded.throwaway import Servers
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.webhooks import services as webhooks
from visiona.webhooks.models import WebhookEvent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

KILLS = int(os.environ.get("STORM_KILLS", "4"))
PEOPLE = int(os.environ.get("STORM_PEOPLE", "15"))
AT_CLERK = PEOPLE // 5
EVENTS_OF_EACH = 6.5
SENDERS = 8
WORKERS = 3
HOUR = 3_600_000
PAUSE_SECONDS = 0.6
LIMITS = {"WEBHOOKS_RATE": "1000000/minute", "ANONYMOUS_RATE": "1000000/minute"}


@dataclass(frozen=True, slots=True)
class Told:
    """An event as its sender can send it, again and again."""

    sender: str
    name: str
    document: dict[str, Any]

    def send(self, address: str, client: httpx.Client) -> None:
        """Sign it now and hand it in."""
        body = json.dumps(self.document).encode()
        if self.sender == "clerk":
            headers = clerks.signed(body, name=self.name)
        else:
            moment = int(clock.now().timestamp())
            proof = signing.header(secret=till_secret(), moment=moment, body=body)
            headers = {"Stripe-Signature": proof}
        answer = client.post(f"{address}/webhooks/{self.sender}", content=body, headers=headers)
        assert answer.status_code == 200, answer.text


# --- Lives --------------------------------------------------------------------------------------


def buy(user: User, item: str) -> None:
    with act_as_user(user.pk):
        checkout = checkouts.begin(user=user, item=item)
        till.pay(checkout_id=checkout.pk)


def charges_of(user: User) -> list[str]:
    kept = TillObject.objects.filter(user=user, kind="charge").order_by("created_at")
    return [row.pk for row in kept if row.data["paid"]]


def refunds_of(user: User) -> list[str]:
    kept = TillObject.objects.filter(user=user, kind="refund").order_by("created_at")
    return [row.pk for row in kept]


def subscription_of(user: User) -> str:
    return str(TillObject.objects.get(user=user, kind="subscription").pk)


def pay_and_have_it_back(user: User) -> None:
    buy(user, "pack_40")
    buy(user, "pack_100")
    first, second = charges_of(user)
    till.refund(charge_id=first)
    for cents in (500, 500, 300):
        till.refund(charge_id=second, cents=cents)
    till.fail_refund(refund_id=refunds_of(user)[-1])
    till.refund(charge_id=second, cents=200)


def pay_month_by_month(user: User) -> None:
    with act_as_user(user.pk):
        checkouts.begin(user=user, item="premium")  # in another tab
    buy(user, "pro")
    for _ in range(3):
        till.renew(subscription_id=subscription_of(user))
    till.change_plan(subscription_id=subscription_of(user), item=PREMIUM)


def pay_late_and_leave(user: User) -> None:
    buy(user, "premium")
    till.fail_payment(subscription_id=subscription_of(user))
    till.renew(subscription_id=subscription_of(user))
    till.change_plan(subscription_id=subscription_of(user), item=PRO)
    till.cancel(subscription_id=subscription_of(user))
    till.renew(subscription_id=subscription_of(user))


def dispute(user: User) -> None:
    for item, status in (("pack_250", "won"), ("pack_100", "lost")):
        buy(user, item)
        name = till.dispute(charge_id=charges_of(user)[-1])
        till.close_dispute(dispute_id=name, status=status)


LIVES = (pay_and_have_it_back, pay_month_by_month, pay_late_and_leave, dispute)


def live_at_stripe(group: str) -> None:
    """Let everybody live; what the till tells waits in the inbox."""
    for number in range(PEOPLE - AT_CLERK):
        user = User.objects.create_user(f"{group}-{number:03}@example.com")
        LIVES[number % len(LIVES)](user)


def lives_at_clerk(group: str) -> Iterator[Told]:
    """Give what Clerk tells of people who come, change their names and pay by Clerk."""
    for number in range(AT_CLERK):
        name = f"user_{group}{number}"
        facts: list[tuple[str, dict[str, Any]]] = [
            ("user.created", clerks.user(name, f"{name}@example.com")),
            *_payments(name, months=3),
            (
                "user.updated",
                clerks.user(name, f"{name}@example.com", updated_at=clerks.BEGINNING + HOUR),
            ),
        ]
        for order, (kind, data) in enumerate(facts):
            yield Told("clerk", f"msg_{group}{number}_{order}", clerks.event(kind, data))


def _payments(name: str, *, months: int) -> Iterator[tuple[str, dict[str, Any]]]:
    item = f"csub_{name}"
    for month in range(months):
        paid = partial(clerks.attempt, name, "premium", name=f"pa_{name}_{month}")
        yield "paymentAttempt.updated", paid(status="pending" if month else "failed")
        yield "paymentAttempt.updated", paid()
        seen = clerks.BEGINNING + month * HOUR
        follows = clerks.subscription_item(name, "premium", id=item, updated_at=seen)
        yield "subscriptionItem.active", follows
    ended = clerks.BEGINNING + months * HOUR
    over = clerks.subscription_item(name, "premium", id=item, status="ended", updated_at=ended)
    yield "subscriptionItem.ended", over


# --- The storm ----------------------------------------------------------------------------------


def live_calmly() -> None:
    """Let half of the people live, and have all that is told of them once and in its order."""
    live_at_stripe("calm")
    for one in lives_at_clerk("calm"):
        body = json.dumps(one.document).encode()
        headers = clerks.signed(body, name=one.name)
        webhooks.receive(sender="clerk", body=body, headers=headers, query="")
    webhooks.handle_due()


def taken_out_of_the_inbox() -> list[Told]:
    """Give what waits in the inbox, and leave it empty."""
    waiting = WebhookEvent.objects.filter(sender="stripe", state="new").order_by("id")
    told = [
        Told("stripe", one.event_id, {"object": "event", **json.loads(bytes(one.body or b""))})
        for one in waiting
    ]
    waiting.delete()
    return told


def deliver(address: str, events: list[Told], chance: random.Random) -> None:
    """Send each one to four times, in no order at all."""
    sent = [one for one in events for _ in range(chance.randint(1, 4))]
    chance.shuffle(sent)

    def send_all(mine: list[Told]) -> None:
        with httpx.Client(timeout=30) as client:
            for one in mine:
                one.send(address, client)

    in_threads(send_all, [sent[n::SENDERS] for n in range(SENDERS)], threads=SENDERS)


def rage(address: str, events: list[Told], crew: Crew, chance: random.Random) -> None:
    """Deliver it all while workers are killed, and wait until what came is handled."""
    with ThreadPoolExecutor(1) as sender:
        sent = sender.submit(deliver, address, events, random.Random(chance.random()))
        for _ in range(KILLS):
            time.sleep(chance.uniform(0, 2 * PAUSE_SECONDS))
            crew.kill(chance.randrange(crew.size))
        sent.result(180)
    await_quiet(crew)


def await_quiet(crew: Crew) -> None:
    wait_until(partial(all_is_handled, crew), seconds=120, what="all is handled")


def all_is_handled(crew: Crew) -> bool:
    crew.restart_the_gone()
    left = WebhookEvent.objects.filter(state="new")
    if not left.filter(next_at__lte=clock.now()).exists():
        left.update(next_at=clock.now())  # what waits for others has all of them: let it not pause
    return not left.exists()


def estate(user: User) -> tuple[Any, ...]:
    """What somebody has in the end: credits, lots, payments, plans, and what they owe."""
    wallet = credits_selectors.wallet_of(user=user)
    user.refresh_from_db()
    return (
        (wallet.available, wallet.held, user.role),
        sorted(
            (lot.kind, lot.amount, lot.remaining, lot.paid_cents)
            for lot in credits_selectors.lots_of(user=user)
        ),
        sorted(Payment.objects.filter(user=user).values_list("item", "status", "refunded_cents")),
        sorted(Subscription.objects.filter(user=user).values_list("source", "plan", "status")),
        sorted(one.owed for one in credits_selectors.revocations_of(user=user)),
    )


def people_of(group: str) -> list[User]:
    """Everybody of a group, in the order of their lives."""
    here = User.objects.filter(email__startswith=f"{group}-").order_by("email")
    by_clerk = User.objects.filter(clerk_id__startswith=f"user_{group}").order_by("clerk_id")
    return [*here, *by_clerk]


@pytest.fixture
def keys(settings: Any) -> dict[str, Any]:
    """What the test and the product's own processes agree on."""
    settings.CLERK_WEBHOOK_SECRET = [clerks.WEBHOOK_SECRET]
    settings.CLERK_ISSUER, settings.CLERK_JWT_KEY = clerks.ISSUER, clerks.pem()
    return {
        "SECRET_KEY": settings.SECRET_KEY,
        "CLERK_WEBHOOK_SECRET": clerks.WEBHOOK_SECRET,
        "CLERK_ISSUER": clerks.ISSUER,
        "CLERK_JWT_KEY": clerks.pem(),
        **LIMITS,
    }


@pytest.mark.slow
def test_a_storm_of_events_ends_as_a_calm_does(
    product_servers: Servers, keys: dict[str, Any]
) -> None:
    seed = a_seed()
    chance = random.Random(seed)
    sys.stdout.write(f"seed {seed}\n")
    live_calmly()
    live_at_stripe("storm")
    events = [*taken_out_of_the_inbox(), *lives_at_clerk("storm")]
    assert len(events) >= EVENTS_OF_EACH * PEOPLE

    programs = [jobs_loop(product_servers, name=f"storm-{n}", **keys) for n in range(WORKERS)]
    with web_server(product_servers, **keys) as address, crew_of(programs) as crew:
        rage(address, events, crew, chance)
        ended = [estate(user) for user in people_of("storm")]
        entries = Entry.objects.count()
        deliver(address, events, chance)
        await_quiet(crew)

    assert len(ended) == PEOPLE
    assert ended == [estate(user) for user in people_of("calm")]
    assert [estate(user) for user in people_of("storm")] == ended
    assert Entry.objects.count() == entries
    assert not WebhookEvent.objects.filter(state="dead").exists()
    with act_as_worker():
        assert credits_selectors.broken_promises() == []
