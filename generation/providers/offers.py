"""What the providers offer: their models with prices and limits, read from dated data."""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from generation.providers.ports import Capability

TABLE = Path(__file__).with_name("models.toml")
MILLION = 1_000_000
TOKENS = ("input", "cached_input", "image_input", "output")

Price = Mapping[str, Decimal | Mapping[str, Decimal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a call used; cached and image tokens are a part of the input."""

    input_tokens: int = 0
    cached_tokens: int = 0
    image_tokens: int = 0
    output_tokens: int = 0
    images: int = 0
    size: str = "default"
    seconds: float = 0.0
    quality: str = "default"
    machine_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A provider's model: what it can do, costs and ignores, and when somebody last looked."""

    provider: str
    name: str
    capabilities: frozenset[Capability]
    as_of: date | None = None
    ends: date | None = None
    source: str = ""
    license: str = ""
    """What may be done with what it makes, as it is recorded with a clone."""
    price: Price | None = None
    limits: Mapping[str, Any]
    ignores: frozenset[str] = frozenset()

    def cost(self, usage: Usage) -> int | None:
        """Return what it costs us in millionths of a dollar, or nothing where nobody knows."""
        if self.price is None:
            return None
        plain = usage.input_tokens - usage.cached_tokens - usage.image_tokens
        parts = [
            self._tokens("input", plain),
            self._tokens("cached_input", usage.cached_tokens),
            self._tokens("image_input", usage.image_tokens),
            self._tokens("output", usage.output_tokens),
            self._each("image", usage.size, usage.images),
            self._each("second", usage.quality, usage.seconds),
            self._each("machine_second", "default", usage.machine_seconds),
        ]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return int(sum(known, Decimal(0)).to_integral_value(ROUND_CEILING))

    def nearest_ratio(self, wanted: str) -> str:
        """Return the aspect ratio on offer that comes closest."""
        offered: Iterable[str] = self.limits.get("ratios", [wanted])
        return min(offered, key=lambda ratio: abs(math.log(value_of(ratio) / value_of(wanted))))

    def seconds_for(self, wanted: int) -> int:
        """Return the shortest clip on offer that is long enough, else the longest."""
        offered: list[int] = self.limits.get("seconds", [wanted])
        return min((seconds for seconds in offered if seconds >= wanted), default=max(offered))

    def within[Number: (int, float)](self, name: str, wanted: Number) -> Number:
        """Return the number closest to it that is on offer."""
        least, most = self.limits.get(name, (wanted, wanted))
        number: Number = max(least, min(most, wanted))
        return number

    def _tokens(self, name: str, count: int) -> Decimal | None:
        """A million tokens cost dollars, so that one costs as many millionths."""
        price = self.price or {}
        if not set(TOKENS) & set(price):
            return Decimal(0)  # it is not paid for by tokens
        each = price.get(name, price.get("input") if name != "output" else Decimal(0))
        return None if each is None else count * _decimal(each)

    def _each(self, name: str, variant: str, count: float) -> Decimal | None:
        """Things that have a price each: nothing used, or not paid for by these, costs nothing."""
        price = (self.price or {}).get(name)
        if not count or price is None:
            return Decimal(0)
        if isinstance(price, Mapping):
            price = price.get(variant, price.get("default"))
        return None if price is None else Decimal(str(count)) * price * MILLION


def most_images_of(offer: Offer) -> int:
    """Return how many pictures one request may ask for; of an unknown model, one."""
    most: int = offer.limits.get("images", 1)
    return most


def value_of(ratio: str) -> float:
    """Return width by height."""
    width, _, height = ratio.partition(":")
    return float(width) / float(height)


def offer_of(provider: str, capability: Capability, name: str = "") -> Offer:
    """Return a model: the named one, which need not be known, or the provider's usual one."""
    for offer in offers():
        is_wanted = offer.provider == provider and capability in offer.capabilities
        if is_wanted and name in {offer.name, ""}:
            return offer
    if not name:
        raise LookupError(f"{provider} offers nothing for {capability}")
    return Offer(provider=provider, name=name, capabilities=frozenset({capability}), limits={})


@cache
def offers() -> tuple[Offer, ...]:
    """Return everything on offer, in the order of preference."""
    table = tomllib.loads(TABLE.read_text(), parse_float=Decimal)
    return tuple(
        Offer(
            **row
            | {
                "capabilities": frozenset(map(Capability, row["capabilities"])),
                "ignores": frozenset(row["ignores"]),
            }
        )
        for row in table["offer"]
    )


def _decimal(price: Decimal | Mapping[str, Decimal]) -> Decimal:
    if isinstance(price, Mapping):
        raise TypeError("a price of tokens is one number")
    return price
