"""Bind uploads to their person, and the names of a person's files to that person's folder."""

from django.db import migrations

from visiona.lib.db.operations import OWN_ROWS, ProtectTable

# A title is set anew by the product itself, which then names new files.
LET_FILES_BE_REPLACED = """
GRANT UPDATE (file, preview, renditions, bytes, sha256, params, facts, alt_text)
   ON generation_asset TO visiona_app;
"""
KEEP_FILES = """
REVOKE UPDATE (file, preview, renditions, bytes, sha256, params, facts, alt_text)
    ON generation_asset FROM visiona_app;
"""

# Whoever may change such a name must not be able to name what is another's.
NAMES_IN_OWN_FOLDER = """
ALTER TABLE generation_asset ADD CONSTRAINT asset_files_in_own_folder CHECK (
      starts_with(file, 'people/' || user_id || '/')
  AND starts_with(preview, 'people/' || user_id || '/')
  AND (plate = '' OR starts_with(plate, 'people/' || user_id || '/'))
  AND NOT jsonb_path_exists(renditions, '$.* ? (!(@ starts with $own))',
                            jsonb_build_object('own', 'people/' || user_id || '/')));
"""
NAMES_ANYWHERE = "ALTER TABLE generation_asset DROP CONSTRAINT asset_files_in_own_folder"


class Migration(migrations.Migration):
    dependencies = [("generation", "0003_add_uploads_and_renditions")]

    operations = [
        ProtectTable(
            "generation_upload",
            app={
                "SELECT": OWN_ROWS,
                "INSERT": f"{OWN_ROWS} AND status = 'waiting' AND photo_id IS NULL",
                # Whether it is clean is for a worker to say.
                "UPDATE (received_at, bytes)": OWN_ROWS,
            },
        ),
        migrations.RunSQL(LET_FILES_BE_REPLACED, KEEP_FILES),
        migrations.RunSQL(NAMES_IN_OWN_FOLDER, NAMES_ANYWHERE),
    ]
