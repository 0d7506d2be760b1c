"""Keep with each event the proof that it was verified."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parents[1] / "sql"
BEFORE, NOW = ((SQL / f"{name}.sql").read_text() for name in ("receive", "receive_proven"))
DROP = "DROP FUNCTION webhooks_receive;\n"


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_protect_events")]

    operations = [
        migrations.AddField("webhookevent", "proof", models.BinaryField(db_default=b"")),
        migrations.RunSQL(DROP + NOW, DROP + BEFORE),
    ]
