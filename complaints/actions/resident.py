"""What residents do themselves, without an account: report, write, urge, add photos, withdraw. Events name nobody."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints import wall
from complaints.actions import closing
from complaints.actions.common import lock, record, refuse_if, said
from complaints.actions.register import Registration, register
from complaints.chain import text_hash
from complaints.models import Attachment, Case, Category, Event, Message, TrackingCode
from config.lib import codes
from config.lib.errors import RuleBroken
from config.lib.photos import Photo
from config.lib.text import first_sentence
from services.calendar import load_calendar
from services.clock import Calendar, Hours, is_working_day
from staff import queries as staff
from staff.models import Community, Grid, Street

CODE_SHOWN_FOR = timedelta(minutes=10)
MOST_WAITING, MOST_PHOTOS = 10, 20
ANY_WORKING_DAY = Hours(((0, 86_400),))


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a resident sends. `secret` comes from the form: the key against double posts and the code come from it."""

    secret: str
    street: Street
    text: str
    kind: str
    identity: str
    community: Community | None = None
    grid: Grid | None = None
    place: str = ""
    category: Category | None = None
    name: str = ""
    phone: str = ""
    photos: Sequence[Photo] = ()
    same_as: Case | None = None


@dataclass(frozen=True)
class Sent:
    """`code` is None when the form was sent before and the code has been shown long enough."""

    case: Case
    code: str | None


def report(item: Report, *, now: datetime) -> Sent:
    """Log what a resident tells on the web.

    1. Sent twice it is the same case, and for some minutes the same slip.
    2. The worker of the grid is asked first, else the community's secretary, else a street supervisor.
    3. Who said it is the same as an open case gets a case and a code of their own, linked to that one.
    """
    sent_before = slip_of(item.secret, now=now)
    if sent_before is not None:
        return sent_before
    registration = _registration(item, now)
    code = codes.hashed(code_of(item.secret))  # outside of the transaction: it takes its time on purpose
    with transaction.atomic():
        wall.widen()
        case = register(registration, by=registration.first_contact, now=now)
        _row, new = TrackingCode.objects.get_or_create(case=case, defaults={"hash": code})
        if new:
            for photo in item.photos:
                _keep(case, photo, now)
            if item.same_as is not None:
                _join(case, item.same_as, now)
    return _slip(case, item.secret, now)


def slip_of(secret: str, *, now: datetime) -> Sent | None:
    """What a form that was sent before gets."""
    with wall.office():
        case = Case.objects.filter(submission_key=key_of(secret)).first()
    return _slip(case, secret, now) if case else None


def key_of(secret: str) -> UUID:
    """What the case keeps of the form it came from: nobody gets from it to the code."""
    return UUID(bytes=hashlib.sha256(f"linli submission {secret}".encode()).digest()[:16])


def code_of(secret: str) -> str:
    """The tracking code of a form. Derived, so that a form sent twice at once gives one slip."""
    number = int.from_bytes(hmac.digest(secret.encode(), b"linli tracking code", "sha256"))
    signs = ""
    for _place in range(codes.RANDOM_SIGNS):
        number, sign = divmod(number, len(codes.SIGNS))
        signs += codes.SIGNS[sign]
    return codes.shown(signs + codes.check_sign(signs))


@transaction.atomic
def say(case: Case, *, now: datetime, text: str) -> Message:
    """A message to whoever handles the case."""
    case = lock(case)
    _refuse_closed(case)
    waiting = Message.objects.filter(case=case, at__gt=_last_answer(case)).count()
    refuse_if(
        waiting >= MOST_WAITING,
        "too_many_messages",
        _("Your earlier messages have not been answered yet. Please wait for the answer, or call."),
        field="text",
    )
    row = Message.objects.create(case=case, cycle=case.cycle, at=now, text=said(text))
    record(case, Event.Kind.SAID, by=None, now=now, message=row.pk, text=text_hash(row.text))
    return row


@transaction.atomic
def urge(case: Case, *, now: datetime) -> Event:
    """Remind the responsible person; once a working day is enough."""
    case = lock(case)
    _refuse_closed(case)
    refuse_if(
        urged_lately(case, now),
        "urged_already",
        _("You have urged already; the responsible person has been reminded. Once a working day is enough."),
    )
    return record(case, Event.Kind.URGED, by=None, now=now)


