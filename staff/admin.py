"""The administrators' door to the office: street, communities, grids, units, people, posts and API tokens."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import Field, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.admin import TokenAdmin
from rest_framework.authtoken.models import TokenProxy

from config.lib.resources import SheetAdmin
from staff.administration import OwnStreet, own_streets, people_of
from staff.models import Community, Grid, Person, Post, Street, Unit
from staff.queries import current
from staff.sheets import PersonSheet

if TYPE_CHECKING:
    StreetBase = admin.ModelAdmin[Street]
    CommunityBase = admin.ModelAdmin[Community]
    GridBase = admin.ModelAdmin[Grid]
    UnitBase = admin.ModelAdmin[Unit]
    AuthenticatorBase = admin.ModelAdmin[Any]
    PostInlineBase = admin.StackedInline[Post, Person]
    GridInlineBase = admin.TabularInline[Grid, Community]
    PersonBase = UserAdmin[Person]
    CreationForm = AdminUserCreationForm[Person]
    ChangeForm = UserChangeForm[Person]
else:
    StreetBase = CommunityBase = GridBase = UnitBase = AuthenticatorBase = admin.ModelAdmin
    PostInlineBase, GridInlineBase = admin.StackedInline, admin.TabularInline
    PersonBase = UserAdmin
    CreationForm, ChangeForm = AdminUserCreationForm, UserChangeForm


@admin.register(Street)
class StreetAdmin(OwnStreet, StreetBase):
    street_lookup = "pk"
    list_display = ["name", "code", "district", "phone", "for_trial"]


class GridInline(GridInlineBase):
    model = Grid
    extra = 0


@admin.register(Community)
class CommunityAdmin(OwnStreet, CommunityBase):
    list_display = ["name", "code", "street", "phone", "population"]
    list_filter = ["street"]
    search_fields = ["name", "code"]
    inlines = [GridInline]


@admin.register(Grid)
class GridAdmin(OwnStreet, GridBase):
    street_lookup = "community__street"
    list_display = ["name", "code", "community", "covers"]
    list_filter = ["community"]
    list_select_related = ["community"]
    search_fields = ["name", "code", "covers", "community__name"]


@admin.register(Unit)
class UnitAdmin(OwnStreet, UnitBase):
    list_display = ["name", "kind", "community", "phone", "is_active"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["community"]
    search_fields = ["name"]


class PostInline(OwnStreet, PostInlineBase):
    model = Post
    extra = 0
    fields = [("role", "duty", "title"), ("street", "unit"), ("community", "grid"), ("since", "until")]

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        labels = {"label": _("Office held")} if db_field.name == "title" else {}
        return super().formfield_for_dbfield(db_field, request, **labels | kwargs)


PERSON_FIELDS = ("username", "password", "name", "phone", "email", "working", "is_active")


class PersonCreationForm(CreationForm):
    class Meta:
        model = Person
        fields = ("username", "name", "phone")


class PersonChangeForm(ChangeForm):
    class Meta:
        model = Person
        fields = "__all__"


@admin.register(Person)
class PersonAdmin(OwnStreet, SheetAdmin, PersonBase):
    form = PersonChangeForm
    add_form = PersonCreationForm
    resource_classes = [PersonSheet]
    list_display = ["full_name", "username", "held", "phone", "working", "is_active"]
    list_filter = ["working", "is_active", "posts__role", "posts__community"]
    search_fields = ["name", "username", "phone"]
    ordering = ["name", "id"]
    inlines = [PostInline]
    actions = ["give_start_passwords"]
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": PERSON_FIELDS}),
        (None, {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "name", "phone", "usable_password", "password1", "password2"),
            },
        ),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        streets = own_streets(request)
        posts = current(Post.objects.select_related("unit", "community", "grid"))
        rows = people_of(streets).order_by(*self.ordering)
        return rows.prefetch_related(Prefetch("posts", posts, to_attr="now_held"))

    def within(self, streets: frozenset[int]) -> Q:
        return Q()

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        labels = {"label": _("Full name")} if db_field.name == "name" else {}
        return super().formfield_for_dbfield(db_field, request, **labels | kwargs)

    @admin.display(description=_("Full name"), ordering="name")
    def full_name(self, person: Person) -> str:
        return person.name

    @admin.display(description=_("posts"))
    def held(self, person: Person) -> str:
        posts: list[Post] = person.now_held  # type: ignore[attr-defined]
        return "；".join(
            " ".join(filter(None, [str(p.unit or p.community or ""), p.get_role_display()])) for p in posts
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        open_admin(form.instance)

    def get_resource_kwargs(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {"streets": own_streets(request)}

    @admin.action(description=_("Give start passwords and show them once"), permissions=["change"])
    def give_start_passwords(self, request: HttpRequest, queryset: QuerySet[Person]) -> HttpResponse:
        given = []
        for person in queryset:
            password = "-".join(secrets.token_hex(2) for _part in range(3))
            person.set_password(password)
            person.save(update_fields=["password"])
            self.log_change(request, person, "start password")
            given.append((person, password))
        context = {**self.admin_site.each_context(request), "given": given, "title": _("Start passwords")}
        response = TemplateResponse(request, "admin/start_passwords.html", context)
        response["Cache-Control"] = "no-store"
        return response


def open_admin(person: Person) -> None:
    """Whoever holds a post as administrator may open the admin; what they may do there follows from the post itself."""
    held = current(Post.objects.filter(person=person, role=Post.Role.ADMIN)).exists()
    if held != person.is_staff and not person.is_superuser:
        person.is_staff = held
        person.save(update_fields=["is_staff"])


admin.site.site_title = admin.site.site_header = _("Linli administration")
admin.site.index_title = _("Setting up the office")
admin.site.unregister([TokenProxy, Authenticator])


@admin.register(TokenProxy)
class OwnTokenAdmin(OwnStreet, TokenAdmin):
    """A token acts as its person: who has none in these streets is neither listed nor offered."""

    list_display = ("user", "created")
    autocomplete_fields = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        streets = own_streets(request)
        rows = TokenProxy.objects.select_related("user")
        return rows if streets is None else rows.filter(user__in=people_of(streets))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "key") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "key") if obj else ("user",)


@admin.register(Authenticator)
class OwnAuthenticatorAdmin(OwnStreet, AuthenticatorBase):
    """For somebody who lost their second factor: it can be taken away, and its secret is shown to nobody."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    fields = ["user", "type", "created_at", "last_used_at"]
    search_fields = ["user__username", "user__name"]

    def within(self, streets: frozenset[int]) -> Q:
        return Q(user__in=people_of(streets))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
