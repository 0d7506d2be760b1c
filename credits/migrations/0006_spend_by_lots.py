"""Let the ledger spend by lots, and put what wallets have into some."""

import re
from pathlib import Path

from django.db import migrations

from visiona.lib.db.operations import OWN_ROWS, ProtectTable

SQL = Path(__file__).parents[1] / "sql"
LEDGER, SPENDERS, LOTS, FILL = (
    (SQL / f"{name}.sql").read_text() for name in ("ledger", "spenders", "lots", "fill_lots")
)
REPLACED = (
    "credits_post",
    "credits_deposit",
    "credits_settle",
    "credits_refund",
    "credits_audit",
)
NEW = (
    "credits_parts_to_take",
    "credits_parts_to_return",
    "credits_lapse",
    "credits_collect",
    "credits_revoke",
    "credits_reinstate",
    "credits_lapse_due",
)
DROP = f"DROP FUNCTION {', '.join((*REPLACED, 'credits_reserve'))};\n"
REMOVE = f"""
DROP TRIGGER immutable ON credits_move;
DROP TRIGGER never_emptied ON credits_move;
DROP FUNCTION {", ".join(NEW)};
{DROP}
DROP TYPE credits_part;
"""
GRANTS = """
REVOKE ALL ON FUNCTION credits_post, credits_deposit, credits_reserve, credits_settle, credits_refund, credits_audit
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credits_reserve TO visiona_app, visiona_worker;
GRANT EXECUTE ON FUNCTION credits_deposit, credits_settle, credits_refund, credits_audit TO visiona_worker;
"""
READ_MINE = {"SELECT": OWN_ROWS}


def as_it_was(name: str, text: str = LEDGER) -> str:
    """Return a function of the ledger as it was installed before."""
    whole = rf"^CREATE FUNCTION {name}\(.*?^(END )?\$\$;?\n"
    return re.search(whole, text, re.MULTILINE | re.DOTALL)[0].rstrip().rstrip(";") + ";\n"


BEFORE = "".join(map(as_it_was, REPLACED)) + as_it_was("credits_reserve", SPENDERS)


class Migration(migrations.Migration):
    dependencies = [("credits", "0005_keep_lots")]

    operations = [
        ProtectTable("credits_lot", app=READ_MINE, worker=["SELECT"]),
        ProtectTable("credits_move", app=READ_MINE, worker=["SELECT"]),
        ProtectTable("credits_revocation", app=READ_MINE, worker=["SELECT"]),
        migrations.RunSQL(DROP + LOTS, REMOVE + BEFORE + GRANTS),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
