"""Logging a matter on one screen; paper entered afterwards and answers on the spot are on the same form."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from complaints.actions import Answer, Registration
from complaints.forms.category import CategoryField
from complaints.forms.fields import Area, Line, Moment, People, Words, area_key, people_with_units
from complaints.models import Case
from complaints.models.case import TEXT_LIMIT
from config.lib.text import first_sentence
from staff import queries as staff
from staff.models import Person, Post, Unit

Outcome = Case.Outcome
ON_THE_SPOT = (
    Outcome.ANSWERED,
    Outcome.EMERGENCY_SERVICE,
    Outcome.STATUTORY,
    Outcome.SAME_MATTER,
    Outcome.SECRET,
    Outcome.OUT_OF_REMIT,
    Outcome.UNLAWFUL,
)
FROM_PAPER = (Outcome.RESOLVED, Outcome.PARTLY, Outcome.EXPLAINED)
ANSWERABLE = {Case.Kind.INQUIRY, Case.Kind.SUGGESTION, Case.Kind.PRAISE}
TYPED_BY_STAFF = [choice for choice in Case.Channel.choices if choice[0] != Case.Channel.WEB]
COMPLEX_IS_ASKED_FOR = [choice for choice in Case.Urgency.choices if choice[0] != Case.Urgency.COMPLEX]


class RegisterForm(forms.Form):
    text = Words(
        label=_("What it is about"),
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5, "autofocus": True}),
    )
    title = Line(label=_("Title"), max_length=200, required=False, help_text=_("Empty: made from the first sentence."))
    channel = forms.ChoiceField(
        label=_("How it reached us"), choices=TYPED_BY_STAFF, widget=forms.RadioSelect, initial=Case.Channel.COUNTER
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Case.Kind, widget=forms.RadioSelect, initial=Case.Kind.HELP)
    urgency = forms.ChoiceField(
        label=_("Urgency"), choices=COMPLEX_IS_ASKED_FOR, widget=forms.RadioSelect, initial=Case.Urgency.NORMAL
    )
    area = Area(required=False)
    place = Line(label=_("Exact place"), max_length=200, required=False)
    category = CategoryField(label=_("Category"), required=False)
    resident_name = Line(label=_("Resident's name"), max_length=60, required=False)
    resident_phone = Line(
        label=_("Resident's phone"), max_length=30, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    resident_address = Line(label=_("Resident's address"), max_length=120, required=False)
    special_group = forms.ChoiceField(label=_("Special group"), choices=Case.SpecialGroup, required=False)
    identity = forms.ChoiceField(
        label=_("Identity"), choices=Case.Identity, widget=forms.RadioSelect, initial=Case.Identity.NAMED
    )
    submitted_at = Moment(label=_("Told at"), required=False, help_text=_("Empty means now."))
    outcome = forms.ChoiceField(
        label=_("Settled at once?"),
        choices=[
            ("", _("no, it will be handled")),
            (_("settled on the spot"), [(value, value.label) for value in ON_THE_SPOT]),
            (_("settled long ago, from paper"), [(value, value.label) for value in FROM_PAPER]),
        ],
        required=False,
    )
    answer = Words(label=_("What the resident was told"), rows=4, required=False)
    backfilled = forms.BooleanField(label=_("Entered afterwards from paper, with its true times"), required=False)
    first_contact = People(label=_("First asked"), queryset=Person.objects.none(), required=False)
    answer_at = Moment(label=_("Settled at"), required=False, help_text=_("Empty means now."))
    submission_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    asked = ""

    def __init__(self, *args: Any, person: Person, unit: Unit, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.unit, self.now = person, unit, now
        area = self.fields["area"]
        assert isinstance(area, Area)
        area.offer(unit.street_id, unit.community_id)
        posts = staff.current(Post.objects.filter(street=unit.street_id, unit__isnull=False))
        people = Person.objects.filter(pk__in=posts.filter(role__in=staff.HANDLING_ROLES).values("person"))
        self.fields["first_contact"].queryset = people_with_units(people, unit.pk)  # type: ignore[attr-defined]
        self.fields["first_contact"].empty_label = str(person)  # type: ignore[attr-defined]
        self.initial.setdefault("area", area_key(unit.community_id, None))
        self.initial.setdefault("submission_key", uuid.uuid4())

    def clean_submitted_at(self) -> datetime:
        told: datetime | None = self.cleaned_data["submitted_at"]
        if told is None:
            return self.now
        if told > self.now:
            raise ValidationError(gettext("This time lies in the future."), code="in_future")
        # The control knows minutes only: the present minute means now, to the second.
        return self.now if self.now - told < timedelta(minutes=1) else told

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        outcome, answer, paper = data.get("outcome"), data.get("answer"), data.get("backfilled")
        if outcome and not answer and "answer" not in self.errors:
            self.add_error("answer", gettext("Please write what the resident was told."))
        if answer and not outcome:
            self.add_error("outcome", gettext("Please say how it was settled, or leave the reply empty."))
        if outcome in FROM_PAPER and not paper:
            self.add_error(
                "outcome", gettext("Only a matter from paper ends like this here: log it, then conclude it.")
            )
        if outcome == Outcome.ANSWERED and data.get("kind") not in ANSWERABLE and not paper:
            self.add_error("outcome", gettext("Only an inquiry, a suggestion or praise is answered on the spot."))
        if data.get("first_contact") not in (None, self.person) and not paper:
            self.add_error(
                "first_contact",
                gettext("You were asked, so you are first. A colleague's name is for paper entered afterwards."),
            )
        if data.get("answer_at") and not paper:
            data["answer_at"] = None
        return data

    def registration(self) -> Registration:
        """What `actions.register` takes. Only after `is_valid`."""
        data = self.cleaned_data
        first = data["first_contact"] or self.person
        unit = self.unit if first == self.person else staff.unit_of(first) or self.unit
        community, grid = data["area"]
        answered = Answer(data["answer"], self._answered_at(), data["outcome"], first) if data["outcome"] else None
        return Registration(
            street=self.unit.street,
            unit=unit,
            first_contact=first,
            kind=data["kind"],
            channel=data["channel"],
            urgency=data["urgency"],
            title=data["title"] or first_sentence(data["text"]),
            text=data["text"],
            submitted_at=data["submitted_at"],
            community=community,
            grid=grid,
            category=data["category"],
            place=data["place"],
            special_group=data["special_group"],
            identity=data["identity"],
            resident_name=data["resident_name"],
            resident_phone=data["resident_phone"],
            resident_address=data["resident_address"],
            backfilled=data["backfilled"],
            submission_key=data["submission_key"],
            answer=answered,
        )

    def _answered_at(self) -> datetime:
        at: datetime | None = self.cleaned_data["answer_at"]
        told: datetime = self.cleaned_data["submitted_at"]
        if at is None:
            return self.now
        # Told and settled in the same minute of the paper: the control knows no seconds.
        return told if at < told < at + timedelta(minutes=1) else at
