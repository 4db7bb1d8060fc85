"""The bulletin (月度整改通报) and the terms its rates are reckoned by."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from supervision.bulletin.periods import Period, Span, period_of
from supervision.rates import DEFAULT, Terms


class RateTerms(models.Model):
    """How rates are weighed and when a sample is too small. A change is a new version; bulletins keep theirs."""

    append_only = True

    version = models.PositiveIntegerField(_("version"), unique=True)
    valid_from = models.DateTimeField(_("valid from"))
    minimum_sample = models.PositiveSmallIntegerField(
        _("smallest sample"), default=DEFAULT.minimum_sample, help_text=_("Below it no percentage is compared.")
    )
    partly = models.DecimalField(
        _("“partly solved” counts"), max_digits=3, decimal_places=2, default=DEFAULT.partly, help_text=_("From 0 to 1.")
    )
    response_weight = models.PositiveSmallIntegerField(_("weight of response"), default=DEFAULT.response_weight)
    resolution_weight = models.PositiveSmallIntegerField(_("weight of resolution"), default=DEFAULT.resolution_weight)
    satisfaction_weight = models.PositiveSmallIntegerField(
        _("weight of satisfaction"), default=DEFAULT.satisfaction_weight
    )
    suppress_below = models.PositiveSmallIntegerField(
        _("smallest number published"),
        default=DEFAULT.suppress_below,
        help_text=_("Smaller numbers, but for nought, are held back in what residents see."),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    reason = models.CharField(_("reason for the change"), max_length=200)

    class Meta:
        verbose_name = _("terms of the rates")
        verbose_name_plural = _("terms of the rates")
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                condition=Q(partly__range=(Decimal(0), Decimal(1))),
                name="partly_counts_between_0_and_1",
                violation_error_message=_("“Partly solved” counts between 0 and 1."),
            ),
            models.CheckConstraint(
                condition=Q(response_weight__gt=0) | Q(resolution_weight__gt=0) | Q(satisfaction_weight__gt=0),
                name="rates_have_some_weight",
                violation_error_message=_("One of the weights has to be more than zero."),
            ),
            models.CheckConstraint(
                condition=Q(suppress_below__range=(3, 100), minimum_sample__range=(1, 1000)),
                name="small_numbers_stay_small",
                violation_error_message=_("Hold back below 3 to 100; the smallest sample is 1 to 1000."),
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"

    def plain(self) -> Terms:
        return Terms(
            version=self.version,
            minimum_sample=self.minimum_sample,
            partly=self.partly,
            response_weight=self.response_weight,
            resolution_weight=self.resolution_weight,
            satisfaction_weight=self.satisfaction_weight,
            suppress_below=self.suppress_below,
        )


class Bulletin(models.Model):
    """One revision of the bulletin of one area and period. Past the draft, a trigger lets nothing of it change.

    `snapshot` and `facts` are what `sha256` covers; they hold no instant of the run, so two runs hash alike.
    `public` is what residents see, fixed when it is published.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        REVIEW = "review", _("checked, waits to be issued")
        ISSUED = "issued", _("issued")
        PUBLISHED = "published", _("published")

    class Spans(models.TextChoices):
        MONTH = Span.MONTH, _("month")
        QUARTER = Span.QUARTER, _("quarter")
        YEAR = Span.YEAR, _("whole year")

    IN_WORK = (Status.DRAFT, Status.REVIEW)
    FINAL = (Status.ISSUED, Status.PUBLISHED)

    street = models.ForeignKey("staff.Street", models.PROTECT, related_name="+", verbose_name=_("street"))
    community = models.ForeignKey(
        "staff.Community", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("community")
    )
    span = models.CharField(_("span"), max_length=8, choices=Spans)
    first = models.DateField(_("first day"))
    revision = models.PositiveSmallIntegerField(_("revision"), default=1)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    snapshot = models.JSONField(_("figures"))
    facts = models.JSONField(_("cases behind the figures"))
    sha256 = models.CharField(_("hash"), max_length=64)
    public = models.JSONField(_("public version"), null=True, blank=True)
    foreword = models.TextField(_("foreword"), blank=True)
    praise = models.TextField(_("praise"), blank=True)
    problems = models.TextField(_("what has to be put right"), blank=True)
    asks = models.TextField(_("what is asked of the next period"), blank=True)
    public_words = models.TextField(_("words to residents"), blank=True)
    what_changed = models.TextField(_("what changed"), blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("drafted by")
    )
    drafted_at = models.DateTimeField(_("drafted at"))
    writers = ArrayField(
        models.BigIntegerField(), default=list, blank=True, verbose_name=_("who drafted it or changed the draft")
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("checked by")
    )
    reviewed_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("issued by")
    )
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    replaced_at = models.DateTimeField(_("replaced at"), null=True, blank=True)

    class Meta:
        verbose_name = _("bulletin")
        verbose_name_plural = _("bulletins")
        ordering = ["-first", "span", "community", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["street", "community", "span", "first", "revision"],
                nulls_distinct=False,
                name="bulletin_revision_once",
            ),
            models.UniqueConstraint(
                fields=["street", "community", "span", "first"],
                condition=Q(status__in=["draft", "review"]),
                nulls_distinct=False,
                name="one_bulletin_in_work",
            ),
            models.UniqueConstraint(
                fields=["street", "community", "span", "first"],
                condition=Q(status__in=["issued", "published"], replaced_at__isnull=True),
                nulls_distinct=False,
                name="one_bulletin_in_force",
            ),
            models.CheckConstraint(
                condition=Q(issued_by__isnull=True)
                | (~Q(issued_by=F("reviewed_by")) & (Q(drafted_by__isnull=True) | ~Q(issued_by=F("drafted_by")))),
                name="bulletin_is_issued_by_another_person",
            ),
            models.CheckConstraint(
                condition=Func(
                    "issued_by",
                    "writers",
                    arg_joiner=" <> ALL(",
                    output_field=models.BooleanField(),
                    template="%(expressions)s)",
                ),
                name="bulletin_is_not_issued_by_a_writer",
            ),
            models.CheckConstraint(
                condition=Q(status="draft", reviewed_by__isnull=True, reviewed_at__isnull=True)
                | (~Q(status="draft") & Q(reviewed_by__isnull=False, reviewed_at__isnull=False)),
                name="bulletin_past_the_draft_was_checked",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "review"], issued_by__isnull=True, issued_at__isnull=True)
                | Q(status__in=["issued", "published"], issued_by__isnull=False, issued_at__isnull=False),
                name="bulletin_issued_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(status="published", published_at__isnull=False, public__isnull=False)
                | (~Q(status="published") & Q(published_at__isnull=True, public__isnull=True)),
                name="bulletin_published_after_it_was_issued",
            ),
            models.CheckConstraint(
                condition=Q(revision=1) | ~Q(what_changed=""), name="bulletin_revision_says_what_changed"
            ),
            models.CheckConstraint(
                condition=Q(replaced_at__isnull=True) | Q(status__in=["issued", "published"]),
                name="bulletin_replaced_was_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period.code} {self.community or self.street} {self.revision}"

    def get_absolute_url(self) -> str:
        return f"/supervision/bulletins/{self.pk}/"

    @property
    def period(self) -> Period:
        return period_of(self.span, self.first)

    @property
    def is_in_work(self) -> bool:
        return self.status in self.IN_WORK
