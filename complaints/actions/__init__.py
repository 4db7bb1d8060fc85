"""The acts. Each locks the case, asks the rules, refuses or changes it, and records exactly one event.

The browser, the API, the import and background tasks call the same functions. All take `by` (who acts) and `now`
(frozen once at the door); those that overwrite what somebody else may have changed take `version`.
"""

from complaints.actions.closing import call_back, conclude, merge, redo, reopen, withdraw
from complaints.actions.consents import approve, ask_complex, ask_extension, ask_pause, refuse, resume
from complaints.actions.delays import explain_delay
from complaints.actions.facts import attach, edit
from complaints.actions.handing import accept, adjudicate, decline, dispatch, object_to, offer, return_case, take_back
from complaints.actions.joint import ask_joint, cancel_joint, finish_joint
from complaints.actions.register import Answer, Registration, Told, register, register_many
from complaints.actions.slip import give_code
from complaints.actions.talk import contact, note, reply

__all__ = [
    "Answer",
    "Registration",
    "Told",
    "accept",
    "adjudicate",
    "approve",
    "ask_complex",
    "ask_extension",
    "ask_joint",
    "ask_pause",
    "attach",
    "call_back",
    "cancel_joint",
    "conclude",
    "contact",
    "decline",
    "dispatch",
    "edit",
    "explain_delay",
    "finish_joint",
    "give_code",
    "merge",
    "note",
    "object_to",
    "offer",
    "redo",
    "refuse",
    "register",
    "register_many",
    "reopen",
    "reply",
    "resume",
    "return_case",
    "take_back",
    "withdraw",
]
