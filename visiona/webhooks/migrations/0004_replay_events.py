"""Let staff have an event handled again."""

from pathlib import Path

from django.db import migrations

REPLAY = (Path(__file__).parents[1] / "sql" / "replay.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0003_prove_events")]

    operations = [migrations.RunSQL(REPLAY, "DROP FUNCTION webhooks_replay")]
