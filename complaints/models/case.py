"""The case (诉求件), the resident who raised it, its category, number and attachments."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from complaints.queries import CaseQuerySet
from complaints.residents import ResidentQuerySet
from config.lib.sealed import EncryptedTextField, PhoneIndex, only_tokens

TEXT_LIMIT = 20_000


class Category(models.Model):
    """One node of the three-level category tree."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    level = models.PositiveSmallIntegerField(_("level"))
    name = models.CharField(_("name"), max_length=60)
    path = models.CharField(_("path"), max_length=200, unique=True, help_text=_("All names from the top, joined by >."))
    keywords = models.CharField(_("search words"), max_length=200, blank=True)
    policy = models.SlugField(
        _("time-limit policy"), max_length=20, blank=True, help_text=_("Instead of the one the kind of case implies.")
    )
    is_active = models.BooleanField(_("offered when logging"), default=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(condition=Q(level__range=(1, 3)), name="category_has_three_levels_at_most"),
            models.CheckConstraint(
                condition=Q(level=1, parent__isnull=True) | Q(level__gt=1, parent__isnull=False),
                name="category_below_the_top_has_a_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.path


class Case(models.Model):
    """One matter of one resident. `version` counts its events; `head` is the hash of the last one."""

    class Kind(models.TextChoices):
        INQUIRY = "inquiry", _("inquiry")
        HELP = "help", _("request for help")
        COMPLAINT = "complaint", _("complaint")
        REPORT = "report", _("report")
        SUGGESTION = "suggestion", _("suggestion")
        PRAISE = "praise", _("praise")
        SNAPSHOT = "snapshot", _("snapshot")
        MEDIATION = "mediation", _("mediation")

    class Channel(models.TextChoices):
        COUNTER = "counter", _("counter")
        PHONE = "phone", _("phone")
        VISIT = "visit", _("home visit")
        GRID = "grid", _("grid patrol")
        WEB = "web", _("web form")
        HOTLINE = "hotline", _("12345 hotline")
        WECHAT = "wechat", _("WeChat")
        BOX = "box", _("suggestion box")
        MEDIA = "media", _("media")
        BOARD = "board", _("message board")

    class Urgency(models.TextChoices):
        NORMAL = "normal", _("normal")
        UTILITY = "utility", _("water, power, gas, heating")
        EMERGENCY = "emergency", _("emergency")
        COMPLEX = "complex", _("complex")

    class Status(models.TextChoices):
        REGISTERED = "registered", _("registered")
        HANDLING = "handling", _("in progress")
        CONCLUDED = "concluded", _("concluded")
        WITHDRAWN = "withdrawn", _("withdrawn")
        MERGED = "merged", _("linked as duplicate")

    class Outcome(models.TextChoices):
        NONE = "", _("none yet")
        RESOLVED = "resolved", _("resolved")
        PARTLY = "partly", _("partly resolved")
        EXPLAINED = "explained", _("explained, cannot be resolved for now")
        ANSWERED = "answered", _("answered on the spot")
        EMERGENCY_SERVICE = "emergency_service", _("passed to 110, 119, 120 or 122")
        STATUTORY = "statutory", _("referred to a statutory channel")
        SAME_MATTER = "same_matter", _("same matter, progress told")
        SECRET = "secret", _("concerns secrets or privacy, explained")
        OUT_OF_REMIT = "out_of_remit", _("outside our remit, other channel named")
        UNLAWFUL = "unlawful", _("against law or good morals, dissuaded")

    class SpecialGroup(models.TextChoices):
        NONE = "", _("none")
        ELDER_ALONE = "elder_alone", _("elder living alone")
        DISABLED = "disabled", _("disabled")
        LOW_INCOME = "low_income", _("low income")
        CHILD = "child", _("child in difficulty")
        OTHER = "other", _("other special care")

    class Identity(models.TextChoices):
        NAMED = "named", _("named")
        CONFIDENTIAL = "confidential", _("confidential")
        ANONYMOUS = "anonymous", _("anonymous")

    OPEN = (Status.REGISTERED, Status.HANDLING)

    number = models.CharField(_("number"), max_length=40, unique=True)
    street = models.ForeignKey("staff.Street", models.PROTECT, related_name="cases", verbose_name=_("street"))
    community = models.ForeignKey(
        "staff.Community", models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("community")
    )
    grid = models.ForeignKey(
        "staff.Grid", models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("grid")
    )
    unit = models.ForeignKey("staff.Unit", models.PROTECT, related_name="cases", verbose_name=_("handling unit"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("category")
    )
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    urgency = models.CharField(_("urgency"), max_length=12, choices=Urgency, default=Urgency.NORMAL)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.REGISTERED)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome, blank=True, default=Outcome.NONE)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("what it is about"), validators=[MaxLengthValidator(TEXT_LIMIT)])
    place = models.CharField(_("place"), max_length=200, blank=True)
    special_group = models.CharField(
        _("special group"), max_length=12, choices=SpecialGroup, blank=True, default=SpecialGroup.NONE
    )
    identity = models.CharField(_("identity"), max_length=12, choices=Identity, default=Identity.NAMED)

    first_contact = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="first_asked", verbose_name=_("first asked")
    )
    first_unit = models.ForeignKey(
        "staff.Unit", models.PROTECT, related_name="first_received", verbose_name=_("first receiving unit")
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="responsible_for", verbose_name=_("responsible")
    )

    submitted_at = models.DateTimeField(_("submitted at"))
    registered_at = models.DateTimeField(_("registered at"))
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("registered by")
    )
    backfilled = models.BooleanField(_("entered afterwards from paper"), default=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated at"))
    duplicate_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="duplicates", verbose_name=_("duplicate of")
    )
    callback_wanted = models.BooleanField(_("to be called back"), default=False)
    adjudicated = models.BooleanField(_("adjudicated"), default=False)
    cycle = models.PositiveSmallIntegerField(_("cycle"), default=1)

    source = models.SlugField(_("source"), max_length=20, blank=True)
    external_id = models.CharField(_("number at the source"), max_length=60, blank=True)
    extra = models.JSONField(_("further columns of the source"), default=dict, blank=True)
    submission_key = models.UUIDField(_("submission key"), null=True, blank=True, unique=True)

    version = models.PositiveIntegerField(_("version"), default=0)
    head = models.CharField(_("last event's hash"), max_length=64, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-submitted_at", "-id"]
        indexes = [
            models.Index(fields=["street", "-submitted_at", "-id"], name="case_by_street"),
            models.Index(fields=["community", "-submitted_at", "-id"], name="case_by_community"),
            models.Index(fields=["unit", "-submitted_at", "-id"], name="case_by_unit"),
            models.Index(fields=["responsible"], condition=Q(closed_at__isnull=True), name="case_open_by_responsible"),
            models.Index(
                fields=["street", "community"], condition=Q(closed_at__isnull=True), name="case_open_by_community"
            ),
            models.Index(fields=["first_contact", "-submitted_at", "-id"], name="case_by_first_contact"),
            # What counts outcomes of many cases reads this instead of the wide rows; the last three are for the wall.
            models.Index(
                fields=["street", "closed_at"],
                include=["id", "community", "grid", "status", "unit", "responsible", "first_contact"],
                name="case_by_end",
            ),
            models.Index(
                fields=["street", "closed_at", "id"],
                condition=Q(status="concluded", callback_wanted=True),
                name="case_to_call_back",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["registered", "handling"], closed_at__isnull=True)
                | Q(status__in=["concluded", "withdrawn", "merged"], closed_at__isnull=False),
                name="case_closed_if_and_only_if_closed_at",
            ),
            models.CheckConstraint(
                condition=Q(status="merged", duplicate_of__isnull=False)
                | (~Q(status="merged") & Q(duplicate_of__isnull=True)),
                name="case_merged_if_and_only_if_duplicate_of",
            ),
            models.CheckConstraint(
                condition=(Q(status="concluded") & ~Q(outcome="")) | (~Q(status="concluded") & Q(outcome="")),
                name="case_has_an_outcome_if_and_only_if_concluded",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("submitted_at")),
                name="case_closed_after_it_was_submitted",
            ),
            models.CheckConstraint(
                condition=Q(registered_at__gte=F("submitted_at")), name="case_registered_after_it_was_submitted"
            ),
            models.CheckConstraint(condition=~Q(duplicate_of=F("id")), name="case_is_no_duplicate_of_itself"),
            models.UniqueConstraint(
                fields=["street", "source", "external_id"],
                condition=~Q(external_id=""),
                name="case_of_a_source_lands_once",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return f"/cases/{self.number}/"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Resident(models.Model):
    """Who raised the case, kept apart from it so that it can be guarded and forgotten on its own."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="resident", verbose_name=_("case"))
    name = EncryptedTextField(_("name"), max_length=60)
    phone = EncryptedTextField(_("phone"), max_length=30, index="phone_index")
    address = EncryptedTextField(_("address"), max_length=120)
    phone_index = PhoneIndex(_("phone's index"))

    objects = ResidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("resident")
        verbose_name_plural = _("residents")
        constraints = [
            only_tokens("name", "resident_name_is_sealed"),
            only_tokens("phone", "resident_phone_is_sealed"),
            only_tokens("address", "resident_address_is_sealed"),
        ]

    def __str__(self) -> str:
        return self.name or str(_("resident without a name"))


class CaseWords(models.Model):
    """What the word search looks into: pairs of neighbouring Chinese characters and whole Latin words.

    A table of its own, so that the many updates of a case never touch the index.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="words", verbose_name=_("case"))
    grams = SearchVectorField(_("grams"))

    class Meta:
        verbose_name = _("search words")
        verbose_name_plural = _("search words")
        indexes = [GinIndex(fields=["grams"], name="case_words_grams")]

    def __str__(self) -> str:
        return str(self.case_id)


class CaseCounter(models.Model):
    """The last number given out by a street on a day; its row lock is taken last, so numbers have no gaps."""

    street = models.ForeignKey("staff.Street", models.PROTECT, related_name="+", verbose_name=_("street"))
    day = models.DateField(_("day"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("case counter")
        verbose_name_plural = _("case counters")
        constraints = [models.UniqueConstraint(fields=["street", "day"], name="one_counter_per_street_and_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.last}"


class Attachment(models.Model):
    """A file kept with a case. It is served through a view that asks who is looking."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="attachments", verbose_name=_("case"))
    file = models.FileField(_("file"), upload_to="attachments/%Y/%m/")
    name = models.CharField(_("name"), max_length=120)
    content_type = models.CharField(_("type"), max_length=80)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty: the resident."),
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.name
