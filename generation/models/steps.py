"""Step: one kept stage of a job, so that whoever goes on with the job need not make it again."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now


class Step(models.Model):
    """What a job has made, or ordered from a provider, on its way to the result.

    The row is written before the provider is asked: where the answer is lost, it says that there
    may be work that is paid for, and that nobody may order it a second time.
    """

    pii = ("facts", "error_detail")

    class State(models.TextChoices):
        ASKED = "asked"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    OPEN: ClassVar = (State.ASKED, State.RUNNING)

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey("generation.Job", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=State)
    provider = models.CharField(max_length=32, default="local")
    capability = models.CharField(max_length=16, blank=True, default="")
    external_id = models.CharField(max_length=200, blank=True, default="")
    # Somebody says that the provider has something new, and no worker has looked since.
    has_news = models.BooleanField(default=False)
    poll_at = models.DateTimeField(null=True)
    files = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    error_code = models.CharField(max_length=40, blank=True, default="")
    error_detail = models.CharField(max_length=300, blank=True, default="")
    asked_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "name"], name="step_of_job_once"),
            models.UniqueConstraint(
                fields=["provider", "external_id"],
                condition=~models.Q(external_id=""),
                name="step_of_work_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("asked", "running"), ended_at=None)
                | (~models.Q(state__in=("asked", "running")) & models.Q(ended_at__isnull=False)),
                name="step_ended_when_final",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["poll_at"],
                condition=models.Q(state="running"),
                name="step_running_by_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"
