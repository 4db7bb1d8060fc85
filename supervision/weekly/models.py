"""The weekly self-check (社区每周自查): the week's figures of a community, frozen when its secretary confirms them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WeeklyCheck(models.Model):
    """One confirmed week. A week without a row was not confirmed; nothing else follows from that."""

    append_only = True

    community = models.ForeignKey(
        "staff.Community", models.PROTECT, related_name="weekly_checks", verbose_name=_("community")
    )
    monday = models.DateField(_("Monday of the week"))
    figures = models.JSONField(_("figures"), help_text=_("Counts and case numbers, as they were at that moment."))
    remark = models.TextField(_("remark"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("confirmed by"))
    at = models.DateTimeField(_("confirmed at"))

    class Meta:
        verbose_name = _("weekly self-check")
        verbose_name_plural = _("weekly self-checks")
        ordering = ["-monday", "community"]
        constraints = [
            models.UniqueConstraint(fields=["community", "monday"], name="one_weekly_check_per_community_and_week"),
            models.CheckConstraint(condition=Q(monday__week_day=2), name="weekly_check_begins_on_a_monday"),
        ]

    def __str__(self) -> str:
        return f"{self.monday.isoformat()} {self.pk}"
