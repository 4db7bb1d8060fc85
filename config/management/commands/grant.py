from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.grants import append_only_tables, grant


class Command(BaseCommand):
    help = "Give the application's database role its rights. `migrate` does it by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        if grant():
            self.stdout.write(f"{settings.APP_ROLE} may not change: {', '.join(append_only_tables()) or 'nothing yet'}")
        else:
            self.stderr.write(f"There is no role {settings.APP_ROLE} besides ourselves; see create_app_role.")
