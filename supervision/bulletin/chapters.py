"""A bulletin's chapters from its frozen snapshot: pages and papers show the same ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from complaints.models import Case, RatingCheck
from complaints.ratings import BAD_TO, State
from supervision.bulletin import sentences, words
from supervision.bulletin.facts import Fact
from supervision.bulletin.figures import COUNTS
from supervision.bulletin.models import Bulletin
from supervision.bulletin.parts import Cell, Chapter, Grid, percent, sample, texts
from supervision.bulletin.periods import Period, Span
from supervision.bulletin.snapshot import ITEM
from supervision.models import RectificationItem
from supervision.papers.paper import Picture


def period_name(period: Period) -> str:
    year, month = period.first.year, period.first.month
    if period.span == Span.MONTH:
        return _("%(month)s/%(year)s") % {"year": year, "month": month}
    if period.span == Span.QUARTER:
        return _("quarter %(quarter)s of %(year)s") % {"year": year, "quarter": (month + 2) // 3}
    return _("the year %(year)s") % {"year": year}


def title(bulletin: Bulletin) -> str:
    place = bulletin.community.name if bulletin.community else bulletin.street.name
    return _("%(place)s: %(title)s (%(period)s)") % {
        "place": place,
        "title": words.TITLES[bulletin.span],
        "period": period_name(bulletin.period),
    }


def internal(bulletin: Bulletin) -> list[Chapter]:
    kept, span = bulletin.snapshot, bulletin.span
    told = kept["figures"]
    street, areas = told["street"], told["communities"]
    names = kept["communities"] | {"none": _("without a community")}
    several = len(areas) > 1
    order = [area for area in (*kept["order"], "none") if area in areas]
    counts, rates = street["counts"], street["rates"]

    def by_area(name: str, keys: Sequence[str]) -> list[Grid]:
        if not several:
            return []
        rows = [(Cell(names[area]), *(Cell(areas[area]["counts"][key], key, area) for key in keys)) for area in order]
        rows.append((Cell(_("The whole street")), *(Cell(counts[key], key) for key in keys)))
        return [Grid(name, (_("Community"), *map(words.label, keys)), tuple(rows))]

    return [
        Chapter(_("Praise"), texts(bulletin.praise, sentences.praise(counts)), _praised(kept["praised"])),
        Chapter(
            _("The whole picture"),
            texts(
                bulletin.foreword,
                sentences.opening(counts, street["changes"], span) + sentences.uncompared(kept, span),
            ),
            (
                _counted(street, span, ("received", "concluded", "open", "withdrawn", "duplicates")),
                *by_area(_("By community"), ("received", "concluded", "open")),
                _hot(told["hot"], span),
                *_tops(street["tops"]),
            ),
            _pictures(areas, order, names) if several else (),
        ),
        Chapter(
            _("Lights and deadlines"),
            (sentences.median(street),),
            (
                _rated(street, span, ("response", "on_time")),
                _counted(street, span, ("response_late", "late", "late_explained", "late_unexplained")),
                *by_area(_("Open at the end, by light"), ("green", "yellow", "red", "paused")),
                *by_area(_("Limits kept, by community"), ("response_due", "response_kept", "due", "kept", "late")),
                *_rates_by_area(_("Rates by community"), areas, order, names, ("response", "on_time"), several),
            ),
        ),
        Chapter(
            _("Satisfaction and bad ratings"),
            texts(sentences.score(street["score"], kept["terms"])),
            (
                _rated(street, span, ("resolution", "satisfaction")),
                _counted(street, span, ("level_5", "level_4", "level_3", "level_2", "level_1", "unrated", "excluded")),
                _counted(street, span, ("solved", "partly_solved", "not_solved", "unreached")),
                *_rates_by_area(_("Rates by community"), areas, order, names, ("resolution", "satisfaction"), several),
                _counted(street, span, ("bad", "bad_done", "bad_open")),
            ),
        ),
        Chapter(
            _("Returns, doing again, more time"),
            (),
            (_rated(street, span, ("returns", "again", "extensions")),),
        ),
        Chapter(
            _("Problems to put right"),
            texts(bulletin.problems, sentences.items(kept["item_counts"])),
            _items(kept["items"]),
        ),
        Chapter(_("What is asked next"), texts(bulletin.asks or sentences.asked(counts, rates))),
    ]


def lists(facts: Iterable[Fact], kept: Mapping[str, Any]) -> list[Grid]:
    """The cases of the annexes: late ones and badly rated ones."""
    every = list(facts)
    names, units = kept["communities"], kept["units"]

    def where(fact: Fact) -> tuple[Cell, ...]:
        return (
            Cell(fact.number, case=fact.number),
            Cell(names.get(str(fact.community), "")),
            Cell(units.get(str(fact.unit), "")),
            Cell(fact.category),
        )

    head = (_("Case"), _("Community"), _("Unit"), _("Category"))
    late = [(*where(fact), Cell(_("yes") if fact.explained else _("no"))) for fact in every if COUNTS["late"](fact)]
    bad = [
        (*where(fact), Cell(level(fact.bad)), Cell(_outcome(fact.bad_outcome)), Cell(state_words(fact.bad_state)))
        for fact in every
        if 0 < fact.bad <= BAD_TO
    ]
    return [
        Grid(_("Late cases"), (*head, _("Reason stated")), tuple(late)),
        Grid(_("Bad ratings"), (*head, _("Level"), _("Found"), _("Where it stands")), tuple(bad)),
    ]


def definitions(kept: Mapping[str, Any], *, public: bool = False) -> list[str]:
    """How the rates are reckoned, by the terms that were in force. Residents are shown no score, so no weights."""
    terms = kept["terms"]
    told = [_("%(name)s: %(how)s") % {"name": name, "how": how} for name, how in words.RATES.values()]
    told.append(
        _("Below a sample of %(minimum)s no percentage is compared; the span holds the true share 95 times out of 100.")
        % {"minimum": terms["minimum_sample"]}
    )
    partly = {"partly": terms["partly"]}
    if public:
        told.append(_("“Partly solved” counts %(partly)s.") % partly)
    else:
        told.append(
            _(
                "Weights: %(response)s for response, %(resolution)s for resolution, %(satisfaction)s for satisfaction; "
                "“partly solved” counts %(partly)s."
            )
            % (
                partly
                | {
                    "response": terms["response_weight"],
                    "resolution": terms["resolution_weight"],
                    "satisfaction": terms["satisfaction_weight"],
                }
            )
        )
    names = kept.get("policy_names", {})  # the oldest bulletins have none
    changed = [names.get(code, code) for code, versions in kept["policies"] if len(versions) > 1]
    if changed:
        told.append(_("Time limits changed within the period: %(codes)s.") % {"codes": _(", ").join(changed)})
    return told


# Pieces


def _counted(area: Mapping[str, Any], span: str, keys: Sequence[str]) -> Grid:
    counts, compared = area["counts"], [area["changes"], area["year_changes"]][: 1 if span == Span.YEAR else 2]
    rows = tuple(
        (
            Cell(words.label(key), hint=words.explained(key)),
            Cell(counts[key], key),
            *(Cell(_change(changes[key])) for changes in compared),
        )
        for key in keys
    )
    return Grid("", (_("Figure"), _("Count"), *_against(span)), rows)


def _against(span: str) -> tuple[str, ...]:
    """The headings of the comparisons: of a year there is one."""
    labels = words.SPANS[span][: 1 if span == Span.YEAR else 2]
    return tuple(_("against %(before)s") % {"before": label} for label in labels)


def _rated(area: Mapping[str, Any], span: str, keys: Sequence[str]) -> Grid:
    names = ("points", "year_points")[: 1 if span == Span.YEAR else 2]
    rows = []
    for key in keys:
        rate = area["rates"][key]
        name, how = words.RATES[key]
        rows.append(
            (
                Cell(str(name), hint=str(how)),
                Cell(percent(rate)),
                Cell(sample(rate)),
                *(Cell(_points(rate[one])) for one in names),
            )
        )
    return Grid("", (_("Rate"), _("Value"), _("Sample"), *_against(span)), tuple(rows))


def _rates_by_area(
    name: str,
    areas: Mapping[str, Any],
    order: Sequence[str],
    names: Mapping[str, str],
    keys: Sequence[str],
    several: bool,
) -> list[Grid]:
    """In the order of the places, never of the rates."""
    if not several:
        return []
    head = (_("Community"), *(cell for key in keys for cell in (str(words.RATES[key][0]), _("Sample"))))
    rows = tuple(
        (
            Cell(names[area]),
            *(
                cell
                for key in keys
                for cell in (Cell(percent(areas[area]["rates"][key])), Cell(sample(areas[area]["rates"][key])))
            ),
        )
        for area in order
    )
    return [Grid(name, head, rows)]


def _hot(hot: Sequence[Mapping[str, Any]], span: str) -> Grid:
    before, _year = words.SPANS[span]
    rows = tuple(
        (
            Cell(one["name"] or _("none")),
            Cell(one["count"], "received", top=f"category:{one['name']}"),
            Cell("—" if one["before"] is None else one["before"]),
            Cell(_change(one["change"])),
        )
        for one in hot
    )
    head = (_("Matter"), _("Count"), str(before), pgettext("figures", "Change"))
    return Grid(_("What residents told us most"), head, rows)


def _tops(tops: Mapping[str, Mapping[str, int]]) -> list[Grid]:
    kinds, channels = dict(Case.Kind.choices), dict(Case.Channel.choices)
    found = []
    for name, head, what, labels in (
        (_("By kind"), _("Kind"), "kind", kinds),
        (_("By way"), _("Channel"), "channel", channels),
    ):
        rows = sorted(tops[what].items(), key=lambda item: (-item[1], item[0]))
        cells = tuple(
            (Cell(str(labels.get(key, key))), Cell(count, "received", top=f"{what}:{key}")) for key, count in rows
        )
        found.append(Grid(name, (head, _("Matters received")), cells))
    return found


def _pictures(areas: Mapping[str, Any], order: Sequence[str], names: Mapping[str, str]) -> tuple[Picture, ...]:
    return (
        Picture(
            "bars",
            _("Received by community"),
            tuple(names[area] for area in order),
            ((_("Matters received"), tuple(float(areas[area]["counts"]["received"]) for area in order)),),
        ),
    )


def _praised(praised: Sequence[Sequence[str]]) -> tuple[Grid, ...]:
    if not praised:
        return ()
    rows = tuple((Cell(name), Cell(number, case=number)) for number, name in praised)
    return (Grid(_("Praise confirmed"), (_("Person"), _("Case")), rows),)


def _items(items: Sequence[Sequence[str]]) -> tuple[Grid, ...]:
    if not items:
        return ()
    sources = dict(RectificationItem.Source.choices)
    states = item_states()
    rows = []
    for item in items:
        one = dict(zip(ITEM, item, strict=True))
        rows.append(
            tuple(
                Cell(value)
                for value in (
                    one["number"],
                    one["problem"] or str(sources.get(one["source"], "")),
                    _("%(unit)s, %(person)s") % {"unit": one["unit"], "person": one["responsible"]},
                    one["measure"],
                    one["due"],
                    states.get(one["state"], "") + (_(" (late)") if one["late"] else ""),
                )
            )
        )
    head = (_("Number"), _("Problem"), _("Responsible"), _("Measure"), _("Due"), _("Where it stands"))
    return (Grid(_("Rectification list"), head, tuple(rows)),)


def item_states() -> dict[str, str]:
    return {
        "open": _("set down"),
        "planned": _("measure planned"),
        "reported": _("reported done"),
        "verified": _("verified"),
        "signed_off": _("signed off"),
    }


def state_words(state: str) -> str:
    known: dict[str, str] = {
        State.TO_VERIFY: _("to be verified"),
        State.TO_FIX: _("to be put right"),
        State.APPEALED: _("to be decided whether it counts"),
        State.TO_TELL: _("resident to be told"),
        State.TO_CALL: _("resident to be called"),
        State.DONE: _("finished"),
    }
    return known.get(state, _("not followed up here"))


def level(number: int) -> str:
    return words.label(f"level_{number}")


def _outcome(outcome: str) -> str:
    return str(dict(RatingCheck.Outcome.choices).get(outcome, "")) if outcome else "—"


def _change(change: str | None) -> str:
    if change is None:
        return "—"
    return f"{'+' if Decimal(change) > 0 else ''}{change}%"


def _points(points: str | None) -> str:
    if points is None:
        return "—"
    sign = "+" if Decimal(points) > 0 else ""
    return _("%(points)s points") % {"points": f"{sign}{points}"}
