"""Staff look after providers, in every window and without a script."""

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import Role, User
from generation.models import ProviderCall
from generation.providers import registry
from generation.providers.ports import Capability
from tests.browser.conftest import SignIn
from tests.browser.shots import visiting, wrongs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE = "/staff/providers/"


@pytest.fixture
def staff(alice: User) -> User:
    """Alice works for us; some calls were made, and somebody is let alone."""
    User.objects.filter(pk=alice.pk).update(role=Role.ADMIN)
    for operation, outcome, cost in (
        ("image.start", "ok", 0),
        ("image.end", "ok", 3_000),
        ("image.start", "provider_timed_out", None),
    ):
        ProviderCall.objects.create(
            user=alice,
            provider="replicate",
            operation=operation,
            model="black-forest-labs/flux-schnell",
            outcome=outcome,
            latency_ms=12_345,
            cost_micro_usd=cost,
        )
    images = registry.breaker_of("replicate", Capability.IMAGE)
    for _ in range(images.failures):
        images.failed()
    return User.objects.get(pk=alice.pk)


@pytest.mark.timeout(120)
def test_the_page_of_providers_in_every_window(
    browser: Browser, address: str, staff: User, sign_in: SignIn
) -> None:
    with visiting(browser, address) as page:
        sign_in(page.context, staff)
        assert wrongs(page, {"staff-providers": PAGE}) == []


def test_a_provider_is_stopped_and_asked_again(
    browser: Browser, address: str, staff: User, sign_in: SignIn
) -> None:
    with visiting(browser, address) as page:
        sign_in(page.context, staff)
        page.goto("/account/")
        page.locator("[data-menu] > summary").last.click()
        page.get_by_role("link", name="Staff").click()
        page.get_by_role("link", name="Providers").click()
        row = page.get_by_role("row", name="Openai text")
        row.get_by_role("button", name="Stop").click()
        expect(row).to_contain_text("stopped by staff")
        row.get_by_role("button", name="Ask again").click()
        expect(row).to_contain_text("ready")
        expect(page).to_have_url(f"{address}{PAGE}")
