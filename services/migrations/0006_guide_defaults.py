"""The service guide a new deployment starts with; every text waits for the street to confirm it."""

from typing import Any

from django.db import migrations

from services import defaults_guide


def plant(apps: Any, schema_editor: Any) -> None:
    defaults_guide.plant(apps)


class Migration(migrations.Migration):
    dependencies = [("services", "0005_guide")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
