"""The API's doors: the same access, the same acts, the same forms as the pages. Refusals answer 409 with code and sentence."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import BaseSerializer, ModelSerializer

from complaints.access import case_for, standing
from complaints.actions import register
from complaints.acts import ACTS
from complaints.answers import hears, holder_at, kept_back
from complaints.filters import filtered
from complaints.lights import Light
from complaints.models import Case, Category, Clock, Event, Holding
from complaints.queries import CaseQuerySet
from complaints.ratings import tells_who_rated
from complaints.serializers import (
    CaseSerializer,
    CategorySerializer,
    CommunitySerializer,
    EventSerializer,
    OneCaseSerializer,
    RegistrationSerializer,
    UnitSerializer,
)
from complaints.states import Act
from staff.models import Community, Person, Unit


def person_of(request: Request) -> Person:
    return cast(Person, request.user)


def dressed(cases: CaseQuerySet) -> CaseQuerySet:
    """With all that a case shows, in a fixed number of queries."""
    clocks = Clock.objects.exclude(kind=Clock.Kind.JOINT).order_by("cycle", "kind")
    return cases.select_related("category", "responsible", "first_contact").prefetch_related(
        Prefetch("clocks", queryset=clocks)
    )


class NewestFirst(CursorPagination):
    """Pages by key: no count, no offset."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("-submitted_at", "-id")


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("light", str, enum=[str(light) for light in Light]),
            OpenApiParameter("q", str, description="Words, all of which must occur."),
            OpenApiParameter("state", str, description="open, closed or one status."),
        ]
    )
)
class CaseViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Case]):
    """Cases in the caller's scope. One outside it answers 404 like one that never was."""

    lookup_field = "number"
    lookup_value_regex = "[^/]+"
    pagination_class = NewestFirst
    serializer_class = CaseSerializer
    queryset = Case.objects.none()

    def get_queryset(self) -> QuerySet[Case]:
        if getattr(self, "swagger_fake_view", False):
            return Case.objects.none()
        cases = Case.objects.visible_to(person_of(self.request).scope()).with_light(timezone.now())
        return dressed(cases)

    def filter_queryset(self, queryset: Any) -> Any:
        """The filters of the list, under the same names as in the address of the page."""
        if self.action != "list":
            return queryset
        form, cases = filtered(self.request.query_params, person_of(self.request).scope(), timezone.now())
        if form.errors:
            raise ValidationError(form.errors.get_json_data())
        return dressed(cases)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return OneCaseSerializer if self.action == "retrieve" else CaseSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self._shown(request, kwargs["number"]))

    @extend_schema(request=RegistrationSerializer, responses={201: OneCaseSerializer})
    def create(self, request: Request) -> Response:
        """Log a case. The same `submission_key` sent again answers the same case."""
        person, now = person_of(request), timezone.now()
        if not person.scope().has("worker", "secretary", "supervisor"):
            raise PermissionDenied(_("Only people who handle cases can log one."))
        form = RegistrationSerializer(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        case = register(form.registration(person, now), by=person, now=now)
        return Response(self._shown(request, case.number), status=status.HTTP_201_CREATED)

    @extend_schema(responses=EventSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def events(self, request: Request, number: str) -> Response:
        """The history of a case, oldest first; without what would show when its resident rated, or what they answered."""
        case = case_for(person_of(request), number)
        rows = Event.objects.filter(case=case).select_related("by").order_by("seq")
        shown = [row for row in rows if not tells_who_rated(row.kind, row.data)]
        self._keep_answers_back(case, shown)
        return Response(EventSerializer(shown, many=True).data)

    def _keep_answers_back(self, case: Case, events: list[Event]) -> None:
        """Strikes from calls back what this person is not to hear. The rows are for showing, they are never saved."""
        person = person_of(self.request)
        who = standing(person, case)
        held = list(Holding.objects.filter(case=case).order_by("since", "id").values_list("since", "person"))
        for event in events:
            rated = holder_at(event.at, held) == person.pk
            if event.kind == Event.Kind.CALLED_BACK and not hears(who, asked=event.by == person, rated=rated):
                event.data = kept_back(event.data)

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses={200: OneCaseSerializer},
        parameters=[OpenApiParameter("act", str, OpenApiParameter.PATH, enum=[str(act) for act in Act])],
    )
    @action(detail=True, methods=["post"], url_path=r"acts/(?P<act>[a-z_]+)")
    def act(self, request: Request, number: str, act: str) -> Response:
        """Do an act to a case with the fields of its form; `version` guards against changes unseen."""
        person = person_of(request)
        if act not in set(Act):
            case_for(person, number)
            return Response({"code": "no_such_act", "message": _("There is no such step.")}, status=404)
        case = case_for(person, number, to=Act(act))
        door = ACTS[Act(act)]
        given = request.data if isinstance(request.data, dict) else {}
        form = door.form_class(given, request.FILES, case=case, person=person)
        if not form.is_valid():
            return Response(form.errors, status=status.HTTP_400_BAD_REQUEST)
        version = given.get("version", case.version)
        if not str(version).isdecimal():
            return Response({"version": [_("Enter a whole number.")]}, status=status.HTTP_400_BAD_REQUEST)
        door.perform(case, by=person, now=timezone.now(), version=int(version), data=form.cleaned_data)
        return Response(self._shown(request, number))

    def _shown(self, request: Request, number: str) -> Any:
        case = case_for(person_of(request), number)
        lit = self.get_queryset().select_related("resident", "unit").get(pk=case.pk)
        return OneCaseSerializer(lit, context={"request": request}).data


class Listed(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """A short list without pages."""

    pagination_class = None


class CategoryViewSet(Listed):
    """The category tree as it is offered when logging."""

    serializer_class: type[ModelSerializer[Any]] = CategorySerializer
    queryset = Category.objects.filter(is_active=True)


class CommunityViewSet(Listed):
    """Communities and grids of the caller's streets."""

    serializer_class: type[ModelSerializer[Any]] = CommunitySerializer
    queryset = Community.objects.prefetch_related("grids")

    def get_queryset(self) -> QuerySet[Community]:
        return super().get_queryset().filter(street__in=person_of(self.request).scope().streets)


class UnitViewSet(Listed):
    """Handling units of the caller's streets."""

    serializer_class: type[ModelSerializer[Any]] = UnitSerializer
    queryset = Unit.objects.filter(is_active=True)

    def get_queryset(self) -> QuerySet[Unit]:
        return super().get_queryset().filter(street__in=person_of(self.request).scope().streets)


router = SimpleRouter()
router.register("cases", CaseViewSet, basename="api-case")
router.register("categories", CategoryViewSet, basename="api-category")
router.register("communities", CommunityViewSet, basename="api-community")
router.register("units", UnitViewSet, basename="api-unit")
urlpatterns = router.urls
