"""Staff see how providers are doing and can stop asking one; nobody else learns of the page."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings
from redis.exceptions import RedisError

from accounts.models import Role, User
from generation.models import ProviderCall
from generation.providers import breaker, registry
from generation.providers.ports import Capability
from generation.services import provider_calls
from visiona.lib import clock

pytestmark = pytest.mark.django_db

PAGE, FLIP = "/staff/providers/", "/staff/providers/flip/"
IMAGES = {"provider": "replicate", "capability": "image"}


@pytest.fixture
def staff(alice: User, client: Client, product_servers: object) -> Client:
    """The browser of Alice, who works for us."""
    User.objects.filter(pk=alice.pk).update(role=Role.ADMIN)
    client.force_login(User.objects.get(pk=alice.pk))
    return client


@pytest.fixture
def call(bob: User) -> Callable[..., ProviderCall]:
    """Note a call that was made for Bob."""

    def make(**facts: object) -> ProviderCall:
        usual = {
            "user": bob,
            "provider": "replicate",
            "operation": "image.end",
            "model": "flux",
            "outcome": "ok",
            "latency_ms": 100,
            "cost_micro_usd": 3_000,
        }
        return ProviderCall.objects.create(**usual | facts)

    return make


def test_staff_see_what_everybodys_calls_of_a_day_were_like(
    staff: Client, call: Callable[..., ProviderCall]
) -> None:
    for latency in (100, 200, 900):
        call(latency_ms=latency)
    call(outcome="provider_timed_out", latency_ms=1000, cost_micro_usd=None)
    call(provider="openai", operation="text.write", cost_micro_usd=0)
    old = call(latency_ms=1)
    ProviderCall.objects.filter(pk=old.pk).update(created_at=clock.now() - timedelta(hours=25))

    page = staff.get(PAGE)

    first, second = page.context["usage"]
    assert second == provider_calls.Usage(
        provider="replicate",
        operation="image.end",
        count=4,
        failures=1,
        median_ms=550.0,
        cost_micro_usd=9_000,
        unpriced=1,
    )
    assert (first.provider, first.operation, first.count) == ("openai", "text.write", 1)
    words = page.content.decode()
    assert "550 ms" in words
    assert "$0.0090" in words
    assert "1 unknown" in words
    assert 'href="/staff/providers/"' in words


def test_staff_stop_a_provider_and_let_it_be_asked_again(staff: Client, settings: Settings) -> None:
    settings.REPLICATE_API_TOKEN = "r8_stand_in"
    images = registry.breaker_of("replicate", Capability.IMAGE)

    stopped = staff.post(FLIP, {**IMAGES, "hold": "open"}, follow=True)
    assert "Saved for replicate image." in stopped.content.decode()
    assert stopped.content.decode().count("stopped by staff") == 1
    assert images.state().hold is breaker.Hold.OPEN
    assert images.wait() > 0
    assert registry.breaker_of("replicate", Capability.VIDEO).wait() == 0

    staff.post(FLIP, {**IMAGES, "hold": "auto"})
    assert (images.state().hold, images.wait()) == (breaker.Hold.AUTO, 0)
    used = [
        (one.provider, one.capability) for one in staff.get(PAGE).context["watched"] if one.is_asked
    ]
    assert used == [("replicate", "image"), ("replicate", "video"), ("replicate", "training")]


def test_a_resting_provider_is_shown_as_such(staff: Client) -> None:
    images = registry.breaker_of("replicate", Capability.IMAGE)
    for _ in range(images.failures):
        images.failed()
    words = staff.get(PAGE).content.decode()
    assert (words.count("resting"), words.count("5 failures in a row")) == (1, 1)


@pytest.mark.parametrize(
    "form",
    [
        {**IMAGES, "hold": "closed"},
        {**IMAGES},
        {"provider": "nobody", "capability": "image", "hold": "open"},
        {"provider": "openai", "capability": "training", "hold": "open"},
    ],
)
def test_there_is_nothing_else_to_flip(staff: Client, form: dict[str, str]) -> None:
    assert staff.post(FLIP, form).status_code == 404
    assert all(one.state().hold is breaker.Hold.AUTO for one in registry.breakers())


def test_without_redis_the_page_says_so(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: object) -> breaker.State:
        raise RedisError

    monkeypatch.setattr(breaker.Breaker, "state", away)
    page = staff.get(PAGE)
    assert page.status_code == 200
    assert "Redis does not answer" in page.content.decode()


def test_nobody_else_learns_that_it_is_there(alices_browser: Client, client: Client) -> None:
    for browser in (alices_browser, Client()):
        assert browser.get(PAGE).status_code == 404
        assert browser.post(FLIP, {**IMAGES, "hold": "open"}).status_code == 404
    assert registry.breaker_of("replicate", Capability.IMAGE).state().hold is breaker.Hold.AUTO
    assert PAGE not in alices_browser.get("/account/").content.decode()
