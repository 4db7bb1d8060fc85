"""What administrators did to messages that wait or were given up."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from supervision.watch.models import Alert, Hold


class Intervention(models.Model):
    """Somebody stopped, let go, discarded or re-sent messages. `count`: how many messages it was done to."""

    append_only = True

    class What(models.TextChoices):
        STOPPED = "stopped", _("stopped everything")
        RELEASED = "released", _("released the hold")
        DISCARDED = "discarded", _("discarded waiting messages")
        RESENT = "resent", _("sent again")

    what = models.CharField(_("what"), max_length=10, choices=What)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    hold = models.ForeignKey(Hold, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("hold"))
    channel = models.CharField(_("channel"), max_length=8, choices=Alert.Channel, blank=True)
    before = models.DateTimeField(_("made before"), null=True, blank=True)
    count = models.PositiveIntegerField(_("messages"), default=0)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("intervention in messages")
        verbose_name_plural = _("interventions in messages")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(what="resent") | ~Q(reason=""), name="intervention_says_why_unless_it_sends_again"
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.at.isoformat()}"
