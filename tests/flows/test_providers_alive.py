"""A provider, its webhooks and the product's own processes: workers die, webhooks are lost."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from accounts.models import User
from credits import selectors as credits_selectors
from credits.models import Entry, Reservation
from generation.models import Asset, Job, ProviderCall, Step
from generation.services import jobs
from tests import factories
from tests.databases import address_of
from tests.processes import jobs_loop, python, running, wait_until, web_server
from tests.standins.replicate import SECRET, Replicate
from tests.standins.server import Drip
from visiona.embedded.machine import WORKERS
from visiona.embedded.process import Program, kill_group, launch
from visiona.embedded.throwaway import Servers
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user
from visiona.webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = 8


@pytest.fixture
def replicate(standins: dict[str, Any], settings: Settings) -> Replicate:
    """The stand-in, from whom this process orders too."""
    settings.PROVIDERS = dict.fromkeys(settings.CAPABILITIES, "local") | {"image": "replicate"}
    standin: Replicate = standins["replicate"]
    standin.works.clear()
    standin.webhooks.clear()
    return standin


@pytest.fixture
def keys(replicate: Replicate, product_servers: Servers) -> Iterator[dict[str, str]]:
    """The environment of every process, while the web process listens to webhooks."""
    known = {
        "REPLICATE_API_TOKEN": "r8_stand_in",
        "REPLICATE_BASE_URL": replicate.base_url,
        "REPLICATE_WEBHOOK_SECRET": SECRET,
        "IMAGE_PROVIDER": "replicate",
    }
    with web_server(product_servers, **known) as address:
        yield {**known, "PUBLIC_URL": address}


def callers(servers: Servers, **environment: str) -> Program:
    """The worker of those who wait for others, as the supervisor starts it."""
    worker = ("worker", *WORKERS["calls"], "--without-heartbeat")
    manners = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")
    arguments = ("-m", "celery", "--quiet", "--app", "visiona", *worker, *manners)
    return python("calls", address_of(servers.jobs_url), *arguments, **environment)


def order(user: User) -> Job:
    with act_as_user(user.pk):
        params = {"prompt": "A red sneaker", "count": 1}
        return jobs.submit(user=user, kind="image", params=params, request_id="tests-1")


def kill_at_its_order(program: Program, replicate: Replicate) -> str:
    """Kill a worker while Replicate's answer is on its way; return the name of the work."""
    replicate.misbehave(Drip(headers_too=True, pause=0.5), on="/v1/predictions$")
    with (Path(django_settings.DATA_DIR) / "killed.log").open("ab") as log:
        process = launch(program, output=log)
        try:
            wait_until(lambda: bool(replicate.works), seconds=30, what="it is ordered")
        finally:
            kill_group(process)
            process.wait()
    (name,) = replicate.works
    return name


def is_final(job: Job) -> Callable[[], bool]:
    return lambda: Job.objects.get(pk=job.pk).is_final


@pytest.fixture
def loop(product_servers: Servers, keys: dict[str, str]) -> Callable[[str], Program]:
    """A worker that needs no broker, and asks providers too."""
    return lambda called: jobs_loop(product_servers, name=called, headstart=0, **keys)


def check_the_books(user: User, replicate: Replicate) -> None:
    """Each of the orders was made, delivered and paid for once, and nothing is left of it."""
    number = 1 + ORDERS
    assert Counter(Job.objects.values_list("status", flat=True)) == {"succeeded": number}
    assert len(replicate.works) == number, "nothing was ordered twice"
    assert Asset.objects.count() == number
    wallet = credits_selectors.wallet_of(user=user)
    assert (wallet.available, wallet.held) == (20 + 5 * ORDERS - 5 * number, 0)
    assert Entry.objects.filter(kind="capture").count() == number
    assert not Reservation.objects.filter(state="held").exists()
    assert not Step.objects.exists()
    # The answer to the first order was never noted: its end says what it cost.
    calls = Counter(ProviderCall.objects.values_list("operation", "outcome", "cost_micro_usd"))
    assert calls == {("image.start", "ok", 0): ORDERS, ("image.end", "ok", 3_000): number}
    assert credits_selectors.broken_promises() == []


@pytest.mark.timeout(120)
def test_killed_workers_and_lost_webhooks_lose_and_double_nothing(
    replicate: Replicate,
    keys: dict[str, str],
    loop: Callable[[str], Program],
    product_servers: Servers,
) -> None:
    alice = factories.make_user("alice@example.com", extra_credits=5 * ORDERS)
    first = order(alice)
    name = kill_at_its_order(loop("killed"), replicate)
    assert Step.objects.get().external_id == ""
    Job.objects.update(lease_until=clock.now() - timedelta(seconds=1))  # it has run out since

    with running(callers(product_servers, **keys)), running(loop("loop")):
        assert replicate.tell(name, event="start").status_code == 200
        wait_until(lambda: Step.objects.get().external_id == name, seconds=30, what="adopted")
        others = [order(alice) for _ in range(ORDERS)]
        wait_until(lambda: len(replicate.works) == 1 + ORDERS, seconds=30, what="all are ordered")
        for one in replicate.works:
            replicate.finish(one)
        for unheard in list(replicate.works)[-2:]:
            del replicate.webhooks[unheard]
        replicate.tell_all(seed=4)
        for job in (first, *others):
            wait_until(is_final(job), seconds=30, what="every job is final")
        handled = WebhookEvent.objects.exclude(state__in=["new", "dead"])
        told = 1 + 4 * (ORDERS - 1)
        wait_until(lambda: handled.count() == told, seconds=10, what="all are handled")

    check_the_books(alice, replicate)
