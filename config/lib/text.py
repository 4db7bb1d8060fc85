"""What may stand in a text that is kept: pure helpers for every door that takes words."""

from __future__ import annotations

import re
import unicodedata

# NUL and lone surrogates cannot be stored; other control characters and marks that turn the reading direction
# hide what a text really says. Tab and line ends are kept; a vertical tab is what Word calls a line break.
UNFIT = re.compile("[\x00-\x08\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
# Letters and signs by their class that show nothing all the same: fillers of Korean syllables, a Braille cell without dots.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me", "Mc"})
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
BREAKS = re.compile("\r\n?|\x0b|\u2028|\u2029")
BLANKS = re.compile(r"\s+")
# A mobile or land line number, or an identity number: what personal data in running text mostly looks like.
DIGITS = re.compile(r"(?<![0-9A-Za-z-])(?:\d{17}[\dXx]|1[3-9]\d{9}|0\d{2,3}[- ]?\d{7,8})(?![0-9A-Za-z-])")
HIDDEN = "＊＊"


def unfit(text: str) -> str | None:
    """The first character that cannot be kept, as U+XXXX; None when the text is fine."""
    found = UNFIT.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def visible(text: str) -> bool:
    """Whether anything of it can be seen: no blank, no sign of no width, no mark without a letter."""
    return any(sign not in BLANK and unicodedata.category(sign) not in UNSEEN for sign in text)


def lines(text: str) -> str:
    """The text with one kind of line end, without blanks around it; "" when nothing of it can be seen."""
    text = BREAKS.sub("\n", text).strip()
    return text if visible(text) or unfit(text) else ""


def one_line(text: str) -> str:
    """The text on one line; "" when nothing of it can be seen."""
    text = BLANKS.sub(" ", BREAKS.sub(" ", text)).strip()
    return text if visible(text) or unfit(text) else ""


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
