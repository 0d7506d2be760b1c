"""The ledger's tables; only the functions of the credits migrations write them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Length, Now
from django.db.models.lookups import GreaterThanOrEqual

ALONE_UP_TO = 100
"""How many credits one person of staff may adjust alone within a day; as in credits/sql."""
MOST_ADJUSTED = 100_000
LEAST_REASON, MOST_REASON = 3, 200


class Wallet(models.Model):
    """One person's credits: what they own, and how much of it is held for running jobs."""

    pii = ()

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    balance = models.BigIntegerField(db_default=0)
    held = models.BigIntegerField(db_default=0)
    seq = models.BigIntegerField(db_default=0)
    head_hash = models.BinaryField(db_default=b"")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(held__gte=0), name="wallet_held_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(held__lte=models.F("balance")), name="wallet_never_oversold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.available} available, {self.held} held"

    @property
    def available(self) -> int:
        """What can be spent now."""
        return self.balance - self.held


class Reservation(models.Model):
    """Credits held for one job until they are captured, released or expired, once."""

    pii = ()

    class State(models.TextChoices):
        HELD = "held"
        CAPTURED = "captured"
        RELEASED = "released"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, db_column="user_id", related_name="+"
    )
    amount = models.BigIntegerField()
    captured = models.BigIntegerField(db_default=0)
    refunded = models.BigIntegerField(db_default=0)
    state = models.CharField(max_length=8, choices=State, db_default=State.HELD)
    purpose = models.CharField(max_length=32)
    reference = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    spender = models.UUIDField(null=True, editable=False)
    """The API key that ordered; nothing where its person did."""
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["wallet", "key"], name="reservation_key_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="reservation_amount_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(captured__gte=0, captured__lte=models.F("amount")),
                name="reservation_captures_at_most_its_amount",
            ),
            models.CheckConstraint(
                condition=models.Q(refunded__gte=0, refunded__lte=models.F("captured")),
                name="reservation_refunds_at_most_its_capture",
            ),
            models.CheckConstraint(
                condition=models.Q(state="held", settled_at=None)
                | (~models.Q(state="held") & models.Q(settled_at__isnull=False)),
                name="reservation_settled_when_closed",
            ),
            models.CheckConstraint(
                condition=models.Q(state="captured") | models.Q(captured=0),
                name="reservation_captured_only_when_captured",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state="held"),
                name="reservation_open_by_expiry",
            ),
            models.Index(
                fields=["wallet", "spender", "created_at"],
                condition=models.Q(spender__isnull=False),
                name="reservation_of_spender",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.state}"


class Entry(models.Model):
    """One immutable change of a wallet, chained to the one before it by its hash."""

    pii = ()

    class Kind(models.TextChoices):
        GRANT = "grant"
        RESERVE = "reserve"
        CAPTURE = "capture"
        RELEASE = "release"
        EXPIRE = "expire"
        REFUND = "refund"
        ADJUST = "adjust"
        LAPSE = "lapse"
        REVOKE = "revoke"

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, db_column="user_id", related_name="+"
    )
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    balance_change = models.BigIntegerField()
    held_change = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    held_after = models.BigIntegerField()
    reservation = models.ForeignKey(
        Reservation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    key = models.CharField(max_length=255)
    reason = models.CharField(max_length=200)
    reference = models.CharField(max_length=64, db_default="")
    request_id = models.CharField(max_length=64, db_default="")
    login = models.CharField(max_length=63)
    created_at = models.DateTimeField(db_default=Now())
    hash = models.BinaryField()

    class Meta:
        verbose_name_plural = "entries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["wallet", "seq"], name="entry_sequence_once"),
            models.UniqueConstraint(fields=["wallet", "key"], name="entry_key_once"),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=("grant", "refund"), balance_change__gt=0, held_change=0
                )
                | (models.Q(kind="adjust", held_change=0) & ~models.Q(balance_change=0))
                | models.Q(kind="reserve", balance_change=0, held_change__gt=0)
                | models.Q(
                    kind="capture", balance_change__lt=0, held_change=models.F("balance_change")
                )
                | models.Q(kind__in=("release", "expire"), balance_change=0, held_change__lt=0)
                | models.Q(kind__in=("lapse", "revoke"), balance_change__lt=0, held_change=0),
                name="entry_moves_as_its_kind_says",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["reservation"],
                condition=models.Q(reservation__isnull=False),
                name="entry_of_reservation",
            ),
            models.Index(
                fields=["request_id"],
                condition=~models.Q(request_id=""),
                name="entry_of_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.balance_change:+d}"

    @property
    def job_id(self) -> str:
        """The job that it was for; without a hold it refers to something else, or to nothing."""
        return self.reference if self.reservation_id else ""


class Lot(models.Model):
    """Credits that were given at once: how they came, until when, and how many are left of them.

    What is neither in a lot nor held has been spent.
    """

    pii = ()

    class Kind(models.TextChoices):
        PROMOTIONAL = "promotional", "given"
        PLAN = "plan", "of your plan"
        PURCHASED = "purchased", "bought"

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, db_column="user_id", related_name="+"
    )
    kind = models.CharField(max_length=11, choices=Kind)
    amount = models.BigIntegerField()
    remaining = models.BigIntegerField()
    # The key of the entry that gave them.
    key = models.CharField(max_length=255)
    reason = models.CharField(max_length=200)
    paid_cents = models.BigIntegerField(db_default=0)
    expires_at = models.DateTimeField(null=True)
    # When they were to expire at first; what was held then comes back for a week more.
    term_ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["wallet", "key"], name="lot_key_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=("promotional", "plan", "purchased")),
                name="lot_kind_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(remaining__gte=0, remaining__lte=models.F("amount")),
                name="lot_holds_at_most_what_it_was",
            ),
            models.CheckConstraint(condition=models.Q(paid_cents__gte=0), name="lot_paid_value"),
            models.CheckConstraint(
                condition=~models.Q(kind="purchased") | models.Q(expires_at=None),
                name="lot_bought_does_not_expire",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["wallet", "expires_at"],
                condition=models.Q(remaining__gt=0),
                name="lot_that_can_be_spent",
            ),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(remaining__gt=0, expires_at__isnull=False),
                name="lot_by_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remaining} of {self.amount} {self.kind}"


