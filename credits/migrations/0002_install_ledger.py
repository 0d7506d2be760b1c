"""Install the ledger's functions, triggers and grants."""

from pathlib import Path

from django.db import migrations

from visiona.lib.db.operations import OWN_ROWS, ProtectTable

LEDGER = (Path(__file__).parents[1] / "sql" / "ledger.sql").read_text()

REMOVE = """
DROP TRIGGER welcome ON accounts_user;
DROP TRIGGER immutable ON credits_entry;
DROP TRIGGER never_emptied ON credits_entry;
DROP FUNCTION credits_welcome, credits_entry_is_immutable, credits_audit, credits_expire_due, credits_refund,
  credits_settle, credits_reserve, credits_deposit, credits_replay, credits_post, credits_hash;
DROP TYPE credits_result;
"""

READ_MINE = {"SELECT": OWN_ROWS}


class Migration(migrations.Migration):
    dependencies = [("credits", "0001_initial"), ("accounts", "0002_protect_people")]

    operations = [
        migrations.RunSQL(LEDGER, REMOVE),
        ProtectTable("credits_wallet", app=READ_MINE, worker=["SELECT"]),
        ProtectTable("credits_reservation", app=READ_MINE, worker=["SELECT"]),
        ProtectTable("credits_entry", app=READ_MINE, worker=["SELECT"]),
        ProtectTable("credits_welcome", app={}, worker=[], staff=[]),
    ]
