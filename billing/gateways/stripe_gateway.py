"""Stripe by its own SDK: with a patience, at one version, and every write named to be done once."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import stripe

from billing.errors import UnknownCustomer
from billing.gateways.ports import API_VERSION, Shape
from billing.gateways.reading import is_paid_once, moment, subscription_of
from visiona.lib.errors import NotFound, Unavailable
from visiona.lib.request_id import moment_of

if TYPE_CHECKING:
    from billing.plans import Pack, Plan

CONNECT_SECONDS, READ_SECONDS = 3.05, 10.0
RETRIES = 2
"""With both, less than the minute after which the database ends a transaction that waits."""
PAGE = 100
LATE = timedelta(days=30)
"""How long after it was made something may still be paid: lists know only when it was made."""

DISPUTED_FOR = timedelta(days=180)
"""How long after it was made a dispute may still change, a second presentment included."""

PAYABLE_FOR = timedelta(minutes=95)
"""How long a page of Stripe's can be paid: half an hour, the least it allows, after the last time
that anybody is sent there (checkouts.REUSED_FOR)."""

WITH_CHARGES = ["payments.data.payment.payment_intent"]
PORTAL = "visiona_portal"
"""What names our configuration of the portal in its metadata: a digest of what it was made of."""

MISSING, REFUNDED = "resource_missing", "charge_already_refunded"

logger = logging.getLogger(__name__)


class StripeGateway:
    """The gateway where a key of Stripe's is set."""

    def __init__(self, key: str, *, base: str = "") -> None:
        stripe.enable_telemetry = False
        self.livemode = key.partition("_")[2].startswith("live_")
        self.client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
            base_addresses={"api": base} if base else {},
        )

    def create_customer(self, *, user_id: UUID, email: str, instead_of: str = "") -> str:
        """Make the person known."""
        # Another address would be another request, which may not bear the name of this one.
        key = f"customer-{user_id}-{sha256(email.encode()).hexdigest()[:12]}"
        if instead_of:
            key += f"-after-{instead_of}"
        with asking():
            made = self.client.v1.customers.create(
                {"email": email, "metadata": {"user_id": str(user_id)}}, {"idempotency_key": key}
            )
        return made.id

    def create_checkout(
        self,
        *,
        checkout_id: UUID,
        customer: str,
        item: "Plan | Pack",
        success_url: str,
        cancel_url: str,
    ) -> tuple[str, str]:
        """Open a page of Stripe's."""
        price = self.price_of(item)
        asked: Any = {
            "mode": "subscription" if item.recurring else "payment",
            "customer": customer,
            "client_reference_id": str(checkout_id),
            "line_items": [{"price": price, "quantity": 1}],
            "metadata": {"item": item.name},
            "success_url": success_url,
            "cancel_url": cancel_url,
            "expires_at": int((moment_of(checkout_id) + PAYABLE_FOR).timestamp()),
        }
        if not item.recurring:  # so that a pack has an invoice in the portal, as a plan has
            asked["invoice_creation"] = {"enabled": True}
        key = f"checkout-{checkout_id}-{price}-{customer}"
        with asking():
            made = self.client.v1.checkout.sessions.create(asked, {"idempotency_key": key})
        if not made.url:
            raise Unavailable
        return made.id, made.url

    def expire_session(self, session_id: str) -> Shape:
        """Let a checkout session be paid no more, unless it was."""
        found = self.session(session_id)
        if found["status"] != "open":
            return found
        with asking():  # one that is paid in this moment is Unavailable, and complete next time
            self.client.v1.checkout.sessions.expire(session_id)
        return self.session(session_id)

    def portal_url(self, *, customer: str, return_url: str) -> str:
        """Return a page of Stripe's, which is good for some minutes."""
        asked: Any = {"customer": customer, "return_url": return_url}
        if configuration := self.portal_configuration():
            asked["configuration"] = configuration.id
        with asking():
            return self.client.v1.billing_portal.sessions.create(asked).url

    def portal_configuration(self) -> Any:
        """Return what stripe_sync has the portal offer; nothing before it has run."""
        with asking():
            made = self.client.v1.billing_portal.configurations.list(
                {"active": True, "limit": PAGE}
            )
            return next((one for one in made.auto_paging_iter() if _is_ours(one)), None)

    def session(self, session_id: str) -> Shape:
        """Return a checkout session as it is now."""
        with asking():
            found = self.client.v1.checkout.sessions.retrieve(
                session_id, {"expand": ["payment_intent"]}
            )
        return shape_of(found)

    def subscription(self, subscription_id: str) -> Shape:
        """Return a subscription as it is now."""
        with asking():
            return shape_of(self.client.v1.subscriptions.retrieve(subscription_id))

    def invoice(self, invoice_id: str) -> Shape:
        """Return an invoice as it is now."""
        with asking():
            invoice = self.client.v1.invoices.retrieve(invoice_id, {"expand": WITH_CHARGES})
            found = shape_of(invoice)
            if found["lines"]["has_more"]:
                lines = self.client.v1.invoices.line_items.list(invoice_id, {"limit": PAGE})
                found["lines"]["data"] = [shape_of(line) for line in lines.auto_paging_iter()]
        return found

    def charge(self, charge_id: str) -> Shape:
        """Return a charge as it is now."""
        with asking():
            return shape_of(self.client.v1.charges.retrieve(charge_id))

    def dispute(self, dispute_id: str) -> Shape:
        """Return a dispute as it is now."""
        with asking():
            return shape_of(self.client.v1.disputes.retrieve(dispute_id))

    def disputes_of(self, charge_id: str) -> list[Shape]:
        """Return every dispute of a charge as it is now."""
        with asking():
            made = self.client.v1.disputes.list({"charge": charge_id, "limit": PAGE})
            return [shape_of(one) for one in made.auto_paging_iter()]

    def refund_made(self, refund_id: str) -> Shape:
        """Return a refund as it is now."""
        with asking():
            return shape_of(self.client.v1.refunds.retrieve(refund_id))

    def paid_invoices(self, since: datetime) -> Iterator[Shape]:
        """Return what was paid for plans since then."""
        with asking():
            made = self.client.v1.invoices.list(
                {"status": "paid", "created": {"gte": _before(since)}, "limit": PAGE}
            )
            for invoice in map(shape_of, made.auto_paging_iter()):
                paid_at = invoice["status_transitions"]["paid_at"] or invoice["created"]
                if moment(paid_at) >= since and subscription_of(invoice):
                    yield invoice

    def paid_sessions(self, since: datetime) -> Iterator[Shape]:
        """Return what was paid for packs since then, and what somewhat earlier."""
        with asking():
            made = self.client.v1.checkout.sessions.list(
                {"status": "complete", "created": {"gte": _before(since)}, "limit": PAGE}
            )
            yield from filter(is_paid_once, map(shape_of, made.auto_paging_iter()))

    def refunded_charges(self, since: datetime) -> Iterator[Shape]:
        """Return what something was given back of since then, and what somewhat earlier."""
        told = set[str]()
        with asking():
            made = self.client.v1.refunds.list(
                {"created": {"gte": _before(since)}, "limit": PAGE, "expand": ["data.charge"]}
            )
            for charge in (shape_of(one)["charge"] for one in made.auto_paging_iter()):
                if charge and charge["id"] not in told:
                    told.add(charge["id"])
                    yield charge

    def disputes(self, since: datetime) -> Iterator[Shape]:
        """Return the disputes that were made as long before as they may take."""
        with asking():
            made = self.client.v1.disputes.list(
                {"created": {"gte": _before(since, DISPUTED_FOR)}, "limit": PAGE}
            )
            yield from map(shape_of, made.auto_paging_iter())

    def going_subscriptions(self) -> Iterator[Shape]:
        """Return every subscription that has not ended."""
        with asking():
            made = self.client.v1.subscriptions.list({"limit": PAGE})
            yield from map(shape_of, made.auto_paging_iter())

    def cancel_subscription(self, subscription_id: str) -> None:
        """End a subscription now."""
        if self.subscription(subscription_id)["status"] != "canceled":
            with asking():
                self.client.v1.subscriptions.cancel(subscription_id)

    def refund(self, charge_id: str, cents: int) -> None:
        """Give so much of a charge back, unless all of it was given back before."""
        before = self.charge(charge_id)["amount_refunded"]
        key = f"refund-{charge_id}-{before}-{cents}"
        with asking(but=REFUNDED):
            self.client.v1.refunds.create(
                {"charge": charge_id, "amount": cents}, {"idempotency_key": key}
            )

    def price_of(self, item: "Plan | Pack") -> str:
        """Return the id of an item's price. Raises Unavailable where it has none yet."""
        with asking():
            found = self.client.v1.prices.list(
                {"lookup_keys": [item.lookup_key], "active": True, "limit": 1}
            ).data
        if not found:
            logger.error("billing.stripe.no_price", extra={"lookup_key": item.lookup_key})
            raise Unavailable("This cannot be bought at the moment. Staff: run stripe_sync.")
        return found[0].id


