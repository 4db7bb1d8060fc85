"""The demo street: three communities with 1+3+N people each, street departments and partners."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password

from complaints.demo.matters import GIVEN, SURNAMES
from complaints.models import Category, DispatchRule
from staff.models import Community, Grid, Person, Post, Street, Unit

STREET = ("DEMO", "桐荫街道", "云河区", "桐荫路8号")
# code, name, estate, road, inhabitants, grids: (name, covers, spots)
COMMUNITIES: list[tuple[str, str, str, str, int, list[tuple[str, str, list[str]]]]] = [
    ("HAL", "槐安里社区", "槐安里小区", "槐安路", 6820, [
        ("第一网格", "槐安里1至6号楼", [f"槐安里{b}号楼{u}单元" for b in range(1, 7) for u in (1, 2, 3)]),
        ("第二网格", "槐安里7至12号楼", [f"槐安里{b}号楼{u}单元" for b in range(7, 13) for u in (1, 2, 3)]),
        ("第三网格", "槐安里13至18号楼", [f"槐安里{b}号楼{u}单元" for b in range(13, 19) for u in (1, 2)]),
        ("第四网格", "槐安路东侧平房、临街商铺", [f"槐安路东巷{n}号院" for n in range(3, 30, 4)]),
    ]),
    ("YQY", "云栖苑社区", "云栖苑", "云栖大街", 9450, [
        ("第一网格", "云栖苑一区", [f"云栖苑一区{b}号楼" for b in range(1, 9)]),
        ("第二网格", "云栖苑二区", [f"云栖苑二区{b}号楼" for b in range(1, 9)]),
        ("第三网格", "云栖苑公寓、商业街", [f"云栖公寓{b}座" for b in "ABCD"]),
    ]),
    ("SQ", "石桥社区", "石桥家园", "石桥南街", 7360, [
        ("第一网格", "石桥家园", [f"石桥家园{b}号楼{u}单元" for b in range(1, 8) for u in (1, 2)]),
        ("第二网格", "石桥胡同1至40号", [f"石桥胡同{n}号" for n in range(2, 41, 3)]),
        ("第三网格", "石桥胡同41至90号、菜市场", [f"石桥胡同{n}号" for n in range(41, 91, 4)]),
        ("第四网格", "机械厂宿舍", [f"机械厂宿舍{b}号楼{u}单元" for b in range(1, 5) for u in (1, 2, 3)]),
    ]),
]  # fmt: skip
# key, name, kind
UNITS = [
    ("office", "街道办公室", "department"),
    ("law", "综合执法队", "department"),
    ("civil", "社会事务办公室", "department"),
    ("city", "市政服务中心", "department"),
    ("safety", "平安建设办公室", "department"),
    ("estate", "桐和物业服务公司", "partner"),
    ("heat", "桐荫供热服务站", "partner"),
]
# Category prefix -> unit key; where nothing is named the community handles it itself.
DIRECTORY = {
    "环境卫生>垃圾清运": "city",
    "环境卫生>绿化养护": "city",
    "环境卫生>病媒与异味>油烟扰民": "law",
    "物业管理": "estate",
    "市政设施": "city",
    "噪声扰民>施工噪声>夜间施工": "law",
    "噪声扰民>社会生活噪声>商户音响与叫卖": "law",
    "停车秩序>机动车停放>占用消防通道": "safety",
    "停车秩序>机动车停放>私装地锁": "law",
    "停车秩序>机动车停放>僵尸车": "law",
    "停车秩序>非机动车停放>电动车进楼": "safety",
    "民政社保": "civil",
    "养老助残>养老待遇与卡证": "civil",
    "水电气热": "city",
    "水电气热>供热": "heat",
    "安全隐患": "safety",
    "安全隐患>房屋与高空>违法建设": "law",
}
LOGINS = {
    "demo_worker": ("李敏", "一网格专职"),
    "demo_worker2": ("王志强", "二网格专职"),
    "demo_outsider": ("赵晓雪", "一网格专职"),
    "demo_secretary": ("陈建国", "社区党组织书记"),
    "demo_supervisor": ("林峰", "街道分管领导"),
    "demo_discipline": ("韩正平", "街道纪工委干部"),
    "demo_assessor": ("许衡", "第三方测评员"),
    "demo_delegate": ("吴桂英", "居民代表"),
    "demo_admin": ("郑凯", "系统管理员"),
}
SECRETARIES = {"HAL": "陈建国", "YQY": "方志远", "SQ": "孙丽萍"}
Role, Duty = Post.Role, Post.Duty


@dataclass
class Ground:
    """One community with everything a story needs. `workers` handle cases; `beat` is each one's grid, by id."""

    community: Community
    unit: Unit
    estate: str
    road: str
    grids: list[Grid]
    spots: dict[int, list[str]]
    secretary: Person = field(init=False)
    workers: list[Person] = field(default_factory=list)
    beat: dict[int, Grid] = field(default_factory=dict)


@dataclass
class Town:
    street: Street
    grounds: list[Ground]
    units: dict[str, Unit]
    crews: dict[str, list[Person]]
    supervisors: list[Person]
    logins: dict[str, Person]
    categories: dict[str, Category]


