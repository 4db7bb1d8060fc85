"""Every running clock gets a next turn: the watch looks at all of them once."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("complaints", "0013_notices")]

    operations = [
        migrations.AddField(
            model_name="clock",
            name="next_turn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="to be looked at"),
        ),
        migrations.RunSQL(
            "UPDATE complaints_clock SET next_turn_at = started_at WHERE stopped_at IS NULL", migrations.RunSQL.noop
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=Q(("next_turn_at__isnull", False), ("stopped_at__isnull", True)),
                fields=["next_turn_at"],
                name="clock_running_by_turn",
            ),
        ),
    ]