def shape_of(found: Any) -> Shape:
    """Return an object of the SDK, which is no dictionary, as one."""
    shape: Shape = found.to_dict(for_json=True)
    return shape


@contextmanager
def asking(*, but: str = "") -> Iterator[None]:
    """Say in our own words that Stripe did not do what it was asked in this block.

    An answer that has the code `but` is fine. Raises NotFound, UnknownCustomer and Unavailable.
    """
    try:
        yield
    except stripe.StripeError as error:
        if but and error.code == but:
            return
        facts = {
            "kind": type(error).__name__,
            "code": error.code,
            "status": error.http_status,
            "stripe_request": error.request_id,
        }
        if error.code == MISSING:
            logger.warning("billing.stripe.missing", extra=facts)
            kind = UnknownCustomer if getattr(error, "param", "") == "customer" else NotFound
            raise kind("Stripe does not know what it was asked about.") from error
        is_ours = isinstance(error, stripe.InvalidRequestError | stripe.AuthenticationError)
        level = logging.ERROR if is_ours else logging.WARNING
        logger.log(level, "billing.stripe.failed", extra=facts)
        raise Unavailable("Payments do not work at the moment. Try again in a minute.") from error


def _is_ours(configuration: Any) -> bool:
    return PORTAL in (shape_of(configuration)["metadata"] or {})


def _before(since: datetime, late: timedelta = LATE) -> int:
    return int((since - late).timestamp())
