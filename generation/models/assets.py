"""Asset: any stored file of a person, uploaded or made."""

from pathlib import PurePosixPath
from typing import ClassVar, Self

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models.functions import UUID7, Now


class AssetQuerySet(models.QuerySet["Asset"]):
    """Filters over assets."""

    def made(self) -> Self:
        return self.exclude(source=Asset.Source.UPLOAD)

    def uploaded(self) -> Self:
        return self.filter(source=Asset.Source.UPLOAD)

    def kept(self) -> Self:
        return self.filter(deleted_at=None)

    def deleted(self) -> Self:
        return self.filter(deleted_at__isnull=False)


class Asset(models.Model):
    """A picture or film of one person, with the small picture that stands for it."""

    pii = ("title", "prompt", "enhanced_prompt", "params", "alt_text", "coach", "facts")

    FILES: ClassVar = ("file", "preview", "plate", "poster", "captions", "renditions")
    """The fields that name its files in storage."""

    class Kind(models.TextChoices):
        IMAGE = "image"
        VIDEO = "video"

    class Source(models.TextChoices):
        UPLOAD = "upload"
        THUMBNAIL = "thumbnail"
        IMAGE = "image"
        PRODUCT_AD = "product_ad"
        VIDEO = "video"

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey("generation.Job", null=True, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField(default=0)
    project = models.ForeignKey(
        "generation.Project", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The clone that is seen in it; it may be gone by now.
    clone_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.IMAGE)
    source = models.CharField(max_length=16, choices=Source)
    title = models.CharField(max_length=200, blank=True, default="")
    prompt = models.TextField(blank=True, default="")
    enhanced_prompt = models.TextField(blank=True, default="")
    params = models.JSONField(default=dict)
    alt_text = models.CharField(max_length=300, default="")
    file = models.CharField(max_length=200)
    preview = models.CharField(max_length=200)
    # Smaller copies by their width in pixels; the preview is one of them.
    renditions = models.JSONField(default=dict)
    # The same picture before its words were set, so that they can be set anew.
    plate = models.CharField(max_length=200, blank=True, default="")
    # Of a film: the picture that stands for it until it plays, and its words as WebVTT.
    poster = models.CharField(max_length=200, blank=True, default="")
    captions = models.CharField(max_length=200, blank=True, default="")
    # Of the bytes that a person sent, by which the same file is known again.
    original_sha256 = models.CharField(max_length=64, blank=True, default="")
    content_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    duration_seconds = models.FloatField(null=True)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    provider = models.CharField(max_length=32, default="")
    seed = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)
    coach = models.JSONField(null=True)
    starred = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar = AssetQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "number"], name="asset_of_job_once"),
            models.UniqueConstraint(
                fields=["user", "original_sha256"],
                condition=models.Q(source="upload", deleted_at=None)
                & ~models.Q(original_sha256=""),
                name="asset_of_original_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["user", "-id"],
                condition=models.Q(deleted_at=None) & ~models.Q(source="upload"),
                name="asset_library_of_user",
            ),
            models.Index(fields=["user", "-id"], name="asset_of_user"),
            models.Index(fields=["project", "-id"], name="asset_of_project"),
            models.Index(
                fields=["clone_id", "-id"],
                condition=models.Q(clone_id__isnull=False),
                name="asset_of_clone",
            ),
            models.Index(
                fields=["deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="asset_deleted_by_age",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.width}x{self.height}"

    @property
    def url(self) -> str:
        """A signed address of the file that works for a short time."""
        return default_storage.url(self.file)

    @property
    def thumbnail_url(self) -> str:
        """A signed address of the small picture."""
        return default_storage.url(self.preview)

    @property
    def poster_url(self) -> str:
        """A signed address of the picture that stands for a film; empty for a picture."""
        return default_storage.url(self.poster) if self.poster else ""

    @property
    def captions_url(self) -> str:
        """A signed address of a film's words; empty where nobody says any."""
        return default_storage.url(self.captions) if self.captions else ""

    @property
    def srcset(self) -> str:
        """Signed addresses of the smaller copies with their widths, for an img element."""
        widths = sorted(self.renditions, key=int)
        return ", ".join(
            f"{default_storage.url(self.renditions[width])} {width}w" for width in widths
        )

    @property
    def file_names(self) -> set[str]:
        """The names of all its files in storage."""
        own = {self.file, self.preview, self.plate, self.poster, self.captions}
        return {*own, *self.renditions.values()} - {""}

    @property
    def download_name(self) -> str:
        """What the file is called on the person's disk."""
        return f"visiona-{self.source}-{str(self.pk)[-6:]}{PurePosixPath(self.file).suffix}"
