"""Who changes the calendar in these tests, and how a yearly notice looks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from staff.models import Person

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def lin() -> Person:
    """Lin Fang, administrator."""
    return Person.objects.create_user("lin", name="林芳", is_staff=True, is_superuser=True)


def off(day: str, name: str = "元旦") -> dict[str, Any]:
    return {"name": name, "date": day, "isOffDay": True}


def made_up(day: str, name: str = "元旦") -> dict[str, Any]:
    return {"name": name, "date": day, "isOffDay": False}


def notice(year: int, *days: dict[str, Any]) -> dict[str, Any]:
    return {"year": year, "papers": ["https://www.gov.cn/notice.htm"], "days": list(days)}
