"""What residents ask about the data kept of them: a copy, a correction, the deletion."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.lib.sealed import EncryptedTextField, only_tokens


class DataRequest(models.Model):
    """One request of the resident of a case. A copy is shown at once; the others are decided by `due_at`.

    `text` may hold names and numbers, so it is sealed, and emptied when the resident's data is erased.
    """

    class Kind(models.TextChoices):
        COPY = "copy", _("copy of the data")
        CORRECTION = "correction", _("correction of the data")
        DELETION = "deletion", _("deletion of the data")

    class Verdict(models.TextChoices):
        NONE = "", _("not decided yet")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")

    case = models.ForeignKey("complaints.Case", models.CASCADE, related_name="data_requests", verbose_name=_("case"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    text = EncryptedTextField(_("text"), max_length=1_000)
    asked_at = models.DateTimeField(_("asked at"))
    due_at = models.DateTimeField(_("to be decided by"))
    verdict = models.CharField(_("verdict"), max_length=12, choices=Verdict, blank=True, default=Verdict.NONE)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
        help_text=_("Empty: not decided, or a copy shown at once."),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("request about personal data")
        verbose_name_plural = _("requests about personal data")
        ordering = ["asked_at", "id"]
        indexes = [models.Index(fields=["due_at"], condition=Q(verdict=""), name="data_request_open")]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="", decided_at__isnull=True) | (~Q(verdict="") & Q(decided_at__isnull=False)),
                name="data_request_has_a_verdict_if_and_only_if_decided",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="refused") | ~Q(reason=""), name="data_request_is_refused_with_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(kind="copy") | Q(verdict="") | Q(decided_by__isnull=False),
                name="data_request_is_decided_by_somebody",
            ),
            models.CheckConstraint(condition=Q(due_at__gte=models.F("asked_at")), name="data_request_is_due_later"),
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(verdict=""), name="one_open_data_request_of_a_kind"
            ),
            only_tokens("text", "data_request_text_is_sealed"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"
