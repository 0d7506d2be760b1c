"""A day's budget for providers, and staff's switch: new orders stop, what is ordered goes on."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Role, User
from billing.models import SpendingDecision
from generation.errors import ProviderUnavailable
from generation.models import Job, ProviderCall
from generation.services import budget
from tests.clients import ApiClient
from visiona.lib import cache, clock
from visiona.lib.db.actor import act_as_user, act_as_worker

pytestmark = pytest.mark.django_db

PICTURE = {"kind": "image", "prompt": "A lighthouse in a storm"}
PAGE, SPEND = "/staff/providers/", "/staff/providers/spending/"


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every look be a new one: tests do not wait for five seconds."""
    monkeypatch.setattr(cache.Fenced, "get", lambda _self, read: read())


@pytest.fixture
def painted(settings: Settings) -> None:
    """Pictures are Replicate's."""
    settings.REPLICATE_API_TOKEN = "r8_test"
    settings.PROVIDERS = settings.PROVIDERS | {"image": "replicate"}


@pytest.fixture
def staff(bob: User, client: Client) -> Client:
    """The browser of Bob, who works for us."""
    User.objects.filter(pk=bob.pk).update(role=Role.ADMIN)
    client.force_login(User.objects.get(pk=bob.pk))
    return client


def spend(user: User, micro_usd: int | None, *, ago: timedelta = timedelta()) -> None:
    """Have cost us something for somebody."""
    call = ProviderCall.objects.create(
        user=user,
        provider="replicate",
        operation="image.end",
        model="flux",
        outcome="ok",
        latency_ms=100,
        cost_micro_usd=micro_usd,
    )
    ProviderCall.objects.filter(pk=call.pk).update(created_at=clock.now() - ago)


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_orders_are_refused_once_the_day_has_cost_its_budget(
    alice: User, bob: User, api: ApiClient, painted: None, settings: Settings
) -> None:
    settings.DAILY_PROVIDER_BUDGET_USD = Decimal("0.01")
    spend(bob, 9_999)
    spend(bob, None)
    taken = api.post("jobs", PICTURE)
    spend(alice, 1)
    refused = api.post("jobs", PICTURE)

    assert code_of(taken) == (202, "")
    assert code_of(refused) == (503, "provider_unavailable")
    assert refused.json()["detail"] == budget.USED_UP
    assert (Job.objects.count(), api.get("credits").json()["data"]["held"]) == (1, 5)


def test_what_this_machine_makes_costs_nobody_anything(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    settings.DAILY_PROVIDER_BUDGET_USD = Decimal(0)
    assert api.post("jobs", PICTURE).status_code == 202


def test_yesterday_is_paid_for(alice: User, settings: Settings) -> None:
    settings.DAILY_PROVIDER_BUDGET_USD = Decimal("0.01")
    spend(alice, 50_000, ago=timedelta(days=1))
    with act_as_user(alice.pk):
        budget.check()
        assert budget.state().spent_micro_usd == 0


def test_without_a_budget_nothing_is_refused(alice: User) -> None:
    spend(alice, 10**12)
    budget.check()
    assert budget.state().limit_micro_usd is None


@pytest.mark.parametrize("as_whom", ["person", "worker"])
def test_whoever_asks_everybodys_calls_count(
    as_whom: str, alice: User, bob: User, settings: Settings
) -> None:
    settings.DAILY_PROVIDER_BUDGET_USD = Decimal("0.01")
    spend(bob, 10_000)
    with act_as_user(alice.pk) if as_whom == "person" else act_as_worker():
        with pytest.raises(ProviderUnavailable):
            budget.check()
        assert not budget.is_open()


def test_staff_switch_paid_calls_off_and_on_again(
    alice: User, api: ApiClient, staff: Client, painted: None
) -> None:
    off = staff.post(SPEND, {"choice": "off"})
    refused = api.post("jobs", PICTURE)
    page = staff.get(PAGE).content.decode()
    staff.post(SPEND, {"choice": "on"})

    assert (off.status_code, off["Location"]) == (302, PAGE)
    assert code_of(refused) == (503, "provider_unavailable")
    assert refused.json()["detail"] == budget.OFF
    assert "orders are refused" in page
    assert 'value="off" checked' in page
    assert api.post("jobs", PICTURE).status_code == 202
    assert "orders are taken" in staff.get(PAGE).content.decode()
    assert list(SpendingDecision.objects.order_by("id").values_list("choice", flat=True)) == [
        "off",
        "on",
    ]


def test_staff_let_a_day_go_over_its_budget_and_no_other(
    alice: User, staff: Client, settings: Settings
) -> None:
    settings.DAILY_PROVIDER_BUDGET_USD = Decimal("2.50")
    spend(alice, 2_500_000)
    with pytest.raises(ProviderUnavailable):
        budget.check()

    staff.post(SPEND, {"choice": "over"})
    budget.check()
    page = " ".join(staff.get(PAGE).content.decode().split())
    SpendingDecision.objects.update(created_at=clock.now() - timedelta(days=1))

    assert '$2.50</span> of <span class="figure">$2.50</span> spent today' in page
    with pytest.raises(ProviderUnavailable):
        budget.check()
    assert budget.state().choice == "on"


def test_what_was_switched_off_stays_off_over_midnight(alice: User, staff: Client) -> None:
    staff.post(SPEND, {"choice": "off"})
    SpendingDecision.objects.update(created_at=clock.now() - timedelta(days=3))
    assert budget.state().choice == "off"


def test_nobody_else_can_switch_anything(alices_browser: Client) -> None:
    assert alices_browser.post(SPEND, {"choice": "off"}).status_code == 404
    assert not SpendingDecision.objects.exists()


@pytest.mark.parametrize("choice", ["", "maybe"])
def test_an_unknown_choice_changes_nothing(choice: str, staff: Client) -> None:
    assert staff.post(SPEND, {"choice": choice}).status_code == 404
    assert not SpendingDecision.objects.exists()


def test_a_decision_holds_at_once_though_what_is_spent_is_remembered(
    alice: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.undo()
    assert budget.is_open()
    spend(alice, 1)
    assert budget.state().spent_micro_usd == 0
    with django_capture_on_commit_callbacks(execute=True):
        budget.decide(choice="off", staff_id=alice.pk)
    assert (budget.is_open(), budget.state().spent_micro_usd) == (False, 1)
