"""Ladders and rules of the watch: shown with their history, changed by a new version, tried out before that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from complaints.admin import Looking
from config.lib.errors import RuleBroken
from staff.models import Person
from supervision.models import Ladder, LadderVersion, Rung, SupervisionOrder, WatchRule
from supervision.watch import rulebook
from supervision.watch.ladder import RungTerms
from supervision.watch.preview import preview

if TYPE_CHECKING:
    LadderBase = admin.ModelAdmin[Ladder]
    VersionBase = admin.ModelAdmin[LadderVersion]
    RuleBase = admin.ModelAdmin[WatchRule]
    VersionInlineBase = admin.TabularInline[LadderVersion, Ladder]
    RungInlineBase = admin.StackedInline[Rung, LadderVersion]
    RungFormBase = forms.ModelForm[Rung]
    RuleFormBase = forms.ModelForm[WatchRule]
    RungSetBase = forms.BaseInlineFormSet[Rung, LadderVersion, Any]
else:
    LadderBase = VersionBase = RuleBase = admin.ModelAdmin
    VersionInlineBase, RungInlineBase = admin.TabularInline, admin.StackedInline
    RungFormBase = RuleFormBase = forms.ModelForm
    RungSetBase = forms.BaseInlineFormSet

FIELDS = ("code", "name", "point", "offset", "unit", "step", "told", "unless_explained")
MORE = 2


class Unchanging:
    """Versions are made and looked at, never edited."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class VersionInline(VersionInlineBase):
    model = LadderVersion
    verbose_name_plural = _("versions, the latest first")
    fields = readonly_fields = ("version", "valid_from", "author", "reason")
    ordering = ["-version"]
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Ladder)
class LadderAdmin(Unchanging, LadderBase):
    list_display = ["name", "code", "urgent"]
    inlines = [VersionInline]
    change_form_template = "supervision/admin/ladder.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class RungForm(RungFormBase):
    told = forms.MultipleChoiceField(label=_("who is told"), choices=Rung.Told, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Rung
        fields = FIELDS


class RungSet(RungSetBase):
    """Checks the ladder as a whole; with “try out” it says what would happen and saves nothing."""

    def rungs(self) -> list[RungTerms]:
        kept = (form for form in self.forms if form.has_changed() and not form.cleaned_data.get("DELETE"))
        return [_terms(form.cleaned_data) for form in kept]

    def clean(self) -> None:
        if any(self.errors) or self.instance.ladder_id is None:
            return
        rungs = self.rungs()
        try:
            rulebook.check(self.instance.ladder, rungs, self.instance.reason or "-")
        except RuleBroken as refusal:
            raise ValidationError(str(refusal)) from refusal
        if "_preview" in self.data:
            found = preview(self.instance.ladder, rungs, timezone.now())
            known = {"running": found.running, "told": found.told, "orders": found.orders}
            raise ValidationError(
                gettext(
                    "Tried out, nothing saved: %(running)s deadlines run under this ladder; people would be told of "
                    "%(told)s of them at once, with %(orders)s supervision orders."
                )
                % known
            )


def _terms(known: dict[str, Any]) -> RungTerms:
    return RungTerms(**{name: known[name] for name in FIELDS if name != "told"}, told=tuple(known["told"]))


class RungInline(RungInlineBase):
    model = Rung
    form = RungForm
    formset = RungSet
    fields = (("code", "name"), ("point", "offset", "unit"), ("step", "unless_explained"), "told")
    extra = MORE
    ordering = ["id"]

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else MORE + len(initial_rungs(request))


def initial_rungs(request: HttpRequest) -> list[dict[str, Any]]:
    """The rungs in force of the ladder that was chosen: a change begins with what there is."""
    chosen = request.GET.get("ladder", "")
    if not (chosen.isascii() and chosen.isdigit()):
        return []
    latest = LadderVersion.objects.filter(ladder=int(chosen[:18])).order_by("-version").first()
    if latest is None:
        return []
    return [{name: getattr(rung, name) for name in FIELDS} for rung in latest.rungs.order_by("pk")]


@admin.register(LadderVersion)
class LadderVersionAdmin(Unchanging, VersionBase):
    list_display = ["ladder", "version", "valid_from", "author", "reason"]
    list_filter = ["ladder"]
    list_select_related = ["ladder", "author"]
    fields = ["ladder", "reason"]
    inlines = [RungInline]
    add_form_template = "supervision/admin/ladder_version.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["ladder", "version", "valid_from", "author", "reason"] if obj else ["ladder", "reason"]

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method == "GET" and not obj.pk:
            kwargs["initial"] = initial_rungs(request)
        return kwargs

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "reason" in form.base_fields:
            form.base_fields["reason"].required = True
        return form

    def save_model(self, request: HttpRequest, obj: LadderVersion, form: Any, change: bool) -> None:
        """Saved with its rungs, by the act."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        rungs = formsets[0].rungs()
        try:
            made = rulebook.change_ladder(
                form.instance.ladder,
                by=cast(Person, request.user),
                now=timezone.now(),
                reason=form.instance.reason,
                rungs=rungs,
            )
        except RuleBroken as refusal:
            latest = LadderVersion.objects.filter(ladder=form.instance.ladder).order_by("-version")[0]
            form.instance.pk = latest.pk
            messages.error(request, str(refusal))
        else:
            form.instance.pk, form.instance.version = made.pk, made.version

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        return gettext("new version")


class RuleForm(RuleFormBase):
    class Meta:
        model = WatchRule
        fields = (*rulebook.RULE_FIGURES, "reason")

    by: Person

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            latest = rulebook.rule_at(timezone.now())
            if all(cleaned[name] == getattr(latest, name) for name in rulebook.RULE_FIGURES):
                raise ValidationError(gettext("These are the figures already in force."))
        return cleaned


@admin.register(WatchRule)
class WatchRuleAdmin(Unchanging, RuleBase):
    form = RuleForm
    list_display = ["version", "valid_from", *rulebook.RULE_FIGURES, "author", "reason"]
    list_select_related = ["author"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        latest = rulebook.rule_at(timezone.now())
        return {name: getattr(latest, name) for name in rulebook.RULE_FIGURES}

    def save_model(self, request: HttpRequest, obj: WatchRule, form: Any, change: bool) -> None:
        figures = {name: form.cleaned_data[name] for name in rulebook.RULE_FIGURES}
        made = rulebook.change_rule(by=cast(Person, request.user), now=timezone.now(), reason=obj.reason, **figures)
        obj.pk, obj.version = made.pk, made.version


@admin.register(SupervisionOrder)
class SupervisionOrderAdmin(Looking):
    list_display = ["number", "case", "unit", "person", "cause", "issued_at", "due_at", "closing"]
    list_select_related = ["case", "unit", "person"]
    search_fields = ["number"]
    date_hierarchy = None
