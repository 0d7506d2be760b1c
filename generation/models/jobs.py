"""Job: one piece of paid work, from the request to its result."""

from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now

from visiona.lib import clock

TYPICAL_SECONDS = {"thumbnail": 4, "image": 4, "product_ad": 2, "video": 40, "training": 20}
UNKNOWN_SECONDS = 30
LONGER_THAN_USUAL = 3


class JobQuerySet(models.QuerySet["Job"]):
    """Filters over jobs."""

    def unfinished(self) -> Self:
        return self.filter(status__in=Job.OPEN)

    def due(self, *, waiting_for: timedelta = timedelta()) -> Self:
        """Jobs that have waited so long for a worker: nobody has them, and their time has come.

        One that is to be canceled need not wait for its time, which may be its provider's.
        """
        now = clock.now()
        free = models.Q(lease_until=None) | models.Q(lease_until__lt=now)
        since = now - waiting_for
        has_come = models.Q(next_run_at__lte=since) | models.Q(cancel_requested_at__lte=since)
        return self.unfinished().filter(free, has_come)


class Job(models.Model):
    """One piece of paid work. The row is the queue: a broker's message only wakes a worker."""

    pii = ("params", "enhanced_prompt", "error_detail")

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        PARTIAL = "partial"
        FAILED = "failed"
        CANCELED = "canceled"

    OPEN: ClassVar = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16)
    queue = models.CharField(max_length=8)
    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    stage = models.CharField(max_length=60, default="waiting")
    progress = models.PositiveSmallIntegerField(default=0)
    provider = models.CharField(max_length=32, default="local")
    # What the provider was asked for; nothing where this machine makes all of it.
    capability = models.CharField(max_length=16, blank=True, default="")
    params = models.JSONField()
    # What the prompt was made into, where the person asked for that.
    enhanced_prompt = models.TextField(blank=True, default="")
    # How many results were ordered: so many parts its price has.
    pieces = models.PositiveSmallIntegerField(default=1)
    project = models.ForeignKey(
        "generation.Project", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The clone that is trained, or that pictures are made with; it may be gone by now.
    clone_id = models.UUIDField(null=True)
    # The asset whose order this one repeats; it may be gone by now.
    remix_of_id = models.UUIDField(null=True)
    price = models.PositiveIntegerField()
    captured = models.PositiveIntegerField(default=0)
    released = models.PositiveIntegerField(default=0)
    reservation = models.OneToOneField(
        "credits.Reservation", null=True, on_delete=models.PROTECT, related_name="+"
    )
    # The median of what recent jobs of this kind took for each of their pictures; the database
    # fills it in, with 0 where there were none yet.
    usual_seconds = models.FloatField(db_default=0.0)
    submission = models.CharField(max_length=255)
    request_id = models.CharField(max_length=64)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    next_run_at = models.DateTimeField(db_default=Now())
    deadline = models.DateTimeField()
    cancel_requested_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, default="")
    error_detail = models.CharField(max_length=300, default="")
    error_stage = models.CharField(max_length=60, default="")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar = JobQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "submission"], name="job_submitted_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=("queued", "running"), finished_at=None)
                | (
                    ~models.Q(status__in=("queued", "running"))
                    & models.Q(finished_at__isnull=False)
                ),
                name="job_finished_when_final",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=("queued", "running"), captured=0, released=0)
                | (
                    ~models.Q(status__in=("queued", "running"))
                    & models.Q(price=models.F("captured") + models.F("released"))
                ),
                name="job_settled_when_final",
            ),
            models.CheckConstraint(
                condition=models.Q(price=0, reservation=None)
                | models.Q(price__gt=0, reservation__isnull=False),
                name="job_holds_its_price",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="job_of_user"),
            models.Index(fields=["request_id"], name="job_of_request"),
            models.Index(
                fields=["queue", "next_run_at"],
                condition=models.Q(status__in=("queued", "running")),
                name="job_open_by_time",
            ),
            models.Index(
                fields=["queue"],
                condition=models.Q(
                    status__in=("queued", "running"), cancel_requested_at__isnull=False
                ),
                name="job_to_cancel",
            ),
            models.Index(fields=["project", "-id"], name="job_of_project"),
            models.Index(
                fields=["clone_id", "-id"],
                condition=models.Q(clone_id__isnull=False),
                name="job_of_clone",
            ),
            models.Index(
                fields=["kind", "-finished_at"],
                condition=models.Q(status="succeeded"),
                name="job_succeeded_by_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status not in self.OPEN

    @property
    def has_free_preview(self) -> bool:
        """Whether a provider could not make it, so that this machine offers to, for nothing."""
        failed = self.status == self.Status.FAILED and self.error_code.startswith("provider_")
        # A provider's clone is nowhere else.
        return failed and self.provider != "local" and self.clone_id is None

    @property
    def title(self) -> str:
        """What the person called it."""
        named = (self.params.get(name) for name in ("title", "product_name", "name", "prompt"))
        return next((str(name) for name in named if name), "")

    @property
    def expected_seconds(self) -> float:
        """How long such a job takes, from when a worker begins it."""
        each = self.usual_seconds or TYPICAL_SECONDS.get(self.kind, UNKNOWN_SECONDS)
        return each * self.pieces

    @property
    def eta_seconds(self) -> int | None:
        """How long it will probably still take; None once that cannot be said."""
        if self.is_final:
            return None
        since = self.started_at or clock.now()
        left = self.expected_seconds - (clock.now() - since).total_seconds()
        return max(1, round(left)) if left > 0 else None

    @property
    def is_slow(self) -> bool:
        """Whether it takes longer than such a job usually does."""
        age = (clock.now() - self.created_at).total_seconds()
        return not self.is_final and age > LONGER_THAN_USUAL * self.expected_seconds
