"""Let people take back what they send; only a worker says what becomes of the rest."""

from django.db import migrations

from visiona.lib.db.operations import OWN_ROWS

LET_FORGET = f"""
GRANT DELETE ON generation_upload TO visiona_app;
CREATE POLICY app_delete ON generation_upload FOR DELETE TO visiona_app USING ({OWN_ROWS});
"""
KEEP = """
DROP POLICY app_delete ON generation_upload;
REVOKE DELETE ON generation_upload FROM visiona_app;
"""


class Migration(migrations.Migration):
    dependencies = [("generation", "0005_expect_measured_durations")]

    operations = [migrations.RunSQL(LET_FORGET, KEEP)]
