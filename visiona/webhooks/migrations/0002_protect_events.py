"""Let the web process hand events in and do nothing else with them."""

from pathlib import Path

from django.db import migrations

from visiona.lib.db.operations import ProtectTable

RECEIVE = (Path(__file__).parents[1] / "sql" / "receive.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_store_events"), ("accounts", "0001_initial")]

    operations = [
        ProtectTable("webhooks_webhookevent", app={}),
        migrations.RunSQL(RECEIVE, "DROP FUNCTION webhooks_receive"),
    ]
