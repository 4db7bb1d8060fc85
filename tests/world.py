"""A small street for tests: two communities, street departments, somebody in every role.

`world` is the fixture; `build_world()` makes the same without it. Everybody's password is `PASSWORD`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.hashers import make_password

from complaints.actions import Registration, register
from complaints.models import Case, Category
from staff.models import Community, Grid, Person, Post, Street, Unit

PASSWORD = "linli-test"
SHANGHAI = ZoneInfo("Asia/Shanghai")
SINCE = date(2020, 1, 1)
Role, Duty, Kind = Post.Role, Post.Duty, Unit.Kind


@cache
def hashed() -> str:
    return make_password(PASSWORD)


@dataclass
class World:
    """Names are what people are to the case: `worker` is asked first, in the east community's first grid.

    `now` is a Wednesday morning in office hours. `stranger` works for another street.
    """

    now: datetime = datetime(2026, 11, 18, 10, 0, tzinfo=SHANGHAI)
    street: Street = field(init=False)
    other_street: Street = field(init=False)
    east: Community = field(init=False)
    west: Community = field(init=False)
    grid: Grid = field(init=False)
    grid2: Grid = field(init=False)
    west_grid: Grid = field(init=False)
    unit: Unit = field(init=False)
    west_unit: Unit = field(init=False)
    office: Unit = field(init=False)
    department: Unit = field(init=False)
    department2: Unit = field(init=False)
    property: Unit = field(init=False)
    other_unit: Unit = field(init=False)
    category: Category = field(init=False)
    worker: Person = field(init=False)
    worker2: Person = field(init=False)
    secretary: Person = field(init=False)
    outsider: Person = field(init=False)
    west_secretary: Person = field(init=False)
    department_worker: Person = field(init=False)
    department2_worker: Person = field(init=False)
    property_worker: Person = field(init=False)
    supervisor: Person = field(init=False)
    supervisor2: Person = field(init=False)
    discipline: Person = field(init=False)
    assessor: Person = field(init=False)
    delegate: Person = field(init=False)
    admin: Person = field(init=False)
    stranger: Person = field(init=False)

    def person(self, username: str, name: str, role: str, *, street: Street | None = None, **post: Any) -> Person:
        """Somebody with one post; `post` takes unit, community, grid, duty, title, since, until."""
        person = Person.objects.create(
            username=username,
            name=name,
            phone=f"010-5550 {Person.objects.count():04d}",
            password=hashed(),
            is_staff=role == Role.ADMIN,
        )
        Post.objects.create(person=person, role=role, street=street or self.street, **{"since": SINCE} | post)
        return person

    def log(self, **known: Any) -> Case:
        """A case registered through the action: told to `worker` at the counter now, unless `known` says otherwise.

        `at` sets both the time it was told and the time it is logged; `by` is who logs it (default: who was asked).
        """
        at = known.pop("at", self.now)
        first = known.get("first_contact", self.worker)
        by = known.pop("by", first)
        now = known.pop("now", at)
        facts: dict[str, Any] = {
            "street": self.street,
            "unit": self.unit,
            "community": self.east,
            "grid": self.grid if known.get("community", self.east) == self.east else None,
            "first_contact": first,
            "kind": Case.Kind.HELP,
            "channel": Case.Channel.COUNTER,
            "title": "3号楼楼道灯不亮",
            "text": "3号楼2单元一到三层的楼道灯坏了一周,晚上老人上下楼不安全,请尽快维修。",
            "submitted_at": at,
            "category": self.category,
            "resident_name": "周桂兰",
            "resident_phone": "13900000001",
        }
        return register(Registration(**facts | known), by=by, now=now)


def build_world() -> World:
    world = World()
    _places(world)
    _people(world)
    _categories(world)
    return world


def _places(world: World) -> None:
    world.street, world.other_street = street, other = Street.objects.bulk_create(
        [
            Street(code="TST", name="柳荫街道", phone="010-5550 1000", for_trial=True),
            Street(code="OTH", name="河湾街道", for_trial=True),
        ]
    )
    world.east, world.west = Community.objects.bulk_create(
        [
            Community(street=street, code="E", name="东园社区", population=5200),
            Community(street=street, code="W", name="西里社区", population=4100),
        ]
    )
    world.grid, world.grid2, world.west_grid = Grid.objects.bulk_create(
        [
            Grid(community=world.east, code="E1", name="第一网格", covers="1-6号楼"),
            Grid(community=world.east, code="E2", name="第二网格", covers="7-12号楼"),
            Grid(community=world.west, code="W1", name="第一网格"),
        ]
    )
    world.unit, world.west_unit, world.office, world.department, world.department2, world.property, world.other_unit = (
        Unit.objects.bulk_create(
            Unit(street=at, community=community, kind=kind, name=name, phone="010-5550 1001")
            for name, kind, community, at in (
                ("东园社区居委会", Kind.COMMUNITY, world.east, street),
                ("西里社区居委会", Kind.COMMUNITY, world.west, street),
                ("街道办公室", Kind.DEPARTMENT, None, street),
                ("综合执法队", Kind.DEPARTMENT, None, street),
                ("市政服务中心", Kind.DEPARTMENT, None, street),
                ("和居物业", Kind.PARTNER, None, street),
                ("河湾街道办公室", Kind.DEPARTMENT, None, other),
            )
        )
    )


def _people(world: World) -> None:
    """Two statements for all of them: nearly every test begins here."""
    east: dict[str, Any] = {"unit": world.unit, "community": world.east}
    west: dict[str, Any] = {"unit": world.west_unit, "community": world.west}
    full_time: dict[str, Any] = {"duty": Duty.FULL_TIME}
    known: list[tuple[str, str, str, dict[str, Any]]] = [
        ("worker", "李敏", Role.WORKER, {"grid": world.grid, **east, **full_time}),
        ("worker2", "王强", Role.WORKER, {"grid": world.grid2, **east, **full_time}),
        ("secretary", "陈建国", Role.SECRETARY, east),
        ("outsider", "赵雪", Role.WORKER, {"grid": world.west_grid, **west, **full_time}),
        ("west_secretary", "孙立", Role.SECRETARY, west),
        ("department_worker", "何勇", Role.WORKER, {"unit": world.department}),
        ("department2_worker", "马丽", Role.WORKER, {"unit": world.department2}),
        ("property_worker", "郭涛", Role.WORKER, {"unit": world.property}),
        ("supervisor", "林峰", Role.SUPERVISOR, {"unit": world.office}),
        ("supervisor2", "沈洁", Role.SUPERVISOR, {"unit": world.office}),
        ("discipline", "韩正", Role.DISCIPLINE, {}),
        ("assessor", "许评", Role.ASSESSOR, {}),
        ("delegate", "吴阿姨", Role.DELEGATE, {"community": world.east}),
        ("admin", "郑管理", Role.ADMIN, {}),
        ("stranger", "外街人", Role.SUPERVISOR, {"street": world.other_street, "unit": world.other_unit}),
    ]
    people = Person.objects.bulk_create(
        Person(username=username, name=name, phone=f"010-5550 {n:04d}", password=hashed(), is_staff=role == Role.ADMIN)
        for n, (username, name, role, _post) in enumerate(known)
    )
    Post.objects.bulk_create(
        Post(person=person, role=role, **{"street": world.street, "since": SINCE} | post)
        for person, (_username, _name, role, post) in zip(people, known, strict=True)
    )
    for person in people:
        setattr(world, person.username, person)


def _categories(world: World) -> None:
    top = Category.objects.create(level=1, name="测试市政", path="测试市政")
    middle = Category.objects.create(level=2, name="照明", path="测试市政>照明", parent=top)
    world.category = Category.objects.create(
        level=3, name="楼道灯", path="测试市政>照明>楼道灯", parent=middle, keywords="路灯 楼道 不亮"
    )


@pytest.fixture
def world(db: None) -> World:
    return build_world()
