"""The case and everything that hangs on it, one file per reason to change."""

from complaints.models.case import Attachment, Case, CaseCounter, CaseWords, Category, Resident
from complaints.models.data_requests import DataRequest
from complaints.models.guard import Forgetting, RetentionRule, TrackingCode
from complaints.models.handing import DispatchRule, Handover, Holding, JointTask, Objection, Return
from complaints.models.history import DayHead, Event
from complaints.models.imports import ImportRun
from complaints.models.notices import Notice
from complaints.models.promises import Clock, Consent, DelayReason
from complaints.models.public import Message
from complaints.models.rating import PraiseProposal, Rating, RatingCheck, RatingReminder, RatingTag
from complaints.models.talk import Callback, ContactLog, Note, Reply, ReplyTemplate

__all__ = [
    "Attachment",
    "Callback",
    "Case",
    "CaseCounter",
    "CaseWords",
    "Category",
    "Clock",
    "Consent",
    "ContactLog",
    "DataRequest",
    "DayHead",
    "DelayReason",
    "DispatchRule",
    "Event",
    "Forgetting",
    "Handover",
    "Holding",
    "ImportRun",
    "JointTask",
    "Message",
    "Note",
    "Notice",
    "Objection",
    "PraiseProposal",
    "Rating",
    "RatingCheck",
    "RatingReminder",
    "RatingTag",
    "Reply",
    "ReplyTemplate",
    "Resident",
    "RetentionRule",
    "Return",
    "TrackingCode",
]
