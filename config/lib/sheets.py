"""Spreadsheets in and out: untrusted files read in a child process, cells written so that none becomes a formula."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from config.lib.errors import RuleBroken

CHILD = Path(__file__).with_name("sheetchild.py")
BOM = "\ufeff"

# What a spreadsheet program may take for a formula. Apostrophes before it are counted in, so that writing and reading
# undo each other for every text.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
ESCAPED = re.compile(r"''*[=+\-@\t\r\n＝＋－＠]")

FAULTS = {
    "empty": gettext_lazy("The file is empty."),
    "no_table": gettext_lazy("This is not a table: please choose an Excel workbook (.xlsx) or a CSV file."),
    "no_workbook": gettext_lazy("This archive holds no Excel workbook: please choose an .xlsx or a CSV file."),
    "old_office": gettext_lazy(
        "This is a file of an old Office version (.xls or .doc). Open it and save it as “Excel workbook (.xlsx)”."
    ),
    "not_really_excel": gettext_lazy(
        "This is a web page or document that only bears a spreadsheet's name. "
        "Open it in Excel and save it as “Excel workbook (.xlsx)”."
    ),
    "encrypted": gettext_lazy("The file is protected by a password. Save a copy without a password and choose that."),
    "macros": gettext_lazy(
        "The workbook contains macros, which are not accepted. Save it as “Excel workbook (.xlsx)” without macros."
    ),
    "damaged": gettext_lazy("The workbook is damaged and cannot be opened."),
    "encoding": gettext_lazy("The text is neither UTF-8 nor GB18030. Save it as “CSV UTF-8” or as an Excel workbook."),
    "limits": gettext_lazy("The file could not be read with the memory and time allowed for one file."),
}


@dataclass(frozen=True)
class Limits:
    """What one file may cost. None: as much as it takes."""

    bytes: int | None
    rows: int | None
    megabytes: int
    seconds: int


BROWSER = Limits(bytes=20 * 2**20, rows=20_000, megabytes=1_024, seconds=30)
COMMAND = Limits(bytes=None, rows=None, megabytes=8_192, seconds=3_600)


@dataclass(frozen=True)
class Moment:
    """An instant a workbook holds as such, without a zone. `whole_day`: the cell holds only a date."""

    at: datetime
    whole_day: bool


Cell = str | int | float | bool | Moment | None


class Row(NamedTuple):
    """`number` is what Excel shows at the left margin."""

    number: int
    cells: list[Cell]


class Sheet:
    """A file's rows, read to the end and found whole before the first of them is used. Empty rows are left out."""

    def __init__(self, lines: IO[str], name: str, count: int) -> None:
        self.name = name
        self.count = count
        self._lines = lines

    def __iter__(self) -> Iterator[Row]:
        self._lines.seek(0)
        for line, _index in zip(self._lines, range(self.count), strict=False):
            number, cells = json.loads(line)
            yield Row(number, [_cell(cell) for cell in cells])

    def close(self) -> None:
        self._lines.close()

    def __enter__(self) -> Sheet:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class Reading:
    """A file being read by a process of its own; there is time for something else until `sheet` is called.

    Both raise RuleBroken, which says in a sentence why the file cannot be read.
    """

    def __init__(self, path: Path, limits: Limits = BROWSER) -> None:
        if not path.is_file():
            raise RuleBroken("no_file", _("There is no file “%(name)s”.") % {"name": path.name})
        check_size(path.stat().st_size, limits)
        self.limits = limits
        # Not under a name: a table may hold names and telephone numbers.
        self._lines = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115
        command = [sys.executable, "-I", str(CHILD), str(path.resolve())]
        command += map(str, (limits.megabytes, limits.seconds, limits.rows or 0))
        self._child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._lines.fileno(), stderr=subprocess.DEVNULL, env={}
        )

    def sheet(self) -> Sheet:
        """The first sheet with something in it, or the CSV file."""
        ended = _wait(self._child, self.limits.seconds * 2)
        end: dict[str, Any] = _last(self._lines) if ended else {"fault": "limits"}
        if "fault" in end:
            raise RuleBroken(end["fault"], _fault(end))
        return Sheet(self._lines, end["name"], end["end"])

    def close(self) -> None:
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        self._lines.close()

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def read_sheet(path: Path, limits: Limits = BROWSER) -> Sheet:
    """A file read at once; close the sheet when done with it."""
    reading = Reading(path, limits)
    try:
        return reading.sheet()
    except BaseException:
        reading.close()
        raise


