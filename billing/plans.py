"""The catalogue: plans, packs, what each allows, and the rules of credits in words."""

from dataclasses import dataclass
from datetime import timedelta

from billing.models import GRACE

PLAN_CREDITS_LAST = timedelta(days=60)
"""Twice a month and a little less: what is left of one payment rolls over into the next month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan: its price a month, the credits that it brings, how often, and what it allows.

    Where it names no number of its own, what the server is set to holds: CHAT_RATE and
    CONCURRENT_JOBS.
    """

    name: str
    title: str
    credit_amount: int
    video_qualities: tuple[str, ...]
    clones: int
    price_cents: int = 0
    recurring: bool = True
    lookup_key: str = ""
    chat_per_day: int | None = None
    concurrent_jobs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Credits to buy once, without a plan."""

    name: str
    title: str
    price_cents: int
    credit_amount: int
    lookup_key: str
    recurring: bool = False


FREE = Plan(
    name="free",
    title="Free",
    credit_amount=20,
    recurring=False,
    video_qualities=("480p", "720p"),
    clones=20,
)
PRO = Plan(
    name="pro",
    title="Pro",
    price_cents=15_00,
    credit_amount=80,
    lookup_key="visiona_pro_monthly",
    chat_per_day=100,
    concurrent_jobs=15,
    video_qualities=("480p", "720p", "1080p"),
    clones=40,
)
PREMIUM = Plan(
    name="premium",
    title="Premium",
    price_cents=35_00,
    credit_amount=240,
    lookup_key="visiona_premium_monthly",
    chat_per_day=300,
    concurrent_jobs=25,
    video_qualities=("480p", "720p", "1080p"),
    clones=100,
)
PLANS = {plan.name: plan for plan in (FREE, PRO, PREMIUM)}
"""Every plan by its name, the smallest first."""

PACKS = {
    pack.name: pack
    for pack in (
        Pack(
            name="pack_40",
            title="40 credits",
            price_cents=9_00,
            credit_amount=40,
            lookup_key="visiona_pack_40",
        ),
        Pack(
            name="pack_100",
            title="100 credits",
            price_cents=20_00,
            credit_amount=100,
            lookup_key="visiona_pack_100",
        ),
        Pack(
            name="pack_250",
            title="250 credits",
            price_cents=45_00,
            credit_amount=250,
            lookup_key="visiona_pack_250",
        ),
    )
}
"""Every pack by its name, the smallest first; each credit is dearer than one of Premium."""

ITEMS: dict[str, Plan | Pack] = {
    name: one for name, one in (PLANS | PACKS).items() if one.price_cents
}
"""Everything that can be bought, by its name."""

CURRENCY = "usd"

RULES = (
    f"The {FREE.credit_amount} welcome credits are given once and do not expire.",
    f"Credits of a plan last {PLAN_CREDITS_LAST.days} days, so what is left rolls over a month.",
    "Credits that you bought in a pack never expire.",
    "What expires first is spent first, and what was given before what was bought.",
    "A downgrade, a cancellation or a failed payment takes no credits away.",
    "A bigger plan opens its limits at once and brings its credits with the next payment.",
    "A plan that you cancel goes on until its period ends.",
    f"If a payment fails, your plan goes on for {GRACE.days} days while we try again.",
    "A refund takes back what is left of the credits that were paid for, and no others.",
)
"""The rules of credits as the pricing page prints them; the code keeps them by the same data."""

CREDIT_MICRO_USD = PRO.price_cents * 10_000 // PRO.credit_amount
"""The list price of a credit, in millionths of a US dollar: 15 dollars for 80.

What is spent is valued by it, whether the credits were bought or given.
"""


def item(name: str) -> Plan | Pack:
    """Return what can be bought by this name, a plan or a pack. Raises ValueError."""
    if name not in ITEMS:
        raise ValueError(f"{name!r} is not on sale. Name one of {', '.join(ITEMS)}.")
    return ITEMS[name]


def item_by_lookup_key(lookup_key: str) -> Plan | Pack:
    """Return what is sold at the price of this lookup key. Raises ValueError."""
    for one in ITEMS.values():
        if one.lookup_key == lookup_key:
            return one
    raise ValueError(f"Nothing is sold at the price {lookup_key!r}. Run stripe_sync.")


def least_plan_with(*, video_quality: str) -> Plan:
    """Return the smallest plan that makes films of this quality. Raises ValueError."""
    for plan in PLANS.values():
        if video_quality in plan.video_qualities:
            return plan
    raise ValueError(f"No plan makes films in {video_quality!r}.")
