"""What residents say about how their case was handled, and what the office does about a bad rating."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from complaints.models.talk import Callback


class RatingTag(models.Model):
    """A reason that goes with a level, to be ticked instead of written."""

    class About(models.TextChoices):
        EFFICIENCY = "efficiency", _("efficiency")
        RESULT = "result", _("result")
        ATTITUDE = "attitude", _("attitude")

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=30)
    about = models.CharField(_("about"), max_length=12, choices=About)
    lowest = models.PositiveSmallIntegerField(_("from level"))
    highest = models.PositiveSmallIntegerField(_("to level"))
    place = models.PositiveSmallIntegerField(_("place"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("reason of a rating")
        verbose_name_plural = _("reasons of ratings")
        ordering = ["-highest", "place", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lowest__gte=1, highest__lte=5, lowest__lte=F("highest")), name="tag_fits_five_levels"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Rating(models.Model):
    """One resident's rating of one cycle of their case; `supplements` names the first one, after its check.

    It holds nobody's name: whose case it is, only the case knows.
    """

    class Via(models.TextChoices):
        TRACK = "track", _("web page")
        COUNTER = "counter", _("slip at the counter")
        CALLBACK = "callback", _("call back")

    Solved, Satisfied = Callback.Solved, Callback.Satisfied

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="ratings", verbose_name=_("case"))
    cycle = models.PositiveSmallIntegerField(_("cycle"))
    solved = models.CharField(_("solved?"), max_length=8, choices=Callback.Solved)
    satisfied = models.PositiveSmallIntegerField(_("satisfied?"), choices=Callback.Satisfied)
    efficiency = models.PositiveSmallIntegerField(_("how quick"), null=True, blank=True)
    result = models.PositiveSmallIntegerField(_("how well solved"), null=True, blank=True)
    attitude = models.PositiveSmallIntegerField(_("how friendly"), null=True, blank=True)
    tags = models.ManyToManyField(RatingTag, blank=True, related_name="+", verbose_name=_("reasons"))
    text = models.TextField(_("in the resident's words"), blank=True)
    at = models.DateTimeField(_("at"))
    via = models.CharField(_("way"), max_length=10, choices=Via)
    rated = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("whose work is rated")
    )
    supplements = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="supplement", verbose_name=_("supplements")
    )

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "cycle"], condition=Q(supplements__isnull=True), name="one_rating_per_cycle"
            ),
            models.UniqueConstraint(
                fields=["case", "cycle"], condition=Q(supplements__isnull=False), name="one_supplement_per_cycle"
            ),
            models.CheckConstraint(condition=~Q(supplements=F("id")), name="rating_does_not_supplement_itself"),
            models.CheckConstraint(condition=Q(satisfied__range=(1, 5)), name="rating_has_five_levels"),
            models.CheckConstraint(condition=Q(solved__in=["yes", "partly", "no"]), name="rating_says_whether_solved"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__range": (1, 5)}),
                    name=f"rating_{name}_has_five_levels",
                )
                for name in ("efficiency", "result", "attitude")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.cycle}: {self.satisfied}"


class RatingCheck(models.Model):
    """What is done about a bad rating. Where it stands follows from what is filled in: `ratings.state_of`."""

    class Outcome(models.TextChoices):
        NONE = "", _("not verified yet")
        FIX_NOW = "fix_now", _("put right at once")
        FIX_BY = "fix_by", _("to be put right by a set day")
        EXPLAINED = "explained", _("explained")
        MISTAKEN = "mistaken", _("rated by mistake or untrue")

    rating = models.OneToOneField(Rating, models.CASCADE, primary_key=True, related_name="follow_up")
    rated = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("rated"))
    due_at = models.DateTimeField(_("to be verified by"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True, default=Outcome.NONE)
    finding = models.TextField(_("what was found"), blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("verified by")
    )
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    fix_by_at = models.DateTimeField(_("to be put right by"), null=True, blank=True)
    excluded = models.BooleanField(_("not counted"), null=True, blank=True)
    excluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    excluded_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    grounds = models.TextField(_("grounds of the decision"), blank=True)
    fixed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    fixed_at = models.DateTimeField(_("put right at"), null=True, blank=True)
    fixed = models.TextField(_("what was put right"), blank=True)
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("told by")
    )
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)
    told = models.TextField(_("what the resident was told"), blank=True)
    called_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("called by")
    )
    called_at = models.DateTimeField(_("called at"), null=True, blank=True)
    said = models.TextField(_("what the resident said to it"), blank=True)
    closed_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("check of a bad rating")
        verbose_name_plural = _("checks of bad ratings")
        ordering = ["due_at", "rating"]
        indexes = [models.Index(fields=["due_at"], condition=Q(closed_at__isnull=True), name="rating_check_open")]
        constraints = [
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | ~Q(**{name: F("rated")}),
                    name=f"{name}_is_not_the_rated",
                )
                for name in ("verified_by", "excluded_by", "fixed_by", "told_by", "called_by")
            ),
            models.CheckConstraint(
                condition=Q(excluded_by__isnull=True) | ~Q(excluded_by=F("verified_by")),
                name="exclusion_is_decided_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", verified_at__isnull=True, verified_by__isnull=True)
                | (~Q(outcome="") & Q(verified_at__isnull=False, verified_by__isnull=False)),
                name="rating_check_has_an_outcome_if_and_only_if_verified",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(told_at__isnull=False), name="resident_is_told_before_the_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rating_id}: {self.outcome}"


class RatingReminder(models.Model):
    """The one reminder to rate that a cycle of a case gets."""

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="+", verbose_name=_("case"))
    cycle = models.PositiveSmallIntegerField(_("cycle"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("reminder to rate")
        verbose_name_plural = _("reminders to rate")
        constraints = [models.UniqueConstraint(fields=["case", "cycle"], name="one_reminder_to_rate_per_cycle")]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.cycle}"


class PraiseProposal(models.Model):
    """Somebody was praised: a secretary decides whether it becomes a blue card. Nothing follows by itself."""

    class Verdict(models.TextChoices):
        OPEN = "", _("proposed")
        CONFIRMED = "confirmed", _("confirmed")
        DECLINED = "declined", _("declined")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="praise", verbose_name=_("praised person")
    )
    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="praise", verbose_name=_("case"))
    proposed_at = models.DateTimeField(_("proposed at"))
    verdict = models.CharField(_("decision"), max_length=10, choices=Verdict, blank=True, default=Verdict.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.TextField(_("grounds"), blank=True)

    class Meta:
        verbose_name = _("proposal of a blue card")
        verbose_name_plural = _("proposals of blue cards")
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "person"], name="one_praise_per_case_and_person"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("person")),
                name="praise_is_not_decided_by_the_praised",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(verdict="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="praise_is_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.person_id}"
