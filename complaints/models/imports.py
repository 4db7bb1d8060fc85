"""A file being brought in, with its progress and what became of each row that could not land."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportRun(models.Model):
    class State(models.TextChoices):
        PREVIEWED = "previewed", _("checked, not imported")
        WAITING = "waiting", _("waiting to run")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    street = models.ForeignKey("staff.Street", models.CASCADE, related_name="+", verbose_name=_("street"))
    file = models.FileField(_("file"), upload_to="imports/%Y/%m/", blank=True)
    name = models.CharField(_("file name"), max_length=200)
    profile = models.SlugField(_("profile"), max_length=30)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PREVIEWED)
    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(_("rows done"), default=0)
    result = models.JSONField(_("result"), default=dict, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.name
