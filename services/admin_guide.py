"""The administrators' door to the service guide: items with their lists, and published answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.lib.errors import RuleBroken
from services.actions_guide import confirm_item, index_articles, index_items, revise_item
from services.guide import Figures, figures
from services.models_guide import (
    ItemCategory,
    ItemCounter,
    ItemRevision,
    ItemStep,
    KnowledgeArticle,
    MaterialRequirement,
    ServiceItem,
)

if TYPE_CHECKING:
    CategoryBase = admin.ModelAdmin[ItemCategory]
    ItemBase = admin.ModelAdmin[ServiceItem]
    ArticleBase = admin.ModelAdmin[KnowledgeArticle]
    MaterialBase = admin.TabularInline[MaterialRequirement, ServiceItem]
    StepBase = admin.TabularInline[ItemStep, ServiceItem]
    CounterBase = admin.TabularInline[ItemCounter, ServiceItem]
    RevisionBase = admin.TabularInline[ItemRevision, ServiceItem]
else:
    CategoryBase = ItemBase = ArticleBase = admin.ModelAdmin
    MaterialBase = StepBase = CounterBase = RevisionBase = admin.TabularInline


@admin.register(ItemCategory)
class ItemCategoryAdmin(CategoryBase):
    list_display = ["name", "code", "position", "item_count"]
    fields = ["code", "name", "about", "icon", "position"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ItemCategory]:
        return super().get_queryset(request).annotate(held=Count("items"))

    @admin.display(description=_("service items"))
    def item_count(self, category: ItemCategory) -> int:
        return category.held  # type: ignore[attr-defined, no-any-return]

    def save_model(self, request: HttpRequest, obj: ItemCategory, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            index_items(list(obj.items.all()))


class MaterialInline(MaterialBase):
    model = MaterialRequirement
    extra = 1
    fields = ["position", "name", "original", "copies", "electronic", "shared", "source", "condition"]


class StepInline(StepBase):
    model = ItemStep
    extra = 1
    fields = ["position", "name", "text"]


class CounterInline(CounterBase):
    model = ItemCounter
    extra = 0


class RevisionInline(RevisionBase):
    model = ItemRevision
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: ServiceItem | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ServiceItem | None = None) -> bool:
        return False


@admin.register(ServiceItem)
class ServiceItemAdmin(ItemBase):
    list_display = ["code", "name", "category", "promised_days", "statutory_days", "is_active", "confirmed"]
    list_filter = ["confirmed", "is_active", "category", "where"]
    list_select_related = ["category"]
    search_fields = ["code", "name", "keywords"]
    readonly_fields = ["revised_at"]
    inlines = [MaterialInline, StepInline, CounterInline, RevisionInline]
    actions = ["confirm"]

    def save_model(self, request: HttpRequest, obj: ServiceItem, form: Any, change: bool) -> None:
        """The inlines are saved after this: what the item cost until now has to be looked up first."""
        whole = ServiceItem.objects.prefetch_related("materials", "steps")
        form.before = figures(whole.get(pk=obj.pk)) if change else None
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: ModelForm[ServiceItem], formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        before: Figures | None = form.before  # type: ignore[attr-defined]
        revise_item(form.instance, before=before, by=request.user, now=timezone.now())  # type: ignore[arg-type]

    @admin.action(description=_("Confirm: the list is right and complete"), permissions=["change"])
    def confirm(self, request: HttpRequest, items: QuerySet[ServiceItem]) -> None:
        for item in items:
            try:
                confirm_item(item)
            except RuleBroken as refusal:
                messages.error(request, str(refusal))
            else:
                self.log_change(request, item, [{"changed": {"fields": [str(_("confirmed by the street"))]}}])


@admin.register(KnowledgeArticle)
class KnowledgeArticleAdmin(ArticleBase):
    list_display = ["question", "item", "source", "source_date", "is_published", "confirmed"]
    list_filter = ["confirmed", "is_published"]
    list_select_related = ["item"]
    search_fields = ["question", "answer", "keywords"]
    autocomplete_fields = ["item"]

    def save_model(self, request: HttpRequest, obj: KnowledgeArticle, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        index_articles([obj])
