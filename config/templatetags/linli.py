"""What templates need that Django does not have: icons, times in words, fields with their errors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django import forms, template
from django.conf import settings
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

register = template.Library()

OFFICE_DAY = 7 * 3600
ICONS = Path(settings.BASE_DIR) / "node_modules" / "bootstrap-icons" / "icons"

LIGHTS = {
    "green": gettext_lazy("Green light"),
    "yellow": gettext_lazy("Yellow light"),
    "red": gettext_lazy("Red light"),
    "paused": gettext_lazy("Paused"),
}
CLOSED = {
    "green": gettext_lazy("Closed on time"),
    "yellow": gettext_lazy("Closed on time"),
    "red": gettext_lazy("Closed late"),
}


@cache
def _svg(name: str) -> str:
    """The icon's own drawing; an unknown icon is an empty drawing, a test keeps that from happening."""
    file = ICONS / f"{name}.svg"
    text = file.read_text() if file.is_file() else "<svg></svg>"
    return text[text.index(">") + 1 : text.rindex("</svg>")].strip()


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    return format_html(
        '<svg class="icon {}" viewBox="0 0 16 16" fill="currentColor" focusable="false" {}>{}</svg>',
        css,
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        mark_safe(_svg(name)),
    )


@register.simple_tag(takes_context=True)
def qs(context: Context, **changes: Any) -> str:
    """The present query string with these changes; None takes a key away, a list gives it several values."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        else:
            query.setlist(key, [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)])
    return f"?{query.urlencode()}"


@register.filter
def working_time(seconds: float | str | None, day: int = OFFICE_DAY) -> str:
    """A stretch of running time in words, without its sign. `day`: how many seconds of running time one day has."""
    if seconds is None or isinstance(seconds, str):  # a name the template does not know arrives as ""
        return ""
    whole = abs(int(seconds))
    if whole < 60:
        return _("less than a minute")
    days, rest = divmod(whole, int(day))
    hours, minutes = rest // 3600, rest % 3600 // 60
    words = []
    if days and day == OFFICE_DAY:
        words.append(ngettext("%(count)d working day", "%(count)d working days", days) % {"count": days})
    elif days:
        words.append(ngettext("%(count)d day", "%(count)d days", days) % {"count": days})
    if hours:
        words.append(ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours})
    if minutes and not days:
        words.append(ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes})
    return " ".join(words)


@register.filter
def moment_text(instant: datetime | str | None) -> str:
    """An instant in office time; the year only when it is not this year."""
    if not isinstance(instant, datetime):
        return ""
    local = timezone.localtime(instant)
    this_year = local.year == timezone.localdate().year
    return format_date(local, _("j M, H:i") if this_year else _("j M Y, H:i"))


@register.filter
def moment(instant: datetime | str | None) -> SafeString | str:
    if not isinstance(instant, datetime):
        return ""
    return format_html('<time datetime="{}">{}</time>', timezone.localtime(instant).isoformat(), moment_text(instant))


@register.filter
def local_day(day: date | str | None) -> SafeString | str:
    if not isinstance(day, date):
        return ""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    words = format_date(day, _("D j M") if day.year == timezone.localdate().year else _("D j M Y"))
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), words)


@register.filter
def short_day(day: date | None) -> SafeString | str:
    """A day without its name, for stretches whose first and last day are known."""
    if not isinstance(day, date):
        return ""
    words = format_date(day, _("j M") if day.year == timezone.localdate().year else _("j M Y"))
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), words)


@register.filter
def path_words(path: object) -> str:
    """“市政设施>照明>楼道灯” as it is read."""
    return str(path or "").replace(">", " › ")


@register.filter
def file_size(size: int | str | None) -> str:
    if not isinstance(size, int):
        return ""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"


@register.filter
def light_word(light: str | None, closed: bool = False) -> str:
    words = CLOSED if closed else LIGHTS
    return str(words.get(light or "", ""))


@register.filter
def dress(field: BoundField) -> str:
    """Give a field's control Bootstrap's classes and say which kind it is: check, choices, file or control."""
    widget = field.field.widget
    kind = _kind(widget)
    classes = {
        "check": "form-check-input",
        "choices": "form-check-input",
        "control": "form-select" if isinstance(widget, forms.Select) else "form-control",
        "file": "form-control",
    }[kind]
    have = str(widget.attrs.get("class", "")).split()
    wanted = [*have, *(name for name in classes.split() if name not in have)]
    if field.errors and "is-invalid" not in wanted:
        wanted.append("is-invalid")
    widget.attrs["class"] = " ".join(wanted)
    limit = getattr(field.field, "max_length", None)
    if limit and isinstance(widget, forms.Textarea):
        widget.attrs.setdefault("data-count", "")
    return kind


def _kind(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    return "file" if isinstance(widget, forms.FileInput) else "control"


@register.inclusion_tag("parts/field.html")
def field(
    field: BoundField,
    label: str = "",
    help: str | None = "",  # noqa: A002
    css: str = "",
    optional: str = "",
) -> dict[str, Any]:
    """`help` replaces the form's own words, None leaves them out; `optional` stands for the word of that name."""
    helpless = help is None
    return {"field": field, "label": label, "help": help or "", "helpless": helpless, "css": css, "optional": optional}


@register.simple_tag
def control(field: BoundField, label: str = "") -> SafeString:
    """The bare control for a line of filters; its label is for screen readers."""
    if dress(field) != "choices":
        field.field.widget.attrs.setdefault("aria-label", str(label or field.label))
    return mark_safe(conditional_escape(field.as_widget()))


@register.filter
def get(mapping: Mapping[str, Any], key: str) -> Any:
    return mapping.get(key)
