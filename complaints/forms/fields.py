"""Fields that refuse what cannot be kept, with a sentence, before any rule is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Case, CharField, F, Func, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.forms.models import ModelChoiceIterator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.uploads import ENDINGS, MOST_FILES, check_upload
from config.lib.text import lines, one_line, unfit
from staff import queries as staff
from staff.models import Community, Grid, Person, Post, Unit

YEARS = (1990, 2200)
ACCEPTED = ",".join(ending for endings in ENDINGS.values() for ending in endings)


TOO_LONG = gettext_lazy("Please shorten this to %(limit_value)d characters; it has %(show_value)d now.")


class Line(forms.CharField):
    """One line of text; blanks and line ends inside become one blank."""

    default_error_messages: ClassVar[Any] = {"max_length": TOO_LONG}

    def to_python(self, value: Any) -> Any:
        return _fit(one_line(super().to_python(value) or ""))


class Words(forms.CharField):
    """A text of several lines."""

    default_error_messages: ClassVar[Any] = {"max_length": TOO_LONG}

    def __init__(self, *, max_length: int = 5_000, rows: int = 4, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(max_length=max_length, **kwargs)

    def to_python(self, value: Any) -> Any:
        return _fit(lines(super().to_python(value) or ""))


class Moment(forms.DateTimeField):
    """An instant in office time, to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> datetime | None:
        try:
            moment = super().to_python(value)
        except OverflowError:
            moment = datetime.max.replace(tzinfo=timezone.get_current_timezone())
        if moment is not None and not YEARS[0] <= moment.year < YEARS[1]:
            raise ValidationError(_("Please give a date between 1990 and today."), code="invalid")
        return moment


class _Grouped(ModelChoiceIterator):  # type: ignore[type-arg]
    """The choices under headings: `group` is an attribute of the rows, which come sorted by it."""

    def __iter__(self) -> Iterator[Any]:
        field: Any = self.field
        if field.empty_label is not None:
            yield ("", field.empty_label)
        for heading, rows in groupby(self.queryset, key=lambda row: getattr(row, field.group)):
            yield (heading or _("Others"), [self.choice(row) for row in rows])


class People(forms.ModelChoiceField):  # type: ignore[type-arg]
    """People under their units, each with the number of open cases they answer for."""

    iterator = _Grouped
    group = "at_unit"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"empty_label": gettext_lazy("please choose")} | kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return _("%(name)s (%(count)d open)") % {"name": str(obj), "count": obj.open_cases}


class Units(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Units under their kinds."""

    iterator = _Grouped
    group = "kind_name"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"empty_label": gettext_lazy("please choose")} | kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return str(obj)


def people_with_units(people: QuerySet[Person], first: int | None = None) -> QuerySet[Person]:
    """The people with the unit they speak for and their load; those of the unit `first` at the top."""
    posts = staff.current(Post.objects.filter(person=OuterRef("pk"), unit__isnull=False)).order_by("since", "id")
    return people.annotate(
        at_unit=Subquery(posts.values("unit__name")[:1]),
        at_unit_id=Subquery(posts.values("unit")[:1]),
        open_cases=Func(F("pk"), function="linli_load", output_field=IntegerField()),
    ).order_by(Case(When(at_unit_id=first, then=Value(0)), default=Value(1)), "at_unit_id", "name", "id")


def units_by_kind(street: int) -> QuerySet[Unit]:
    """The street's active units, departments first, with the name of their kind."""
    names = [When(kind=kind, then=Value(str(label))) for kind, label in Unit.Kind.choices]
    return (
        Unit.objects.filter(street=street, is_active=True)
        .annotate(kind_name=Case(*names, output_field=CharField()))
        .order_by("-kind", "id")
    )


class Area(forms.ChoiceField):
    """A grid, or a community without a grid, in one choice: `grid-7` or `community-3`. Clean value: both rows."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Place in the street"))
        super().__init__(**kwargs)
        self.places: dict[str, tuple[Community, Grid | None]] = {}

    def offer(self, street: int, first: int | None = None) -> None:
        """Fill in the street's communities, `first` at the top."""
        grids: dict[int, list[Grid]] = {}
        for grid in Grid.objects.filter(community__street=street).order_by("community", "code"):
            grids.setdefault(grid.community_id, []).append(grid)
        choices: list[Any] = [("", _("not known yet"))]
        for community in sorted(Community.objects.filter(street=street), key=lambda row: (row.pk != first, row.code)):
            whole = [(f"community-{community.pk}", _("%(community)s, no grid") % {"community": community})]
            parts = [(f"grid-{grid.pk}", _named(community, grid)) for grid in grids.get(community.pk, [])]
            choices.append((str(community), whole + parts))
            self.places[f"community-{community.pk}"] = (community, None)
            self.places |= {f"grid-{grid.pk}": (community, grid) for grid in grids.get(community.pk, [])}
        self.choices = choices

    def clean(self, value: Any) -> Any:
        key = super().clean(value)
        return self.places.get(key, (None, None))


def area_key(community: int | None, grid: int | None) -> str:
    return f"grid-{grid}" if grid else f"community-{community}" if community else ""


class _ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class Files(forms.FileField):
    """Up to five files, each checked for what it really is. Clean value: list of (file, name, content type)."""

    most: ClassVar[int] = MOST_FILES

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", _ManyFiles(attrs={"multiple": True, "accept": ".jpg,.jpeg,.png,.webp,.pdf,.docx,.xlsx,.txt"})
        )
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        files: list[UploadedFile[Any]] = [file for file in (data if isinstance(data, list | tuple) else [data]) if file]
        if not files:
            super().clean(None, initial)
            return []
        if len(files) > self.most:
            raise ValidationError(_("At most %(most)d files at once.") % {"most": self.most}, code="too_many")
        return [check_upload(file) for file in files]


def _named(community: Community, grid: Grid) -> str:
    return f"{community} {grid.name}" + (f" · {grid.covers}" if grid.covers else "")


def _fit(text: str) -> str:
    wrong = unfit(text)
    if wrong:
        raise ValidationError(
            _("This text contains a character that cannot be kept (%(code)s). Please type that place anew.")
            % {"code": wrong},
            code="unfit",
        )
    return text
