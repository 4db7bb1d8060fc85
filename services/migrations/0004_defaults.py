"""The calendar of 2004-2026, three schedules, and the first version of every time-limit policy."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar
from chinese_calendar import constants
from django.db import migrations

YEARS = range(2004, 2027)
ALWAYS = datetime(2000, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
HOUR = 3600
DAYS, SECONDS = "working_days_close", "calendar_duration"

SCHEDULES = [
    ("office", "办公时间", [["09:00", "12:00"], ["14:00", "18:00"]], "CN_WORKDAY"),
    ("duty", "值班窗口", [["08:00", "20:00"]], "EVERY_DAY"),
    ("always", "全天候", [["00:00", "24:00"]], "EVERY_DAY"),
]

# code, name, flags, schedule, response (mode, goal, limit), resolution (mode, limit), yellow and extension
POLICIES: list[tuple[str, str, dict[str, bool], str, tuple[str, int, int], tuple[str, int], dict[str, Any]]] = [
    ("emergency", "紧急（生命财产安全）", {"urgent": True}, "always", (SECONDS, HOUR // 2, 2 * HOUR), (SECONDS, 24 * HOUR),
     {"yellow_fraction": Decimal("0.5")}),
    ("utility", "水电气热", {"urgent": True}, "always", (SECONDS, HOUR, 2 * HOUR), (SECONDS, 24 * HOUR),
     {"yellow_fraction": Decimal("0.5")}),
    ("inquiry", "咨询", {}, "office", (DAYS, 1, 1), (DAYS, 1), {"yellow_fraction": Decimal("0.7")}),
    ("suggestion", "建议", {}, "office", (DAYS, 1, 1), (DAYS, 5), {"yellow_fraction": Decimal("0.7")}),
    ("ordinary", "一般求助、投诉", {}, "office", (SECONDS, 24 * HOUR, 48 * HOUR), (DAYS, 5),
     {"yellow_left": 1, "extension": 5}),
    ("complex", "复杂事项（经批准）", {"needs_approval": True}, "office", (SECONDS, 24 * HOUR, 48 * HOUR), (DAYS, 15),
     {"yellow_left": 3, "extension": 5}),
    ("redo", "督办、重办", {}, "office", (DAYS, 1, 1), (DAYS, 3), {"yellow_left": 1}),
    ("conduct", "作风举报", {}, "office", (DAYS, 1, 1), (DAYS, 15), {}),
    ("petition", "信访事项", {}, "always", (DAYS, 15, 15), (DAYS, 60), {"yellow_left": 7, "extension": 30}),
]  # fmt: skip


def plant(apps: Any, schema_editor: Any) -> None:
    """Adds what is missing and changes nothing that is there."""
    plant_calendar(apps)
    schedules = {
        code: apps.get_model("services", "Schedule").objects.get_or_create(
            code=code, defaults={"name": name, "windows": windows, "day_rule": day_rule}
        )[0]
        for code, name, windows, day_rule in SCHEDULES
    }
    for code, name, flags, schedule, response, resolution, rest in POLICIES:
        policy, _ = apps.get_model("services", "Policy").objects.get_or_create(
            code=code, defaults={"name": name, **flags}
        )
        apps.get_model("services", "PolicyVersion").objects.get_or_create(
            policy=policy,
            version=1,
            defaults={
                "valid_from": ALWAYS,
                "schedule": schedules[schedule],
                **dict(zip(("response_mode", "response_goal", "response_limit"), response, strict=True)),
                **dict(zip(("resolution_mode", "resolution_limit"), resolution, strict=True)),
                **rest,
            },
        )


def plant_calendar(apps: Any) -> None:
    apps.get_model("services", "CalendarYear").objects.bulk_create(
        [
            apps.get_model("services", "CalendarYear")(year=year, status="official", source="chinesecalendar")
            for year in YEARS
        ],
        ignore_conflicts=True,
    )
    names = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    stated = [(day, False, name) for day, name in constants.holidays.items()]
    stated += [(day, True, name) for day, name in constants.workdays.items()]
    day_row = apps.get_model("services", "CalendarDay")
    day_row.objects.bulk_create(
        [
            day_row(
                date=day,
                year_id=day.year,
                is_working=working,
                name=f"{names[name]}（补班）" if working else names[name],
                notice=day.year,
            )
            for day, working, name in stated
            if day.year in YEARS
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("services", "0003_guards")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
