import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TRIGGERS = """
CREATE TRIGGER history_cannot_be_edited BEFORE UPDATE OR DELETE ON supervision_intervention
    FOR EACH ROW EXECUTE FUNCTION linli_history_cannot_be_edited();
CREATE TRIGGER history_cannot_be_emptied BEFORE TRUNCATE ON supervision_intervention
    FOR EACH STATEMENT EXECUTE FUNCTION linli_history_cannot_be_edited();
"""
NO_TRIGGERS = """
DROP TRIGGER history_cannot_be_edited ON supervision_intervention;
DROP TRIGGER history_cannot_be_emptied ON supervision_intervention;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0005_rectification_kept"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Intervention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("stopped", "stopped everything"),
                            ("released", "released the hold"),
                            ("discarded", "discarded waiting messages"),
                            ("resent", "sent again"),
                        ],
                        max_length=10,
                        verbose_name="what",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "channel",
                    models.CharField(
                        blank=True,
                        choices=[("inbox", "inbox"), ("mail", "mail"), ("robot", "group robot or webhook")],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                ("before", models.DateTimeField(blank=True, null=True, verbose_name="made before")),
                ("count", models.PositiveIntegerField(default=0, verbose_name="messages")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="supervision.hold",
                        verbose_name="hold",
                    ),
                ),
            ],
            options={
                "verbose_name": "intervention in messages",
                "verbose_name_plural": "interventions in messages",
                "ordering": ["-at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("what", "resent"), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="intervention_says_why_unless_it_sends_again",
                    )
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
