import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0008_guard"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="attachment",
            name="by",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: the resident.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("registered", "registered"),
                    ("edited", "facts corrected"),
                    ("contacted", "resident contacted"),
                    ("noted", "note for colleagues"),
                    ("replied", "interim reply"),
                    ("attached", "file added"),
                    ("offered", "hand-over offered"),
                    ("dispatched", "dispatched to a unit"),
                    ("accepted", "hand-over accepted"),
                    ("declined", "hand-over declined"),
                    ("taken_back", "offer taken back"),
                    ("returned", "returned by the unit"),
                    ("objected", "objection raised"),
                    ("adjudicated", "adjudicated"),
                    ("joint_asked", "co-unit asked"),
                    ("joint_done", "co-unit answered"),
                    ("joint_cancelled", "joint task cancelled"),
                    ("consent_asked", "consent asked"),
                    ("consent_given", "consent given"),
                    ("consent_refused", "consent refused"),
                    ("resumed", "clock resumed"),
                    ("concluded", "concluded with a reply"),
                    ("called_back", "called back"),
                    ("redone", "to be done again"),
                    ("reopened", "reopened"),
                    ("withdrawn", "withdrawn"),
                    ("merged", "linked as duplicate"),
                    ("said", "message of the resident"),
                    ("urged", "urged by the resident"),
                    ("photo", "photo of the resident"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cycle", models.PositiveSmallIntegerField(verbose_name="cycle")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("text", models.TextField(verbose_name="text")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="complaints.case",
                        verbose_name="case",
                    ),
                ),
            ],
            options={
                "verbose_name": "message of the resident",
                "verbose_name_plural": "messages of the resident",
                "ordering": ["case", "at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="message_says_something"
                    )
                ],
            },
        ),
    ]
