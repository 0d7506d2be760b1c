"""What an answer proposes to make: shown with its price, and made when the person says so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from generation import chat_selectors, selectors
from generation.catalog import KINDS, Kind
from generation.forms import FORMS, OrderForm, choices_of
from generation.models import Asset, Clone, Job, Message
from generation.services import jobs as job_services
from generation.services.proposals import NEEDS_PHOTOS
from visiona.lib.errors import AppError, NotFound

if TYPE_CHECKING:
    from django.http import QueryDict

    from accounts.models import User

NO_SUCH_CARD = "There is no such proposal in this answer."
TITLES = ("title", "product_name", "prompt")
WORDS = ("prompt", "description", "headline", "call_to_action", "negative_prompt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A card below an answer: what would be made, for how much, and what was made of it."""

    message: Message
    number: int
    kind: Kind
    order: Mapping[str, Any]
    price: int
    wants_clone: bool
    job: Job | None = None
    assets: Sequence[Asset] = ()
    chosen: Sequence[str] = ()
    clone_id: str = ""
    problems: Sequence[str] = ()

    @property
    def title(self) -> str:
        """What it is called."""
        return next(str(self.order[name]) for name in TITLES if self.order.get(name))

    @property
    def words(self) -> list[tuple[str, str]]:
        """What else is said of it, each by its name."""
        said = [(name, str(self.order.get(name) or "")) for name in WORDS]
        return [
            (name.replace("_", " ").capitalize(), text)
            for name, text in said
            if text and text != self.title
        ]

    @property
    def marks(self) -> list[str]:
        """Its options in a few signs."""
        marks = [
            dict(choices_of(self.kind, name)).get(self.order[name], self.order[name])
            if name not in {"aspect_ratio", "quality"}
            else self.order[name]
            for name in self.kind.options
            if isinstance(self.order.get(name), str)
        ]
        formats = self.order.get("formats")
        marks += [" ".join(formats)] if formats else []
        marks += [f"{self.order['seconds']} s"] if self.order.get("seconds") else []
        count = int(self.order.get("count") or 1)
        return [*marks, f"{count} {self.kind.unit}s"] if count > 1 else marks

    @property
    def needs_photos(self) -> bool:
        """Whether it is made of the person's photos."""
        return self.kind.name in NEEDS_PHOTOS


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What the person sent with a proposal that could not be made, and what is in the way."""

    message: Message
    number: int
    chosen: Sequence[str] = ()
    clone_id: str = ""
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What the cards of some answers are shown with."""

    user: "User"
    clones: Sequence[Clone]
    made: Mapping[str, Job]
    assets: Mapping[UUID, Sequence[Asset]]
    refused: Refused | None = None

    def card(self, message: Message, number: int) -> Proposal:
        """Return one card of an answer."""
        card = message.cards[number]
        kind, wanted, sent = KINDS[card["kind"]], order_of(card), self._sent(message, number)
        wants_clone = bool(card.get("with_clone"))
        preferred = str(self.clones[0].pk) if wants_clone and self.clones else ""
        clone_id = sent.clone_id if sent else preferred
        job = self.made.get(chat_selectors.submission_of(message_id=message.pk, number=number))
        return Proposal(
            message=message,
            number=number,
            kind=kind,
            order=wanted,
            price=self._price_of(kind, wanted, clone_id),
            wants_clone=wants_clone,
            job=job,
            assets=list(self.assets[job.pk]) if job else [],
            chosen=sent.chosen if sent else (),
            clone_id=clone_id,
            problems=sent.problems if sent else (),
        )

    def _sent(self, message: Message, number: int) -> Refused | None:
        sent = self.refused
        is_this = sent and (sent.message.pk, sent.number) == (message.pk, number)
        return sent if is_this else None

    def _price_of(self, kind: Kind, wanted: Mapping[str, Any], clone_id: str) -> int:
        is_known = clone_id in {str(clone.pk) for clone in self.clones}
        params = {**wanted, "clone_id": clone_id if is_known else None}
        return job_services.quote(kind=kind.name, params=params, user=self.user).price


def proposals_of(
    *,
    user: "User",
    messages: Iterable[Message],
    clones: Sequence[Clone],
    refused: Refused | None = None,
) -> dict[str, list[Proposal]]:
    """Return the cards of answers by the ids of these, with what was made of each."""
    with_cards = [message for message in messages if message.cards]
    made = chat_selectors.jobs_of_cards(messages=with_cards)
    assets = selectors.assets_of_jobs(jobs=list(made.values()))
    shelf = Shelf(user=user, clones=clones, made=made, assets=assets, refused=refused)
    return {
        str(message.pk): [shelf.card(message, number) for number in range(len(message.cards))]
        for message in with_cards
    }


def order(
    *, user: "User", message: Message, number: int, data: "QueryDict", request_id: str
) -> Job | Refused:
    """Have a proposal made, once however often it is pressed; or return what is in the way.

    Raises NotFound.
    """
    if number >= len(message.cards):
        raise NotFound(NO_SUCH_CARD)
    card = message.cards[number]
    chosen, clone_id = data.getlist("photo_ids"), data.get("clone_id", "")
    form = _form(card["kind"], {**order_of(card), "photo_ids": chosen, "clone_id": clone_id})
    problems = [str(error) for errors in form.errors.values() for error in errors]
    if not problems:
        try:
            return job_services.submit(
                user=user,
                kind=card["kind"],
                params=form.params(),
                request_id=request_id,
                idempotency_key=chat_selectors.submission_of(message_id=message.pk, number=number),
            )
        except AppError as error:
            problems = [error.detail]
    return Refused(
        message=message, number=number, chosen=chosen, clone_id=clone_id, problems=problems
    )


def order_of(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a card asks for, with the usual value of all that it does not say well."""
    kind = KINDS[card["kind"]]
    told = {**kind.defaults, **FORMS[kind.name].borrowed(card)}
    wrong = set(_form(kind.name, told).errors) & set(kind.defaults)
    return {name: kind.defaults[name] if name in wrong else value for name, value in told.items()}


def _form(kind: str, told: Mapping[str, Any]) -> OrderForm:
    # What it is submitted as is named by the card, not by the form.
    return FORMS[kind]({**told, "submission": "card"})