@transaction.atomic
def add_photos(case: Case, *, now: datetime, photos: Sequence[Photo]) -> None:
    case = lock(case)
    _refuse_closed(case)
    refuse_if(not photos, "no_photo", _("Please choose a photo first."), field="photos")
    kept = Attachment.objects.filter(case=case, by__isnull=True).count()
    refuse_if(
        kept + len(photos) > MOST_PHOTOS,
        "too_many_photos",
        ngettext(
            "A matter takes %(most)d photo of yours in all.",
            "A matter takes %(most)d photos of yours in all.",
            MOST_PHOTOS,
        )
        % {"most": MOST_PHOTOS},
        field="photos",
    )
    for photo in photos:
        _keep(case, photo, now)


@transaction.atomic
def withdraw(case: Case, *, now: datetime, reason: str = "") -> Case:
    """The resident does not want it pursued any more."""
    case = lock(case)
    _refuse_closed(case)
    data: dict[str, Any] = {}
    if reason.strip():
        row = Message.objects.create(case=case, cycle=case.cycle, at=now, text=reason.strip())
        data = {"message": row.pk, "text": text_hash(row.text)}
    # What was open elsewhere needs somebody of the office who ended it: that is whoever answers for the case.
    with translation.override(settings.LANGUAGE_CODE):  # the office reads it, whatever the resident reads
        because = _("withdrawn by the resident")
    closing.end(case, Case.Status.WITHDRAWN, case.responsible, now, because=because)
    record(case, Event.Kind.WITHDRAWN, by=None, now=now, **data)
    return case


def urged_lately(case: Case, now: datetime, calendar: Calendar | None = None) -> bool:
    """Whether the resident urged on this working day, or since the last one."""
    last = Event.objects.filter(case=case, kind=Event.Kind.URGED).order_by("-seq").values_list("at", flat=True).first()
    if last is None:
        return False
    return timezone.localdate(last) >= _working_day(timezone.localdate(now), calendar or load_calendar())


def _working_day(day: date, calendar: Calendar) -> date:
    while not is_working_day(day, ANY_WORKING_DAY, calendar):
        day -= timedelta(days=1)
    return day


def _registration(item: Report, now: datetime) -> Registration:
    post = staff.asked_first(
        item.street.pk, item.community.pk if item.community else None, item.grid.pk if item.grid else None
    )
    if post is None or post.unit is None:
        raise RuleBroken(
            "nobody_left", _("Nobody can take this on the web at the moment. Please call the street office.")
        )
    anonymous = item.identity == Case.Identity.ANONYMOUS
    return Registration(
        street=item.street,
        unit=post.unit,
        first_contact=post.person,
        kind=item.kind,
        channel=Case.Channel.WEB,
        title=first_sentence(item.text),
        text=item.text,
        submitted_at=now,
        community=item.community,
        grid=item.grid,
        category=item.category,
        place=item.place,
        identity=item.identity,
        resident_name="" if anonymous else item.name,
        resident_phone="" if anonymous else item.phone,
        submission_key=key_of(item.secret),
        by_resident=True,
    )


def _slip(case: Case, secret: str, now: datetime) -> Sent:
    return Sent(case, code_of(secret) if now - case.registered_at < CODE_SHOWN_FOR else None)


def _join(case: Case, main: Case, now: datetime) -> None:
    """Link the new case to an open one of the same matter. Another end of that one meanwhile leaves it on its own."""
    Case.objects.select_for_update().values_list("pk").get(pk=main.pk)
    main = Case.objects.get(pk=main.pk)
    if not main.is_open or main.street_id != case.street_id:
        return
    case = lock(case)
    case.duplicate_of = main
    closing.end(case, Case.Status.MERGED, case.responsible, now)
    record(case, Event.Kind.MERGED, by=None, now=now, into=main.number)


def _keep(case: Case, photo: Photo, now: datetime) -> None:
    # A name of ours: what the camera called it may tell when and with what it was taken.
    number = Attachment.objects.filter(case=case, by__isnull=True).count() + 1
    with translation.override(settings.LANGUAGE_CODE):
        name = _("photo %(number)d") % {"number": number} + photo.suffix
    row = Attachment.objects.create(
        case=case,
        file=ContentFile(photo.data, name=f"{uuid4().hex}{photo.suffix}"),
        name=name,
        content_type=photo.content_type,
        size=len(photo.data),
        sha256=hashlib.sha256(photo.data).hexdigest(),
        by=None,
        at=now,
    )
    record(case, Event.Kind.PHOTO, by=None, now=now, attachment=row.pk, sha256=row.sha256)


def _refuse_closed(case: Case) -> None:
    refuse_if(not case.is_open, "closed", _("This matter is closed; this step is not possible any more."))


def _last_answer(case: Case) -> datetime:
    answers = Event.objects.filter(case=case, kind__in=[Event.Kind.REPLIED, Event.Kind.CONTACTED])
    return answers.order_by("-seq").values_list("at", flat=True).first() or case.submitted_at - timedelta(seconds=1)
