"""A paper as a PDF in the form of GB/T 9704-2012: text that can be searched and read aloud, fonts in the file.

The typesetter has a Song font for the body, where the standard has Fangsong: no Fangsong may be passed on freely.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from supervision.papers import form, typesetter
from supervision.papers.paper import Block, Box, Break, Form, Heading, Paper, Picture, Table, Words
from supervision.papers.pictures import marks

UNBROKEN = re.compile(r"[!-~]+")  # addresses and numbers
FIGURE = re.compile(r"[A-Z]{0,8}[-+\d.,%]+")  # numbers of cases, too: their column is reckoned for them
MOST_WORD = 36
ZERO_SPACE = "\u200b"
LONG_ROW = 400  # characters; a row that is longer may go on on the next page


def write(paper: Paper) -> bytes:
    return typesetter.pdf(_paper(paper), day=paper.day)


def _paper(paper: Paper) -> dict[str, Any]:
    day = form.day_words(paper.day)
    letterhead = form.clean(paper.letterhead)
    return {
        "form": {
            "top": form.TOP, "left": form.LEFT, "right": form.RIGHT, "bottom": form.BOTTOM, "width": form.WIDTH,
            "body": form.BODY, "title": form.TITLE,
            "title_line": form.TITLE_LINE, "line": form.LINE, "characters": form.CHARACTERS,
        },
        "slip": paper.slip,
        "draft": form.draft_mark() if paper.draft else "",
        "mark": form.clean(paper.mark),
        "letterhead": letterhead,
        "letterhead_size": min(form.letterhead_size(letterhead), form.SLIP_HEAD if paper.slip else form.MOST_LETTERHEAD),
        "document_no": form.clean(paper.document_no),
        "name": form.clean(paper.title).replace("\n", ""),
        "title": _breakable(paper.title),
        "to": f"{_breakable(paper.to)}：" if paper.to else "",
        "blocks": list(_blocks(paper.blocks)),
        "list": [_breakable(line) for line in form.list_of_attachments([each.title for each in paper.attachments])],
        "signer": form.clean(paper.signer),
        "day": day,
        "sign_indents": form.sign_indents(form.clean(paper.signer), day),
        "attachments": [
            {"label": form.label(number, len(paper.attachments)), "title": _breakable(each.title),
             "blocks": list(_blocks(each.blocks))}
            for number, each in enumerate(paper.attachments, 1)
        ],
        "imprint": form.imprint(paper),
    }  # fmt: skip


def _blocks(blocks: Iterable[Block]) -> Iterator[dict[str, Any]]:
    numbering = form.Numbering()
    for block in blocks:
        match block:
            case Heading():
                level = min(max(block.level, 1), 4)
                yield {"kind": "heading", "level": level, "text": numbering.mark(level) + _breakable(block.text)}
            case Words():
                for words in form.paragraphs(block.text):
                    yield {"kind": "words", "text": _breakable(words)}
            case Table():
                yield _table(block)
            case Picture():
                height, drawn = marks(block)
                yield {"kind": "picture", "title": _breakable(block.title), "words": form.clean(block.words),
                       "picture": {"width": form.WIDTH, "height": height, "marks": drawn}}  # fmt: skip
            case Form():
                yield {"kind": "form", "size": form.FORM, "line": form.FORM_LINE, "widths": form.FORM_SHARES,
                       "rows": [list(_boxes(row)) for row in block.rows]}  # fmt: skip
            case Break():
                yield {"kind": "break"}


def _boxes(row: tuple[Box, ...]) -> Iterator[dict[str, Any]]:
    alone = len(row) == 1
    for box, share in zip(row, [sum(form.FORM_SHARES[1:])] if alone else form.FORM_SHARES[1::2], strict=True):
        most = max(int((share * form.WIDTH_POINTS / form.FORM - form.PADDING) / 0.55), 2)
        found = form.boxed(box, share)
        yield {
            "label": _breakable(box.label, 8),
            "span": 3 if alone else 1,
            "short": box.lines == 1,
            "indent": found.indent,
            "words": [_breakable(words, most) for words in found.words],
            "blank": found.blank,
            "foot": list(found.foot),
        }


def _table(table: Table) -> dict[str, Any]:
    rows = list(form.cells(table))
    columns = range(len(table.head))
    setting = form.setting(table)
    fits = [max(int(setting.characters(column) / 0.55), 2) for column in columns]
    empty = [(form.nothing(), *[""] * (len(table.head) - 1))] if table.head else []
    return {
        "kind": "table",
        "title": _breakable(table.title),
        "head": [_breakable(cell) for cell in table.head],
        "widths": setting.shares,
        "size": setting.size,
        "sides": [form.set_at(table, column) for column in columns],
        "rows": [
            {
                "cells": [_breakable(cell, most) for cell, most in zip(row, fits, strict=True)],
                "long": sum(map(len, row)) > LONG_ROW,
            }
            for row in rows or empty
        ],
    }  # fmt: skip


def _breakable(text: str, most: int = MOST_WORD) -> str:
    """The text with places to break in words of Latin letters longer than this: the typesetter knows none."""
    return UNBROKEN.sub(lambda word: _broken(word.group(), most), form.clean(text))


def _broken(word: str, most: int) -> str:
    most = most if FIGURE.fullmatch(word) else max(int(most * 0.68), 1)  # a w is wider than a 1
    return word if len(word) <= most else ZERO_SPACE.join(word[i : i + most] for i in range(0, len(word), most))
