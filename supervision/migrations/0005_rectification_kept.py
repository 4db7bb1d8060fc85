"""Steps, evidence, dismissals and confirmed weeks are never edited; the first rule of rectification."""

from datetime import date
from typing import Any

from django.db import migrations

APPEND_ONLY = (
    "supervision_itemstep",
    "supervision_itemfile",
    "supervision_dismissal",
    "supervision_weeklycheck",
)
TRIGGERS = "".join(
    f"""
CREATE TRIGGER history_cannot_be_edited BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION linli_history_cannot_be_edited();
CREATE TRIGGER history_cannot_be_emptied BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION linli_history_cannot_be_edited();
"""
    for table in APPEND_ONLY
)
NO_TRIGGERS = "".join(
    f"DROP TRIGGER history_cannot_be_edited ON {table}; DROP TRIGGER history_cannot_be_emptied ON {table};"
    for table in APPEND_ONLY
)


def plant(apps: Any, schema_editor: Any) -> None:
    apps.get_model("supervision", "RectificationRule").objects.get_or_create(
        valid_from=date(2000, 1, 1),
        defaults={"days": 10, "yellow_left": 2, "recurrence_days": 90, "reason": "系统初始值"},
    )


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0004_rectification_and_weekly"),
        ("complaints", "0002_history_cannot_be_edited"),
    ]

    operations = [
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunPython(plant, migrations.RunPython.noop),
    ]
