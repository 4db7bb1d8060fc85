from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    help = "Make the database role the application runs as, with the password in LINLI_APP_PASSWORD. Run as the owner."

    def handle(self, *args: Any, **options: Any) -> None:
        role = connection.ops.quote_name(settings.APP_ROLE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [settings.APP_ROLE])
            verb = "ALTER" if cursor.fetchone() else "CREATE"
            cursor.execute(
                f"{verb} ROLE {role} LOGIN PASSWORD %s",
                [os.environ.get("LINLI_APP_PASSWORD")],
            )
