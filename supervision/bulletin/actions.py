"""Every act on a bulletin: refuse, do. The row with its snapshot is one INSERT, so a killed run leaves all or nothing."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Max, Min, OuterRef, Q, Subquery
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from complaints.models import Case, Resident
from config.lib.errors import RuleBroken, Stale
from config.lib.text import lines
from staff.models import Community, Person, Street
from supervision.bulletin import public, snapshot
from supervision.bulletin.access import allow, may_draft
from supervision.bulletin.naming import points_at
from supervision.bulletin.periods import OFFICE, Period, Span, ended, period_of
from supervision.bulletin.rights import POSSIBLE, Act
from supervision.bulletin.snapshot import Made
from supervision.bulletin.telling import tell
from supervision.models import Bulletin, RateTerms

log = logging.getLogger(__name__)
Status = Bulletin.Status
TEXTS = ("foreword", "praise", "problems", "asks", "public_words")
MOST_WORDS = 4_000


def preview(street: Street, period: Period, *, now: datetime, community: Community | None = None) -> Bulletin:
    """A look at a period that may still run: a row that is not kept."""
    _possible(street, period, now, community)
    made = snapshot.make(street, period, community, until=now)
    row = Bulletin(street=street, community=community, span=str(period.span), first=period.first, revision=0)
    row.snapshot, row.facts, row.sha256 = made.snapshot, made.facts, made.sha256
    return row


@transaction.atomic
def draft(
    street: Street, period: Period, *, by: Person | None, now: datetime, community: Community | None = None
) -> Bulletin:
    """The bulletin of this area and period; the one that is there already when there is one.

    Two at once: the second waits for the first and finds its row.
    """
    if by is not None and not may_draft(by, street, community):
        raise PermissionDenied(_("Bulletins are drafted by the secretary of the community or a supervisor."))
    _possible(street, period, now, community)
    if period.end > now:
        raise RuleBroken("not_over", _("%(period)s is not over: look at the preview.") % {"period": period.code})
    _one_at_a_time(street, period, community)
    known = latest(street, period, community)
    if known is not None:
        return known
    row = _insert(street, period, community, snapshot.make(street, period, community), by, now, revision=1)
    if by is None:
        tell(row, now)
    return row


@transaction.atomic
def refresh(bulletin: Bulletin, *, by: Person, now: datetime) -> Bulletin:
    """Take the figures of today. Texts stay."""
    row = _take(bulletin, Act.REFRESH, by)
    made = snapshot.make(row.street, row.period, row.community)
    row.snapshot, row.facts, row.sha256 = made.snapshot, made.facts, made.sha256
    _worked(row, by, now)
    row.save()
    return row


@transaction.atomic
def edit(
    bulletin: Bulletin, *, by: Person, now: datetime, texts: Mapping[str, str], seen: str | None = None
) -> Bulletin:
    """The words people add. Whoever wrote last is the drafter.

    `seen` is the print of the words the person had before them; other words there now raise Stale.
    """
    row = _take(bulletin, Act.EDIT, by)
    if seen is not None and seen != print_of(words_of(row)):
        raise Stale(
            "stale",
            _("Somebody changed these words after you opened them. Your text is kept: look, then send it again."),
        )
    before = print_of(words_of(row))
    for name in TEXTS:
        words = texts.get(name, getattr(row, name)).strip()
        if len(words) > MOST_WORDS:
            raise RuleBroken("too_long", _("At most %(most)s characters.") % {"most": MOST_WORDS}, field=name)
        setattr(row, name, words)
    if print_of(words_of(row)) != before:
        _worked(row, by, now)
        row.save()
    return row


def _worked(row: Bulletin, by: Person, now: datetime) -> None:
    """The drafter is whoever came last; who came before is not forgotten, for none of them issues it."""
    row.drafted_by, row.drafted_at = by, now
    row.writers = sorted({*row.writers, by.pk})


def words_of(bulletin: Bulletin) -> dict[str, str]:
    return {name: getattr(bulletin, name) for name in TEXTS}


def print_of(texts: Mapping[str, str]) -> str:
    """A short print of each of the texts, whatever kind of line end a browser gave it."""
    return "-".join(hashlib.sha256(lines(texts.get(name, "")).encode()).hexdigest()[:12] for name in TEXTS)


@transaction.atomic
def submit(bulletin: Bulletin, *, by: Person, now: datetime) -> Bulletin:
    """Checked: from here on nothing of it changes unless it is sent back."""
    row = _take(bulletin, Act.SUBMIT, by)
    if row.drafted_by is None:
        row.drafted_by = by  # drafted by the clock: whoever vouches for it first is its author
    row.status, row.reviewed_by, row.reviewed_at = Status.REVIEW, by, now
    row.save()
    tell(row, now)
    return row


@transaction.atomic
def send_back(bulletin: Bulletin, *, by: Person, now: datetime) -> Bulletin:
    row = _take(bulletin, Act.SEND_BACK, by)
    row.status, row.reviewed_by, row.reviewed_at = Status.DRAFT, None, None
    row.save()
    return row


@transaction.atomic
def issue(bulletin: Bulletin, *, by: Person, now: datetime) -> Bulletin:
    """Another person signs. What was in force before is replaced by it."""
    row = _take(bulletin, Act.ISSUE, by)
    same_area(row).filter(status__in=Bulletin.FINAL, replaced_at__isnull=True).update(replaced_at=now)
    row.status, row.issued_by, row.issued_at = Status.ISSUED, by, now
    row.save()
    return row


@transaction.atomic
def publish(bulletin: Bulletin, *, by: Person, now: datetime) -> Bulletin:
    """Fix what residents see.

    1. The words to residents name nobody.
    2. What is published already of shorter and longer periods is taken into account, so that no difference tells more.
    3. A community's public figures are its row of the street's, so the street comes first.
    """
    row = _take(bulletin, Act.PUBLISH, by)
    _one_at_a_time(row.street, None, None)
    names_nobody(row)
    row.public = _public(row)
    row.status, row.published_by, row.published_at = Status.PUBLISHED, by, now
    row.save()
    return row


@transaction.atomic
def correct(bulletin: Bulletin, *, by: Person, now: datetime, what_changed: str) -> Bulletin:
    """The next revision, drafted from today's data; the present one stays in force until that one is issued."""
    allow(by, bulletin, Act.CORRECT)
    _one_at_a_time(bulletin.street, bulletin.period, bulletin.community)
    row = Bulletin.objects.select_for_update(of=("self",)).get(pk=bulletin.pk)
    words = what_changed.strip()
    if not words:
        raise RuleBroken("what_changed", _("Please say what changes and why."), field="what_changed")
    newest = latest(row.street, row.period, row.community)
    assert newest is not None
    if newest.pk != row.pk or row.is_in_work:
        raise RuleBroken("in_work", _("A correction of this bulletin is in work already."))
    made = snapshot.make(row.street, row.period, row.community)
    more = words_of(row) | {"revision": row.revision + 1, "what_changed": words}
    return _insert(row.street, row.period, row.community, made, by, now, **more)


