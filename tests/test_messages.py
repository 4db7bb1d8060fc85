"""The catalogue of texts: what counts as one, and which translations are refused."""

from __future__ import annotations

import gettext
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

from tools import messages
from tools.messages import Text

PYTHON = """
_("plain"); gettext_lazy("lazy " "joined"); translation.gettext("by attribute")
ngettext("%(n)d case", "%(n)d cases", n); pgettext("of a person", "left"); _(variable)
"""
TEMPLATE = """{% load i18n %}
{% translate "A title" %} {% translate "left" context "of a person" %} {% include "x.html" with label=_("A label") %}
{# translate "not this" #}{% comment %}{% translate "nor this" %}{% endcomment %}
{% blocktranslate with name=person.name trimmed %}
  Ask
  {{ name }}.
{% endblocktranslate %}
{% blocktranslate count n=cases %}{{ n }} case{% plural %}{{ n }} cases{% endblocktranslate %}
"""


def test_texts_of_python_are_found() -> None:
    assert {text for text, _ in messages.texts_of_python(PYTHON, "x.py")} == {
        Text("", "plain"),
        Text("", "lazy joined"),
        Text("", "by attribute"),
        Text("", "%(n)d case", "%(n)d cases"),
        Text("of a person", "left"),
    }


def test_texts_of_templates_are_found() -> None:
    assert [text for text, _ in messages.texts_of_template(TEMPLATE, "x.html")] == [
        Text("", "A title"),
        Text("of a person", "left"),
        Text("", "A label"),
        Text("", "Ask %(name)s."),
        Text("", "%(n)s case", "%(n)s cases"),
    ]


def test_a_text_put_together_at_run_time_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"x\.py:1: an f-string"):
        list(messages.texts_of_python('_(f"{name} left")', "x.py"))


@pytest.mark.parametrize(
    ("english", "chinese", "fault"),
    [
        ("%(n)d left", "剩 %(n)d 件", None),
        ("{n} left", "剩 {n} 件", None),
        ("%(n)d left", "", "has no translation"),
        ("%(n)d left", "剩", "other fields"),
        ("left", "剩 %(n)d 件", "other fields"),
        ("%(n)d left", "剩 %(m)d 件", "other fields"),
        ("%(n)d percent", "%(n)d%", "stray %"),
        ("%(n)d percent", "%(n)d%%", None),
    ],
)
def test_a_translation_must_carry_the_same_fields(english: str, chinese: str, fault: str | None) -> None:
    faults = list(messages.faults_of(Text("", english), chinese))
    assert not faults if fault is None else fault in faults[0]


def test_translations_are_merged_generated_and_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {Text("", "%(n)d case", "%(n)d cases"): ["a:1"], Text("of a person", "left"): ["a:2"], Text("", "net"): []}
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    monkeypatch.setattr(messages, "extract", lambda: found)
    messages.update({"%(n)d case": "%(n)d 件", "left": "已离职", "net": "网格"})
    assert messages.check() == 0
    hant = gettext.translation("django", tmp_path, ["zh_Hant"])
    assert hant.ngettext("%(n)d case", "%(n)d cases", 2) == "%(n)d 件"
    assert hant.pgettext("of a person", "left") == "已離職"
    assert hant.gettext("net") == "網格"


def test_a_text_that_is_gone_or_missing_fails_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    monkeypatch.setattr(messages, "extract", lambda: {Text("", "old"): ["a:1"]})
    messages.update({"old": "旧"})
    monkeypatch.setattr(messages, "extract", lambda: {Text("", "new"): ["a:1"]})
    assert messages.check() == 1


# ---- the libraries' texts and ours


def catalogue(package: str, language: str) -> dict[str, str]:
    """Plain texts of a catalogue, with their translation."""
    with (files(package) / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        rows = [row for row in read_po(file) if row.id and not row.context]
    return {str(row.id if isinstance(row.id, str) else row.id[0]): str(row.string) for row in rows}


def test_every_borrowed_text_is_still_one_of_the_libraries() -> None:
    source = settings.BASE_DIR / "config/borrowed.py"
    borrowed = {text.singular for text, _line in messages.texts_of_python(source.read_text(), str(source))}
    theirs: set[str] = set()
    for package in ("django.conf", "django.contrib.auth", "django.contrib.admin", "allauth"):
        theirs |= set(catalogue(package, "en"))
    assert borrowed
    assert borrowed - theirs == set(), "reworded by the library: borrow the new words"


def test_no_word_of_ours_means_something_else_on_djangos_own_pages() -> None:
    """A text without a context is one for the whole system: what we call 办理经过 the admin calls 历史."""
    ours = {text.singular: said for text, said in messages.read("zh_Hans").items() if not text.context}
    theirs = catalogue("django.contrib.admin", "zh_Hans")
    differ = {word for word, said in theirs.items() if word in ours and said and ours[word] != said}
    assert differ <= {"Administration", "Add", "Filter", "Show all", "Search"}, "give ours a context"
