"""Plain questions answered with published texts only: which text fits, how well, and which part was asked for.

A question becomes pairs of characters. A text fits as far as it covers the question's characters, rare ones counting
more; words of its name (or of the words people use for it) count in full, words of its body half. A question that
says one of those words outright fits better still, however much else it tells. A text about another thing never fits, though
the same is done with both (`meant`). Below `ENOUGH` nothing is shown: the person is led to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import log
from typing import NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchRank
from django.db import connection
from django.db.models import F, Func, Q, TextField
from django.db.models.functions import Coalesce

from config.lib.words import RUN
from services.guide import answers, raw_query, shown, whole_items
from services.models_guide import GuideWords, KnowledgeArticle, ServiceItem

ENOUGH = 0.55
NEAR_BEST = 0.7
SAID, SAID_LONG = 0.3, 0.4
TOO_GENERAL = 1.17  # the rarity of a word that nearly every second text has
COMPARED, SHOWN = 40, 4
REACH = 1_000

# What people say around the thing they ask about. Longest first, or "怎么" would leave the "办" of "怎么办" behind.
FILLERS = re.compile(
    "请问一下|我想问问|我想问一下|请问|你好|您好|想知道|想了解|麻烦问下|咨询一下|帮我查一下"
    "|需要带些什么|要带什么|需要什么|要什么|带什么|有什么用|什么时候|什么地方|什么条件|什么手续|什么样|有什么"
    "|怎么样办理|怎么样|怎么办理|如何办理|怎么申请|如何申请|怎么弄|怎么办|怎么领|怎么交|怎么|怎样|如何|咋办|咋弄|咋"
    "|在哪里办|去哪里办|到哪里办|在哪办|去哪办|去哪里|在哪里|到哪里|哪里|哪儿|在哪|去哪"
    "|多长时间|多少天|多少钱|多久|几天|能不能|可不可以|可以吗|行不行|是不是|有没有|要不要|可以|应该|什么|多少"
    "|能批下来|批下来|办下来|能办好|下来|我家里|一个|一下|如果|现在|已经"
    "|[我你您他她它咱俺的了吗呢吧啊呀嘛么们想]"
)
# What is done with a paper or a right. Whatever is lost is lost in the same words: they do not tell things apart.
DEEDS = re.compile(
    "(补办|补领|补换|换领|换证|更换|申请|申领|办理|登记|挂失|备案|认定|确认|签注|丢失|遗失|丢|失效|到期|过期"
    "|查询|变更|注销|^[补换领办开查交]$)"
)
ENDINGS = re.compile("(申请|办理|申领|登记|认定|确认)$")
PARTS = {
    "materials": re.compile("材料|证件|带什么|带些什么|要什么|需要什么|手续|证明|清单"),
    "time": re.compile("多久|几天|多长时间|多少天|什么时候|时限|期限|下来|时间"),
    "place": re.compile("哪里|哪儿|在哪|去哪|地址|电话|地方|窗口|几点|上班"),
    "fee": re.compile("多少钱|费用|收费|要钱|免费|工本费"),
    "who": re.compile("条件|资格|谁能|谁可以|能不能|可不可以|哪些人|符合"),
    "steps": re.compile("怎么|如何|怎样|流程|步骤|手续"),
}


class Text(NamedTuple):
    """A published text as search words."""

    head: frozenset[str]
    body: frozenset[str]
    names: tuple[str, ...] = ()


class Fit(NamedTuple):
    """How well a text answers: the share of the question it covers, more when one of its names is said; then how much
    of its own name was asked for."""

    score: float
    closeness: float


@dataclass(frozen=True)
class Quote:
    """One published text that answers. Exactly one of the two is set."""

    article: KnowledgeArticle | None = None
    item: ServiceItem | None = None


@dataclass(frozen=True)
class Answered:
    quotes: list[Quote] = field(default_factory=list)
    parts: frozenset[str] = frozenset()


# ---- pure


def runs(question: str) -> list[str]:
    """The words of a question without what people say around it."""
    return RUN.findall(FILLERS.sub(" ", question))


def pairs(run: str) -> list[str]:
    """The search words of one run, each standing where it begins."""
    if run[0].isascii():
        return [run.lower()]
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def asked_parts(question: str) -> frozenset[str]:
    return frozenset(name for name, words in PARTS.items() if words.search(question))


def rarity(words: Iterable[str], known: Mapping[str, int], texts: int) -> dict[str, float]:
    """What a word counts: much when few texts have it, most when none has."""
    return {word: log(1 + texts / (1 + known.get(word, 0))) for word in words}


def names(name: str, keywords: str) -> tuple[str, ...]:
    """What a text is called: its name without the ending every item has, and the words people use for it."""
    return tuple(word for word in map(plain, (ENDINGS.sub("", name), *keywords.split())) if len(word) > 1)


def plain(text: str) -> str:
    """Letters, figures and characters only, so that marks do not tell texts apart."""
    return "".join(RUN.findall(text)).lower()


def fit(question: str, text: Text, weight: Mapping[str, float]) -> Fit:
    """A character counts as its commonest word does: pairs that reach across two words are rare by accident."""
    won = total = 0.0
    hit: set[str] = set()
    for run in runs(question):
        words = pairs(run)
        for place in range(1 if run[0].isascii() else len(run)):
            around = words[max(place - 1, 0) : place + 1]
            counts = min(weight[word] for word in around)
            total += counts
            won += counts * max(_value(word, text) for word in around)
        hit.update(word for word in words if word in text.head)
    own = sum(1 for word in text.head if len(word) > 1) or 1
    return Fit(won / total + _said(plain(question), text.names), len(hit) / own) if total else Fit(0, 0)


def meant(question: str, text: Text) -> bool:
    """Whether the text is about the thing asked about, not only about what is to be done with it.

    Enough is one of its names. Otherwise it must be called by more than half of the thing's characters, by the last
    word of a thing too, where Chinese says what kind of thing it is (银行卡, 公交卡), and know one of the deeds.
    """
    if _said(plain(question), text.names):
        return True
    parts = [part for run in runs(question) for part in DEEDS.split(run) if part]
    deeds = [part for part in parts if DEEDS.fullmatch(part)]
    things = [_called(part, text) for part in parts if not DEEDS.fullmatch(part)]
    covered = [one for called in things for one in called]
    return (
        2 * sum(covered) > len(covered)
        and any(called[-1] for called in things)
        and (not deeds or any((text.head | text.body).issuperset(pairs(deed)) for deed in deeds))
    )


def _called(thing: str, text: Text) -> list[bool]:
    """For each character of the thing (a Latin word is one) whether the text is called by it; the last is the word's."""
    words = [word in text.head for word in pairs(thing)]
    if len(words) == 1:
        return words * (1 if thing[0].isascii() else len(thing))
    return [any(words[max(place - 1, 0) : place + 1]) for place in range(len(words) + 1)]


