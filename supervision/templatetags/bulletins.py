"""Pictures and button words of bulletins."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from supervision.bulletin.rights import Act
from supervision.papers.paper import Picture

register = template.Library()
STEP, NAME, ROOM = 34, 130, 250


@register.inclusion_tag("supervision/bulletin/_bars.html")
def bars(picture: Picture) -> dict[str, Any]:
    _name, values = picture.series[0]
    most = max([value or 0.0 for value in values], default=0.0) or 1.0
    drawn = []
    for n, (label, value) in enumerate(zip(picture.labels, values, strict=True)):
        width = round((value or 0.0) / most * ROOM)
        drawn.append(
            {"label": label, "value": f"{value or 0:g}", "y": n * STEP + 6, "text": n * STEP + 23, "width": width}
            | {"end": NAME + width + 8}
        )
    return {"title": picture.title, "told": picture.words, "bars": drawn, "height": len(drawn) * STEP + 8}


@register.simple_tag
def act_words(act: str) -> tuple[str, str]:
    """The button, and a sentence on what it does."""
    return {
        Act.REFRESH: (_("Take today's figures"), _("What was entered since the draft is counted. Your words stay.")),
        Act.SUBMIT: (_("Checked, please issue"), _("From here on nothing changes unless it is sent back.")),
        Act.SEND_BACK: (_("Send back"), _("It becomes a draft again.")),
        Act.ISSUE: (_("Issue"), _("Figures and words are frozen for good.")),
        Act.PUBLISH: (_("Publish"), _("Residents see the public version: no names, small numbers held back.")),
    }[Act(act)]
