"""Tallies and salts are unlogged: nothing of them reaches the write-ahead log, a standby or an archive, and a crash
empties them. What was used once is logged: a crash must not make it good again."""

from django.db import migrations, models

UNLOGGED = "ALTER TABLE guard_tally SET UNLOGGED; ALTER TABLE guard_salt SET UNLOGGED;"
LOGGED = "ALTER TABLE guard_tally SET LOGGED; ALTER TABLE guard_salt SET LOGGED;"


class Migration(migrations.Migration):
    dependencies = [("guard", "0001_walls")]

    operations = [
        migrations.AddField("tally", "let_in", models.BooleanField(default=True)),
        migrations.RunSQL(UNLOGGED, LOGGED),
    ]
