"""The ledger and the alerts keep the indexes that are read, and no other."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0018_case_by_end"),
        ("supervision", "0011_conduct_is_forgotten"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="escalation",
            name="one_escalation_per_order_due_and_rung",
        ),
        migrations.RemoveConstraint(
            model_name="escalation",
            name="one_escalation_per_item_due_and_rung",
        ),
        migrations.AlterField(
            model_name="alert",
            name="robot",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="alerts",
                to="supervision.robot",
                verbose_name="to the group",
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="clock",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="escalations",
                to="complaints.clock",
                verbose_name="clock",
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="item",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="escalations",
                to="supervision.rectificationitem",
                verbose_name="rectification item",
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="order",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="escalations",
                to="supervision.supervisionorder",
                verbose_name="supervision order",
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="rung",
            field=models.SlugField(db_index=False, max_length=20, verbose_name="rung"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(condition=models.Q(("robot__isnull", False)), fields=["robot"], name="alert_to_a_robot"),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("item__isnull", False)),
                fields=("item", "due_at", "rung"),
                name="one_escalation_per_item_due_and_rung",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("order__isnull", False)),
                fields=("order", "due_at", "rung"),
                name="one_escalation_per_order_due_and_rung",
            ),
        ),
    ]
