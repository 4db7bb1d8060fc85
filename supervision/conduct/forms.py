"""What a resident and what the discipline office may type about a report on conduct."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from complaints.forms.fields import Line, Words
from config.guard import proof
from config.guard.forms import Guarded, key_of
from config.guard.limits import Stage
from config.lib import photos
from config.lib.errors import RuleBroken
from config.lib.photos import Photo
from config.lib.text import lines
from staff.models import Community, Person, Post, Street, Unit
from staff.queries import current
from supervision.conduct import rules
from supervision.conduct.actions import Submission
from supervision.conduct.rules import Act
from supervision.models import ConductReport

Identity, Outcome = ConductReport.Identity, ConductReport.Outcome
KEY_SIGNS = 22  # 128 bits in base64
WORDS = ("text", "works_at", "who", "category", "happened", "place", "identity", "name", "contact")

IDENTITIES = [
    (Identity.ANONYMOUS, _("Anonymous: we store nothing about who you are and cannot find it out from the report.")),
    (
        Identity.CONFIDENTIAL,
        _("Confidential: your name is kept locked away; whoever opens it must write down why, and you can see that."),
    ),
    (
        Identity.NAMED,
        _(
            "With your name: the discipline office may call you to ask and to tell you the result; nobody else learns it."
        ),
    ),
]


@dataclass(frozen=True)
class Place:
    street: Street
    community: Community | None = None
    unit: Unit | None = None


class WhereTheyWork(forms.ChoiceField):
    """A community, a unit, or “do not know” for a whole street. Clean value: Place."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places: dict[str, Place] = {}

    def offer(self) -> None:
        groups: list[Any] = []
        streets = list(Street.objects.order_by("for_trial", "code"))
        for street in streets:
            whole = Place(street)
            self.places[f"street-{street.pk}"] = whole
            unknown = gettext("I do not know")
            choices = [(f"street-{street.pk}", unknown if len(streets) == 1 else f"{street} · {unknown}")]
            for community in Community.objects.filter(street=street):
                self.places[f"community-{community.pk}"] = Place(street, community=community)
                choices.append((f"community-{community.pk}", str(community)))
            others = Unit.objects.filter(street=street, is_active=True).exclude(kind=Unit.Kind.COMMUNITY)
            for unit in others:
                self.places[f"unit-{unit.pk}"] = Place(street, unit=unit)
                choices.append((f"unit-{unit.pk}", str(unit)))
            groups.append((str(street), choices))
        self.choices = groups[0][1] if len(groups) == 1 else groups

    def clean(self, value: Any) -> Any:
        return self.places[super().clean(value)]


class _ManyPhotos(forms.FileInput):
    allow_multiple_selected = True