@transaction.atomic
def change_terms(*, by: Person | None, now: datetime, reason: str, **figures: Any) -> RateTerms:
    """The next version of the terms, in force from now. Bulletins that were drafted keep theirs."""
    _alone("terms of the rates")
    last = RateTerms.objects.aggregate(last=Max("version"))["last"] or 0
    row = RateTerms(version=last + 1, valid_from=now, author=by, reason=reason, **figures)
    row.full_clean(exclude=["author"])
    row.save(force_insert=True)
    return row


@dataclass(frozen=True)
class Run:
    drafted: int
    failed: int


def draft_due(*, now: datetime) -> Run:
    """What the 1st of a month asks for, and whatever that has ended is missing since a street's first bulletin.

    Each bulletin is a transaction of its own; one street's trouble is not the next one's. What failed, or was never asked
    for, comes with the next run: there is one every morning, and a few queries a street tell it that nothing is missing.
    """
    drafted = failed = 0
    for street in Street.objects.all():
        try:
            wanted = missing(street, now)
        except Exception:
            failed += 1
            log.exception("bulletins missing of %s could not be told", street)
            continue
        for period, community in wanted:
            try:
                draft(street, period, by=None, now=now, community=community)
                drafted += 1
            except Exception:
                failed += 1
                log.exception("bulletin %s of %s was not drafted", period.code, community or street)
    return Run(drafted, failed)


def missing(street: Street, now: datetime) -> list[tuple[Period, Community | None]]:
    """What has ended and has no bulletin, of the street and of each community: months, quarters and years from the first
    real monthly bulletin on; a street that has none begins with the last month. Nothing is asked for from before an
    area's first case.

    A draft by hand that nobody issued is not a beginning: with one mistyped year in it, it would draft all the others.
    """
    told = first_case(street)
    of_it = Case.objects.filter(community=OuterRef("pk")).order_by("submitted_at", "id").values("submitted_at")
    areas: list[Any] = list(Community.objects.filter(street=street).annotate(told=Subquery(of_it[:1])))
    if told is None or not areas:
        return []
    real = Bulletin.objects.filter(Q(status__in=Bulletin.FINAL) | Q(drafted_by__isnull=True), street=street)
    first = real.filter(span=Span.MONTH).aggregate(first=Min("first"))["first"]
    today = now.astimezone(OFFICE).date()
    begin = period_of(Span.MONTH, first or today.replace(day=1))
    since = max(told, begin.begin if first else begin.before.begin)
    known = set(Bulletin.objects.filter(street=street).values_list("community", "span", "first"))
    begun = {None: told} | {one: one.told for one in areas}
    return [
        (period, area)
        for span in Span
        for period in ended(since, now, span)
        for area, at in begun.items()
        if at and at < period.end and (area and area.pk, str(span), period.first) not in known
    ]


