"""What people pay, as far as we have to know it, and what staff decided about our own spending."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now

from visiona.lib import clock

GRACE = timedelta(days=7)
"""How long a plan goes on after a payment failed, or after a renewal that nobody told us of."""


class Choice(models.TextChoices):
    """Whether calls that cost us money go out."""

    ON = "on", "within the budget"
    OVER = "over", "over the budget, until midnight UTC"
    OFF = "off", "not at all"


class SpendingDecision(models.Model):
    """What somebody of staff decided about paid calls; the newest one holds, all are kept."""

    pii = ()

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    choice = models.CharField(max_length=4, choices=Choice)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(choice__in=Choice.values), name="spendingdecision_is_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-created_at"], name="spendingdecision_latest"),
        ]

    def __str__(self) -> str:
        return self.choice


class Source(models.TextChoices):
    """Who took the money; the till of a machine without keys counts as Stripe."""

    STRIPE = "stripe"
    CLERK = "clerk"


class Customer(models.Model):
    """Who a person is at Stripe; who was one of the till or of another key has several of these.

    All are kept: what is paid for by an old one is theirs too, and is never anybody else's.
    """

    pii = ("stripe_id",)

    stripe_id = models.CharField(max_length=255, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.user_id)


class Subscription(models.Model):
    """A plan that a person pays for again and again, as it was when it was read last."""

    pii = ()

    class Status(models.TextChoices):
        """Stripe's words."""

        ACTIVE = "active"
        TRIALING = "trialing"
        PAST_DUE = "past_due"
        UNPAID = "unpaid"
        PAUSED = "paused"
        INCOMPLETE = "incomplete"
        INCOMPLETE_EXPIRED = "incomplete_expired"
        CANCELED = "canceled"

    PAID = (Status.ACTIVE, Status.TRIALING)
    FAILING = (Status.PAST_DUE, Status.UNPAID)
    ENDED = (Status.CANCELED, Status.INCOMPLETE_EXPIRED)

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=8, choices=Source)
    external_id = models.CharField(max_length=255)
    plan = models.CharField(max_length=16)
    status = models.CharField(max_length=18, choices=Status)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    cancel_at_period_end = models.BooleanField(default=False)
    # Since when its payments fail.
    past_due_since = models.DateTimeField(null=True)
    # When to write, or to try again to write, that a payment failed.
    warn_at = models.DateTimeField(null=True)
    # When it was read: what was read before that is old news.
    seen_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "external_id"], name="subscription_once"),
            models.CheckConstraint(
                condition=models.Q(source__in=Source.values), name="subscription_source_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=(
                        "active",
                        "trialing",
                        "past_due",
                        "unpaid",
                        "paused",
                        "incomplete",
                        "incomplete_expired",
                        "canceled",
                    )
                ),
                name="subscription_status_is_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user"], name="subscription_of_user"),
            models.Index(
                fields=["warn_at"],
                condition=models.Q(warn_at__isnull=False),
                name="subscription_to_warn_of",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} {self.status}"

    @property
    def is_live(self) -> bool:
        """Whether its plan holds now."""
        return self.status in (*self.PAID, *self.FAILING) and clock.now() < self.holds_until

    @property
    def is_failing(self) -> bool:
        """Whether its payments fail."""
        return self.status in self.FAILING

    @property
    def holds_until(self) -> datetime:
        """When its plan ends unless something is paid: a missed renewal is borne for the grace."""
        if self.is_failing and self.past_due_since:
            return self.past_due_since + GRACE
        return self.period_end if self.cancel_at_period_end else self.period_end + GRACE


class Checkout(models.Model):
    """What a person set out to buy; the page that they return to finds it."""

    pii = ("url",)

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    item = models.CharField(max_length=16)
    # Nothing until whoever takes the money has answered.
    session_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    url = models.CharField(max_length=2000, blank=True, default="")
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(db_default=Now())
    # When the person came back and began to wait for their credits.
    returned_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=("open", "done", "expired")),
                name="checkout_state_is_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="checkout_of_user"),
            models.Index(
                fields=["returned_at"],
                condition=models.Q(state="open", returned_at__isnull=False),
                name="checkout_waited_for",
            ),
            models.Index(
                fields=["user"],
                condition=models.Q(state="open"),
                name="checkout_open_of_user",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be paid, as far as we know."""
        return self.state == self.State.OPEN


class Payment(models.Model):
    """Money that came, or failed to come, for one invoice or one checkout; never two for one."""

    pii = ()

    class Status(models.TextChoices):
        PAID = "paid"
        FAILED = "failed"
        PARTLY_REFUNDED = "partly_refunded"
        REFUNDED = "refunded"
        DISPUTED = "disputed"

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=8, choices=Source)
    # Nothing where no card was charged: a coupon paid all of it, or the try failed before.
    charge_id = models.CharField(max_length=255, blank=True, default="")
    # The invoice, the checkout session or Clerk's payment attempt: what the grant is keyed by.
    reference = models.CharField(max_length=255)
    item = models.CharField(max_length=16)
    credit_amount = models.PositiveIntegerField()
    amount_cents = models.PositiveIntegerField()
    refunded_cents = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=15, choices=Status)
    # What became of each dispute, by its id.
    disputes = models.JSONField(default=dict)
    # When its refunds and its disputes were read: what was read before that is old news.
    refunds_seen_at = models.DateTimeField(null=True)
    disputes_seen_at = models.DateTimeField(null=True)
    lot_key = models.CharField(max_length=255, blank=True, default="")
    paid_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "charge_id"],
                condition=~models.Q(charge_id=""),
                name="payment_charge_once",
            ),
            models.UniqueConstraint(fields=["source", "reference"], name="payment_reference_once"),
            models.CheckConstraint(
                condition=models.Q(source__in=Source.values), name="payment_source_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=("paid", "failed", "partly_refunded", "refunded", "disputed")
                ),
                name="payment_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(refunded_cents__lte=models.F("amount_cents")),
                name="payment_refunds_at_most_its_amount",
            ),
            models.CheckConstraint(
                condition=models.Q(status="failed", paid_at=None)
                | (~models.Q(status="failed") & models.Q(paid_at__isnull=False)),
                name="payment_is_dated_when_paid",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "-id"], name="payment_of_user")]

    def __str__(self) -> str:
        return f"{self.amount_cents} {self.currency} {self.status}"


class TillObject(models.Model):
    """What the till of a machine without keys keeps instead of Stripe, in Stripe's shape."""

    pii = ("data",)

    id = models.CharField(max_length=64, primary_key=True)
    # What Stripe calls it, such as checkout.session.
    kind = models.CharField(max_length=32)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    data = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "kind"], name="tillobject_of_user")]

    def __str__(self) -> str:
        return self.kind