def check_size(size: int, limits: Limits) -> None:
    if limits.bytes is not None and size > limits.bytes:
        raise RuleBroken(
            "too_large",
            _(
                "The file has %(size)s MB; at most %(most)s MB can be sent here. Larger files go through the command line."
            )
            % {"size": round(size / 2**20), "most": limits.bytes // 2**20},
        )


def escaped(cell: object) -> object:
    """The cell as it is safe to write: text that could be taken for a formula gets an apostrophe."""
    return "'" + cell if isinstance(cell, str) and FORMULA.match(cell) else cell


def unescaped(cell: str) -> str:
    return cell[1:] if ESCAPED.match(cell) else cell


def csv_lines(rows: Iterable[Sequence[object]], *, bom: bool = False) -> Iterator[str]:
    """CSV text, row by row. `bom` lets Excel recognise UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    if bom:
        buffer.write(BOM)
    for row in rows:
        writer.writerow([escaped(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def write_xlsx(rows: Iterable[Sequence[object]], to: IO[bytes], *, title: str) -> None:
    """A workbook with one sheet, written row by row, every text as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for row in rows:
        sheet.append([_writable(cell) for cell in row])
    book.save(to)


def _writable(cell: object) -> Any:
    if isinstance(cell, str):
        # \r would come back from XML as \n; Excel takes 32,767 characters a cell.
        return escaped(ILLEGAL_CHARACTERS_RE.sub("", cell.replace("\r\n", "\n"))[:32_000])
    return cell


def _wait(child: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the child ended well, and in time."""
    try:
        # Popen.wait looks every now and then, which costs a small file as much as reading it.
        handle = os.pidfd_open(child.pid)
    except (AttributeError, OSError):
        pass
    else:
        try:
            watch = select.poll()
            watch.register(handle, select.POLLIN)
            watch.poll(seconds * 1000)
        finally:
            os.close(handle)
        seconds = 0.1
    try:
        return child.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return False


def _last(lines: IO[str]) -> dict[str, Any]:
    """The child's closing line, found from the end without reading the rest."""
    raw = lines.buffer  # type: ignore[attr-defined]
    size = raw.seek(0, io.SEEK_END)
    raw.seek(max(0, size - 4096))
    tail = raw.read().rstrip(b"\n").rsplit(b"\n", 1)[-1]
    lines.seek(0)
    try:
        end = json.loads(tail)
    except ValueError:
        end = None
    return end if isinstance(end, dict) else {"fault": "limits"}


def _fault(end: dict[str, Any]) -> str:
    if end["fault"] == "too_many_rows":
        return _(
            "The file has more than %(rows)s rows. Split it, or ask the administrator to import it on the command line."
        ) % {"rows": f"{end['rows']:,}"}
    if end["fault"] == "bomb":
        return _("Unpacked, this file would have %(size)s MB: it is not opened.") % {"size": f"{end['megabytes']:,}"}
    if end["fault"] == "quotes":
        return _("Row %(row)s: a quotation mark is not closed, so that columns cannot be told apart.") % {
            "row": end["row"]
        }
    return str(FAULTS[end["fault"]])


def _cell(cell: Any) -> Cell:
    if isinstance(cell, str):
        return unescaped(cell)
    if isinstance(cell, dict):
        text = cell["at"]
        return Moment(datetime.fromisoformat(text), whole_day=len(text) == 10)
    return cell  # type: ignore[no-any-return]
