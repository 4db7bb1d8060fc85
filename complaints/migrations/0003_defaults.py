"""The category tree and the reply templates a new deployment starts with."""

from typing import Any

from django.db import migrations

from complaints.defaults import plant


def forwards(apps: Any, schema_editor: Any) -> None:
    plant(apps.get_model("complaints", "Category"), apps.get_model("complaints", "ReplyTemplate"))


class Migration(migrations.Migration):
    dependencies = [("complaints", "0002_history_cannot_be_edited")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
