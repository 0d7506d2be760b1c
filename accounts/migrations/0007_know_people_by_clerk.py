"""Know people and their sessions by Clerk: a person's own to open, a worker's to end."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from visiona.lib.db.operations import NOBODY_OR_ME, OWN_ROWS, ProtectTable

# Whose address Clerk has verified takes over the account that they had here.
GRANT = "GRANT UPDATE (clerk_id) ON accounts_user TO visiona_app"
REVOKE = "REVOKE UPDATE (clerk_id) ON accounts_user FROM visiona_app"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_keep_events")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="clerk_updated_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(GRANT, REVOKE),
        migrations.CreateModel(
            name="ClerkSession",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("session_key", models.CharField(blank=True, default="", max_length=40)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("ended_at", models.DateTimeField(null=True)),
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
                "indexes": [models.Index(fields=["session_key"], name="clerksession_by_key")]
            },
        ),
        # Whether a session has ended is asked before anybody is known.
        ProtectTable(
            "accounts_clerksession",
            app={
                "SELECT": NOBODY_OR_ME,
                "INSERT": OWN_ROWS,
                "UPDATE (session_key, ended_at)": OWN_ROWS,
            },
        ),
    ]
