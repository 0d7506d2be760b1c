"""What the assistant is told about the product and the person; it knows no price by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A kind of thing that can be ordered: its price, how many at once, and its options."""

    name: str
    label: str
    price: int
    unit: str
    most: int = 1
    is_priced_by_piece: bool = True
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What answers are made of; what is None is not known, and is not spoken of.

    `offers` are by the name of their kind. `available` is the balance without what is held,
    `answers_a_day` what the plan allows, `welcome` what somebody new is given.
    """

    offers: Mapping[str, Offer]
    chat_price: int = 1
    available: int | None = None
    answers_a_day: int | None = None
    plan: str = "free"
    welcome: int = 0
    clones: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    clone_photos: tuple[int, int] = (4, 30)
    product_photos: int = 8
    video_seconds: tuple[int, int] = (4, 20)

    def options(self, kind: str, name: str) -> tuple[str, ...]:
        """Return what an option of a kind may be; nothing where the kind is not on offer."""
        offer = self.offers.get(kind)
        return tuple(offer.options.get(name, ())) if offer else ()


def credits_in_words(amount: int) -> str:
    """Return an amount with its unit."""
    return f"{amount} credit" if amount == 1 else f"{amount} credits"


def price_in_words(offer: Offer) -> str:
    """Return what one piece, or one set, of an offer costs."""
    article = "an" if offer.unit[:1] in "aeiou" else "a"
    return f"{credits_in_words(offer.price)} {article} {offer.unit}"
