"""What is said: with the resident, and among colleagues."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ContactLog(models.Model):
    """A call or visit. The first substantive one stops the response clock."""

    class Way(models.TextChoices):
        CALL = "call", _("phone call")
        VISIT = "visit", _("visit")
        COUNTER = "counter", _("at the counter")
        MESSAGE = "message", _("message")

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="contacts", verbose_name=_("case"))
    cycle = models.PositiveSmallIntegerField(_("cycle"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    way = models.CharField(_("way"), max_length=10, choices=Way)
    reached = models.BooleanField(_("reached"))
    substantive = models.BooleanField(_("about the matter itself"))
    text = models.TextField(_("what was said"))

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["case", "at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reached=True) | Q(substantive=False), name="substantive_contact_reached_the_resident"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.way} {self.at}"


class Note(models.Model):
    """A word for colleagues; residents never see it."""

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="notes", verbose_name=_("case"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["case", "at", "id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.at}"


class Reply(models.Model):
    """A text to the resident: interim, or the final one a case is concluded with."""

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="replies", verbose_name=_("case"))
    cycle = models.PositiveSmallIntegerField(_("cycle"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    text = models.TextField(_("text"))
    is_final = models.BooleanField(_("final"), default=False)

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["case", "at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "cycle"], condition=Q(is_final=True), name="one_final_reply_per_cycle"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="reply_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.at}"


class ReplyTemplate(models.Model):
    """A reply to start from; `{number}`, `{title}`, `{resident}`, `{responsible}`, `{phone}`, `{due}` are filled in."""

    street = models.ForeignKey(
        "staff.Street", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("street")
    )
    name = models.CharField(_("name"), max_length=60)
    body = models.TextField(_("text"))
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Callback(models.Model):
    """The call after closing: solved and satisfied are asked apart, by somebody else than the handler."""

    class Solved(models.TextChoices):
        UNKNOWN = "", _("not asked")
        YES = "yes", _("solved")
        PARTLY = "partly", _("partly solved")
        NO = "no", _("not solved")

    class Satisfied(models.IntegerChoices):
        VERY = 5, _("very satisfied")
        SATISFIED = 4, _("satisfied")
        MOSTLY = 3, _("basically satisfied")
        NOT = 2, _("dissatisfied")
        NOT_AT_ALL = 1, _("very dissatisfied")

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="callbacks", verbose_name=_("case"))
    cycle = models.PositiveSmallIntegerField(_("cycle"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    reached = models.BooleanField(_("reached"))
    solved = models.CharField(_("solved?"), max_length=8, choices=Solved, blank=True, default=Solved.UNKNOWN)
    satisfied = models.PositiveSmallIntegerField(_("satisfied?"), choices=Satisfied, null=True, blank=True)
    text = models.TextField(_("in the resident's words"), blank=True)

    class Meta:
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        ordering = ["case", "at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reached=True) & ~Q(solved="") | Q(reached=False, solved="", satisfied__isnull=True),
                name="callback_answers_come_from_a_reached_resident",
            ),
            models.CheckConstraint(
                condition=Q(satisfied__isnull=True) | Q(satisfied__range=(1, 5)), name="satisfaction_has_five_levels"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.solved}"
