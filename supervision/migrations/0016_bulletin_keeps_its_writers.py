from importlib import import_module

import django.contrib.postgres.fields
from django.db import migrations, models

FROZEN = import_module("supervision.migrations.0007_bulletins").FROZEN
BEFORE = FROZEN[: FROZEN.index("CREATE TRIGGER")].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
DRAFTER = "OR OLD.drafted_by_id IS DISTINCT FROM NEW.drafted_by_id"
AFTER = BEFORE.replace(DRAFTER, f"{DRAFTER} OR OLD.writers IS DISTINCT FROM NEW.writers")


class Migration(migrations.Migration):
    """Who drafted a bulletin or changed its draft is kept, and past the draft does not change either."""

    dependencies = [("supervision", "0015_orders_name_their_limit")]

    operations = [
        migrations.AddField(
            model_name="bulletin",
            name="writers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                default=list,
                size=None,
                verbose_name="who drafted it or changed the draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulletin",
            constraint=models.CheckConstraint(
                condition=models.Func(
                    "issued_by",
                    "writers",
                    arg_joiner=" <> ALL(",
                    output_field=models.BooleanField(),
                    template="%(expressions)s)",
                ),
                name="bulletin_is_not_issued_by_a_writer",
            ),
        ),
        migrations.RunSQL(AFTER, BEFORE),
    ]
