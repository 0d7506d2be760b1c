"""WebhookEvent: one verified event that another service sent, stored once."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import UUID7, Now


class WebhookEvent(models.Model):
    """What a sender told us, as far as it is stored, and what has become of it.

    Only workers read it: the web process hands events in by `webhooks_receive` and has no other
    right to this table.
    """

    pii = ("query", "body")

    class State(models.TextChoices):
        NEW = "new"
        DONE = "done"
        IGNORED = "ignored"
        DEAD = "dead"

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    sender = models.CharField(max_length=16)
    # The sender's own name for the event; it is the same however often the event is sent.
    event_id = models.CharField(max_length=255)
    # What stood behind the question mark of the address. The signature does not cover it.
    query = models.CharField(max_length=200, blank=True, db_default="")
    # By whoever verified it: the database alone cannot make one up.
    proof = models.BinaryField(db_default=b"")
    # Nothing once it is old.
    body = models.BinaryField(null=True)
    deliveries = models.PositiveIntegerField(db_default=1)
    state = models.CharField(max_length=7, choices=State, db_default=State.NEW)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    next_at = models.DateTimeField(db_default=Now())
    error = models.CharField(max_length=80, blank=True, db_default="")
    received_at = models.DateTimeField(db_default=Now())
    handled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sender", "event_id"], name="webhookevent_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"], condition=models.Q(state="new"), name="webhookevent_new_by_age"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sender} {self.state}"
