"""What was written above a case goes when the case goes; what happened, when and by whom stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import CharField, FileField, JSONField, TextField
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints import actions as casework
from complaints.actions.retention import forget as forget_cases
from complaints.models import Case, RetentionRule
from supervision import retention
from supervision.bulletin import snapshot
from supervision.bulletin.periods import parse
from supervision.models import (
    Dismissal,
    Escalation,
    ItemFile,
    ItemStep,
    OrderStep,
    RectificationItem,
    SupervisionOrder,
    WatchForgetting,
    WeeklyCheck,
)
from supervision.rectification import actions as rectification
from supervision.rectification import listing
from supervision.rectification.actions import Evidence, Setting
from supervision.retention import WORDS, Forgotten, forget
from supervision.watch import orders
from tests.services.guide_world import zh
from tests.supervision.test_rectification import overdue
from tests.world import World

NAME = "张秀英"
GONE = "(deleted when its time was over)"
STAYS = "were deleted when their time was over. What was done, when and by whom stays."
ORDER_GONE, ITEM_GONE = f"The words of this order {STAYS}", f"The words and files of this item {STAYS}"


@dataclass
class Old:
    """A case of two years ago and a day, and all that was done above it."""

    at: datetime
    case: Case
    order: SupervisionOrder
    item: RectificationItem


def told(found: list[Forgotten]) -> list[tuple[str, int, int, int, int, int, int]]:
    return [
        (one.kind, one.orders, one.items, one.files, one.dismissals, one.remarks, one.waiting) for one in found
    ]  # fmt: skip


def client(person: Any) -> Client:
    made = Client()
    made.force_login(person)
    return made


def ordered(world: World, case: Case, at: datetime, *, end: bool = True) -> SupervisionOrder:
    order = orders.issue(case, by=world.supervisor, now=at, demand=f"请尽快处理{NAME}家漏水。")
    order = orders.answer(order, by=world.worker, now=at, text=f"{NAME}不在家")
    order = orders.send_back(order, by=world.supervisor, now=at, text=f"请联系{NAME}的女儿")
    order = orders.answer(order, by=world.worker, now=at, text=f"已联系{NAME}")
    return orders.accept(order, by=world.supervisor, now=at, text=f"同意{NAME}的安排") if end else order


def put_right(world: World, at: datetime, *, end: bool = True, **known: Any) -> RectificationItem:
    facts: dict[str, Any] = {
        "street": world.street, "source": "rating", "problem": f"{NAME}反映维修拖了三周", "unit": world.unit,
        "responsible": world.worker, "community": world.east, "category": world.category, "reference": "督2024-7",
    }  # fmt: skip
    item = rectification.set_down(Setting(**facts | known), by=world.supervisor, now=at)
    rectification.plan(item, by=world.worker, now=at, measure=f"给{NAME}换管", cause=f"{NAME}家管道老化")
    photo = Evidence(SimpleUploadedFile(f"{NAME}.png", b"\x89PNG\r\n\x1a\n"), f"{NAME}.png", "image/png")
    rectification.report(item, by=world.worker, now=at, text=f"{NAME}家已修好", files=[photo])
    item = rectification.verify(item, by=world.supervisor2, now=at, text=f"问过{NAME}")
    return rectification.sign_off(item, by=world.supervisor, now=at, text=f"{NAME}满意") if end else item


def ended(world: World, days: int = 731, **known: Any) -> Old:
    at = world.now - timedelta(days=days)
    case = world.log(at=at, resident_name=NAME, title=f"{NAME}家漏水", **known)
    order = ordered(world, case, at)
    casework.conclude(case, by=world.worker, now=at, version=case.version, outcome="resolved", text="已修好。")
    return Old(at, Case.objects.get(pk=case.pk), order, put_right(world, at, case=case))


@pytest.fixture
def old(world: World, settings: Any, tmp_path: Path) -> Old:
    """Everybody wrote the resident's name wherever there was room for it."""
    settings.MEDIA_ROOT = tmp_path
    found = ended(world)
    Dismissal.objects.create(
        street=world.street, origin=f"overdue-{found.case.pk}-1", case=found.case, reason=f"{NAME}已谅解",
        by=world.supervisor, at=found.at,
    )  # fmt: skip
    WeeklyCheck.objects.create(
        community=world.east, monday=date(2024, 11, 11), figures={"as_of": found.at.isoformat(), "lines": {}},
        remark=f"{NAME}家漏水已处理", by=world.secretary, at=found.at,
    )  # fmt: skip
    return found


