"""The rows of the watch, one file per reason to change."""

from supervision.conduct.models import (
    AccessLog,
    Accused,
    CircleMember,
    ConductEvent,
    ConductMessage,
    ConductPhoto,
    ConductReport,
    Finding,
    Recusal,
    ReporterIdentity,
    StreetLeader,
)

__all__ = [
    "AccessLog",
    "Accused",
    "CircleMember",
    "ConductEvent",
    "ConductMessage",
    "ConductPhoto",
    "ConductReport",
    "Finding",
    "Recusal",
    "ReporterIdentity",
    "StreetLeader",
]
