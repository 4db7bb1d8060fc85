"""A bulletin as paper and workbook: internal, and for residents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from complaints import outcomes
from complaints.models import Case, RatingCheck
from config.lib.errors import RuleBroken
from staff.models import Person, Unit
from supervision.bulletin import chapters, published, words
from supervision.bulletin.facts import VOICE, Fact, unheard, unpacked
from supervision.bulletin.models import Bulletin
from supervision.bulletin.parts import Chapter, Grid, Value
from supervision.bulletin.periods import OFFICE
from supervision.papers import docx, pdf, xlsx
from supervision.papers.paper import (
    TYPES,
    Attachment,
    Block,
    Book,
    ColumnKind,
    Heading,
    Paper,
    Picture,
    Sheet,
    Table,
    Words,
)

KINDS = TYPES
LABELS: dict[str, dict[str, Any]] = {
    "kind": dict(Case.Kind.choices),
    "channel": dict(Case.Channel.choices),
    "bad_outcome": {code: name for code, name in RatingCheck.Outcome.choices if code},
}
SIGNED = re.compile(r"[+-]?\d+(?:\.\d+)?(?:%$| )")
MOST_LINES = 400  # of a list in print; the workbook has them all


@dataclass(frozen=True)
class Text:
    """What is shown of a bulletin, to one of the two kinds of readers."""

    chapters: list[Chapter]
    lists: list[Grid]
    notes: list[str]
    internal: bool
    facts: list[Fact] = field(default_factory=list)
    own: frozenset[str] = frozenset()


def internal(bulletin: Bulletin, by: Person | None = None) -> Text:
    """`by`: who reads it. Of their own work they are not told what residents said; the figures stay whole."""
    facts, notes = unpacked(bulletin.facts), notes_of(bulletin)
    own = _own(facts, by) if by else frozenset[str]()
    if own:
        facts = unheard(facts, own)
        notes.append(
            _(
                "What residents said of the reader's own work is left out of the lists of this copy; the figures count it."
            )
        )
    lists = chapters.lists(facts, bulletin.snapshot)
    return Text(chapters.internal(bulletin), lists, notes, internal=True, facts=facts, own=own)


def _own(facts: Iterable[Fact], by: Person) -> frozenset[str]:
    """Numbers of the cases in which what residents said is about this person's work."""
    known = Case.objects.filter(outcomes.concerning(by.pk), street__in=by.scope().streets)
    return frozenset(known.values_list("number", flat=True)) & {fact.number for fact in facts}


def for_residents(bulletin: Bulletin) -> Text:
    """Of a published one."""
    version, kept = bulletin.public, bulletin.snapshot
    if version is None:
        raise RuleBroken("not_published", _("Residents cannot see this bulletin yet: it is not published."))
    if "of" in version:
        first = Bulletin.objects.get(pk=version["of"])
        return community_row(bulletin, _newest_published(first), first)
    found = published.chapters(version, kept, bulletin.public_words, bulletin.span)
    return Text(found, [], [published.held_back_told(version), *chapters.definitions(kept, public=True)], False)


def _newest_published(street: Bulletin) -> Bulletin:
    """What residents read of the street today: two pages must not tell two numbers of the same thing."""
    same = Bulletin.objects.filter(street=street.street_id, community=None, span=street.span, first=street.first)
    return same.filter(status=Bulletin.Status.PUBLISHED).order_by("-revision")[0]


def community_row(bulletin: Bulletin, street: Bulletin, first: Bulletin) -> Text:
    """A community's public figures: its row of the street's, and nothing else. `first`: with which it was published."""
    version = street.public or {}
    area = str(bulletin.community_id)
    own = version | {
        "rows": {"street": version["rows"].get(area, {})},
        "rates": {"street": version["rates"].get(area, dict.fromkeys(version["rates"]["street"]))},
        "tops": {},
        "bounds": {},
    }
    found = published.chapters(own, bulletin.snapshot, bulletin.public_words, bulletin.span)
    source = _("Figures: revision %(number)s of the street's bulletin.") % {"number": street.revision}
    if street.revision != first.revision:
        source = _(
            "Figures: revision %(number)s of the street's bulletin (%(changed)s); this report came out with revision %(first)s."
        ) % {"number": street.revision, "changed": street.what_changed.rstrip("。."), "first": first.revision}
    notes = [published.held_back_told(version), source, *chapters.definitions(street.snapshot, public=True)]
    return Text(found, [], notes, False)