def everything(world: World, at: datetime) -> Any:
    """What is counted, and who did what when."""
    scope = world.supervisor.scope()
    made = snapshot.make(world.street, parse(f"{at:%Y-%m}")).snapshot
    place = {name: n for n, name in enumerate(snapshot.ITEM)}
    counted = [[row[place[name]] for name in ("number", "source", "unit", "state", "late")] for row in made["items"]]
    steps = [
        list(model._default_manager.order_by("pk").values_list(*columns))
        for model, columns in (
            (OrderStep, ("order", "what", "by", "at")),
            (ItemStep, ("item", "kind", "by", "at")),
            (ItemFile, ("step", "size", "sha256")),
            (Dismissal, ("origin", "by", "at")),
            (WeeklyCheck, ("community", "monday", "figures", "by", "at")),
            (SupervisionOrder, ("number", "person", "issued_at", "due_at", "answered_by", "closing", "closed_by")),
            (RectificationItem, ("number", "reference", "due_at", "reported_at", "verified_by", "signed_by")),
        )
    ]
    return listing.figures(scope, world.now), made["figures"], made["item_counts"], counted, steps


def rows_naming(name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" row WHERE row::text LIKE %s', [f"%{name}%"])
            count = cursor.fetchone()[0]
            found |= {table: count} if count else {}
    return found


def test_no_row_and_no_file_knows_the_name_and_every_figure_stays(
    world: World, old: Old, tmp_path: Path, as_app_role: Callable[[], None]
) -> None:
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1
    named = rows_naming(NAME)
    assert set(named) >= {model._meta.db_table for model in WORDS}
    before = everything(world, old.at)

    as_app_role()
    forget_cases(now=world.now)
    assert told(forget(now=world.now)) == [("help", 1, 1, 1, 1, 0, 0), ("", 0, 0, 0, 0, 1, 0)]

    assert rows_naming(NAME) == {}
    assert not [path for path in files if path.exists()]
    assert everything(world, old.at) == before
    kept = WatchForgetting.objects.values_list("kind", "orders", "items", "files", "dismissals", "remarks")
    assert sorted(kept) == [
        ("", 0, 0, 0, 0, 1), ("help", 0, 0, 0, 1, 0), ("help", 0, 1, 1, 0, 0), ("help", 1, 0, 0, 0, 0),
    ]  # fmt: skip
    assert forget(now=world.now) == []
    assert WatchForgetting.objects.count() == 4


def test_every_text_of_the_watch_is_forgotten_or_said_not_to_be() -> None:
    """A new column of text has to be put into `WORDS` (and what the database lets be emptied), or be named here."""
    left_alone = {
        # Numbers, keys and hashes; what the office sets up; what administrators did to messages.
        "SupervisionOrder.number", "RectificationItem.number", "RectificationItem.origin",
        "RectificationItem.reference", "ItemFile.content_type", "ItemFile.sha256", "Dismissal.origin",
        "Escalation.rung", "Escalation.name", "Alert.key", "Alert.error", "WatchForgetting.kind", "Ladder.*",
        "LadderVersion.*", "Rung.*", "WatchRule.*", "RateTerms.*", "RectificationRule.*", "Robot.*", "Anchor.*",
        "Hold.*", "Intervention.*",
        # Numbers and instants alone, by their help texts and tests.
        "Alert.facts", "WeeklyCheck.figures",
        # Official documents: see docs/protection.md.
        "Bulletin.*",
        # `supervision.conduct.retention` sees to these.
        "ConductReport.*", "ReporterIdentity.*", "Recusal.*", "ConductMessage.*", "Finding.*", "ConductPhoto.*",
        "AccessLog.*", "ConductEvent.*", "StreetLeader.*",
    }  # fmt: skip
    open_ends = []
    for model in apps.get_app_config("supervision").get_models():
        for column in model._meta.concrete_fields:
            words = isinstance(column, CharField | TextField | JSONField | FileField) and not column.choices
            known = {f"{model.__name__}.{column.name}", f"{model.__name__}.*"} & left_alone
            if words and not known and column.name not in WORDS.get(model, ()):
                open_ends.append(f"{model.__name__}.{column.name}")
    assert open_ends == []


def test_the_pages_say_that_the_words_are_gone(world: World, old: Old) -> None:
    evidence = reverse("rectification_file", args=[old.item.pk, ItemFile.objects.get().pk])
    browser = client(world.supervisor)
    assert browser.get(evidence).status_code == 200
    forget(now=world.now)
    for page, what in ((f"/supervision/orders/{old.order.pk}/", ORDER_GONE), (old.item.get_absolute_url(), ITEM_GONE)):
        answer = browser.get(page)
        assert answer.status_code == 200
        assert zh(what) in answer.content.decode()
    assert zh(GONE) in browser.get("/supervision/rectification/?state=signed_off").content.decode()
    exported: Any = browser.get("/supervision/rectification/export/")
    assert zh(GONE) in b"".join(exported.streaming_content).decode()
    assert browser.get(evidence).status_code == 404
    assert browser.get("/supervision/orders/?state=done").status_code == 200
    assert client(world.secretary).get("/supervision/weekly/?week=2024-W46").status_code == 200


def test_the_later_of_both_ends_counts(world: World, old: Old) -> None:
    """A case of long ago whose order was closed last year, and an item of last year about it."""
    last_year = world.now - timedelta(days=400)
    SupervisionOrder.objects.filter(pk=old.order.pk).update(closed_at=last_year)
    RectificationItem.objects.filter(pk=old.item.pk).update(signed_at=last_year, watched_until=world.now)
    assert told(forget(now=world.now, dry_run=True)) == [("help", 0, 0, 0, 1, 0, 0), ("", 0, 0, 0, 0, 1, 0)]
    assert told(forget(now=last_year + timedelta(days=732), dry_run=True))[0] == ("help", 1, 1, 1, 1, 0, 0)


def test_what_is_still_open_waits_and_is_told(world: World, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    at = world.now - timedelta(days=800)
    case = world.log(at=at)
    order, item = ordered(world, case, at, end=False), put_right(world, at, end=False, case=case)
    casework.conclude(case, by=world.worker, now=at, version=case.version, outcome="resolved", text="已修好。")
    assert told(forget(now=world.now)) == [("help", 0, 0, 0, 0, 0, 2)]
    assert not WatchForgetting.objects.exists()
    order.refresh_from_db()
    assert NAME in order.demand
    orders.accept(order, by=world.supervisor, now=at)
    rectification.withdraw(item, by=world.supervisor, now=at, text="已并入")
    assert told(forget(now=world.now)) == [("help", 1, 1, 1, 0, 0, 0)]


def test_a_case_opened_again_keeps_what_stands_above_it(world: World, old: Old) -> None:
    version = old.case.version
    casework.reopen(old.case, by=world.supervisor, now=world.now, version=version, reason="居民补充情况")
    assert told(forget(now=world.now)) == [("", 0, 0, 0, 0, 1, 0)]


def test_every_kind_goes_by_its_own_rule_and_what_has_no_case_by_the_rule_for_all(
    world: World, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    RetentionRule.objects.create(kind="report", days=1095, valid_from=date(2021, 1, 1), reason="街道决定")
    RetentionRule.objects.create(kind="conduct", days=365, valid_from=date(2021, 1, 1), reason="街道决定")
    at = world.now - timedelta(days=800)
    ended(world, 800, kind=Case.Kind.REPORT)
    put_right(world, at, source="inspection")
    found = put_right(world, world.now - timedelta(days=400), source="audit")
    RectificationItem.objects.filter(pk=found.pk).update(source="conduct", origin="conduct-X1")
    Dismissal.objects.create(
        street=world.street, origin="conduct-X2", reason="另案", by=world.supervisor, at=world.now - timedelta(days=366)
    )
    assert told(forget(now=world.now)) == [("conduct", 0, 1, 1, 1, 0, 0), ("", 0, 1, 1, 0, 0, 0)]
    assert told(forget(now=world.now + timedelta(days=296))) == [("report", 1, 1, 1, 0, 0, 0)]


def test_without_a_rule_nothing_is_forgotten(world: World, old: Old) -> None:
    RetentionRule.objects.all().delete()
    assert forget(now=world.now) == []


def test_a_dismissed_proposal_names_its_case(world: World) -> None:
    escalation = overdue(world)
    assert escalation.clock is not None
    case = escalation.clock.case
    rectification.dismiss(f"overdue-{case.pk}-1", by=world.supervisor, now=world.now, reason="已在另案问责")
    assert Dismissal.objects.get().case == case


def test_a_run_that_dies_with_the_files_half_gone_is_started_again(
    world: World, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for _number in range(5):
        ended(world)
    delete = FileSystemStorage.delete
    deleted: list[str] = []

    def dies(self: FileSystemStorage, name: str) -> None:
        if len(deleted) == 3:
            raise KeyboardInterrupt
        deleted.append(name)
        delete(self, name)

    monkeypatch.setattr(FileSystemStorage, "delete", dies)
    with pytest.raises(KeyboardInterrupt):
        forget(now=world.now)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2
    # The batch that died is whole in the table: its third file is looked for once more.
    assert ItemFile.objects.filter(file="").count() == RectificationItem.objects.filter(problem="").count() == 2
    monkeypatch.setattr(FileSystemStorage, "delete", delete)
    assert told(forget(now=world.now)) == [("help", 0, 3, 3, 0, 0, 0)]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sum(WatchForgetting.objects.values_list("items", flat=True)) == 5


# What the database lets be done


TABLES = [
    (OrderStep, "text"), (ItemStep, "text"), (ItemFile, "name"), (Dismissal, "reason"), (WeeklyCheck, "remark"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "column"), TABLES)
def test_words_are_emptied_and_never_changed(world: World, old: Old, model: Any, column: str) -> None:
    other = {"sha256": "0" * 64} if model is ItemFile else {"at": world.now}
    for change in ({column: "别的话"}, {column: ""} | other):
        with pytest.raises(DatabaseError, match="history_cannot_be_edited"), transaction.atomic():
            model.objects.update(**change)
    with pytest.raises(DatabaseError, match="history_cannot_be_edited"), transaction.atomic():
        connection.cursor().execute(f"DELETE FROM {model._meta.db_table}")


@pytest.mark.parametrize(("model", "column"), TABLES)
def test_the_application_itself_empties_nothing(
    world: World, old: Old, as_app_role: Callable[[], None], model: Any, column: str
) -> None:
    as_app_role()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        model.objects.update(**{column: ""})


def test_words_younger_than_thirty_days_stay_whoever_asks(world: World, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    young = ended(world, (world.now - timezone.now()).days + 29)  # 28 days ago by the database's clock
    open_order = ordered(world, world.log(at=world.now - timedelta(days=800)), world.now - timedelta(days=800))
    asked = {"orders": [young.order.pk], "items": [young.item.pk]}
    for what, ids in [*asked.items(), ("orders", [open_order.pk])]:
        with pytest.raises(DatabaseError, match="words_are_kept_thirty_days"), transaction.atomic():
            forget_words(what, ids)
    assert not OrderStep.objects.filter(text="").exists()


def forget_words(what: str, ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT linli_forget_words(%s, %s)", [what, ids])


def test_what_was_forgotten_cannot_be_denied(world: World, old: Old) -> None:
    forget(now=world.now)
    with pytest.raises(DatabaseError, match="history_cannot_be_edited"), transaction.atomic():
        WatchForgetting.objects.update(orders=0)
    with pytest.raises(DatabaseError, match="history_cannot_be_edited"), transaction.atomic():
        WatchForgetting.objects.all().delete()


# The command


def command(**options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("forget_all", json=True, stdout=out, **options)
    answer: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return answer


def test_one_command_does_all_of_it_after_a_look(world: World, old: Old) -> None:
    looked = command(dry_run=True)
    assert looked["dry_run"] is True
    assert [(one["kind"], one["cases"]) for one in looked["cases"]] == [("help", 1)]
    assert [(one["kind"], one["orders"], one["items"], one["files"]) for one in looked["watch"]] == [
        ("help", 1, 1, 1), ("", 0, 0, 0),
    ]  # fmt: skip
    assert NAME in SupervisionOrder.objects.get().demand
    assert not Escalation.objects.exists()
    out = StringIO()
    with time_machine.travel(world.now, tick=False):
        call_command("forget_all", stdout=out)
    assert "2024-11-18" in out.getvalue()
    assert rows_naming(NAME) == {}
    assert command() == {"dry_run": False, "cases": [], "watch": [], "imports": 0, "guide": 0, "conduct": 0}
