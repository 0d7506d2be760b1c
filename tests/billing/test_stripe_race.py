"""However many workers handle Stripe's news at once, each person gets what they paid for, once."""

import json
import random
from typing import Any

import pytest

from billing.models import Payment, Subscription
from billing.services import checkouts
from credits import selectors as credits_selectors
from tests import databases, factories
from tests.standins.stripe import Stripe
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user
from visiona.webhooks import services as inbox
from visiona.webhooks.models import WebhookEvent

PEOPLE, WORKERS, SEED = 6, 6, 7
WELCOME = 20


@pytest.mark.django_db(transaction=True)
def test_six_workers_book_what_was_paid_once(stripe: Stripe) -> None:
    people = [factories.make_user() for _ in range(PEOPLE)]
    events = []
    for person in people:
        for item in ("pro", "pack_40"):
            with act_as_user(person.pk):
                checkout = checkouts.begin(user=person, item=item)
            session = stripe.pay(str(checkout.session_id))
            events.append(("checkout.session.completed", session["id"]))
            if item == "pro":
                events.append(("invoice.paid", session["invoice"]))
                events.append(("customer.subscription.updated", session["subscription"]))
            else:
                charge = stripe.refund(stripe.charge_of(session), 4_50)
                events.append(("charge.refunded", charge["id"]))
    receive(events * 2)

    def work(_: int) -> int:
        return inbox.handle_due()

    for _ in range(3):  # what came too early comes again
        databases.in_threads(work, range(WORKERS), threads=WORKERS)
        WebhookEvent.objects.update(next_at=clock.now())

    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"done"}
    assert (Payment.objects.count(), Subscription.objects.count()) == (2 * PEOPLE, PEOPLE)
    balances = [credits_selectors.wallet_of(user=person).balance for person in people]
    assert balances == [WELCOME + 80 + 40 - 20] * PEOPLE
    assert credits_selectors.broken_promises() == []


def receive(events: list[tuple[str, str]]) -> None:
    """Have the inbox full of events, in no order."""
    random.Random(SEED).shuffle(events)
    for number, (kind, name) in enumerate(events):
        told = {"type": kind, "livemode": False, "data": {"object": {"id": name}}}
        event: dict[str, Any] = {
            "sender": "stripe",
            "event_id": f"evt_{number}",
            "query": "",
            "body": json.dumps(told).encode(),
        }
        WebhookEvent.objects.create(**event, proof=inbox.prove(**event))
