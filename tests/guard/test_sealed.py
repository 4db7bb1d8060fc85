from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from complaints import actions
from complaints.models import Case, Resident
from complaints.similar import alike
from config.guard.checks import usable_keys
from config.lib import crypto, sealed
from tests.world import World

ONE, TWO = crypto.new_key("one"), crypto.new_key("two")
RING, NEXT = crypto.parse_keys(ONE), crypto.parse_keys(f"{TWO},{ONE}")
CHINESE = crypto.parse_keys(ONE, crypto.SM4)


@pytest.mark.parametrize("ring", [RING, CHINESE], ids=["aes", "sm4"])
def test_a_name_comes_back_from_its_own_row_only(ring: crypto.KeyRing) -> None:
    token = crypto.seal("张秀英", "complaints_resident.name:7", ring)
    assert "张" not in token
    assert crypto.unseal(token, "complaints_resident.name:7", ring) == "张秀英"
    for elsewhere in ("complaints_resident.name:8", "complaints_resident.phone:7", "other.name:7"):
        with pytest.raises(crypto.CannotOpen):
            crypto.unseal(token, elsewhere, ring)


def test_the_same_name_is_never_sealed_the_same_way_twice() -> None:
    assert len({crypto.seal("王伟", "a.b:1", RING) for _ in range(100)}) == 100


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_whatever_a_person_is_called_it_comes_back(text: str) -> None:
    assert crypto.unseal(crypto.seal(text, "a.b:1", RING), "a.b:1", RING) == text


@given(at=st.integers(min_value=0), sign=st.sampled_from("Aa0_-"))
def test_a_token_changed_in_one_place_does_not_open(at: int, sign: str) -> None:
    token = crypto.seal("张秀英，和平路12号", "a.b:1", RING)
    at %= len(token)
    changed = token[:at] + sign + token[at + 1 :]
    if changed == token or at == len(token) - 1:  # the last sign's low bits carry nothing
        return
    with pytest.raises(crypto.CannotOpen):
        crypto.unseal(changed, "a.b:1", RING)


def test_an_older_key_still_opens_and_a_missing_one_is_named() -> None:
    token = crypto.seal("李敏", "a.b:1", RING)
    assert crypto.unseal(token, "a.b:1", NEXT) == "李敏"
    with pytest.raises(crypto.CannotOpen, match="one"):
        crypto.unseal(token, "a.b:1", crypto.parse_keys(TWO))


def test_what_was_sealed_by_one_cipher_is_read_while_the_other_is_written() -> None:
    token = crypto.seal("李敏", "a.b:1", RING)
    assert crypto.unseal(token, "a.b:1", CHINESE) == "李敏"
    assert crypto.seal("李敏", "a.b:1", CHINESE).startswith("2.one.")


@pytest.mark.parametrize(
    "spelling",
    [
        "13900000001",
        "139 0000 0001",
        "139-0000-0001",
        "+86 139 0000 0001",
        "0086-13900000001",
        "１３９０００００００１",
    ],
)
def test_a_phone_is_found_however_it_is_spelled(spelling: str) -> None:
    assert crypto.phone_index(spelling, RING) == crypto.phone_index("13900000001", RING) != ""


def test_a_land_line_is_the_same_with_and_without_the_country() -> None:
    assert crypto.plain_phone("010-5550 1000") == crypto.plain_phone("+86 10 5550 1000")
    assert crypto.phone_index("没有电话", RING) == ""


@pytest.mark.parametrize(
    "text",
    ["", "one:", "one:AAAA", "One:" + ONE[4:], f"{ONE},{ONE}", "one:not base64!"],
    ids=["none", "empty", "short", "capital", "twice", "no base64"],
)
def test_keys_that_cannot_be_used_are_refused_with_a_reason(text: str) -> None:
    with pytest.raises(crypto.BadKeys):
        crypto.parse_keys(text)


