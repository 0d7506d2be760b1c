"""Keep what staff decided about paid calls: theirs to write, nobody's to change."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.uuid
from django.conf import settings
from django.db import migrations, models

from visiona.lib.db.operations import ProtectTable


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "0002_protect_people")]

    operations = [
        migrations.CreateModel(
            name="SpendingDecision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.db.models.functions.uuid.UUID7(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("on", "within the budget"),
                            ("over", "over the budget, until midnight UTC"),
                            ("off", "not at all"),
                        ],
                        max_length=4,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-created_at"], name="spendingdecision_latest"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("choice__in", ["on", "over", "off"])),
                        name="spendingdecision_is_known",
                    ),
                ],
            },
        ),
        # The web process looks as staff before it takes an order to a paid provider; that somebody
        # of staff has left may be forgotten.
        ProtectTable(
            "billing_spendingdecision",
            app={},
            worker=["SELECT", "UPDATE (decided_by_id)"],
            staff=["SELECT", "INSERT"],
        ),
    ]
