"""Imports from the browser: a kept file that is checked, confirmed, run in the background and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.actions.register import settle_words
from complaints.importing.profiles import REASON
from complaints.importing.reading import text_of
from complaints.importing.report import Report
from complaints.importing.run import run
from complaints.models import ImportRun
from config.lib.errors import RuleBroken
from config.lib.sheets import BOM, BROWSER, check_size, csv_lines
from staff.models import Person, Street
from staff.scope import Scope

AT_ONCE = 2_000
KEPT_FOR, UNCONFIRMED_FOR = timedelta(days=30), timedelta(days=1)
# The first key of the advisory locks that hold a running import.
LOCK = 0x11A11
State = ImportRun.State
IMPORTING_ROLES = ("secretary", "supervisor", "admin")
UNEXPECTED = gettext_lazy("The import stopped at something unexpected. What had landed is kept; it can be run again.")


def streets_of(scope: Scope) -> QuerySet[Street]:
    """The streets this person may bring cases into."""
    reach = Q(communities__in=scope.led_communities)
    if scope.has("supervisor", "admin"):
        reach |= Q(pk__in=scope.whole_streets)
    return Street.objects.filter(reach).distinct()


def runs_of(scope: Scope) -> QuerySet[ImportRun]:
    """One's own imports; supervisors and administrators see all of their streets."""
    if not scope.has(*IMPORTING_ROLES):
        return ImportRun.objects.none()
    reach = Q(by=scope.person)
    if scope.has("supervisor", "admin"):
        reach |= Q(street__in=scope.whole_streets)
    return ImportRun.objects.filter(reach).select_related("street", "by")


def preview(file: UploadedFile[Any], *, street: Street, by: Person, now: datetime) -> ImportRun:
    """Keep the file and tell what would become of it. RuleBroken when it cannot be read: then nothing is kept."""
    check_size(file.size or 0, BROWSER)
    forget_old(now)
    row = ImportRun(street=street, name=(file.name or "")[:200], by=by, at=now)
    row.file.save(f"{now:%H%M%S%f}{Path(row.name).suffix[:8].lower()}", file, save=False)
    try:
        report = run(Path(row.file.path), street=street, by=by, now=now, dry_run=True, limits=BROWSER)
    except BaseException:
        row.file.delete(save=False)
        raise
    row.profile, row.total = report.profile, report.read
    row.result = report.as_dict() | {"sample": report.sample}
    row.save()
    return row


@transaction.atomic
def confirm(row: ImportRun, *, now: datetime) -> ImportRun:
    """From here on it is an obligation: whoever finds it waiting runs it. Confirmed twice, it runs once."""
    row = ImportRun.objects.select_for_update().get(pk=row.pk)
    if row.state == State.PREVIEWED:
        row.state, row.done = State.WAITING, 0
        row.result |= {"confirmed_at": now.isoformat()}
        row.save()
    return row


@transaction.atomic
def discard(row: ImportRun) -> None:
    """Forget a file that was only looked at."""
    row = ImportRun.objects.select_for_update().get(pk=row.pk)
    if row.state != State.PREVIEWED:
        raise RuleBroken("confirmed", _("This import has been confirmed already."))
    forget(row)
    row.delete()


def execute(pk: int, *, now: datetime) -> None:
    """Run a confirmed import, unless somebody is running it already or it is done.

    One whose worker died is run again from the start: rows that have landed are recognised.
    """
    with _alone(pk) as mine:
        row = ImportRun.objects.select_related("street", "by").filter(pk=pk, state__in=(State.WAITING, State.RUNNING))
        found = row.first() if mine else None
        if found is not None:
            _execute(found, now)


def waiting() -> list[int]:
    """Confirmed imports that are not done, oldest first."""
    rows = ImportRun.objects.filter(state__in=(State.WAITING, State.RUNNING)).order_by("at", "pk")
    return list(rows.values_list("pk", flat=True))


def forget(row: ImportRun) -> None:
    if row.file:
        row.file.delete(save=False)


# What an import says of single rows: titles, and reasons that quote a cell. The counts stay for good.
ROWS = ("sample", "errors", "warnings")


def forget_old(now: datetime, *, dry_run: bool = False) -> int:
    """Files nobody confirmed go after a day; rejected rows, and what was said of single rows, after a month.

    Every night, and whenever somebody brings a file. Tells how many imports lost something.
    """
    left = ImportRun.objects.filter(state=State.PREVIEWED, at__lt=now - UNCONFIRMED_FOR)
    over = ImportRun.objects.filter(state__in=(State.DONE, State.FAILED), at__lt=now - KEPT_FOR)
    kept = over.filter(~Q(file="") | Q(result__has_any_keys=ROWS))
    if dry_run:
        return left.count() + kept.count()
    found = [*left, *kept]
    for row in found:
        forget(row)
        if row.state == State.PREVIEWED:
            row.delete()
        else:
            row.result = {name: value for name, value in row.result.items() if name not in ROWS}
            row.save(update_fields=["file", "result"])
    return len(found)


def _execute(row: ImportRun, now: datetime) -> None:
    row.state = State.RUNNING
    row.save(update_fields=["state"])
    try:
        report = run(
            Path(row.file.path),
            street=row.street,
            by=row.by,
            now=now,
            limits=BROWSER,
            progress=_progress(row),
        )
    except RuleBroken as broken:
        _end(row, State.FAILED, {"error": str(broken)})
        return
    except Exception:
        # The cause goes to the log; the person must not be left with a page that says "running" for ever.
        _end(row, State.FAILED, {"error": str(UNEXPECTED)})
        raise
    row.done = report.read
    _end(row, State.DONE, report.as_dict(), rejected_lines(report))
    settle_words()


def _end(row: ImportRun, state: ImportRun.State, result: dict[str, Any], rejected: str = "") -> None:
    """The uploaded file goes; what could not land stays for a while, to be mended."""
    forget(row)
    if rejected:
        row.file.save(f"{row.pk}-rejected.csv", ContentFile(rejected.encode()), save=False)
    row.state, row.result = state, result
    row.save()


def rejected_lines(report: Report) -> str:
    """The rejected rows as they were, with the reason last: corrected, the same table can be sent again."""
    if not report.rejected:
        return ""
    width = len(report.headings)
    rows = [[*report.headings, REASON]]
    for row, message in report.rejected:
        cells = [text_of(cell) for cell in row.cells[:width]]
        rows.append([*cells, *[""] * (width - len(cells)), message])
    return BOM + "".join(csv_lines(rows))


def _progress(row: ImportRun) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        ImportRun.objects.filter(pk=row.pk).update(done=done, total=total)

    return progress


@contextmanager
def _alone(pk: int) -> Iterator[bool]:
    """Whether we hold this import; the lock falls with the connection, so a killed worker never keeps one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, pk])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, pk])
