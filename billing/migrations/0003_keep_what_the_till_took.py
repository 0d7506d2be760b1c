"""Keep what the till of a machine without keys took: theirs who pay there."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from visiona.lib.db.operations import OWN_ROWS, ProtectTable


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_keep_payments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TillObject",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=32)),
                ("data", models.JSONField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "kind"], name="tillobject_of_user")],
            },
        ),
        ProtectTable(
            "billing_tillobject", app=dict.fromkeys(("SELECT", "INSERT", "UPDATE"), OWN_ROWS)
        ),
    ]
