"""Let the application merge the list of new search words when nobody waits for it: after an import, say.

Only an index's owner may ask for that; the function acts for the owner and can do nothing else.
"""

from django.db import migrations

SETTLE = """
CREATE FUNCTION linli_settle_words() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
    AS $$ SELECT gin_clean_pending_list('case_words_grams'::regclass) $$;
"""


class Migration(migrations.Migration):
    dependencies = [("complaints", "0009_residents_speak")]

    operations = [migrations.RunSQL(SETTLE, "DROP FUNCTION linli_settle_words();")]
