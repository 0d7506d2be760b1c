"""Bind where a person is signed in to that person."""

from django.db import migrations

from visiona.lib.db.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_remember_who_dismissed_the_checklist"),
        ("usersessions", "__latest__"),
    ]

    operations = [ProtectTable("usersessions_usersession")]
