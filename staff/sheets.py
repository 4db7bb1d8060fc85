"""People from an office's own list: one row for each post, recognised by the log-in name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import fields

from config.lib.resources import SheetResource
from staff.administration import people_of
from staff.models import Community, Grid, Person, Post, Street, Unit
from staff.queries import current

# What offices call the columns of such a list.
HEADINGS = {
    "用户名": "username", "登录名": "username", "账号": "username",
    "姓名": "name",
    "电话": "phone", "办公电话": "phone", "联系电话": "phone",
    "角色": "role", "岗位": "role",
    "岗位类别": "duty", "人员类别": "duty",
    "职务": "title",
    "街道": "street",
    "单位": "unit", "承办单位": "unit", "所在单位": "unit",
    "社区": "community", "所在社区": "community",
    "网格": "grid", "所在网格": "grid",
    "任职时间": "since", "任职日期": "since", "到岗日期": "since", "起始日期": "since",
}  # fmt: skip
ROLES = {
    "社区工作者": "worker", "工作人员": "worker", "专职干部": "worker",
    "社区书记": "secretary", "书记": "secretary",
    "街道督导员": "supervisor", "分管领导": "supervisor",
    "街道纪检干部": "discipline", "纪检干部": "discipline",
    "第三方测评员": "assessor", "居民代表": "delegate", "系统管理员": "admin", "管理员": "admin",
}  # fmt: skip
DUTIES = {
    "专职": "full_time",
    "专职干部": "full_time",
    "网格员": "grid_worker",
    "志愿者": "volunteer",
    "社工": "social_worker",
}
NEEDED = ("username", "name", "role")
POST_COLUMNS = ("role", "duty", "title", "street", "unit", "community", "grid", "since")
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")


class PersonSheet(SheetResource):
    """`streets`: what the importing administrator sets up; None means all."""

    role = fields.Field(column_name="role")
    duty = fields.Field(column_name="duty")
    title = fields.Field(column_name="title")
    street = fields.Field(column_name="street")
    unit = fields.Field(column_name="unit")
    community = fields.Field(column_name="community")
    grid = fields.Field(column_name="grid")
    since = fields.Field(column_name="since")

    class Meta:
        model = Person
        import_id_fields = ("username",)
        fields = ("username", "name", "phone", "working", *POST_COLUMNS)
        export_order = ("username", "name", "phone", "working", *POST_COLUMNS)
        import_order = ("username", "name", "phone", "working")

    def __init__(self, streets: frozenset[int] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.streets = streets
        self._posts: dict[int, list[Post]] = {}

    def get_queryset(self) -> QuerySet[Person]:
        return people_of(self.streets)

    # in

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        headers = [str(header or "").strip() for header in dataset.headers or []]
        dataset.headers = [HEADINGS.get(header, header.lower()) for header in headers]
        missing = [name for name in NEEDED if name not in dataset.headers]
        if missing:
            raise ValidationError(_("These columns are missing: %(names)s.") % {"names": ", ".join(missing)})

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        for name, value in row.items():
            row[name] = value if isinstance(value, date) else str("" if value is None else value).strip()
        row["username"] = row["username"].lower()
        if not row["name"]:
            raise ValidationError({"name": _("Please give the name.")})
        row["working"] = row.get("working") or Person.Working.AT_WORK
        UnicodeUsernameValidator()(row["username"])
        taken = Person.objects.filter(username=row["username"]).exists()
        if taken and not self.get_queryset().filter(username=row["username"]).exists():
            raise ValidationError({"username": _("This log-in name belongs to somebody you do not look after.")})
        row["_post"] = self.read_post(row)

    def before_save_instance(self, instance: Person, row: Mapping[str, Any], **kwargs: Any) -> None:
        if instance._state.adding:
            instance.set_unusable_password()

    def after_save_instance(self, instance: Person, row: Mapping[str, Any], **kwargs: Any) -> None:
        facts = dict(row["_post"])
        key = {name: facts.pop(name) for name in ("role", "street", "unit", "community", "grid")}
        Post.objects.update_or_create(person=instance, until=None, **key, defaults=facts)
        if key["role"] == Post.Role.ADMIN and not instance.is_staff:
            Person.objects.filter(pk=instance.pk).update(is_staff=True)

    def read_post(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The post a row describes, checked; the sentence of a refusal names the column."""
        street = self.find("street", Street.objects.all(), row.get("street", ""), only=True)
        inside = Community.objects.filter(street=street)
        unit = self.find("unit", Unit.objects.filter(street=street), row.get("unit", ""))
        community = self.find("community", inside, row.get("community", "")) or (unit.community if unit else None)
        grid = self.find("grid", Grid.objects.filter(community=community), row.get("grid", ""))
        post = {
            "role": self.choice("role", row["role"], ROLES, Post.Role),
            "duty": self.choice("duty", row.get("duty", ""), DUTIES, Post.Duty),
            "title": row.get("title", "")[:60],
            "street": street,
            "unit": unit,
            "community": community,
            "grid": grid,
            "since": self.day(row.get("since", "")),
        }
        Post(**post).full_clean(exclude=["person"])
        return post

    def find(self, column: str, rows: QuerySet[Any], wanted: str, *, only: bool = False) -> Any:
        """By name, or by code where there is one. `only`: nothing given means the one there is."""
        if column == "street" and self.streets is not None:
            rows = rows.filter(pk__in=self.streets)
        if not wanted:
            found = list(rows[:2]) if only else []
            if only and len(found) != 1:
                raise ValidationError({column: _("Please name the street.")})
            return found[0] if found else None
        same_name = rows.filter(name=wanted)
        found = list(same_name) or (list(rows.filter(code=wanted)) if rows.model is not Unit else [])
        if not found:
            raise ValidationError({column: _("“%(wanted)s” is not known here.") % {"wanted": wanted}})
        return found[0]

    def choice(self, column: str, wanted: str, words: Mapping[str, str], choices: Any) -> str:
        labels = {str(label): value for value, label in choices.choices}
        value = wanted if wanted in choices.values else words.get(wanted) or labels.get(wanted)
        if value is None or (column == "role" and not value):
            raise ValidationError({column: _("“%(wanted)s” is not known here.") % {"wanted": wanted}})
        return str(value)

    def day(self, wanted: date | str) -> date:
        if isinstance(wanted, datetime):
            return wanted.date()
        if isinstance(wanted, date):
            return wanted
        if not wanted:
            return timezone.localdate()
        for form in DATES:
            try:
                return datetime.strptime(wanted.split(" ")[0], form).date()  # noqa: DTZ007
            except ValueError:
                continue
        raise ValidationError({"since": _("“%(wanted)s” is not a date. Write 2026-03-01.") % {"wanted": wanted}})

    # out

    def before_export(self, queryset: QuerySet[Person], **kwargs: Any) -> None:
        held = current(Post.objects.filter(person__in=queryset)).select_related("street", "unit", "community", "grid")
        for post in held.order_by("since", "id"):
            self._posts.setdefault(post.person_id, []).append(post)

    def export_field(self, field: fields.Field, instance: Person, **kwargs: Any) -> Any:
        if field.column_name in POST_COLUMNS:
            return self.shown(instance, field.column_name)
        return super().export_field(field, instance, **kwargs)

    def shown(self, person: Person, column: str) -> str:
        """What the oldest current post says."""
        posts = self._posts.get(person.pk)
        value = getattr(posts[0], column) if posts else None
        return "" if value is None else str(getattr(value, "name", value))
