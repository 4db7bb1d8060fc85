"""The rules of the watch, what was done with orders, the first ladders; ledger and proofs are never edited."""

from datetime import UTC, datetime, time
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

APPEND_ONLY = ("supervision_escalation", "supervision_delivery", "supervision_orderstep")
TRIGGERS = "".join(
    f"""
CREATE TRIGGER history_cannot_be_edited BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION linli_history_cannot_be_edited();
CREATE TRIGGER history_cannot_be_emptied BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION linli_history_cannot_be_edited();
"""
    for table in APPEND_ONLY
)
NO_TRIGGERS = "".join(
    f"DROP TRIGGER history_cannot_be_edited ON {table}; DROP TRIGGER history_cannot_be_emptied ON {table};"
    for table in APPEND_ONLY
)
H, SEC, SUP, DIS = "handler", "secretary", "supervisor", "discipline"
MINUTES, DAYS = "minutes", "working_days"
EVER = datetime(2000, 1, 1, tzinfo=UTC)
# code: (name, urgent, rungs); a rung: code, name, counted from, offset, unit, step, told, only without a stated reason
LADDERS: dict[str, tuple[str, bool, list[tuple[str, str, str, int, str, str, list[str], bool]]]] = {
    "ordinary": ("一般事项办结", False, [
        ("before", "到期前一个工作日提醒", "due", -1, DAYS, "tell", [H], False),
        ("yellow", "亮黄灯", "yellow", 0, DAYS, "tell", [H, SEC], False),
        ("red", "亮红灯，催办", "due", 0, DAYS, "remind", [H, SEC], False),
        ("order", "超期一个工作日，督办", "due", 1, DAYS, "order", [SUP], False),
        ("review", "超期五个工作日未说明理由，问责核查", "due", 5, DAYS, "review", [DIS, SUP], True),
    ]),
    "response": ("首次响应", False, [
        ("yellow", "亮黄灯", "yellow", 0, DAYS, "tell", [H], False),
        ("red", "亮红灯，催办", "due", 0, DAYS, "remind", [H, SEC], False),
        ("order", "超期一个工作日，督办", "due", 1, DAYS, "order", [SUP], False),
    ]),
    "urgent": ("紧急事项", True, [
        ("yellow", "亮黄灯", "yellow", 0, MINUTES, "tell", [H, SEC], False),
        ("red", "亮红灯，催办", "due", 0, MINUTES, "remind", [H, SEC, SUP], False),
        ("order", "超期三十分钟，督办", "due", 30, MINUTES, "order", [SUP], False),
        ("review", "超期两小时未说明理由，问责核查", "due", 120, MINUTES, "review", [DIS, SUP], True),
    ]),
    "joint": ("协办事项", False, [
        ("yellow", "亮黄灯", "yellow", 0, DAYS, "tell", [H], False),
        ("red", "亮红灯，催办", "due", 0, DAYS, "remind", [H, SEC], False),
        ("street", "超期一个工作日", "due", 1, DAYS, "tell", [SUP], False),
    ]),
    "order": ("督办单", False, [
        ("yellow", "亮黄灯", "yellow", 0, DAYS, "tell", [H], False),
        ("red", "亮红灯，催办", "due", 0, DAYS, "remind", [H, SEC], False),
        ("street", "超期一个工作日", "due", 1, DAYS, "tell", [SUP], False),
        ("review", "超期三个工作日，问责核查", "due", 3, DAYS, "review", [DIS, SUP], False),
    ]),
    "item": ("整改事项", False, [
        ("yellow", "亮黄灯", "yellow", 0, DAYS, "tell", [H], False),
        ("red", "亮红灯，催办", "due", 0, DAYS, "remind", [H, SEC], False),
        ("street", "超期一个工作日", "due", 1, DAYS, "tell", [SUP], False),
    ]),
}  # fmt: skip


