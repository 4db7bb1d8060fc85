"""Nobody reads a report outside its circle, nobody edits its history, no step is skipped: kept by the database."""

from django.db import migrations

CHILDREN = (
    "supervision_accused",
    "supervision_reporteridentity",
    "supervision_circlemember",
    "supervision_recusal",
    "supervision_conductmessage",
    "supervision_finding",
    "supervision_conductphoto",
    "supervision_accesslog",
    "supervision_conductevent",
)
APPEND_ONLY = ("supervision_accesslog", "supervision_conductevent")

# Closed when nothing is set. The owner of the tables (migrations, dumps, key rotation) is not held by it.
CIRCLE = "ANY (nullif(current_setting('linli.conduct_circle', true), '')::bigint[])"


def wall(table: str, column: str) -> str:
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY conduct_circle ON {table} USING ({column} = {CIRCLE}) WITH CHECK ({column} = {CIRCLE});
"""


WALLS = wall("supervision_conductreport", "id") + "".join(wall(table, "report_id") for table in CHILDREN)
NO_WALLS = "".join(
    f"DROP POLICY conduct_circle ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"
    for table in ("supervision_conductreport", *CHILDREN)
)

# What has to be known before it is known whose circle a report belongs to: ids, never what anybody said.
DOORS = """
CREATE FUNCTION linli_conduct_facts(streets bigint[], helper bigint)
RETURNS TABLE (
    report bigint, number text, street bigint, community bigint, unit bigint, held boolean,
    accused bigint[], recused bigint[], circle bigint[]
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT r.id, r.number::text, r.street_id, r.community_id, r.unit_id, r.status = 'needs_district',
        ARRAY(SELECT a.person_id FROM supervision_accused a WHERE a.report_id = r.id),
        ARRAY(SELECT x.person_id FROM supervision_recusal x WHERE x.report_id = r.id),
        ARRAY(SELECT m.person_id FROM supervision_circlemember m WHERE m.report_id = r.id AND m.until IS NULL)
    FROM supervision_conductreport r
    WHERE r.street_id = ANY (streets)
        OR EXISTS (
            SELECT FROM supervision_circlemember m
            WHERE m.report_id = r.id AND m.person_id = helper AND m.until IS NULL
        )
$$;
CREATE FUNCTION linli_conduct_door(wanted text, sent_with text)
RETURNS TABLE (report bigint, number text, code_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT r.id, r.number::text, r.code_hash::text FROM supervision_conductreport r
    WHERE r.number = wanted OR r.once = sent_with
$$;
"""
NO_DOORS = "DROP FUNCTION linli_conduct_facts(bigint[], bigint); DROP FUNCTION linli_conduct_door(text, text);"

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

MOVES = """
CREATE FUNCTION linli_conduct_moves_legally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = NEW.status
        OR (OLD.status, NEW.status) IN (
            ('received', 'accepted'), ('received', 'concluded'), ('received', 'needs_district'),
            ('accepted', 'concluded'), ('accepted', 'needs_district')
        ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'conduct_moves_legally: % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER conduct_moves_legally BEFORE UPDATE ON supervision_conductreport
    FOR EACH ROW EXECUTE FUNCTION linli_conduct_moves_legally();
"""
NO_MOVES = """
DROP TRIGGER conduct_moves_legally ON supervision_conductreport; DROP FUNCTION linli_conduct_moves_legally();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0001_conduct"),
        ("complaints", "0002_history_cannot_be_edited"),
    ]

    operations = [
        migrations.RunSQL(WALLS, NO_WALLS),
        migrations.RunSQL(DOORS, NO_DOORS),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(MOVES, NO_MOVES),
    ]
