"""Keep the merging of new search words out of people's way.

A GIN index collects new entries in a list and merges the list when it is full: with the usual 4 MB one unlucky
registration in a few hundred waits for a second, and an import spends most of its time on merging. The list may grow
larger here, and autovacuum merges it soon after a few hundred cases have come in.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("complaints", "0004_joint_task_days")]

    operations = [
        migrations.RunSQL(
            "ALTER INDEX case_words_grams SET (gin_pending_list_limit = 65536);"
            "ALTER TABLE complaints_casewords SET"
            " (autovacuum_vacuum_insert_threshold = 500, autovacuum_vacuum_insert_scale_factor = 0);",
            "ALTER INDEX case_words_grams RESET (gin_pending_list_limit);"
            "ALTER TABLE complaints_casewords RESET"
            " (autovacuum_vacuum_insert_threshold, autovacuum_vacuum_insert_scale_factor);",
        )
    ]
