"""Tell each new job how long such jobs have taken lately."""

from pathlib import Path

from django.db import migrations, models

DURATIONS = (Path(__file__).parents[1] / "sql" / "durations.sql").read_text()

REMOVE = """
DROP TRIGGER expects ON generation_job;
DROP FUNCTION generation_job_expects, generation_usual_seconds;
"""


class Migration(migrations.Migration):
    dependencies = [("generation", "0004_protect_uploads_and_files")]

    operations = [
        migrations.AddField("job", "usual_seconds", models.FloatField(db_default=0.0)),
        migrations.AddIndex(
            "job",
            models.Index(
                fields=["kind", "-finished_at"],
                condition=models.Q(status="succeeded"),
                name="job_succeeded_by_kind",
            ),
        ),
        migrations.RunSQL(DURATIONS, REMOVE),
    ]
