"""What the database itself keeps: a new calendar token on every edit, and figures that never change under a case."""

from django.db import migrations

CALENDAR = """
CREATE FUNCTION services_calendar_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO services_calendarrevision (id, token) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET token = excluded.token;
    RETURN NULL;
END $$;
CREATE TRIGGER calendar_day_edited AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON services_calendarday
    FOR EACH STATEMENT EXECUTE FUNCTION services_calendar_edited();
CREATE TRIGGER calendar_year_edited AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON services_calendaryear
    FOR EACH STATEMENT EXECUTE FUNCTION services_calendar_edited();
"""
CALENDAR_BACK = """
DROP TRIGGER calendar_year_edited ON services_calendaryear;
DROP TRIGGER calendar_day_edited ON services_calendarday;
DROP FUNCTION services_calendar_edited();
"""

VERSIONS = """
CREATE FUNCTION services_policyversion_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a policy version is never changed or removed: make the next one'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'policy_version_is_immutable';
END $$;
CREATE TRIGGER policy_version_is_immutable BEFORE UPDATE OR DELETE ON services_policyversion
    FOR EACH ROW EXECUTE FUNCTION services_policyversion_stays();

CREATE FUNCTION services_schedule_keeps_its_hours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM services_policyversion WHERE schedule_id = OLD.id) THEN
        RAISE EXCEPTION 'the hours of a schedule that a policy uses are never changed: make another schedule'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'schedule_in_use_keeps_its_hours';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER schedule_in_use_keeps_its_hours BEFORE UPDATE ON services_schedule
    FOR EACH ROW WHEN (OLD.windows IS DISTINCT FROM NEW.windows OR OLD.day_rule IS DISTINCT FROM NEW.day_rule)
    EXECUTE FUNCTION services_schedule_keeps_its_hours();
"""
VERSIONS_BACK = """
DROP TRIGGER schedule_in_use_keeps_its_hours ON services_schedule;
DROP FUNCTION services_schedule_keeps_its_hours();
DROP TRIGGER policy_version_is_immutable ON services_policyversion;
DROP FUNCTION services_policyversion_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("services", "0002_calendar_notices")]

    operations = [
        migrations.RunSQL(CALENDAR, CALENDAR_BACK),
        migrations.RunSQL(VERSIONS, VERSIONS_BACK),
    ]
