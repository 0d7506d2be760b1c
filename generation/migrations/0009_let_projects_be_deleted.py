"""Let a project be deleted while what was made for it stays."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parents[1] / "sql"
PROJECTS = (SQL / "projects.sql").read_text()
# The trigger's function stays in its new form: it allows no more than the function that goes.
REMOVE = "DROP FUNCTION generation_delete_project"


class Migration(migrations.Migration):
    dependencies = [("generation", "0008_protect_steps_projects_and_calls")]

    operations = [migrations.RunSQL(PROJECTS, REMOVE)]
