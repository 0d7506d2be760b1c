"""Project: a product with everything that was made for it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now


class Project(models.Model):
    """A person's product: its name, its brief and its photos; jobs and assets name it."""

    pii = ("name", "product_name", "prompt")

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    product_name = models.CharField(max_length=120, blank=True, default="")
    prompt = models.TextField(blank=True, default="")
    # At most eight photos of the same person; one that was deleted meanwhile is not shown.
    photo_ids = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-id"], name="project_of_user")]

    def __str__(self) -> str:
        return f"project of {len(self.photo_ids)} photos"
