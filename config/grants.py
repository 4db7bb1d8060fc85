"""What the running application may do in the database: everything to rows, nothing to tables, no edit of history."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.db import connections, transaction


def append_only_tables() -> list[str]:
    """Tables of the models that declare `append_only = True`."""
    return sorted(model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False))


def grant(using: str = "default") -> bool:
    """Give the application's role its rights; False when the role does not exist or we own nothing to give.

    `SELECT ... FOR UPDATE` needs the right to update: the application cannot lock rows of append-only tables.
    """
    connection = connections[using]
    role = settings.APP_ROLE
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND rolname <> current_user", [role])
        if cursor.fetchone() is None:
            return False
        quoted = connection.ops.quote_name(role)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        present = set(connection.introspection.table_names(cursor))
        kept = [connection.ops.quote_name(table) for table in append_only_tables() if table in present]
        if kept:
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(kept)} FROM {quoted}")
    return True
