"""The service guide in queries and words: what is asked for, where, by when, and how it is found."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Count, F, Prefetch, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from config.lib.text import UNFIT, one_line
from config.lib.words import grams, query_grams
from services.clock import Mode, shown_windows
from services.models import Schedule
from services.models_guide import ItemCategory, ItemCounter, ItemRevision, KnowledgeArticle, MaterialRequirement
from services.models_guide import ServiceItem as Item
from services.policies import amount_text
from staff.models import Street

LONGEST_QUESTION = 200
A_GLANCE = 8


class Figures(NamedTuple):
    """What an item costs a person: steps to go, papers to bring, working days to wait."""

    steps: int
    materials: int
    days: int


class Place(NamedTuple):
    name: str
    window: str
    address: str
    phone: str


@dataclass(frozen=True)
class StreetPlaces:
    street: Street
    places: list[Place]


class Question(NamedTuple):
    text: str
    was_cut: bool


# ---- texts


def read_question(typed: str) -> Question:
    """What was typed as one line of ordinary characters, at most 200 of them."""
    head = unicodedata.normalize("NFKC", typed[: 4 * LONGEST_QUESTION])
    text = one_line(UNFIT.sub(" ", head))
    return Question(text[:LONGEST_QUESTION].strip(), len(typed) > LONGEST_QUESTION)


def weighted_words(head: Iterable[str], body: Iterable[str]) -> str:
    """A tsvector as it is written: words of the head weigh A, other words D. Grams are letters and digits only."""
    first = grams(*head)
    known = set(first)
    return " ".join([*(f"{word}:1A" for word in first), *(f"{word}:1" for word in grams(*body) if word not in known)])


def item_words(
    item: Item, category: str, materials: Sequence[MaterialRequirement], steps: Iterable[tuple[str, str]]
) -> str:
    papers = (text for paper in materials for text in (paper.name, paper.source, paper.condition))
    said = (text for step in steps for text in step)
    body = (category, item.summary, item.who, item.fee, item.basis, *papers, *said)
    return weighted_words((item.name, item.keywords, item.code), body)


def article_words(article: KnowledgeArticle) -> str:
    return weighted_words((article.question, article.keywords), (article.answer, article.source))


def days_text(days: int) -> str:
    return amount_text(Mode.WORKING_DAYS_CLOSE, days) if days else _("Done while you wait")


def hours_text(item: Item) -> str:
    return item.hours or (schedule_text(item.schedule) if item.schedule else "")


def schedule_text(schedule: Schedule) -> str:
    windows = " / ".join("–".join(pair) for pair in shown_windows(schedule.hours().windows))
    every_day = schedule.day_rule == Schedule.DayRule.EVERY_DAY
    words = _("Every day %(windows)s") if every_day else _("Working days %(windows)s")
    return words % {"windows": windows}


def paper_form(paper: MaterialRequirement) -> list[str]:
    """In which form a paper is asked, in words."""
    if paper.shared:
        return [_("need not be brought: we look it up")]
    forms = [_("original")] if paper.original else []
    if paper.copies:
        forms.append(_("%(count)s copies") % {"count": paper.copies} if paper.copies > 1 else _("1 copy"))
    if paper.electronic:
        forms.append(_("electronic version accepted"))
    return forms


# ---- queries


def shown() -> QuerySet[Item]:
    return Item.objects.filter(is_active=True)


def categories() -> QuerySet[ItemCategory]:
    """With `shown`: how many items residents see in each."""
    shown_items = Count("items", filter=Q(items__is_active=True))
    return ItemCategory.objects.annotate(shown=shown_items).order_by("position", "id")


def at_a_glance() -> QuerySet[Item]:
    """The first few items of every category."""
    nth = Window(RowNumber(), partition_by=F("category"), order_by=F("code").asc())
    return shown().annotate(nth=nth).filter(nth__lte=A_GLANCE).order_by("category__position", "category_id", "code")


def found(words: str) -> QuerySet[Item]:
    """Items that contain all the words, those with the words in their name first."""
    wanted = query_grams(words)
    if not wanted:
        return Item.objects.none()
    return (
        shown()
        .filter(words__grams=raw_query(" & ", wanted))
        .alias(rank=SearchRank(F("words__grams"), raw_query(" | ", wanted)))
        .order_by("-rank", "code")
    )


def raw_query(joined: str, words: Iterable[str]) -> SearchQuery:
    return SearchQuery(joined.join(f"'{word}'" for word in words), search_type="raw", config="simple")


def whole_items() -> QuerySet[Item]:
    """Items with all that their page says."""
    counters = Prefetch("counters", ItemCounter.objects.select_related("unit"))
    return shown().select_related("category", "schedule").prefetch_related("materials", "steps", counters)


def answers() -> QuerySet[KnowledgeArticle]:
    """Published answers; an answer about an item that is no longer offered is not given any more."""
    return KnowledgeArticle.objects.filter(Q(item__isnull=True) | Q(item__is_active=True), is_published=True)


def figures(item: Item) -> Figures:
    """Papers that departments share are not counted: nobody has to bring them."""
    brought = [paper for paper in item.materials.all() if not paper.shared]
    return Figures(len(item.steps.all()), len(brought), item.promised_days)


def shortened(item: Item, now: Figures) -> Figures | None:
    """What the item cost before its first recorded change, if any of it is less now."""
    first = ItemRevision.objects.filter(item=item).first()
    if first is None:
        return None
    before = Figures(first.steps_before, first.materials_before, first.days_before)
    return before if any(less < more for less, more in zip(now, before, strict=True)) else None


def offices() -> list[Street]:
    return list(Street.objects.prefetch_related("communities"))


def places(item: Item, streets: Iterable[Street]) -> list[StreetPlaces]:
    """Where to go in each street: its own counters for the item, else its communities or the street office."""
    return [StreetPlaces(street, _counters(item, street) or _usual(item, street)) for street in streets]


def _counters(item: Item, street: Street) -> list[Place]:
    return [
        Place(
            name=counter.unit.name if counter.unit else street.name,
            window=counter.window,
            address=counter.place or street.address,
            phone=counter.phone or (counter.unit.phone if counter.unit else "") or street.phone,
        )
        for counter in item.counters.all()
        if counter.street_id == street.pk
    ]


def _usual(item: Item, street: Street) -> list[Place]:
    if item.where == Item.Where.COMMUNITY:
        communities = [Place(c.name, "", c.address, c.phone or street.phone) for c in street.communities.all()]
        if communities:
            return communities
    return [Place(street.name, "", street.address, street.phone)]
