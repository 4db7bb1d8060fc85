"""Rules of handing over, returning and objecting (clock.md C4-C5). Pure: plain values in, a refusal's code or None out."""

from __future__ import annotations

from dataclasses import dataclass

RETURNS_TO_ADJUDICATOR = 3


@dataclass(frozen=True)
class Chain:
    """Where a case stands between units. Units are ids; `offered` is the unit of the open offer, if any."""

    unit: int
    first_unit: int
    responsible: int
    offered: int | None = None
    offered_person: int | None = None
    returned: frozenset[int] = frozenset()
    objected: bool = False
    adjudicated: bool = False


def offer_refused(chain: Chain, to_person: int) -> str | None:
    if chain.objected:
        return "objection_open"
    if chain.offered is not None:
        return "offer_open"
    if to_person == chain.responsible:
        return "already_responsible"
    return None


def dispatch_refused(chain: Chain, to_unit: int) -> str | None:
    if chain.objected:
        return "objection_open"
    if chain.offered is not None:
        return "offer_open"
    if to_unit == chain.unit:
        return "already_there"
    if chain.adjudicated:
        return "adjudicated"
    if to_unit in chain.returned:
        return "unit_returned_it"
    return None


def return_refused(chain: Chain, unit: int) -> str | None:
    """A unit may return what was dispatched to it, or what it took over, once; never what it was asked first."""
    return objection_refused(chain, unit) or ("returned_before" if unit in chain.returned else None)


def objection_refused(chain: Chain, unit: int) -> str | None:
    if chain.objected:
        return "objection_open"
    if chain.adjudicated:
        return "adjudicated"
    if _answers_something_else(chain, unit):
        return "offer_open"
    if unit != chain.offered and unit == chain.first_unit:
        return "asked_first"
    return None


def goes_to_adjudicator(chain: Chain) -> bool:
    """The third return ends the to and fro."""
    return len(chain.returned) >= RETURNS_TO_ADJUDICATOR


def _answers_something_else(chain: Chain, unit: int) -> bool:
    """An open offer is in the way unless it is this unit's own dispatch: a colleague's offer is accepted or declined."""
    return chain.offered is not None and (unit != chain.offered or chain.offered_person is not None)
