"""One form per act. Field names are the arguments of the action, so that a refusal finds its field."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from complaints.forms.category import CategoryField
from complaints.forms.fields import (
    Area,
    Files,
    Line,
    Moment,
    People,
    Units,
    Words,
    area_key,
    people_with_units,
    units_by_kind,
)
from complaints.models import Callback, Case, Consent, ContactLog, DelayReason, JointTask, Resident
from complaints.models.case import TEXT_LIMIT
from complaints.replies import templates_for
from staff import queries as staff
from staff.models import Person

WORDS_HINT = _("Not shown to the resident.")


class ActForm(forms.Form):
    """Knows whose case it is and who acts. `template` is a reply to start from, never an argument of an act."""

    asked = ""  # words a category was looked for with

    def __init__(self, *args: Any, case: Case, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.person = case, person
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices and first values that depend on the case."""


class NoteForm(ActForm):
    text = Words(label=_("Note for colleagues"), help_text=WORDS_HINT)


class ContactForm(ActForm):
    way = forms.ChoiceField(
        label=_("How"), choices=ContactLog.Way, widget=forms.RadioSelect, initial=ContactLog.Way.CALL
    )
    reached = forms.BooleanField(label=_("The resident was reached"), required=False, initial=True)
    substantive = forms.BooleanField(
        label=_("We spoke about the matter itself"),
        required=False,
        initial=True,
        help_text=_("The first such contact stops the clock of the first response."),
    )
    text = Words(label=_("What was said"))
    at = Moment(label=_("When"), required=False, help_text=_("Empty means now."))

    def clean_at(self) -> Any:
        at = self.cleaned_data["at"]
        told = self.case.submitted_at
        # The control knows minutes only: the minute in which the resident told us is not before it.
        return told if at and at < told < at + timedelta(minutes=1) else at


class TemplateForm(ActForm):
    """A text to the resident that may start from a template."""

    template: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=_("Start from a template"), queryset=None, required=False, empty_label=_("no template")
    )

    def prepare(self) -> None:
        self.fields["template"].queryset = templates_for(self.case)  # type: ignore[attr-defined]


class ReplyForm(TemplateForm):
    text = Words(label=_("Reply to the resident"), rows=7)
    field_order = ("template", "text")


class ConcludeForm(TemplateForm):
    outcome = forms.ChoiceField(
        label=_("Outcome"), choices=[choice for choice in Case.Outcome.choices if choice[0]], widget=forms.RadioSelect
    )
    text = Words(label=_("Reply to the resident"), rows=7, help_text=_("The case is closed with this reply."))
    field_order = ("outcome", "template", "text")


class AttachForm(ActForm):
    files = Files(  # type: ignore[assignment]
        label=_("Files"), help_text=_("Up to 5 files, 8 MB each: photos, PDF, Word, Excel, text.")
    )


class OfferForm(ActForm):
    to = People(label=_("Hand over to"), queryset=Person.objects.none())
    reason = Words(label=_("Reason"), rows=3, help_text=_("You stay responsible until your colleague accepts."))

    def prepare(self) -> None:
        people = staff.handlers(self.case.street_id).exclude(pk=self.case.responsible_id)
        self.fields["to"].queryset = people_with_units(people, self.case.unit_id)  # type: ignore[attr-defined]


class DispatchForm(ActForm):
    unit = Units(label=_("Dispatch to"), queryset=None)
    reason = Words(label=_("Reason"), rows=3, required=False, help_text=_("May stay empty when the directory says so."))

    def prepare(self) -> None:
        units = units_by_kind(self.case.street_id).exclude(pk=self.case.unit_id)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class ExplainDelayForm(ActForm):
    reason = forms.ChoiceField(label=_("Reason"), choices=DelayReason, widget=forms.RadioSelect)
    text = Words(label=_("Why it is late, and when it will be finished"), rows=4, help_text=WORDS_HINT)


class WordForm(ActForm):
    """A word that may stay empty."""

    text = Words(label=_("Word on it"), rows=3, required=False)


class ReasonForm(ActForm):
    reason = Words(label=_("Reason"), rows=3)


class WithdrawForm(ReasonForm):
    reason = Words(label=_("Why the resident withdraws it"), rows=3)


class AdjudicateForm(ActForm):
    person = People(  # type: ignore[assignment]
        label=_("Responsible from now on"),
        queryset=Person.objects.none(),
        help_text=_("The decision is final: nobody has to accept it, nobody can return it."),
    )
    reason = Words(label=_("Grounds of the decision"))

    def prepare(self) -> None:
        people = people_with_units(staff.handlers(self.case.street_id), self.case.unit_id)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("person"):
            data["unit"] = staff.unit_of(data["person"])
        return data


