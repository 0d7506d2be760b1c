"""Keep what people set out to buy, what they pay for and what they paid."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.uuid
from django.conf import settings
from django.db import migrations, models

from visiona.lib.db.operations import OWN_ROWS, ProtectTable

READ_MINE = {"SELECT": OWN_ROWS}


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_keep_events'),
        ('billing', '0001_keep_spending_decisions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('stripe_id', models.CharField(max_length=255, unique=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Checkout',
            fields=[
                ('id', models.UUIDField(db_default=django.db.models.functions.uuid.UUID7(), editable=False, primary_key=True, serialize=False)),
                ('item', models.CharField(max_length=16)),
                ('session_id', models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ('url', models.CharField(blank=True, default='', max_length=2000)),
                ('state', models.CharField(choices=[('open', 'Open'), ('done', 'Done'), ('expired', 'Expired')], default='open', max_length=7)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('returned_at', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-id'], name='checkout_of_user'), models.Index(condition=models.Q(('returned_at__isnull', False), ('state', 'open')), fields=['returned_at'], name='checkout_waited_for')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ('open', 'done', 'expired'))), name='checkout_state_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.UUIDField(db_default=django.db.models.functions.uuid.UUID7(), editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('stripe', 'Stripe'), ('clerk', 'Clerk')], max_length=8)),
                ('charge_id', models.CharField(blank=True, default='', max_length=255)),
                ('reference', models.CharField(max_length=255)),
                ('item', models.CharField(max_length=16)),
                ('credit_amount', models.PositiveIntegerField()),
                ('amount_cents', models.PositiveIntegerField()),
                ('refunded_cents', models.PositiveIntegerField(default=0)),
                ('currency', models.CharField(max_length=3)),
                ('status', models.CharField(choices=[('paid', 'Paid'), ('failed', 'Failed'), ('partly_refunded', 'Partly Refunded'), ('refunded', 'Refunded'), ('disputed', 'Disputed')], max_length=15)),
                ('disputes', models.JSONField(default=dict)),
                ('lot_key', models.CharField(blank=True, default='', max_length=255)),
                ('paid_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-id'], name='payment_of_user')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('charge_id', ''), _negated=True), fields=('source', 'charge_id'), name='payment_charge_once'), models.UniqueConstraint(fields=('source', 'reference'), name='payment_reference_once'), models.CheckConstraint(condition=models.Q(('source__in', ['stripe', 'clerk'])), name='payment_source_is_known'), models.CheckConstraint(condition=models.Q(('status__in', ('paid', 'failed', 'partly_refunded', 'refunded', 'disputed'))), name='payment_status_is_known'), models.CheckConstraint(condition=models.Q(('refunded_cents__lte', models.F('amount_cents'))), name='payment_refunds_at_most_its_amount'), models.CheckConstraint(condition=models.Q(models.Q(('paid_at', None), ('status', 'failed')), models.Q(models.Q(('status', 'failed'), _negated=True), ('paid_at__isnull', False)), _connector='OR'), name='payment_is_dated_when_paid')],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.UUIDField(db_default=django.db.models.functions.uuid.UUID7(), editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('stripe', 'Stripe'), ('clerk', 'Clerk')], max_length=8)),
                ('external_id', models.CharField(max_length=255)),
                ('plan', models.CharField(max_length=16)),
                ('status', models.CharField(choices=[('active', 'Active'), ('trialing', 'Trialing'), ('past_due', 'Past Due'), ('unpaid', 'Unpaid'), ('paused', 'Paused'), ('incomplete', 'Incomplete'), ('incomplete_expired', 'Incomplete Expired'), ('canceled', 'Canceled')], max_length=18)),
                ('period_start', models.DateTimeField()),
                ('period_end', models.DateTimeField()),
                ('cancel_at_period_end', models.BooleanField(default=False)),
                ('past_due_since', models.DateTimeField(null=True)),
                ('warn_at', models.DateTimeField(null=True)),
                ('seen_at', models.DateTimeField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user'], name='subscription_of_user'), models.Index(condition=models.Q(('warn_at__isnull', False)), fields=['warn_at'], name='subscription_to_warn_of')],
                'constraints': [models.UniqueConstraint(fields=('source', 'external_id'), name='subscription_once'), models.CheckConstraint(condition=models.Q(('source__in', ['stripe', 'clerk'])), name='subscription_source_is_known'), models.CheckConstraint(condition=models.Q(('status__in', ('active', 'trialing', 'past_due', 'unpaid', 'paused', 'incomplete', 'incomplete_expired', 'canceled'))), name='subscription_status_is_known')],
            },
        ),
        # The web process makes a customer before it sends somebody to pay; what was paid is for a
        # worker to say, who has asked those who took the money.
        ProtectTable("billing_customer", app={**READ_MINE, "INSERT": OWN_ROWS}),
        ProtectTable(
            "billing_checkout",
            app={
                **READ_MINE,
                "INSERT": f"{OWN_ROWS} AND state = 'open'",
                "UPDATE (session_id, url, returned_at)": OWN_ROWS,
            },
        ),
        ProtectTable("billing_subscription", app=READ_MINE),
        ProtectTable("billing_payment", app=READ_MINE),
    ]
