"""Find the jobs and the answers that one request caused."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0014_protect_chat_and_metrics")]

    operations = [
        migrations.AddIndex(
            "job", models.Index(fields=["request_id"], name="job_of_request")
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["request_id"],
                condition=~models.Q(request_id=""),
                name="message_of_request",
            ),
        ),
    ]
