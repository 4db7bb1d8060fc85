"""What guards residents: the code that opens their case, how long their data is kept, and that it was forgotten."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models.case import Case


class TrackingCode(models.Model):
    """The hash of the code on the resident's slip. The code itself is shown once and kept nowhere."""

    case = models.OneToOneField(
        Case, models.CASCADE, primary_key=True, related_name="tracking_code", verbose_name=_("case")
    )
    hash = models.CharField(_("hash"), max_length=160)

    class Meta:
        verbose_name = _("tracking code")
        verbose_name_plural = _("tracking codes")
        constraints = [
            models.CheckConstraint(condition=Q(hash__startswith="$argon2id$"), name="tracking_code_is_kept_as_a_hash")
        ]

    def __str__(self) -> str:
        return str(self.case_id)


class RetentionRule(models.Model):
    """How many days after closing a case's words, files and resident are kept. Rules are never changed: a later one takes over.

    A rule without a kind is for all kinds that have none of their own.
    """

    kind = models.CharField(
        _("kind"),
        max_length=12,
        choices=[*Case.Kind.choices, ("conduct", _("conduct report"))],
        blank=True,
        help_text=_("Empty: every kind without its own rule."),
    )
    days = models.PositiveIntegerField(
        _("days after closing"), validators=[MinValueValidator(30)], help_text=_("At least 30.")
    )
    valid_from = models.DateField(_("valid from"))
    reason = models.CharField(_("reason"), max_length=200, help_text=_("The rule or decision this follows."))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        ordering = ["kind", "-valid_from", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(days__gte=30), name="retention_of_at_least_thirty_days"),
            models.UniqueConstraint(fields=["kind", "valid_from"], name="one_retention_rule_per_kind_and_day"),
        ]

    def __str__(self) -> str:
        return _("%(kind)s: %(days)s days") % {"kind": self.get_kind_display() or _("all kinds"), "days": self.days}


class Forgetting(models.Model):
    """A run that deleted residents' data: which kind of case, closed before when, how many. Names nobody."""

    append_only = True

    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=12, choices=Case.Kind)
    closed_before = models.DateTimeField(_("closed before"))
    residents = models.PositiveIntegerField(_("residents"))
    codes = models.PositiveIntegerField(_("tracking codes"))
    cases = models.PositiveIntegerField(_("cases without words"), default=0)
    files = models.PositiveIntegerField(_("files"), default=0)

    class Meta:
        verbose_name = _("forgetting")
        verbose_name_plural = _("forgettings")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.kind}: {self.residents}"
