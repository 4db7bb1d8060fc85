"""The administrators' door to group robots; messages and holds are looked at here and handled on the watch's own page."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from complaints.admin import Looking
from config.lib.channels import NotDelivered
from staff.administration import OwnStreet
from supervision.models import Alert, Hold, Intervention, Robot, Step
from supervision.telling import channels, words
from supervision.telling.queries import of_streets

if TYPE_CHECKING:
    RobotBase = admin.ModelAdmin[Robot]
    RobotFormBase = forms.ModelForm[Robot]
else:
    RobotBase = admin.ModelAdmin
    RobotFormBase = forms.ModelForm


class RobotForm(RobotFormBase):
    """Address and secret are written and never shown again: who reads the address can speak in the group."""

    address = forms.CharField(
        label=_("address"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"class": "vLargeTextField", "autocomplete": "off", "spellcheck": "false"}),
    )
    key = forms.CharField(
        label=_("secret"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"class": "vTextField", "autocomplete": "new-password"}),
    )
    steps = forms.MultipleChoiceField(label=_("told of"), choices=Step, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Robot
        fields = ("street", "community", "kind", "name", "steps", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = bool(self.instance.pk)
        self.fields["address"].required = not known
        kept = _("Kept as it is while you leave this empty.")
        self.fields["address"].help_text = kept if known else _("As the group's settings show it.")
        self.fields["key"].help_text = (
            kept
            if known
            else _("DingTalk and Feishu: the one for signatures. WeCom: none. Own webhook: 16 signs or more.")
        )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("address"):
            try:
                channels.look_up(given["address"])
            except NotDelivered as refusal:
                if str(refusal) != "host not found":  # true of every host while the line is down
                    self.add_error("address", words.why(str(refusal)))
        secret = given.get("key") or (self.instance.secret if self.instance.pk else "")
        if given.get("kind") == Robot.Kind.WEBHOOK and len(secret) < 16:
            self.add_error("key", gettext("A webhook of our own needs a secret of 16 signs or more."))
        community = given.get("community")
        if community is not None and given.get("street") and community.street_id != given["street"].pk:
            self.add_error("community", gettext("This community belongs to another street."))
        return given


@admin.register(Robot)
class RobotAdmin(OwnStreet, RobotBase):
    form = RobotForm
    change_form_template = "supervision/telling/robot.html"
    fields = ("street", "community", "kind", "name", "address", "key", "steps", "is_active")
    list_display = ["name", "kind", "street", "community", "is_active"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["street", "community"]

    def has_delete_permission(self, request: HttpRequest, obj: Robot | None = None) -> bool:
        """Messages name their robot: it is switched off instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Robot, form: Any, change: bool) -> None:
        if not change:
            obj.pk = _next_key()  # what is sealed is bound to its row
        for name, given in (("url", "address"), ("secret", "key")):
            if form.cleaned_data[given]:
                setattr(obj, name, form.cleaned_data[given])
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Robot, post_url_continue: str | None = None) -> HttpResponse:
        answer = super().response_add(request, obj, post_url_continue)
        self._try(request, obj)
        return answer

    def response_change(self, request: HttpRequest, obj: Robot) -> HttpResponse:
        answer = super().response_change(request, obj)
        self._try(request, obj)
        return answer

    def _try(self, request: HttpRequest, obj: Robot) -> None:
        if "_try" not in request.POST:
            return
        try:
            with override(settings.LANGUAGE_CODE):
                sample = [gettext("Linli: a sample from “%(name)s”. No answer is needed.") % {"name": obj.name}]
            channels.send(Alert.Channel.ROBOT, obj, sample, str(uuid.uuid4()))
        except NotDelivered as refusal:
            said = gettext("The sample did not arrive: %(why)s") % {"why": words.why(str(refusal))}
            messages.error(request, said)
        else:
            messages.success(request, gettext("The sample has arrived; look into the group."))


def _next_key() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [Robot._meta.db_table])
        (key,) = cursor.fetchone()
    return int(key)


@admin.register(Alert)
class AlertAdmin(Looking):
    list_display = ["key", "channel", "recipient", "robot", "made_at", "sent_at", "tries", "error"]
    list_filter = ["channel", "step"]
    list_select_related = ["recipient", "robot"]
    search_fields = ["case__number"]
    ordering = ["-id"]
    show_full_result_count = False

    def within(self, streets: frozenset[int]) -> Q:
        return Q(pk__in=of_streets(streets).values("pk"))


@admin.register(Hold)
class HoldAdmin(Looking):
    """Holds stop the whole office, whichever street."""

    list_display = ["why", "since", "by", "released_at", "released_by", "note"]
    list_filter = ["why"]
    list_select_related = ["by", "released_by"]

    def within(self, streets: frozenset[int]) -> Q:
        return Q()


@admin.register(Intervention)
class InterventionAdmin(Looking):
    list_display = ["what", "at", "by", "count", "channel", "before", "reason"]
    list_filter = ["what"]
    list_select_related = ["by"]

    def within(self, streets: frozenset[int]) -> Q:
        return Q()