class Photos(forms.FileField):
    """Photos drawn anew, at most five. Clean value: list of Photo."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _ManyPhotos(attrs={"multiple": True, "accept": "image/jpeg,image/png,image/webp"}))
        super().__init__(required=False, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        files: list[UploadedFile[Any]] = [file for file in (data if isinstance(data, list | tuple) else [data]) if file]
        try:
            photos.check_count(len(files))
            return [self._photo(file) for file in files]
        except RuleBroken as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal

    def _photo(self, file: UploadedFile[Any]) -> Photo:
        if (file.size or 0) > photos.MOST_BYTES:
            raise photos.fault("too_large")
        return photos.clean(file.read())


class ReportForm(Guarded):
    """Only the text and where the person works have to be filled in."""

    purpose = "conduct"

    photos = Photos(label=_("Photos"), help_text=_("Place, time and camera are taken out of every photo."))
    text = Words(
        label=_("What happened?"),
        rows=6,
        help_text=_("Your own style and details only you can know may give you away: write as plainly as you like."),
        error_messages={"required": _("Please say in a few words what happened.")},
    )
    works_at = WhereTheyWork(label=_("Where does the person work?"))
    who = Line(
        label=_("About whom"),
        max_length=200,
        required=False,
        help_text=_("A name, or what they look like, their counter or post. They and their unit never see this."),
    )
    about_leader = forms.BooleanField(label=_("It is about a leader of the street office"), required=False)
    category = forms.ChoiceField(
        label=_("What it is most like"),
        choices=ConductReport.Category,
        widget=forms.RadioSelect,
        required=False,
    )
    happened = Line(label=_("When"), max_length=60, required=False)
    place = Line(label=_("Where"), max_length=200, required=False)
    identity = forms.ChoiceField(
        label=_("With or without your name"), choices=IDENTITIES, widget=forms.RadioSelect, initial=Identity.ANONYMOUS
    )
    name = Line(label=_("Your name"), max_length=60, required=False)
    contact = Line(label=_("Phone or another way to reach you"), max_length=60, required=False)
    once = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    no_leader = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, snap: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = self._key() if self.is_bound else ""
        works_at: Any = self.fields["works_at"]
        works_at.offer()
        self.initial["once"] = new_key()
        # Given out with the page, the wait of those without JavaScript is over before they have finished typing.
        self.initial["ticket"] = self._ticket()
        self.fields["text"].widget.attrs |= {"data-count": True}
        for field in ("who", "happened", "place", "name", "contact"):
            self.fields[field].widget.attrs["autocomplete"] = "off"
        if snap:
            self.fields["photos"].widget.attrs["capture"] = "environment"

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.has_error(NON_FIELD_ERRORS, "expired"):
            self._renew("ticket", self._ticket())  # as old as the page

    def _ticket(self) -> str:
        return proof.ticket(self.purpose, min(self.stage, Stage.HARDEST), now=self.now)

    @property
    def given_key(self) -> str:
        """The key the form came with; "" when it cannot be one of ours."""
        key = str(self.data.get("once", ""))
        return key if KEY_SIGNS <= len(key) <= 64 and key.isascii() and key.isprintable() else ""

    def _key(self) -> str:
        """The form's key with what it says. Other words in a second tab or a draft that came back are another report,
        with a code of its own.

        From the data as sent: the proof of a copy is spent already, so that it would not pass the checks any more.
        """
        if not self.given_key:
            return new_key()  # one too short to be ours: somebody else's could be guessed
        said = [*(lines(str(self.data.get(name, ""))) for name in WORDS), *map(_print, self.files.getlist("photos"))]
        return key_of(self.given_key, said)

    def clean_once(self) -> str:
        return self.key

    def clean_category(self) -> str:
        return self.cleaned_data["category"] or ConductReport.Category.OTHER

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("identity") == Identity.ANONYMOUS:
            data["name"] = data["contact"] = ""
        elif data.get("identity") == Identity.NAMED and not data.get("name") and "name" not in self.errors:
            self.add_error("name", _("Please give your name, or choose “anonymous”."))
        elif data.get("identity") and not (data.get("name") or data.get("contact")) and not self.errors:
            self.add_error("name", _("Please give a name or a way to reach you, or choose “anonymous”."))
        return data

    def submission(self) -> Submission:
        data = dict(self.cleaned_data)
        place: Place = data.pop("works_at")
        kept = (
            "once",
            "text",
            "who",
            "category",
            "happened",
            "place",
            "identity",
            "name",
            "contact",
            "photos",
            "no_leader",
        )
        return Submission(
            street=place.street, community=place.community, unit=place.unit, **{key: data[key] for key in kept}
        )


def _print(file: UploadedFile[Any]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def new_key() -> str:
    return secrets.token_urlsafe(16)


class TrackForm(forms.Form):
    number = Line(label=_("Number"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    code = Line(
        label=_("Secret code"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )


class GuardedTrack(Guarded, TrackForm):
    """Asked for after many tries from one place."""

    purpose = "track"


class MessageForm(forms.Form):
    """`shown`: the mark of the report whose page the form stands on."""

    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=100)
    text = Words(label=_("Add something"), max_length=2_000, rows=4)


# The discipline office


class AcceptForm(forms.Form):
    text = Words(label=_("Notice to the reporter"), max_length=2_000, rows=3)


class SayForm(forms.Form):
    text = Words(label=_("Message to the reporter"), max_length=2_000, rows=3)


class FindForm(forms.Form):
    category = forms.ChoiceField(label=_("Kind of conduct"), choices=ConductReport.Category)
    text = Words(label=_("What was found"), rows=4)


class Colleague(forms.ModelChoiceField):  # type: ignore[type-arg]
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Person.objects.none(), empty_label=_("please choose"), **kwargs)


class PersonForm(forms.Form):
    """Somebody who works for the report's street now."""

    person = Colleague(label=_("Person"))

    def __init__(self, *args: Any, street: int, among: Sequence[int] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(pk__in=current(Post.objects.filter(street=street)).values("person"))
        field: Any = self.fields["person"]
        field.queryset = (people if among is None else Person.objects.filter(pk__in=among)).order_by("name", "pk")


class ReasonForm(forms.Form):
    reason = Line(label=_("Reason"), max_length=200)


class ConcludeForm(forms.Form):
    outcome = forms.ChoiceField(label=_("Result"), choices=Outcome, widget=forms.RadioSelect)
    severity = forms.ChoiceField(
        label=_("How grave"),
        choices=[("", _("not true, or not examined here")), *ConductReport.Severity.choices],
        required=False,
    )
    summary = Words(
        label=_("Summary for the reporter"),
        max_length=2_000,
        rows=4,
        help_text=_("The reporter reads this with number and code. No names of others."),
    )

    def __init__(self, *args: Any, status: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["outcome"]
        field.choices = [choice for choice in Outcome.choices if choice[0] in rules.outcomes(status)]


class LeaderForm(forms.Form):
    name = Line(label=_("Name"), max_length=40)
    title = Line(label=_("Office held"), max_length=60)


def act_forms(report: ConductReport, data: Any = None, act: Act | None = None) -> dict[Act, forms.Form]:
    """The form of each act that is possible now; `data` belongs to `act`."""
    people: dict[str, Any] = {"street": report.street_id}
    helpers = list(report.circle.filter(until__isnull=True).values_list("person", flat=True))
    made: dict[Act, tuple[type[forms.Form], dict[str, Any]]] = {
        Act.ACCEPT: (AcceptForm, {"initial": {"text": str(ACCEPTED)}}),
        Act.SAY: (SayForm, {}),
        Act.FIND: (FindForm, {"initial": {"category": report.category}}),
        Act.NAME: (PersonForm, people),
        Act.ADD: (PersonForm, people),
        Act.REMOVE: (PersonForm, people | {"among": helpers}),
        Act.RECUSE: (ReasonForm, {}),
        Act.IDENTITY: (ReasonForm, {}),
        Act.CONCLUDE: (ConcludeForm, {"status": report.status}),
    }
    forms_of: dict[Act, forms.Form] = {}
    for one, (form, known) in made.items():
        if rules.possible(one, report.status) and (one is not Act.REMOVE or helpers):
            forms_of[one] = form(data if one is act else None, auto_id=f"id_{one}_%s", **known)
    return forms_of


ACCEPTED = _(
    "Your report has been accepted and is being examined. We ask back through this page. You will read the result here."
)