class Move(models.Model):
    """What one entry took out of a lot, or put into it; never changed."""

    pii = ()

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, db_column="user_id", related_name="+"
    )
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="moves")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "lot"], name="move_once_an_entry_and_lot"),
            models.CheckConstraint(condition=~models.Q(amount=0), name="move_is_something"),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+d}"


class Revocation(models.Model):
    """What is to be taken back of a lot whose money went back; the rest of it is owed, and seen."""

    pii = ()

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, db_column="user_id", related_name="+"
    )
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    reason = models.CharField(max_length=200)
    amount = models.BigIntegerField()
    taken = models.BigIntegerField(db_default=0)
    created_at = models.DateTimeField(db_default=Now())
    reinstated_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["wallet", "key"], name="revocation_key_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, taken__gte=0, taken__lte=models.F("amount")),
                name="revocation_takes_at_most_its_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taken} of {self.amount}"

    @property
    def owed(self) -> int:
        """What had been spent already, in credits."""
        return 0 if self.reinstated_at else self.amount - self.taken


class Adjustment(models.Model):
    """A correction of a wallet by staff, with its reason; a large one waits for a second person.

    A worker posts what is approved, or it has failed: less was available by then.
    """

    pii = ()

    class State(models.TextChoices):
        PROPOSED = "proposed"
        REFUSED = "refused"
        APPROVED = "approved"
        POSTED = "posted"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True)
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, db_column="user_id", related_name="+"
    )
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=MOST_REASON)
    state = models.CharField(max_length=8, choices=State, db_default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    # What shows a worker that the product asked for it (visiona/lib/proofs.py).
    proposal_proof = models.BinaryField()
    decision_proof = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount__range=(-MOST_ADJUSTED, MOST_ADJUSTED))
                & ~models.Q(amount=0),
                name="adjustment_is_something",
            ),
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length("reason"), LEAST_REASON),
                name="adjustment_has_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(state="proposed", decided_by=None, decided_at=None)
                | models.Q(
                    state__in=("refused", "approved", "posted", "failed"),
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="adjustment_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("proposed", "refused"))
                | models.Q(amount__range=(-ALONE_UP_TO, ALONE_UP_TO))
                | ~models.Q(decided_by=models.F("proposed_by")),
                name="adjustment_large_by_two",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(state="proposed"),
                name="adjustment_that_waits",
            ),
            models.Index(
                fields=["-decided_at"],
                condition=~models.Q(state="proposed"),
                name="adjustment_latest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+d} {self.state}"


class Welcome(models.Model):
    """A person who was given the welcome credits, known only by a hash of their e-mail address.

    It outlives the account, so that signing up again does not give them again.
    """

    pii = ()

    email_digest = models.BinaryField(max_length=32, primary_key=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return bytes(self.email_digest).hex()[:8]
