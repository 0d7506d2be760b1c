"""Notice: something to tell a person, written with the change that it tells of."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now


class Notice(models.Model):
    """An outbox row: it is sent at least once, under a key that its receiver can recognize."""

    pii = ()

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey("generation.Job", on_delete=models.CASCADE, related_name="+")
    topic = models.CharField(max_length=40)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    # When the person saw it in the product.
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "topic"], name="notice_of_job_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_at"], condition=models.Q(sent_at=None), name="notice_unsent"
            ),
            models.Index(fields=["user", "-id"], name="notice_of_user"),
        ]

    def __str__(self) -> str:
        return self.topic
