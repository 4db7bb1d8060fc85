"""The administrators' door to casework: categories, directory and templates are theirs to set up, cases only to look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.forms import BooleanField, CheckboxInput, HiddenInput, ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from import_export import fields

from complaints.filters import address
from complaints.models import Case, Category, DispatchRule, Event, ImportRun, RatingTag, ReplyTemplate, RetentionRule
from config.lib.resources import SheetAdmin, SheetResource
from services.models import Policy
from staff.admin import PERSON_FIELDS, PersonAdmin, PersonChangeForm
from staff.administration import OwnStreet
from staff.models import Person, Post
from staff.queries import HANDLING_ROLES
from staff.sheets import PersonSheet as Sheet

if TYPE_CHECKING:
    RuleBase = admin.ModelAdmin[DispatchRule]
    TemplateBase = admin.ModelAdmin[ReplyTemplate]
    RetentionBase = admin.ModelAdmin[RetentionRule]
    LookBase = admin.ModelAdmin[Any]
    TagBase = admin.ModelAdmin[RatingTag]
    CategoryFormBase = ModelForm[Category]
else:
    RuleBase = TemplateBase = RetentionBase = LookBase = TagBase = admin.ModelAdmin
    CategoryFormBase = ModelForm

LEVELS = 3
HEADINGS = {
    "路径": "path", "问题分类": "path", "分类": "path",
    "关键词": "keywords", "检索词": "keywords",
    "时限规则": "policy", "时限": "policy",
    "启用": "is_active",
}  # fmt: skip


class CategorySheet(SheetResource):
    """The tree as rows with a path `top>middle>leaf`; levels above that are not there yet are made."""

    path = fields.Field(attribute="path", column_name="path")

    class Meta:
        model = Category
        import_id_fields = ("path",)
        fields = ("path", "keywords", "policy", "is_active")
        export_order = ("path", "keywords", "policy", "is_active")
        skip_unchanged = True

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        headers = [str(header or "").strip() for header in dataset.headers or []]
        dataset.headers = [HEADINGS.get(header, header.lower()) for header in headers]
        if "path" not in dataset.headers:
            raise ValidationError(gettext("These columns are missing: %(names)s.") % {"names": "path"})

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        row["path"] = clean_path(str(row["path"] or ""))
        if "is_active" in row:
            row["is_active"] = str(row["is_active"]).strip().lower() not in {"0", "false", "no", "否", "停用"}
        policy = str(row.get("policy") or "").strip()
        if policy and not Policy.objects.filter(code=policy).exists():
            raise ValidationError({"policy": gettext("“%(wanted)s” is not known here.") % {"wanted": policy}})
        for name in ("keywords", "policy"):
            if name in row:
                row[name] = str(row[name] or "").strip()

    def before_save_instance(self, instance: Category, row: Mapping[str, Any], **kwargs: Any) -> None:
        place(instance)


def clean_path(text: str) -> str:
    """`a > b>c` and the hotline's `a->b->c` as `a>b>c`."""
    names = [name.strip() for name in text.replace("->", ">").replace("＞", ">").split(">")]
    if not all(names) or len(names) > LEVELS:
        raise ValidationError(
            {"path": gettext("Write up to three names joined by >, from the widest to the narrowest.")}
        )
    return ">".join(names)


def place(category: Category) -> None:
    """Name, level and parent from the path, with the levels above made where they are missing."""
    above, _mark, category.name = category.path.rpartition(">")
    category.level = category.path.count(">") + 1
    category.parent = None
    if above:
        parent = Category.objects.filter(path=above).first() or Category(path=above)
        if parent._state.adding:
            place(parent)
            parent.save()
        category.parent = parent


class CategoryForm(CategoryFormBase):
    class Meta:
        model = Category
        fields = ["path", "keywords", "policy", "is_active"]

    def clean_path(self) -> str:
        path = clean_path(self.cleaned_data["path"])
        if self.instance.pk and path != self.instance.path and self.instance.children.exists():
            raise ValidationError(gettext("This category has others below it, so its path stays."))
        return path

    def clean_policy(self) -> str:
        policy: str = self.cleaned_data["policy"]
        if policy and not Policy.objects.filter(code=policy).exists():
            raise ValidationError(gettext("“%(wanted)s” is not known here.") % {"wanted": policy})
        return policy


