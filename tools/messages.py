"""One catalogue for the whole system, without GNU gettext on the machine.

    python -m tools.messages update              take the texts of the source into locale/, drop what is gone
    python -m tools.messages merge FILE.json ... as update, with translations from {"English": "中文"}
    python -m tools.messages missing             print what has no translation, as JSON to fill in
    python -m tools.messages compile             write the .mo files
    python -m tools.messages check               fail when the catalogues do not fit the source

`zh_Hans` is written by people, `zh_Hant` is generated from it. In the JSON a text with a context is "context|English";
of a singular and a plural form either may be given, Chinese has one.
"""

from __future__ import annotations

import ast
import fcntl
import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import normalize, read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
APPS = ("config", "staff", "services", "complaints", "supervision", "planning")
HANS, HANT = "zh_Hans", "zh_Hant"

# Which arguments of a call are the context, the text and its plural.
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop"), (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}
LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
TEMPLATE_CALL = re.compile(rf"\b(npgettext|ngettext|pgettext|gettext|_)\(\s*({LITERAL}(?:\s*,\s*{LITERAL})*)")
FIELD = re.compile(r"%\(\w+\)[#0\- +]*\d*\.?\d*[a-zA-Z]|%[sdifg]|\{\w*(?::[^{}]*)?\}")


@dataclass(frozen=True, order=True)
class Text:
    context: str
    singular: str
    plural: str = ""

    @property
    def names(self) -> list[str]:
        """The keys under which a translation of this text may be given."""
        forms = [form for form in (self.plural, self.singular) if form]
        if self.context:
            return [f"{self.context}|{form}" for form in forms]
        return forms


Found = dict[Text, list[str]]


def extract() -> Found:
    """Every text of the source with the places it stands in."""
    found: Found = defaultdict(list)
    for path in python_files():
        for text, line in texts_of_python(path.read_text(), str(path)):
            found[text].append(f"{path.relative_to(ROOT)}:{line}")
    for path in template_files():
        for text, line in texts_of_template(path.read_text(), str(path)):
            found[text].append(f"{path.relative_to(ROOT)}:{line}")
    found.pop(Text("", ""), None)
    return found


def python_files() -> Iterator[Path]:
    for app in APPS:
        yield from (path for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts)


def template_files() -> Iterator[Path]:
    for home in [ROOT / "templates", *(ROOT / app / "templates" for app in APPS)]:
        yield from (path for path in sorted(home.rglob("*")) if path.suffix in {".html", ".txt", ".xml"})


def texts_of_python(source: str, name: str) -> Iterator[tuple[Text, int]]:
    for node in ast.walk(ast.parse(source, name)):
        if isinstance(node, ast.Call) and (call := called(node.func)) in CALLS:
            given = [argument.value if isinstance(argument, ast.Constant) else argument for argument in node.args]
            if any(isinstance(argument, ast.JoinedStr) for argument in given):
                raise SystemExit(f"{name}:{node.lineno}: an f-string cannot be translated")
            text = text_of(call, given)
            if text:
                yield text, node.lineno


def called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def text_of(call: str, given: list[Any]) -> Text | None:
    """None when the text is not written out at this place."""
    context, singular, plural = (None if at is None else given[at : at + 1] for at in CALLS[call])
    parts = [[""] if part is None else part for part in (context, singular, plural)]
    if not all(part and isinstance(part[0], str) for part in parts):
        return None
    return Text(*(part[0] for part in parts))


def texts_of_template(source: str, name: str) -> Iterator[tuple[Text, int]]:
    calls = templatize(source, origin=name)
    for match in TEMPLATE_CALL.finditer(calls):
        given = [ast.literal_eval(literal) for literal in re.findall(LITERAL, match[2])]
        text = text_of(match[1], given)
        if text:
            yield text, calls.count("\n", 0, match.start()) + 1


# The catalogues: {text: translation}


