from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import CharField, TextField
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints import actions
from complaints.actions import data_requests, rating, resident
from complaints.actions.retention import WORDS, forget
from complaints.history import verify
from complaints.models import Case, Forgetting, Rating, RatingCheck, Resident, RetentionRule
from complaints.retention import Rule, forget_before, in_force
from complaints.tracking import check_code, set_code
from config.lib.photos import Photo
from staff.models import Person
from tests.services.guide_world import zh
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
    assert [(one.kind, one.residents, one.codes, one.cases, one.files) for one in found] == [("help", 1, 1, 1, 0)]
    assert set(Resident.objects.values_list("case_id", flat=True)) == {young.pk, open_case.pk}
    assert check_code(old.number, code) is None
    assert old.events.count() == 2
    row = Forgetting.objects.get()
    assert (row.kind, row.residents, row.codes) == ("help", 1, 1)
    assert forget(now=world.now) == []
    assert Forgetting.objects.count() == 1


def written(world: World) -> Case:
    """An old case in which everybody wrote the resident's name wherever there was room for it."""
    at, name = world.now - timedelta(days=731), "张秀英"
    known = {"title": f"{name}家漏水", "text": f"{name}家漏水", "place": f"{name}家", "kind": Case.Kind.COMPLAINT}
    case = world.log(at=at, resident_name=name, resident_phone="13900000001", **known)

    def act(deed: Callable[..., Any], /, by: Person = world.worker, *, seen: bool = True, **given: Any) -> Any:
        version = {"version": Case.objects.get(pk=case.pk).version} if seen else {}
        return deed(case, by=by, now=at, **version, **given)

    act(actions.contact, seen=False, way="call", reached=True, substantive=True, text=f"{name}说在家", at=at)
    act(actions.note, seen=False, text=f"{name}行动不便")
    resident.say(case, now=at, text=f"我是{name}")
    act(actions.reply, seen=False, text=f"{name}您好,师傅明天来")
    act(
        actions.attach,
        seen=False,
        file=ContentFile(b"x", name="a.pdf"),
        name=f"{name}.pdf",
        content_type="application/pdf",
    )
    resident.add_photos(case, now=at, photos=[Photo(b"jpeg", 1, 1)])
    act(actions.ask_joint, unit=world.department, task=f"帮{name}看看", days=3)
    act(actions.finish_joint, world.department_worker, seen=False, task=case.joint_tasks.get(), result=f"{name}家已看")
    act(actions.ask_extension, text=f"{name}家要换管", told=f"{name}您好,要延长")
    act(actions.approve, world.secretary, text=f"同意{name}")
    act(actions.offer, to=world.worker2, reason=f"{name}住那边")
    act(actions.decline, world.worker2, seen=False, reason=f"不认识{name}")
    act(actions.dispatch, unit=world.department2, reason=f"{name}家水管")
    act(actions.return_case, world.department2_worker, seen=False, reason=f"{name}家不在范围")
    act(actions.dispatch, unit=world.department, reason=f"{name}家水管")
    act(actions.object_to, world.department_worker, seen=False, reason=f"{name}不归我们")
    act(actions.adjudicate, world.supervisor, unit=world.unit, person=world.worker, reason=f"{name}归你们")
    act(actions.conclude, outcome="resolved", text=f"{name}您好,修好了")
    act(actions.call_back, world.worker2, seen=False, reached=True, solved="partly", satisfied=2, text=f"{name}说慢")
    check = RatingCheck.objects.get(rating__case=case)
    rating.verify(check, by=world.secretary, now=at, outcome="explained", finding=f"{name}说得对")
    rating.tell(check, by=world.secretary, now=at, text=f"{name},对不起")
    request = data_requests.ask(case, now=at, kind="correction", text=f"{name}应为张秀瑛")
    data_requests.decide(request, by=world.secretary, now=at, grant=False, reason=f"{name}没写错")
    return Case.objects.get(pk=case.pk)


def test_when_the_time_is_over_no_row_and_no_file_knows_the_name_and_figures_stay(
    world: World, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    case = written(world)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    before = (case.kind, case.category, case.outcome, case.closed_at, case.version, case.head)
    levels = list(Rating.objects.values_list("satisfied", "solved"))

    found = forget(now=world.now)

    assert [(one.residents, one.cases, one.files) for one in found] == [(1, 1, 2)]
    assert not [path for path in files if path.exists()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" row WHERE row::text LIKE %s', ["%张秀英%"])
            assert cursor.fetchone() == (0,), table
    case.refresh_from_db()
    assert (case.text, case.place, case.extra) == ("", "", {})
    assert (case.kind, case.category, case.outcome, case.closed_at, case.version, case.head) == before
    assert list(Rating.objects.values_list("satisfied", "solved")) == levels
    assert verify().ok
    world.supervisor.is_active = True
    client = Client()
    client.force_login(world.supervisor)
    page = client.get(case.get_absolute_url())
    assert page.status_code == 200
    assert zh("(deleted when its time was over)") in page.content.decode()
    assert forget(now=world.now) == []


def test_every_text_of_a_case_is_forgotten_or_said_not_to_be() -> None:
    """Codes, names of files that are deleted with their rows, and what the office sets up are no words of people."""
    left_alone = {
        ("Case", "number"), ("Case", "title"), ("Case", "text"), ("Case", "place"), ("Case", "source"),
        ("Case", "external_id"), ("Case", "head"), ("Attachment", "*"), ("Resident", "*"), ("CaseWords", "*"),
        ("TrackingCode", "*"), ("Event", "*"), ("Notice", "*"), ("DataRequest", "text"),
    }  # fmt: skip
    open_ends = []
    for model in apps.get_app_config("complaints").get_models():
        tied = model is Case or any(f.related_model in (Case, Rating) for f in model._meta.concrete_fields)
        for column in model._meta.concrete_fields if tied else ():
            words = isinstance(column, CharField | TextField) and not column.choices
            known = {(model.__name__, column.name), (model.__name__, "*")} & left_alone
            if words and not known and column.name not in WORDS.get(model, ()):
                open_ends.append(f"{model.__name__}.{column.name}")
    assert open_ends == []


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
