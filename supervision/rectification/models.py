"""Rectification (整改): a problem with a name and a day to it, followed until a third person signs it off.

Where an item stands follows from what is filled in: `rules.state_of`. Every step is a row that is never changed.
"""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from supervision.rectification.querysets import ItemQuerySet


class RectificationRule(models.Model):
    """How long a rectification takes and how long a relapse is watched for. Never changed: a later rule takes over."""

    days = models.PositiveSmallIntegerField(_("working days to put it right"), validators=[MinValueValidator(1)])
    yellow_left = models.PositiveSmallIntegerField(
        _("yellow with so many working days left"), validators=[MinValueValidator(1)]
    )
    recurrence_days = models.PositiveSmallIntegerField(
        _("days in which a relapse counts"), validators=[MinValueValidator(1)]
    )
    valid_from = models.DateField(_("valid from"), unique=True)
    reason = models.CharField(_("reason"), max_length=200, help_text=_("The rule or decision this follows."))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("rule of rectification")
        verbose_name_plural = _("rules of rectification")
        ordering = ["-valid_from", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(yellow_left__gte=1, yellow_left__lt=F("days")),
                name="rectification_yellow_before_due",
                violation_error_message=_("The time left must be shorter than the limit."),
            ),
            models.CheckConstraint(
                condition=Q(recurrence_days__range=(1, 730)), name="rectification_relapse_within_two_years"
            ),
        ]

    def __str__(self) -> str:
        return _("%(days)s working days, from %(day)s") % {"days": self.days, "day": self.valid_from}


