"""Who is told of an item: the person it was given to, once for every time it was given or sent back."""

from __future__ import annotations

from datetime import datetime

from supervision.models import Alert, ItemStep, RectificationItem, Step


def tell(item: RectificationItem, step: ItemStep, now: datetime) -> None:
    """An inbox alert to the responsible person. Who set the item down for themselves is told nothing new."""
    if item.responsible_id == step.by_id:
        return
    Alert.objects.get_or_create(
        key=f"item-{item.pk}-{step.pk}",
        recipient=item.responsible,
        channel=Alert.Channel.INBOX,
        defaults={
            "what": Alert.What.ITEM,
            "step": Step.REMIND if step.kind == ItemStep.Kind.SENT_BACK else Step.TELL,
            "facts": {
                "item": item.pk,
                "number": item.number,
                "kind": step.kind,
                "due_at": item.due_at.isoformat(),
                "url": item.get_absolute_url(),
            },
            "made_at": now,
            "next_at": now,
        },
    )