def _said(question: str, names: tuple[str, ...]) -> float:
    longest = max((len(name) for name in names if name in question), default=0)
    return (SAID_LONG if longest > 2 else SAID) if longest else 0.0


def _value(word: str, text: Text) -> float:
    return 1.0 if word in text.head else 0.5 if word in text.body else 0.0


def best(fits: Mapping[int, Fit]) -> list[int]:
    """Those that fit well enough and nearly as well as the best, best first."""
    ordered = sorted((key for key, found in fits.items() if found.score >= ENOUGH), key=lambda key: (fits[key], -key))
    ordered.reverse()
    return [key for key in ordered if fits[key].score >= NEAR_BEST * fits[ordered[0]].score][:SHOWN]


def rarest(known: Mapping[str, int]) -> list[str]:
    """The words to look for: rare ones first, as many as bring a thousand texts to compare; words nothing has are left."""
    kept: list[str] = []
    reach = 0
    for word in sorted((word for word, count in known.items() if count), key=lambda word: (known[word], word)):
        if kept and reach + known[word] > REACH:
            break
        kept.append(word)
        reach += known[word]
    return kept


# ---- with the database


def ask(question: str) -> Answered:
    """Ten queries at most, however many texts there are."""
    words = list(dict.fromkeys(word for run in runs(question) for word in pairs(run)))
    if not words:
        return Answered()
    known, texts = _known(words)
    weight = rarity(words, known, texts)
    wanted = [word for word in words if known.get(word)]
    if all(weight[word] < TOO_GENERAL for word in wanted):
        return Answered()
    rows = {row.pk: row for row in _candidates(rarest(known))}
    texts_of = {key: _text(row) for key, row in rows.items()}
    fits = {key: fit(question, text, weight) for key, text in texts_of.items() if meant(question, text)}
    return Answered(_quotes([rows[key] for key in best(fits)]), asked_parts(question))


def _text(row: GuideWords) -> Text:
    return Text(frozenset(row.head), frozenset(row.all_words), names(row.called, row.keywords))  # type: ignore[attr-defined]


def _known(words: list[str]) -> tuple[dict[str, int], int]:
    """In how many texts each word stands, counted until it is half of them, and how many texts there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH texts AS (SELECT count(*) AS most FROM services_guidewords)
            SELECT word, (SELECT count(*) FROM (SELECT 1 FROM services_guidewords
                          WHERE grams @@ quote_literal(word)::tsquery
                          LIMIT (SELECT most / 2 + 1 FROM texts)) AS a), (SELECT most FROM texts)
            FROM unnest(%s::text[]) AS word
            """,
            [words],
        )
        found = cursor.fetchall()
    return {word: count for word, count, _all in found}, found[0][2]


def _candidates(words: list[str]) -> list[GuideWords]:
    """The texts that share most with the question, with `head`, `all_words`, `called` and `keywords`."""
    wanted = raw_query(" | ", words)
    listed = Q(item__in=shown().values("pk")) | Q(article__in=answers().values("pk"))
    ranked = GuideWords.objects.filter(listed, grams=wanted).order_by(SearchRank(F("grams"), wanted).desc(), "pk")
    # Two steps: in one, PostgreSQL would take the words of every match apart before it sorts them.
    first = list(ranked.values_list("pk", flat=True)[:COMPARED])
    array = ArrayField(TextField())
    return list(
        GuideWords.objects.filter(pk__in=first)
        .annotate(
            head=Func("grams", template="tsvector_to_array(ts_filter(%(expressions)s, '{a}'))", output_field=array),
            all_words=Func("grams", function="tsvector_to_array", output_field=array),
            called=Coalesce("item__name", "article__question"),
            keywords=Coalesce("item__keywords", "article__keywords"),
        )
        .defer("grams")
    )


def _quotes(rows: list[GuideWords]) -> list[Quote]:
    items = whole_items().in_bulk([row.item_id for row in rows if row.item_id])
    articles = answers().select_related("item").in_bulk([row.article_id for row in rows if row.article_id])
    found = [Quote(articles.get(row.article_id or 0), items.get(row.item_id or 0)) for row in rows]
    return [quote for quote in found if quote.article or quote.item]
