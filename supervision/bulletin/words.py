"""What the figures are called, and each explained in one sentence."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

COUNTS: dict[str, tuple[Words, Words]] = {
    "received": (_("Matters received"), _("Matters told to us in the period; one told twice counts once.")),
    "duplicates": (_("Linked as duplicates"), _("Told in the period and linked to another matter; counted there.")),
    "withdrawn": (_("Withdrawn"), _("Matters the residents took back in the period.")),
    "concluded": (_("Concluded"), _("Matters that got their final reply in the period.")),
    "open": (_("Open at the end"), _("Matters still being handled when the period ended.")),
    "green": (_("Green light"), _("Open, with time left.")),
    "yellow": (_("Yellow light"), _("Open, with little time left.")),
    "red": (_("Red light"), _("Open, past a limit.")),
    "paused": (_("Paused"), _("Open, waiting for a listed reason with somebody's consent.")),
    "response_due": (_("Due for first contact"), _("Matters whose limit for the first contact fell in the period.")),
    "response_kept": (_("Contacted in time"), _("Of these, those contacted within the limit.")),
    "response_late": (_("Contacted late"), _("Of these, those contacted too late or not yet.")),
    "due": (_("Due for conclusion"), _("Matters whose limit for the final reply fell in the period.")),
    "kept": (_("Concluded in time"), _("Of these, those concluded within the limit.")),
    "late": (_("Past the limit"), _("Of these, those concluded too late or not yet.")),
    "late_explained": (
        _("Late with a stated reason"),
        _("A pause or more time had been asked for, or the delay explained."),
    ),
    "late_unexplained": (_("Late without a stated reason"), _("Nobody stated a reason.")),
    "extended": (_("Given more time"), _("Of the matters due, those given more time with somebody's consent.")),
    "answered": (_("Said whether it is solved"), _("Residents who told us in the period whether it is solved.")),
    "solved": (_("Solved"), _("The resident says it is solved.")),
    "partly_solved": (_("Partly solved"), _("The resident says it is partly solved.")),
    "not_solved": (_("Not solved"), _("The resident says it is not solved.")),
    "unreached": (_("Not reached"), _("Called back and not reached; counted neither for nor against.")),
    "rated": (_("Rated"), _("Matters rated in the period; the last rating counts.")),
    "satisfied": (_("Basically satisfied and better"), _("Three of five levels and up.")),
    "dissatisfied": (_("Dissatisfied"), _("The two lowest levels.")),
    "level_5": (_("Very satisfied"), _("The highest of five levels.")),
    "level_4": (_("Quite satisfied"), _("The second of five levels.")),
    "level_3": (_("Basically satisfied"), _("The third of five levels.")),
    "level_2": (_("Rather dissatisfied"), _("The fourth of five levels.")),
    "level_1": (_("Very dissatisfied"), _("The lowest of five levels.")),
    "unrated": (_("Not rated"), _("Concluded in the period and not rated; never counted as satisfied.")),
    "excluded": (_("Left out after review"), _("A second person found the rating mistaken; its share is published.")),
    "bad": (_("Bad ratings"), _("Matters with a bad rating in the period, whatever was said later.")),
    "bad_done": (_("Followed up to the end"), _("Verified, put right or explained, told and called back.")),
    "bad_open": (_("Being followed up"), _("Not yet at the end.")),
    "returned": (_("Returned by a unit"), _("Of the matters received, those a unit sent back as not its own.")),
    "again": (_("Done again"), _("Of the matters concluded, those opened once more.")),
    "praise": (_("Praise received"), _("Residents wrote to praise.")),
    "praised": (_("Confirmed praise"), _("Matters for which somebody's praise was confirmed.")),
    "items_set": (_("Problems set down"), _("Rectification items set down in the period.")),
    "items_signed": (_("Problems signed off"), _("Put right, verified and signed off by three people.")),
    "items_open": (_("Problems open"), _("Not signed off at the end of the period.")),
    "items_late": (_("Problems past their day"), _("Of these, not put right by the day that was set.")),
}
RATES: dict[str, tuple[Words, Words]] = {
    "response": (_("Response rate"), _("Contacted in time, of the matters due for first contact.")),
    "on_time": (_("Concluded on time"), _("Concluded in time, of the matters due for conclusion.")),
    "resolution": (
        _("Resolution rate"),
        _("Residents who say “solved”, of those who answered; “partly” counts in part."),
    ),
    "satisfaction": (_("Satisfaction rate"), _("Basically satisfied and better, of the matters rated.")),
    "returns": (_("Return rate"), _("Returned by a unit, of the matters received.")),
    "again": (_("Redo rate"), _("Done again, of the matters concluded.")),
    "extensions": (_("Extension rate"), _("Given more time, of the matters due.")),
}
# What the workbook's sheet of cases calls the columns of a fact.
FACTS: dict[str, Words] = {
    "number": _("Case"),
    "community": _("Community"),
    "unit": _("Unit"),
    "category": _("Category"),
    "kind": _("Kind"),
    "channel": _("Channel"),
    "received": _("Matters received"),
    "duplicate": _("Linked as duplicates"),
    "withdrawn": _("Withdrawn"),
    "response": _("First contact"),
    "due": _("Conclusion"),
    "extended": _("Given more time"),
    "explained": _("Reason stated"),
    "handled": _("Handling time, hours"),
    "again": _("Done again"),
    "returned": _("Returned by a unit"),
    "light": _("Light at the end"),
    "solved": _("Said whether it is solved"),
    "satisfied": _("Level"),
    "unreached": _("Not reached"),
    "excluded": _("Left out after review"),
    "bad": _("Bad ratings"),
    "bad_outcome": _("Found"),
    "bad_state": _("Where it stands"),
    "praised": _("Confirmed praise"),
}
CONTACT: dict[str, Words] = {"kept": _("Contact in time"), "late": _("Contact late")}
VALUES: dict[str, Words] = {
    "kept": _("Concluded in time"),
    "late": _("Past the limit"),
    "yes": _("Solved"),
    "partly": _("Partly solved"),
    "no": _("Not solved"),
    "green": _("Green light"),
    "yellow": _("Yellow light"),
    "red": _("Red light"),
    "paused": _("Paused"),
}
# A year's earlier period and the same one a year ago are one.
SPANS: dict[str, tuple[Words, Words]] = {
    "month": (_("last month"), _("the same month a year before")),
    "quarter": (_("last quarter"), _("the same quarter a year before")),
    "year": (_("last year"), _("the year before")),
}
TITLES: dict[str, Words] = {
    "month": _("Monthly bulletin on rectification"),
    "quarter": _("Quarterly bulletin on rectification"),
    "year": _("Annual summary of rectification"),
}


def label(key: str) -> str:
    return str(COUNTS[key][0])


def explained(key: str) -> str:
    return str(COUNTS[key][1])
