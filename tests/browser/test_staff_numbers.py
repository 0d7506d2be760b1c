"""The dashboard and the trace of staff: in every window, with charts, and without a script."""

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import Role, User
from generation.models import Job, ProviderCall, RequestMetric, Step
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import shoot, visiting, wrongs
from visiona.lib import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def staff(alice: User, bob: User) -> User:
    """Alice works for us; Bob did a lot this month."""
    User.objects.filter(pk=alice.pk).update(role=Role.ADMIN)
    factories.grant(bob, 200)
    for number in range(4):
        factories.make_job(bob, title=f"Number {number}")
    now = clock.now()
    RequestMetric.objects.bulk_create(answered(bob, number) for number in range(120))
    for metric in RequestMetric.objects.order_by("request_id"):
        age = timedelta(days=int(metric.request_id[-3:]) % 30)
        RequestMetric.objects.filter(pk=metric.pk).update(created_at=now - age)
    ProviderCall.objects.bulk_create(
        ProviderCall(
            user=alice if number % 5 == 0 else bob,
            message_id=uuid4(),
            provider="gemini" if number % 3 else "openai",
            operation="text.stream",
            model="a-model",
            outcome="ok" if number % 7 else "provider_timed_out",
            latency_ms=900,
            cost_micro_usd=12_000 + number,
        )
        for number in range(40)
    )
    return User.objects.get(pk=alice.pk)


def answered(user: User, number: int) -> RequestMetric:
    failed = number % 9 == 0
    return RequestMetric(
        user=user,
        request_id=f"01a1ff6e-0000-7000-8000-000000000{number:03}",
        operation="enhance" if number % 4 == 0 else "chat",
        total_ms=900 + 11 * number,
        db_ms=4,
        cache_read_ms=1.5,
        credit_ms=6,
        ai_ms=700 + 10 * number,
        cache_write_ms=2,
        status="failed" if failed else "ok",
        error_name="provider_unavailable" if failed else "",
        provider="gemini",
        cached=number % 5 == 0,
        fallback_used=number % 8 == 0,
        message_length=80,
    )


@pytest.fixture
def traced(staff: User, bob: User) -> str:
    """A request that ordered something of a provider."""
    job = factories.make_job(bob, kind="image")
    Job.objects.filter(pk=job.pk).update(provider="replicate", stage="painting", progress=40)
    Step.objects.create(
        user=bob, job=job, name="image-1", state="running", provider="replicate", capability="image"
    )
    ProviderCall.objects.create(
        user=bob, job=job, provider="replicate", operation="image.start", model="flux-schnell",
        outcome="ok", latency_ms=321, cost_micro_usd=None,
    )  # fmt: skip
    metric = answered(bob, 7)
    metric.request_id = job.request_id
    metric.save(force_insert=True)
    return job.request_id


@pytest.mark.timeout(180)
def test_the_pages_of_numbers_in_every_window(
    browser: Browser, address: str, staff: User, traced: str, sign_in: SignIn
) -> None:
    with visiting(browser, address) as page:
        sign_in(page.context, staff)
        places = {"staff-numbers": "/staff/", "staff-trace": f"/staff/trace/?request_id={traced}"}
        assert wrongs(page, places) == []


def test_charts_are_drawn_from_their_tables(
    browser: Browser, address: str, staff: User, sign_in: SignIn
) -> None:
    with visiting(browser, address) as page:
        sign_in(page.context, staff)
        page.goto("/staff/?days=7")
        charts = page.get_by_role("img", name="The table beside it says the same.")
        expect(charts).to_have_count(5)
        drawn = page.evaluate(
            "() => { const [first] = document.querySelectorAll('canvas');"
            " const { data } = Chart.getChart(first);"
            " return [data.labels.length, data.datasets.map(({ label }) => label)]; }"
        )
        assert drawn == [7, ["Granted", "Spent", "Held"]]
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV of Credits").click()
        assert download.value.suggested_filename == "visiona-credits.csv"
        page.get_by_role("link", name="enhance", exact=True).click()
        expect(page.get_by_role("heading", name="Latency of enhance")).to_be_visible()
        page.locator("#failures-table a").first.click()
        expect(page.get_by_role("heading", name="Trace")).to_be_visible()
        expect(page.get_by_text("provider_unavailable").first).to_be_visible()


def test_the_dashboard_needs_no_script(
    browser: Browser, address: str, staff: User, sign_in: SignIn
) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    sign_in(context, staff)
    page = context.new_page()
    page.goto("/staff/")
    expect(page.locator("#jobs-table")).to_contain_text("thumbnail")
    expect(page.locator("canvas")).to_have_count(0)
    page.get_by_label("From").fill("2026-03-10")
    page.get_by_label("To", exact=True).fill("2026-03-12")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#credits-table tbody tr")).to_have_count(3)
    shoot(page, "staff-numbers-plain")
    page.get_by_role("link", name="Trace").click()
    page.get_by_label("Request id").fill("unknown-request")
    page.get_by_role("button", name="Look it up").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing is kept of a request with this id.")
    context.close()
