"""Who is told of a bulletin: those who see to it when it has written itself, and those who may issue it when it waits."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from staff.models import Post
from staff.queries import current
from supervision.models import Alert, Bulletin, Step
from supervision.watch.obligations import Fact, insert, to_people, watch_at


def tell(row: Bulletin, now: datetime) -> None:
    """In the transaction of the act; the same stage is told to nobody twice."""
    wanted = Q(role=Post.Role.SUPERVISOR)
    if row.community_id is not None:
        secretary = Q(role=Post.Role.SECRETARY, community=row.community_id)
        wanted = secretary if row.status == Bulletin.Status.DRAFT else wanted | secretary
    posts = current(Post.objects.filter(wanted, street=row.street_id))
    worked = {row.drafted_by_id, row.reviewed_by_id, *row.writers}
    people = sorted(set(posts.values_list("person", flat=True)) - worked)
    stage = f"{row.reviewed_at:%Y%m%d%H%M%S}" if row.reviewed_at else "drafted"
    area = row.community or row.street
    with translation.override(settings.LANGUAGE_CODE):
        waits = _("waits to be issued") if row.status == Bulletin.Status.REVIEW else _("waits to be checked")
    facts = {"number": f"{row.period.code} {area}", "rung": waits, "link": row.get_absolute_url()}
    fact = Fact(f"bulletin-{row.pk}-{stage}", Alert.What.BULLETIN, Step.TELL, False, None, None, facts)
    insert(to_people(fact, people, watch_at(now)))
