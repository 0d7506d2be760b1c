"""What is on sale, what each plan allows, and that the services keep to it."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from billing import plans, selectors
from billing.errors import PlanRequired
from billing.plans import FREE, PACKS, PLANS, PREMIUM, PRO, Pack, Plan
from credits import selectors as credits_selectors
from generation.errors import QuotaReached
from generation.models import Clone, Job
from tests import factories
from tests.clients import ApiClient
from tests.factories import make_job, subscribe
from visiona.lib.errors import RateLimited
from visiona.lib.request_id import uuid7

pytestmark = pytest.mark.django_db


def test_the_catalogue_is_what_the_company_sells() -> None:
    assert {one.name: (one.price_cents, one.credit_amount) for one in PLANS.values()} == {
        "free": (0, 20),
        "pro": (1500, 80),
        "premium": (3500, 240),
    }
    assert {one.name: (one.price_cents, one.credit_amount) for one in PACKS.values()} == {
        "pack_40": (900, 40),
        "pack_100": (2000, 100),
        "pack_250": (4500, 250),
    }


def test_a_credit_is_dearest_without_a_plan_and_cheaper_the_more_are_bought() -> None:
    def dearness(one: Plan | Pack) -> float:
        return one.price_cents / one.credit_amount

    small, middle, large = PACKS.values()
    assert dearness(small) > dearness(middle) > dearness(large) > dearness(PREMIUM)
    assert dearness(PRO) > dearness(PREMIUM)


def test_a_bigger_plan_allows_no_less_of_anything() -> None:
    for smaller, bigger in ((FREE, PRO), (PRO, PREMIUM)):
        assert (smaller.chat_per_day or 0) < (bigger.chat_per_day or 0)
        assert (smaller.concurrent_jobs or 0) < (bigger.concurrent_jobs or 0)
        assert smaller.clones < bigger.clones
        assert set(smaller.video_qualities) <= set(bigger.video_qualities)


def test_everything_on_sale_is_found_by_its_name_and_by_its_price() -> None:
    for name, one in plans.ITEMS.items():
        assert plans.item(name) is plans.item_by_lookup_key(one.lookup_key) is one
    for name in ("free", "platinum"):
        with pytest.raises(ValueError, match=r"is not on sale\. Name one of pro, premium, pack_40"):
            plans.item(name)
    with pytest.raises(ValueError, match="stripe_sync"):
        plans.item_by_lookup_key("visiona_platinum")


def test_the_rules_say_the_numbers_that_hold() -> None:
    words = " ".join(plans.RULES)
    assert "20 welcome credits" in words
    assert "last 60 days" in words
    assert "goes on for 7 days" in words


def test_who_pays_for_nothing_has_the_free_plan_and_the_servers_limits(
    alice: User, settings: Settings
) -> None:
    settings.CONCURRENT_JOBS = 4

    entitled = selectors.entitlements_of(user=alice)

    assert (entitled.plan, entitled.concurrent_jobs, entitled.chat_rate) == (FREE, 4, None)
    assert (entitled.video_qualities, entitled.clones) == (("480p", "720p"), 20)


@pytest.mark.parametrize(
    ("plan", "expected"), [("pro", (15, "100/day", 40)), ("premium", (25, "300/day", 100))]
)
def test_a_plan_allows_more_at_once(alice: User, plan: str, expected: tuple[int, str, int]) -> None:
    subscribe(alice, plan)

    entitled = selectors.entitlements_of(user=alice)

    assert (entitled.concurrent_jobs, entitled.chat_rate, entitled.clones) == expected
    assert entitled.video_qualities[-1] == "1080p"


def test_the_limit_on_chat_follows_the_plan_and_who_has_none_is_not_looked_up(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert selectors.chat_rate_of(user=alice) is None
    subscribe(alice, "pro")
    alice.refresh_from_db()
    assert selectors.chat_rate_of(user=alice) == "100/day"
    subscribe(alice, "pro", status="canceled")
    assert selectors.chat_rate_of(user=alice) is None


def test_a_server_that_lets_everybody_do_more_lets_payers_do_no_less(
    alice: User, settings: Settings
) -> None:
    settings.CONCURRENT_JOBS = 50
    subscribe(alice, "pro")

    assert selectors.entitlements_of(user=alice).concurrent_jobs == 50


def film_of(user: User, quality: str) -> Any:
    photo = factories.make_photo(user)
    return make_job(user, kind="video", photo_ids=[str(photo.pk)], quality=quality)


def test_a_film_in_the_best_quality_needs_a_plan_that_is_named(alice: User) -> None:
    factories.grant(alice, 100)

    with pytest.raises(PlanRequired) as refusal:
        film_of(alice, "1080p")

    assert refusal.value.detail == (
        "Films in 1080p need the Pro plan. Choose 720p, or change plans."
    )
    assert refusal.value.facts == {"plan": "pro"}
    assert Job.objects.count() == 0
    assert credits_selectors.wallet_of(user=alice).held == 0


def test_a_program_is_told_which_plan_it_needs(alice: User, api: ApiClient) -> None:
    factories.grant(alice, 100)
    photo = factories.make_photo(alice)
    order = {"product_name": "Mug", "photo_ids": [str(photo.pk)], "quality": "1080p"}

    refused = api.post("jobs", {"kind": "video", **order})
    subscribe(alice, "pro")
    taken = api.post("jobs", {"kind": "video", **order})

    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["plan"]) == (403, "plan_required", "pro")
    assert taken.status_code == 202


def test_a_page_says_which_plan_it_takes_and_keeps_the_order(
    alice: User, alices_browser: Client
) -> None:
    factories.grant(alice, 100)
    film = {"product_name": "Lamp", "seconds": 4, "aspect_ratio": "16:9", "music": "none"}
    photo = factories.make_photo(alice)

    page = alices_browser.post(
        "/studio/video/",
        {**film, "quality": "1080p", "photo_ids": [str(photo.pk)], "submission": uuid4().hex},
    )

    assert page.status_code == 403
    words = page.content.decode()
    assert "Films in 1080p need the Pro plan. Choose 720p, or change plans." in words
    assert 'value="Lamp"' in words
    assert Job.objects.count() == 0


def test_what_the_free_plan_makes_stays_free_to_order(alice: User) -> None:
    factories.grant(alice, 100)

    assert film_of(alice, "720p").params["quality"] == "720p"


def test_more_jobs_at_a_time_come_with_the_plan_at_once(alice: User, settings: Settings) -> None:
    settings.CONCURRENT_JOBS = 1
    factories.grant(alice, 100)
    make_job(alice)
    with pytest.raises(RateLimited):
        make_job(alice)

    subscribe(alice, "pro")

    assert make_job(alice).status == "queued"


def test_as_many_clones_are_kept_as_the_plan_says(alice: User) -> None:
    factories.grant(alice, 500)
    first = factories.order_clone(alice)
    clone = Clone.objects.get(job=first)
    for number in range(19):
        copy = Clone.objects.get(pk=clone.pk)
        copy.pk, copy.job, copy.trigger_word = uuid7(), None, f"word{number}"
        copy.save(force_insert=True)

    with pytest.raises(QuotaReached) as refusal:
        factories.order_clone(alice, name="Eve", photo_ids=clone.photo_ids)
    subscribe(alice, "pro")
    factories.order_clone(alice, name="Eve", photo_ids=clone.photo_ids)

    assert refusal.value.detail == (
        "You have 20 clones, the most that the Free plan keeps. Delete one first."
    )
    assert Clone.objects.filter(user=alice).count() == 21
