from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime


def instant(text: str) -> datetime:
    """An ISO instant of the command line; one without a zone is office time."""
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        raise ArgumentTypeError(f"not an ISO instant: {text}")
    return at if at.tzinfo else timezone.make_aware(at)
