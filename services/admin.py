"""The administrators' door to the calendar, the schedules and the time limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from import_export import fields, widgets

from config.lib.errors import RuleBroken
from config.lib.resources import SheetAdmin, SheetResource
from services.actions import change_policy, import_calendar
from services.calendar import calendar_warning
from services.clock import shown_windows
from services.forms import NoticeForm, PolicyVersionForm, typed_amounts
from services.models import CalendarDay, CalendarYear, Policy, PolicyVersion, Schedule
from services.policies import amount_text

if TYPE_CHECKING:
    YearBase = admin.ModelAdmin[CalendarYear]
    ScheduleBase = admin.ModelAdmin[Schedule]
    PolicyBase = admin.ModelAdmin[Policy]
    VersionBase = admin.ModelAdmin[PolicyVersion]
    HistoryBase = admin.TabularInline[PolicyVersion, Policy]
else:
    YearBase = ScheduleBase = PolicyBase = VersionBase = admin.ModelAdmin
    HistoryBase = admin.TabularInline


def warn(request: HttpRequest) -> None:
    warning = calendar_warning(timezone.localdate())
    if warning and request.method == "GET":
        messages.warning(request, warning)


@admin.register(CalendarYear)
class CalendarYearAdmin(YearBase):
    list_display = ["year", "status", "stated_days", "source", "imported_at", "imported_by"]
    list_filter = ["status"]
    readonly_fields = ["imported_at", "imported_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CalendarYear]:
        return super().get_queryset(request).select_related("imported_by").annotate(stated=Count("days"))

    @admin.display(description=_("days stated"))
    def stated_days(self, year: CalendarYear) -> int:
        return year.stated  # type: ignore[attr-defined, no-any-return]

    def get_readonly_fields(self, request: HttpRequest, obj: CalendarYear | None = None) -> list[str]:
        return [*(["year"] if obj else []), "imported_at", "imported_by"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        warn(request)
        return super().changelist_view(request, extra_context)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.notice_view)
        return [path("notice/", view, name="services_calendaryear_notice"), *super().get_urls()]

    def notice_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = NoticeForm(request.POST or None, request.FILES or None)
        result = None
        if request.method == "POST" and form.is_valid():
            preview = "preview" in request.POST
            try:
                result = import_calendar(
                    form.cleaned_data["year"],
                    form.cleaned_data["text"],
                    by=request.user,  # type: ignore[arg-type]
                    now=timezone.now(),
                    dry_run=preview,
                )
            except RuleBroken as refusal:
                form.add_error("text", str(refusal))
            else:
                if not preview:
                    messages.success(request, _("The calendar of %(year)s is official now.") % {"year": result.year})
                    return redirect("admin:services_calendaryear_changelist")
                form = NoticeForm(initial={**form.cleaned_data, "file": None})
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Import a notice"),
            "form": form,
            "result": result,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/services/calendaryear/notice.html", context, status=status)


class WorkingWidget(widgets.BooleanWidget):
    """1 and 0, and the words people write into a sheet."""

    TRUE_VALUES = [*widgets.BooleanWidget.TRUE_VALUES, "是", "上班", "补班"]
    FALSE_VALUES = [*widgets.BooleanWidget.FALSE_VALUES, "否", "休", "放假"]

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        if value in self.TRUE_VALUES:
            return True
        if value in self.FALSE_VALUES:
            return False
        raise ValueError(gettext("Say 1 for a working day and 0 for a day off."))


class CalendarDayResource(SheetResource):
    date = fields.Field(attribute="date", column_name=_("date"), widget=widgets.DateWidget("%Y-%m-%d"))
    name = fields.Field(attribute="name", column_name=_("name"))
    is_working = fields.Field(attribute="is_working", column_name=_("people are at work"), widget=WorkingWidget())

    class Meta:
        model = CalendarDay
        fields = import_order = export_order = ("date", "name", "is_working")
        import_id_fields = ("date",)
        skip_unchanged = True

    def import_instance(self, instance: CalendarDay, row: Any, **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        instance.year, _new = CalendarYear.objects.get_or_create(year=instance.date.year)


@admin.register(CalendarDay)
class CalendarDayAdmin(SheetAdmin):
    resource_classes = [CalendarDayResource]
    list_display = ["date", "name", "is_working", "year"]
    list_filter = ["is_working", "year"]
    search_fields = ["name"]
    date_hierarchy = "date"
    fields = ["date", "name", "is_working"]
    list_select_related = ["year"]

    def get_readonly_fields(self, request: HttpRequest, obj: CalendarDay | None = None) -> list[str]:
        return ["date"] if obj else []

    def save_model(self, request: HttpRequest, obj: CalendarDay, form: Any, change: bool) -> None:
        obj.year, _new = CalendarYear.objects.get_or_create(year=obj.date.year)
        super().save_model(request, obj, form, change)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        warn(request)
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response


@admin.register(Schedule)
class ScheduleAdmin(ScheduleBase):
    list_display = ["name", "code", "day_rule", "shown_windows"]

    @admin.display(description=_("windows"))
    def shown_windows(self, schedule: Schedule) -> str:
        return ", ".join("–".join(pair) for pair in shown_windows(schedule.hours().windows))

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[str]:
        """The hours behind a promise already made stay as they were: other hours are another schedule."""
        used = obj is not None and PolicyVersion.objects.filter(schedule=obj).exists()
        return ["code", "windows", "day_rule"] if used else []


class PolicyHistory(HistoryBase):
    model = PolicyVersion
    verbose_name_plural = _("versions, the latest first")
    fields = readonly_fields = (
        "version",
        "valid_from",
        "response",
        "resolution",
        "yellow",
        "extended",
        "schedule",
        "author",
        "reason",
    )
    ordering = ["-version"]
    extra = 0
    can_delete = False
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[PolicyVersion]:
        return super().get_queryset(request).select_related("policy", "schedule", "author")

    def has_add_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    @admin.display(description=_("first response (goal, limit)"))
    def response(self, version: PolicyVersion) -> str:
        return f"{_said(version, 'response', 'response_goal')} / {_said(version, 'response', 'response_limit')}"

    @admin.display(description=_("resolution"))
    def resolution(self, version: PolicyVersion) -> str:
        return _said(version, "resolution", "resolution_limit")

    @admin.display(description=_("yellow"))
    def yellow(self, version: PolicyVersion) -> str:
        if version.yellow_fraction is not None:
            return gettext("%(share)s%% used") % {"share": round(version.yellow_fraction * 100)}
        if version.yellow_left is not None:
            return gettext("%(time)s left") % {"time": _said(version, "resolution", "yellow_left")}
        return "–"

    @admin.display(description=_("extension"))
    def extended(self, version: PolicyVersion) -> str:
        return _said(version, "resolution", "extension") if version.extension else "–"


@admin.register(Policy)
class PolicyAdmin(PolicyBase):
    list_display = ["name", "code", "urgent", "needs_approval", "response", "resolution"]
    inlines = [PolicyHistory]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Policy]:
        return super().get_queryset(request).prefetch_related("versions__schedule")

    def get_readonly_fields(self, request: HttpRequest, obj: Policy | None = None) -> list[str]:
        return ["code"] if obj else []

    @admin.display(description=_("first response (goal, limit)"))
    def response(self, policy: Policy) -> str:
        version = _in_force(policy)
        if version is None:
            return "–"
        return f"{_said(version, 'response', 'response_goal')} / {_said(version, 'response', 'response_limit')}"

    @admin.display(description=_("resolution"))
    def resolution(self, policy: Policy) -> str:
        version = _in_force(policy)
        return _said(version, "resolution", "resolution_limit") if version else "–"


@admin.register(PolicyVersion)
class PolicyVersionAdmin(VersionBase):
    """Versions are made and looked at, never edited."""

    form = PolicyVersionForm
    list_display = ["policy", "version", "valid_from", "author", "reason"]
    list_filter = ["policy"]
    list_select_related = ["policy", "author"]

    def has_change_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        return False

    def get_form(
        self, request: HttpRequest, obj: PolicyVersion | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.by, form.now = request.user, timezone.now()  # type: ignore[attr-defined]
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        chosen = request.GET.get("policy", "")
        latest = None
        if chosen.isascii() and chosen.isdigit():
            latest = PolicyVersion.objects.filter(policy_id=int(chosen[:18])).order_by("-version").first()
        return typed_amounts(latest) if latest else {}

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        made = change_policy(
            obj.policy,
            by=request.user,  # type: ignore[arg-type]
            now=form.now,
            reason=obj.reason,
            valid_from=form.cleaned_data["valid_from"],
            **form.figures(),
        )
        obj.pk, obj.version, obj.valid_from = made.pk, made.version, made.valid_from

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except RuleBroken as refusal:
            # Somebody else made a version between the check and the act.
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())


def _in_force(policy: Policy) -> PolicyVersion | None:
    now = timezone.now()
    begun = [version for version in policy.versions.all() if version.valid_from <= now]
    return max(begun, key=lambda version: (version.valid_from, version.version), default=None)


def _said(version: PolicyVersion, clock: str, figure: str) -> str:
    every_day = version.schedule.day_rule == Schedule.DayRule.EVERY_DAY
    return amount_text(getattr(version, f"{clock}_mode"), getattr(version, figure), every_day=every_day)


from services import admin_guide as admin_guide  # noqa: E402
