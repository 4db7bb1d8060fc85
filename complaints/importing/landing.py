"""Landing rows, a batch at a time: cases through the actions, categories into the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from complaints.actions import Answer, Registration, Told, register_many
from complaints.actions.register import check
from complaints.actions.source import FOLLOWED, follow_source, last_rows
from complaints.importing.office import Office
from complaints.importing.profiles import Draft, RowFault, Table, category_path, day_in, draft
from complaints.importing.report import Report, Verdict
from complaints.models import Case
from config.lib.errors import RuleBroken
from config.lib.sheets import Row
from staff.models import Person

# Which field of the table the refused fact of a registration came from.
FIELD_OF_FACT = {"answer": "reply", "answer_at": "closed_at"}


@dataclass
class Landing:
    """One row on its way. `verdict` is None until it is known; a rejected row has a fault (column, sentence)."""

    row: Row
    verdict: Verdict | None = None
    draft: Draft | None = None
    row_print: str = ""
    item: Registration | None = None
    case: Case | None = None
    fault: tuple[str, str] = ("", "")

    def reject(self, column: str, message: str) -> None:
        self.verdict, self.fault = Verdict.REJECTED, (column, message)


@dataclass(frozen=True)
class Trip:
    """One import: where, what, by whom and when; `dry_run` writes nothing."""

    office: Office
    table: Table
    report: Report
    by: Person
    now: datetime
    dry_run: bool


class Lander:
    """Takes batches of rows, in the order of the sheet, and tells the report what became of each."""

    def __init__(self, trip: Trip) -> None:
        self.office, self.table, self.report = trip.office, trip.table, trip.report
        self.by, self.now, self.dry_run = trip.by, trip.now, trip.dry_run

    def land(self, rows: Sequence[Row]) -> None:
        raise NotImplementedError


class CategoryLander(Lander):
    """The category tree itself: what is missing is added, what is there stays."""

    def land(self, rows: Sequence[Row]) -> None:
        paths = []
        for row in rows:
            try:
                path = category_path(self.table, row.cells)
            except RowFault as fault:
                self.report.reject(row, fault.column, fault.message)
            else:
                self.report.count(self._verdict(path), row, {"title": " › ".join(path)})
                paths.append(path)
        if not self.dry_run:
            with transaction.atomic():
                self.office.keep_categories(paths, offered=True)

    def _verdict(self, path: tuple[str, ...]) -> Verdict:
        if not self.office.promise_category(path):
            return Verdict.UNCHANGED
        return Verdict.UPDATED if self.office.is_in_tree(path) else Verdict.CREATED


class CaseLander(Lander):
    """Rows that are cases. `mixed`: the sheet tells the street of each row, and some rows are this street's."""

    def __init__(self, trip: Trip, *, mixed: bool = False) -> None:
        super().__init__(trip)
        self.mixed = mixed
        self.source = self.table.profile.source
        self.seen: dict[str, tuple[int, str]] = {}

    def land(self, rows: Sequence[Row]) -> None:
        """1. Read. 2. Compare with what is here. 3. Write: new rows together, changed ones each alone. 4. Tell."""
        landings = [Landing(row) for row in rows]
        for landing in landings:
            self._read(landing)
        self._compare([landing for landing in landings if landing.verdict is None])
        if not self.dry_run:
            self._write(landings)
        for landing in landings:
            self._tell(landing)

    def _read(self, landing: Landing) -> None:
        try:
            read = draft(self.table, landing.row.cells)
            self._check_street(landing.row, read)
        except RowFault as fault:
            return landing.reject(fault.column, fault.message)
        landing.draft, landing.row_print = read, read.fingerprint()
        number = landing.row.number
        first, same = self.seen.setdefault(read.external_id, (number, landing.row_print))
        if first == number:
            return None
        if same == landing.row_print:
            landing.verdict = Verdict.UNCHANGED
            return self.report.warn(
                number, self._heading("external_id"), _("The same as row %(row)s.") % {"row": first}
            )
        return landing.reject(
            self._heading("external_id"),
            _("Number %(number)s is in row %(row)s already, with other contents.")
            % {"number": read.external_id, "row": first},
        )

    def _check_street(self, row: Row, read: Draft) -> None:
        if not read.street or self.office.is_ours(read.street):
            return
        words = {"other": read.street, "street": self.office.street.name}
        if self.mixed or self.office.is_anothers(read.street):
            raise RowFault(self._heading("street"), _("This row belongs to “%(other)s”, not to %(street)s.") % words)
        self.report.warn_once(
            row.number,
            self._heading("street"),
            _("“%(other)s” is not %(street)s; the row was taken as its own.") % words,
        )

    def _compare(self, landings: Sequence[Landing]) -> None:
        known = self._known([landing.draft.external_id for landing in landings if landing.draft])
        prints = last_rows([case.pk for case in known.values()]) if known else {}
        for landing in landings:
            assert landing.draft is not None
            case = landing.case = known.get(landing.draft.external_id)
            if case is not None and prints.get(case.pk) == landing.row_print:
                landing.verdict = Verdict.UNCHANGED
                continue
            try:
                landing.item = self._item(landing.row, landing.draft, landing.row_print, case)
                check(landing.item, self.now)
            except RuleBroken as broken:
                self._refused(landing, broken)
                continue
            if case is None:
                landing.verdict = Verdict.CREATED
            elif self._differs(case, landing.item):
                landing.verdict = Verdict.UPDATED
            else:
                self._leave(landing, _("The row has changed in a column that is not taken over afterwards."))

    def _known(self, numbers: Sequence[str]) -> dict[str, Case]:
        cases = Case.objects.filter(street=self.office.street, source=self.source, external_id__in=numbers)
        return {case.external_id: case for case in cases}

    def _item(self, row: Row, read: Draft, row_print: str, case: Case | None) -> Registration:
        for column, message in read.remarks:
            self.report.warn_once(row.number, column, message)
        community = self.office.community(read.community)
        extra = dict(read.extra)
        if read.community and community is None:
            extra.setdefault(self._heading("community"), read.community)
            self._warn_of_community(row, read.community)
        unit, person = self.office.keeper(community)
        ending = read.ending
        return Registration(
            street=self.office.street,
            unit=unit,
            first_contact=person,
            community=community,
            kind=read.kind,
            channel=read.channel,
            category=self._category(row, read.category),
            title=read.title,
            text=read.text,
            place=read.place,
            resident_name=read.resident_name,
            resident_phone=read.resident_phone,
            submitted_at=case.submitted_at if case else self._submitted(row, read),
            source=self.source,
            external_id=read.external_id,
            extra=extra,
            answer=Answer(ending.text, ending.at, ending.outcome) if ending else None,
            told=Told(read.solved, read.satisfied, ending.at) if ending and read.solved else None,
            row=row_print,
        )

    def _submitted(self, row: Row, read: Draft) -> datetime:
        """When the resident told it. A ledger without that column leaves the day in the ticket's number, if any."""
        if read.submitted_at is not None:
            return read.submitted_at
        self.report.warn_once(
            row.number,
            self._heading("submitted_at"),
            _(
                "The table has no column for the time of submission. The day in the ticket's number was taken; without "
                "one, closed tickets count as submitted when closed, open ones as submitted now."
            ),
        )
        latest = read.ending.at if read.ending else self.now
        day = day_in(read.external_id)
        return day if day and day <= latest else latest

    def _category(self, row: Row, path: tuple[str, ...]) -> Any:
        if not path:
            return None
        if not self.office.has_category(path):
            self.report.warn_once(
                row.number,
                self._heading("category" if "category" in self.table.columns else "level1"),
                _("Category “%(name)s” is not in the tree: it is kept with the cases, but not offered when logging.")
                % {"name": " › ".join(path)},
            )
            if not self.dry_run:
                self.office.keep_categories([path], offered=False)
        return self.office.category(path)

    def _warn_of_community(self, row: Row, name: str) -> None:
        self.report.warn_once(
            row.number,
            self._heading("community"),
            _("“%(name)s” is no community of %(street)s: the street's supervisor answers for its rows.")
            % {"name": name, "street": self.office.street.name},
        )

    def _differs(self, case: Case, item: Registration) -> bool:
        return bool(item.answer and case.is_open) or any(getattr(case, n) != getattr(item, n) for n in FOLLOWED)

    def _write(self, landings: Sequence[Landing]) -> None:
        new = [landing for landing in landings if landing.verdict == Verdict.CREATED]
        if new and not self._written_together(new):
            for landing in new:
                self._write_alone(landing)
        for landing in landings:
            if landing.verdict == Verdict.UPDATED:
                self._follow(landing)

    def _written_together(self, landings: Sequence[Landing]) -> bool:
        try:
            with transaction.atomic():
                register_many([landing.item for landing in landings if landing.item], by=self.by, now=self.now)
        except (RuleBroken, IntegrityError, DataError):
            return False
        return True

    def _write_alone(self, landing: Landing) -> None:
        assert landing.item is not None
        try:
            with transaction.atomic():
                register_many([landing.item], by=self.by, now=self.now)
        except RuleBroken as broken:
            self._refused(landing, broken)
        except (IntegrityError, DataError) as error:
            if self._known([landing.item.external_id]):
                self._leave(landing, _("Somebody else brought this row in at the same time."))
            else:
                landing.reject(
                    "", _("The database refused this row: %(reason)s") % {"reason": str(error).split("\n")[0]}
                )

    def _follow(self, landing: Landing) -> None:
        case, item = landing.case, landing.item
        assert case is not None and item is not None
        facts = {name: getattr(item, name) for name in FOLLOWED}
        try:
            follow_source(case, by=self.by, now=self.now, row=item.row, facts=facts, answer=item.answer, told=item.told)
        except RuleBroken as broken:
            self._leave(landing, str(broken))

    def _leave(self, landing: Landing, why: str) -> None:
        landing.verdict = Verdict.UNCHANGED
        self.report.warn(landing.row.number, self._heading("external_id"), why)

    def _refused(self, landing: Landing, broken: RuleBroken) -> None:
        name = broken.field or ""
        landing.reject(self._heading(FIELD_OF_FACT.get(name, name)), str(broken))

    def _tell(self, landing: Landing) -> None:
        if landing.verdict == Verdict.REJECTED:
            return self.report.reject(landing.row, *landing.fault)
        assert landing.verdict is not None
        return self.report.count(landing.verdict, landing.row, _shown(landing))

    def _heading(self, name: str) -> str:
        return self.table.heading(name)


def _shown(landing: Landing) -> dict[str, Any]:
    """How the row will look as a case, without anything personal."""
    item, read = landing.item, landing.draft
    if item is None:
        return {"title": read.title if read else ""}
    return {
        "title": item.title,
        "number": item.external_id,
        "kind": item.kind,
        "category": " › ".join(landing.draft.category) if landing.draft else "",
        "where": item.community.name if item.community else "",
        "first_contact": item.first_contact.name,
        "submitted_at": item.submitted_at.isoformat(),
        "closed_at": item.answer.at.isoformat() if item.answer else "",
    }
