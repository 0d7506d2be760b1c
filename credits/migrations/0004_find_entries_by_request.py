"""Find the entries that one request caused."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credits", "0003_know_who_spends")]

    operations = [
        migrations.AlterModelOptions("entry", {"verbose_name_plural": "entries"}),
        migrations.AddIndex(
            "entry",
            models.Index(
                fields=["request_id"],
                condition=~models.Q(request_id=""),
                name="entry_of_request",
            ),
        ),
    ]
