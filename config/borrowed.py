"""Texts of Django and allauth that these leave in English, or that do not speak as we do: the catalogue takes them from here.

Nothing imports this module. The words are theirs, letter for letter, or the translation is not found.
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

ACCOUNT = (
    _("Two-Factor Authentication"),
    _("Email Addresses"),
    _("Add Email Address"),
    _("Add Email"),
    _("Sign Out"),
    _("Are you sure you want to sign out?"),
)

ADMIN = (
    _("After you’ve created a user, you’ll be able to edit more user options."),
    _("Model name"),
    _("Add link"),
    _("Change or view list link"),
)
