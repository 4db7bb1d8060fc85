"""Which act is possible in which state, and where it leads. The database holds the same transitions in a trigger."""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    EDIT = "edit"
    CONTACT = "contact"
    NOTE = "note"
    REPLY = "reply"
    ATTACH = "attach"
    OFFER = "offer"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    DECLINE = "decline"
    TAKE_BACK = "take_back"
    RETURN = "return"
    OBJECT = "object"
    ADJUDICATE = "adjudicate"
    ASK_JOINT = "ask_joint"
    FINISH_JOINT = "finish_joint"
    CANCEL_JOINT = "cancel_joint"
    ASK_PAUSE = "ask_pause"
    ASK_EXTENSION = "ask_extension"
    ASK_COMPLEX = "ask_complex"
    APPROVE = "approve"
    REFUSE = "refuse"
    RESUME = "resume"
    EXPLAIN_DELAY = "explain_delay"
    CONCLUDE = "conclude"
    CALL_BACK = "call_back"
    REDO = "redo"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    MERGE = "merge"


REGISTERED, HANDLING, CONCLUDED, WITHDRAWN, MERGED = "registered", "handling", "concluded", "withdrawn", "merged"
OPEN = frozenset({REGISTERED, HANDLING})
CLOSED = frozenset({CONCLUDED, WITHDRAWN, MERGED})
ANY = OPEN | CLOSED

TRANSITIONS: dict[str, frozenset[str]] = {
    REGISTERED: frozenset({HANDLING, CONCLUDED, WITHDRAWN, MERGED}),
    HANDLING: frozenset({CONCLUDED, WITHDRAWN, MERGED}),
    CONCLUDED: frozenset({HANDLING}),
    WITHDRAWN: frozenset({HANDLING}),
    MERGED: frozenset({HANDLING}),
}

POSSIBLE: dict[Act, frozenset[str]] = {
    **dict.fromkeys(Act, OPEN),
    Act.NOTE: ANY,
    Act.ATTACH: ANY,
    Act.CONTACT: OPEN | {CONCLUDED},
    Act.CALL_BACK: frozenset({CONCLUDED}),
    Act.REDO: frozenset({CONCLUDED}),
    Act.REOPEN: CLOSED,
}


def possible(act: Act, status: str) -> bool:
    return status in POSSIBLE[act]
