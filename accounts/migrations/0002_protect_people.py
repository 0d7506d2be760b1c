"""Bind every row about a person to that person."""

from django.db import migrations

from visiona.lib.db.operations import (
    INSTALL_ACTING_USER,
    NOBODY_OR_ME,
    OWN_ROWS,
    REMOVE_ACTING_USER,
    ProtectTable,
)

ME = OWN_ROWS.replace("user_id", "id")
NOBODY_OR_THIS = NOBODY_OR_ME.replace("user_id", "id")

# Sessions are keyed by an unguessable secret; they exist before anybody is known.
OPEN_SESSIONS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON django_session TO visiona_app, visiona_worker;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("account", "__latest__"),
        ("sessions", "__latest__"),
    ]

    operations = [
        migrations.RunSQL(INSTALL_ACTING_USER, REMOVE_ACTING_USER),
        migrations.RunSQL(OPEN_SESSIONS, migrations.RunSQL.noop),
        ProtectTable(
            "accounts_user",
            app={
                "SELECT": NOBODY_OR_THIS,
                "INSERT": "(SELECT acting_user()) IS NULL AND role = 'user'",
                # Not role: nobody promotes themselves.
                "UPDATE (email, name, image_url, password, last_login)": ME,
            },
        ),
        ProtectTable(
            "account_emailaddress",
            app={
                "SELECT": NOBODY_OR_ME,
                "INSERT": NOBODY_OR_ME,
                "UPDATE": OWN_ROWS,
                "DELETE": OWN_ROWS,
            },
        ),
        ProtectTable(
            "accounts_apitoken",
            app={
                "SELECT": NOBODY_OR_ME,
                "INSERT": OWN_ROWS,
                "UPDATE (last_used_at, revoked_at)": OWN_ROWS,
            },
        ),
        ProtectTable("accounts_idempotencykey"),
    ]
