"""The service guide: what residents can apply for, with its one-time notice list, and answers the office has published."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# A list that ends in "and other materials" is no list; R4.8 forbids it.
VAGUE = "其他.{0,6}(材料|证明|资料|文件)|(有关|相关).{0,2}(材料|证明|资料|文件)|等(材料|证明|资料|文件)"
MOBILE = "1[3-9][0-9]{9}"
not_vague = RegexValidator(
    VAGUE,
    _("Name every paper: a list may not say “other materials” or “relevant materials”."),
    code="vague",
    inverse_match=True,
)


class ItemCategory(models.Model):
    """One of the high-frequency fields (8类高频事项) the guide is ordered by."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=30)
    about = models.CharField(_("in a few words"), max_length=80, blank=True)
    icon = models.SlugField(_("picture"), max_length=40, default="card-checklist")
    position = models.PositiveSmallIntegerField(_("order in the list"), default=0)

    class Meta:
        verbose_name = _("item category")
        verbose_name_plural = _("item categories")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class ServiceItem(models.Model):
    """One thing a resident can apply for. Its materials and steps are the complete one-time notice list."""

    class Where(models.TextChoices):
        COMMUNITY = "community", _("the counter of one's community")
        STREET = "street", _("the service centre of the street")

    category = models.ForeignKey(ItemCategory, models.PROTECT, related_name="items", verbose_name=_("item category"))
    code = models.CharField(
        _("code"),
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"^[A-Z]{1,6}-?[0-9]{1,6}$", _("Capital letters, then figures, such as MZ01."))],
        help_text=_("Part of the address and of the printed list; do not change it later."),
    )
    name = models.CharField(_("name"), max_length=60)
    summary = models.TextField(_("what it is"), max_length=300)
    who = models.TextField(_("who can apply"), max_length=500)
    keywords = models.CharField(
        _("words people use"), max_length=200, blank=True, help_text=_("For the search; separated by blanks.")
    )
    where = models.CharField(_("where to apply"), max_length=10, choices=Where, default=Where.COMMUNITY)
    promised_days = models.PositiveSmallIntegerField(
        _("promised working days"), help_text=_("0 means: done while the person waits.")
    )
    statutory_days = models.PositiveSmallIntegerField(
        _("statutory working days"), null=True, blank=True, help_text=_("Empty where the law names none.")
    )
    schedule = models.ForeignKey(
        "services.Schedule", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("opening hours")
    )
    hours = models.CharField(
        _("opening hours in words"), max_length=120, blank=True, help_text=_("Instead of the schedule's own words.")
    )
    fee = models.CharField(_("fee"), max_length=100, blank=True, help_text=_("Empty means: free of charge."))
    basis = models.TextField(_("legal basis"), max_length=500, blank=True)
    is_active = models.BooleanField(_("shown to residents"), default=True)
    confirmed = models.BooleanField(
        _("confirmed by the street"),
        default=False,
        help_text=_("Supplied texts are defaults: check materials, times and places against the local rules first."),
    )
    revised_at = models.DateTimeField(_("revised at"), null=True, blank=True)

    class Meta:
        verbose_name = _("service item")
        verbose_name_plural = _("service items")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z]{1,6}-?[0-9]{1,6}$"), name="item_code_is_capitals_and_figures"
            ),
            models.CheckConstraint(
                condition=Q(statutory_days__isnull=True) | Q(promised_days__lte=F("statutory_days")),
                name="item_promise_within_the_law",
                violation_error_message=_("The promise must not be longer than the law allows."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("guide_item", args=[self.code.lower()])


class MaterialRequirement(models.Model):
    """One paper of an item's list."""

    item = models.ForeignKey(ServiceItem, models.CASCADE, related_name="materials", verbose_name=_("service item"))
    position = models.PositiveSmallIntegerField(_("order in the list"), default=0)
    name = models.CharField(_("material"), max_length=80, validators=[not_vague])
    original = models.BooleanField(_("original to be shown"), default=True)
    copies = models.PositiveSmallIntegerField(_("copies"), default=0)
    source = models.CharField(_("where to get it"), max_length=120, blank=True)
    electronic = models.BooleanField(_("electronic version accepted"), default=False)
    shared = models.BooleanField(
        _("shared by departments"), default=False, help_text=_("We look it up ourselves; it need not be brought.")
    )
    condition = models.CharField(
        _("only when"), max_length=120, blank=True, help_text=_("Empty: everybody needs it."), validators=[not_vague]
    )

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ["item", "position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name__regex=VAGUE) & ~Q(condition__regex=VAGUE),
                name="material_is_named",
                violation_error_message=not_vague.message,
            ),
            models.CheckConstraint(
                condition=Q(original=True) | Q(copies__gt=0) | Q(electronic=True) | Q(shared=True),
                name="material_is_asked_in_some_form",
                violation_error_message=_("Say in which form it is asked: original, copies or electronic."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ItemStep(models.Model):
    item = models.ForeignKey(ServiceItem, models.CASCADE, related_name="steps", verbose_name=_("service item"))
    position = models.PositiveSmallIntegerField(_("order in the list"), default=0)
    name = models.CharField(_("step"), max_length=40)
    text = models.CharField(_("what happens"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["item", "position", "id"]

    def __str__(self) -> str:
        return self.name


class ItemCounter(models.Model):
    """Where one street takes an item in, when it is neither simply the community's nor the street's own address."""

    item = models.ForeignKey(ServiceItem, models.CASCADE, related_name="counters", verbose_name=_("service item"))
    street = models.ForeignKey("staff.Street", models.PROTECT, related_name="+", verbose_name=_("street"))
    unit = models.ForeignKey(
        "staff.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit")
    )
    window = models.CharField(_("counter"), max_length=40, blank=True, help_text=_("Such as: window 3."))
    place = models.CharField(_("address"), max_length=120, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        ordering = ["item", "street", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(window="", place="", phone="", unit__isnull=True),
                name="counter_says_where",
                violation_error_message=_("Give a unit, a counter, an address or a phone number."),
            )
        ]

    def __str__(self) -> str:
        return self.window or self.place or str(self.unit or "")


class ItemRevision(models.Model):
    """How a change made an item shorter or longer (减环节、减时间、减材料)."""

    item = models.ForeignKey(ServiceItem, models.CASCADE, related_name="revisions", verbose_name=_("service item"))
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    steps_before = models.PositiveSmallIntegerField(_("steps before"))
    steps_after = models.PositiveSmallIntegerField(_("steps after"))
    materials_before = models.PositiveSmallIntegerField(_("materials before"))
    materials_after = models.PositiveSmallIntegerField(_("materials after"))
    days_before = models.PositiveSmallIntegerField(_("working days before"))
    days_after = models.PositiveSmallIntegerField(_("working days after"))

    class Meta:
        verbose_name = _("revision of an item")
        verbose_name_plural = _("revisions of an item")
        ordering = ["item", "at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(
                    steps_before=F("steps_after"), materials_before=F("materials_after"), days_before=F("days_after")
                ),
                name="revision_changes_something",
            )
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.at:%Y-%m-%d}"


class GuideRating(models.Model):
    """What one reader said of an item's page. Names nobody: a day, not a moment, and no way back to a browser."""

    class Choice(models.TextChoices):
        CLEAR = "clear", _("I understand it and can follow it")
        UNCLEAR = "unclear", _("Some of it is still unclear")
        WRONG = "wrong", _("It is not as it says")

    item = models.ForeignKey(ServiceItem, models.CASCADE, related_name="ratings", verbose_name=_("service item"))
    revised_at = models.DateTimeField(_("the list as revised at"), null=True, blank=True)
    choice = models.CharField(_("said"), max_length=8, choices=Choice)
    words = models.CharField(_("what is unclear"), max_length=200, blank=True)
    day = models.DateField(_("day"), db_index=True)

    class Meta:
        verbose_name = _("rating of the guide")
        verbose_name_plural = _("ratings of the guide")
        ordering = ["-day", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(choice__in=["clear", "unclear", "wrong"]), name="guide_rating_is_known"),
            models.CheckConstraint(condition=~Q(words__regex=MOBILE), name="guide_rating_holds_no_mobile_number"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.day:%Y-%m-%d}"


class KnowledgeArticle(models.Model):
    """A question with the office's answer. Nothing is answered with a text that names no source."""

    item = models.ForeignKey(
        ServiceItem, models.SET_NULL, null=True, blank=True, related_name="articles", verbose_name=_("service item")
    )
    question = models.CharField(_("question"), max_length=100, unique=True)
    answer = models.TextField(_("answer"), max_length=2000)
    keywords = models.CharField(
        _("words people use"), max_length=200, blank=True, help_text=_("For the search; separated by blanks.")
    )
    source = models.CharField(_("source"), max_length=200, help_text=_("The item's list or the document quoted."))
    source_date = models.DateField(_("date of the source"), null=True, blank=True)
    is_published = models.BooleanField(_("published"), default=False)
    confirmed = models.BooleanField(_("confirmed by the street"), default=False)

    class Meta:
        verbose_name = _("published answer")
        verbose_name_plural = _("published answers")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_published=False) | ~Q(source="") & ~Q(answer=""),
                name="published_answer_names_its_source",
                violation_error_message=_("A published answer needs its text and its source."),
            )
        ]

    def __str__(self) -> str:
        return self.question

    def get_absolute_url(self) -> str:
        return reverse("guide_answer", args=[self.pk])


class GuideWords(models.Model):
    """Search words of an item or an answer; A: its name and the words people use, D: everything else it says."""

    item = models.OneToOneField(ServiceItem, models.CASCADE, null=True, related_name="words")
    article = models.OneToOneField(KnowledgeArticle, models.CASCADE, null=True, related_name="words")
    grams = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["grams"], name="guide_words_grams")]
        constraints = [
            models.CheckConstraint(
                condition=Q(item__isnull=True, article__isnull=False) | Q(item__isnull=False, article__isnull=True),
                name="guide_words_of_one_text",
            )
        ]
