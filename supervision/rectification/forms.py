"""One form per act. Field names are the arguments of the action, so that a refusal finds its field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from complaints.filters import Day, Ids, Several, Text
from complaints.forms.fields import Files, Line, People, Units, Words, people_with_units, units_by_kind
from complaints.models import Case, Category
from config.lib.text import unfit
from staff import queries as staff
from staff.models import Community, Person, Unit
from supervision.models import RectificationItem
from supervision.rectification.actions import MOST_DAYS, Evidence
from supervision.rectification.rules import Act

Source = RectificationItem.Source
BY_HAND = [(code, label) for code, label in Source.choices if code != Source.CONDUCT]


class SetForm(forms.Form):
    """A new item. From a proposal most is filled in, and where it comes from is not asked again."""

    problem = Words(label=_("Problem"), rows=3, max_length=2_000)
    source = forms.ChoiceField(label=_("Source"), choices=BY_HAND)
    reference = Line(
        label=_("Number at the source"),
        required=False,
        max_length=60,
        help_text=_("Of the inspection, report or document."),
    )
    community: Any = forms.ModelChoiceField(
        label=_("Community"), queryset=Community.objects.none(), required=False, empty_label=_("whole street")
    )
    unit = Units(label=_("Responsible unit"), queryset=Unit.objects.none())
    responsible = People(label=_("Responsible person"), queryset=Person.objects.none())
    category: Any = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.none(),
        required=False,
        empty_label=_("none"),
        help_text=_("With community and category a relapse is recognised later."),
    )
    case = Line(label=_("Case number"), required=False, max_length=40)
    cause = Words(label=_("Cause"), rows=2, required=False, max_length=2_000)
    measure = Words(label=_("Measure"), rows=2, required=False, max_length=2_000)
    days = forms.IntegerField(
        label=_("Limit in working days"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=_("Empty: as the rule says, or by the day promised already."),
    )

    def __init__(self, *args: Any, person: Person, street: int, proposed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.street = person, street
        fields: Any = self.fields
        fields["community"].queryset = Community.objects.filter(street=street)
        fields["unit"].queryset = units_by_kind(street)
        fields["responsible"].queryset = people_with_units(staff.handlers(street))
        fields["category"].queryset = Category.objects.filter(is_active=True)
        if proposed:
            for name in ("source", "reference", "case"):
                del self.fields[name]

    def clean_case(self) -> Case | None:
        number = self.cleaned_data["case"].strip().upper()
        if not number:
            return None
        seen = Case.objects.visible_to(self.person.scope()).filter(street=self.street)
        found = None if unfit(number) else seen.filter(number=number).first()
        if found is None:
            raise ValidationError(gettext("There is no such case in your area."))
        return found


class ActForm(forms.Form):
    """Knows which item it is about."""

    def __init__(self, *args: Any, item: RectificationItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item = item
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices and first values that depend on the item."""

    def arguments(self) -> dict[str, Any]:
        return self.cleaned_data


class PlanForm(ActForm):
    cause = Words(label=_("Cause"), rows=2, required=False, max_length=2_000)
    measure = Words(label=_("Measure"), rows=3, max_length=2_000)

    def prepare(self) -> None:
        self.initial = {"cause": self.item.cause, "measure": self.item.measure}


class ReportForm(ActForm):
    text = Words(label=_("What was done"), rows=3, max_length=2_000)
    evidence = Files(label=_("Files"), required=False)

    def arguments(self) -> dict[str, Any]:
        files = [Evidence(*upload) for upload in self.cleaned_data["evidence"]]
        return {"text": self.cleaned_data["text"], "files": files}


class VerifyForm(ActForm):
    text = Words(label=_("What you have seen"), rows=3, max_length=2_000)


class SignForm(ActForm):
    text = Words(label=_("A word with it"), rows=2, required=False, max_length=2_000)


class BackForm(ActForm):
    text = Words(label=_("What is still missing"), rows=3, max_length=2_000)


class ReassignForm(ActForm):
    unit = Units(label=_("Responsible unit"), queryset=Unit.objects.none())
    responsible = People(label=_("Responsible person"), queryset=Person.objects.none())
    text = Words(label=_("Reason"), rows=2, max_length=2_000)

    def prepare(self) -> None:
        fields: Any = self.fields
        fields["unit"].queryset = units_by_kind(self.item.street_id)
        fields["responsible"].queryset = people_with_units(staff.handlers(self.item.street_id))
        self.initial = {"unit": self.item.unit_id, "responsible": self.item.responsible_id}


class WithdrawForm(ActForm):
    text = Words(label=_("Reason"), rows=2, max_length=2_000)


FORMS: dict[Act, type[ActForm]] = {
    Act.PLAN: PlanForm,
    Act.REPORT: ReportForm,
    Act.VERIFY: VerifyForm,
    Act.SIGN_OFF: SignForm,
    Act.SEND_BACK: BackForm,
    Act.REASSIGN: ReassignForm,
    Act.WITHDRAW: WithdrawForm,
}

STATES = [
    ("pending", _("not ended")),
    ("open", _("set down")),
    ("planned", _("measure planned")),
    ("reported", _("reported done")),
    ("verified", _("verified")),
    ("signed_off", _("signed off")),
    ("withdrawn", _("withdrawn")),
]
LIGHTS = [("red", _("Red light")), ("yellow", _("Yellow light")), ("green", _("Green light"))]
ONLY = [("mine", _("my next step")), ("recurred", _("came back"))]


class ItemFilter(forms.Form):
    """The filters of the list; names are those of the address."""

    q = Text(label=_("Words"), max_length=100)
    state = Several(label=_("State"), choices=STATES)
    light = Several(label=_("Light"), choices=LIGHTS)
    source = Several(label=_("Source"), choices=Source.choices)
    community = Ids(label=_("Community"))
    unit = Ids(label=_("Responsible unit"))
    only = forms.ChoiceField(label=_("Only"), choices=[("", ""), *ONLY], required=False)
    set_from = Day(label=_("Set from"))
    set_to = Day(label=_("Set to"))
    due_to = Day(label=_("Due to"))

    def sentences(self) -> list[str]:
        return [
            gettext("%(filter)s: %(error)s") % {"filter": self.fields[name].label, "error": " ".join(map(str, errors))}
            for name, errors in self.errors.items()
        ]
