"""What administrators may do in the admin: set the office up. Casework is looked at there, never done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest

from staff.models import Community, Grid, Person, Post, Street, Unit

if TYPE_CHECKING:
    AdminBase = admin.options.BaseModelAdmin[Any]
else:
    AdminBase = object

LOOK, CHANGE = frozenset({"view"}), frozenset({"view", "change"})
KEEP = frozenset({"view", "add", "change"})
ALL = frozenset({"view", "add", "change", "delete"})
# People are never deleted: cases and their history name them. They are marked as having left instead.
RIGHTS: dict[str, dict[str, frozenset[str]]] = {
    "staff": {"street": CHANGE, "person": KEEP, "": ALL},
    "services": {"": ALL},
    "complaints": dict.fromkeys(["category", "dispatchrule", "replytemplate", "retentionrule"], ALL)
    | {"ratingtag": KEEP, "": LOOK},
    "supervision": {
        "robot": KEEP,
        "alert": LOOK,
        "hold": LOOK,
        "intervention": LOOK,
        "rateterms": KEEP,
        "rectificationrule": KEEP,
        "ladder": LOOK,
        "ladderversion": KEEP,
        "rung": KEEP,
        "watchrule": KEEP,
        "supervisionorder": LOOK,
    },
    "authtoken": {"": ALL},
    "mfa": {"": frozenset({"view", "delete"})},
}
OWN_STREET = {Street: "pk", Community: "street", Grid: "community__street", Unit: "street"}


class AdministratorRights(BaseBackend):
    """Rights in the admin follow from a current post as administrator; they end with the post."""

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        app, _dot, name = perm.partition(".")
        verb, _bar, model = name.partition("_")
        rights = RIGHTS.get(app, {})
        return verb in rights.get(model, rights.get("", frozenset())) and is_administrator(user_obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return app_label in RIGHTS and is_administrator(user_obj)


def is_administrator(user: AbstractBaseUser | AnonymousUser) -> bool:
    return isinstance(user, Person) and user.is_active and user.is_staff and user.scope().has(Post.Role.ADMIN)


def own_streets(request: HttpRequest) -> frozenset[int] | None:
    """The streets this administrator sets up; None for the deployment's superusers: all of them."""
    assert isinstance(request.user, Person)
    return None if request.user.is_superuser else request.user.scope().whole_streets


def people_of(streets: frozenset[int] | None) -> QuerySet[Person]:
    """Whom an administrator may change: people of these streets alone, and people without any post yet.

    A superuser or somebody who also serves elsewhere is out of reach: a new password would open what they may do there.
    """
    if streets is None:
        return Person.objects.all()
    elsewhere = Post.objects.filter(person=OuterRef("pk")).exclude(street__in=streets)
    return Person.objects.filter(~Exists(elsewhere), is_superuser=False)


class OwnStreet(AdminBase):
    """Cuts an admin page, and every choice on it, to the administrator's own streets."""

    street_lookup = "street"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows, streets = super().get_queryset(request), own_streets(request)
        return rows if streets is None else rows.filter(self.within(streets))

    def within(self, streets: frozenset[int]) -> Q:
        return Q(**{f"{self.street_lookup}__in": streets})

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        streets, model = own_streets(request), db_field.related_model
        if model is Person:
            kwargs.setdefault("queryset", people_of(streets))
        elif streets is not None and model in OWN_STREET:
            kwargs.setdefault("queryset", model.objects.filter(**{f"{OWN_STREET[model]}__in": streets}))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
