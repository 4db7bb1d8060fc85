"""Typst with our own fonts and nothing else: the same paper gives the same bytes on every machine."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import typst

ROOM = Path(__file__).resolve().parent
TEMPLATE, PICTURE = ROOM / "paper.typ", ROOM / "picture.typ"
FONTS = ROOM.parent.parent / "fonts"  # laid out by tools/fonts.py


@cache
def fonts() -> typst.Fonts:
    if not any(FONTS.glob("*.ttf")):
        raise FileNotFoundError(f"{FONTS} holds no fonts: run `make setup`.")
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def pdf(paper: dict[str, Any], *, day: date) -> bytes:
    made = typst.compile(
        str(TEMPLATE),
        root=str(ROOM),
        font_paths=fonts(),
        sys_inputs={"paper": json.dumps(paper)},
        timestamp=datetime.combine(day, time(), UTC),
    )
    assert isinstance(made, bytes)
    return made


def png(picture: dict[str, Any], *, dpi: int) -> bytes:
    made = typst.compile(
        str(PICTURE),
        root=str(ROOM),
        font_paths=fonts(),
        sys_inputs={"picture": json.dumps(picture)},
        format="png",
        ppi=float(dpi),
    )
    assert isinstance(made, bytes)  # several pages would be a list
    return made
