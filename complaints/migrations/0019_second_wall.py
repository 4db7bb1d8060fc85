"""A query that forgets whom it is for finds nothing beyond that person's reach: kept by the database."""

from django.db import migrations, models

# What somebody said, wrote or photographed, and about whom. Clocks, events, holders and search words hold numbers,
# instants and hashes only; lists and the sweep read them by the hundred thousand.
OF_A_CASE = (
    "resident",
    "attachment",
    "contactlog",
    "note",
    "reply",
    "callback",
    "message",
    "rating",
    "praiseproposal",
    "consent",
    "handover",
    "return",
    "objection",
    "jointtask",
    "datarequest",
)

# The sub-selects are asked once per statement, not once per row. NULL = ANY (NULL) is not true: closed when unset.
FUNCTIONS = """
CREATE FUNCTION linli_ids(name text) RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('linli.case_' || name, true), '')::bigint[]
$$;
CREATE FUNCTION linli_office() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('linli.case_reach', true), '') = 'office'
$$;
CREATE FUNCTION linli_person() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('linli.case_person', true), '')::bigint
$$;
-- What was offered to this person or dispatched to these units, and what their units do a part of. As the owner:
-- hand-overs stand behind the wall of their cases, and the wall may not ask itself.
CREATE FUNCTION linli_asked() RETURNS SETOF bigint LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
    SELECT case_id FROM complaints_handover
    WHERE verdict = '' AND (to_unit_id = ANY (linli_ids('units')) OR to_person_id = linli_person())
    UNION
    SELECT case_id FROM complaints_jointtask WHERE unit_id = ANY (linli_ids('units')) AND NOT cancelled
$$;
-- How many open cases somebody answers for: a number colleagues see when they hand over, wherever these cases lie.
CREATE FUNCTION linli_load(person bigint) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
    SELECT count(*) FROM complaints_case WHERE responsible_id = person AND closed_at IS NULL
$$;
-- Asked row by row of what is said in cases. Functions, not sub-selects: the planner would plan each of them anew in
-- every query, take them for dearer than all the rest, and give up its best plans. As whoever asks: behind the wall.
CREATE FUNCTION linli_reaches(one bigint) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE COST 20 AS $$
BEGIN
    RETURN EXISTS (SELECT FROM complaints_case WHERE id = one);
END $$;
CREATE FUNCTION linli_reaches_rating(one bigint) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE COST 40 AS $$
BEGIN
    RETURN EXISTS (SELECT FROM complaints_rating WHERE id = one);
END $$;
"""
NO_FUNCTIONS = """
DROP FUNCTION linli_reaches_rating(bigint); DROP FUNCTION linli_reaches(bigint);
DROP FUNCTION linli_load(bigint);
DROP FUNCTION linli_asked(); DROP FUNCTION linli_person(); DROP FUNCTION linli_office(); DROP FUNCTION linli_ids(text);
"""

OF_CASES = """
ALTER TABLE complaints_case ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_reach ON complaints_case USING (
    (SELECT linli_office())
    OR id = ANY ((SELECT linli_ids('cases'))::bigint[])
    OR street_id = ANY ((SELECT linli_ids('posts'))::bigint[]) AND (
        street_id = ANY ((SELECT linli_ids('streets'))::bigint[])
        OR community_id = ANY ((SELECT linli_ids('communities'))::bigint[])
        OR unit_id = ANY ((SELECT linli_ids('units'))::bigint[])
        OR responsible_id = (SELECT linli_person())
        OR first_contact_id = (SELECT linli_person())
        OR status = 'concluded' AND street_id = ANY ((SELECT linli_ids('closed'))::bigint[])
        OR id IN (SELECT linli_asked())
    )
);
"""


def wall(table: str, condition: str) -> str:
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_reach ON {table} USING ((SELECT linli_office()) OR {condition});
"""


def no_wall(table: str) -> str:
    return f"DROP POLICY case_reach ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"


TABLES = [f"complaints_{name}" for name in OF_A_CASE]
WALLS = OF_CASES + "".join(wall(table, "linli_reaches(case_id)") for table in TABLES)
WALLS += wall("complaints_ratingcheck", "linli_reaches_rating(rating_id)")


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0018_case_by_end"),
    ]

    operations = [
        # What counts outcomes reads an index instead of the wide rows; the wall asks for three columns more.
        migrations.RemoveIndex(model_name="case", name="case_by_end"),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["street", "closed_at"],
                include=("id", "community", "grid", "status", "unit", "responsible", "first_contact"),
                name="case_by_end",
            ),
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(WALLS, "".join(map(no_wall, [*TABLES, "complaints_ratingcheck", "complaints_case"]))),
    ]
