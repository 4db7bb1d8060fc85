"""Joint handling (联合办理): co-units contribute with their own due, the lead stays accountable."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from complaints.actions import clocks
from complaints.actions.common import record, refuse_if, said, stamp, take
from complaints.chain import text_hash
from complaints.models import Case, Clock, Event, JointTask
from complaints.states import Act
from config.lib.errors import RuleBroken
from services.calendar import hours_of, load_calendar
from services.clock import Calendar, Hours, Mode, due, threshold
from staff import queries as staff
from staff.models import Person, Unit

YELLOW_SHARE = 0.7


@transaction.atomic
def ask_joint(case: Case, *, by: Person, now: datetime, version: int, unit: Unit, task: str, days: int) -> JointTask:
    """Ask a co-unit for its part within `days` working days."""
    case, _who = take(case, Act.ASK_JOINT, by=by, version=version)
    refuse_if(unit.pk == case.unit_id, "own_unit", _("This unit leads the case itself."), field="unit")
    refuse_if(
        unit.street_id != case.street_id or not unit.is_active or not staff.members(unit.pk).exists(),
        "empty_unit",
        _("Nobody of this unit is at work, so nobody could do it."),
        field="unit",
    )
    refuse_if(not 1 <= days <= 15, "days", _("Between 1 and 15 working days."), field="days")
    refuse_if(
        JointTask.objects.filter(case=case, unit=unit, done_at__isnull=True).exists(),
        "asked_already",
        _("This unit has an open task on this case already."),
        field="unit",
    )
    row = JointTask.objects.create(
        case=case, unit=unit, task=said(task, field="task"), days=days, asked_by=by, asked_at=now
    )
    policy = clocks.current(case)[Clock.Kind.RESOLUTION].policy
    yellow_at, due_at, provisional = joint_limit(days, now, hours_of(policy.schedule), load_calendar())
    Clock.objects.create(
        case=case,
        kind=Clock.Kind.JOINT,
        cycle=case.cycle,
        joint_task=row,
        policy=policy,
        started_at=now,
        next_turn_at=now,
        yellow_at=yellow_at,
        due_at=due_at,
        provisional=provisional,
    )
    record(
        case,
        Event.Kind.JOINT_ASKED,
        by=by,
        now=now,
        task=row.pk,
        unit=unit.pk,
        due_at=stamp(due_at),
        text=text_hash(row.task),
    )
    return row


def joint_limit(days: int, start: datetime, hours: Hours, calendar: Calendar) -> tuple[datetime | None, datetime, bool]:
    """Yellow after 70 % of the time, due at the close of the last day, and whether that is provisional."""
    limit = due(Mode.WORKING_DAYS_CLOSE, days, start, hours, calendar)
    assert limit.at is not None  # there is no pause
    yellow = threshold(Mode.WORKING_DAYS_CLOSE, days, start, hours, calendar, fraction=YELLOW_SHARE)
    return yellow, limit.at, limit.provisional


@transaction.atomic
def finish_joint(case: Case, *, by: Person, now: datetime, task: JointTask, result: str) -> JointTask:
    """The co-unit's result, or its explanation why there is none yet to be had."""
    case, _who = take(case, Act.FINISH_JOINT, by=by)
    refuse_if(task.unit_id not in by.scope().units, "not_yours", _("This task belongs to another unit."), field="task")
    row = _end(case, task, by, now, said(result, field="result"))
    record(case, Event.Kind.JOINT_DONE, by=by, now=now, task=row.pk, unit=row.unit_id, text=text_hash(row.result))
    return row


@transaction.atomic
def cancel_joint(case: Case, *, by: Person, now: datetime, task: JointTask, reason: str) -> JointTask:
    case, _who = take(case, Act.CANCEL_JOINT, by=by)
    row = _end(case, task, by, now, said(reason, field="reason"), cancelled=True)
    record(case, Event.Kind.JOINT_CANCELLED, by=by, now=now, task=row.pk, unit=row.unit_id, text=text_hash(row.result))
    return row


def cancel_all(case: Case, by: Person, now: datetime, reason: str) -> None:
    """A case that is withdrawn or linked elsewhere needs nobody's part any more."""
    for task in JointTask.objects.filter(case=case, done_at__isnull=True):
        _end(case, task, by, now, reason, cancelled=True)


def _end(case: Case, task: JointTask, by: Person, now: datetime, result: str, *, cancelled: bool = False) -> JointTask:
    row = JointTask.objects.select_for_update().filter(pk=task.pk, case=case).first()
    if row is None:
        raise RuleBroken("no_task", _("This case has no such task."), field="task")
    refuse_if(row.done_at, "done_already", _("This task is finished already."), field="task")
    row.done_by, row.done_at, row.result, row.cancelled = by, now, result, cancelled
    row.save()
    Clock.objects.filter(joint_task=row).update(stopped_at=now)
    return row
