"""Draft a bulletin, write its files and, where two people are named, issue and publish it."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.management.commands.import_cases import the_street
from config.lib.errors import RuleBroken
from staff.models import Community, Person, Post, Street
from staff.queries import current
from supervision.bulletin import actions, documents
from supervision.bulletin.periods import Period, Span, parse, quarter_of
from supervision.models import Bulletin


class Command(BaseCommand):
    help = (
        "Drafts the bulletin of a month, quarter or year (2026-10, 2026-Q4, 2026) unless there is one, and writes its "
        "files; of a period that still runs it writes the files and keeps nothing. --publish takes it to the end: --by "
        "names who vouches for it and who issues it; without, the street's first two supervisors do. One person is not "
        "enough."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("period", metavar="YYYY-MM")
        parser.add_argument("--street", required=True, metavar="CODE")
        parser.add_argument("--community", metavar="CODE", default="")
        parser.add_argument("--out", type=Path, metavar="DIR")
        span = parser.add_mutually_exclusive_group()
        span.add_argument("--quarter", action="store_true", help="the quarter the month lies in")
        span.add_argument("--year", action="store_true", help="the year the month lies in")
        parser.add_argument("--publish", action="store_true")
        parser.add_argument("--by", metavar="DRAFTER,ISSUER", default="", help="two usernames")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, period: str, street: str, community: str, out: Path | None, **options: Any) -> None:
        began = time.perf_counter()
        try:
            place = the_street(street)
            area = _community(place, community)
            wanted = _period(period, quarter=options["quarter"], year=options["year"])
            row = _drafted(place, area, wanted, publish=options["publish"])
            if options["publish"]:
                row = _published(row, options["by"])
            files = _written(row, out) if out else []
        except (RuleBroken, PermissionDenied) as refused:
            self.stderr.write(self.style.ERROR(str(refused)))
            sys.exit(1)
        result = {
            "report": row.pk,
            "status": row.status if row.revision else "preview",
            "sha256": row.sha256,
            "revision": row.revision,
            "files": files,
            "seconds": round(time.perf_counter() - began, 2),
        }
        if options["as_json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        elif not row.revision:
            self.stdout.write("The period still runs: a look at it, {sha256}, {seconds} s".format(**result))
        else:
            self.stdout.write("{report}: {status}, revision {revision}, {sha256}, {seconds} s".format(**result))


def _drafted(street: Street, area: Community | None, period: Period, *, publish: bool) -> Bulletin:
    """The bulletin, or of a period that still runs a look at it that is not kept."""
    now = timezone.now()
    if period.begin <= now < period.after.begin and not publish:
        return actions.preview(street, period, now=now, community=area)
    return actions.draft(street, period, by=None, now=now, community=area)


def _period(code: str, *, quarter: bool, year: bool) -> Period:
    try:
        period = parse(code)
    except RuleBroken as wrong:
        raise RuleBroken("no_period", _("Write a month as 2026-10, a quarter as 2026-Q4, a year as 2026.")) from wrong
    if quarter:
        return quarter_of(period.first)
    return Period(Span.YEAR, period.first.replace(month=1, day=1)) if year else period


def _community(street: Street, code: str) -> Community | None:
    if not code:
        return None
    found = Community.objects.filter(street=street, code=code).first()
    if found is None:
        known = ", ".join(Community.objects.filter(street=street).values_list("code", flat=True)) or "—"
        raise RuleBroken(
            "no_community",
            _("There is no community “%(code)s” in %(street)s. There are: %(known)s.")
            % {"code": code, "street": street, "known": known},
        )
    return found


def _published(row: Bulletin, by: str) -> Bulletin:
    """Takes the steps that are still missing, in the names of two people."""
    if row.status == Bulletin.Status.PUBLISHED:
        return row
    drafter, issuer = _two(row.street, by)
    now = timezone.now()
    if row.status == Bulletin.Status.DRAFT:
        row = actions.submit(row, by=drafter, now=now)
    if row.status == Bulletin.Status.REVIEW:
        row = actions.issue(row, by=issuer, now=now)
    return actions.publish(row, by=issuer, now=now)


def _two(street: Street, by: str) -> tuple[Person, Person]:
    if by:
        names = by.split(",")
        found = {person.username: person for person in Person.objects.filter(username__in=names)}
        if len(names) != 2 or len(found) != 2:
            raise RuleBroken("two_people", _("Name two different people: --by DRAFTER,ISSUER."))
        return found[names[0]], found[names[1]]
    posts = current(Post.objects.filter(street=street, role=Post.Role.SUPERVISOR)).select_related("person")
    people = list({post.person_id: post.person for post in posts.order_by("since", "pk")}.values())
    if len(people) < 2:
        raise RuleBroken("two_people", _("One supervisor cannot both draft and issue: name two people with --by."))
    return people[0], people[1]


def _written(row: Bulletin, out: Path) -> list[str]:
    if row.revision:
        row = Bulletin.objects.select_related("street", "community").get(pk=row.pk)
    try:
        return _files(row, out)
    except OSError as wrong:
        raise RuleBroken(
            "not_written",
            _("The files could not be written to %(place)s: %(why)s.") % {"place": out, "why": wrong.strerror},
        ) from wrong


def _files(row: Bulletin, out: Path) -> list[str]:
    """Each under another name first: whoever picks it up never finds half a file."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for public in (False, True) if row.public is not None else (False,):
        for name, content in documents.files(row, public=public):
            part = out / f".{name}.{os.getpid()}.part"
            try:
                part.write_bytes(content)
                part.replace(out / name)
            finally:
                part.unlink(missing_ok=True)
            written.append(str(out / name))
    return written
