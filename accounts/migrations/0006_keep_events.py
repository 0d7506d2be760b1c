"""Keep product events: people's own to write and to read, nobody's to change."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.uuid
from django.conf import settings
from django.db import migrations, models

from visiona.lib.db.operations import OWN_ROWS, ProtectTable


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_protect_sessions")]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.db.models.functions.uuid.UUID7(),
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("facts", models.JSONField(default=dict)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["created_at"], name="event_by_time"),
                    models.Index(fields=["name", "created_at"], name="event_by_name_and_time"),
                ],
            },
        ),
        # Old events are deleted by a worker; no role may change one.
        ProtectTable(
            "accounts_event",
            app={"SELECT": OWN_ROWS, "INSERT": OWN_ROWS},
            worker=["SELECT", "INSERT", "DELETE"],
        ),
    ]
