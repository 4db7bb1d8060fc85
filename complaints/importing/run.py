"""One import from file to cases. The command, the preview and the background task all go through `run`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext as _

from complaints.importing.landing import CaseLander, CategoryLander, Trip
from complaints.importing.office import Office
from complaints.importing.profiles import BY_NAME, HEADING_ROWS, Profile, Table, not_recognised, recognise
from complaints.importing.reading import line_of
from complaints.importing.report import Report
from config.lib.errors import RuleBroken
from config.lib.sheets import COMMAND, Limits, Reading, Row, Sheet
from services.calendar import load_calendar
from staff.models import Person, Street

BATCH = 500


def run(
    path: Path,
    *,
    street: Street,
    by: Person | None,
    now: datetime,
    profile: str = "",
    first: Person | None = None,
    dry_run: bool = False,
    limits: Limits = COMMAND,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Bring a file in.

    1. Read the whole file and recognise its columns. A fault of the file as a whole is raised as RuleBroken now,
       when nothing has been changed.
    2. Row by row: read it, find what it means here, compare it with what an earlier import brought.
    3. Land 500 rows at a time, each batch whole; a batch that breaks is landed row by row.
    With `dry_run` the third step is left out and everything else is the same.
    `by` is who imports (None: whoever answers for the rows), `first` who is asked first instead of the office's choice.
    """
    began = time.monotonic()
    wanted = wanted_profile(profile)
    with Reading(path, limits) as reading:
        office = Office(street, first)
        load_calendar()  # it is kept, and now there is time for it
        sheet = reading.sheet()
        table = find_table(sheet, wanted)
        report = Report(profile=table.profile.name, headings=table.headings)
        note_columns(table, report)
        trip = Trip(office, table, report, by=by or office.actor, now=now, dry_run=dry_run)
        of_cases = table.profile.of_cases
        lander = CaseLander(trip, mixed=is_mixed(sheet, table, office)) if of_cases else CategoryLander(trip)
        for batch in batches(sheet, table):
            lander.land(batch)
            progress(report.read, sheet.count - 1)
    report.seconds = time.monotonic() - began
    return report


def find_table(sheet: Sheet, wanted: Profile | None = None) -> Table:
    """The headings are in the first row, or a little below under a title."""
    top = list(islice(sheet, HEADING_ROWS))
    if not top:
        raise RuleBroken("empty", _("The file is empty."))
    for row in top:
        table = recognise(row, wanted)
        if table is not None:
            return table
    raise not_recognised(top, wanted)


def wanted_profile(name: str) -> Profile | None:
    if name and name not in BY_NAME:
        raise RuleBroken(
            "unknown_profile",
            _("There is no profile “%(name)s”. There are: %(profiles)s.")
            % {"name": name, "profiles": ", ".join(BY_NAME)},
        )
    return BY_NAME[name] if name else None


def note_columns(table: Table, report: Report) -> None:
    if table.unknown:
        report.warn(
            table.header_row,
            "、".join(table.unknown),
            _("These columns are not known; what they say is kept with each case.")
            if table.profile.of_cases
            else _("These columns are not known and were left out."),
        )


def is_mixed(sheet: Sheet, table: Table, office: Office) -> bool:
    """Whether the sheet tells rows of this street from rows of others: some row names this street."""
    at = table.columns.get("street")
    if at is None:
        return False
    return any(office.is_ours(line_of(row.cells[at])) for row in body(sheet, table) if at < len(row.cells))


def body(sheet: Sheet, table: Table) -> Iterator[Row]:
    return (row for row in sheet if row.number > table.header_row)


def batches(sheet: Sheet, table: Table) -> Iterator[list[Row]]:
    rows = body(sheet, table)
    while batch := list(islice(rows, BATCH)):
        yield batch
