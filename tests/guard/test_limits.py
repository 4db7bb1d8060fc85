from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from config.guard import doors, limits
from config.guard.address import network
from config.guard.doors import REPORT, TRACK, Door
from config.guard.limits import Limit, Stage, TooMany, Use
from config.guard.models import Salt, Spent, Tally

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
TEN = Limit("ten", 600, harder=3, most=10)


def ask(address: str = "203.0.113.7", **meta: str) -> Any:
    return RequestFactory().get("/", REMOTE_ADDR=address, **meta)  # type: ignore[arg-type]


def knock(times: int, who: str = "a", *, limit: Limit = TEN, now: datetime = NOW) -> list[str]:
    """What somebody meets who comes so often."""
    met = []
    for _time in range(times):
        try:
            met.append(limits.count([Use(limit, (who,))], now=now).name)
        except TooMany:
            met.append("STOP")
    return met


@pytest.mark.django_db
def test_more_traffic_means_harder_proofs_first_and_a_closed_door_last() -> None:
    assert knock(13) == ["NORMAL"] * 3 + ["HARDER"] * 3 + ["HARDEST"] * 4 + ["STOP"] * 3
    assert knock(1, "somebody else") == ["NORMAL"]


@pytest.mark.django_db
def test_who_is_refused_is_told_when_to_come_back_and_can() -> None:
    knock(10)
    with pytest.raises(TooMany) as refusal:
        limits.count([Use(TEN, ("a",))], now=NOW)
    wait = refusal.value.retry_after
    assert 600 < wait < 700
    assert "分钟" in str(refusal.value) or "minutes" in str(refusal.value)
    assert knock(1, now=NOW + timedelta(seconds=wait - 2)) == ["STOP"]
    assert knock(1, now=NOW + timedelta(seconds=wait)) != ["STOP"]


@given(before=st.integers(0, 10), count=st.integers(0, 10), passed=st.floats(0, 0.999), most=st.just(10))
def test_the_promised_time_is_never_too_early(before: int, count: int, passed: float, most: int) -> None:
    if TEN.used(count, before, passed) + 1 <= most:
        return
    at = passed + TEN.retry_after(count, before, passed) / TEN.seconds
    used = TEN.used(count, before, at) if at < 1 else TEN.used(0, count, at - 1)
    assert used + 1 <= most + 1e-9


@pytest.mark.django_db
def test_hammering_at_a_closed_door_does_not_keep_it_closed_for_the_neighbours() -> None:
    """One of a housing estate's network sends ten a second for an hour; the limit's pace still gets through."""
    at, let_in = NOW, 0
    for _second in range(0, 3600, 4):
        at += timedelta(seconds=4)
        let_in += sum(met != "STOP" for met in knock(2, now=at))
    assert 50 <= let_in <= 70


@pytest.mark.django_db
def test_what_everybody_does_together_closes_nothing() -> None:
    everybody = Limit("all", 60, harder=3)
    assert knock(40, limit=everybody)[-1] == "HARDEST"


@pytest.mark.django_db
def test_time_heals() -> None:
    knock(10)
    assert knock(1, now=NOW + timedelta(minutes=20)) == ["NORMAL"]


@pytest.mark.django_db
def test_a_look_does_not_count() -> None:
    use = [Use(TEN, ("a",))]
    assert [limits.look(use, now=NOW) for _ in range(20)][-1] == Stage.NORMAL
    knock(9)
    assert limits.look(use, now=NOW) == Stage.HARDEST
    knock(1)
    assert limits.look(use, now=NOW) == Stage.STOP
    limits.forgive(use, now=NOW)
    assert limits.look(use, now=NOW) == Stage.HARDEST


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_are_counted_one_by_one() -> None:
    def one(_number: int) -> str:
        try:
            return knock(1)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        met = list(pool.map(one, range(50)))
    assert met.count("STOP") == 40
    assert Tally.objects.get().count == 10
    Tally.objects.all().delete()
    limits._salts.clear()


# Who somebody is, and what is kept of it


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/56"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("", "unknown"),
        ("nonsense\0", "unknown"),
    ],
)
def test_only_the_network_counts(address: str, found: str) -> None:
    assert network(ask(address)) == found


def test_an_address_that_anybody_can_write_counts_only_from_a_proxy_of_ours(settings: Any) -> None:
    told = ask("10.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.9, 203.0.113.7")
    assert network(told) == "10.0.0.0/24"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert network(told) == "203.0.113.0/24"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 5
    assert network(told) == "10.0.0.0/24"


