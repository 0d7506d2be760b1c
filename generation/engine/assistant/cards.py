"""Proposals: orders that a press on a card makes, in values that are on offer."""

from generation.engine.assistant import intents as i
from generation.engine.assistant.cleaning import in_one_line
from generation.engine.assistant.facts import Facts, credits_in_words
from generation.engine.assistant.products import Item
from generation.engine.assistant.replies import Card, Desk

LONGEST_PROMPT, LONGEST_TITLE, LONGEST_NAME = 2000, 120, 120
LONGEST_DESCRIPTION, LONGEST_HEADLINE, LONGEST_CALL = 1000, 60, 24
ORDERED = frozenset({i.THUMBNAIL, i.AD})
SAID = ("aspect_ratio", "style")
IMAGE, THUMBNAIL, PRODUCT_AD, VIDEO = "image", "thumbnail", "product_ad", "video"


def image_card(desk: Desk, prompt: str, *, with_clone: bool = False) -> list[Card]:
    """An image of a prompt, or none where images are not on offer."""
    card: Card = {"prompt": in_one_line(prompt, LONGEST_PROMPT)}
    if with_clone:
        card["with_clone"] = True
    return _card(desk, IMAGE, card, "aspect_ratio") if card["prompt"] else []


def thumbnail_card(desk: Desk, title: str) -> list[Card]:
    """A thumbnail with a title on it."""
    card: Card = {"title": in_one_line(title, LONGEST_TITLE)}
    said = set(desk.ask.gist.split()) - set(title.casefold().split())
    styles = [style for style in desk.facts.options(THUMBNAIL, "style") if style in said]
    if styles:
        card["style"] = styles[0]
    if desk.ask.has_clone and desk.facts.clones:
        card["with_clone"] = True
    options = ("style", "color_scheme", "aspect_ratio")
    return _card(desk, THUMBNAIL, card, *options) if card["title"] else []


def ad_card(desk: Desk, item: Item, headline: str, call: str) -> list[Card]:
    """A set of ads of a product; its photos are for the person to add."""
    card: Card = {
        "product_name": in_one_line(item.name, LONGEST_NAME),
        "description": in_one_line(item.about, LONGEST_DESCRIPTION),
        "headline": headline if len(headline) <= LONGEST_HEADLINE else "",
        "call_to_action": call if len(call) <= LONGEST_CALL else "",
    }
    ratio = desk.ask.wishes.aspect_ratio
    if ratio in desk.facts.options(PRODUCT_AD, "formats"):
        card["formats"] = [ratio]
    return _card(desk, PRODUCT_AD, card, "style") if card["product_name"] else []


def video_card(desk: Desk, item: Item, seconds: int) -> list[Card]:
    """A film of a product; its photos are for the person to add."""
    card: Card = {
        "product_name": in_one_line(item.name, LONGEST_NAME),
        "description": in_one_line(item.about, LONGEST_DESCRIPTION),
        "seconds": seconds,
    }
    return _card(desk, VIDEO, card, "aspect_ratio", "music") if card["product_name"] else []


def _card(desk: Desk, kind: str, card: Card, *options: str) -> list[Card]:
    """The order with what was wished for, as far as it exists."""
    offer = desk.facts.offers.get(kind)
    if offer is None:
        return []
    wishes = desk.ask.wishes
    chosen = {name: getattr(wishes, name) for name in options}
    known = {
        name: value if value in desk.facts.options(kind, name) else _usual(desk, kind, name)
        for name, value in chosen.items()
    }
    count = wishes.count if kind == desk.ask.intent and offer.is_priced_by_piece else 0
    many = {"count": min(count, offer.most)} if count > 1 else {}
    said = {name: value for name, value in (known | card | many).items() if value != ""}
    return [{"kind": kind, **said}]


def _usual(desk: Desk, kind: str, option: str) -> str:
    """What a card says where nothing was wished for; "another" tries the next style."""
    values = desk.facts.options(kind, option)
    if not values or option not in SAID:
        return ""
    is_other = option == "style" and desk.ask.intent in ORDERED
    return values[desk.ask.attempt % len(values)] if is_other else values[0]


def card_note(cards: list[Card], facts: Facts) -> str:
    """What pressing costs, and what is still to be added."""
    if not cards:
        return ""
    kind = str(cards[0]["kind"])
    offer = facts.offers[kind]
    pieces = int(cards[0].get("count", 1)) if offer.is_priced_by_piece else 1
    price = credits_in_words(offer.price * pieces)
    asked = ""
    if kind in (PRODUCT_AD, VIDEO):
        asked = f" Add 1 to {facts.product_photos} photos of the product to it first."
    elif cards[0].get("with_clone"):
        asked = " Choose your clone on it."
    each = "Each card makes one" if len(cards) > 1 else "The card makes it"
    return f"{each} for **{price}**; nothing runs before you press it.{asked}"
