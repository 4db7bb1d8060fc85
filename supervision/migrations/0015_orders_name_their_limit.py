"""An order names the limit it was issued about, and what that limit was then; for old ones it is looked up."""

import django.db.models.deletion
from django.db import migrations, models

# The ladder wrote its ledger at the same instant. By hand it was the limit of the cycle that ran.
LIMITS = """
UPDATE supervision_supervisionorder o SET clock_id = e.clock_id, clock_due_at = e.due_at
FROM supervision_escalation e JOIN complaints_clock c ON c.id = e.clock_id
WHERE o.cause = 'ladder' AND e.step = 'order' AND e.noticed_at = o.issued_at AND c.case_id = o.case_id;
UPDATE supervision_supervisionorder o SET clock_id = c.id, clock_due_at = c.due_at
FROM complaints_clock c
WHERE o.clock_id IS NULL AND c.case_id = o.case_id AND c.kind = 'resolution' AND c.cycle = (
    SELECT max(x.cycle) FROM complaints_clock x
    WHERE x.case_id = o.case_id AND x.kind = 'resolution' AND x.started_at <= o.issued_at
);
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0018_case_by_end"),
        ("supervision", "0014_words_are_forgotten"),
    ]

    operations = [
        migrations.AddField(
            model_name="supervisionorder",
            name="clock",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="complaints.clock",
                verbose_name="limit of the case",
            ),
        ),
        migrations.AddField(
            model_name="supervisionorder",
            name="clock_due_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="that limit, as it was when the order was issued"
            ),
        ),
        migrations.RunSQL(LIMITS, migrations.RunSQL.noop),
    ]