def plant(apps: Any, schema_editor: Any) -> None:
    """The ladders a new deployment starts with (an office changes them by a new version), and the first rule."""
    for code, (name, urgent, rungs) in LADDERS.items():
        ladder = apps.get_model("supervision", "Ladder").objects.create(code=code, name=name, urgent=urgent)
        version = apps.get_model("supervision", "LadderVersion").objects.create(
            ladder=ladder, version=1, valid_from=EVER, reason="系统初始值"
        )
        for code_, label, point, offset, unit, step, told, unexplained in rungs:
            apps.get_model("supervision", "Rung").objects.create(
                ladder=version,
                code=code_,
                name=label,
                point=point,
                offset=offset,
                unit=unit,
                step=step,
                told=told,
                unless_explained=unexplained,
            )
    apps.get_model("supervision", "WatchRule").objects.create(version=1, valid_from=EVER, reason="系统初始值")


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0014_clocks_turn"),
        ("supervision", "0007_bulletins"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("issued", "issued"),
                            ("answered", "answered"),
                            ("sent_back", "answer sent back"),
                            ("accepted", "answer accepted"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=10,
                        verbose_name="what",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                ("text", models.TextField(blank=True, verbose_name="words")),
            ],
            options={
                "verbose_name": "step of an order",
                "verbose_name_plural": "steps of an order",
                "ordering": ["order", "id"],
            },
        ),
        migrations.CreateModel(
            name="WatchRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(unique=True, verbose_name="version")),
                ("valid_from", models.DateTimeField(verbose_name="valid from")),
                ("quiet_from", models.TimeField(default=time(21, 0), verbose_name="quiet from")),
                (
                    "quiet_to",
                    models.TimeField(
                        default=time(8, 0), help_text="The same as “quiet from”: never quiet.", verbose_name="quiet to"
                    ),
                ),
                (
                    "flood_least",
                    models.PositiveIntegerField(
                        default=200,
                        help_text="At least so many; with more open cases, their share.",
                        verbose_name="cases told of at once at most",
                    ),
                ),
                (
                    "flood_percent",
                    models.PositiveSmallIntegerField(default=20, verbose_name="or this percentage of the open cases"),
                ),
                (
                    "order_days",
                    models.PositiveSmallIntegerField(default=3, verbose_name="working days to answer an order"),
                ),
                (
                    "order_again_days",
                    models.PositiveSmallIntegerField(default=1, verbose_name="working days to answer again"),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="reason for the change")),
            ],
            options={
                "verbose_name": "rule of the watch",
                "verbose_name_plural": "rules of the watch",
                "ordering": ["-version"],
            },
        ),
        migrations.AddField(
            model_name="anchor",
            name="ladders",
            field=models.BigIntegerField(
                blank=True, null=True, verbose_name="ladder version every deadline was looked at under"
            ),
        ),
        migrations.AddField(
            model_name="escalation",
            name="item",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="escalations",
                to="supervision.rectificationitem",
                verbose_name="rectification item",
            ),
        ),
        migrations.AddField(
            model_name="escalation",
            name="people",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="people told"),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("people", 0), ("skipped", False)),
                fields=["-noticed_at"],
                name="escalation_told_to_nobody",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("clock__isnull", False), ("item__isnull", True), ("order__isnull", True)),
                    models.Q(("clock__isnull", True), ("item__isnull", True), ("order__isnull", False)),
                    models.Q(("clock__isnull", True), ("item__isnull", False), ("order__isnull", True)),
                    _connector="OR",
                ),
                name="escalation_is_about_one_deadline",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                fields=("item", "due_at", "rung"), name="one_escalation_per_item_due_and_rung"
            ),
        ),
        migrations.AddField(
            model_name="orderstep",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="orderstep",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="steps",
                to="supervision.supervisionorder",
                verbose_name="order",
            ),
        ),
        migrations.AddField(
            model_name="watchrule",
            name="author",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="author",
            ),
        ),
        migrations.AddConstraint(
            model_name="watchrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("flood_least__gte", 1), ("flood_percent__range", (1, 100))),
                name="flood_within_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="watchrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("order_again_days__range", (1, 60)), ("order_days__range", (1, 60))),
                name="order_days_within_reason",
            ),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunPython(plant, migrations.RunPython.noop),
    ]
