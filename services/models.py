"""What is promised and by when: the working calendar, office schedules and versioned time-limit policies."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from services.clock import ClockError, Hours, Mode, parse_windows


class CalendarYear(models.Model):
    """Whether the State Council has published a year's arrangement. An unpublished year is a plain Monday to Friday."""

    class Status(models.TextChoices):
        OFFICIAL = "official", _("official")
        PROVISIONAL = "provisional", _("provisional")

    year = models.PositiveSmallIntegerField(_("year"), primary_key=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PROVISIONAL)
    source = models.CharField(_("source"), max_length=200, blank=True)
    imported_at = models.DateTimeField(_("imported at"), null=True, blank=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("imported by")
    )

    class Meta:
        verbose_name = _("calendar year")
        verbose_name_plural = _("calendar years")
        ordering = ["-year"]

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A day that differs from the plain week: a holiday or day in lieu, or a make-up working day."""

    date = models.DateField(_("date"), primary_key=True)
    year = models.ForeignKey(CalendarYear, models.CASCADE, related_name="days", verbose_name=_("year"))
    is_working = models.BooleanField(_("people are at work"))
    name = models.CharField(_("name"), max_length=40, blank=True)
    notice = models.PositiveSmallIntegerField(
        _("year of the notice"),
        null=True,
        blank=True,
        help_text=_("Year of the notice that states this day; a notice may reach into the December before it."),
    )

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["date"]
        constraints = [
            models.CheckConstraint(condition=Q(date__year=models.F("year")), name="calendar_day_lies_in_its_year")
        ]

    def __str__(self) -> str:
        return self.date.isoformat()


class CalendarRevision(models.Model):
    """One row. A database trigger gives it a new token whenever a calendar day or year changes, by whatever road."""

    token = models.UUIDField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="calendar_has_one_revision")]


class Schedule(models.Model):
    """Office windows as data: `windows` is a list of ["HH:MM", "HH:MM"] pairs, half-open, "24:00" is midnight."""

    class DayRule(models.TextChoices):
        CN_WORKDAY = "CN_WORKDAY", _("working days of the State Council's calendar")
        EVERY_DAY = "EVERY_DAY", _("every day")

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60)
    windows = models.JSONField(_("windows"))
    day_rule = models.CharField(_("days"), max_length=12, choices=DayRule, default=DayRule.CN_WORKDAY)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def hours(self) -> Hours:
        return Hours(parse_windows(self.windows), every_day=self.day_rule == self.DayRule.EVERY_DAY)

    def clean(self) -> None:
        try:
            self.hours()
        except ClockError as error:
            raise ValidationError(
                {"windows": _('Give windows such as [["09:00", "12:00"], ["14:00", "18:00"]].')}
            ) from error


class Policy(models.Model):
    """A class of cases that share one promise (emergency, ordinary, redo ...). Its figures live in versions."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=40)
    urgent = models.BooleanField(_("urgent"), default=False, help_text=_("Alerts are sent in quiet hours too."))
    needs_approval = models.BooleanField(
        _("needs approval"), default=False, help_text=_("A case enters this class only with an approver's consent.")
    )

    class Meta:
        verbose_name = _("time-limit policy")
        verbose_name_plural = _("time-limit policies")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """The figures of a policy from one day on. Never edited once a clock uses it: a change is a new version.

    Amounts are seconds for the duration modes and days for the working-day modes.
    """

    class LimitMode(models.TextChoices):
        BUSINESS_DURATION = Mode.BUSINESS_DURATION, _("hours of office time")
        CALENDAR_DURATION = Mode.CALENDAR_DURATION, _("hours round the clock")
        WORKING_DAYS_CLOSE = (Mode.WORKING_DAYS_CLOSE, _("working days, to the close of the last"))
        WORKING_DAYS_CLOSE_LATE_ROLLS = (
            Mode.WORKING_DAYS_CLOSE_LATE_ROLLS,
            _("working days, late receipt counts as the next day"),
        )
        WORKING_DAYS_SAME_TIME = (Mode.WORKING_DAYS_SAME_TIME, _("working days, same time of day"))

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions", verbose_name=_("policy"))
    version = models.PositiveIntegerField(_("version"))
    valid_from = models.DateTimeField(_("valid from"))
    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="+", verbose_name=_("schedule"))
    response_mode = models.CharField(_("response counted in"), max_length=32, choices=LimitMode)
    response_goal = models.PositiveIntegerField(_("response goal"), help_text=_("Yellow from here on."))
    response_limit = models.PositiveIntegerField(_("response limit"), help_text=_("Red from here on."))
    resolution_mode = models.CharField(_("resolution counted in"), max_length=32, choices=LimitMode)
    resolution_limit = models.PositiveIntegerField(_("resolution limit"))
    yellow_fraction = models.DecimalField(
        _("yellow at this share of the time"), max_digits=4, decimal_places=3, null=True, blank=True
    )
    yellow_left = models.PositiveIntegerField(
        _("yellow with this much left"), null=True, blank=True, help_text=_("In the unit of the resolution limit.")
    )
    extension = models.PositiveIntegerField(
        _("extension"), default=0, help_text=_("Granted once; in the unit of the resolution limit; 0 means none.")
    )
    max_pause_days = models.PositiveIntegerField(_("longest pause in days"), default=30)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    reason = models.CharField(_("reason for the change"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ["policy", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "version"], name="policy_version_once"),
            models.CheckConstraint(
                condition=Q(response_goal__lte=models.F("response_limit")),
                name="response_goal_within_limit",
                violation_error_message=_("The goal must not be longer than the limit."),
            ),
            models.CheckConstraint(
                condition=Q(yellow_fraction__isnull=True) | Q(yellow_left__isnull=True),
                name="yellow_by_share_or_by_time_left",
                violation_error_message=_("Turn yellow by a share of the time or by time left, not by both."),
            ),
            models.CheckConstraint(
                condition=Q(yellow_fraction__isnull=True) | Q(yellow_fraction__gt=0, yellow_fraction__lt=1),
                name="yellow_share_between_0_and_1",
                violation_error_message=_("The share must lie between 0 and 1."),
            ),
            models.CheckConstraint(
                condition=Q(response_goal__gt=0, resolution_limit__gt=0),
                name="limits_are_above_zero",
                violation_error_message=_("A limit must be more than zero."),
            ),
            models.CheckConstraint(
                condition=Q(yellow_left__isnull=True)
                | Q(yellow_left__gt=0, yellow_left__lt=models.F("resolution_limit")),
                name="yellow_left_is_less_than_the_limit",
                violation_error_message=_("The time left must be shorter than the limit."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} v{self.version}"


from services import models_guide as models_guide  # noqa: E402