@admin.register(Category)
class CategoryAdmin(SheetAdmin):
    form = CategoryForm
    resource_classes = [CategorySheet]
    list_display = ["branch", "keywords", "policy", "is_active"]
    list_filter = ["level", "is_active", "policy"]
    search_fields = ["path", "keywords"]
    ordering = ["path"]
    list_per_page = 200

    @admin.display(description=_("category"), ordering="path")
    def branch(self, category: Category) -> SafeString:
        return format_html("{}{}", "\u3000" * (category.level - 1), category.name)

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        place(obj)
        super().save_model(request, obj, form, change)


@admin.register(DispatchRule)
class DispatchRuleAdmin(OwnStreet, RuleBase):
    list_display = ["category", "community", "unit", "note", "valid_from"]
    list_filter = ["unit", "community"]
    list_select_related = ["category", "community", "unit"]
    search_fields = ["category__path", "unit__name", "note"]
    autocomplete_fields = ["category", "unit", "community"]


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(OwnStreet, TemplateBase):
    """Templates without a street are offered everywhere."""

    list_display = ["name", "street", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name", "body"]

    def within(self, streets: frozenset[int]) -> Q:
        return super().within(streets) | Q(street=None)


class Looking(OwnStreet, LookBase):
    """Rows that acts make: shown, never touched, not even by superusers."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Case)
class CaseAdmin(Looking):
    """What a case is about stays on its own page, which asks who is looking."""

    list_display = ["number", "title", "community", "unit", "status", "responsible", "submitted_at", "page"]
    list_filter = ["status", "kind", "channel", "community"]
    list_select_related = ["community", "unit", "responsible"]
    search_fields = ["number", "external_id"]
    date_hierarchy = None
    show_full_result_count = False
    exclude = ["text", "extra", "submission_key", "head"]

    @admin.display(description=_("page"))
    def page(self, case: Case) -> SafeString:
        return format_html('<a href="{}">{}</a>', case.get_absolute_url(), _("open"))


@admin.register(Event)
class EventAdmin(Looking):
    street_lookup = "case__street"
    list_display = ["case", "seq", "kind", "at", "recorded_at", "by", "short_hash"]
    list_filter = ["kind"]
    list_select_related = ["case", "by"]
    search_fields = ["case__number"]
    ordering = ["-id"]
    show_full_result_count = False

    @admin.display(description=_("hash"))
    def short_hash(self, event: Event) -> str:
        return event.hash[:12]


@admin.register(ImportRun)
class ImportRunAdmin(Looking):
    list_display = ["name", "street", "profile", "state", "total", "done", "by", "at"]
    list_filter = ["state", "profile"]
    list_select_related = ["street", "by"]
    exclude = ["file", "result"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        return super().get_queryset(request).defer("result")


@admin.register(RetentionRule)
class RetentionRuleAdmin(RetentionBase):
    """A rule that was in force stays as it was; a new one takes over."""

    list_display = ["__str__", "kind", "days", "valid_from", "reason", "by"]
    list_filter = ["kind"]
    list_select_related = ["by"]
    readonly_fields = ["by", "made_at"]

    def save_model(
        self, request: HttpRequest, obj: RetentionRule, form: ModelForm[RetentionRule], change: bool
    ) -> None:
        obj.by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: RetentionRule | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.valid_from > timezone.localdate())

    def has_delete_permission(self, request: HttpRequest, obj: RetentionRule | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.valid_from > timezone.localdate())

    def get_form(
        self, request: HttpRequest, obj: RetentionRule | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[RetentionRule]]:
        form = super().get_form(request, obj, change, **kwargs)
        if "valid_from" in form.base_fields:
            form.base_fields["valid_from"].validators = [_not_in_the_past]
        return form


@admin.register(RatingTag)
class RatingTagAdmin(TagBase):
    """Reasons are switched off, never deleted: ratings keep theirs."""

    list_display = ["name", "about", "lowest", "highest", "place", "is_active"]
    list_filter = ["about", "is_active"]

    def has_delete_permission(self, request: HttpRequest, obj: RatingTag | None = None) -> bool:
        return False


class LeavingForm(PersonChangeForm):
    """Nobody leaves, or is switched off, before it was read what becomes of the cases they answer for."""

    knowing = BooleanField(
        label=_("I have read what becomes of these cases"), required=False, widget=HiddenInput, initial=False
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        gone = data.get("working") == Person.Working.LEFT or not data.get("is_active", True)
        was_gone = self.initial.get("working") == Person.Working.LEFT or not self.initial.get("is_active", True)
        count = Case.objects.open().filter(responsible=self.instance).count() if gone and not was_gone else 0
        if count:
            self.fields["knowing"].widget = CheckboxInput()
        if count and not data.get("knowing"):
            cases = address(responsible=self.instance.pk, state="open")
            words = what_becomes(self.instance, count) + gettext(" Tick this to go on.")
            self.add_error("knowing", format_html('{} <a href="{}">{}</a>', words, cases, _("Show them")))
        return data


def what_becomes(person: Person, count: int) -> str:
    return gettext(
        "%(name)s answers for open cases: %(count)s. They stay under this name, their time limits run on, and residents still"
        " read it, until the secretary of the community or a supervisor hands them over: best done before."
    ) % {"name": person, "count": count}


class PersonSheet(Sheet):
    def before_save_instance(self, instance: Person, row: Mapping[str, Any], **kwargs: Any) -> None:
        super().before_save_instance(instance, row, **kwargs)
        gone = instance.working == Person.Working.LEFT and instance.pk
        if gone and (count := Case.objects.open().filter(responsible=instance).count()):
            raise ValidationError(
                gettext("%(name)s answers for open cases: %(count)s. Please hand them over first.")
                % {"name": instance, "count": count}
            )


admin.site.unregister(Person)


@admin.register(Person)
class PersonWithCasesAdmin(PersonAdmin):
    form = LeavingForm
    resource_classes = [PersonSheet]
    fieldsets = (
        (None, {"fields": (*PERSON_FIELDS, "knowing")}),
        *PersonAdmin.fieldsets[1:],
    )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A post that ends, or is taken away, is told of: who leaves altogether has read it in the form already."""
        super().save_related(request, form, formsets, change)
        person = form.instance
        if person.is_active and person.working != Person.Working.LEFT:
            for post in ended_posts(formsets):
                _warn_of_open_cases(request, person, post)


def ended_posts(formsets: Any) -> list[Post]:
    """Whose last day was set or moved in these forms, and those that were deleted."""
    found: list[Post] = []
    for formset in formsets:
        if formset.model is Post:
            found += [post for post, changed in formset.changed_objects if "until" in changed and post.until]
            found += formset.deleted_objects
    return found


def _warn_of_open_cases(request: HttpRequest, person: Person, post: Post) -> None:
    """Their open cases of the post's unit, or of its street where it has none; unless another post there goes on."""
    place = {"unit": post.unit_id} if post.unit_id else {"street": post.street_id}
    lasting = Q(until__isnull=True) | (Q(until__gt=post.until) if post.until else Q(until__gte=timezone.localdate()))
    if Post.objects.filter(lasting, person=person, role__in=HANDLING_ROLES, **place).exclude(pk=post.pk).exists():
        return
    count = Case.objects.open().filter(responsible=person, **place).count()
    if count:
        cases = address(responsible=person.pk, unit=post.unit_id, state="open")
        words = format_html('{} <a href="{}">{}</a>', what_becomes(person, count), cases, _("Show them"))
        messages.warning(request, words)


def _not_in_the_past(day: date) -> None:
    if day < timezone.localdate():
        raise ValidationError(gettext("A rule cannot begin in the past: what was promised then stands."))
