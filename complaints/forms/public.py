"""What residents fill in: three fields are enough."""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from complaints import wall
from complaints.actions.resident import Report
from complaints.forms.category import CategoryField
from complaints.forms.fields import Line, Words
from complaints.models import Case
from config.guard import proof
from config.guard.forms import Guarded, key_of
from config.guard.limits import Stage
from config.lib import photos
from config.lib.errors import RuleBroken
from config.lib.text import one_line
from staff.models import Community, Grid, Street

LONGEST = 5_000
SECRET = re.compile(r"[A-Za-z0-9_-]{32,64}")
PHONE = re.compile(r"[0-9+() -]{5,30}")
POSITION = re.compile(r"-?\d{1,2}\.\d{3},-?\d{1,3}\.\d{3}")
NUMBERS = re.compile(r"(-?\d{1,3}(?:\.\d{1,15})?),(-?\d{1,3}(?:\.\d{1,15})?)", re.ASCII)
# Where a phone in this country can be, in degrees: nobody has entered where a street lies.
NORTH, EAST = (3, 54), (73, 136)
# What makes a report another one. Photos are not of it: a draft put back after a lost answer has none.
TOLD = ("text", "area", "place", "phone", "name", "identity", "kind")
SAME_AS = "linli.public.same_as"

KINDS: list[tuple[str, str | Promise]] = [
    (Case.Kind.HELP, gettext_lazy("Please help with something")),
    (Case.Kind.COMPLAINT, gettext_lazy("Something is wrong")),
    (Case.Kind.INQUIRY, gettext_lazy("I have a question")),
    (Case.Kind.SUGGESTION, gettext_lazy("I have a suggestion")),
    (Case.Kind.PRAISE, gettext_lazy("I want to praise somebody")),
]
IDENTITIES: list[tuple[str, str | Promise, str | Promise]] = [
    (
        Case.Identity.NAMED,
        gettext_lazy("With my name"),
        gettext_lazy("Those who handle your matter see your name and phone and can call you back."),
    ),
    (
        Case.Identity.CONFIDENTIAL,
        gettext_lazy("Confidential"),
        gettext_lazy("Only the responsible person, whoever was asked first and their leaders see your name and phone."),
    ),
    (
        Case.Identity.ANONYMOUS,
        gettext_lazy("Anonymous"),
        gettext_lazy(
            "We keep no name, phone, position or device data, so nobody can call you: keep the code to read the answer. "
            "The network in between is not in our hands."
        ),
    ),
]


_CHOOSE = gettext_lazy("Please choose one of these.")
ONE_OF_THESE: dict[str, Any] = {"required": _CHOOSE, "invalid_choice": _CHOOSE}


