"""What happened, never to be changed: each case's chain of events, and the daily heads that pin all chains."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One change of one case. `hash` covers the row and the hash before it. Carries no personal data, only row ids.

    `at` is when it happened, `recorded_at` when it was written; they differ for back-entry and imports.
    """

    append_only = True

    class Kind(models.TextChoices):
        REGISTERED = "registered", _("registered")
        EDITED = "edited", _("facts corrected")
        CONTACTED = "contacted", _("resident contacted")
        NOTED = "noted", _("note for colleagues")
        REPLIED = "replied", _("interim reply")
        ATTACHED = "attached", _("file added")
        OFFERED = "offered", _("hand-over offered")
        DISPATCHED = "dispatched", _("dispatched to a unit")
        ACCEPTED = "accepted", _("hand-over accepted")
        DECLINED = "declined", _("hand-over declined")
        TAKEN_BACK = "taken_back", _("offer taken back")
        RETURNED = "returned", _("returned by the unit")
        OBJECTED = "objected", _("objection raised")
        ADJUDICATED = "adjudicated", _("adjudicated")
        JOINT_ASKED = "joint_asked", _("co-unit asked")
        JOINT_DONE = "joint_done", _("co-unit answered")
        JOINT_CANCELLED = "joint_cancelled", _("joint task cancelled")
        CONSENT_ASKED = "consent_asked", _("consent asked")
        CONSENT_GIVEN = "consent_given", _("consent given")
        CONSENT_REFUSED = "consent_refused", _("consent refused")
        DELAY_EXPLAINED = "delay_explained", _("delay explained")
        RESUMED = "resumed", _("clock resumed")
        CONCLUDED = "concluded", _("concluded with a reply")
        CALLED_BACK = "called_back", _("called back")
        REDONE = "redone", _("to be done again")
        REOPENED = "reopened", _("reopened")
        WITHDRAWN = "withdrawn", _("withdrawn")
        MERGED = "merged", _("linked as duplicate")
        SAID = "said", _("message of the resident")
        URGED = "urged", _("urged by the resident")
        PHOTO = "photo", _("photo of the resident")
        RATED = "rated", _("rated by the resident")
        SUPPLEMENTED = "supplemented", _("rating supplemented")
        RATING_CHECKED = "rating_checked", _("bad rating followed up")
        PRAISE_DECIDED = "praise_decided", _("praise decided")
        DATA_SHOWN = "data_shown", _("resident looked at the data kept of them")
        DATA_ASKED = "data_asked", _("request about personal data")
        DATA_DECIDED = "data_decided", _("request about personal data decided")
        CODE_GIVEN = "code_given", _("receipt with a new code given out")

    case = models.ForeignKey("complaints.Case", models.PROTECT, related_name="events", verbose_name=_("case"))
    seq = models.PositiveIntegerField(_("place in the chain"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    data = models.JSONField(_("details"), default=dict)
    prev = models.CharField(_("hash before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["case", "seq"]
        indexes = [
            # What residents are told of, see actions.notices: looked for every minute.
            models.Index(
                fields=["at"],
                condition=Q(kind__in=["accepted", "replied", "concluded", "contacted", "called_back", "data_decided"]),
                name="event_to_tell",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["case", "seq"], name="event_has_its_place_in_the_chain"),
            models.UniqueConstraint(fields=["hash"], name="event_hash_is_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}#{self.seq} {self.kind}"


class DayHead(models.Model):
    """The digest of all events recorded on a day, chained to the day before; a copy is kept outside the database."""

    append_only = True

    day = models.DateField(_("day"), primary_key=True)
    events = models.PositiveIntegerField(_("events"))
    hash = models.CharField(_("hash"), max_length=64)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("daily head")
        verbose_name_plural = _("daily heads")
        ordering = ["-day"]

    def __str__(self) -> str:
        return self.day.isoformat()
