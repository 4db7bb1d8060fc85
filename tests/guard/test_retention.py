from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints import actions
from complaints.actions.retention import forget
from complaints.models import Case, Forgetting, Resident, RetentionRule
from complaints.retention import Rule, forget_before, in_force
from complaints.tracking import check_code, set_code
from tests.world import SHANGHAI, World

RULES = [Rule("", 730, date(2020, 1, 1)), Rule("", 365, date(2026, 6, 1)), Rule("report", 1095, date(2021, 1, 1))]


@pytest.mark.parametrize(
    ("kind", "today", "days"),
    [
        ("help", date(2019, 12, 31), None),
        ("help", date(2026, 5, 31), 730),
        ("help", date(2026, 6, 1), 365),
        ("report", date(2020, 12, 31), 730),
        ("report", date(2026, 11, 23), 1095),
    ],
)
def test_the_latest_rule_in_force_counts_and_an_own_kind_goes_first(kind: str, today: date, days: int | None) -> None:
    rule = in_force(RULES, kind, today)
    assert (rule and rule.days) == days


def test_days_end_at_midnight() -> None:
    now = datetime(2026, 11, 23, 3, 10, tzinfo=SHANGHAI)
    assert forget_before(RULES, "help", now) == datetime(2025, 11, 23, tzinfo=SHANGHAI)
    assert forget_before([], "help", now) is None


def closed(world: World, days: int, **known: Any) -> Case:
    at = world.now - timedelta(days=days)
    known = {"resident_name": "张秀英", "resident_phone": "13900000001", "resident_address": "和平路12号"} | known
    case = world.log(at=at, **known)
    actions.conclude(
        case, by=world.worker, now=at, version=case.version, outcome=Case.Outcome.RESOLVED, text="已更换灯泡。"
    )
    case.refresh_from_db()
    return case


def test_who_it_was_is_forgotten_when_the_time_is_over_and_the_case_stays(world: World) -> None:
    old, young, open_case = closed(world, 731), closed(world, 729), world.log(resident_name="李敏", at=world.now)
    code = set_code(old)
    assert check_code(old.number, code) == old
    found = forget(now=world.now)
    assert [(one.kind, one.residents, one.codes) for one in found] == [("help", 1, 1)]
    assert set(Resident.objects.values_list("case_id", flat=True)) == {young.pk, open_case.pk}
    assert check_code(old.number, code) is None
    old.refresh_from_db()
    assert old.title
    assert old.events.count() == 2
    row = Forgetting.objects.get()
    assert (row.kind, row.residents, row.codes) == ("help", 1, 1)
    assert forget(now=world.now) == []
    assert Forgetting.objects.count() == 1


def test_a_look_first_changes_nothing(world: World) -> None:
    closed(world, 800)
    out = StringIO()
    call_command("forget", dry_run=True, json=True, stdout=out)
    answer = json.loads(out.getvalue())
    assert answer["dry_run"] is True
    assert [(one["kind"], one["residents"]) for one in answer["forgotten"]] == [("help", 1)]
    assert Resident.objects.count() == 1
    assert not Forgetting.objects.exists()
    out = StringIO()
    call_command("forget", stdout=out)
    assert "1" in out.getvalue()
    assert not Resident.objects.exists()
    call_command("forget", stdout=out)


def test_without_a_rule_nobody_is_forgotten(world: World) -> None:
    RetentionRule.objects.all().delete()
    closed(world, 5000)
    assert forget(now=world.now) == []
    assert Resident.objects.exists()


def test_reports_are_kept_as_their_own_rule_says(world: World) -> None:
    RetentionRule.objects.create(kind="report", days=1095, valid_from=date(2021, 1, 1), reason="街道决定")
    closed(world, 800, kind=Case.Kind.REPORT)
    assert forget(now=world.now) == []
    assert [one.kind for one in forget(now=world.now + timedelta(days=296))] == ["report"]


def test_a_case_opened_again_is_not_forgotten(world: World) -> None:
    case = closed(world, 800)
    actions.reopen(case, by=world.supervisor, now=world.now, version=case.version, reason="居民补充情况")
    assert forget(now=world.now) == []


def test_what_was_forgotten_cannot_be_denied(world: World) -> None:
    closed(world, 800)
    forget(now=world.now)
    with pytest.raises(DatabaseError), transaction.atomic():
        Forgetting.objects.update(residents=0)
    with pytest.raises(DatabaseError), transaction.atomic():
        Forgetting.objects.all().delete()


def test_a_rule_of_a_few_days_is_refused(world: World) -> None:
    with pytest.raises(IntegrityError, match="retention_of_at_least_thirty_days"), transaction.atomic():
        RetentionRule.objects.create(kind="help", days=1, valid_from=date(2027, 1, 1), reason="x")
    RetentionRule.objects.create(kind="help", days=60, valid_from=date(2027, 1, 1), reason="x")
    with pytest.raises(IntegrityError, match="one_retention_rule_per_kind_and_day"), transaction.atomic():
        RetentionRule.objects.create(kind="help", days=90, valid_from=date(2027, 1, 1), reason="x")


def test_an_administrator_adds_a_rule_and_cannot_change_what_was_promised(world: World, client: Client) -> None:
    world.admin.is_superuser = True
    world.admin.save()
    client.force_login(world.admin)
    today = timezone.localdate()
    page = reverse("admin:complaints_retentionrule_add")
    late = client.post(
        page, {"kind": "praise", "days": 90, "valid_from": today - timedelta(days=1), "reason": "街道决定"}
    )
    assert late.status_code == 200
    assert not RetentionRule.objects.filter(kind="praise").exists()
    client.post(page, {"kind": "praise", "days": 90, "valid_from": today, "reason": "街道决定"})
    rule = RetentionRule.objects.get(kind="praise")
    assert rule.by == world.admin
    changed = client.post(
        reverse("admin:complaints_retentionrule_change", args=[rule.pk]),
        {"kind": "praise", "days": 30, "valid_from": today, "reason": "x"},
    )
    assert changed.status_code == 403
    assert client.get(reverse("admin:complaints_retentionrule_changelist")).status_code == 200
