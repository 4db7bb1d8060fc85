"""What a chapter says of its figures, until somebody writes their own words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from supervision.bulletin import words


def praise(counts: Mapping[str, int]) -> str:
    return _("Residents wrote %(praise)s times to praise; the praise of %(praised)s matters was confirmed.") % {
        "praise": counts["praise"],
        "praised": counts["praised"],
    }


def opening(counts: Mapping[str, int], changes: Mapping[str, str | None], span: str) -> str:
    if not counts["received"] and not counts["open"] and not counts["concluded"]:
        return _("No matter was received, concluded or open in the period.")
    told = _("%(received)s matters were received, %(concluded)s concluded; %(open)s were open at the end.") % counts
    return told + _against(changes["received"], words.SPANS[span][0])


def uncompared(kept: Mapping[str, Any], span: str) -> str:
    """Why a comparison is missing, of a bulletin whose snapshot tells."""
    if kept.get("running"):
        return _("The period is not over: it is not compared with whole ones.")
    missing = [
        str(label)
        for name, label in zip(("before", "year_before"), words.SPANS[span], strict=True)
        if kept[name] is None
    ]
    if not missing:
        return ""
    if len(missing) > 1 and span != "year":
        return _("Nothing is compared: the casework on record had not begun before the earlier periods.")
    return _("Not compared with %(before)s: the casework on record had not begun before it.") % {"before": missing[0]}


def _against(change: str | None, before: str | Promise) -> str:
    if change is None:
        return ""
    by = Decimal(change)
    if not by:
        return _(" As many were received as against %(before)s.") % {"before": before}
    more = _(" Received against %(before)s: %(percent)s%% more.") if by > 0 else None
    return (more or _(" Received against %(before)s: %(percent)s%% fewer.")) % {"before": before, "percent": abs(by)}


def median(area: Mapping[str, Any]) -> str:
    if area["median"] is None:
        return _("Nothing was concluded, so there is no handling time.")
    told = _("Half of the matters concluded took less than %(days)s days.") % {"days": _days(area["median"])}
    if area["median_before"] is not None:
        told += _(" In the period before: %(days)s days.") % {"days": _days(area["median_before"])}
    return told


def _days(seconds: int) -> str:
    return str(round(seconds / 86_400, 1))


def score(score: str | None, terms: Mapping[str, Any]) -> str:
    if score is None:
        return _("The three rates are not added up: one of the samples is below %(minimum)s.") % {
            "minimum": terms["minimum_sample"]
        }
    return _("The three rates by their weights: %(score)s of 100.") % {"score": score}


def items(counts: Mapping[str, int]) -> str:
    return (
        _(
            "%(items_set)s problems were set down, %(items_signed)s signed off; %(items_open)s are open, "
            "%(items_late)s of them late."
        )
        % counts
    )


def asked(counts: Mapping[str, int], rates: Mapping[str, Any]) -> str:
    """What follows from the figures, until somebody writes their own words."""
    asked = []
    if counts["late_unexplained"]:
        asked.append(_("State a reason for every delay: %(late_unexplained)s had none.") % counts)
    if counts["red"]:
        asked.append(_("Finish the %(red)s matters past their limit first.") % counts)
    if counts["bad_open"]:
        asked.append(_("Follow the %(bad_open)s bad ratings up to the end.") % counts)
    return "\n".join(asked) or _("Keep what has been reached.")
