"""Whether words point at somebody: names and telephone numbers, however they are set. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

HAN = "\u3007\u3400-\u9fff\U00020000-\U0003ffff"
# Blanks (not line ends), marks without width, dashes, middle dots.
APART = "[^\\S\r\n]|[\u200b-\u200d\u2060\ufeff\u00ad\\-\u2010-\u2015\u2212\u00b7\u2022\u2027\u2219\u30fb]"
BETWEEN_HAN = re.compile(f"(?<=[{HAN}])(?:{APART})+(?=[{HAN}])")
# Case numbers and dates have dashes and blanks around them as telephone numbers do.
NO_PHONE = re.compile(r"(?<!\d)(?:(?:\w+-)?20\d{6}-\d{4,}|20\d\d([-./])\d\d?\1\d\d?)(?!\d)", re.ASCII)
GAP = f"(?:{APART}|[().])" + "{0,3}"
PHONE = re.compile(
    rf"(?<!\d)(?:86{GAP})?1{GAP}[3-9](?:{GAP}\d){{9}}(?!\d)|(?<!\d)0{GAP}[1-9](?:{GAP}\d){{8,10}}(?!\d)", re.ASCII
)


def plain(text: str) -> str:
    """One way of setting it: full width as half width, nothing between the characters of a name."""
    return BETWEEN_HAN.sub("", unicodedata.normalize("NFKC", text)).strip()


def points_at(words: str, names: Iterable[str]) -> str | None:
    """The first name of at least two characters, or the telephone number, that is in the words."""
    told = plain(words)
    known = sorted({name for one in names if len(name := plain(one)) > 1})
    found = PHONE.search(NO_PHONE.sub("|", told))
    return next((name for name in known if name in told), None) or (found.group() if found else None)
