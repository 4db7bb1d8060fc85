"""The forms of supervision orders. Field names are the arguments of the acts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.fields import Words
from supervision.watch.order_rules import Act

MOST_WORDS = 2_000


class IssueForm(forms.Form):
    demand = Words(label=_("What is demanded"), rows=3, max_length=MOST_WORDS)


class AnswerForm(forms.Form):
    text = Words(
        label=_("Answer"),
        rows=5,
        max_length=MOST_WORDS,
        help_text=_("Why it is late, what has been done, and by when it will be finished."),
    )


class AcceptForm(forms.Form):
    text = Words(label=_("Word on it"), rows=2, required=False, max_length=MOST_WORDS)


class ReasonForm(forms.Form):
    text = Words(label=_("Reason"), rows=3, max_length=MOST_WORDS)


FORMS: dict[Act, Any] = {
    Act.ANSWER: AnswerForm,
    Act.ACCEPT: AcceptForm,
    Act.SEND_BACK: ReasonForm,
    Act.WITHDRAW: ReasonForm,
}