def notes_of(bulletin: Bulletin) -> list[str]:
    notes = chapters.definitions(bulletin.snapshot)
    if bulletin.revision > 1:
        notes.insert(
            0, _("Revision %(number)s: %(changed)s") % {"number": bulletin.revision, "changed": bulletin.what_changed}
        )
    return notes


def paper(bulletin: Bulletin, text: Text) -> Paper:
    lists = [Attachment(grid.title, (_table(replace(_short(grid), title="")),)) for grid in text.lists if grid.rows]
    lists.append(Attachment(_("How the figures are reckoned"), tuple(Words(note) for note in text.notes)))
    return Paper(
        letterhead=_letterhead(bulletin),
        document_no=number_of(bulletin),
        title=chapters.title(bulletin),
        blocks=tuple(block for chapter in text.chapters for block in _blocks(chapter, explained=not text.internal)),
        signer=_signer(bulletin),
        day=day_of(bulletin),
        mark=_("internal") if text.internal else _("public"),
        to=_("all communities and offices") if text.internal else _("all residents"),
        attachments=tuple(lists),
        draft=bulletin.is_in_work,
    )


def _letterhead(bulletin: Bulletin) -> str:
    if bulletin.community:
        return _("Residents' committee of %(community)s: document") % {"community": bulletin.community.name}
    return _("Office of %(street)s: document") % {"street": bulletin.street.name}


def _signer(bulletin: Bulletin) -> str:
    """The office, as at its head; of a community its residents' committee, where it is on record."""
    if bulletin.community is None:
        return _("Office of %(street)s") % {"street": bulletin.street.name}
    committee = Unit.objects.filter(community=bulletin.community, kind=Unit.Kind.COMMUNITY).order_by("pk").first()
    return committee.name if committee else bulletin.community.name


def number_of(bulletin: Bulletin) -> str:
    """Its place among the bulletins its street issued in the same year; a draft has none."""
    at = bulletin.issued_at
    if at is None:
        return ""
    year = timezone.localtime(at).year
    begin = datetime(year, 1, 1, tzinfo=OFFICE)
    before = Bulletin.objects.filter(street=bulletin.street_id, issued_at__gte=begin)
    place = before.filter(Q(issued_at__lt=at) | Q(issued_at=at, pk__lte=bulletin.pk)).count()
    return _("Bulletin〔%(year)s〕No. %(number)s") % {"year": year, "number": place}


def book(bulletin: Bulletin, text: Text) -> Book:
    """One sheet per chapter's tables, and of the internal version one with every case behind the figures."""
    sheets = [_sheet(n, chapter, grid) for n, (chapter, grid) in enumerate(_grids(text), 1)]
    numbered = len(sheets)
    pictures = [picture for chapter in text.chapters for picture in chapter.pictures]
    if pictures:
        sheets.insert(0, _drawn(pictures[0]))
    if text.internal:
        sheets += [_sheet(numbered + n, None, grid) for n, grid in enumerate(text.lists, 1) if grid.rows]
        sheets.append(_cases(text, bulletin))
    sheets.append(Sheet(_("Notes"), "", (_("How the figures are reckoned"),), tuple((note,) for note in text.notes)))
    return Book(tuple(sheets), title=chapters.title(bulletin), author=bulletin.street.name)


def files(
    bulletin: Bulletin, *, public: bool, kinds: Iterable[str] = tuple(KINDS), by: Person | None = None
) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each, in Chinese whoever asks: they are documents of the office.

    `by`: whose copy of the internal version it is; nobody's holds everything.
    """
    with translation.override("zh-hans"):
        text = for_residents(bulletin) if public else internal(bulletin, by)
        for kind in kinds:
            yield file_name(bulletin, kind, public=public), _written(bulletin, text, kind)


def file_name(bulletin: Bulletin, kind: str, *, public: bool) -> str:
    area = bulletin.community.code if bulletin.community else "all"
    revision = f"-r{bulletin.revision}" if bulletin.revision > 1 else ""
    reader = "public" if public else "internal"
    return f"{bulletin.street.code}-{area}-{bulletin.period.code}{revision}-{reader}.{kind}"


def day_of(bulletin: Bulletin) -> date:
    """The day it was issued; of a draft the day after the period, so that a draft's files do not change by themselves."""
    return timezone.localdate(bulletin.issued_at) if bulletin.issued_at else bulletin.period.after.first


def _written(bulletin: Bulletin, text: Text, kind: str) -> bytes:
    if kind == "xlsx":
        return xlsx.write(book(bulletin, text))
    write = docx.write if kind == "docx" else pdf.write
    return write(paper(bulletin, text))


