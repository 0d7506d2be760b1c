"""The price page: plans and packs beside what a credit buys, so it belongs to no app."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from billing import plans
from billing import selectors as billing_selectors
from billing.api.payments import price_list
from billing.plans import Pack, Plan
from generation import catalog

MOST = {"image": 100, "thumbnail": 50, "product_ad": 20, "video": 10, "training": 5, "chat": 300}
"""How many of each the calculator reckons with: a month of somebody busy."""
USUAL = {"thumbnail": 4, "image": 6}
"""Where the calculator stands until somebody moves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that credits buy: its price, and how many of it somebody wants in a month."""

    name: str
    label: str
    unit: str
    price: int
    most: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How to have so many credits every month for the least money."""

    plan: Plan | None
    packs: tuple[tuple[Pack, int], ...]
    price_cents: int
    credit_amount: int


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """Show what everything costs, and work out what somebody needs."""
    things = [*_things(request.GET)]
    needed = sum(thing.price * thing.count for thing in things)
    context = {
        "frame": "shell.html" if request.user.is_authenticated else "plain.html",
        "section": "pricing",
        **price_list(),
        "things": things,
        "needed": needed,
        "way": cheapest_way(needed),
        "free_amount": plans.FREE.credit_amount,
        "can_buy": bool(settings.STRIPE_SECRET_KEY or settings.TEST_TILL),
        **_standing(request),
    }
    return render(request, "billing/pricing.html", context)


def cheapest_way(needed: int) -> Way | None:
    """Return how to have so many credits a month for the least money; nothing for nothing."""
    if needed <= 0:
        return None
    subscriptions = [plan for plan in plans.PLANS.values() if plan.recurring]
    ways = [_way(plan, needed) for plan in (None, *subscriptions)]
    # Of two that cost the same, the one that brings more.
    return min(ways, key=lambda way: (way.price_cents, -way.credit_amount))


def _way(plan: Plan | None, needed: int) -> Way:
    brought = plan.credit_amount if plan else 0
    packs = _cheapest_packs(needed - brought)
    return Way(
        plan=plan,
        packs=tuple(sorted(Counter(packs).items(), key=lambda item: -item[0].price_cents)),
        price_cents=(plan.price_cents if plan else 0) + sum(pack.price_cents for pack in packs),
        credit_amount=brought + sum(pack.credit_amount for pack in packs),
    )


@cache
def _cheapest_packs(amount: int) -> tuple[Pack, ...]:
    """Return the packs that bring at least so many credits for the least money."""
    if amount <= 0:
        return ()
    ways = ((pack, *_cheapest_packs(amount - pack.credit_amount)) for pack in plans.PACKS.values())
    return min(ways, key=lambda packs: sum(pack.price_cents for pack in packs))


def _things(asked: Mapping[str, Any]) -> Iterator[Thing]:
    """Return what credits buy, with what the calculator was asked for."""
    is_asked = any(name in asked for name in MOST)
    kinds = [(kind.name, kind.label, kind.unit, kind.price) for kind in catalog.KINDS.values()]
    for name, label, unit, price in (*kinds, (catalog.CHAT, "Chat", "answer", catalog.CHAT_PRICE)):
        count = _count(asked.get(name, ""), MOST[name]) if is_asked else USUAL.get(name, 0)
        yield Thing(name=name, label=label, unit=unit, price=price, most=MOST[name], count=count)


def _count(asked: str, most: int) -> int:
    is_number = asked.isascii() and asked.isdigit() and len(asked) < len(str(most)) + 1
    return min(int(asked), most) if is_number else 0


def _standing(request: HttpRequest) -> dict[str, Any]:
    """Return what whoever looks has already."""
    if not request.user.is_authenticated:
        return {}
    return {
        "mine": billing_selectors.plan_of(user=request.user),
        "subscription": billing_selectors.subscription_of(user=request.user),
    }


urlpatterns = [path("pricing/", pricing, name="pricing")]
