"""ProviderCall: one request to a provider, what it used and what it cost us."""

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
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.operation} {self.outcome}"