@pytest.mark.django_db
def test_no_address_number_or_code_is_in_the_tables() -> None:
    TRACK.enter(ask(), now=NOW, number="TST-20261118-0001", code="7KM4P-XH3RT-92WEA")
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM guard_tally t UNION SELECT s::text FROM guard_salt s")
        text = " ".join(row[0] for row in cursor.fetchall())
    for mark in ("203.0.113", "cb0071", "TST", "0001", "7KM4P", b"203.0.113".hex(), b"TST-2026".hex(), b"7KM4P".hex()):
        assert mark not in text
    assert all(len(bytes(row.key)) == 16 for row in Tally.objects.all())


@pytest.mark.django_db
def test_keys_of_yesterday_mean_nothing_today() -> None:
    use = Use(TEN, ("203.0.113.0/24",))
    today, tomorrow = limits.key(use, NOW), limits.key(use, NOW + timedelta(days=1))
    assert today == limits.key(use, NOW)
    assert today != tomorrow
    limits.sweep(NOW + timedelta(days=1))
    assert [row.day for row in Salt.objects.all()] == [(NOW + timedelta(days=1)).date()]


@pytest.mark.django_db
def test_what_is_over_is_swept_away_by_and_by(monkeypatch: pytest.MonkeyPatch) -> None:
    knock(1)
    Spent.objects.create(key=b"x" * 16, expires_at=NOW)
    monkeypatch.setattr(limits, "SWEEP_EVERY", 1)
    knock(1, "b", now=NOW + timedelta(hours=1))
    assert Tally.objects.count() == 1
    assert not Spent.objects.exists()


@pytest.mark.django_db
def test_tallies_never_reach_the_write_ahead_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, relpersistence FROM pg_class WHERE relname LIKE 'guard%' AND relkind = 'r'")
        assert dict(cursor.fetchall()) == {"guard_tally": "u", "guard_salt": "u", "guard_spent": "p"}


# Doors


def enter(door: Door, address: str, **subjects: str) -> str:
    try:
        return door.enter(ask(address), now=NOW, **subjects).name
    except TooMany:
        return "STOP"


@pytest.mark.django_db
def test_guessing_codes_for_a_number_ends_and_its_resident_comes_in_from_elsewhere() -> None:
    guesses = [enter(TRACK, "203.0.113.7", number="TST-1", code=str(n)) for n in range(30)]
    assert guesses.count("STOP") == 20
    for n in range(200):  # from many networks: no door closes, proofs get harder
        assert enter(TRACK, f"198.51.{n}.1", number="TST-1", code=f"x{n}") != "STOP"
    assert enter(TRACK, "192.0.2.1", number="TST-1", code="right") == "HARDEST"
    assert enter(TRACK, "203.0.113.8", number="TST-2", code="right") != "STOP"


@pytest.mark.django_db
def test_trying_one_code_on_many_numbers_ends() -> None:
    tries = [enter(TRACK, "203.0.113.7", number=f"TST-{n}", code="same") for n in range(30)]
    assert tries.count("STOP") == 10


@pytest.mark.django_db
def test_a_resident_who_looks_often_with_the_right_code_is_never_slowed() -> None:
    for _time in range(40):
        assert enter(TRACK, "203.0.113.7", number="TST-1", code="right") == "NORMAL"
        TRACK.forgive(ask(), now=NOW, number="TST-1", code="right")


@pytest.mark.django_db
def test_a_housing_estate_can_report_a_burst_pipe_and_one_flooder_stops_only_their_network() -> None:
    met = [enter(REPORT, f"203.0.113.{n % 250}") for n in range(60)]
    assert "STOP" not in met
    assert enter(REPORT, "203.0.113.9") == "STOP"
    assert enter(REPORT, "198.51.100.1") != "STOP"


@pytest.mark.django_db
def test_the_refusal_says_429_when_to_come_back_and_where_else_to_go() -> None:
    for _time in range(60):
        enter(REPORT, "203.0.113.7")
    with pytest.raises(TooMany) as refusal:
        REPORT.enter(ask(), now=NOW)
    from django.contrib.auth.models import AnonymousUser

    request = ask()
    request.user, request.session = AnonymousUser(), {}
    answer = doors.refused(request, refusal.value)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == refusal.value.retry_after
    assert str(refusal.value) in answer.content.decode()
