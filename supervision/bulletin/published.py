"""The chapters of the version for all, from what `public.publish` lets through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from supervision.bulletin import words
from supervision.bulletin.parts import HELD_BACK, Cell, Chapter, Grid, percent, sample, seen, texts
from supervision.bulletin.public import STREET
from supervision.papers.paper import Picture


def chapters(version: Mapping[str, Any], kept: Mapping[str, Any], words_to_all: str, span: str) -> list[Chapter]:
    """From `public.publish` alone; of the snapshot only names of places and the terms are read."""
    rows, rates, bounds = version["rows"], version["rates"], version.get("bounds", {})
    names = kept["communities"] | {"none": _("without a community")}
    order = [area for area in (*kept["order"], "none") if area in rows]
    street = rows[STREET]

    def counted(keys: Sequence[str]) -> Grid:
        found = [(Cell(words.label(key), hint=words.explained(key)), Cell(seen(street, key))) for key in keys]
        return Grid("", (_("Figure"), _("Count")), tuple(found))

    def by_area(name: str, keys: Sequence[str]) -> list[Grid]:
        if len(order) < 2:
            return []
        lines = [(Cell(names[area]), *(Cell(seen(rows[area], key)) for key in keys)) for area in order]
        lines.append((Cell(_("The whole street")), *(Cell(seen(street, key)) for key in keys)))
        return [Grid(name, (_("Community"), *map(words.label, keys)), tuple(lines))]

    def rated(keys: Sequence[str]) -> Grid:
        lines = []
        for key in keys:
            (name, how), rate = words.RATES[key], rates[STREET][key]
            within = bounds.get(key)
            told = (_within(within), within["whole"]) if rate is None and within else (percent(rate), sample(rate))
            lines.append((Cell(str(name), hint=str(how)), *map(Cell, told)))
        return Grid("", (_("Rate"), _("Value"), _("Sample")), tuple(lines))

    tops = sorted(version["tops"].get("category", {}).items(), key=lambda item: (-item[1], item[0]))
    hot = Grid(
        _("What residents told us most"),
        (_("Matter"), _("Count")),
        tuple((Cell(name or _("none")), Cell(count)) for name, count in tops[:10]),
    )
    return [
        Chapter(
            _("The whole picture"),
            texts(words_to_all),
            (
                counted(("received", "concluded", "open", "withdrawn", "duplicates")),
                *by_area(_("By community"), ("received", "concluded")),
                *([hot] if hot.rows else []),
            ),
            _public_picture(rows, order, names),
        ),
        Chapter(
            _("Lights and deadlines"),
            (),
            (
                rated(("response", "on_time")),
                counted(("green", "yellow", "red", "paused", "late", "late_explained", "late_unexplained")),
                *by_area(_("Limits kept, by community"), ("response_due", "response_kept", "due", "kept")),
            ),
        ),
        Chapter(
            _("What residents say"),
            (),
            (
                rated(("resolution", "satisfaction")),
                counted(
                    (
                        "solved",
                        "partly_solved",
                        "not_solved",
                        "unreached",
                        "satisfied",
                        "dissatisfied",
                        "unrated",
                        "excluded",
                    )
                ),
                *by_area(_("By community"), ("answered", "solved", "rated", "satisfied")),
            ),
        ),
        Chapter(
            _("What is put right"),
            (),
            (
                counted(
                    ("bad", "bad_done", "bad_open", "items_set", "items_signed", "items_open", "items_late", "praise")
                ),
                rated(("returns", "again", "extensions")),
            ),
        ),
    ]


def _within(bounds: Mapping[str, Any]) -> str:
    if "low" in bounds:
        return _("at least %(percent)s%%") % {"percent": bounds["low"]}
    return _("at most %(percent)s%%") % {"percent": bounds["high"]}


def _public_picture(rows: Mapping[str, Any], order: Sequence[str], names: Mapping[str, str]) -> tuple[Picture, ...]:
    told = [area for area in order if "received" in rows[area]]
    if len(told) < 2:
        return ()
    values = tuple(float(rows[area]["received"]) for area in told)
    return (
        Picture(
            "bars", _("Received by community"), tuple(names[area] for area in told), ((_("Matters received"), values),)
        ),
    )


def held_back_told(version: Mapping[str, Any]) -> str:
    return _(
        "“%(mark)s”: held back, because a number below %(threshold)s could point at somebody, or would give away one that does."
    ) % {
        "mark": HELD_BACK,
        "threshold": version["threshold"],
    }
