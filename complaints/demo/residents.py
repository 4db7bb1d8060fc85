"""What the demo street's residents do themselves: write, urge, send a photo, rate, ask for their data."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper, Q
from PIL import Image

from complaints.actions import data_requests, rating, resident
from complaints.actions.rated import Answer
from complaints.demo.people import Town
from complaints.models import Case, DataRequest, Rating, RatingTag
from complaints.models.rating import RatingCheck
from config.lib.photos import Photo
from staff.models import Person

GOOD, SO_SO, BAD = 5, 3, 2
RATED = "help complaint snapshot"


def speak(town: Town, now: datetime) -> None:
    """As of `now`, on cases the stories have left as they are."""
    _write(now)
    boss = town.logins["demo_supervisor"]
    _rate(_closed(town), boss, now)
    _ask_for_data(boss, now)


def _write(now: datetime) -> None:
    """On open matters that were told by name."""
    first, second, third = Case.objects.open().filter(identity="named", resident__isnull=False).order_by("-pk")[:3]
    resident.say(first, now=now, text="今天上午又看了一下，情况还是一样，麻烦尽快安排。")
    resident.urge(second, now=now)
    resident.add_photos(third, now=now, photos=[_photo()])


def _closed(town: Town) -> Iterator[Case]:
    """Closed long enough ago that somebody should have called, and nobody has said anything about them yet.

    The demo secretary's own come last: they are to have residents to call on any day.
    """
    rated = Rating.objects.values("case")
    cases = Case.objects.awaiting_callback().exclude(pk__in=rated).filter(kind__in=RATED.split())
    own = ExpressionWrapper(Q(community=town.grounds[0].community), BooleanField())
    return iter(cases.exclude(resident__phone="").select_related("responsible").order_by(own, "closed_at")[:3])


def _rate(closed: Iterator[Case], boss: Person, now: datetime) -> None:
    """One full of praise, one lukewarm, one bad rating followed up to its supplement."""
    kind = list(RatingTag.objects.filter(about="attitude").order_by("pk"))
    praised = rating.rate(
        next(closed),
        Answer(solved="yes", satisfied=GOOD, tags=kind[:1], text="上门两次，态度很好。"),
        now=now,
        via="track",
    )
    proposal = praised.case.praise.first()
    if proposal:
        rating.decide_praise(
            proposal, by=boss, now=now, person=proposal.person, verdict="confirmed", reason="居民点名表扬，情况属实。"
        )
    rating.rate(next(closed), Answer(solved="partly", satisfied=SO_SO), now=now, via="counter")
    bad = rating.rate(
        next(closed), Answer(solved="yes", satisfied=BAD, text="办好了，但等得太久。"), now=now, via="track"
    )
    check = RatingCheck.objects.get(rating=bad)
    rating.verify(
        check, by=boss, now=now, outcome=RatingCheck.Outcome.EXPLAINED, finding="配件到货晚，未及时告知居民。"
    )
    rating.tell(check, by=boss, now=now, text="配件到货晚，没有及时告诉您，向您致歉。今后每三天告知一次进展。")
    rating.supplement(bad.case, Answer(solved="yes", satisfied=SO_SO, text="说明白了就好。"), now=now, via="track")


def _ask_for_data(boss: Person, now: datetime) -> None:
    case = Case.objects.closed().filter(resident__isnull=False).order_by("-pk").first()
    assert case is not None  # the stories close many
    data_requests.copy(case, now=now)
    asked = data_requests.ask(case, now=now, kind=DataRequest.Kind.CORRECTION, text="门牌号记错了，应为3单元。")
    data_requests.decide(asked, by=boss, now=now, grant=False, reason="与登记的原始单据一致，请带门牌照片到窗口核对。")


def _photo() -> Photo:
    picture = io.BytesIO()
    Image.new("RGB", (320, 240), (118, 132, 128)).save(picture, "JPEG")
    return Photo(picture.getvalue(), 320, 240)
