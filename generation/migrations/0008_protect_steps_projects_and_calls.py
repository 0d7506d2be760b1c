"""Bind steps, projects and provider calls to their person; measure durations by the piece."""

from pathlib import Path

from django.db import migrations

from visiona.lib.db.operations import OWN_ROWS, ProtectTable

SQL = Path(__file__).parents[1] / "sql"
DURATIONS_BY_PIECE = (SQL / "durations_by_piece.sql").read_text()
DURATIONS_BY_COUNT = (SQL / "durations_by_count.sql").read_text()

# The same constraint as before, for the files of films too.
NAMES_IN_OWN_FOLDER = """
ALTER TABLE generation_asset ADD CONSTRAINT asset_film_files_in_own_folder CHECK (
      (poster = '' OR starts_with(poster, 'people/' || user_id || '/'))
  AND (captions = '' OR starts_with(captions, 'people/' || user_id || '/')));
"""
NAMES_ANYWHERE = "ALTER TABLE generation_asset DROP CONSTRAINT asset_film_files_in_own_folder"

# What has ended is settled by its credits; what is open will be settled by its pieces.
COUNT_OPEN_PIECES = """
UPDATE generation_job SET pieces = (params->>'count')::int
 WHERE status IN ('queued', 'running') AND (params->>'count')::int > 1;
"""


class Migration(migrations.Migration):
    dependencies = [("generation", "0007_add_steps_projects_and_calls")]

    operations = [
        ProtectTable("generation_step", app={"SELECT": OWN_ROWS}),
        # It is deleted by a function, which lets go of what was made for it (0009).
        ProtectTable(
            "generation_project",
            app=dict.fromkeys(("SELECT", "INSERT", "UPDATE"), OWN_ROWS),
        ),
        # Whose words a provider made better pays for it by a row; who reads the rows is staff.
        ProtectTable("generation_providercall", app={"INSERT": OWN_ROWS}),
        migrations.RunSQL(COUNT_OPEN_PIECES, migrations.RunSQL.noop),
        migrations.RunSQL(DURATIONS_BY_PIECE, DURATIONS_BY_COUNT),
        migrations.RunSQL(NAMES_IN_OWN_FOLDER, NAMES_ANYWHERE),
    ]
