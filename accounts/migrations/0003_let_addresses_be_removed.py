"""Let a person remove an address: with it Django empties a table that nobody writes."""

from django.db import migrations

from visiona.lib.db.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_protect_people")]

    operations = [
        # Links in mails are signed instead of kept here, so there is no row for anybody.
        ProtectTable("account_emailconfirmation", app={"SELECT": "false", "DELETE": "false"}),
    ]