def _blocks(chapter: Chapter, *, explained: bool) -> Iterator[Block]:
    yield Heading(1, chapter.title)
    for told in chapter.words:
        yield Words(told)
    yield from chapter.pictures
    for grid in chapter.grids:
        if grid.rows:
            yield _table(grid, explained=explained)
    if not chapter.words and not any(grid.rows for grid in chapter.grids):
        yield Words(_("None."))


def _table(grid: Grid, *, explained: bool = False) -> Table:
    """On paper for residents the sentence on a figure is a column of its own."""
    explained = explained and any(row[0].hint for row in grid.rows)
    rows = tuple((*(cell.value for cell in row), *((row[0].hint,) if explained else ())) for row in grid.rows)
    return Table(grid.title, (*grid.head, *((_("What it means"),) if explained else ())), rows)


def _short(grid: Grid) -> Grid:
    if len(grid.rows) <= MOST_LINES:
        return grid
    title = _("%(title)s (the first %(most)s of %(count)s)") % {
        "title": grid.title,
        "most": MOST_LINES,
        "count": len(grid.rows),
    }
    return replace(grid, title=title, rows=grid.rows[:MOST_LINES])


def _grids(text: Text) -> Iterator[tuple[Chapter, Grid]]:
    return ((chapter, grid) for chapter in text.chapters for grid in chapter.grids if grid.rows)


def _sheet(number: int, chapter: Chapter | None, grid: Grid) -> Sheet:
    """Figures as figures: a spreadsheet can go on reckoning with them."""
    title = " ".join(part for part in (chapter.title if chapter else "", grid.title) if part)
    columns = [_column([row[n].value for row in grid.rows]) for n in range(len(grid.head))]
    rows = tuple(zip(*(values for values, _kind in columns), strict=True))
    return Sheet(f"{number} {title}"[:31], title, grid.head, rows, tuple(kind for _values, kind in columns))


def _column(values: Sequence[Value]) -> tuple[list[str | int | float | None], ColumnKind]:
    """Whole numbers, percentages and percentage points, where a column holds nothing else; a dash is nothing."""
    told = [None if value in (None, "—") else value for value in values]
    found = [value for value in told if value is not None]
    if found and all(isinstance(value, int) for value in found):
        return list(told), "number"
    signed = [SIGNED.match(value) if isinstance(value, str) else None for value in found]
    if not found or None in signed:
        return list(told), "text"
    percent = all(isinstance(value, str) and value.endswith("%") for value in found)
    numbers = [None if value is None else float(str(value).split("%")[0].split(" ")[0]) for value in told]
    if percent:
        return [None if number is None else round(number / 100, 4) for number in numbers], "percent"
    return list(numbers), "number"


def _drawn(picture: Picture) -> Sheet:
    head = ("", *(name for name, _values in picture.series))
    values = [values for _name, values in picture.series]
    rows = tuple((label, *(value[n] for value in values)) for n, label in enumerate(picture.labels))
    number: ColumnKind = "number"
    kinds: tuple[ColumnKind, ...] = ("text", *[number for _v in values])
    return Sheet(picture.title[:31], picture.title, head, rows, kinds, chart=picture)


def _cases(text: Text, bulletin: Bulletin) -> Sheet:
    """The frozen facts themselves: from this sheet every figure can be counted again. 1 is yes, a dash not for you."""
    head = tuple(str(name) for name in words.FACTS.values())
    rows = tuple(
        tuple(
            "—" if fact.number in text.own and name in VOICE else _in_words(fact, name, bulletin)
            for name in words.FACTS
        )
        for fact in text.facts
    )
    return Sheet(_("Cases"), _("Every case behind the figures"), head, rows)


def _in_words(fact: Fact, name: str, bulletin: Bulletin) -> str | int | float | None:
    value = getattr(fact, name)
    kept = bulletin.snapshot
    match name:
        case "community":
            return str(kept["communities"].get(str(value), ""))
        case "unit":
            return str(kept["units"].get(str(value), ""))
        case "kind" | "channel":
            return str(LABELS[name].get(value, value))
        case "handled":
            return None if value is None else round(value / 3600, 1)
        case "satisfied" | "bad":
            return value or None
        case "bad_state":
            return chapters.state_words(value) if value else ""
        case "bad_outcome":
            return str(LABELS[name].get(value, value))
        case "response":
            return str(words.CONTACT.get(value, value))
        case "due" | "light" | "solved":
            return str(words.VALUES.get(value, value))
    return int(value) if isinstance(value, bool) else str(value)
