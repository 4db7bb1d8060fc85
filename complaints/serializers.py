"""Cases as the API shows and takes them. Rules are not repeated here: the actions refuse."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from complaints.access import standing
from complaints.actions import Answer, Registration
from complaints.lights import Light
from complaints.models import Case, Category, Clock, Event
from complaints.rights import sees_resident
from staff import queries as staff
from staff.models import Community, Grid, Person, Unit

TEXT = 20_000


class UnitSerializer(serializers.ModelSerializer[Unit]):
    class Meta:
        model = Unit
        fields = ["id", "name", "kind", "community", "phone"]


class GridSerializer(serializers.ModelSerializer[Grid]):
    class Meta:
        model = Grid
        fields = ["id", "code", "name", "covers"]


class CommunitySerializer(serializers.ModelSerializer[Community]):
    grids = GridSerializer(many=True, read_only=True)

    class Meta:
        model = Community
        fields = ["id", "code", "name", "phone", "grids"]


class CategorySerializer(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        fields = ["id", "parent", "level", "name", "path", "policy"]


class PersonSerializer(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = ["id", "username", "name", "phone"]


class ClockSerializer(serializers.ModelSerializer[Clock]):
    class Meta:
        model = Clock
        fields = [
            "kind",
            "cycle",
            "started_at",
            "yellow_at",
            "due_at",
            "provisional",
            "paused_from",
            "paused_until",
            "stopped_at",
        ]


class CaseSerializer(serializers.ModelSerializer[Case]):
    """One case. `light` is computed at the instant of the answer; `clocks` are those of every cycle, oldest first."""

    light = serializers.ChoiceField(choices=[str(light) for light in Light], read_only=True)
    category = serializers.SlugRelatedField("path", read_only=True)  # type: ignore[var-annotated]
    responsible = PersonSerializer(read_only=True)
    first_contact = PersonSerializer(read_only=True)
    clocks = ClockSerializer(many=True, read_only=True)

    class Meta:
        model = Case
        fields = [
            "number",
            "external_id",
            "kind",
            "category",
            "channel",
            "urgency",
            "status",
            "outcome",
            "light",
            "title",
            "place",
            "community",
            "grid",
            "unit",
            "special_group",
            "identity",
            "first_contact",
            "responsible",
            "submitted_at",
            "registered_at",
            "closed_at",
            "cycle",
            "version",
            "clocks",
        ]


class OneCaseSerializer(CaseSerializer):
    """A case with its text, and the resident for those who work on it."""

    resident = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields = [*CaseSerializer.Meta.fields, "text", "resident"]

    @extend_schema_field({"type": "object", "nullable": True, "additionalProperties": {"type": "string"}})
    def get_resident(self, case: Case) -> dict[str, str] | None:
        who = standing(self.context["request"].user, case)
        if not sees_resident(who, case.identity) or not hasattr(case, "resident"):
            return None
        return {"name": case.resident.name, "phone": case.resident.phone, "address": case.resident.address}


class EventSerializer(serializers.ModelSerializer[Event]):
    by = serializers.StringRelatedField()  # type: ignore[var-annotated]

    class Meta:
        model = Event
        fields = ["seq", "kind", "at", "recorded_at", "by", "data", "hash"]


class RegistrationSerializer(serializers.Serializer[Case]):
    """A case to be logged. Without `first_contact` it is the person who calls; without `submitted_at` it is now."""

    text = serializers.CharField(max_length=TEXT)
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=Case.Kind.choices)
    channel = serializers.ChoiceField(choices=Case.Channel.choices)
    urgency = serializers.ChoiceField(choices=Case.Urgency.choices, default=Case.Urgency.NORMAL)
    community = serializers.PrimaryKeyRelatedField(queryset=Community.objects.none(), required=False, allow_null=True)
    grid = serializers.PrimaryKeyRelatedField(queryset=Grid.objects.none(), required=False, allow_null=True)
    category = serializers.PrimaryKeyRelatedField(
        queryset=Category.objects.filter(is_active=True), required=False, allow_null=True
    )
    place = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    special_group = serializers.ChoiceField(choices=Case.SpecialGroup.choices, required=False, default="")
    identity = serializers.ChoiceField(choices=Case.Identity.choices, default=Case.Identity.NAMED)
    resident_name = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    resident_phone = serializers.CharField(max_length=30, required=False, allow_blank=True, default="")
    resident_address = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    submitted_at = serializers.DateTimeField(required=False)
    first_contact = serializers.SlugRelatedField("username", queryset=Person.objects.none(), required=False)
    submission_key = serializers.UUIDField(required=False)
    answer = serializers.CharField(max_length=TEXT, required=False, allow_blank=True, default="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self._person()
        if person is None:
            return
        streets = person.scope().streets
        for name, queryset in (
            ("community", Community.objects.filter(street__in=streets)),
            ("grid", Grid.objects.filter(community__street__in=streets).select_related("community")),
            ("first_contact", Person.objects.filter(posts__street__in=streets).distinct()),
        ):
            self.fields[name].queryset = queryset  # type: ignore[attr-defined]

    def _person(self) -> Person | None:
        request = self.context.get("request")
        user = getattr(request, "user", None)
        return user if isinstance(user, Person) else None

    def registration(self, by: Person, now: datetime) -> Registration:
        """The validated data as the action takes it."""
        data = dict(self.validated_data)
        person = data.pop("first_contact", by)
        unit = staff.unit_of(person)
        if unit is None:
            raise serializers.ValidationError({"first_contact": [_("This person belongs to no unit.")]})
        grid, community = data.pop("grid", None), data.pop("community", None)
        answer, told = data.pop("answer"), data.pop("submitted_at", None) or timezone.localtime(now)
        return Registration(
            street=unit.street,
            unit=unit,
            first_contact=person,
            grid=grid,
            community=community or (grid.community if grid else unit.community),
            title=data.pop("title", "").strip() or data["text"].strip()[:40],
            submitted_at=told,
            answer=Answer(text=answer, at=now) if answer.strip() else None,
            **data,
        )
