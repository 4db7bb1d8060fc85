"""What people do to messages: read them, wish for mail, stop and release everything, discard, send again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from config.lib.errors import RuleBroken
from staff.models import Person
from supervision.models import Alert, Hold, Intervention, Step, Wish
from supervision.telling.health import DISCARDED, WAITING
from supervision.telling.queries import given_up, inbox, of_streets
from supervision.watch.ladder import out_of_quiet
from supervision.watch.rulebook import quiet_at

What = Intervention.What


def read(*, by: Person, now: datetime, alerts: Iterable[int] | None = None) -> int:
    """Marks these of one's own messages as read, all without `alerts`. Tells how many were unread."""
    mine = inbox(by.pk, unread=True)
    return (mine if alerts is None else mine.filter(pk__in=alerts)).update(read_at=now)


@transaction.atomic
def wish(*, by: Person, hows: Mapping[str, str]) -> None:
    """`hows` says for each step how it comes by mail."""
    if not set(hows) <= set(Step.values) or not set(hows.values()) <= set(Wish.How.values):
        raise RuleBroken("unknown_wish", _("This cannot be chosen."))
    Wish.objects.bulk_create(
        [Wish(person=by, step=step, mail=how) for step, how in hows.items()],
        update_conflicts=True,
        unique_fields=["person", "step"],
        update_fields=["mail"],
    )


@transaction.atomic
def stop(*, by: Person, now: datetime, reason: str) -> Hold:
    """Nothing leaves any more until somebody releases it."""
    _administers(by)
    if Hold.objects.filter(why=Hold.Why.BY_HAND, released_at__isnull=True).exists():
        raise RuleBroken("held_already", _("Everything is stopped already."))
    hold = Hold.objects.create(why=Hold.Why.BY_HAND, since=now, by=by, note=reason)
    _record(What.STOPPED, by, now, hold=hold, reason=reason)
    return hold


@transaction.atomic
def release(hold: int, *, by: Person, now: datetime, reason: str) -> None:
    """The messages that waited go out with the next dispatch; in the quiet hours only what is urgent."""
    _administers(by)
    row = Hold.objects.select_for_update().filter(pk=hold, released_at__isnull=True).first()
    if row is None:
        raise RuleBroken("not_held", _("This hold has been released already."))
    row.released_at, row.released_by, row.note = now, by, reason
    row.save(update_fields=["released_at", "released_by", "note"])
    _put_off(now)
    _record(What.RELEASED, by, now, hold=row, reason=reason, count=_mine(by).filter(WAITING).count())


def _put_off(now: datetime) -> None:
    """What is due now, but was held, respects the quiet hours; a bundle with something urgent in it stays together."""
    at = out_of_quiet(now, quiet_at(now))
    if at > now:
        urgent = Alert.objects.filter(WAITING, urgent=True, bundle__isnull=False).values("bundle")
        late = Alert.objects.filter(WAITING, urgent=False, next_at__lte=at).exclude(bundle__in=urgent)
        late.update(next_at=at)


@transaction.atomic
def discard(*, by: Person, now: datetime, before: datetime, reason: str) -> int:
    """Gives up what was to leave the house and was made before then; the inbox still gets everything.

    Only while everything is held: what is on its way cannot be called back.
    """
    _administers(by)
    hold = Hold.objects.select_for_update().filter(released_at__isnull=True).order_by("since").first()
    if hold is None:
        raise RuleBroken("not_held", _("Messages are discarded only while they are held."))
    old = Alert.objects.filter(WAITING, made_at__lt=before, pk__in=_mine(by).values("pk"))
    old = old.exclude(channel=Alert.Channel.INBOX).exclude(leased_until__gt=now)
    count = old.update(dead_at=now, error=DISCARDED, leased_until=None)
    if not count:
        raise RuleBroken("nothing_older", _("No message that waits is older than that."), field="before")
    _record(What.DISCARDED, by, now, hold=hold, reason=reason, count=count, before=before)
    return count


@transaction.atomic
def resend(*, by: Person, now: datetime, alert: int | None = None, channel: str = "") -> int:
    """Tries one dead letter, or all of a channel, anew from the first try on. The key stays, so that a far end that
    did get it drops the second. At once, in the quiet hours too: somebody wants it now.
    """
    _administers(by)
    wanted = Q(pk=alert) if alert is not None else Q(channel=channel)
    dead = given_up(Alert.objects.filter(wanted, pk__in=_mine(by).values("pk")))
    count = dead.update(dead_at=None, tries=0, next_at=now, leased_until=None, error="")
    if not count:
        raise RuleBroken("nothing_dead", _("There is no message here that was given up."))
    _record(What.RESENT, by, now, channel=channel, count=count)
    return count


def _administers(by: Person) -> None:
    if not by.scope().has("admin"):
        raise RuleBroken("not_yours", _("Only administrators do this."))


def _mine(by: Person) -> QuerySet[Alert]:
    return of_streets(by.scope().whole_streets)


def _record(
    what: What,
    by: Person,
    now: datetime,
    *,
    hold: Hold | None = None,
    channel: str = "",
    before: datetime | None = None,
    count: int = 0,
    reason: str = "",
) -> None:
    Intervention.objects.create(
        what=what, at=now, by=by, hold=hold, channel=channel, before=before, count=count, reason=reason
    )
