"""What may stand in a text that is kept: pure helpers for every door that takes words."""

from __future__ import annotations

import re

# NUL and lone surrogates cannot be stored; other control characters and marks that turn the reading direction
# hide what a text really says. Tab and line ends are kept; a vertical tab is what Word calls a line break.
UNFIT = re.compile("[\x00-\x08\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
BREAKS = re.compile("\r\n?|\x0b|\u2028|\u2029")
BLANKS = re.compile(r"\s+")
# A mobile or land line number, or an identity number: what personal data in running text mostly looks like.
DIGITS = re.compile(r"(?<![0-9A-Za-z-])(?:\d{17}[\dXx]|1[3-9]\d{9}|0\d{2,3}[- ]?\d{7,8})(?![0-9A-Za-z-])")
HIDDEN = "＊＊"


def unfit(text: str) -> str | None:
    """The first character that cannot be kept, as U+XXXX; None when the text is fine."""
    found = UNFIT.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def lines(text: str) -> str:
    """The text with one kind of line end, without blanks around it."""
    return BREAKS.sub("\n", text).strip()


def one_line(text: str) -> str:
    return BLANKS.sub(" ", BREAKS.sub(" ", text)).strip()


def first_sentence(text: str, most: int = 40) -> str:
    """A title made from a text: its first sentence, cut to `most` characters."""
    head = re.split(r"[。！？!?；;\n]", text.strip(), maxsplit=1)[0].strip(" ，,、：:")
    head = one_line(head) or one_line(text)
    return head if len(head) <= most else head[: most - 1] + "…"


def without_numbers(text: str, *names: str) -> str:
    """The text with phone and identity numbers, and the given names, struck out."""
    for name in filter(None, names):
        text = text.replace(name, HIDDEN)
    return DIGITS.sub(HIDDEN, text)
