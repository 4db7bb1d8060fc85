"""Reports on conduct: tables of their own, which no list, count, search or export of cases can reach.

Row level security lies over all of them but `StreetLeader` (migrations, `access.open_circle`). They are tied to people
and places by number only: a constraint or a reverse relation would tell whoever deletes a person that somebody has
reported them. What was said is sealed, so that a copied database tells nothing either.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.lib.sealed import EncryptedTextField, only_tokens

Row = TypeVar("Row", bound=models.Model)


def _loose(to: str, *, null: bool = False, **kwargs: Any) -> Any:
    """Tied by number only, see above. The row at the other end may be gone."""
    return models.ForeignKey(
        to, models.DO_NOTHING, db_constraint=False, related_name="+", null=null, blank=null, **kwargs
    )


class Category(models.TextChoices):
    INACTION = "inaction", _("does nothing")
    DELAY = "delay", _("drags things out")
    SHIRKING = "shirking", _("passes the buck")
    EXTORTION = "extortion", _("asks for gifts or favours")
    ATTITUDE = "attitude", _("bad attitude")
    OTHER = "other", _("something else")


class ConductReport(models.Model):
    """What somebody told about the conduct of people who work here. `head` is the hash of its last event."""

    Category = Category

    class Identity(models.TextChoices):
        NAMED = "named", _("named")
        CONFIDENTIAL = "confidential", _("confidential")
        ANONYMOUS = "anonymous", _("anonymous")

    class Status(models.TextChoices):
        RECEIVED = "received", _("received")
        ACCEPTED = "accepted", _("accepted, under examination")
        CONCLUDED = "concluded", _("concluded")
        NEEDS_DISTRICT = "needs_district", _("held for the district")

    class Outcome(models.TextChoices):
        TRUE = "true", _("true")
        PARTLY = "partly", _("partly true")
        UNTRUE = "untrue", _("not true")
        REFERRED = "referred", _("handed to the district discipline inspection")
        OTHER_WAY = "other_way", _("not a matter of conduct, another way was shown")

    class Severity(models.TextChoices):
        MILD = "mild", _("mild")
        SERIOUS = "serious", _("serious")
        GRAVE = "grave", _("grave")

    number = models.CharField(_("number"), max_length=20, unique=True)
    code_hash = models.CharField(max_length=200)
    once = models.CharField(max_length=64, unique=True)
    street = _loose("staff.Street", verbose_name=_("street"))
    community = _loose("staff.Community", null=True, verbose_name=_("community"))
    unit = _loose("staff.Unit", null=True, verbose_name=_("unit"))
    category = models.CharField(_("kind of conduct"), max_length=10, choices=Category, default=Category.OTHER)
    identity = models.CharField(_("identity"), max_length=12, choices=Identity)
    text = EncryptedTextField(_("what happened"), max_length=5_000)
    who = EncryptedTextField(_("about whom"), max_length=200)
    happened = EncryptedTextField(_("when it happened"), max_length=60)
    place = EncryptedTextField(_("where it happened"), max_length=200)
    received_at = models.DateTimeField(_("received at"))
    yellow_at = models.DateTimeField(_("yellow from"), null=True, blank=True)
    notice_due_at = models.DateTimeField(_("notice due at"))
    due_is_provisional = models.BooleanField(_("on a provisional calendar"), default=False)
    status = models.CharField(_("status"), max_length=14, choices=Status, default=Status.RECEIVED)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    concluded_at = models.DateTimeField(_("concluded at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity, blank=True)
    summary = EncryptedTextField(_("summary for the reporter"), max_length=2_000)
    version = models.PositiveIntegerField(_("version"), default=0)
    head = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("conduct report")
        verbose_name_plural = _("conduct reports")
        ordering = ["-received_at", "-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(status="concluded", concluded_at__isnull=False) & ~Q(outcome="")
                | ~Q(status="concluded") & Q(concluded_at__isnull=True, outcome=""),
                name="conduct_concluded_says_when_and_how",
            ),
            models.CheckConstraint(
                condition=~Q(status="accepted") | Q(accepted_at__isnull=False), name="conduct_accepted_says_when"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["true", "partly"]) & ~Q(severity="")
                | Q(outcome="referred", severity="grave")
                | ~Q(outcome__in=["true", "partly", "referred"]) & Q(severity=""),
                name="conduct_severity_of_what_is_true",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(accepted_at__gte=models.F("received_at")),
                name="conduct_accepted_after_received",
            ),
            only_tokens("text", "conduct_text_is_sealed"),
            only_tokens("who", "conduct_who_is_sealed"),
            only_tokens("happened", "conduct_happened_is_sealed"),
            only_tokens("place", "conduct_place_is_sealed"),
            only_tokens("summary", "conduct_summary_is_sealed"),
        ]

    def __str__(self) -> str:
        return self.number


class Accused(models.Model):
    """Somebody of the staff the report is about: recognised when it came in, or named by an officer later."""

    report = models.ForeignKey(ConductReport, models.CASCADE, related_name="accused")
    person = _loose(settings.AUTH_USER_MODEL, verbose_name=_("person"))
    since = models.DateTimeField(_("since"))

    class Meta:
        default_permissions = ()
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["report", "person"], name="accused_once_per_report")]


class ReporterIdentity(models.Model):
    """Who reported and how to be reached; never read but through `actions.open_identity`."""

    report = models.OneToOneField(ConductReport, models.CASCADE, primary_key=True, related_name="reporter")
    name = EncryptedTextField(_("name"), max_length=60)
    contact = EncryptedTextField(_("contact"), max_length=60)

    class Meta:
        default_permissions = ()
        constraints = [
            only_tokens("name", "conduct_name_is_sealed"),
            only_tokens("contact", "conduct_contact_is_sealed"),
        ]


class CircleMember(models.Model):
    """A colleague whom a discipline officer has asked to help with one report."""

    report = models.ForeignKey(ConductReport, models.CASCADE, related_name="circle")
    person = _loose(settings.AUTH_USER_MODEL, verbose_name=_("person"))
    added_by = _loose(settings.AUTH_USER_MODEL, verbose_name=_("added by"))
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "person"], condition=Q(until__isnull=True), name="in_the_circle_once"
            )
        ]


class Recusal(models.Model):
    """Somebody who steps aside from one report for good."""

    report = models.ForeignKey(ConductReport, models.CASCADE, related_name="recusals")
    person = _loose(settings.AUTH_USER_MODEL, verbose_name=_("person"))
    at = models.DateTimeField(_("at"))
    reason = EncryptedTextField(_("reason"), max_length=200)

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["report", "person"], name="recused_once_per_report"),
            only_tokens("reason", "recusal_reason_is_sealed"),
        ]


class ConductMessage(models.Model):
    """The talk between the discipline office and the reporter. `by` is empty for the reporter."""

    report = models.ForeignKey(ConductReport, models.CASCADE, related_name="messages")
    by = _loose(settings.AUTH_USER_MODEL, null=True, verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    text = EncryptedTextField(_("text"), max_length=2_000)

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]
        constraints = [only_tokens("text", "conduct_message_is_sealed")]


class Finding(models.Model):
    """What the examination has found so far; for the circle only."""

    report = models.ForeignKey(ConductReport, models.CASCADE, related_name="findings")
    by = _loose(settings.AUTH_USER_MODEL, verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    category = models.CharField(_("kind of conduct"), max_length=10, choices=Category)
    text = EncryptedTextField(_("text"), max_length=5_000)

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]
        constraints = [only_tokens("text", "conduct_finding_is_sealed")]


class ConductPhoto(models.Model):
    """A photo drawn anew, as base64 under seal. In the table, because files have no row level security."""

    report = models.ForeignKey(ConductReport, models.CASCADE, related_name="photos")
    picture = EncryptedTextField(_("picture"))

    class Meta:
        default_permissions = ()
        ordering = ["id"]


class AccessLog(models.Model):
    """Who looked at what, when, and why. Every look at a report is one row."""

    append_only = True

    class What(models.TextChoices):
        REPORT = "report", _("read the report")
        PHOTO = "photo", _("looked at a photo")
        LOG = "log", _("read this log")
        IDENTITY = "identity", _("opened the reporter's identity")
        REFERRAL = "referral", _("printed the referral sheet")

    report = models.ForeignKey(ConductReport, models.PROTECT, related_name="looks")
    person = _loose(settings.AUTH_USER_MODEL, verbose_name=_("person"))
    at = models.DateTimeField(_("at"))
    what = models.CharField(_("what"), max_length=10, choices=What)
    reason = EncryptedTextField(_("reason"), max_length=200)

    class Meta:
        default_permissions = ()
        ordering = ["-at", "-id"]
        constraints = [
            only_tokens("reason", "conduct_look_reason_is_sealed"),
            models.CheckConstraint(
                condition=~Q(what="identity") | ~Q(reason=""), name="identity_is_opened_for_a_reason"
            ),
        ]


class ConductEvent(models.Model):
    """One act on one report, chained by hash as the history of cases is. Carries row ids and hashes only."""

    append_only = True

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", _("received")
        HELD = "held", _("held for the district")
        ACCEPTED = "accepted", _("accepted, the reporter was told")
        SAID = "said", _("message to the reporter")
        ANSWERED = "answered", _("message from the reporter")
        FOUND = "found", _("finding added")
        NAMED = "named", _("person concerned named")
        ADDED = "added", _("colleague asked to help")
        REMOVED = "removed", _("colleague taken out")
        RECUSED = "recused", _("somebody stepped aside")
        IDENTITY_OPENED = "identity", _("identity opened")
        CONCLUDED = "concluded", _("concluded")
        FORGOTTEN = "forgotten", _("forgotten when its time was over")

    report = models.ForeignKey(ConductReport, models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField(_("place in the chain"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    by = _loose(settings.AUTH_USER_MODEL, null=True, verbose_name=_("by"))
    data = models.JSONField(_("details"), default=dict)
    prev = models.CharField(_("hash before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64, unique=True)

    class Meta:
        default_permissions = ()
        ordering = ["report", "seq"]
        constraints = [models.UniqueConstraint(fields=["report", "seq"], name="conduct_event_has_its_place")]


class StreetLeader(models.Model):
    """A member of the street's leadership. Reports about them are not for the street: the district takes them."""

    street = models.ForeignKey("staff.Street", models.CASCADE, related_name="+", verbose_name=_("street"))
    name = models.CharField(_("name"), max_length=40)
    title = models.CharField(_("title"), max_length=60)

    class Meta:
        default_permissions = ()
        ordering = ["street", "id"]
        constraints = [models.UniqueConstraint(fields=["street", "name"], name="street_leader_once")]

    def __str__(self) -> str:
        return f"{self.title} {self.name}"
