"""ProviderCall and RequestMetric: what a request used, cost us and took, and how it ended."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now


class ProviderCall(models.Model):
    """One request that may cost money. It says nothing about its content."""

    pii = ()

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(
        "generation.Job", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The answer of the chat that it was made for; it may be gone by now.
    message_id = models.UUIDField(null=True)
    step = models.CharField(max_length=40, blank=True, default="")
    provider = models.CharField(max_length=32)
    operation = models.CharField(max_length=40)
    model = models.CharField(max_length=120)
    outcome = models.CharField(max_length=40)
    latency_ms = models.PositiveIntegerField()
    request_id = models.CharField(max_length=200, blank=True, default="")
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    images = models.PositiveSmallIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    # Nothing where the price is not known or the answer was lost.
    cost_micro_usd = models.PositiveBigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "operation", "request_id"],
                condition=~models.Q(request_id=""),
                name="providercall_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="providercall_of_user"),
            models.Index(fields=["created_at"], name="providercall_by_time"),
            models.Index(
                fields=["message_id"],
                condition=models.Q(message_id__isnull=False),
                name="providercall_of_message",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.operation} {self.outcome}"


class RequestMetric(models.Model):
    """The twelve numbers of one AI request; it says nothing about its content.

    The five steps never overlap, so that they add up to no more than the total; what is left of it
    was spent waiting for a worker, or on our own code.
    """

    pii = ()

    class Status(models.TextChoices):
        OK = "ok"
        FAILED = "failed"
        STOPPED = "stopped"
        CANCELED = "canceled"

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    request_id = models.CharField(max_length=64)
    # `chat`, `gateway`, `enhance`, or the kind of a job.
    operation = models.CharField(max_length=16)
    message_id = models.UUIDField(null=True)
    job_id = models.UUIDField(null=True)
    total_ms = models.FloatField()
    db_ms = models.FloatField(default=0.0)
    cache_read_ms = models.FloatField(default=0.0)
    credit_ms = models.FloatField(default=0.0)
    ai_ms = models.FloatField(default=0.0)
    cache_write_ms = models.FloatField(default=0.0)
    status = models.CharField(max_length=8, choices=Status)
    provider = models.CharField(max_length=32, blank=True, default="")
    fallback_used = models.BooleanField(default=False)
    cached = models.BooleanField(default=False)
    # In characters; of a job, its prompt.
    message_length = models.PositiveIntegerField(default=0)
    error_name = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message_id"],
                condition=models.Q(message_id__isnull=False),
                name="requestmetric_once_a_message",
            ),
            models.UniqueConstraint(
                fields=["job_id"],
                condition=models.Q(job_id__isnull=False),
                name="requestmetric_once_a_job",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="requestmetric_by_time"),
            models.Index(fields=["user", "-id"], name="requestmetric_of_user"),
            models.Index(fields=["request_id"], name="requestmetric_of_request"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.status}"
