"""Words to residents hold no telephone number, however it is set; dates, numbers of cases and figures stay."""

from __future__ import annotations

import pytest

from supervision.bulletin.naming import points_at


@pytest.mark.parametrize(
    "words",
    [
        "来电13912345678。",
        "电话 139 0000 0001",
        "139-0000-0001",
        "电话１３９０００００００１",
        "１３９－００００－０００１",
        "139·0000·0001",
        "139—0000—0001",
        "1 3 9 0 0 0 0 0 0 0 1",
        "+86 139 0000 0001",
        "8613900000001",
        "3号楼 13900000001 5单元",
        "010-55501000",
        "010-5550-1000",
        "(010) 5550 1000",
        "（０１０）５５５０１０００",
        "0311 8765432",
        "TST-20261013-0001 来电 0311-87654321",
    ],
)
def test_a_telephone_number_is_found_however_it_is_set(words: str) -> None:
    assert points_at(f"请拨打{words}联系。", [])


@pytest.mark.parametrize(
    "words",
    [
        "TST-20261013-0001",
        "TST-20261013-0312 2026-10-13 办结",
        "20261013-0312 20261013-0313",
        "2026-10-13 18 件",
        "15-18 2026-10-20 3 件",
        "2026.10.15—2026.10.31",
        "2026年10月13日 13:00-18:00",
        "共 1390 件，按时 1380 件，占 99.28%",
        "05-12 2026-10-01",
        "预算 18 000 000 元",
    ],
)
def test_dates_numbers_of_cases_and_figures_are_no_telephone_numbers(words: str) -> None:
    assert points_at(f"本月{words}。", []) is None


def test_a_name_of_one_character_is_none_and_a_name_across_lines_neither() -> None:
    assert points_at("明天停水。", ["明"]) is None
    assert points_at("感谢小李\n明天停水。", ["李明"]) is None
    assert points_at("感谢阿卜杜热合曼。", ["阿卜杜·热合曼"])