class Where(forms.ChoiceField):
    """A grid or a community of any street here: `grid-7`, `community-3`. Clean value: (street, community, grid)."""

    default_error_messages: ClassVar[Any] = {
        "invalid_choice": gettext_lazy("This neighbourhood is not in the list any more. Please choose another.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.places: dict[str, tuple[Street, Community, Grid | None]] = {}

    def offer(self) -> None:
        grids: dict[int, list[Grid]] = {}
        for grid in Grid.objects.order_by("community", "code"):
            grids.setdefault(grid.community_id, []).append(grid)
        choices: list[Any] = [("", _("I am not sure"))]
        for community in Community.objects.select_related("street").order_by("street__code", "code"):
            own = [(f"community-{community.pk}", str(community))]
            self.places[f"community-{community.pk}"] = (community.street, community, None)
            for grid in grids.get(community.pk, []):
                named = f"{community} {grid.name}" + (f" · {grid.covers}" if grid.covers else "")
                own.append((f"grid-{grid.pk}", named))
                self.places[f"grid-{grid.pk}"] = (community.street, community, grid)
            choices.append((str(community), own))
        self.choices = choices

    def clean(self, value: Any) -> Any:
        return self.places.get(super().clean(value))


class _Several(forms.FileInput):
    allow_multiple_selected = True


class Photos(forms.FileField):
    """Up to five photos, drawn anew; what cannot be made safe is refused. Clean value: list of Photo."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            widget=_Several(attrs={"multiple": True, "accept": "image/jpeg,image/png,image/webp"}),
            **kwargs,
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        files: list[UploadedFile[Any]] = [file for file in (data if isinstance(data, list | tuple) else [data]) if file]
        try:
            photos.check_count(len(files))
            for file in files:
                if (file.size or 0) > photos.MOST_BYTES:
                    raise photos.fault("too_large")
            return [photos.clean(file.read()) for file in files]
        except RuleBroken as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal


class ReportForm(Guarded):
    purpose = "report"

    text = Words(
        label=gettext_lazy("What is it about?"),
        max_length=LONGEST,
        rows=6,
        error_messages={"required": gettext_lazy("Please say in a few words what it is about.")},
    )
    area = Where(label=gettext_lazy("Where is it?"))
    place = Line(label=gettext_lazy("Building, street, landmark"), max_length=150, required=False)
    position = forms.CharField(required=False, label=gettext_lazy("Position of your phone, to about 100 metres"))
    phone = Line(
        label=gettext_lazy("How can we reach you?"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("A phone number, or leave it empty."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    name = Line(
        label=gettext_lazy("What may we call you?"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    identity = forms.ChoiceField(
        label=gettext_lazy("Who may know that it was you?"),
        choices=[(value, label) for value, label, _words in IDENTITIES],
        widget=forms.RadioSelect,
        initial=Case.Identity.NAMED,
        error_messages=ONE_OF_THESE,
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What would you like?"),
        choices=KINDS,
        widget=forms.RadioSelect,
        initial=Case.Kind.HELP,
        error_messages=ONE_OF_THESE,
    )
    category = CategoryField(label=gettext_lazy("Category"), required=False)
    photos = Photos(
        label=gettext_lazy("Photos"),
        help_text=gettext_lazy("At most 5. We remove place, time and device data from them before we keep them."),
    )
    same_as = forms.CharField(required=False, widget=forms.HiddenInput)
    looked = forms.CharField(required=False, widget=forms.HiddenInput)
    secret = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.where.offer()
        self.initial["secret"] = secrets.token_urlsafe(24)
        # Given out with the page, the wait of those without JavaScript is over before they have finished typing.
        self.initial["ticket"] = proof.ticket(self.purpose, min(self.stage, Stage.HARDEST), now=self.now)

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.has_error(NON_FIELD_ERRORS, "expired"):
            # A page as old as that has an old ticket, too: a second refusal for it would help nobody.
            self._renew("ticket", proof.ticket(self.purpose, min(self.stage, Stage.HARDEST), now=self.now))

    @property
    def where(self) -> Where:
        field = self.fields["area"]
        assert isinstance(field, Where)
        return field

    @property
    def identities(self) -> list[dict[str, Any]]:
        """The choices with their honest sentence, as the page draws them."""
        chosen = self["identity"].value()
        return [
            {"value": value, "label": label, "words": words, "on": value == chosen}
            for value, label, words in IDENTITIES
        ]

    def clean_phone(self) -> str:
        phone = unicodedata.normalize("NFKC", self.cleaned_data["phone"])
        # The form says that an anonymous report keeps no phone: then a slip in it is no reason to refuse.
        if phone and not PHONE.fullmatch(phone) and not self._anonymous:
            raise ValidationError(_("Please look at this number again: digits only, with an area code if it has one."))
        return phone

    def clean_position(self) -> str:
        """A convenience: one that is too exact or broken is left out; one that lies elsewhere is said once."""
        given = self.cleaned_data["position"].replace(" ", "")
        numbers = NUMBERS.fullmatch(given)
        if self._anonymous or not numbers:
            return ""
        north, east = map(float, numbers.groups())
        if not (NORTH[0] <= north <= NORTH[1] and EAST[0] <= east <= EAST[1]):
            self._renew("position", "")
            raise ValidationError(
                _("The position of your phone lies far away, so it was left out. Please look at the place once more.")
            )
        return given if POSITION.fullmatch(given) else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        asked = {"area", "place", "position"}
        if not any(data.get(name) for name in asked) and not asked & set(self.errors):
            self.add_error("area", _("Please choose the neighbourhood, or write below where it is."))
        if data.get("area") is None and "area" not in self.errors and Street.objects.count() != 1:
            self.add_error("area", _("Please choose the neighbourhood, so that the right office gets it."))
        return data

    @property
    def _anonymous(self) -> bool:
        """Asked before the fields are clean, so what was sent."""
        return bool(self.data.get("identity") == Case.Identity.ANONYMOUS)

    @property
    def given_secret(self) -> str:
        """The secret that came with the form; "" when it is none of ours."""
        found = str(self.data.get("secret", ""))
        return found if SECRET.fullmatch(found) else ""

    @property
    def key(self) -> str:
        """The secret together with what the form says, "" without one of ours.

        Browsers carry a secret from one form to another: into a second tab, into a draft put back after its case was
        stored. Sent once more in the same words it is the same report; in others it is another.
        """
        if not self.given_secret:
            return ""
        return key_of(self.given_secret, (one_line(str(self.data.get(name, ""))) for name in TOLD))

    def report(self, same_as: Case | None) -> Report:
        """Only after `is_valid`."""
        data = self.cleaned_data
        street, community, grid = data["area"] or (Street.objects.get(), None, None)
        place = data["place"]
        if data["position"]:
            with translation.override(settings.LANGUAGE_CODE):  # the office reads it, whatever the resident reads
                place = (place + _(" (phone's position about %(position)s)") % {"position": data["position"]}).strip()
        return Report(
            secret=self.key or secrets.token_urlsafe(24),
            street=street,
            community=community,
            grid=grid,
            text=data["text"],
            kind=data["kind"],
            identity=data["identity"],
            place=place[:200],
            category=data["category"],
            name=data["name"],
            phone=data["phone"],
            photos=data["photos"],
            same_as=same_as,
        )


class LookupForm(forms.Form):
    number = Line(
        label=gettext_lazy("Number"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    code = Line(
        label=pgettext_lazy("of a slip", "Code"),
        max_length=100,
        help_text=gettext_lazy("As on your slip; capitals, hyphens and blanks do not matter."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class GuardedLookup(Guarded, LookupForm):
    """After several wrong tries: the same fields, with a short wait."""

    purpose = "track"

    def take_errors(self, form: LookupForm) -> None:
        """Show what was wrong with the same fields without checking, and using up, anything again."""
        self._errors = form.errors


class MessageForm(forms.Form):
    text = Words(label=gettext_lazy("Your message"), max_length=2_000, rows=3)


class PhotoForm(forms.Form):
    photos = Photos(label=gettext_lazy("Photos"), help_text=gettext_lazy("At most 5 at a time."))


class WithdrawForm(forms.Form):
    reason = Words(label=gettext_lazy("Why, if you like to say so"), max_length=500, rows=2, required=False)


def same_as_token(case: Case) -> str:
    return signing.dumps(case.pk, salt=SAME_AS)


def case_of_token(token: str) -> Case | None:
    """The open case that a page of ours has offered within the last day."""
    try:
        pk = signing.loads(token[:200], salt=SAME_AS, max_age=24 * 3600)
    except signing.BadSignature:
        return None
    with wall.office():
        return Case.objects.open().filter(pk=pk).first()
