"""Who is responsible: dispatch directory, hand-overs, returns, objections, joint handling."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DispatchRule(models.Model):
    """One line of the dispatch directory (派单目录): category and area -> unit. The most specific line wins."""

    street = models.ForeignKey("staff.Street", models.CASCADE, related_name="+", verbose_name=_("street"))
    category = models.ForeignKey(
        "complaints.Category", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    community = models.ForeignKey(
        "staff.Community", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("community")
    )
    unit = models.ForeignKey("staff.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("dispatch rule")
        verbose_name_plural = _("dispatch directory")
        ordering = ["street", "category", "community"]
        constraints = [
            models.UniqueConstraint(
                fields=["street", "category", "community"], nulls_distinct=False, name="one_unit_per_category_and_area"
            )
        ]

    def __str__(self) -> str:
        return f"{self.category or '*'} · {self.community or '*'} → {self.unit}"


class Handover(models.Model):
    """An offer to take a case over, to a person or (dispatch) to a unit. The giver answers until it is accepted."""

    class Verdict(models.TextChoices):
        OPEN = "", _("waiting for an answer")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        RETURNED = "returned", _("returned")
        TAKEN_BACK = "taken_back", _("taken back")

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="handovers", verbose_name=_("case"))
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("giver"))
    offered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("offered by")
    )
    to_unit = models.ForeignKey("staff.Unit", models.PROTECT, related_name="handovers", verbose_name=_("to unit"))
    to_person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="handovers",
        verbose_name=_("to person"),
    )
    reason = models.TextField(_("reason"))
    offered_at = models.DateTimeField(_("offered at"))
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict, blank=True, default=Verdict.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    decided_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    decision_text = models.TextField(_("word on the answer"), blank=True)

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ["case", "offered_at", "id"]
        indexes = [
            models.Index(fields=["to_unit"], condition=Q(verdict=""), name="handover_waiting_by_unit"),
            models.Index(fields=["to_person"], condition=Q(verdict=""), name="handover_waiting_by_person"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(verdict=""), name="one_open_handover_per_case"),
            models.CheckConstraint(
                condition=Q(verdict="", decided_at__isnull=True) | (~Q(verdict="") & Q(decided_at__isnull=False)),
                name="handover_answered_if_and_only_if_answered_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.to_person or self.to_unit}"


class Holding(models.Model):
    """A link of the responsibility chain: from `since` on this person answers for the case. Rows are only added."""

    append_only = True

    class Because(models.TextChoices):
        REGISTERED = "registered", _("first asked")
        ACCEPTED = "accepted", _("accepted the hand-over")
        RETURNED = "returned", _("back to the first asked after a return")
        ADJUDICATED = "adjudicated", _("adjudicated")

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="holdings", verbose_name=_("case"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="holdings", verbose_name=_("person")
    )
    unit = models.ForeignKey("staff.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    since = models.DateTimeField(_("since"))
    because = models.CharField(_("because"), max_length=12, choices=Because)

    class Meta:
        verbose_name = _("holding")
        verbose_name_plural = _("responsibility chain")
        ordering = ["case", "since", "id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.person} {self.since}"


class Return(models.Model):
    """A unit says a case is not its own: once per case and unit, with a reason."""

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="returns", verbose_name=_("case"))
    unit = models.ForeignKey("staff.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    reason = models.TextField(_("reason"))

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ["case", "at", "id"]
        constraints = [models.UniqueConstraint(fields=["case", "unit"], name="one_return_per_case_and_unit")]

    def __str__(self) -> str:
        return f"{self.case_id} ← {self.unit}"


class Objection(models.Model):
    """A dispute about whose case it is, put to the adjudicator, whose decision is final."""

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="objections", verbose_name=_("case"))
    unit = models.ForeignKey("staff.Unit", models.PROTECT, related_name="+", verbose_name=_("objecting unit"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    reason = models.TextField(_("reason"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("adjudicator")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_unit = models.ForeignKey(
        "staff.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit decided on")
    )
    decision_text = models.TextField(_("grounds of the decision"), blank=True)

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["case", "at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(decided_at__isnull=True), name="one_open_objection_per_case"
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_unit__isnull=True)
                | Q(decided_at__isnull=False, decided_unit__isnull=False, decided_by__isnull=False),
                name="objection_decided_with_a_unit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.unit}"


class JointTask(models.Model):
    """What a co-unit (协办) is asked to contribute to a case led by another. Its due instant is its clock's."""

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="joint_tasks", verbose_name=_("case"))
    unit = models.ForeignKey("staff.Unit", models.PROTECT, related_name="joint_tasks", verbose_name=_("co-unit"))
    task = models.TextField(_("what is asked"))
    days = models.PositiveSmallIntegerField(_("working days"), default=3)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("done by")
    )
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    result = models.TextField(_("result"), blank=True)
    cancelled = models.BooleanField(_("cancelled"), default=False)

    class Meta:
        verbose_name = _("joint task")
        verbose_name_plural = _("joint tasks")
        ordering = ["case", "asked_at", "id"]
        indexes = [models.Index(fields=["unit"], condition=Q(done_at__isnull=True), name="joint_task_open_by_unit")]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "unit"], condition=Q(done_at__isnull=True), name="one_open_joint_task_per_unit"
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="joint_task_done_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} + {self.unit}"
