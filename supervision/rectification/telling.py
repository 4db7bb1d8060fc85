"""Who is told of an item: the person it was given to, once for every time it was given or sent back."""

from __future__ import annotations

from datetime import datetime

from supervision.models import Alert, ItemStep, RectificationItem, Step
from supervision.watch.obligations import Fact, insert, to_people, watch_at


def tell(item: RectificationItem, step: ItemStep, now: datetime) -> None:
    """The responsible person, as they wish to be told. Who set the item down for themselves hears nothing new."""
    if item.responsible_id == step.by_id:
        return
    facts = {
        "number": item.number,
        "due": item.due_at.isoformat(),
        "link": item.get_absolute_url(),
        "item": item.pk,
        "kind": step.kind,
    }
    how = Step.REMIND if step.kind == ItemStep.Kind.SENT_BACK else Step.TELL
    fact = Fact(f"item-{item.pk}-step-{step.pk}", Alert.What.ITEM, how, False, None, None, facts)
    insert(to_people(fact, [item.responsible_id], watch_at(now)))
