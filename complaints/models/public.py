"""What residents write themselves, on the page that follows their case."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """A word of the resident to whoever handles the case. The office answers with replies."""

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="messages", verbose_name=_("case"))
    cycle = models.PositiveSmallIntegerField(_("cycle"))
    at = models.DateTimeField(_("at"))
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("message of the resident")
        verbose_name_plural = _("messages of the resident")
        ordering = ["case", "at", "id"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="message_says_something")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.at}"
