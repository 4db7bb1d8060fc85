"""Model fields that hold sealed texts.

    name = EncryptedTextField(_("name"), max_length=60)
    phone = EncryptedTextField(_("phone"), max_length=30, index="phone_index")
    phone_index = PhoneIndex()

`row.name` is the text, `row.name_sealed` the token the database holds. Sealing happens when the attribute is set,
opening when it is read, so every road into the table (save, bulk_create, hand-written INSERTs) carries tokens only.
A token is bound to its row: the primary key has to be known first.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.signals import setting_changed
from django.db import models
from django.db.models import F, Func, Model
from django.db.models.expressions import BaseExpression

from config.lib import crypto
from config.lib.crypto import BadKeys, KeyRing

if TYPE_CHECKING:
    TextBase = models.TextField[str, str]
    CharBase = models.CharField[str, str]
else:
    TextBase, CharBase = models.TextField, models.CharField

SEALED = "_sealed"
REFUSAL = "%s is encrypted: set it on the row and save; ask for a phone with with_phone()"


@cache
def ring() -> KeyRing:
    """The keys of this deployment: LINLI_FIELD_KEYS, or those kept beside the data."""
    given = settings.FIELD_KEYS or crypto.kept_keys(settings.FIELD_KEYS_FILE)
    return crypto.parse_keys(given, version())


def version() -> crypto.Version:
    if settings.FIELD_CIPHER not in crypto.CIPHERS:
        raise BadKeys(f"LINLI_CIPHER={settings.FIELD_CIPHER!r} is unknown")
    return crypto.CIPHERS[settings.FIELD_CIPHER]


def _forget_ring(*, setting: str, **kwargs: Any) -> None:
    if setting.startswith("FIELD_"):
        ring.cache_clear()


setting_changed.connect(_forget_ring)  # sent by tests only


class NotByValue(TypeError):
    """Somebody asked the database to compare or write what it cannot read."""


class _Opened:
    """The readable side of the field."""

    def __init__(self, field: EncryptedTextField) -> None:
        self.field = field

    def __get__(self, row: Model | None, owner: type[Model]) -> Any:
        if row is None:
            return self
        return crypto.unseal(getattr(row, self.field.attname), self.field.place(row), ring())

    def __set__(self, row: Model, text: str) -> None:
        field = self.field
        if crypto.is_token(text):
            text = self._opened(text, field.place(row))
        if field.max_length and len(text) > field.max_length:
            raise ValueError(f"{field.name} takes {field.max_length} characters, not {len(text)}")
        setattr(row, field.attname, crypto.seal(text, field.place(row), ring()))
        if field.index:
            setattr(row, field.index, crypto.phone_index(text, ring()))

    def _opened(self, text: str, place: str) -> str:
        """loaddata hands over tokens. One that opens here was made here; anything else is what somebody typed."""
        try:
            return crypto.unseal(text, place, ring())
        except crypto.CannotOpen:
            return text


class EncryptedTextField(TextBase):
    """`index` names the model's PhoneIndex that follows this field."""

    def __init__(self, *args: Any, index: str = "", **kwargs: Any) -> None:
        self.index = index
        kwargs |= {"blank": True, "default": "", "editable": False}
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("blank", "default", "editable"):
            kwargs.pop(fixed, None)
        return name, path, list(args), kwargs | ({"index": self.index} if self.index else {})

    def get_attname_column(self) -> tuple[str, str]:
        return self.name + SEALED, self.db_column or self.name

    def contribute_to_class(self, cls: type[Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only=private_only)
        setattr(cls, name, _Opened(self))

    def place(self, row: Model) -> str:
        """What a token is bound to: a copy of it elsewhere does not open."""
        if row.pk is None:
            raise NotByValue(f"{row._meta.label}.{self.name} is bound to its row: give the row its primary key first")
        return f"{row._meta.db_table}.{self.column}:{row.pk}"

    def get_prep_value(self, value: Any) -> Any:
        """The one gate to the database, for rows, filters and update() alike: tokens and the empty text."""
        if value is None or value == "" or isinstance(value, BaseExpression):
            return value
        if isinstance(value, str) and crypto.is_token(value):
            return value
        raise NotByValue(REFUSAL % self.name)

    def get_lookup(self, lookup_name: str) -> Any:
        # The pattern lookups walk past get_prep_value.
        if lookup_name not in {"exact", "in", "isnull"}:
            raise NotByValue(REFUSAL % self.name)
        return super().get_lookup(lookup_name)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        errors = super().check(**kwargs)
        if self.index and not any(field.name == self.index for field in self.model._meta.fields):
            errors.append(Error(f"The model has no field {self.index}.", obj=self, id="linli.E031"))
        return errors


class PhoneIndex(CharBase):
    """A keyed hash of the phone number: equal numbers are equal here, and nothing else can be read from it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"max_length": 42, "blank": True, "default": "", "editable": False, "db_index": True}
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_length", "blank", "default", "editable", "db_index"):
            kwargs.pop(fixed, None)
        return name, path, list(args), kwargs


def phone_indexes(number: str) -> list[str]:
    """For `filter(phone_index__in=…)`. Empty when the text holds no number."""
    return crypto.phone_indexes(number, ring())


# Every sealed place, for rotation and checks


class SealedTable(NamedTuple):
    """A table with sealed columns. `indexes` are its phone indexes by the column they follow; `bulky`: no short texts."""

    name: str
    key: str
    columns: list[str]
    indexes: dict[str, str]
    append_only: bool
    bulky: bool

    def place(self, column: str, key: object) -> str:
        return f"{self.name}.{column}:{key}"


def sealed_tables() -> Iterator[SealedTable]:
    for model in apps.get_models():
        fields = [field for field in model._meta.local_fields if isinstance(field, EncryptedTextField)]
        if fields:
            indexes = {str(field.column): field.index for field in fields if field.index}
            columns = [str(field.column) for field in fields]
            yield SealedTable(
                model._meta.db_table,
                str(model._meta.pk.column),
                columns,
                indexes,
                append_only=getattr(model, "append_only", False),
                bulky=any(not field.max_length for field in fields),
            )


def only_tokens(column: str, name: str) -> models.CheckConstraint:
    """The database's own refusal of readable text in that column."""
    fits = Func(
        F(column),
        template=f"(%(expressions)s = '' OR %(expressions)s ~ '{crypto.TOKEN_SQL}')",
        output_field=models.BooleanField(),
    )
    return models.CheckConstraint(condition=fits, name=name)
