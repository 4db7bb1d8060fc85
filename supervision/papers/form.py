"""What the .docx and the .pdf of a paper have in common: GB/T 9704-2012 in numbers, and how things are written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from config.lib.text import BREAKS, UNFIT
from supervision.papers.paper import Box, Cell, Paper, Table

# Millimetres and points of the standard: A4, 22 lines of 28 characters of 16 pt.
TOP, LEFT, RIGHT, BOTTOM = 37, 28, 26, 35
WIDTH = 210 - LEFT - RIGHT
WIDTH_POINTS = WIDTH / 25.4 * 72
BODY, TITLE, SMALL, CELL = 16, 22, 14, 10.5  # 三号, 二号, 四号, 五号
MOST_LETTERHEAD = 48.0
LINES, CHARACTERS = 22, 28
TITLE_LINE = 36.0
LINE = 28.95  # the standard's 225 mm hold 22 lines of 28.99 pt; Word keeps twentieths of a point
LEAST_CELL = 7.0
LEAST_COLUMN, MOST_COLUMN, PADDING = 3.2, 12.0, 1.2  # characters of a table
FORM, FORM_LINE = 12, 18.0  # 小四: the type of a form's boxes, and its lines
FORM_SHARES = (0.15, 0.37, 0.15, 0.33)  # label, box, label, box
SLIP_HEAD = 30.0  # the head of a slip at most
NARROW = 4  # a column of words no longer than this is centred

UNBROKEN = re.compile(r"[!-~]+")
DIGITS = "〇一二三四五六七八九"
# What no XML, no spreadsheet and no reader takes: as for kept texts, and the marks of direction that work alone.
GONE = re.compile(f"{UNFIT.pattern}|[\u200e\u200f\u061c\ufeff\ufffc]")


def clean(text: object) -> str:
    return GONE.sub("", BREAKS.sub("\n", str(text))).strip("\n")


def paragraphs(text: str) -> list[str]:
    return [line.strip() for line in clean(text).split("\n") if line.strip()]


def chinese(number: int) -> str:
    """一 to 九十九, as headings count."""
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return head + (DIGITS[ones] if ones else "")


class Numbering:
    """Numbers headings 一、（一）1.（1）; every level begins anew below the one above."""

    def __init__(self) -> None:
        self._counts = [0, 0, 0, 0]

    def mark(self, level: int) -> str:
        level = min(max(level, 1), 4)
        self._counts[level - 1] += 1
        self._counts[level:] = [0] * (4 - level)
        number = self._counts[level - 1]
        return (f"{chinese(number)}、", f"（{chinese(number)}）", f"{number}. ", f"（{number}）")[level - 1]


def day_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def figure(cell: Cell) -> str:
    """A cell as it is printed. A figure that does not exist is a dash."""
    if cell is None:
        return "—"
    if isinstance(cell, float):
        return f"{cell:.10g}"
    return clean(cell)


def is_figure(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, int | float))


def set_at(table: Table, column: int) -> str:
    """How a column is set: figures "right", short words "center", the first column and whatever is long "left"."""
    if figures_only(table, column):
        return "right"
    short = bool(table.rows) and all(len(row[column]) <= NARROW for row in cells(table))
    return "center" if column and short else "left"


def figures_only(table: Table, column: int) -> bool:
    """Whether a column is set flush right: figures, percents, dashes."""
    told = [row[column] for row in table.rows if column < len(row)]
    return bool(told) and all(is_figure(cell) or _looks_like_a_figure(str(cell)) for cell in told)


def _looks_like_a_figure(text: str) -> bool:
    return bool(re.fullmatch(r"[+\-−]?[\d.,]+ ?[%％]?|—|-|", text.strip()))


@dataclass(frozen=True)
class Setting:
    """How a table is set: the parts of the width its columns take, and the size of its type."""

    shares: tuple[float, ...]
    size: float

    def characters(self, column: int) -> float:
        """How many full characters a line of the column holds."""
        return self.shares[column] * WIDTH_POINTS / self.size - PADDING


def setting(table: Table) -> Setting:
    """Widths as asked for or by what stands in the columns; smaller type where figures would not fit."""
    count = len(table.head)
    if not count:
        return Setting((), CELL)
    rows = list(cells(table))
    columns = [[clean(head), *(row[place] for row in rows)] for place, head in enumerate(table.head)]
    least = [min(_least(column), MOST_COLUMN) for column in columns]
    size = min(max(WIDTH_POINTS / (sum(least) + PADDING * count), LEAST_CELL), CELL)
    if len(table.widths) == count and all(width > 0 for width in table.widths):
        widths = list(table.widths)
    else:
        widths = _widths(least, [_wanted(column) for column in columns], WIDTH_POINTS / size)
    return Setting(tuple(width / sum(widths) for width in widths), math.floor(size * 2) / 2)


def _widths(least: list[float], wanted: list[float], room: float) -> list[float]:
    """In characters. What is left over goes to those who want more, or to all alike."""
    spare = max(room - PADDING * len(least) - sum(least), 0.0)
    more = [max(want - have, 0.0) for want, have in zip(wanted, least, strict=True)]
    if sum(more) < spare:
        return [
            have + each + PADDING + (spare - sum(more)) / len(least) for have, each in zip(least, more, strict=True)
        ]
    return [have + PADDING + spare * each / (sum(more) or 1) for have, each in zip(least, more, strict=True)]


def _wanted(column: Sequence[str]) -> float:
    return min(max(map(breadth, column[:200])), MOST_COLUMN * 2)


def _least(column: Sequence[str]) -> float:
    """What must not be broken: numbers and words in Latin letters, and what is short anyway."""
    tokens = (token for text in column[:200] for token in UNBROKEN.findall(text))
    return max([min(_wanted(column), LEAST_COLUMN), *map(breadth, tokens)])


def breadth(text: str) -> float:
    """Width in full characters of the longest line."""
    return max(sum(map(_room, line)) for line in text.split("\n"))


def _room(c: str) -> float:
    if ord(c) > 0x2E7F or c in "“”‘’—…·":
        return 1.0
    return 0.95 if c in "MW" else 0.72 if c.isupper() else 0.55


def cells(table: Table) -> Iterator[tuple[str, ...]]:
    """The rows as printed, each as long as the head."""
    count = len(table.head)
    for row in table.rows:
        yield tuple(figure(cell) for cell in (*row, *[""] * count)[:count])


def sign_indents(signer: str, day: str) -> tuple[float, float]:
    """Indents from the right, in characters, of the signer and the date: one centred above the other, two at least."""
    difference = (breadth(signer) - breadth(day)) / 2
    return (4.0 - difference, 4.0) if difference <= 2 else (2.0, 2.0 + difference)


def letterhead_size(letterhead: str) -> float:
    """As large as fits the width on one line, within what looks well."""
    return min(MOST_LETTERHEAD, WIDTH_POINTS / max(breadth(letterhead), 1.0))


def draft_mark() -> str:
    return _("Draft: not signed, not for passing on")


def nothing() -> str:
    return _("(none)")


def label(number: int, count: int) -> str:
    """附件, or 附件2 when there are several."""
    return _("Attachment") + (str(number) if count > 1 else "")


def list_of_attachments(titles: Sequence[str]) -> list[str]:
    """附件：1. …, the further ones below the first."""
    head = _("Attachment:")
    numbers = [f"{number}. " if len(titles) > 1 else "" for number in range(1, len(titles) + 1)]
    blank = "\u3000" * round(breadth(head))
    return [
        (blank if i else head) + number + clean(title)
        for i, (number, title) in enumerate(zip(numbers, titles, strict=True))
    ]


def imprint(paper: Paper) -> list[tuple[str, str]]:
    """The rows at the foot of the last page: what stands at the left and at the right."""
    rows = []
    if paper.copies:
        rows.append((_("Copies to: %(copies)s") % {"copies": clean(paper.copies)}, ""))
    if paper.printed_by or paper.printed_day:
        day = _("Printed %(day)s") % {"day": day_words(paper.printed_day)} if paper.printed_day else ""
        rows.append((clean(paper.printed_by), day))
    return rows


@dataclass(frozen=True)
class Boxed:
    """What stands in a box: paragraphs (`indent`: their first lines by so many characters), blank lines, its foot."""

    words: tuple[str, ...]
    indent: int
    blank: int
    foot: tuple[str, ...]


def boxed(box: Box, share: float) -> Boxed:
    """`share`: the part of the width the box takes. What is missing to its least number of lines is left blank."""
    room = max(share * WIDTH_POINTS / FORM - PADDING, 1.0)
    words, indent = paragraphs(box.words), 2 if box.lines > 1 else 0
    taken = sum(math.ceil((breadth(line) + indent) / room) for line in words)
    return Boxed(tuple(words), indent, max(box.lines - taken, 0), tuple(paragraphs(box.foot)))
