"""The one way to refuse an act."""

from __future__ import annotations

from django.utils.functional import Promise


class RuleBroken(Exception):
    """A business rule says no. `code` is for programs, `message` is a plain sentence for the person.

    `field` names the form field the sentence belongs to, when there is one.
    Answered with 409 by the API and beside the form by a page.
    """

    def __init__(self, code: str, message: str | Promise, *, field: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return str(self.message)


class Stale(RuleBroken):
    """Somebody else changed the case first; what was typed is kept and shown again."""
