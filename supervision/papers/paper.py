"""What a paper or a workbook holds, as plain values. `docx`, `pdf` and `xlsx` write them down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Cell = str | int | float | None  # None is a figure that does not exist: printed as a dash, never as nought
PictureKind = Literal["bars", "stacked", "lines", "share"]
ColumnKind = Literal["text", "number", "percent", "date"]


@dataclass(frozen=True)
class Heading:
    """Levels 1 to 4; the writer numbers them: 一、（一）1.（1）."""

    level: int
    text: str


@dataclass(frozen=True)
class Words:
    """One paragraph. A line break inside begins another one."""

    text: str


@dataclass(frozen=True)
class Table:
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...] = ()  # shares of the width, in any unit; empty: reckoned from the text


@dataclass(frozen=True)
class Picture:
    """`values` of every series are as many as `labels`; None is a gap. `share` looks at the first series only."""

    kind: PictureKind
    title: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]
    unit: str = ""
    colours: tuple[str, ...] = ()  # "#rrggbb" per series (per label for `share`); empty: the house's own

    @property
    def words(self) -> str:
        """The figures as one sentence, for who cannot see the picture."""
        told = []
        for name, values in self.series:
            pairs = "，".join(
                f"{label} {_told(value, self.unit)}" for label, value in zip(self.labels, values, strict=False)
            )
            told.append(f"{name}：{pairs}" if name else pairs)
        return f"{self.title}。{'；'.join(told)}。" if told else f"{self.title}。"


@dataclass(frozen=True)
class Break:
    """A new page."""


@dataclass(frozen=True)
class Box:
    """A labelled box of a form. `lines`: how many lines there is room for at least. `foot`: at its right lower end."""

    label: str
    words: str = ""
    lines: int = 1
    foot: str = ""


@dataclass(frozen=True)
class Form:
    """Boxes to read, to fill in and to stamp: rows of one, over the whole width, or of two."""

    rows: tuple[tuple[Box] | tuple[Box, Box], ...]


Block = Heading | Words | Table | Picture | Break | Form


@dataclass(frozen=True)
class Attachment:
    """Begins on its own page, numbered by the writer: 附件1."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Paper:
    letterhead: str  # in red at the head: who speaks, "长安街道办事处"
    document_no: str  # "长街通报〔2026〕11号"; "" when there is none
    title: str
    blocks: tuple[Block, ...]
    signer: str
    day: date
    mark: str = ""  # "内部" or "公开", at the top left
    to: str = ""  # "各社区、各科室", without the colon
    attachments: tuple[Attachment, ...] = ()
    copies: str = ""  # 抄送, without the word
    printed_by: str = ""
    printed_day: date | None = None
    draft: bool = False
    # A slip of one page as a rule: red head, number and day in one line, the blocks. Title and signer are not printed.
    slip: bool = False


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook. `rows` hold plain values: percents as 0.95, dates as `date` or ISO text."""

    name: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell | date, ...], ...]
    kinds: tuple[ColumnKind, ...] = ()  # one per column; empty: text
    chart: Picture | None = None
    note: str = ""


@dataclass(frozen=True)
class Book:
    sheets: tuple[Sheet, ...]
    title: str = ""
    author: str = ""
    day: date | None = None  # when it was made, as the file says


def _told(value: float | None, unit: str) -> str:
    if value is None:
        return "—"
    return f"{value:g}{unit}"
