"""Names, phones and addresses become tokens; rows that are there are sealed, and the database refuses readable text.

The rows' old versions stay in the table's files until VACUUM has been there; `VACUUM FULL complaints_resident` is sure.
"""

import json
from typing import Any

from django.db import migrations

from config.lib import crypto, sealed

BATCH = 1000
FIELDS = ("name", "phone", "address")


def _rewrite(schema_editor: Any, change: Any) -> None:
    last = -1
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT case_id, name, phone, address FROM complaints_resident WHERE case_id > %s ORDER BY 1 LIMIT %s",
                [last, BATCH],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            told = [change(key, dict(zip(FIELDS, texts, strict=True))) for key, *texts in rows]
            cursor.execute(
                "UPDATE complaints_resident AS r SET name = n.name, phone = n.phone, address = n.address,"
                " phone_index = n.phone_index"
                " FROM json_populate_recordset(NULL::complaints_resident, %s) AS n WHERE r.case_id = n.case_id",
                [json.dumps(told)],
            )
            last = rows[-1][0]


def _place(field: str, key: int) -> str:
    return f"complaints_resident.{field}:{key}"


def seal(apps: Any, schema_editor: Any) -> None:
    def change(key: int, texts: dict[str, str]) -> dict[str, Any]:
        tokens = {field: crypto.seal(text, _place(field, key), sealed.ring()) for field, text in texts.items()}
        return {"case_id": key, "phone_index": crypto.phone_index(texts["phone"], sealed.ring()), **tokens}

    _rewrite(schema_editor, change)


def unseal(apps: Any, schema_editor: Any) -> None:
    def change(key: int, tokens: dict[str, str]) -> dict[str, Any]:
        texts = {field: crypto.unseal(token, _place(field, key), sealed.ring()) for field, token in tokens.items()}
        return {"case_id": key, "phone_index": "", **texts}

    _rewrite(schema_editor, change)


class Migration(migrations.Migration):
    dependencies = [("complaints", "0006_call_backs_to_make")]

    operations = [
        migrations.AddField("resident", "phone_index", sealed.PhoneIndex("phone's index")),
        migrations.AlterField("resident", "name", sealed.EncryptedTextField("name", max_length=60)),
        migrations.AlterField(
            "resident", "phone", sealed.EncryptedTextField("phone", max_length=30, index="phone_index")
        ),
        migrations.AlterField("resident", "address", sealed.EncryptedTextField("address", max_length=120)),
        migrations.RunPython(seal, unseal),
        migrations.AddConstraint("resident", sealed.only_tokens("name", "resident_name_is_sealed")),
        migrations.AddConstraint("resident", sealed.only_tokens("phone", "resident_phone_is_sealed")),
        migrations.AddConstraint("resident", sealed.only_tokens("address", "resident_address_is_sealed")),
    ]
