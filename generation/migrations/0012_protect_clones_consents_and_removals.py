"""Bind clones, consents and removals to their person; let the words of ended jobs go."""

from pathlib import Path

from django.db import migrations

from visiona.lib.db.operations import OWN_ROWS, ProtectTable

SQL = Path(__file__).parents[1] / "sql"
JOB_MOVES = (SQL / "job_moves.sql").read_text()
DURATIONS_BY_PROVIDER = (SQL / "durations_by_provider.sql").read_text()
DURATIONS_BY_KIND = (SQL / "durations_by_kind.sql").read_text()

PROFILE_IN_OWN_FOLDER = """
ALTER TABLE generation_clone ADD CONSTRAINT clone_profile_in_own_folder CHECK (
  NOT jsonb_path_exists(profile, '$[*].file ? (!(@ starts with $own))',
                        jsonb_build_object('own', 'people/' || user_id || '/')));
"""
PROFILE_ANYWHERE = "ALTER TABLE generation_clone DROP CONSTRAINT clone_profile_in_own_folder"

PEOPLE_SEE_NOTICES = """
GRANT SELECT, UPDATE (seen_at) ON generation_notice TO visiona_app;
CREATE POLICY app_select ON generation_notice FOR SELECT TO visiona_app
  USING (user_id = (SELECT acting_user()));
CREATE POLICY app_update ON generation_notice FOR UPDATE TO visiona_app
  USING (user_id = (SELECT acting_user())) WITH CHECK (user_id = (SELECT acting_user()));
"""
NOTICES_ARE_MAILED = """
DROP POLICY app_select ON generation_notice;
DROP POLICY app_update ON generation_notice;
REVOKE SELECT, UPDATE (seen_at) ON generation_notice FROM visiona_app;
"""


class Migration(migrations.Migration):
    dependencies = [("generation", "0011_add_clones_consents_and_removals")]

    operations = [
        ProtectTable(
            "generation_clone",
            app={
                "SELECT": OWN_ROWS,
                # What was learned is for a worker to say.
                "INSERT": f"{OWN_ROWS} AND weights = '' AND profile = '[]'",
                "UPDATE (name, status, job_id, retrained_at, removed_at)": OWN_ROWS,
            },
        ),
        ProtectTable(
            "generation_consent",
            app={
                "SELECT": OWN_ROWS,
                "INSERT": OWN_ROWS,
                "UPDATE (withdrawn_at)": OWN_ROWS,
            },
        ),
        ProtectTable(
            "generation_removal",
            app={
                "SELECT": OWN_ROWS,
                "INSERT": f"{OWN_ROWS} AND finished_at IS NULL AND places = '[]'",
            },
        ),
        migrations.RunSQL(PROFILE_IN_OWN_FOLDER, PROFILE_ANYWHERE),
        migrations.RunSQL(PEOPLE_SEE_NOTICES, NOTICES_ARE_MAILED),
        # The function stays in its new form for whoever goes back: it allows little more.
        migrations.RunSQL(JOB_MOVES, migrations.RunSQL.noop),
        migrations.RunSQL(DURATIONS_BY_PROVIDER, DURATIONS_BY_KIND),
    ]