def path_of(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> dict[Text, str]:
    path = path_of(language)
    if not path.exists():
        return {}
    with open(path, "rb") as file:
        catalogue = read_po(file, locale=language)
    kept = {}
    for message in catalogue:
        if message.id and not message.fuzzy:
            forms = message.id if isinstance(message.id, tuple) else (message.id,)
            said = message.string[0] if isinstance(message.string, tuple | list) else message.string
            kept[Text(message.context or "", *forms)] = str(said or "")
    return kept


def write(language: str, texts: dict[Text, str]) -> None:
    lines = [
        'msgid ""',
        'msgstr ""',
        f'"Language: {language}\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        '"Plural-Forms: nplurals=1; plural=0;\\n"',
    ]
    for text in sorted(texts, key=lambda text: (text.singular, text.context, text.plural)):
        lines.append("")
        if text.context:
            lines.append(f"msgctxt {quoted(text.context)}")
        lines.append(f"msgid {quoted(text.singular)}")
        if text.plural:
            lines.append(f"msgid_plural {quoted(text.plural)}")
        lines.append(f"msgstr{'[0]' if text.plural else ''} {quoted(texts[text])}")
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text("\n".join(lines) + "\n")
    fresh.replace(path)


def quoted(text: str) -> str:
    return normalize(text, width=120)


@contextmanager
def locked() -> Iterator[None]:
    """One writer at a time; the lock is on the directory, so no file is left."""
    LOCALE.mkdir(exist_ok=True)
    handle = os.open(LOCALE, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def to_hant(texts: dict[Text, str]) -> dict[Text, str]:
    from opencc import OpenCC

    convert = OpenCC("s2tw").convert
    return {text: convert(said) for text, said in texts.items()}


def update(given: dict[str, str]) -> None:
    with locked():
        found, known = extract(), read(HANS)
        fresh = {
            text: translation(text, given) or known.get(text) or translation(text, spread(known)) for text in found
        }
        write(HANS, fresh)
        write(HANT, to_hant(fresh))
        compile_all()
    used = {name for text in found for name in text.names} | {text.singular.replace("%%", "%") for text in found}
    unknown = sorted(name for name in given if name not in used and name.rpartition("|")[2] not in used)
    if unknown:
        print(f"{len(unknown)} given texts are not in the source:", *unknown[:40], sep="\n  ")
    print(f"{len(found)} texts, {sum(not said for said in fresh.values())} without a translation")


def spread(known: dict[Text, str]) -> dict[str, str]:
    """What is known of a text whose plural or context has changed is kept."""
    return {name: said for text, said in known.items() if said for name in text.names}


def translation(text: Text, given: dict[str, str]) -> str:
    for name in [*text.names, text.plural, text.singular]:
        if given.get(name):
            return given[name]
    # A template's "100%" is "100%%" in the catalogue; people write it as they see it.
    plain = text.singular.replace("%%", "%")
    return given.get(plain, "").replace("%", "%%") if plain != text.singular and "%(" not in plain else ""


def load(files: Iterable[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for file in files:
        for name, said in json.loads(Path(file).read_text()).items():
            if given.get(name, said) != said:
                print(f"{file}: {name!r} is said in two ways: {given[name]!r} and {said!r}")
            given[name] = said
    return given


def compile_all() -> None:
    for path in LOCALE.glob("*/LC_MESSAGES/django.po"):
        with open(path, "rb") as file:
            catalogue: Catalog = read_po(file, locale=path.parent.parent.name)
        with open(path.with_suffix(".mo"), "wb") as file:
            write_mo(file, catalogue)


def fields(text: str) -> Counter[str]:
    return Counter(FIELD.findall(text.replace("%%", "")))


def faults_of(text: Text, said: str) -> Iterator[str]:
    if not said:
        yield "has no translation"
        return
    wanted = set(fields(text.plural or text.singular)) | set(fields(text.singular))
    optional = wanted - set(fields(text.singular))  # "one day" need not name the number
    given = set(fields(said))
    if not (wanted - optional <= given <= wanted):
        yield f"has other fields than its translation {said!r}"
    if any(part.startswith("%(") for part in wanted) and not formats(said):
        yield f"has a stray % in its translation {said!r}"


def formats(said: str) -> bool:
    class Anything(dict[str, int]):
        def __missing__(self, key: str) -> int:
            return 1

    try:
        said % Anything()
    except (ValueError, TypeError):
        return False
    return True


def check() -> int:
    found, hans, hant = extract(), read(HANS), read(HANT)
    faults = [f"{found[text][0]}: {text.singular!r} is not in the catalogue" for text in found if text not in hans]
    for text, places in found.items():
        if text in hans:
            faults += [f"{places[0]}: {text.singular!r} {fault}" for fault in faults_of(text, hans[text])]
    faults += [f"{text.singular!r} is no longer in the source" for text in hans if text not in found]
    if to_hant(hans) != hant:
        faults.append(f"locale/{HANT} does not follow from locale/{HANS}")
    for fault in sorted(faults):
        print(fault)
    print(f"{len(found)} texts, {len(faults)} faults" + ("; run `make messages`" if faults else ""))
    return 1 if faults else 0


def missing() -> int:
    known = read(HANS)
    texts = {text.names[0]: "" for text in sorted(extract()) if not known.get(text)}
    print(json.dumps(texts, ensure_ascii=False, indent=1))
    return 0


def main(argv: list[str]) -> int:
    command, files = (argv[0].removeprefix("--"), argv[1:]) if argv else ("", [])
    if command == "check":
        return check()
    if command == "missing":
        return missing()
    if command == "compile":
        compile_all()
    elif command in {"update", "merge"}:
        update(load(files))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
