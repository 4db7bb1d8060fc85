"""That words of the watch were forgotten is written down; a dismissed proposal names its case."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0018_case_by_end"),
        ("supervision", "0012_fewer_indexes_in_the_ledger"),
    ]

    operations = [
        migrations.CreateModel(
            name="WatchForgetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("kind", models.CharField(blank=True, max_length=12, verbose_name="kind")),
                ("ended_before", models.DateTimeField(verbose_name="ended before")),
                ("orders", models.PositiveIntegerField(default=0, verbose_name="supervision orders")),
                ("items", models.PositiveIntegerField(default=0, verbose_name="rectification items")),
                ("files", models.PositiveIntegerField(default=0, verbose_name="files")),
                ("dismissals", models.PositiveIntegerField(default=0, verbose_name="dismissed proposals")),
                ("remarks", models.PositiveIntegerField(default=0, verbose_name="remarks on a week")),
            ],
            options={
                "verbose_name": "forgetting of the watch",
                "verbose_name_plural": "forgettings of the watch",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="dismissal",
            name="case",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="complaints.case",
                verbose_name="case",
            ),
        ),
    ]
