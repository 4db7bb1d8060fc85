"""What the public version holds back cannot be reckoned from what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from random import Random
from typing import Any

import pytest

from supervision.bulletin import figures as engine
from supervision.bulletin.facts import Fact
from supervision.bulletin.public import STREET, publish, reveals, shown
from supervision.rates import Terms

T = 3
TERMS = Terms(suppress_below=T, minimum_sample=1)
Cells = tuple[int, int]


def month(table: Mapping[int, Cells]) -> dict[str, Any]:
    """Figures of a month in which the communities kept and broke so many limits."""
    facts = [
        Fact(f"{community}-{verdict}-{n}", community=community, due=verdict)
        for community, cells in table.items()
        for verdict, count in zip(("kept", "late"), cells, strict=True)
        for n in range(count)
    ]
    nothing = engine.summary([])
    return engine.figures(engine.summary(facts), nothing, nothing, TERMS, [str(community) for community in table])


def candidates(version: Mapping[str, Any], communities: list[int]) -> list[dict[int, Cells]]:
    """Every table that agrees with what is published and with "nought is always shown". This is the attacker."""
    rows, tables = version["rows"], version["tables"]
    whole, kept, late = (rows[STREET].get(column) for column in ("due", "kept", "late"))
    if whole is None:
        return []

    def rows_of(community: int) -> Iterator[Cells]:
        seen = rows.get(str(community), {})
        for cells in [(kept, late) for kept in range(whole + 1) for late in range(whole + 1)]:
            total = sum(cells)
            if "kept" in seen:
                if cells == (seen["kept"], seen["late"]):
                    yield cells
            elif "due" in seen:
                if total == seen["due"]:
                    yield cells
            elif total <= whole and (total > 0 or len(tables["due"]) == 1):
                yield cells

    found = []
    for choice in product(*(list(rows_of(community)) for community in communities)):
        sums = [sum(column) for column in zip(*choice, strict=True)]
        if sum(sums) == whole and (kept is None or sums == [kept, late]) and agrees(sums, version["bounds"]):
            found.append(dict(zip(communities, choice, strict=True)))
    return found


def agrees(sums: list[int], bounds: Mapping[str, Any]) -> bool:
    told = bounds.get("on_time", {})
    return ("low" not in told or 0 < sums[1] < T) and ("high" not in told or 0 < sums[0] < T)


def test_a_month_says_from_where_on_a_rate_lies_and_a_quarter_does_not() -> None:
    table = {1: (28, 1), 2: (30, 0)}
    assert publish(month(table), TERMS, bounds=True)["bounds"] == {"on_time": {"low": "96.6", "whole": 59}}
    assert publish(month(table), TERMS)["bounds"] == {}
    assert publish(month({1: (1, 28), 2: (0, 30)}), TERMS, bounds=True)["bounds"]["on_time"]["high"] == "3.4"
    assert publish(month({1: (28, 9), 2: (30, 0)}), TERMS, bounds=True)["bounds"] == {}


@pytest.mark.parametrize("seed", range(60))
def test_no_small_number_can_be_recovered_from_the_totals(seed: int) -> None:
    rng = Random(seed)
    communities = list(range(1, rng.choice((3, 4, 4))))
    table = {one: (rng.choice((0, 1, 2, 3, 4, 6)), rng.choice((0, 0, 1, 2, 3))) for one in communities}
    version = publish(month(table), TERMS, bounds=True)
    possible = candidates(version, communities)
    assert not possible or table in possible
    for community, cells in table.items():
        seen = version["rows"].get(str(community), {})
        for n, column in enumerate(("kept", "late")):
            if 0 < cells[n] < T:
                assert column not in seen
                assert not possible or len({found[community][n] for found in possible}) > 1, (table, version["rows"])
        if 0 < sum(cells) < T:
            assert "due" not in seen
            assert not possible or len({sum(found[community]) for found in possible}) > 1, (table, version["rows"])


def test_two_small_rows_are_not_given_away_by_their_sum() -> None:
    """1 + 1 = 2 would tell both, and so would 1 + 1 + 1 + 1 + 1 = 5."""
    assert shown({"a": (1,), "b": (1,), "c": (9,), "d": (20,)}, 5) == {"d"}
    assert shown(dict.fromkeys("abcde", (1,)) | {"f": (30,), "g": (40,)}, 5) == {"g"}


def test_where_nothing_hides_a_number_no_row_is_shown() -> None:
    assert shown({"a": (1,), "b": (5,), "c": (0,)}, 7) == frozenset()


def test_nought_and_large_numbers_stay() -> None:
    assert shown({"a": (0,), "b": (5,), "c": (12,)}, 5) == {"a", "b", "c"}


def test_a_quarter_shows_only_what_all_its_months_showed() -> None:
    """Otherwise the quarter less two months would be the third."""
    months = [
        {1: (9, 0), 2: (8, 0), 3: (30, 0)},
        {1: (9, 0), 2: (1, 0), 3: (30, 0)},
        {1: (9, 0), 2: (8, 0), 3: (30, 0)},
    ]
    versions = [publish(month(table), TERMS) for table in months]
    assert "2" not in versions[1]["tables"]["due"]
    sums = {one: (sum(table[one][0] for table in months), 0) for one in (1, 2, 3)}
    quarter = publish(month(sums), TERMS, versions)
    assert "2" not in quarter["tables"]["due"]
    assert "2" in publish(month(sums), TERMS)["tables"]["due"]


def test_a_month_is_not_published_after_a_quarter_that_would_give_it_away() -> None:
    quarter = publish(month({1: (27, 0), 2: (17, 0), 3: (90, 0)}), TERMS)
    assert reveals(publish(month({1: (9, 0), 2: (1, 0), 3: (30, 0)}), TERMS), quarter)
    assert not reveals(publish(month({1: (9, 0), 2: (8, 0), 3: (30, 0)}), TERMS), quarter)


def test_a_percentage_of_numbers_held_back_is_held_back() -> None:
    version = publish(month({1: (20, 1), 2: (30, 0), 3: (40, 1)}), TERMS)
    assert version["rates"][STREET]["on_time"] is None
    assert version["rows"][STREET]["due"] == 92
    assert "late" not in version["rows"][STREET]
    assert all(rates["on_time"] is None for rates in version["rates"].values())


def test_the_unrated_do_not_give_away_how_few_rated() -> None:
    figures = month({1: (20, 0), 2: (30, 0)})
    figures["street"]["counts"] |= {"concluded": 44, "unrated": 42, "rated": 2, "satisfied": 2}
    assert not {"unrated", "rated"} & set(publish(figures, TERMS)["rows"][STREET])
    figures["street"]["counts"] |= {"unrated": 40, "rated": 4, "satisfied": 4}
    assert {"unrated", "rated"} <= set(publish(figures, TERMS)["rows"][STREET])


def test_late_with_and_without_reason_is_not_shown_where_late_is_not() -> None:
    figures = month({1: (20, 2), 2: (30, 0)})
    figures["street"]["counts"] |= {"late_explained": 0, "late_unexplained": 2}
    assert not {"late", "late_explained", "late_unexplained"} & set(publish(figures, TERMS)["rows"][STREET])
