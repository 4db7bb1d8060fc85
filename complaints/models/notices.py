"""What residents are still to be told, and what they have been told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models.history import Event

TO_RATE = "to_rate"


class Notice(models.Model):
    """One word to the resident of a case about one event. The number is read when it is sent, and kept nowhere here.

    `version` is the event's place in the chain of the case, or of the one this case is linked to; of the reminder to
    rate it is the cycle.
    """

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="notices", verbose_name=_("case"))
    what = models.CharField(_("about"), max_length=16, choices=[*Event.Kind.choices, (TO_RATE, _("reminder to rate"))])
    version = models.PositiveIntegerField(_("place in the chain"))
    channel = models.CharField(_("channel"), max_length=12)
    made_at = models.DateTimeField(_("made at"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_at = models.DateTimeField(_("next try at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    dead_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    error = models.CharField(_("why not"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["made_at", "id"]
        indexes = [
            models.Index(
                fields=["next_at", "id"], condition=Q(sent_at__isnull=True, dead_at__isnull=True), name="notice_waiting"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["case", "what", "version", "channel"], name="notice_is_written_once"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(dead_at__isnull=True), name="notice_is_not_sent_and_given_up"
            ),
            models.CheckConstraint(condition=Q(tries__lte=8), name="notice_is_tried_eight_times_at_most"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.what} {self.version}"