class Names:
    """Invented names and numbers, none twice. 1200… is no mobile prefix, …5550… is kept for fiction."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.given, self.phones = rng, {value[0] for value in LOGINS.values()}, 0

    def person(self) -> str:
        while (name := self.rng.choice(SURNAMES) + self.rng.choice(GIVEN)) in self.given:
            pass
        self.given.add(name)
        return name

    def office(self) -> str:
        self.phones += 1
        return f"010-5550 {self.phones:04d}"


def build(rng: Random, today: date) -> Town:
    names = Names(rng)
    code, name, district, address = STREET
    street = Street.objects.create(
        code=code, name=name, district=district, address=address, phone=names.office(), for_trial=True
    )
    grounds = [_ground(street, names, *row) for row in COMMUNITIES]
    units = {
        key: Unit.objects.create(street=street, kind=kind, name=unit, phone=names.office()) for key, unit, kind in UNITS
    }
    town = Town(street, grounds, units, {key: [] for key in units}, [], {}, {})
    town.categories = {row.path: row for row in Category.objects.all()}
    _Hiring(town, names, today).everybody()
    DispatchRule.objects.bulk_create(
        DispatchRule(street=street, category=town.categories[path], unit=units[key], valid_from=today)
        for path, key in DIRECTORY.items()
        if path in town.categories
    )
    return town


def _ground(
    street: Street,
    names: Names,
    code: str,
    name: str,
    estate: str,
    road: str,
    population: int,
    grids: list[tuple[str, str, list[str]]],
) -> Ground:
    community = Community.objects.create(
        street=street, code=code, name=name, population=population, phone=names.office(), address=f"{road}1号"
    )
    unit = Unit.objects.create(
        street=street, community=community, kind=Unit.Kind.COMMUNITY, name=f"{name}居委会", phone=community.phone
    )
    rows = [
        Grid.objects.create(community=community, code=f"{code}{n}", name=grid, covers=covers)
        for n, (grid, covers, _spots) in enumerate(grids, 1)
    ]
    spots = {row.pk: grid[2] for row, grid in zip(rows, grids, strict=True)}
    return Ground(community, unit, estate, road, rows, spots)


class _Hiring:
    """People with their posts. The password is hashed once: a hash is meant to be slow."""

    def __init__(self, town: Town, names: Names, today: date) -> None:
        self.town, self.names, self.today = town, names, today
        self.hash = make_password(os.environ.get("LINLI_DEMO_PASSWORD") or "linli-demo")

    def everybody(self) -> None:
        taken = {
            "HAL": ["demo_secretary", "demo_worker", "demo_worker2"],
            "YQY": ["", "demo_outsider"],
            "SQ": [],
        }
        for ground in self.town.grounds:
            self.community(ground, taken[ground.community.code])
        for key, unit in self.town.units.items():
            if key != "office":
                self.town.crews[key] = [
                    self.hire(f"{key}{n}", Role.WORKER, unit=unit, title=title)
                    for n, title in enumerate(("负责人", "经办人"), 1)
                ]
        self.street_office()

    def community(self, ground: Ground, logins: list[str]) -> None:
        code = ground.community.code.lower()
        wanted = iter([*logins, *[""] * 20])
        at: dict[str, Any] = {"unit": ground.unit, "community": ground.community}
        count = 0

        def username() -> str:
            nonlocal count
            count += 1
            return next(wanted) or f"{code}{count:02d}"

        ground.secretary = self.hire(
            username(), Role.SECRETARY, name=SECRETARIES[ground.community.code], title="社区党组织书记", **at
        )
        for n in range(3):
            grid = ground.grids[n]
            person = self.hire(
                username(), Role.WORKER, duty=Duty.FULL_TIME, grid=grid, title=f"{grid.name}专职干部", **at
            )
            ground.workers.append(person)
            ground.beat[person.pk] = grid
        for grid in ground.grids:
            person = self.hire(
                username(), Role.WORKER, duty=Duty.GRID_WORKER, grid=grid, title=f"{grid.name}网格员", **at
            )
            ground.workers.append(person)
            ground.beat[person.pk] = grid
        self.hire(username(), Role.WORKER, duty=Duty.SOCIAL_WORKER, title="社工", **at)
        # A volunteer is a resident who helps: known to the office, with no access to anybody's case.
        self.hire(username(), Role.DELEGATE, duty=Duty.VOLUNTEER, community=ground.community, title="志愿服务队队长")

    def street_office(self) -> None:
        office, first = self.town.units["office"], self.town.grounds[0].community
        self.town.supervisors = [
            self.hire("demo_supervisor", Role.SUPERVISOR, unit=office, title=LOGINS["demo_supervisor"][1]),
            self.hire("office02", Role.SUPERVISOR, unit=office, title="街道督办专员"),
        ]
        self.hire("demo_discipline", Role.DISCIPLINE, title=LOGINS["demo_discipline"][1])
        self.hire("demo_assessor", Role.ASSESSOR, title=LOGINS["demo_assessor"][1])
        self.hire("demo_delegate", Role.DELEGATE, community=first, title=LOGINS["demo_delegate"][1])
        admin = self.hire("demo_admin", Role.ADMIN, title=LOGINS["demo_admin"][1])
        admin.is_staff = True
        admin.save(update_fields=["is_staff"])
        away = self.hire(
            "yqy20",
            Role.WORKER,
            unit=self.town.grounds[1].unit,
            community=self.town.grounds[1].community,
            duty=Duty.SOCIAL_WORKER,
            title="社工",
        )
        away.working = Person.Working.ON_LEAVE
        away.save(update_fields=["working"])

    def hire(self, username: str, role: str, *, name: str = "", **post: Any) -> Person:
        known = LOGINS.get(username)
        person = Person.objects.create(
            username=username,
            name=known[0] if known else name or self.names.person(),
            phone=self.names.office(),
            password=self.hash,
        )
        if known:
            self.town.logins[username] = person
        since = self.today - timedelta(days=500 + 37 * (person.pk % 60))
        Post.objects.create(person=person, role=role, street=self.town.street, since=since, **post)
        return person
