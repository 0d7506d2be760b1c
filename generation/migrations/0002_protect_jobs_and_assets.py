"""Guard the life of jobs, and bind jobs, assets and notices to their person."""

from pathlib import Path

from django.db import migrations

from visiona.lib.db.operations import OWN_ROWS, ProtectTable

JOBS = (Path(__file__).parents[1] / "sql" / "jobs.sql").read_text()

REMOVE = """
DROP TRIGGER born ON generation_job;
DROP TRIGGER moves ON generation_job;
DROP FUNCTION generation_job_born, generation_job_moves, generation_cancel_queued;
"""


class Migration(migrations.Migration):
    dependencies = [("generation", "0001_initial"), ("credits", "0002_install_ledger")]

    operations = [
        migrations.RunSQL(JOBS, REMOVE),
        ProtectTable(
            "generation_job",
            app={
                "SELECT": OWN_ROWS,
                "INSERT": OWN_ROWS,
                "UPDATE (cancel_requested_at, updated_at)": OWN_ROWS,
            },
        ),
        ProtectTable(
            "generation_asset",
            app={
                "SELECT": OWN_ROWS,
                "INSERT": f"{OWN_ROWS} AND job_id IS NULL",
                "UPDATE (title, starred, deleted_at)": OWN_ROWS,
            },
        ),
        ProtectTable("generation_notice", app={}),
    ]
