"""Append-only history and legal transitions, kept by the database itself."""

from django.db import migrations

APPEND_ONLY = ("complaints_event", "complaints_holding", "complaints_dayhead")

REFUSE = """
CREATE FUNCTION linli_history_cannot_be_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history_cannot_be_edited: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""
TRIGGERS = "".join(
    f"""
CREATE TRIGGER history_cannot_be_edited BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION linli_history_cannot_be_edited();
CREATE TRIGGER history_cannot_be_emptied BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION linli_history_cannot_be_edited();
"""
    for table in APPEND_ONLY
)
UNDO = "".join(
    f"DROP TRIGGER history_cannot_be_edited ON {table}; DROP TRIGGER history_cannot_be_emptied ON {table};"
    for table in APPEND_ONLY
)

MOVES = """
CREATE FUNCTION linli_case_moves_legally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version < OLD.version THEN
        RAISE EXCEPTION 'case_version_only_grows: % to %', OLD.version, NEW.version USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.status = NEW.status
        OR (OLD.status, NEW.status) IN (
            ('registered', 'handling'), ('registered', 'concluded'), ('registered', 'withdrawn'), ('registered', 'merged'),
            ('handling', 'concluded'), ('handling', 'withdrawn'), ('handling', 'merged'),
            ('concluded', 'handling'), ('withdrawn', 'handling'), ('merged', 'handling')
        ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'case_moves_legally: % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER case_moves_legally BEFORE UPDATE ON complaints_case
    FOR EACH ROW EXECUTE FUNCTION linli_case_moves_legally();
"""

VERDICT = """
CREATE FUNCTION linli_verdict_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'clock_verdict_is_final: clock %', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER clock_verdict_is_final BEFORE UPDATE ON complaints_clock
    FOR EACH ROW WHEN (OLD.stopped_at IS NOT NULL) EXECUTE FUNCTION linli_verdict_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [("complaints", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE + TRIGGERS, UNDO + "DROP FUNCTION linli_history_cannot_be_edited();"),
        migrations.RunSQL(
            MOVES, "DROP TRIGGER case_moves_legally ON complaints_case; DROP FUNCTION linli_case_moves_legally();"
        ),
        migrations.RunSQL(
            VERDICT, "DROP TRIGGER clock_verdict_is_final ON complaints_clock; DROP FUNCTION linli_verdict_is_final();"
        ),
    ]
