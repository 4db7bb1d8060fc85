"""What a browser remembers of the case it has opened, and what becomes of a form that came too late or to the wrong one.

The case: a signed cookie for half an hour. What was typed: the fields of the form itself, on their way through the door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from complaints.forms.public import LookupForm
from complaints.models import Case
from complaints.progress import tracked
from config.guard.doors import typed
from config.guard.shown import FIELD, other_matter, shown_for

COOKIE, PATH, SALT = "tracked", "/track/", "linli.track"
GOOD_FOR = 30 * 60
DOORS_OWN = {"number", "code", "draft", "stamp", "ticket", "altcha", "website"}


@dataclass(frozen=True)
class Kept:
    """A form that was not sent: which one, of which matter, and every word and tick of it. Photos cannot be kept."""

    act: str
    made: type[forms.Form]
    matter: str
    typed: list[tuple[str, str]]

    @classmethod
    def of(cls, request: HttpRequest, act: str, made: type[forms.Form]) -> Kept:
        return cls(act, made, shown_for(request), [pair for pair in typed(request) if pair[0] not in DOORS_OWN])

    def one(self, name: str) -> str:
        return next((value for given, value in reversed(self.typed) if given == name), "")

    def form(self) -> forms.Form:
        """What was typed, in its fields, not yet looked at."""
        given: dict[str, Any] = {}
        for name, field in self.made.base_fields.items():
            values = [value for sent, value in self.typed if sent == name]
            if values and not isinstance(field, forms.FileField):
                given[name] = values if isinstance(field.widget, forms.CheckboxSelectMultiple) else values[-1]
        return self.made(initial=given)

    @property
    def had_photos(self) -> bool:
        return any(isinstance(field, forms.FileField) for field in self.made.base_fields.values())

    @property
    def written(self) -> list[tuple[str, str]]:
        return written(self.form())


@dataclass(frozen=True)
class Unsent:
    """Why something was not sent, and what it was."""

    why: str
    written: list[tuple[str, str]]
    photos: bool = False


def unsent_of(kept: Kept, case: Case) -> Unsent | None:
    """What was typed for one matter is not put into the fields of another."""
    if kept.matter in {"", case.number}:
        return None
    why = _("You wrote this for the matter %(other)s; the one open now is %(number)s.")
    return Unsent(why % {"other": kept.matter, "number": case.number}, kept.written, kept.had_photos)


def written(form: forms.Form) -> list[tuple[str, str]]:
    """Label and text of all that was typed or ticked in a form, for people to read and to copy."""
    rows = []
    for field in form:
        if field.is_hidden or isinstance(field.field, forms.FileField):
            continue
        value = field.value()
        values = [str(one) for one in (value if isinstance(value, list | tuple) else [value]) if one not in (None, "")]
        if isinstance(field.field, forms.ChoiceField):
            choices: Any = field.field.choices
            names = {str(key): str(name) for key, name in choices}
            values = [names[one] for one in values if one in names]
        text = "、".join(values).strip()
        if text:
            rows.append((str(field.label), text))
    return rows


def case_of(request: HttpRequest) -> Case | None:
    """The case this browser has opened with its code. For everything residents do under /track/."""
    try:
        pk = signing.loads(request.COOKIES.get(COOKIE, "")[:200], salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
    return tracked(pk) if isinstance(pk, int) else None


def remember(answer: HttpResponse, case: Case) -> HttpResponse:
    """Half an hour from now on; nobody's scripts and nobody else's pages can use it."""
    answer.set_cookie(
        COOKIE,
        signing.dumps(case.pk, salt=SALT),
        max_age=GOOD_FOR,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return answer


def door(
    request: HttpRequest,
    form: forms.Form,
    *,
    kept: Kept | None = None,
    open_now: str = "",
    status: int = 200,
    **why: Any,
) -> HttpResponse:
    """Number and code are asked for. `kept` waits behind the door; `open_now` is the number another tab has open."""
    context = {"shell": "public", "form": form, "kept": kept, "open_now": open_now, "matter": FIELD} | why
    return render(request, "public/track_door.html", context, status=status)


def asked_again(request: HttpRequest, kept: Kept) -> HttpResponse:
    """The half hour is over: the form waits until number and code are given once more."""
    return door(request, LookupForm(initial={"number": kept.matter}), kept=kept, asked_again=True, status=403)


def of_another(request: HttpRequest, case: Case, act: str, made: type[forms.Form]) -> HttpResponse | None:
    """The refusal of a form that was shown for another matter than the one open now."""
    other = other_matter(request, case.number)
    if not other:
        return None
    form = LookupForm(initial={"number": other})
    answer = door(request, form, kept=Kept.of(request, act, made), open_now=case.number, other=other, status=409)
    return remember(answer, case)