class ItemCounter(models.Model):
    """The last number of a rectification item in a street and year; its row lock leaves no gaps."""

    street = models.ForeignKey("staff.Street", models.PROTECT, related_name="+", verbose_name=_("street"))
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["street", "year"], name="one_item_counter_per_street_and_year")]

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class RectificationItem(models.Model):
    """One problem to put right. `origin` names the proposal it came from, so that nothing becomes two items.

    A report on conduct is named by its number only; what it says stays in its circle. An empty `problem` marks an item
    whose words were forgotten.
    """

    class Source(models.TextChoices):
        RATING = "rating", _("bad rating")
        INSPECTION = "inspection", _("inspection")
        OVERDUE = "overdue", _("overdue case")
        CONDUCT = "conduct", _("conduct finding")
        MEDIA = "media", _("media")
        AUDIT = "audit", _("audit")
        OTHER = "other", _("other")

    street = models.ForeignKey("staff.Street", models.PROTECT, related_name="items", verbose_name=_("street"))
    number = models.CharField(_("number"), max_length=40)
    source = models.CharField(_("source"), max_length=12, choices=Source)
    origin = models.CharField(_("proposal it came from"), max_length=60, blank=True)
    reference = models.CharField(_("number at the source"), max_length=60, blank=True)
    community = models.ForeignKey(
        "staff.Community", models.PROTECT, null=True, blank=True, related_name="items", verbose_name=_("community")
    )
    unit = models.ForeignKey("staff.Unit", models.PROTECT, related_name="items", verbose_name=_("responsible unit"))
    case = models.ForeignKey(
        "complaints.Case", models.PROTECT, null=True, blank=True, related_name="items", verbose_name=_("case")
    )
    category = models.ForeignKey(
        "complaints.Category", models.PROTECT, null=True, blank=True, related_name="items", verbose_name=_("category")
    )
    problem = models.TextField(_("problem"))
    cause = models.TextField(_("cause"), blank=True)
    measure = models.TextField(_("measure"), blank=True)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="items", verbose_name=_("responsible person")
    )
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("set by"))
    set_at = models.DateTimeField(_("set at"))
    rule = models.ForeignKey(RectificationRule, models.PROTECT, related_name="+", verbose_name=_("rule"))
    yellow_at = models.DateTimeField(_("yellow after"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"))
    provisional = models.BooleanField(_("provisional"), default=False)
    next_turn_at = models.DateTimeField(_("to be looked at"), null=True, blank=True)

    planned_at = models.DateTimeField(_("measure planned at"), null=True, blank=True)
    reported_at = models.DateTimeField(_("reported done at"), null=True, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reported by")
    )
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("verified by")
    )
    signed_at = models.DateTimeField(_("signed off at"), null=True, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("signed off by"),
    )
    watched_until = models.DateTimeField(_("a relapse counts until"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("withdrawn by"),
    )

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("rectification item")
        verbose_name_plural = _("rectification items")
        ordering = ["-set_at", "-id"]
        indexes = [
            models.Index(fields=["street", "-set_at", "-id"], name="item_by_street"),
            models.Index(fields=["community", "-set_at", "-id"], name="item_by_community"),
            models.Index(
                fields=["responsible"],
                condition=Q(signed_at__isnull=True, withdrawn_at__isnull=True),
                name="item_open_by_responsible",
            ),
            models.Index(
                fields=["next_turn_at"],
                condition=Q(reported_at__isnull=True, withdrawn_at__isnull=True, next_turn_at__isnull=False),
                name="item_running_by_turn",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["street", "number"], name="item_number_once_per_street"),
            models.UniqueConstraint(fields=["origin"], condition=~Q(origin=""), name="one_item_per_proposal"),
            models.CheckConstraint(
                condition=Q(yellow_at__isnull=True) | Q(yellow_at__lte=F("due_at")), name="item_yellow_then_due"
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("set_at")), name="item_due_after_it_was_set"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{step}_at__isnull": True, f"{step}_by__isnull": True})
                    | Q(**{f"{step}_at__isnull": False, f"{step}_by__isnull": False}),
                    name=f"item_{step}_says_who_and_when",
                )
                for step in ("reported", "verified", "signed", "withdrawn")
            ),
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True) | Q(reported_at__isnull=False), name="item_reported_then_verified"
            ),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, watched_until__isnull=True)
                | Q(
                    verified_at__isnull=False,
                    signed_at__isnull=False,
                    watched_until__isnull=False,
                    watched_until__gt=F("signed_at"),
                ),
                name="item_verified_then_signed_off",
            ),
            models.CheckConstraint(
                condition=Q(verified_by__isnull=True)
                | (~Q(verified_by=F("responsible")) & ~Q(verified_by=F("reported_by"))),
                name="item_is_verified_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True)
                | (~Q(signed_by=F("responsible")) & ~Q(signed_by=F("reported_by")) & ~Q(signed_by=F("verified_by"))),
                name="item_is_signed_off_by_a_third_person",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(signed_at__isnull=True),
                name="item_is_not_signed_off_and_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return f"/supervision/rectification/{self.pk}/"

    @property
    def is_open(self) -> bool:
        return self.signed_at is None and self.withdrawn_at is None

    @property
    def is_forgotten(self) -> bool:
        return not self.problem


class ItemStep(models.Model):
    """Who did what to an item, when, and in which words."""

    append_only = True

    class Kind(models.TextChoices):
        OPENED = "opened", _("set down")
        PLANNED = "planned", _("measure planned")
        REPORTED = "reported", _("reported done")
        VERIFIED = "verified", _("verified")
        SENT_BACK = "sent_back", _("sent back")
        SIGNED_OFF = "signed_off", _("signed off")
        REASSIGNED = "reassigned", _("given to another person")
        WITHDRAWN = "withdrawn", _("withdrawn")

    item = models.ForeignKey(RectificationItem, models.PROTECT, related_name="steps", verbose_name=_("item"))
    kind = models.CharField(_("step"), max_length=12, choices=Kind)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    text = models.TextField(_("words"), blank=True)

    class Meta:
        verbose_name = _("step of a rectification")
        verbose_name_plural = _("steps of rectifications")
        ordering = ["item", "id"]

    def __str__(self) -> str:
        return f"{self.item_id} {self.kind}"


class ItemFile(models.Model):
    """Evidence, when somebody wants to add some. Nobody has to. Without a name the file was deleted when its time was over."""

    append_only = True

    step = models.ForeignKey(ItemStep, models.PROTECT, related_name="files", verbose_name=_("step"))
    file = models.FileField(_("file"), upload_to="rectification/%Y/%m/")
    name = models.CharField(_("name"), max_length=120)
    content_type = models.CharField(_("type"), max_length=80)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)

    class Meta:
        verbose_name = _("evidence of a rectification")
        verbose_name_plural = _("evidence of rectifications")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Dismissal(models.Model):
    """A proposal that does not become an item, and why."""

    append_only = True

    street = models.ForeignKey("staff.Street", models.PROTECT, related_name="+", verbose_name=_("street"))
    origin = models.CharField(_("proposal"), max_length=60, unique=True)
    case = models.ForeignKey(
        "complaints.Case", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("case")
    )
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("dismissed proposal")
        verbose_name_plural = _("dismissed proposals")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.origin
