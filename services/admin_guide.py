"""The administrators' door to the service guide: items with their lists, and published answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from config.lib.errors import RuleBroken
from services.actions_guide import confirm_item, index_articles, index_items, revise_item
from services.guide import Figures, figures
from services.models_guide import (
    GuideRating,
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
    RatingBase = admin.ModelAdmin[GuideRating]
    MaterialBase = admin.TabularInline[MaterialRequirement, ServiceItem]
    StepBase = admin.TabularInline[ItemStep, ServiceItem]
    CounterBase = admin.TabularInline[ItemCounter, ServiceItem]
    RevisionBase = admin.TabularInline[ItemRevision, ServiceItem]
else:
    CategoryBase = ItemBase = ArticleBase = RatingBase = admin.ModelAdmin
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
    list_display = ["code", "name", "category", "promised_days", "statutory_days", "is_active", "confirmed", "said"]
    list_filter = ["confirmed", "is_active", "category", "where"]
    list_select_related = ["category"]
    search_fields = ["code", "name", "keywords"]
    readonly_fields = ["revised_at"]
    inlines = [MaterialInline, StepInline, CounterInline, RevisionInline]
    actions = ["confirm"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceItem]:
        """With how many readers ticked what."""
        said = {choice: Count("ratings", Q(ratings__choice=choice)) for choice in GuideRating.Choice.values}
        return super().get_queryset(request).annotate(**said)

    @admin.display(description=_("readers: clear / unclear / wrong"))
    def said(self, item: ServiceItem) -> str:
        counts = [getattr(item, choice) for choice in GuideRating.Choice.values]
        if not any(counts):
            return ""
        address = reverse("admin:services_guiderating_changelist")
        text = " / ".join(map(str, counts))
        return format_html('<a href="{}?item__id__exact={}">{}</a>', address, item.pk, text)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What readers said of an item goes with it, though nobody may delete it alone."""
        listed, counts, missing, kept = super().get_deleted_objects(objs, request)
        return listed, counts, missing - {GuideRating._meta.verbose_name}, kept

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


@admin.register(GuideRating)
class GuideRatingAdmin(RatingBase):
    """What readers said. It is read here and changed nowhere."""

    list_display = ["day", "item", "choice", "words", "revised_at"]
    list_filter = ["choice", ("item", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["item"]
    search_fields = ["words", "item__name", "item__code"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: GuideRating | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: GuideRating | None = None) -> bool:
        return False


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
