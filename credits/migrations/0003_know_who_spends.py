"""Let the ledger know which API key spends, and its person change the key's name and limit."""

import re
from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parents[1] / "sql"
LEDGER = (SQL / "ledger.sql").read_text()
SPENDERS = (SQL / "spenders.sql").read_text()
REPLACED = ("credits_reserve", "credits_expire_due")

DROP = f"DROP FUNCTION {', '.join(REPLACED)};\n"
GRANTS = """
REVOKE ALL ON FUNCTION credits_reserve, credits_expire_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credits_reserve TO visiona_app, visiona_worker;
GRANT EXECUTE ON FUNCTION credits_expire_due TO visiona_worker;
"""
ITS_OWN_KEY = "UPDATE (name, monthly_limit) ON accounts_apitoken"


def as_first_installed(name: str) -> str:
    """Return a function of the ledger as it was before."""
    return re.search(rf"^CREATE FUNCTION {name}\(.*?^END \$\$;\n", LEDGER, re.MULTILINE | re.DOTALL)[0]


class Migration(migrations.Migration):
    dependencies = [("credits", "0002_install_ledger"), ("accounts", "0002_protect_people")]

    operations = [
        migrations.AddField("reservation", "spender", models.UUIDField(editable=False, null=True)),
        migrations.AddIndex(
            "reservation",
            models.Index(
                fields=["wallet", "spender", "created_at"],
                condition=models.Q(spender__isnull=False),
                name="reservation_of_spender",
            ),
        ),
        migrations.RunSQL(
            DROP + SPENDERS, DROP + "".join(map(as_first_installed, REPLACED)) + GRANTS
        ),
        migrations.RunSQL(
            f"GRANT {ITS_OWN_KEY} TO visiona_app", f"REVOKE {ITS_OWN_KEY} FROM visiona_app"
        ),
    ]
