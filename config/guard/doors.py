"""The public doors and what each of them bears. A page counts first, and only then looks at what was sent.

stage = REPORT.enter(request, now=now)                    # TooMany: 429 with Retry-After, see `refused`
form = ReportForm(request.POST, request.FILES, now=now, stage=stage)

stage = TRACK.enter(request, now=now, number=number, code=code)
if right: TRACK.forgive(request, now=now, number=number, code=code)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from config.guard import limits, proof
from config.guard.address import network
from config.guard.limits import Limit, Stage, TooMany, Use


@dataclass(frozen=True)
class Door:
    """`by` are limits for what is asked for (a case number, a code), `by_network` for that together with the network.

    Everybody together and a case number never close a door: whoever counts that high could otherwise shut it for others.
    """

    name: str
    network: Limit
    everybody: Limit
    by: dict[str, Limit] = field(default_factory=dict)
    by_network: dict[str, Limit] = field(default_factory=dict)

    def uses(self, request: HttpRequest, **subjects: str) -> Iterator[Use]:
        where = network(request)
        for name, limit in self.by_network.items():
            if subjects.get(name):
                yield Use(limit, (subjects[name], where))
        yield Use(self.network, (where,))
        for name, limit in self.by.items():
            if subjects.get(name):
                yield Use(limit, (subjects[name],))
        yield Use(self.everybody)

    def enter(self, request: HttpRequest, *, now: datetime, **subjects: str) -> Stage:
        """Count this use. Raises TooMany."""
        return limits.count(list(self.uses(request, **subjects)), now=now)

    def look(self, request: HttpRequest, *, now: datetime, **subjects: str) -> Stage:
        """Which proof the next use will need."""
        return min(limits.look(list(self.uses(request, **subjects)), now=now), Stage.HARDEST)

    def forgive(self, request: HttpRequest, *, now: datetime, **subjects: str) -> None:
        """It was somebody who knew: that does not count."""
        limits.forgive(list(self.uses(request, **subjects)), now=now)


MINUTES, HOUR = 600, 3600
FIELDS_KEPT, MOST_KEPT = 60, 20_000

# A whole housing estate may share one network: sixty reports in ten minutes are an accident, not an attack.
REPORT = Door("report", Limit("report.network", MINUTES, harder=10, most=60), Limit("report.all", 60, harder=120))
SEND = Door("send", Limit("send.network", MINUTES, harder=20, most=120), Limit("send.all", 60, harder=240))
ASK = Door("ask", Limit("ask.network", MINUTES, harder=60, most=300), Limit("ask.all", 60, harder=600))
GUIDE = Door("guide", Limit("guide.network", MINUTES, harder=10, most=60), Limit("guide.all", 60, harder=120))
TRACK = Door(
    "track",
    Limit("track.network", MINUTES, harder=20, most=120),
    Limit("track.all", 60, harder=240),
    by={"number": Limit("track.number", HOUR, harder=5)},
    by_network={
        "number": Limit("track.number.network", MINUTES, harder=4, most=10),
        "code": Limit("track.code.network", HOUR, harder=4, most=20),
    },
)
DOORS = {door.name: door for door in (REPORT, SEND, ASK, GUIDE, TRACK)}


def challenge(request: HttpRequest, door: Door, *, now: datetime) -> JsonResponse:
    """For the widget. `?stage=` may ask for a harder one, as a page does that was refused an easier one."""
    asked = request.GET.get("stage", "")
    wanted = Stage(int(asked)) if asked in {"1", "2"} else Stage.NORMAL
    made = proof.challenge(door.name, max(wanted, door.look(request, now=now)), now=now)
    return JsonResponse(made, headers={"Cache-Control": "no-store"})


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What was sent with a form, files left out, as far as a page bears it."""
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    return [(name, value[:MOST_KEPT]) for name, value in sent[:FIELDS_KEPT] if name != "csrfmiddlewaretoken"]


def refused(request: HttpRequest, refusal: TooMany, context: dict[str, Any] | None = None) -> HttpResponse:
    """The page for 429: what was typed is on it, and one button sends it again."""
    told = {"refusal": refusal, "typed": typed(request), **(context or {})}
    answer = render(request, "429.html", told, status=429)
    answer.headers["Retry-After"] = str(refusal.retry_after)
    return answer
