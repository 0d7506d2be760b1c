"""Conversation and Message: what a person and an assistant said to each other."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now

from visiona.lib import clock


class Conversation(models.Model):
    """One thread of messages: of the chat, or what a program sent through the gateway.

    Its messages are a tree, because an edited question or another answer is a branch; the tip is
    the last message of the branch that is shown.
    """

    pii = ("title", "system")

    class Source(models.TextChoices):
        CHAT = "chat"
        GATEWAY = "gateway"

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=8, choices=Source, default=Source.CHAT)
    title = models.CharField(max_length=120, blank=True, default="")
    # What a program told the model to be; the chat's own is not kept with each conversation.
    system = models.TextField(blank=True, default="")
    tip_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["user", "source", "-updated_at", "-id"],
                condition=models.Q(deleted_at=None),
                name="conversation_of_user",
            ),
            models.Index(
                fields=["deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="conversation_deleted",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(source="gateway"),
                name="conversation_of_gateway",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.pk}"


class MessageQuerySet(models.QuerySet["Message"]):
    """Filters over messages."""

    def open(self) -> Self:
        """Return the answers that have not ended."""
        return self.filter(status__in=Message.OPEN)

    def abandoned(self) -> Self:
        """Return the answers whose writer has not been heard of, so that it must be gone."""
        return self.filter(status=Message.Status.ANSWERING, lease_until__lt=clock.now())


class Message(models.Model):
    """What one side said; an answer is held, written and settled as a job is."""

    pii = ("text", "cards", "error_detail")

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    class Status(models.TextChoices):
        WAITING = "waiting"
        ANSWERING = "answering"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"

    OPEN: ClassVar = (Status.WAITING, Status.ANSWERING)

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=9, choices=Role)
    status = models.CharField(max_length=9, choices=Status, default=Status.DONE)
    text = models.TextField(blank=True, default="")
    # What the assistant proposes to make; nothing of it runs until the person says so.
    cards = models.JSONField(default=list)
    provider = models.CharField(max_length=32, blank=True, default="")
    model = models.CharField(max_length=120, blank=True, default="")
    # Who should have answered but could not, where another one did.
    fallback_from = models.CharField(max_length=32, blank=True, default="")
    cached = models.BooleanField(default=False)
    # Whether the person wanted no answer that was given before.
    fresh = models.BooleanField(default=False)
    # Held while it is written, and what was spent once it has ended.
    price = models.PositiveSmallIntegerField(default=0)
    reservation = models.OneToOneField(
        "credits.Reservation", null=True, on_delete=models.PROTECT, related_name="+"
    )
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    # How long each step took: what the request measured, then what the writer did.
    timings = models.JSONField(default=dict)
    error_code = models.CharField(max_length=40, blank=True, default="")
    error_detail = models.CharField(max_length=300, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    # Whether anybody reads it while it is written: what is stopped before is then worth nothing.
    streams = models.BooleanField(default=True)
    # The most that a program wants to be answered; nothing is our own limit.
    max_tokens = models.PositiveIntegerField(null=True)
    lease_until = models.DateTimeField(null=True)
    stop_requested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar = MessageQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(status__in=("waiting", "answering")),
                name="message_one_open_answer",
            ),
            models.CheckConstraint(
                condition=models.Q(role="assistant")
                | models.Q(role="user", status="done", price=0, reservation=None),
                name="message_only_answers_are_made",
            ),
            models.CheckConstraint(
                condition=models.Q(price=0) | models.Q(reservation__isnull=False),
                name="message_holds_its_price",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=("waiting", "answering"), finished_at=None)
                | (
                    ~models.Q(status__in=("waiting", "answering"))
                    & models.Q(finished_at__isnull=False)
                ),
                name="message_finished_when_final",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "id"], name="message_of_conversation"),
            models.Index(fields=["user", "-id"], name="message_of_user"),
            models.Index(
                fields=["request_id"],
                condition=~models.Q(request_id=""),
                name="message_of_request",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(status__in=("waiting", "answering")),
                name="message_open_by_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.status}"

    @property
    def is_open(self) -> bool:
        """Whether it is an answer that is still to come."""
        return self.status in self.OPEN

    @property
    def is_ours(self) -> bool:
        """Whether it is an answer."""
        return bool(self.role == self.Role.ASSISTANT)

    @property
    def fallback_used(self) -> bool:
        """Whether another provider answered than the one that was asked first."""
        return bool(self.fallback_from)

    @property
    def total_ms(self) -> int:
        """How long the person waited for the whole answer, in milliseconds."""
        total: float = self.timings.get("total_ms", 0)
        return round(total)
