"""Whether a report is about a leader of the street. Plain texts in, an answer out; asked before anything is stored.

“Whom it is about” is taken at its word: a name, an office of the street, a surname with what people call its bearer. In
running text offices are mentioned in passing as well (“I told the street's secretary”), so they are only a guess there.
The secretary or director of a community is never meant: 社区书记, 居委会主任 and 社区王主任 can be reported.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Leader:
    name: str
    title: str = ""


class Match(StrEnum):
    """NONE: not about a leader. GUESS: perhaps, the reporter may say no. SURE: a name, or said to be whom it is about."""

    NONE = "none"
    GUESS = "guess"
    SURE = "sure"


# The signs of offices as they are written in Hong Kong and Taiwan.
PLAIN = str.maketrans("書記黨處辦長區領導務紀員團關婦網業", "书记党处办长区领导务纪员团关妇网业")
TWO_SIGNS = """欧阳 上官 司徒 司马 司空 诸葛 夏侯 皇甫 尉迟 公孙 公冶 公羊 慕容 令狐 东方 东郭 西门 南宫 南门 闻人
    宇文 长孙 端木 百里 呼延 轩辕 独孤 申屠 澹台 淳于 单于 太史 太叔 赫连 钟离 濮阳 宗政 第五 万俟 鲜于 拓跋 仲孙"""
COMPOUND = frozenset(TWO_SIGNS.split())  # surnames
RANK = r"(?:第一|常务)?副?(?:书记|主任)(?!员|科员|助理|医师|护师)"
# 关工委, 团工委, 妇工委: committees that communities have too, and that do not lead the street.
OFFICE = r"(?:街道|街办|(?<!社区)(?<!社区党)(?<!社区纪)(?<![关团妇])工委|办事处)"
BODY = r"(?:党工委|纪工委|工委|党委|纪委|办事处|办|人大)*的?"
SURNAME = rf"(?:{'|'.join(sorted(COMPOUND))}|[^\W\d_室科所站组队村居院楼会校厂])?"
POST = re.compile(rf"{OFFICE}{BODY}{SURNAME}{RANK}")
HEADS = re.compile(r"街道(?:党工委|工委|党委|办事处|办)?的?(?:主要|分管|包片|班子|党政)*(?:领导|一把手|班子)")
TITLES = re.compile(r"副?(?:书记|主任|部长|组长|主席|处长|局长|领导)")
# What stands before the surname of somebody who does not lead the street: 社区王主任, 居委会的王主任, 综治办王主任.
ELSEWHERE = re.compile(
    r"(?:社区|居委会?|村委会?|网格|支部|总支|小区|物业|业委会|服务站|工作站|中心|窗口|办公室|[科所站]|(?<!街道)(?<!街)办)"
    r"(?:党委|两委|党?总?支部?|居委会?)?[的姓]?$"
)
OF_THE_STREET = re.compile(r"街道|街办|工委|办事处")
SHORTEST_TITLE = 4  # “主任” alone would be every community's director


def about_leader(who: str, others: Iterable[str], leaders: Iterable[Leader]) -> Match:
    """`who`: whom it is about, as typed; `others`: everything else that was typed. The list of leaders helps with names
    and titles; the offices every street has are known without it."""
    described, rest = squeezed(who), [squeezed(text) for text in others]
    known = [Leader(squeezed(leader.name), squeezed(leader.title)) for leader in leaders]
    if any(len(leader.name) > 1 and leader.name in text for leader in known for text in [described, *rest]):
        return Match.SURE
    if _post(described) or HEADS.search(described) or any(_described(described, leader) for leader in known):
        return Match.SURE
    titles = [leader.title for leader in known if OF_THE_STREET.search(leader.title)]
    if any(_post(text) or any(_full(title, text) for title in titles) for text in rest):
        return Match.GUESS
    return Match.NONE


def squeezed(text: str) -> str:
    """In one spelling, without blanks and signs nobody sees, so that 王 强 is 王强."""
    plain = unicodedata.normalize("NFKC", text).translate(PLAIN)
    return "".join(sign for sign in plain if not sign.isspace() and unicodedata.category(sign) != "Cf").casefold()


def _post(text: str) -> bool:
    return POST.search(text) is not None


def _full(title: str, text: str) -> bool:
    return len(title) >= SHORTEST_TITLE and title in text


def _described(who: str, leader: Leader) -> bool:
    """By the full title, or as people say it: 上官主任, 文清主任."""
    if _full(leader.title, who):
        return True
    called = {form for title in TITLES.findall(leader.title) for form in (title, title.removeprefix("副"))}
    surnames, given = _parts(leader.name)
    return any(_called(who, short + title) for short in surnames for title in called) or any(
        re.search(rf"(?:^|[\W的]){re.escape(short + title)}", who) for short in given for title in called
    )


def _parts(name: str) -> tuple[set[str], set[str]]:
    """The surname, in both readings where there are two, and the given name when it has two signs or more."""
    if len(name) < 2:
        return set(), set()
    ends = {2} if name[:2] in COMPOUND and len(name) > 2 else {1, 2} if len(name) > 3 else {1}
    return {name[:end] for end in ends}, {name[end:] for end in ends if len(name) - end > 1}


def _called(who: str, words: str) -> bool:
    """Whether the words stand there for somebody of the street: not 社区王主任, and 司马主任 is no 马主任."""
    for found in re.finditer(re.escape(words), who):
        before = who[: found.start()]
        if before[-1:] + words[:1] not in COMPOUND and not ELSEWHERE.search(before):
            return True
    return False
