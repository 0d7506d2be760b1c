"""Upload: a file on its way in, kept apart until it is known to be a harmless picture."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now

from visiona.lib import clock


class UploadQuerySet(models.QuerySet["Upload"]):
    """Filters over uploads."""

    def unfinished(self) -> Self:
        return self.filter(status=Upload.Status.WAITING)

    def due(self) -> Self:
        """Files that have arrived and that nobody checks now."""
        free = models.Q(lease_until=None) | models.Q(lease_until__lt=clock.now())
        return self.unfinished().filter(free, received_at__isnull=False)


class Upload(models.Model):
    """One file that a person sends. Only a worker says that it is clean, and makes it a photo."""

    pii = ("filename",)

    class Status(models.TextChoices):
        WAITING = "waiting"
        CLEAN = "clean"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    filename = models.CharField(max_length=200)
    content_type = models.CharField(max_length=64)
    bytes = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    error_code = models.CharField(max_length=40, default="")
    error_detail = models.CharField(max_length=300, default="")
    photo = models.ForeignKey(
        "generation.Asset", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    request_id = models.CharField(max_length=64, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    received_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar = UploadQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(status="waiting", finished_at=None)
                | (~models.Q(status="waiting") & models.Q(finished_at__isnull=False)),
                name="upload_finished_when_final",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="upload_of_user"),
            models.Index(
                fields=["received_at"],
                condition=models.Q(status="waiting"),
                name="upload_open_by_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.bytes} bytes"

    @property
    def is_final(self) -> bool:
        """Whether it is known what became of it."""
        return self.status != self.Status.WAITING

    @property
    def state(self) -> str:
        """What to say of it: what has arrived and is not known yet is being checked."""
        return self.status if self.is_final or not self.received_at else "checking"

    @property
    def quarantine_name(self) -> str:
        """Where its bytes lie until they have been looked at."""
        return f"quarantine/{self.user_id}/{self.pk}"
