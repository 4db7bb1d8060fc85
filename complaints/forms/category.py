"""Choosing a category out of a three-level tree by typing: words find lines, one of them is ticked."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from complaints.models import Category
from config.lib.text import one_line, unfit

SHOWN, GUESSED = 12, 4


def find_categories(words: str) -> QuerySet[Category]:
    """Active categories whose path or search words contain all the words; the deepest and nearest first."""
    wanted = [] if unfit(words) else one_line(words)[:60].split()
    found = Category.objects.filter(is_active=True)
    for word in wanted:
        found = found.filter(Q(path__icontains=word) | Q(keywords__icontains=word))
    if not wanted:
        return found.none()
    named = Q(name__icontains=wanted[-1])
    return found.order_by(Case(When(named, then=Value(0)), default=Value(1)), "-level", "path")[:SHOWN]


def guessed_from(text: str) -> Choices:
    """The categories whose names and search words a text uses, most of them first: something to tick, never ticked."""
    rated = []
    for row in Category.objects.filter(is_active=True, level=3):
        words = {word for word in (row.name, *row.keywords.split()) if len(word) > 1}
        used = sum(len(word) for word in words if word in text)
        if used:
            rated.append((used, row))
    rated.sort(key=lambda pair: (-pair[0], pair[1].path))
    return Choices(None, [_leaf(row) for _used, row in rated[:GUESSED]], "")


class Leaf(NamedTuple):
    pk: int
    parts: list[str]


class Choices(NamedTuple):
    """What the control shows: the line ticked, the lines found, and the words looked for."""

    chosen: Leaf | None
    found: list[Leaf]
    words: str


def choices_of(value: Any, words: str) -> Choices:
    value = getattr(value, "pk", value)
    text = str(value or "")
    chosen = Category.objects.filter(pk=int(text)).first() if _small(text) else None
    found = [_leaf(row) for row in find_categories(words) if row != chosen]
    return Choices(_leaf(chosen) if chosen else None, found, words[:60])


class CategoryField(forms.Field):
    """The id of an active category. Clean value: the row or None. Drawn by acts/category.html."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Category | None:
        text = str(value or "").strip()
        if not text:
            if self.required:
                raise ValidationError(_("Please choose a category."), code="required")
            return None
        row = Category.objects.filter(pk=int(text), is_active=True).first() if _small(text) else None
        if row is None:
            raise ValidationError(_("This category is not offered any more. Please choose another."), code="unknown")
        return row

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial or "") != str(data or "")


def _leaf(row: Category) -> Leaf:
    return Leaf(row.pk, row.path.split(">"))


def _small(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
