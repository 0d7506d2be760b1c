"""Date what goes back, let people put open checkouts away, and keep every customer they were."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from visiona.lib.db.operations import OWN_ROWS

# Who begins another plan's checkout closes the one before; that it was paid is a worker's to say.
LET_EXPIRE = f"""
GRANT UPDATE (state) ON billing_checkout TO visiona_app;
ALTER POLICY app_update ON billing_checkout WITH CHECK ({OWN_ROWS} AND state <> 'done');
"""
KEEP_OPEN = f"""
ALTER POLICY app_update ON billing_checkout WITH CHECK ({OWN_ROWS});
REVOKE UPDATE (state) ON billing_checkout FROM visiona_app;
"""
# On the way back each person has one row again: the first.
KEEP_THE_FIRST = """
DELETE FROM billing_customer AS later USING billing_customer AS first
  WHERE later.user_id = first.user_id
    AND (later.created_at, later.stripe_id) > (first.created_at, first.stripe_id);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_keep_what_the_till_took"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="refunds_seen_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="disputes_seen_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="checkout",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["user"], name="checkout_open_of_user"
            ),
        ),
        migrations.RunSQL(LET_EXPIRE, KEEP_OPEN),
        # Rows are only added: the web process has no right to change one, nor to give an id that
        # anybody ever had to somebody else.
        migrations.AlterField(
            model_name="customer",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="customer",
            name="stripe_id",
            field=models.CharField(max_length=255, primary_key=True, serialize=False),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, KEEP_THE_FIRST),
    ]
