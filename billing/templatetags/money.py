"""Put money and what plans allow into words for people."""

from typing import TYPE_CHECKING

from django import template

from billing import selectors
from billing.plans import CURRENCY, ITEMS, PLANS

if TYPE_CHECKING:
    from accounts.models import User
    from billing.selectors import Entitlements

register = template.Library()

SIGNS = {"usd": "$", "eur": "€", "gbp": "£"}
SPANS = {"second": "a second", "minute": "a minute", "hour": "an hour", "day": "a day"}


@register.filter
def money(cents: int, currency: str = CURRENCY) -> str:
    """Write an amount: whole ones without a fraction, unknown currencies by their code."""
    amount = f"{cents // 100}" if cents % 100 == 0 else f"{cents / 100:.2f}"
    sign = SIGNS.get(currency)
    return f"{sign}{amount}" if sign else f"{amount} {currency.upper()}"


@register.filter
def cents_each(offer: dict[str, int]) -> str:
    """Say what one credit of an offer costs."""
    return f"{offer['price_cents'] / offer['credit_amount']:.1f}".removesuffix(".0")


@register.filter
def allowance(rate: str) -> str:
    """Put a limit into words: 20/day is 20 questions a day."""
    amount, _, unit = rate.partition("/")
    return f"{amount} question{'' if amount == '1' else 's'} {SPANS[unit]}"


@register.filter
def item_title(name: str) -> str:
    """Name what was bought; what is not sold any more keeps its own name."""
    if name in PLANS:
        return f"{PLANS[name].title} plan"
    return ITEMS[name].title if name in ITEMS else name.replace("_", " ")


@register.simple_tag
def entitlements(user: "User") -> "Entitlements":
    """Return what the person's plan allows."""
    return selectors.entitlements_of(user=user)
