"""The register of all acts: how each is named, asked for and done. Pages and API open the same doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints import actions
from complaints import handover as chains
from complaints.forms import acts as forms
from complaints.models import Case
from complaints.rights import Standing, decides, may
from complaints.states import OPEN, Act, possible
from staff.models import Person


class Perform(Protocol):
    def __call__(self, case: Case, *, by: Person, now: datetime, version: int, data: Mapping[str, Any]) -> Any: ...


@dataclass(frozen=True)
class ActDoor:
    """One act. `group` is its place in the menu, `done` the word when it is done; `danger` asks to think twice."""

    act: Act
    label: Promise
    icon: str
    form_class: type[forms.ActForm]
    perform: Perform
    group: Promise
    done: Promise
    hint: Promise | str = ""
    danger: bool = False


def _do(action: Callable[..., Any], *names: str, versioned: bool = True) -> Perform:
    """Calls `action` with these fields of the form, and the version the person saw where the act asks for it."""

    def perform(case: Case, *, by: Person, now: datetime, version: int, data: Mapping[str, Any]) -> Any:
        more = {"version": version} if versioned else {}
        return action(case, by=by, now=now, **more, **{name: data[name] for name in names})

    return perform


def _edit(case: Case, *, by: Person, now: datetime, version: int, data: Mapping[str, Any]) -> Any:
    return actions.edit(case, by=by, now=now, version=version, **data)


@transaction.atomic
def _attach(case: Case, *, by: Person, now: datetime, version: int, data: Mapping[str, Any]) -> Any:
    return [
        actions.attach(case, by=by, now=now, file=upload.file, name=upload.name, content_type=upload.content_type)
        for upload in data["files"]
    ]


RESIDENT, WORK, CHAIN, TIME, END = (
    _("With the resident"),
    _("Records"),
    _("Who handles it"),
    _("Time limit"),
    _("Ending and reopening"),
)

DOORS = [
    ActDoor(
        Act.ACCEPT, _("Accept the case"), "check-lg", forms.WordForm, _do(actions.accept, "text", versioned=False),
        CHAIN, _("The case is yours now."), _("From this moment you answer for it; the time limit stays as it is."),
    ),
    ActDoor(
        Act.DECLINE, _("Decline the offer"), "x-lg", forms.ReasonForm, _do(actions.decline, "reason", versioned=False),
        CHAIN, _("The offer is declined."), _("The giver stays responsible."),
    ),
    ActDoor(
        Act.RETURN, _("Return the case"), "arrow-return-left", forms.ReasonForm,
        _do(actions.return_case, "reason", versioned=False), CHAIN, _("The case is returned."),
        _("Your unit can do this once for a case; the clock runs on."),
    ),
    ActDoor(
        Act.APPROVE, _("Approve"), "check2-circle", forms.WordForm, _do(actions.approve, "text"), TIME,
        _("Approved; the time limit is reckoned anew."),
    ),
    ActDoor(
        Act.REFUSE, _("Do not approve"), "slash-circle", forms.RefuseForm, _do(actions.refuse, "text"), TIME,
        _("Not approved; the time limit stays."),
    ),
    ActDoor(
        Act.ADJUDICATE, _("Adjudicate"), "hammer", forms.AdjudicateForm,
        _do(actions.adjudicate, "unit", "person", "reason"), CHAIN, _("It is decided whose case this is."),
    ),
    ActDoor(
        Act.FINISH_JOINT, _("Answer the joint task"), "clipboard-check", forms.FinishJointForm,
        _do(actions.finish_joint, "task", "result", versioned=False), CHAIN, _("Your unit's part is done."),
    ),
    ActDoor(
        Act.CONTACT, _("Log a contact"), "telephone", forms.ContactForm,
        _do(actions.contact, "way", "reached", "substantive", "text", "at", versioned=False), RESIDENT,
        _("The contact is logged."),
    ),
    ActDoor(
        Act.REPLY, _("Interim reply"), "chat-left-text", forms.ReplyForm, _do(actions.reply, "text", versioned=False),
        RESIDENT, _("The reply is recorded."),
    ),
    ActDoor(
        Act.CALL_BACK, _("Call back"), "telephone-outbound", forms.CallBackForm,
        _do(actions.call_back, "reached", "solved", "satisfied", "text", versioned=False), RESIDENT,
        _("The callback is recorded."),
    ),
    ActDoor(
        Act.NOTE, _("Note for colleagues"), "journal-text", forms.NoteForm, _do(actions.note, "text", versioned=False),
        WORK, _("The note is kept."),
    ),
    ActDoor(Act.ATTACH, _("Add files"), "paperclip", forms.AttachForm, _attach, WORK, _("The files are kept.")),
    ActDoor(Act.EDIT, _("Correct facts"), "pencil", forms.EditForm, _edit, WORK, _("The facts are corrected.")),
    ActDoor(
        Act.OFFER, _("Hand over"), "arrow-left-right", forms.OfferForm, _do(actions.offer, "to", "reason"), CHAIN,
        _("The hand-over is offered; you answer for the case until it is accepted."),
    ),
    ActDoor(
        Act.DISPATCH, _("Dispatch to a unit"), "send", forms.DispatchForm, _do(actions.dispatch, "unit", "reason"),
        CHAIN, _("Dispatched; it stays with you until somebody there accepts."),
    ),
    ActDoor(
        Act.TAKE_BACK, _("Take the offer back"), "arrow-counterclockwise", forms.WordForm,
        _do(actions.take_back, "text", versioned=False), CHAIN, _("The offer is taken back."),
    ),
    ActDoor(
        Act.ASK_JOINT, _("Ask a co-unit"), "people", forms.AskJointForm,
        _do(actions.ask_joint, "unit", "task", "days"), CHAIN, _("The co-unit is asked."),
        _("Your unit keeps the lead and answers for the whole."),
    ),
    ActDoor(
        Act.CANCEL_JOINT, _("Cancel a joint task"), "person-dash", forms.CancelJointForm,
        _do(actions.cancel_joint, "task", "reason", versioned=False), CHAIN, _("The joint task is cancelled."),
    ),
    ActDoor(
        Act.OBJECT, _("Raise an objection"), "signpost-split", forms.ReasonForm,
        _do(actions.object_to, "reason", versioned=False), CHAIN, _("The adjudicator will decide."),
        _("The adjudicator decides whose case it is; whoever is responsible stays so meanwhile."),
    ),
    ActDoor(
        Act.ASK_PAUSE, _("Ask for a pause"), "pause-circle", forms.AskPauseForm,
        _do(actions.ask_pause, "reason", "text", "told", "days"), TIME, _("Asked; the clock runs until it is decided."),
    ),
    ActDoor(
        Act.ASK_EXTENSION, _("Ask for an extension"), "calendar-plus", forms.AskForm,
        _do(actions.ask_extension, "text", "told"), TIME, _("Asked; the time limit stays until it is decided."),
        _("Once for a case, before it is due."),
    ),
    ActDoor(
        Act.ASK_COMPLEX, _("Ask to treat it as complex"), "diagram-3", forms.AskForm,
        _do(actions.ask_complex, "text", "told"), TIME, _("Asked; the time limit stays until it is decided."),
    ),
    ActDoor(
        Act.RESUME, _("Resume the clock"), "play-circle", forms.WordForm,
        _do(actions.resume, "text", versioned=False), TIME, _("The clock runs again."),
    ),
    ActDoor(
        Act.EXPLAIN_DELAY, _("Explain the delay"), "chat-square-dots", forms.ExplainDelayForm,
        _do(actions.explain_delay, "reason", "text"), TIME, _("The reason is kept."),
        _("The light stays red; who states a reason in time is not reviewed for silence."),
    ),
    ActDoor(
        Act.CONCLUDE, _("Conclude with a reply"), "check2-all", forms.ConcludeForm,
        _do(actions.conclude, "outcome", "text"), END, _("The case is concluded."),
    ),
    ActDoor(
        Act.REDO, _("Have it done again"), "arrow-repeat", forms.ReasonForm, _do(actions.redo, "reason"), END,
        _("The case is open again with a new, short limit."),
    ),
    ActDoor(
        Act.REOPEN, _("Reopen"), "folder2-open", forms.ReasonForm, _do(actions.reopen, "reason"), END,
        _("The case is open again."),
    ),
    ActDoor(
        Act.MERGE, _("Link as duplicate"), "link-45deg", forms.MergeForm, _do(actions.merge, "into", "text"), END,
        _("The case is linked to the main case."), danger=True,
    ),
    ActDoor(
        Act.WITHDRAW, _("Withdraw"), "trash3", forms.WithdrawForm, _do(actions.withdraw, "reason"), END,
        _("The case is withdrawn."), _("Only when the resident does not want it pursued any more."), danger=True,
    ),
]  # fmt: skip

ACTS: dict[Act, ActDoor] = {door.act: door for door in DOORS}


@dataclass(frozen=True)
class Facts:
    """What is open on a case, as far as it rules acts out or makes them urgent.

    `own_objection`: it is this person's. `suggested`: the directory names another unit than the one that has it.
    """

    chain: chains.Chain
    own_objection: bool = False
    consent_open: bool = False
    joint_open: bool = False
    paused: bool = False
    overdue: bool = False
    extendable: bool = False
    complex: bool = False
    response_waits: bool = False
    callback_waits: bool = False
    called_back: bool = False
    suggested: bool = False


def available(case: Case, who: Standing, facts: Facts) -> list[ActDoor]:
    """What this person may do to the case now, what to do next first."""
    first = next_acts(case, who, facts)
    return [ACTS[act] for act in first] + [
        door for door in DOORS if door.act not in first and _open_to(door.act, case, who, facts)
    ]


def next_acts(case: Case, who: Standing, facts: Facts) -> list[Act]:
    """The acts that bring the case on, most urgent first; empty when it waits for somebody else."""
    handles = who.responsible and case.status in OPEN
    wanted = [
        (who.offered, Act.ACCEPT),
        (who.offered and facts.chain.offered_person is not None, Act.DECLINE),
        (who.offered and facts.chain.offered_person is None, Act.RETURN),
        (facts.consent_open and decides(who), Act.APPROVE),
        (facts.consent_open and decides(who), Act.REFUSE),
        (facts.chain.objected, Act.ADJUDICATE),
        (who.in_co_unit, Act.FINISH_JOINT),
        (facts.paused and who.responsible, Act.RESUME),
        (handles and facts.suggested, Act.DISPATCH),
        (handles and facts.response_waits, Act.CONTACT),
        (handles and not facts.paused, Act.CONCLUDE),
        (handles and not facts.response_waits, Act.REPLY),
        (facts.callback_waits, Act.CALL_BACK),
    ]
    return [act for wanted_now, act in wanted if wanted_now and _open_to(act, case, who, facts)]


def _open_to(act: Act, case: Case, who: Standing, facts: Facts) -> bool:
    return possible(act, case.status) and may(act, who) and not _ruled_out(act, case, who, facts)


def _ruled_out(act: Act, case: Case, who: Standing, facts: Facts) -> bool:
    chain = facts.chain
    asking = facts.consent_open
    return {
        Act.OFFER: chain.objected or chain.offered is not None,
        Act.DISPATCH: chain.objected or chain.offered is not None or chain.adjudicated,
        Act.ACCEPT: chain.offered is None,
        Act.DECLINE: chain.offered is None or chain.offered_person is None,
        Act.TAKE_BACK: chain.offered is None,
        Act.RETURN: chains.return_refused(chain, _speaks_for(case, who, chain)) is not None,
        Act.OBJECT: chains.objection_refused(chain, _speaks_for(case, who, chain)) is not None,
        Act.ADJUDICATE: not chain.objected or facts.own_objection,
        Act.CANCEL_JOINT: not facts.joint_open,
        Act.ASK_PAUSE: asking or facts.paused,
        Act.ASK_EXTENSION: asking or facts.overdue or not facts.extendable,
        Act.ASK_COMPLEX: asking or facts.overdue or facts.complex or case.cycle > 1,
        Act.EXPLAIN_DELAY: not facts.overdue,
        Act.APPROVE: not asking,
        Act.REFUSE: not asking,
        Act.RESUME: not facts.paused,
        Act.CONCLUDE: chain.objected or chain.offered is not None or facts.joint_open,
        Act.CALL_BACK: facts.called_back,
    }.get(act, False)


def _speaks_for(case: Case, who: Standing, chain: chains.Chain) -> int:
    if chain.offered is not None and chain.offered_person is None and who.offered:
        return chain.offered
    return case.unit_id
