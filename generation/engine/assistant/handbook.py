"""The product in a few words, for the system prompt of a real model."""

from typing import Final

from generation.engine.assistant.cleaning import in_one_line
from generation.engine.assistant.facts import Facts, credits_in_words, price_in_words

LONGEST: Final = 3400
MOST_NAMES: Final = 5
LONGEST_NAME: Final = 60
TOOLS: Final = {
    "image": "Studio > Image: thing, place, light, medium, mood. Make it better extends a prompt.",
    "thumbnail": (
        "Studio > Thumbnail: a title (five words read best), a photo or clone or words. "
        "Another title on the same picture is free."
    ),
    "product_ad": (
        "Studio > Product ad: name, photos, description; offers become a badge; the "
        "product's pixels are never changed. Other words are free."
    ),
    "video": (
        "Studio > Video: films of a product from its photos and description, with captions, "
        "music and a synthetic voice. Trims and other words are free."
    ),
    "training": (
        "Clones > New clone: photos are judged before payment; consent; four free proof shots; one "
        "free retraining. A ready clone can be chosen for images and thumbnails, or a pack."
    ),
}
RULES: Final = (
    (
        "Credits are held when an order is placed, spent when the result is in the library, and "
        "come back by themselves when it fails or is canceled in time. Only what came is paid."
    ),
    (
        "Deleted pictures wait 30 days in the bin, then are erased. A deleted clone goes at once, "
        "everywhere, with a receipt; its photos go 30 days after the training."
    ),
    (
        "Library: search, star, download one or many as ZIP, remix. Credits: the statement, as "
        "CSV. Account: API keys (Bearer vis_..., /api/v1, documentation at /api/docs; OpenAI "
        "clients use /v1), security, privacy."
    ),
    (
        "Clone photos: one person each, face large and sharp, soft daylight, varied sides and "
        "places, no sunglasses, filters or groups. Product photos: whole, sharp, plain ground, "
        "even light."
    ),
)


def handbook(facts: Facts) -> str:
    """This function will describe product, prices and ways in fewer than 3,500 letters."""
    offers = [_offer(facts, name) for name in facts.offers]
    person = [line for line in _person(facts) if line]
    parts = ("Visiona is a studio for images, thumbnails, product ads, videos and AI clones.",
             "Prices:", *offers, _chat(facts), "How it works:", *RULES,
             "The person:" if person else "", *person)  # fmt: skip
    return "\n".join(part for part in parts if part)[:LONGEST]


def _offer(facts: Facts, name: str) -> str:
    offer = facts.offers[name]
    options = "; ".join(f"{key}: {', '.join(values)}" for key, values in offer.options.items())
    how = TOOLS.get(name, "")
    return (
        f"- {offer.label} ({name}): {price_in_words(offer)}. {how} {_limits(facts, name)}{options}"
    )


def _limits(facts: Facts, name: str) -> str:
    limits = {
        "training": f"photos: {facts.clone_photos[0]} to {facts.clone_photos[1]}; ",
        "video": f"seconds: {facts.video_seconds[0]} to {facts.video_seconds[1]}; "
        f"photos: 1 to {facts.product_photos}; ",
        "product_ad": f"photos: 1 to {facts.product_photos}; ",
    }
    most = facts.offers[name].most
    return limits.get(name, f"up to {most} at once; " if most > 1 else "")


def _chat(facts: Facts) -> str:
    return f"- Chat: {credits_in_words(facts.chat_price)} an answer, 0 for a cached one."


def _person(facts: Facts) -> tuple[str, ...]:
    """What is known of who asks: their plan and balance; names of clones and projects stay here."""
    limit = f", {facts.answers_a_day} chat answers a day" if facts.answers_a_day else ""
    known = facts.available is not None
    return (
        f"- Plan {facts.plan}{limit}.",
        f"- Credits to spend: {facts.available}." if known else "",
        f"- Packs for clones: {_names(facts.packs)}." if facts.packs else "",
        f"- Ready clones: {len(facts.clones)}." if facts.clones else "",
    )


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(in_one_line(name, LONGEST_NAME) for name in names[:MOST_NAMES])
