"""What billing asks of whoever takes the money, and how it is answered: in Stripe's own shape."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from billing.plans import Pack, Plan

API_VERSION = "2026-10-28.endive"
"""The shape of everything that is asked and answered; events are sent in it too."""

Shape = dict[str, Any]
"""An object as Stripe's API answers it, with ids where others are meant."""


class Gateway(Protocol):
    """Takes money for us.

    Everything raises Unavailable where nobody answers, or not as they should, and NotFound for an
    id that is not known: UnknownCustomer where that is the customer's. Whatever is asked again with
    the same arguments is done once.
    """

    @property
    def livemode(self) -> bool:
        """Whether the money is real."""
        ...

    def create_customer(self, *, user_id: UUID, email: str, instead_of: str = "") -> str:
        """Make the person known, perhaps instead of an unknown customer; return the new id."""
        ...

    def create_checkout(
        self,
        *,
        checkout_id: UUID,
        customer: str,
        item: "Plan | Pack",
        success_url: str,
        cancel_url: str,
    ) -> tuple[str, str]:
        """Open a page where the customer pays for an item; return its session's id and address."""
        ...

    def expire_session(self, session_id: str) -> Shape:
        """Let a checkout session be paid no more, unless it was; return it as it is then."""
        ...

    def portal_url(self, *, customer: str, return_url: str) -> str:
        """Return where the customer changes cards, cancels, and finds invoices and receipts."""
        ...

    def session(self, session_id: str) -> Shape:
        """Return a checkout session as it is now, its payment intent as an object."""
        ...

    def subscription(self, subscription_id: str) -> Shape:
        """Return a subscription as it is now."""
        ...

    def invoice(self, invoice_id: str) -> Shape:
        """Return an invoice as it is now, with all lines; its payments' intents are objects."""
        ...

    def charge(self, charge_id: str) -> Shape:
        """Return a charge as it is now."""
        ...

    def dispute(self, dispute_id: str) -> Shape:
        """Return a dispute as it is now."""
        ...

    def disputes_of(self, charge_id: str) -> list[Shape]:
        """Return every dispute of a charge as it is now."""
        ...

    def refund_made(self, refund_id: str) -> Shape:
        """Return a refund as it is now."""
        ...

    def paid_invoices(self, since: datetime) -> Iterator[Shape]:
        """Return the invoices of subscriptions that were paid since then, newest first."""
        ...

    def paid_sessions(self, since: datetime) -> Iterator[Shape]:
        """Return the sessions that were paid once and for all and made since then, newest first."""
        ...

    def refunded_charges(self, since: datetime) -> Iterator[Shape]:
        """Return the charges of which something was given back since then, or failed to be."""
        ...

    def disputes(self, since: datetime) -> Iterator[Shape]:
        """Return the disputes that may have changed since then."""
        ...

    def going_subscriptions(self) -> Iterator[Shape]:
        """Return every subscription that has not ended."""
        ...

    def cancel_subscription(self, subscription_id: str) -> None:
        """End a subscription now; one that has ended stays so."""
        ...

    def refund(self, charge_id: str, cents: int) -> None:
        """Give so much of a charge back."""
        ...
