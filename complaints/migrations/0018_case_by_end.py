from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0017_retention_of_conduct_reports"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["street", "closed_at"], include=("id", "community", "grid", "status"), name="case_by_end"
            ),
        ),
    ]
