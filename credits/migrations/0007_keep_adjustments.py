"""Keep what staff adjust: two functions for staff propose and decide, one for workers posts."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

from visiona.lib.db.operations import ProtectTable

ADJUSTMENTS = (Path(__file__).parents[1] / "sql" / "adjustments.sql").read_text()
REMOVE = """
DROP TRIGGER goes_its_way ON credits_adjustment;
DROP TRIGGER never_emptied ON credits_adjustment;
DROP FUNCTION credits_adjustment_goes_its_way, credits_propose_adjustment, credits_decide_adjustment,
  credits_post_adjustment, credits_acting_staff;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('credits', '0006_spend_by_lots'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Adjustment',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('amount', models.BigIntegerField()),
                ('reason', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('refused', 'Refused'), ('approved', 'Approved'), ('posted', 'Posted'), ('failed', 'Failed')], db_default='proposed', max_length=8)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('decided_at', models.DateTimeField(null=True)),
                ('proposal_proof', models.BinaryField()),
                ('decision_proof', models.BinaryField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('wallet', models.ForeignKey(db_column='user_id', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='credits.wallet')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'proposed')), fields=['created_at'], name='adjustment_that_waits'), models.Index(condition=models.Q(('state', 'proposed'), _negated=True), fields=['-decided_at'], name='adjustment_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__range', (-100000, 100000)), models.Q(('amount', 0), _negated=True)), name='adjustment_is_something'), models.CheckConstraint(condition=django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('reason'), 3), name='adjustment_has_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('state', 'proposed')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ('refused', 'approved', 'posted', 'failed'))), _connector='OR'), name='adjustment_decided_by_somebody'), models.CheckConstraint(condition=models.Q(('state__in', ('proposed', 'refused')), ('amount__range', (-100, 100)), models.Q(('decided_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='adjustment_large_by_two')],
            },
        ),
        ProtectTable("credits_adjustment", app={}, worker=["SELECT"]),
        migrations.RunSQL(ADJUSTMENTS, REMOVE),
    ]
