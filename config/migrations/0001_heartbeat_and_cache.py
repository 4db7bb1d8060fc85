from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
        # The table of Django's database cache, which has no model of its own.
        migrations.RunSQL(
            [
                "CREATE TABLE IF NOT EXISTS config_cache ("
                " cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL)",
                "CREATE INDEX IF NOT EXISTS config_cache_expires ON config_cache (expires)",
            ],
            "DROP TABLE config_cache",
        ),
    ]
