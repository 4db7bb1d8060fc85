"""What is only added to may lose its words when their time is over, and nothing else: kept by the database itself."""

from django.db import migrations

WORDS = {
    "supervision_orderstep": ("text",),
    "supervision_itemstep": ("text",),
    "supervision_itemfile": ("file", "name"),
    "supervision_dismissal": ("reason",),
    "supervision_weeklycheck": ("remark",),
}
UNLOCK = "".join(f"DROP TRIGGER history_cannot_be_edited ON {table};" for table in WORDS)

# The case a dismissed proposal was about, as its origin names it. Checked at once, so that the lock can go back on.
CASES = """
UPDATE supervision_dismissal d SET case_id = c.id FROM complaints_case c
WHERE d.origin ~ '^overdue-[0-9]+-[0-9]+$' AND c.id = split_part(d.origin, '-', 2)::bigint;
UPDATE supervision_dismissal d SET case_id = r.case_id FROM complaints_rating r
WHERE d.origin ~ '^rating-[0-9]+$' AND r.id = split_part(d.origin, '-', 2)::bigint;
SET CONSTRAINTS ALL IMMEDIATE;
"""

# Every column but the words is as it was, and the words are gone.
ONLY_FORGOTTEN = """
CREATE FUNCTION linli_words_are_only_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    words text[] := TG_ARGV;
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - words = to_jsonb(OLD) - words
        AND NOT EXISTS (SELECT FROM unnest(words) AS word WHERE to_jsonb(NEW) ->> word <> '')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'history_cannot_be_edited: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""
LOCK = "".join(
    f"""
CREATE TRIGGER history_cannot_be_edited BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION linli_words_are_only_forgotten({", ".join(f"'{column}'" for column in columns)});
"""
    for table, columns in WORDS.items()
)

# The application's role has no right to change these tables. This does it for it, but never before the thirty days
# below which no retention rule goes.
FORGET = """
CREATE FUNCTION linli_forget_words(what text, ids bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    old timestamptz := now() - interval '30 days';
    young bigint;
BEGIN
    CASE what
        WHEN 'orders' THEN
            SELECT o.id INTO young FROM supervision_supervisionorder o JOIN complaints_case c ON c.id = o.case_id
            WHERE o.id = ANY (ids) AND (o.closed_at < old AND c.closed_at < old) IS NOT TRUE LIMIT 1;
            UPDATE supervision_orderstep SET text = '' WHERE order_id = ANY (ids) AND text <> '';
        WHEN 'items' THEN
            SELECT i.id INTO young FROM supervision_rectificationitem i
            LEFT JOIN complaints_case c ON c.id = i.case_id
            WHERE i.id = ANY (ids) AND (
                coalesce(i.signed_at, i.withdrawn_at) < old AND (i.case_id IS NULL OR c.closed_at < old)
            ) IS NOT TRUE LIMIT 1;
            UPDATE supervision_itemfile SET file = '', name = '' WHERE file <> ''
                AND step_id IN (SELECT s.id FROM supervision_itemstep s WHERE s.item_id = ANY (ids));
            UPDATE supervision_itemstep SET text = '' WHERE item_id = ANY (ids) AND text <> '';
        WHEN 'dismissals' THEN
            SELECT d.id INTO young FROM supervision_dismissal d
            LEFT JOIN complaints_case c ON c.id = d.case_id
            WHERE d.id = ANY (ids) AND (d.at < old AND (d.case_id IS NULL OR c.closed_at < old)) IS NOT TRUE LIMIT 1;
            UPDATE supervision_dismissal SET reason = '' WHERE id = ANY (ids);
        WHEN 'remarks' THEN
            SELECT w.id INTO young FROM supervision_weeklycheck w
            WHERE w.id = ANY (ids) AND (w.at < old) IS NOT TRUE LIMIT 1;
            UPDATE supervision_weeklycheck SET remark = '' WHERE id = ANY (ids);
    END CASE;
    IF young IS NOT NULL THEN
        RAISE EXCEPTION 'words_are_kept_thirty_days: % %', what, young USING ERRCODE = 'restrict_violation';
    END IF;
END $$;
"""
FINAL = """
CREATE TRIGGER history_cannot_be_edited BEFORE UPDATE OR DELETE ON supervision_watchforgetting
    FOR EACH ROW EXECUTE FUNCTION linli_history_cannot_be_edited();
CREATE TRIGGER history_cannot_be_emptied BEFORE TRUNCATE ON supervision_watchforgetting
    FOR EACH STATEMENT EXECUTE FUNCTION linli_history_cannot_be_edited();
"""
NOT_FINAL = """
DROP TRIGGER history_cannot_be_edited ON supervision_watchforgetting;
DROP TRIGGER history_cannot_be_emptied ON supervision_watchforgetting;
"""
LOCK_AS_BEFORE = "".join(
    f"""
CREATE TRIGGER history_cannot_be_edited BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION linli_history_cannot_be_edited();
"""
    for table in WORDS
)


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0013_what_was_forgotten"),
        ("complaints", "0018_case_by_end"),
    ]

    operations = [
        migrations.RunSQL(UNLOCK, LOCK_AS_BEFORE),
        migrations.RunSQL(CASES, migrations.RunSQL.noop),
        migrations.RunSQL(ONLY_FORGOTTEN, "DROP FUNCTION linli_words_are_only_forgotten();"),
        migrations.RunSQL(LOCK, UNLOCK),
        migrations.RunSQL(FORGET, "DROP FUNCTION linli_forget_words(text, bigint[]);"),
        migrations.RunSQL(FINAL, NOT_FINAL),
    ]