def first_case(street: Street, community: Community | None = None) -> datetime | None:
    """When the first matter of this area was told."""
    cases = Case.objects.filter(community=community) if community else Case.objects.filter(street=street)
    return cases.order_by("submitted_at", "id").values_list("submitted_at", flat=True).first()


def latest(street: Street, period: Period, community: Community | None) -> Bulletin | None:
    rows = Bulletin.objects.filter(street=street, community=community, span=period.span, first=period.first)
    return rows.defer("facts").order_by("-revision").first()


def names_nobody(bulletin: Bulletin) -> None:
    """Refuse words to residents that hold a telephone number, or the name of somebody of the street or of a resident
    whose case the bulletin counts, however they are set."""
    words = bulletin.public_words
    if not words:
        return
    names = set(Person.objects.filter(posts__street=bulletin.street).values_list("name", flat=True))
    numbers = [row[0] for row in bulletin.facts["rows"]]
    residents = Resident.objects.filter(case__street=bulletin.street, case__number__in=numbers)
    names |= {resident.name for resident in residents.iterator()}
    found = points_at(words, names)
    if found:
        raise RuleBroken(
            "names_somebody", _("What residents read names nobody: please leave out “%(name)s”.") % {"name": found}
        )


def _public(bulletin: Bulletin) -> dict[str, Any]:
    if bulletin.community_id is not None:
        street = _published(bulletin.street).filter(span=bulletin.span, first=bulletin.first).first()
        if street is None:
            raise RuleBroken("street_first", _("The street's bulletin of this period has to be published first."))
        return {"of": street.pk}
    others = list(_published(bulletin.street))
    inside = [one for one in others if bulletin.period.holds(one.period) or one.period == bulletin.period]
    kept = bulletin.snapshot
    version = public.publish(
        kept["figures"],
        snapshot.terms_of(bulletin),
        [one.public for one in inside],
        kept["item_counts"],
        bounds=bulletin.span == Span.MONTH,
    )
    for one in others:
        if one.period.holds(bulletin.period) and public.reveals(version, one.public):
            raise RuleBroken(
                "reveals",
                _("With the published bulletin of %(period)s this one would give small numbers away.")
                % {"period": one.period.code},
            )
    return version


def _published(street: Street) -> Any:
    """The street's own, every revision: what was seen stays seen."""
    rows = Bulletin.objects.filter(street=street, community__isnull=True, status=Status.PUBLISHED)
    return rows.only("pk", "span", "first", "public", "street").order_by("-revision")


def _possible(street: Street, period: Period, now: datetime, community: Community | None) -> None:
    if period.begin > now:
        raise RuleBroken("future", _("%(period)s has not begun yet.") % {"period": period.code})
    if not Community.objects.filter(street=street).exists():
        raise RuleBroken(
            "no_communities", _("%(street)s has no communities yet: nothing to report.") % {"street": street}
        )
    told = (first_case(street, community) if community else None) or first_case(street)
    if told and period.end <= told:
        raise RuleBroken(
            "before_the_first_case",
            _("%(period)s ended before the first case of %(area)s was told, on %(day)s: please check the period.")
            % {
                "period": period.code,
                "area": community or street,
                "day": date_format(told.astimezone(OFFICE), "DATE_FORMAT"),
            },
        )


def _one_at_a_time(street: Street, period: Period | None, community: Community | None) -> None:
    """To the end of the transaction. Without a period: whatever is published of a street."""
    _alone(f"bulletin {street.pk} {community.pk if community else ''} {period.code if period else ''}")


def _alone(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(hashlib.sha256(key.encode()).hexdigest()[:15], 16)])


def _insert(
    street: Street,
    period: Period,
    community: Community | None,
    made: Made,
    by: Person | None,
    now: datetime,
    **more: Any,
) -> Bulletin:
    return Bulletin.objects.create(
        street=street,
        community=community,
        span=str(period.span),
        first=period.first,
        snapshot=made.snapshot,
        facts=made.facts,
        sha256=made.sha256,
        drafted_by=by,
        drafted_at=now,
        writers=[by.pk] if by else [],
        **more,
    )


def _take(bulletin: Bulletin, act: Act, by: Person) -> Bulletin:
    row = Bulletin.objects.select_for_update(of=("self",)).select_related("street", "community").get(pk=bulletin.pk)
    allow(by, row, act)
    if row.replaced_at is not None or act not in POSSIBLE[row.status]:
        raise RuleBroken(
            "wrong_state",
            _("This bulletin is “%(state)s”: that step is not due.") % {"state": row.get_status_display()},
        )
    return row


def same_area(row: Bulletin) -> Any:
    return Bulletin.objects.filter(street=row.street, community=row.community, span=row.span, first=row.first)
