from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from argon2 import PasswordHasher
from django.db import IntegrityError, connection, transaction

from complaints.models import TrackingCode
from complaints.tracking import check_code, set_code
from config.lib import codes
from tests.world import World


def test_a_code_has_more_than_sixty_bits_and_no_sign_that_looks_like_another() -> None:
    assert codes.RANDOM_SIGNS * math.log2(len(codes.SIGNS)) >= 60
    assert not set(codes.SIGNS) & set("01BDGILNOQSUVZ") - {"D"}
    made = {codes.new_code() for _ in range(1000)}
    assert len(made) == 1000
    assert all(codes.typed(code) == code and [len(part) for part in code.split("-")] == [5, 5, 5] for code in made)


def test_every_wrong_sign_and_every_swap_is_noticed_before_anything_is_looked_up() -> None:
    for code in (codes.new_code() for _ in range(5)):
        signs = code.replace("-", "")
        for at, sign in itertools.product(range(15), codes.SIGNS):
            if sign != signs[at]:
                assert codes.typed(signs[:at] + sign + signs[at + 1 :]) is None
        for one, two in itertools.combinations(range(15), 2):
            if signs[one] != signs[two]:
                swapped = list(signs)
                swapped[one], swapped[two] = signs[two], signs[one]
                assert codes.typed("".join(swapped)) is None


@pytest.mark.parametrize(
    "spell",
    [str.lower, lambda code: code.replace("-", ""), lambda code: code.replace("-", " "), lambda code: f"  {code}\n",
     lambda code: "".join(chr(ord(sign) + 0xFEE0) if sign.isalnum() else "－" for sign in code),
     lambda code: code.replace("8", "B").replace("5", "S").replace("2", "Z").replace("6", "g")],
    ids=["small", "joined", "blanks", "pasted", "full width", "look-alikes"],
)  # fmt: skip
def test_a_code_may_be_typed_in_many_ways(spell: Any) -> None:
    for code in (codes.new_code() for _ in range(50)):
        assert codes.typed(spell(code)) == code


@pytest.mark.parametrize(
    "text",
    ["", "0" * 15, "\0" * 15, "A" * 14, "A" * 10**6, "七" * 15, "\ud800", "²" * 15, "../../etc"],
    ids=["none", "zeros", "nul", "short", "a million", "numerals", "surrogate", "superscript", "path"],
)
def test_what_cannot_be_a_code_is_none(text: str) -> None:
    assert codes.typed(text) is None


def test_a_resident_opens_their_own_case_and_no_other(world: World) -> None:
    one, two = world.log(), world.log()
    code, other = set_code(one), set_code(two)
    assert check_code(one.number, code) == one
    assert check_code(f" {one.number.lower()} ", code.lower()) == one
    assert check_code(one.number, other) is None
    assert check_code("TST-19990101-0001", code) is None
    assert check_code(one.number, "") is None
    for strange in ("", "\0", "x" * 10_000, "\ud800"):
        assert check_code(strange, code) is None


def test_the_database_keeps_only_a_hash_with_a_salt_of_its_own(world: World) -> None:
    case = world.log()
    code = set_code(case)
    kept = TrackingCode.objects.get(case=case).hash
    assert kept.startswith("$argon2id$v=19$m=8192,t=2,p=1$")
    assert code not in kept
    assert codes.hashed(code) != kept
    with pytest.raises(IntegrityError, match="tracking_code_is_kept_as_a_hash"), transaction.atomic():
        TrackingCode.objects.filter(case=case).update(hash=code)


def test_a_new_code_makes_the_old_one_worthless(world: World) -> None:
    case = world.log()
    old, new = set_code(case), set_code(case)
    assert check_code(case.number, old) is None
    assert check_code(case.number, new) == case


@pytest.mark.parametrize("which", ["right", "wrong code", "unknown number", "no code", "strange number"])
def test_every_answer_costs_exactly_one_check(world: World, monkeypatch: pytest.MonkeyPatch, which: str) -> None:
    case, bare = world.log(), world.log()
    code = set_code(case)
    checked: list[tuple[str, str]] = []

    class Counting:
        def verify(self, hash_of: str, typed: str) -> bool:
            checked.append((hash_of, typed))
            return PasswordHasher().verify(hash_of, typed)

    monkeypatch.setattr(codes, "HASHER", Counting())
    number, typed = {
        "right": (case.number, code), "wrong code": (case.number, codes.new_code()),
        "unknown number": ("TST-19990101-0001", code), "no code": (bare.number, code), "strange number": ("\0", code),
    }[which]  # fmt: skip
    assert (check_code(number, typed) == case) is (which == "right")
    assert len(checked) == 1
    parameters = checked[0][0].rsplit("$", 2)[0]
    assert parameters == codes.NOBODYS.rsplit("$", 2)[0] == TrackingCode.objects.get(case=case).hash.rsplit("$", 2)[0]


def test_the_hash_of_nobody_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "NOBODYS", codes.hashed("known"))
    assert codes.matches(None, "known") is False
    assert codes.matches("", "known") is False
    assert codes.matches("no hash at all", "known") is False


def test_a_dump_shows_no_code(world: World) -> None:
    case = world.log()
    code = set_code(case)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM complaints_trackingcode")
        assert code.replace("-", "") not in str(cursor.fetchall()).replace("-", "")