class AskJointForm(ActForm):
    unit = Units(label=_("Co-unit"), queryset=None)
    task = Words(label=_("What is asked of it"))
    days = forms.IntegerField(label=_("Working days"), min_value=1, max_value=15, initial=3)

    def prepare(self) -> None:
        units = units_by_kind(self.case.street_id).exclude(pk=self.case.unit_id)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class TaskForm(ActForm):
    task: forms.ModelChoiceField[Any] = forms.ModelChoiceField(label=_("Task"), queryset=None, empty_label=None)

    def prepare(self) -> None:
        tasks = JointTask.objects.filter(self.own(), case=self.case, done_at__isnull=True).select_related("unit")
        field = self.fields["task"]
        field.queryset = tasks  # type: ignore[attr-defined]
        field.label_from_instance = lambda row: f"{row.unit}：{row.task[:40]}"  # type: ignore[attr-defined]

    def own(self) -> Q:
        return Q()


class FinishJointForm(TaskForm):
    result = Words(label=_("What your unit did or found"))

    def own(self) -> Q:
        return Q(unit__in=self.person.scope().units)


class CancelJointForm(TaskForm):
    reason = Words(label=_("Reason"), rows=3)


class AskForm(ActForm):
    text = Words(label=_("Grounds"), rows=3, help_text=_("For the person who decides."))
    told = Words(
        label=_("What the resident is told"), rows=3, help_text=_("Say plainly why it takes longer and until when.")
    )


class AskPauseForm(AskForm):
    reason = forms.ChoiceField(
        label=_("Reason of the pause"),
        choices=[choice for choice in Consent.Reason.choices if choice[0]],
        widget=forms.RadioSelect,
    )
    days = forms.IntegerField(
        label=_("Days at most"),
        min_value=1,
        max_value=366,
        initial=7,
        help_text=_("Counted in calendar days; the clock runs on by itself afterwards."),
    )
    field_order = ("reason", "days", "text", "told")


class RefuseForm(ActForm):
    text = Words(label=_("Why not"), rows=3)


class CallBackForm(ActForm):
    reached = forms.BooleanField(label=_("The resident was reached"), required=False, initial=True)
    solved = forms.ChoiceField(
        label=_("Is it solved?"),
        choices=[choice for choice in Callback.Solved.choices if choice[0]],
        widget=forms.RadioSelect,
        required=False,
        help_text=_("“Not solved” opens the case again with a new, short limit."),
    )
    satisfied = forms.TypedChoiceField(
        label=_("How satisfied is the resident?"),
        choices=list(Callback.Satisfied.choices),
        widget=forms.RadioSelect,
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Asked apart from whether it is solved. Leave it empty if the resident gives no answer."),
    )
    text = Words(label=_("In the resident's words"), rows=3, required=False)


class MergeForm(ActForm):
    into = Line(label=_("Number of the main case"), max_length=40)
    text = Words(
        label=_("What the resident is told"), rows=3, help_text=_("Where the main case stands and who handles it.")
    )

    def clean_into(self) -> Any:
        # Case.number has no NUL and no blanks: the field's own check came first.
        main = Case.objects.visible_to(self.person.scope()).filter(number=self.cleaned_data["into"]).first()
        if main is None:
            raise ValidationError(gettext("There is no case with this number in your area."), code="unknown")
        return main


class EditForm(ActForm):
    title = Line(label=_("Title"), max_length=200)
    text = Words(label=_("What it is about"), max_length=TEXT_LIMIT, rows=6)
    area = Area(required=False)
    place = Line(label=_("Exact place"), max_length=200, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=Case.Kind)
    category = CategoryField(label=_("Category"), required=False)
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Case.Urgency)
    special_group = forms.ChoiceField(label=_("Special group"), choices=Case.SpecialGroup, required=False)
    identity = forms.ChoiceField(label=_("Identity"), choices=Case.Identity)
    resident_name = Line(label=_("Resident's name"), max_length=60, required=False)
    resident_phone = Line(label=_("Resident's phone"), max_length=30, required=False)
    resident_address = Line(label=_("Resident's address"), max_length=120, required=False)

    def prepare(self) -> None:
        case = self.case
        area, urgency = self.fields["area"], self.fields["urgency"]
        assert isinstance(area, Area)
        area.offer(case.street_id, case.community_id)
        # The class of complex cases is asked for, not set; a case that has it may keep it.
        urgency.choices = [  # type: ignore[attr-defined]
            (value, label)
            for value, label in Case.Urgency.choices
            if value != Case.Urgency.COMPLEX or case.urgency == Case.Urgency.COMPLEX
        ]
        if self.is_bound:
            for name, field in self.fields.items():  # a program may send single facts
                field.required = field.required and name in self.data
            return
        resident = Resident.objects.filter(case=case).first() or Resident(case=case)
        for name in ("title", "text", "place", "kind", "urgency", "special_group", "identity"):
            self.initial.setdefault(name, getattr(case, name))
        self.initial.setdefault("area", area_key(case.community_id, case.grid_id))
        self.initial.setdefault("category", case.category_id)
        for name in ("name", "phone", "address"):
            self.initial.setdefault(f"resident_{name}", getattr(resident, name))

    def clean(self) -> dict[str, Any]:
        """Turns the choice of place into its two facts. What a program leaves out stays as it is."""
        data = super().clean() or self.cleaned_data
        facts: dict[str, Any] = {name: value for name, value in data.items() if name in self.data or name == "area"}
        if "area" in self.data and "area" in facts:
            facts["community"], facts["grid"] = facts["area"]
        facts.pop("area", None)
        return facts
