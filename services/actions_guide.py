"""Acts on the service guide: what a change of an item leaves behind, and confirming it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.lib.errors import RuleBroken
from services.guide import Figures, article_words, figures, item_words
from services.models_guide import GuideRating, GuideWords, ItemRevision, KnowledgeArticle, ServiceItem
from staff.models import Person


@transaction.atomic
def revise_item(item: ServiceItem, *, before: Figures | None, by: Person | None, now: datetime) -> ItemRevision | None:
    """After an item, its materials or its steps were changed. `before`: its figures then; None for a new item.

    1. Note when. 2. Make its words findable. 3. Record how the figures moved, when they did.
    """
    item = ServiceItem.objects.select_for_update().get(pk=item.pk)
    item.revised_at = now
    item.save(update_fields=["revised_at"])
    index_items([item])
    after = figures(item)
    if before is None or before == after:
        return None
    return ItemRevision.objects.create(
        item=item,
        at=now,
        by=by,
        **{f"{name}_before": value for name, value in before._asdict().items()},
        **{f"{name}_after": value for name, value in after._asdict().items()},
    )


def index_items(items: Sequence[ServiceItem]) -> None:
    whole = ServiceItem.objects.filter(pk__in=[item.pk for item in items]).select_related("category")
    rows = [
        GuideWords(
            item=item,
            grams=item_words(
                item,
                item.category.name,
                list(item.materials.all()),
                [(step.name, step.text) for step in item.steps.all()],
            ),
        )
        for item in whole.prefetch_related("materials", "steps")
    ]
    _write(rows, "item")


def index_articles(articles: Sequence[KnowledgeArticle]) -> None:
    _write([GuideWords(article=article, grams=article_words(article)) for article in articles], "article")


def _write(rows: list[GuideWords], of: str) -> None:
    GuideWords.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=[of], update_fields=["grams"], batch_size=200
    )


def confirm_item(item: ServiceItem) -> None:
    """The street says that the list is right and complete; the admin's own log keeps who said so."""
    if not item.steps.exists():
        raise RuleBroken("no_steps", _("“%(item)s” has no steps yet.") % {"item": item.name})
    ServiceItem.objects.filter(pk=item.pk).update(confirmed=True)


def rate_item(item: ServiceItem, *, choice: str, words: str, now: datetime) -> GuideRating:
    """A reader's word on an item, with the state of the list it is about and the day. Nothing of the reader is kept."""
    return GuideRating.objects.create(
        item=item, revised_at=item.revised_at, choice=choice, words=words, day=timezone.localdate(now)
    )


def forget_words(before: date, *, dry_run: bool = False) -> int:
    """Empty what readers wrote before that day; what they ticked stays for the counts. Tells how many."""
    old = GuideRating.objects.filter(day__lt=before).exclude(words="")
    return old.count() if dry_run else old.update(words="")
