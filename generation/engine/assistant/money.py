"""Answers about credits, reckoned out of the prices that are given."""

import re
from dataclasses import dataclass
from typing import Final

from generation.engine.assistant.facts import Facts, Offer, credits_in_words, price_in_words
from generation.engine.assistant.intents import KIND_WORDS
from generation.engine.assistant.replies import Answer, Desk, listed, paragraphs
from generation.engine.assistant.wishes import NUMBERS, number_of

MOST_COUNTED: Final = 100_000
CHAT: Final = "chat"
NAMES: Final = {
    **KIND_WORDS, "product_ad": "sets?(?: of ads)? ads? adverts?",
    CHAT: "answers? messages? questions? chats?",
}  # fmt: skip
BUDGET: Final = re.compile(
    r"\b(?:with|for|have|from|got|left|of|spend|is|are|be)? ?(\d{1,7}) (?:free )?credits?\b"
)


@dataclass(frozen=True, slots=True)
class Line:
    """So many of a kind."""

    label: str
    price: int
    count: int

    @property
    def amount(self) -> int:
        return self.price * self.count


def prices_in_words(facts: Facts) -> str:
    """The price list, as Markdown."""
    lines = [f"**{offer.label}**: {price_in_words(offer)}" for offer in facts.offers.values()]
    lines.append(f"**Chat**: {credits_in_words(facts.chat_price)} an answer, 0 for a cached one")
    return listed(lines)


def sums_answer(desk: Desk) -> Answer:
    """How many of what for so many credits, or what so many cost."""
    gist = desk.ask.gist
    budget = _budget_in(gist)
    wanted = _wanted_in(BUDGET.sub(" ", gist), desk.facts)
    if budget is None and any(line.count for line in wanted):
        return _bill(wanted, desk.facts)
    if budget is None:
        budget = desk.facts.available
    if budget is None:
        return Answer(paragraphs("The prices:", prices_in_words(desk.facts)))
    is_compared = sum(line.count for line in wanted) > 0
    return _bill(wanted, desk.facts, budget) if is_compared else _shares(wanted, budget, desk.facts)


def _budget_in(gist: str) -> int | None:
    match = BUDGET.search(gist)
    return int(match[1]) if match else None


def _offers(facts: Facts) -> list[tuple[str, str, int]]:
    """Kinds with what one is called and costs, a chat's answer among them."""
    offers = [(offer.name, offer.unit, offer.price) for offer in facts.offers.values()]
    return [*offers, (CHAT, "chat answer", facts.chat_price)]


def _wanted_in(gist: str, facts: Facts) -> list[Line]:
    """The kinds that are named, each with its number; 0 where none is said."""
    numbers = "|".join(NUMBERS)
    found = []
    for name, unit, price in _offers(facts):
        words = "|".join(NAMES[name].split()) if name != "product_ad" else r"sets?(?: of ads)?|ads?"
        match = re.search(
            rf"(?:\b(\d{{1,6}}|an?|{numbers}) )?(?:\w{{1,20}} )?\b(?:{words})\b", gist
        )
        if match:
            count = 1 if match[1] in ("a", "an") else number_of(match[1] or "0")
            found.append(Line(unit, price, min(count, MOST_COUNTED)))
    return found


def _bill(wanted: list[Line], facts: Facts, budget: int | None = None) -> Answer:
    lines = [line for line in wanted if line.count]
    total = sum(line.amount for line in lines)
    rows = [
        f"{_counted(line)}: {line.count} × {line.price} = {line.amount}"  # noqa: RUF001
        for line in lines
    ]
    budget = facts.available if budget is None else budget
    rest = ""
    if budget is not None:
        left = budget - total
        rest = (
            f"Of {credits_in_words(budget)} that leaves {left}."
            if left >= 0
            else f"With {credits_in_words(budget)} you are {credits_in_words(-left)} short."
        )
    return Answer(paragraphs(f"That is **{credits_in_words(total)}**:", listed(rows), rest))


def _shares(wanted: list[Line], budget: int, facts: Facts) -> Answer:
    """What a budget is enough for: of each kind alone."""
    lines = wanted or [Line(unit, price, 0) for _, unit, price in _offers(facts)]
    rows = []
    for line in lines:
        if not line.price:
            rows.append(f"{line.label}: free")
            continue
        count, rest = divmod(budget, line.price)
        what = _counted(Line(line.label, line.price, count))
        rows.append(f"**{what}** ({line.price} each), {rest} left over")
    each = "" if len(rows) == 1 else ", of one kind alone"
    return Answer(
        paragraphs(f"With **{credits_in_words(budget)}** you can make{each}:", listed(rows))
    )


def _counted(line: Line) -> str:
    """ "3 sets of ads": the first word of a unit takes the plural, unless it is one of many."""
    if line.count == 1:
        return f"1 {line.label}"
    first, _, rest = line.label.partition(" of ")
    return f"{line.count} {first}s of {rest}" if rest else f"{line.count} {first}s"


def balance_in_words(facts: Facts) -> str:
    """What the person has, as far as it is known."""
    if facts.available is None:
        return "Your balance stands at the top of every page, and under **Credits** line by line."
    return (
        f"You have **{credits_in_words(facts.available)}** to spend. What is held for work "
        "on its way is not among them; **Credits** shows every line."
    )


def plan_in_words(facts: Facts) -> str:
    """What the plan allows, as far as it is known."""
    limit = (
        f"It allows **{facts.answers_a_day} chat answers a day**." if facts.answers_a_day else ""
    )
    welcome = f"It began with {credits_in_words(facts.welcome)}." if facts.welcome else ""
    return " ".join(
        part for part in (f"You are on the **{facts.plan}** plan.", limit, welcome) if part
    )


def values_of(facts: Facts) -> dict[str, str]:
    """The facts that guides are filled with."""
    values = {name: credits_in_words(offer.price) for name, offer in facts.offers.items()}
    return {
        **dict.fromkeys(KIND_WORDS, "not on offer here"),
        **values,
        "prices": prices_in_words(facts),
        "balance": balance_in_words(facts),
        "plan": plan_in_words(facts),
        "chat": credits_in_words(facts.chat_price),
        "welcome": str(facts.welcome),
        "ratios": ", ".join(facts.options("image", "aspect_ratio")),
        "most_images": str(_most(facts.offers.get("image"))),
        "most_thumbnails": str(_most(facts.offers.get("thumbnail"))),
        "styles": ", ".join(facts.options("thumbnail", "style")),
        "schemes": ", ".join(facts.options("thumbnail", "color_scheme")),
        "ad_styles": ", ".join(facts.options("product_ad", "style")),
        "formats": ", ".join(facts.options("product_ad", "formats")),
        "qualities": ", ".join(facts.options("video", "quality")),
        "music": ", ".join(facts.options("video", "music")),
        "seconds": f"{facts.video_seconds[0]} to {facts.video_seconds[1]}",
        "photos": f"{facts.clone_photos[0]} to {facts.clone_photos[1]}",
        "product_photos": str(facts.product_photos),
        "packs": ", ".join(facts.packs) or "none at present",
    }


def _most(offer: Offer | None) -> int:
    return offer.most if offer else 0
