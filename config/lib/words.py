"""Words for Chinese search without a dictionary: pairs of neighbouring characters, and whole Latin words. Pure."""

from __future__ import annotations

import re
from operator import add

RUN = re.compile(r"[㐀-䶿一-鿿]+|[0-9A-Za-z]+")
INDEXED = 2_000


def grams(*texts: str) -> list[str]:
    """Distinct search words of the texts together, each text counted up to 2,000 characters."""
    found: set[str] = set()
    for text in texts:
        for run in RUN.findall(text[:INDEXED]):
            if run[0].isascii():
                found.add(run.lower())
            else:
                found.update(run)
                found.update(map(add, run, run[1:]))
    return sorted(found)


def query_grams(words: str) -> list[str]:
    """What must all be present for `words` to be found: pairs where a run has two characters or more."""
    wanted: set[str] = set()
    for run in RUN.findall(words):
        if run[0].isascii():
            wanted.add(run.lower())
        elif len(run) == 1:
            wanted.add(run)
        else:
            wanted.update(run[i : i + 2] for i in range(len(run) - 1))
    return sorted(wanted)
