"""Telling residents that something happened to their matter: rows first, then one try after the other.

A text holds the number, one sentence and where to look; what it is about stays on the page behind the code.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.models import Case, Event, Notice, Rating, RatingReminder, Resident
from complaints.models.notices import TO_RATE
from config.lib import channels
from config.lib.channels import Channel, NotDelivered, Word

TRIES = 8
FRESH = timedelta(days=2)
AT_ONCE, SECONDS = 500, 45
Kind = Event.Kind

SENTENCES: dict[str, str | Promise] = {
    Kind.ACCEPTED: gettext_lazy("A responsible person has taken it over."),
    Kind.REPLIED: gettext_lazy("There is an answer for you."),
    Kind.CONCLUDED: gettext_lazy("It is finished; the answer is there for you, and you can rate it."),
    Kind.CONTACTED: gettext_lazy("We called you and did not reach you; we will try again."),
    Kind.CALLED_BACK: gettext_lazy("We called you and did not reach you; we will try again."),
    Kind.DATA_DECIDED: gettext_lazy("Your request about your personal data is decided."),
    TO_RATE: gettext_lazy("It was finished some days ago: is it solved? Two ticks are enough; we ask only this once."),
}
# Who joined a neighbour's matter reads no answer and rates nothing.
JOINED = gettext_lazy("The matter you joined is finished; where to ask what came of it is there for you.")


@dataclass(frozen=True)
class Sent:
    written: int
    sent: int
    failed: int
    given_up: int


def next_try(tries: int, now: datetime) -> datetime:
    """After one try a minute later, after two two minutes, then four, eight, … an hour."""
    return now + timedelta(minutes=min(2 ** max(tries - 1, 0), 60))


def due_notices(now: datetime) -> int:
    """Write a row for every fresh event a resident is to hear of and has no row yet. Tells how many.

    1. Only who left a number and is not anonymous.
    2. Neither imports nor what was entered late wake anybody: it has to have happened within two days.
    3. Whoever joined a neighbour's matter hears that it is finished.
    4. Another channel than yesterday's tells nothing twice.
    5. Who was reminded to rate and has not done so since hears of it, too.
    """
    fresh = _fresh(now)
    own = fresh.filter(_reachable("case__")).annotate(told=_told("case")).filter(told=False)
    rows = [(case, what, version) for case, what, version in own.values_list("case", "kind", "seq")[:AT_ONCE]]
    joined = fresh.filter(_reachable("case__duplicates__"), kind=Kind.CONCLUDED, case__duplicates__status="merged")
    joined = joined.annotate(told=_told("case__duplicates")).filter(told=False)
    rows += joined.values_list("case__duplicates", "kind", "seq")[:AT_ONCE]
    rows += [(case, TO_RATE, cycle) for case, cycle in _to_rate(now).values_list("case", "cycle")[:AT_ONCE]]
    made = [
        Notice(case_id=case, what=what, version=version, channel=settings.NOTICE_CHANNEL, made_at=now, next_at=now)
        for case, what, version in rows
    ]
    Notice.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def send_notices(*, now: datetime) -> Sent:
    """Write what is due and try everything whose time has come. Any number of these may run at once."""
    way = channels.channel(settings.NOTICE_CHANNEL)
    written, counts = due_notices(now), {"sent": 0, "failed": 0, "given_up": 0}
    began = time.monotonic()
    for _one in range(AT_ONCE):
        row = _claim(now) if time.monotonic() - began < SECONDS else None
        if row is None:
            break
        counts["given_up" if row.dead_at else _deliver(row, way, now)] += 1
    return Sent(written, **counts)


def words_for(case: Case, what: str) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        sentence = JOINED if what == Kind.CONCLUDED and case.duplicate_of_id else SENTENCES[what]
        told = {"number": case.number, "sentence": sentence, "where": settings.PUBLIC_URL + "/track/"}
        if not settings.PUBLIC_URL:
            return _("Your matter %(number)s: %(sentence)s Please look with number and code.") % told
        return _("Your matter %(number)s: %(sentence)s Please look with your code at %(where)s") % told


def _fresh(now: datetime) -> QuerySet[Event]:
    """Events residents hear of. A call that reached them needs no text after it."""
    unreached = Q(kind__in=[Kind.CONTACTED, Kind.CALLED_BACK], data__reached=False)
    told = Q(kind__in=[Kind.ACCEPTED, Kind.REPLIED, Kind.CONCLUDED, Kind.DATA_DECIDED])
    rows = Event.objects.filter(unreached | told, kind__in=list(SENTENCES), at__gt=now - FRESH, at__lte=now)
    return rows.order_by("at", "id")


def _to_rate(now: datetime) -> QuerySet[RatingReminder]:
    told = Notice.objects.filter(case=OuterRef("case"), what=TO_RATE, version=OuterRef("cycle"))
    rated = Rating.objects.filter(case=OuterRef("case"), cycle=OuterRef("cycle"))
    fresh = RatingReminder.objects.filter(_reachable("case__"), at__gt=now - FRESH, at__lte=now)
    fresh = fresh.filter(case__status=Case.Status.CONCLUDED, case__cycle=F("cycle"))
    return fresh.filter(~Exists(told), ~Exists(rated)).order_by("at", "id")


def _reachable(prefix: str) -> Q:
    named = {f"{prefix}identity__in": [Case.Identity.NAMED, Case.Identity.CONFIDENTIAL]}
    return Q(**named, **{f"{prefix}resident__phone_index__gt": ""})


def _told(case: str) -> Exists:
    return Exists(Notice.objects.filter(case=OuterRef(case), what=OuterRef("kind"), version=OuterRef("seq")))


@transaction.atomic
def _claim(now: datetime) -> Notice | None:
    """The next row, with the try counted before it is made: whoever dies on the way has used one up."""
    waiting = Notice.objects.filter(sent_at__isnull=True, dead_at__isnull=True, next_at__lte=now)
    row = waiting.select_for_update(skip_locked=True).order_by("next_at", "id").first()
    if row is None:
        return None
    if row.tries >= TRIES:
        row.dead_at = now
    else:
        row.tries += 1
        row.channel = settings.NOTICE_CHANNEL  # whatever was set when it was written: it goes out by this one
        row.next_at = next_try(row.tries, now)
    row.save(update_fields=["tries", "channel", "next_at", "dead_at"])
    return row


def _deliver(row: Notice, way: Channel, now: datetime) -> str:
    case = Case.objects.get(pk=row.case_id)
    resident = Resident.objects.filter(case=case).first()
    to = channels.mobile(resident.phone) if resident and case.identity != Case.Identity.ANONYMOUS else ""
    try:
        if not to:
            row.dead_at = now
            raise NotDelivered("no mobile number")
        key = f"{case.number}-{row.what}-{row.version}"
        way.send(Word(to=to, text=words_for(case, row.what), number=case.number, key=key))
    except NotDelivered as refusal:
        row.error = str(refusal)[:60]
        if row.tries >= TRIES:
            row.dead_at = now
        row.save(update_fields=["error", "dead_at"])
        return "given_up" if row.dead_at else "failed"
    row.sent_at, row.error = now, ""
    row.save(update_fields=["sent_at", "error"])
    return "sent"
