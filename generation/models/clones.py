"""Clone, Consent and Removal: somebody's trained likeness, what allows it, how it went away."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now, Upper

SUBJECTS = (("person", "Person"), ("product", "Product"), ("style", "Style"))


class CloneQuerySet(models.QuerySet["Clone"]):
    """Filters over clones."""

    def kept(self) -> Self:
        """Those that nobody has asked to remove."""
        return self.filter(removed_at=None)


class Clone(models.Model):
    """A likeness that pictures can be made with: weights at a provider, or a local profile."""

    pii = ("name", "trigger_word", "profile")

    class Status(models.TextChoices):
        PROCESSING = "processing"
        READY = "ready"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    # What stands for the likeness in prompts; the person need not know that there is one.
    trigger_word = models.CharField(max_length=24)
    subject = models.CharField(max_length=8, choices=SUBJECTS)
    status = models.CharField(max_length=10, choices=Status, default=Status.PROCESSING)
    parameters = models.JSONField(default=dict)
    # The training that is under way, or that ended last.
    job = models.ForeignKey(
        "generation.Job", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # All photos that were given, until they are deleted.
    photo_ids = models.JSONField(default=list)
    photo_count = models.PositiveSmallIntegerField()
    photos_kept_until = models.DateTimeField(null=True)
    photos_deleted_at = models.DateTimeField(null=True)
    provider = models.CharField(max_length=32, default="local")
    # The provider's name for the version that was trained: pinned, it never changes.
    weights = models.CharField(max_length=200, blank=True, default="")
    trained_by = models.CharField(max_length=200, blank=True, default="")
    license = models.TextField(blank=True, default="")
    # Where this machine shows the likeness: a file and its facts for each photo.
    profile = models.JSONField(default=list)
    trained_at = models.DateTimeField(null=True)
    # When its one free retraining was asked for.
    retrained_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar = CloneQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "user",
                Upper("trigger_word"),
                condition=models.Q(removed_at=None),
                name="clone_trigger_word_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="clone_of_user"),
            models.Index(
                fields=["photos_kept_until"],
                condition=models.Q(photos_deleted_at=None),
                name="clone_photos_by_age",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.status}"

    @property
    def is_ready(self) -> bool:
        """Whether pictures can be made with it."""
        return self.status == self.Status.READY

    @property
    def is_local(self) -> bool:
        """Whether it is a profile on this machine rather than a trained model."""
        return self.provider == "local"

    @property
    def has_free_retraining(self) -> bool:
        """Whether it may be trained once more for nothing, because it is not a good likeness."""
        has_photos = bool(self.photo_ids) and self.photos_deleted_at is None
        return self.is_ready and self.retrained_at is None and has_photos

    @property
    def profile_files(self) -> set[str]:
        """The names of its files in storage."""
        return {shot["file"] for shot in self.profile}


class Consent(models.Model):
    """What somebody agreed to before a clone was made, word for word; kept when it is gone."""

    pii = ()

    class Pictured(models.TextChoices):
        ME = "me", "Me"
        OTHER = "other", "Somebody who agreed"
        NOBODY = "nobody", "Nobody"

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # The clone's row goes; that it was allowed must be shown even then.
    clone_id = models.UUIDField()
    pictured = models.CharField(max_length=6, choices=Pictured)
    is_adult = models.BooleanField()
    purpose = models.CharField(max_length=200)
    retention_days = models.PositiveSmallIntegerField()
    version = models.CharField(max_length=10)
    text = models.TextField()
    request_id = models.CharField(max_length=64)
    given_at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "clone_id"], name="consent_of_clone_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "-id"], name="consent_of_user")]

    def __str__(self) -> str:
        return f"version {self.version}"


class Removal(models.Model):
    """How a clone goes away, place by place; in the end, the receipt."""

    pii = ("name",)

    class Reason(models.TextChoices):
        DELETED = "deleted"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    clone_id = models.UUIDField()
    name = models.CharField(max_length=60)
    reason = models.CharField(max_length=9, choices=Reason)
    with_pictures = models.BooleanField()
    # Each with its place, its state (waiting, done, kept), a count, words and a moment, in order.
    places = models.JSONField(default=list)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    requested_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "clone_id"], name="removal_of_clone_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="removal_of_user"),
            models.Index(
                fields=["next_at"],
                condition=models.Q(finished_at=None),
                name="removal_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {'done' if self.finished_at else 'going on'}"
