"""Let a person put the first-run checklist away."""

from django.db import migrations, models

GRANT = "GRANT UPDATE (checklist_dismissed_at) ON accounts_user TO visiona_app"
REVOKE = "REVOKE UPDATE (checklist_dismissed_at) ON accounts_user FROM visiona_app"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_let_addresses_be_removed")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="checklist_dismissed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(GRANT, REVOKE),
    ]
