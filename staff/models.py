"""Who there is: street > community > grid, units that handle cases, people and the posts they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from staff.scope import Scope


class Street(models.Model):
    """A sub-district office (街道办事处), the root of everything a deployment holds."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60)
    district = models.CharField(_("district"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    address = models.CharField(_("address"), max_length=120, blank=True)
    for_trial = models.BooleanField(
        _("trial data"), default=False, help_text=_("Holds made-up data; bulk test data may be added.")
    )

    class Meta:
        verbose_name = _("street")
        verbose_name_plural = _("streets")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Community(models.Model):
    """A neighbourhood (社区) under a street."""

    street = models.ForeignKey(Street, models.PROTECT, related_name="communities", verbose_name=_("street"))
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=60)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    address = models.CharField(_("address"), max_length=120, blank=True)
    population = models.PositiveIntegerField(_("population"), default=0)

    class Meta:
        verbose_name = _("community")
        verbose_name_plural = _("communities")
        ordering = ["street", "code"]
        constraints = [models.UniqueConstraint(fields=["street", "code"], name="community_code_once_per_street")]

    def __str__(self) -> str:
        return self.name


class Grid(models.Model):
    """The smallest service area (网格) of a community."""

    community = models.ForeignKey(Community, models.PROTECT, related_name="grids", verbose_name=_("community"))
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=60)
    covers = models.CharField(_("covers"), max_length=200, blank=True, help_text=_("Estates, streets and buildings."))

    class Meta:
        verbose_name = _("grid")
        verbose_name_plural = _("grids")
        ordering = ["community", "code"]
        constraints = [models.UniqueConstraint(fields=["community", "code"], name="grid_code_once_per_community")]

    def __str__(self) -> str:
        return f"{self.community} {self.name}"


class Unit(models.Model):
    """A handling unit (承办单位): a residents' committee, a street department or a partner such as a property company."""

    class Kind(models.TextChoices):
        COMMUNITY = "community", _("community")
        DEPARTMENT = "department", _("street department")
        PARTNER = "partner", _("partner")

    street = models.ForeignKey(Street, models.PROTECT, related_name="units", verbose_name=_("street"))
    community = models.ForeignKey(
        Community, models.PROTECT, null=True, blank=True, related_name="units", verbose_name=_("community")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name = models.CharField(_("name"), max_length=60)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["street", "id"]
        constraints = [
            models.UniqueConstraint(fields=["street", "name"], name="unit_name_once_per_street"),
            models.CheckConstraint(
                condition=~Q(kind="community") | Q(community__isnull=False),
                name="community_unit_names_its_community",
                violation_error_message=_("The unit of a community has to name that community."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Person(AbstractUser):
    """Somebody who signs in. What they may see and do follows from the posts they hold."""

    class Working(models.TextChoices):
        AT_WORK = "at_work", _("at work")
        ON_LEAVE = "on_leave", _("on leave")
        LEFT = "left", _("left")

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=40)
    phone = models.CharField(_("office phone"), max_length=30, blank=True, help_text=_("Shown to residents."))
    working = models.CharField(_("working status"), max_length=10, choices=Working, default=Working.AT_WORK)

    REQUIRED_FIELDS = ["name", "email"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    def scope(self) -> Scope:
        """What this person's current posts let them see; asked once per request."""
        from staff.scope import scope_of

        if not hasattr(self, "_scope"):
            self._scope = scope_of(self)
        return self._scope


class Post(models.Model):
    """A role a person holds at a unit, from one day to another."""

    class Role(models.TextChoices):
        WORKER = "worker", _("community worker")
        SECRETARY = "secretary", _("community secretary")
        SUPERVISOR = "supervisor", _("street supervisor")
        DISCIPLINE = "discipline", _("street discipline officer")
        ASSESSOR = "assessor", _("third-party assessor")
        DELEGATE = "delegate", _("resident delegate")
        ADMIN = "admin", _("administrator")

    class Duty(models.TextChoices):
        FULL_TIME = "full_time", _("full-time worker")
        GRID_WORKER = "grid_worker", _("grid worker")
        VOLUNTEER = "volunteer", _("volunteer")
        SOCIAL_WORKER = "social_worker", _("social worker")
        NONE = "", _("none")

    person = models.ForeignKey(Person, models.CASCADE, related_name="posts", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=12, choices=Role)
    duty = models.CharField(_("duty"), max_length=14, choices=Duty, blank=True, default=Duty.NONE)
    street = models.ForeignKey(Street, models.PROTECT, related_name="posts", verbose_name=_("street"))
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name=_("unit"))
    community = models.ForeignKey(
        Community, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name=_("community")
    )
    grid = models.ForeignKey(Grid, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name=_("grid"))
    title = models.CharField(_("title"), max_length=60, blank=True)
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["person", "since"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="post_ends_after_it_begins",
                violation_error_message=_("A post cannot end before it begins."),
            ),
            models.CheckConstraint(
                condition=~Q(role__in=["worker", "secretary"]) | Q(unit__isnull=False),
                name="worker_and_secretary_belong_to_a_unit",
                violation_error_message=_("Workers and secretaries belong to a unit: please choose it."),
            ),
            models.CheckConstraint(
                condition=~Q(role__in=["secretary", "delegate"]) | Q(community__isnull=False),
                name="secretary_and_delegate_belong_to_a_community",
                violation_error_message=_("Secretaries and delegates belong to a community: please choose it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_role_display()}"

    def clean(self) -> None:
        """Unit, community and grid lie where the post says. Forms and imports ask this; acts choose from the street's own."""
        wrong: dict[str, Promise] = {}
        if self.unit and self.unit.street_id != self.street_id:
            wrong["unit"] = _("This unit belongs to another street.")
        if self.community and self.community.street_id != self.street_id:
            wrong["community"] = _("This community belongs to another street.")
        if self.grid and self.grid.community_id != self.community_id:
            wrong["grid"] = _("This grid belongs to another community.")
        if wrong:
            raise ValidationError({field: str(message) for field, message in wrong.items()})