def test_the_first_start_makes_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "field_keys"
    made = crypto.kept_keys(file)
    assert crypto.kept_keys(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(crypto.parse_keys(made).keys) == 1


# The resident's row


def person(**known: Any) -> Resident:
    return Resident(**known)


def raw(case: Case) -> tuple[str, str, str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, phone, address, phone_index FROM complaints_resident WHERE case_id = %s", [case.pk]
        )
        row: tuple[str, str, str, str] = cursor.fetchone()
        return row


def test_the_database_holds_nothing_readable_and_people_read_everything(world: World) -> None:
    case = world.log(resident_name="张秀英", resident_phone="13900000001", resident_address="和平路12号")
    name, phone, address, index = raw(case)
    assert all(crypto.is_token(column) for column in (name, phone, address))
    assert "13900000001" not in index
    resident = Resident.objects.get(case=case)
    assert (resident.name, resident.phone, resident.address) == ("张秀英", "13900000001", "和平路12号")
    assert str(resident) == "张秀英"


def test_a_corrected_phone_is_found_by_its_new_number_only(world: World) -> None:
    case = world.log(resident_name="张秀英", resident_phone="13900000001")
    actions.edit(case, by=world.worker, now=world.now, version=case.version, resident_phone="13900000002")
    assert Resident.objects.with_phone("139 0000 0002").get().case_id == case.pk
    assert not Resident.objects.with_phone("13900000001").exists()
    assert not Resident.objects.with_phone("").exists()
    assert Resident.objects.get(case=case).name == "张秀英"


def test_a_colleague_sees_that_the_same_phone_has_reported_before(world: World) -> None:
    before = world.log(resident_phone="13900000001")
    found = alike(world.worker, world.now, text="", community=None, grid=None, phone="139-0000-0001")
    assert [(row.case.pk, row.same_phone) for row in found] == [(before.pk, True)]


def test_only_a_case_with_a_phone_is_to_be_called_back(world: World) -> None:
    for phone, wanted in (("13900000001", True), ("", False)):
        case = world.log(resident_name="张秀英", resident_phone=phone)
        actions.conclude(
            case,
            by=world.worker,
            now=world.now,
            version=case.version,
            outcome=Case.Outcome.RESOLVED,
            text="已更换灯泡。",
        )
        case.refresh_from_db()
        assert case.callback_wanted is wanted


def test_asking_the_database_for_a_name_is_refused_in_words(world: World) -> None:
    world.log(resident_name="张秀英")
    for ask in ({"name": "张秀英"}, {"name__contains": "张"}, {"phone__startswith": "139"}, {"name__in": ["张秀英"]}):
        with pytest.raises(sealed.NotByValue, match="encrypted"):
            Resident.objects.filter(**ask).exists()
    with pytest.raises(sealed.NotByValue, match="encrypted"):
        Resident.objects.update(name="李敏")


def test_rows_written_past_the_actions_are_sealed_too(world: World) -> None:
    one, two, three = world.log(resident_name=""), world.log(resident_name=""), world.log(resident_name="")
    Resident.objects.all().delete()
    Resident.objects.bulk_create([person(case=one, name="甲"), person(case_id=two.pk, name="乙")])
    person(case=three, name="丙", phone="13900000003").save()
    assert [crypto.is_token(raw(case)[0]) for case in (one, two, three)] == [True] * 3
    row = Resident.objects.only("phone").get(case=three)
    assert (row.phone, row.name) == ("13900000003", "丙")
    with pytest.raises(sealed.NotByValue, match="primary key"):
        person(name="无")
    with pytest.raises(ValueError, match="60"):
        person(case=three, name="长" * 61)


def test_the_database_refuses_readable_text_by_itself(world: World) -> None:
    case = world.log(resident_name="张秀英")
    for column in ("name", "phone", "address"):
        refused = pytest.raises(IntegrityError, match=f"resident_{column}_is_sealed")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE complaints_resident SET {column} = '张秀英' WHERE case_id = %s", [case.pk])


def test_a_token_moved_to_another_resident_does_not_open(world: World) -> None:
    one, two = world.log(resident_name="张秀英"), world.log(resident_name="李敏")
    Resident.objects.filter(case=two).update(name=raw(one)[0])
    with pytest.raises(crypto.CannotOpen):
        _ = Resident.objects.get(case=two).name


def test_a_dump_for_moving_house_carries_tokens_and_comes_back(world: World) -> None:
    case = world.log(resident_name="张秀英", resident_phone="13900000001")
    text = serializers.serialize("json", Resident.objects.all())
    assert "张秀英" not in text
    assert "13900000001" not in text
    Resident.objects.all().delete()
    for row in serializers.deserialize("json", text):
        row.save()
    assert Resident.objects.with_phone("13900000001").get(case=case).name == "张秀英"


def test_somebody_who_types_a_token_as_their_name_reads_just_that(world: World) -> None:
    typed = "1.one." + "A" * 44
    case = world.log(resident_name=typed)
    assert Resident.objects.get(case=case).name == typed
    assert raw(case)[0] != typed


# Checks of the installation


def codes(**given: Any) -> list[str | None]:
    return [message.id for message in usable_keys(**given)]


def test_a_misspelled_cipher_or_key_stops_the_start_with_a_reason(settings: Any, tmp_path: Path) -> None:
    settings.FIELD_KEYS = ONE
    assert codes() == []
    settings.FIELD_CIPHER = "sm4"
    assert codes() == []
    settings.FIELD_CIPHER = "des"
    assert codes() == ["linli.E032"]
    settings.FIELD_CIPHER = "aes"
    settings.FIELD_KEYS = "one:short"
    assert codes() == ["linli.E034"]
    settings.FIELD_KEYS, settings.FIELD_KEYS_FILE = "", tmp_path / "keys"
    assert codes() == []
    crypto.kept_keys(settings.FIELD_KEYS_FILE).strip()
    assert codes() == []
    settings.FIELD_KEYS_FILE.chmod(0o644)
    assert codes() == ["linli.W035"]


def test_where_openssl_lacks_the_chinese_cipher_the_start_says_so(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crypto, "available", lambda version: version == crypto.AES)
    settings.FIELD_KEYS, settings.FIELD_CIPHER = ONE, "sm4"
    assert codes() == ["linli.E033"]
    settings.FIELD_CIPHER = "aes"
    assert codes() == []
