"""A book as an Excel workbook with charts that live: change a figure on the sheet of figures, and the chart follows."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils.translation import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from config.lib.sheets import escaped
from supervision.papers import form
from supervision.papers.paper import Book, Cell, ColumnKind, Picture, Sheet
from supervision.papers.pictures import COLOURS, ink_on

FONT = "宋体"
TITLE_ROW, NOTE_ROW, HEAD_ROW = 0, 1, 2
NARROWEST, WIDEST = 8.0, 48.0
MOST_LETTERS = 32_000  # Excel takes 32,767 a cell
MOST_DIGITS = 10**15  # beyond, Excel rounds
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
NUMBERS: dict[ColumnKind, str] = {"text": "@", "number": "#,##0.##", "percent": "0.0%", "date": "yyyy-mm-dd"}
PLAIN: ColumnKind = "text"
KINDS: dict[str, dict[str, str]] = {
    "bars": {"type": "bar"},
    "stacked": {"type": "bar", "subtype": "stacked"},
    "lines": {"type": "line"},
    "share": {"type": "doughnut"},
}
WIDE, CELL = 640, (64, 20)  # pixels of a chart and of a cell nobody has widened
EARLIEST = date(2000, 1, 1)  # of a book without a day: the hour it was written would make every file another one


def write(book: Book) -> bytes:
    file = io.BytesIO()
    with Workbook(file, OPTIONS) as workbook:
        workbook.set_properties(_about(book))
        writer = _Writer(workbook, names=_names(book))
        for sheet in book.sheets:
            writer.sheet(sheet)
        writer.figures()
    return file.getvalue()


class _Writer:
    def __init__(self, workbook: Workbook, *, names: list[str]) -> None:
        self.workbook = workbook
        self.names = iter(names)
        self.name_of_figures = names[-1]
        self.pictures: list[Picture] = []
        self.row = 0  # the next free row on the sheet of figures
        self.title = self.format(bold=True, font_size=14)
        self.note = self.format(font_color="#555555")
        self.head = self.format(bold=True, border=1, bg_color="#e8eef5", align="center", text_wrap=True)
        self.cells = {
            kind: self.format(border=1, num_format=shown, text_wrap=kind == "text") for kind, shown in NUMBERS.items()
        }
        self.none = self.format(border=1, align="right")
        self.whole = self.format(border=1, num_format="#,##0")

    def format(self, **properties: Any) -> Format:
        return self.workbook.add_format({"font_name": FONT, "font_size": 11, "valign": "vcenter", **properties})

    def sheet(self, sheet: Sheet) -> None:
        page = self.workbook.add_worksheet(next(self.names))
        kinds: list[ColumnKind] = [*sheet.kinds, *[PLAIN] * len(sheet.head)][: len(sheet.head)]
        _text(page, TITLE_ROW, 0, sheet.title, self.title)
        if sheet.note:
            _text(page, NOTE_ROW, 0, sheet.note, self.note)
        for column, head in enumerate(sheet.head):
            _text(page, HEAD_ROW, column, head, self.head)
        for number, row in enumerate(sheet.rows, HEAD_ROW + 1):
            for column, (cell, kind) in enumerate(zip(row, kinds, strict=False)):
                self.cell(page, number, column, cell, kind)
        _set_widths(page, sheet)
        _set_page(page, sheet)
        if sheet.chart is not None and sheet.chart.labels and sheet.chart.series:
            self.chart(page, len(sheet.head) + 1, len(sheet.rows), sheet.chart)

    def cell(self, page: Worksheet, row: int, column: int, cell: Cell | date, kind: ColumnKind) -> None:
        cell = _day(cell) if kind == "date" else cell
        if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
            page.write_string(row, column, "—", self.none)
        elif isinstance(cell, date):
            page.write_datetime(row, column, cell, self.cells["date"])
        elif isinstance(cell, int | float) and abs(cell) < MOST_DIGITS:
            whole = kind == "number" and float(cell).is_integer()
            page.write_number(
                row, column, cell, self.whole if whole else self.cells[kind if kind != "date" else "number"]
            )
        else:
            _text(page, row, column, cell, self.cells["text"])

    def chart(self, page: Worksheet, column: int, rows: int, picture: Picture) -> None:
        chart: Any = self.workbook.add_chart(KINDS[picture.kind])
        first = self.row + 2
        last = first + len(picture.labels) - 1
        for number, (name, _values) in enumerate(picture.series):
            chart.add_series(
                {
                    "name": [self.name_of_figures, first - 1, number + 1] if name else form.clean(picture.title),
                    "categories": [self.name_of_figures, first, 0, last, 0],
                    "values": [self.name_of_figures, first, number + 1, last, number + 1],
                    **_look(picture, number),
                }
            )
        _set_axes(chart, picture)
        height = 120 + 26 * len(picture.labels) * (len(picture.series) if picture.kind == "bars" else 1)
        height = min(max(height, 320), 900)
        chart.set_size({"width": WIDE, "height": height})
        # LibreOffice fits to the page what the cells take, and cuts the chart off.
        page.print_area(
            0, 0, max(HEAD_ROW + rows, HEAD_ROW + math.ceil(height / CELL[1])), column + math.ceil(WIDE / CELL[0])
        )
        page.insert_chart(
            HEAD_ROW, column, chart, {"description": form.clean(picture.words)[:MOST_LETTERS], "object_position": 3}
        )
        self.pictures.append(picture)
        self.row = last + 2

    def figures(self) -> None:
        """What the charts are drawn from, at the end of the book."""
        if not self.pictures:
            return
        page = self.workbook.add_worksheet(self.name_of_figures)
        page.set_column(0, 0, 24, None)
        row = 0
        for picture in self.pictures:
            _text(page, row, 0, picture.title, self.title)
            _text(page, row + 1, 0, picture.unit, self.head)
            for number, (name, values) in enumerate(picture.series, 1):
                _text(page, row + 1, number, name, self.head)
                for place, value in enumerate(values[: len(picture.labels)]):
                    if value is not None and math.isfinite(value):  # an empty cell is a gap in the line
                        page.write_number(row + 2 + place, number, value, self.cells["number"])
            for place, label in enumerate(picture.labels):
                _text(page, row + 2 + place, 0, label, self.cells["text"])
            row += len(picture.labels) + 3


def _look(picture: Picture, number: int) -> dict[str, Any]:
    colours = picture.colours or COLOURS
    colour = colours[number % len(colours)]
    if picture.kind == "lines":
        marker = {
            "type": ("circle", "square", "diamond")[number % 3],
            "fill": {"color": colour},
            "border": {"color": colour},
        }
        return {"line": {"color": colour, "width": 2.25}, "marker": marker}
    if picture.kind == "share":
        points = [{"fill": {"color": colours[i % len(colours)]}} for i in range(len(picture.labels))]
        return {"points": points, "data_labels": {"percentage": True, "category": False, "leader_lines": True}}
    # On a pile, noughts would be written over each other.
    labels: dict[str, Any] = {
        "value": True,
        "num_format": "#,##0.##;-#,##0.##;" if picture.kind == "stacked" else "#,##0.##",
    }
    if picture.kind == "stacked":
        labels["font"] = {"color": ink_on(colour)}
    return {"fill": {"color": colour}, "data_labels": labels, "gap": 60}


def _set_axes(chart: Any, picture: Picture) -> None:
    chart.set_title({"name": form.clean(picture.title), "name_font": {"name": FONT, "size": 14}})
    chart.show_blanks_as("gap")
    many = len(picture.series) > 1 or picture.kind == "share"
    chart.set_legend({"position": "bottom"} if many else {"none": True})
    if picture.kind == "share":
        return
    values: dict[str, Any] = {"major_gridlines": {"visible": True, "line": {"color": "#d9d9d9"}}}
    if picture.unit:
        values["name"] = form.clean(picture.unit)
    if _no_less_than_nought(picture):
        values["min"] = 0
    if picture.unit == "%" and _no_more_than(picture, 100):
        values["max"] = 100
    if picture.kind == "lines":
        chart.set_y_axis(values)
    else:  # lying bars are read from the top; turned round, their values would stand above
        chart.set_x_axis(values)
        chart.set_y_axis({"reverse": True, "crossing": "max", "major_gridlines": {"visible": False}})


def _no_less_than_nought(picture: Picture) -> bool:
    return all(value is None or value >= 0 for _name, values in picture.series for value in values)


def _no_more_than(picture: Picture, most: float) -> bool:
    return all(value is None or value <= most for _name, values in picture.series for value in values)


def _text(page: Worksheet, row: int, column: int, text: object, style: Format) -> None:
    page.write_string(row, column, str(escaped(form.clean(text)[:MOST_LETTERS])), style)


def _day(cell: Cell | date) -> Cell | date:
    """ISO text as the day it says; anything else as it is."""
    if isinstance(cell, str):
        try:
            return date.fromisoformat(cell.strip()[:10])
        except ValueError:
            return cell
    return cell


def _shown(cell: Cell | date) -> str:
    return f"{cell:,.1f}" if isinstance(cell, float) else form.clean(cell)


def _set_widths(page: Worksheet, sheet: Sheet) -> None:
    for column, head in enumerate(sheet.head):
        told = (_shown(row[column]) for row in sheet.rows[:500] if column < len(row))
        widest = max([form.breadth(form.clean(head)), *map(form.breadth, told)])
        page.set_column(column, column, min(max(widest * 2 + 2, NARROWEST), WIDEST))


def _set_page(page: Worksheet, sheet: Sheet) -> None:
    page.freeze_panes(HEAD_ROW + 1, 1)
    page.repeat_rows(HEAD_ROW)
    page.set_paper(9)  # A4
    if len(sheet.head) > 6 or sheet.chart is not None:
        page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_footer("&C— &P —")
    page.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
    if sheet.rows and sheet.head:
        page.autofilter(HEAD_ROW, 0, HEAD_ROW + len(sheet.rows), len(sheet.head) - 1)


def _names(book: Book) -> list[str]:
    """Names Excel accepts, each its own; last that of the sheet of figures."""
    names: list[str] = []
    for wanted in [*(sheet.name for sheet in book.sheets), _("Figures of the charts")]:
        names.append(_free(FORBIDDEN.sub(" ", form.clean(wanted).replace("\n", " ")).strip(" '")[:31] or "—", names))
    return names


def _free(name: str, taken: Iterable[str]) -> str:
    used = {each.casefold() for each in taken}
    number, free = 2, name
    while free.casefold() in used:
        free = f"{name[:26]} ({number})"
        number += 1
    return free


def _about(book: Book) -> dict[str, Any]:
    day = datetime.combine(book.day or EARLIEST, time(), UTC).replace(tzinfo=None)
    return {"title": form.clean(book.title)[:255], "author": form.clean(book.author)[:255], "created": day}
