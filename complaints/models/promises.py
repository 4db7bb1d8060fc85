"""What a case promises by when, and the consents that may change it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Clock(models.Model):
    """One running limit of a case: instants only, its light is a comparison of them with now.

    `paused_from`/`paused_until` is the pause in force or the last one; a pause always has a latest end, so nothing
    has to tick when it runs out. `due_at` already counts every pause. After `stopped_at` a row is never changed.

    `next_turn_at` is when the watch has to look at a running clock next: at once (its start) after every change of its
    instants, later what the ladder says, never again when NULL. It means nothing once the clock is stopped.
    """

    class Kind(models.TextChoices):
        RESPONSE = "response", _("first response")
        RESOLUTION = "resolution", _("resolution")
        JOINT = "joint", _("joint handling")

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="clocks", verbose_name=_("case"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    cycle = models.PositiveSmallIntegerField(_("cycle"), default=1)
    joint_task = models.OneToOneField(
        "complaints.JointTask",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="clock",
        verbose_name=_("joint task"),
    )
    policy = models.ForeignKey(
        "services.PolicyVersion", models.PROTECT, related_name="+", verbose_name=_("policy version")
    )
    started_at = models.DateTimeField(_("started at"))
    yellow_at = models.DateTimeField(_("yellow after"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"))
    provisional = models.BooleanField(_("provisional"), default=False)
    paused_from = models.DateTimeField(_("paused from"), null=True, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    next_turn_at = models.DateTimeField(_("to be looked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        ordering = ["case", "cycle", "kind"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(stopped_at__isnull=True), name="clock_running_by_due"),
            models.Index(fields=["yellow_at"], condition=Q(stopped_at__isnull=True), name="clock_running_by_yellow"),
            models.Index(
                fields=["next_turn_at"],
                condition=Q(stopped_at__isnull=True, next_turn_at__isnull=False),
                name="clock_running_by_turn",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind", "cycle"], condition=~Q(kind="joint"), name="one_clock_per_kind_and_cycle"
            ),
            models.CheckConstraint(
                condition=Q(kind="joint", joint_task__isnull=False) | (~Q(kind="joint") & Q(joint_task__isnull=True)),
                name="joint_clock_names_its_task",
            ),
            models.CheckConstraint(
                condition=(Q(yellow_at__isnull=True) | Q(yellow_at__gte=F("started_at"), yellow_at__lte=F("due_at")))
                & Q(due_at__gte=F("started_at")),
                name="clock_started_then_yellow_then_due",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True) | Q(stopped_at__gte=F("started_at")),
                name="clock_stopped_after_it_started",
            ),
            models.CheckConstraint(
                condition=Q(paused_from__isnull=True, paused_until__isnull=True) | Q(paused_until__gt=F("paused_from")),
                name="clock_pause_has_two_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.cycle}"


class DelayReason(models.TextChoices):
    """Why a case is late, as its responsible person says. Kept in the event; the words are a note."""

    SUPPLIES = "supplies", _("materials or spare parts")
    WEATHER = "weather", _("weather or season")
    OTHERS = "others", _("waiting for another unit")
    OWNERS = "owners", _("owners do not agree yet")
    FUNDS = "funds", _("money not granted yet")
    STAFF = "staff", _("not enough people")
    OTHER = "other", _("other")


class Consent(models.Model):
    """A wish of the handler that a second person decides: a pause, an extension, the class of complex cases."""

    class Kind(models.TextChoices):
        PAUSE = "pause", _("pause")
        EXTENSION = "extension", _("extension")
        COMPLEX = "complex", _("class of complex cases")

    class Reason(models.TextChoices):
        NONE = "", _("none")
        RESIDENT = "resident", _("waiting for the resident")
        TEST = "test", _("waiting for an outside test")
        UNREACHABLE = "unreachable", _("resident not reached repeatedly")
        FORCE_MAJEURE = "force_majeure", _("force majeure")

    class Verdict(models.TextChoices):
        OPEN = "", _("to be decided")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")
        LAPSED = "lapsed", _("lapsed")

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="consents", verbose_name=_("case"))
    cycle = models.PositiveSmallIntegerField(_("cycle"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    reason = models.CharField(_("reason"), max_length=16, choices=Reason, blank=True, default=Reason.NONE)
    text = models.TextField(_("grounds"))
    told = models.TextField(_("what the resident is told"), blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict, blank=True, default=Verdict.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_text = models.TextField(_("word on the decision"), blank=True)
    pause_days = models.PositiveSmallIntegerField(_("days at most"), null=True, blank=True)
    starts_at = models.DateTimeField(_("pause from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("pause to"), null=True, blank=True)
    old_due_at = models.DateTimeField(_("due before"), null=True, blank=True)
    new_due_at = models.DateTimeField(_("due after"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["case", "asked_at", "id"]
        indexes = [models.Index(fields=["case"], condition=Q(verdict=""), name="consent_to_be_decided")]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(verdict="lapsed") | ~Q(decided_by=F("asked_by")),
                name="consent_is_given_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", decided_at__isnull=True) | (~Q(verdict="") & Q(decided_at__isnull=False)),
                name="consent_decided_if_and_only_if_decided_at",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="pause_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~Q(kind="pause") | (~Q(reason="") & Q(pause_days__gte=1)),
                name="pause_has_a_listed_reason_and_a_maximum",
            ),
            models.UniqueConstraint(fields=["case"], condition=Q(verdict=""), name="one_open_consent_per_case"),
            models.UniqueConstraint(
                fields=["case", "cycle"],
                condition=Q(kind="extension", verdict="approved"),
                name="one_extension_per_cycle",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.verdict}"
