"""Texts of Django that it leaves in English, or that do not speak to people as we do: the catalogue takes them from here.

Nothing imports this module. The words are those of Django, letter for letter, or the translation is not found.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

FORMS = (_("This field is required."),)

PASSWORDS = (
    _("Your old password was entered incorrectly. Please enter it again."),
    _("Your password can’t be too similar to your other personal information."),
    ngettext_lazy(
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
        "min_length",
    ),
    _("Your password can’t be a commonly used password."),
    _("Your password can’t be entirely numeric."),
)

ADMIN = (
    _("After you’ve created a user, you’ll be able to edit more user options."),
    _("Model name"),
    _("Add link"),
    _("Change or view list link"),
)
