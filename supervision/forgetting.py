"""That words of the watch were forgotten. What is forgotten, and when: `supervision.retention`."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class WatchForgetting(models.Model):
    """A batch of which the words were deleted: of which kind of case, ended before when, how many. Names nobody.

    `kind` is empty for what belongs to no case.
    """

    append_only = True

    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=12, blank=True)
    ended_before = models.DateTimeField(_("ended before"))
    orders = models.PositiveIntegerField(_("supervision orders"), default=0)
    items = models.PositiveIntegerField(_("rectification items"), default=0)
    files = models.PositiveIntegerField(_("files"), default=0)
    dismissals = models.PositiveIntegerField(_("dismissed proposals"), default=0)
    remarks = models.PositiveIntegerField(_("remarks on a week"), default=0)

    class Meta:
        verbose_name = _("forgetting of the watch")
        verbose_name_plural = _("forgettings of the watch")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.kind}"
