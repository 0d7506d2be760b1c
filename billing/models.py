"""What staff decided about what we let ourselves be charged."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now


class Choice(models.TextChoices):
    """Whether calls that cost us money go out."""

    ON = "on", "within the budget"
    OVER = "over", "over the budget, until midnight UTC"
    OFF = "off", "not at all"


class SpendingDecision(models.Model):
    """What somebody of staff decided about paid calls; the newest one holds, all are kept."""

    pii = ()

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    choice = models.CharField(max_length=4, choices=Choice)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(choice__in=Choice.values), name="spendingdecision_is_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-created_at"], name="spendingdecision_latest"),
        ]

    def __str__(self) -> str:
        return self.choice
