"""Eyes for pages in a browser: whether they are legible, reachable with a thumb and no wider than the screen."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
# Only what is wrong leaves the browser: all that is right would be read and thrown away.
FAULTS = """rules => axe.run({runOnly: rules, resultTypes: ['violations']}).then(
  found => found.violations.flatMap(fault => fault.nodes.map(node => `${fault.id}: ${node.target}`)))"""
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"

# Links in the run of a text, and in a list of numbers, are as high as their line; a card's title stands for the card.
SMALL = """least => [...document.querySelectorAll('a, button, summary, select, textarea, input:not([type=hidden])')]
  .filter(e => !e.matches('.skip, .form-check-input, .case-title') && !e.closest('p, .note, .prose, .w-list, .website'))
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < least - .5)
  .map(e => e.outerHTML.slice(0, 120))"""


class Look(NamedTuple):
    """The marks the server puts on a page for a cookie, put there by hand: one visit shows a page in every way.

    `read`: whether it is gone over with axe, which takes the most time.
    """

    theme: str
    elder: bool
    width: int
    read: bool = True

    def put_on(self, page: Page) -> None:
        page.set_viewport_size({"width": self.width, "height": 844})
        page.evaluate(
            """([dark, elder]) => {
                document.getElementById('dark').media = dark ? 'screen' : 'not all'
                document.documentElement.classList.toggle('elder', elder)
            }""",
            [self.theme == "dark", self.elder],
        )


LOOKS = [Look("light", False, 390), Look("light", True, 390), Look("dark", False, 1440), Look("dark", True, 1440)]
QUICK_LOOKS = [
    Look("light", False, 390, read=False),
    Look("light", False, 768, read=False),
    Look("light", True, 1440, read=False),
    Look("light", True, 390),
    Look("dark", False, 1440),
]


@cache
def _axe() -> str:
    return (settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js").read_text()


def faults(page: Page) -> list[str]:
    """What keeps somebody from reading or reaching a part of the page as it is shown now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found: list[str] = page.evaluate(FAULTS, RULES)
    return found


class Eyes:
    """Looks at pages and remembers what is wrong with them."""

    def __init__(self, page: Page) -> None:
        page.emulate_media(reduced_motion="reduce")  # else colours are still on their way when they are looked at
        self.page = page
        self.wrong: dict[str, list[str]] = {}

    def look(self, name: str, looks: Iterable[Look] = LOOKS, *, thumbs: bool = False) -> None:
        """`thumbs`: whether every target of a phone has to be as high as a finger is wide."""
        for one in looks:
            one.put_on(self.page)
            found = faults(self.page) if one.read else []
            if self.page.evaluate(WIDE):
                found.append("wider than the screen")
            if thumbs and one.width == 390:
                found += [f"small: {target}" for target in self.page.evaluate(SMALL, 60 if one.elder else 44)]
            if found:
                self.wrong[f"{name} {one}"] = found
        LOOKS[0].put_on(self.page)


def wait_until(page: Page, true: Callable[[], bool], seconds: int = 15) -> None:
    """Until something has happened here that the page has set off, such as a request that a route holds."""
    for _try in range(seconds * 50):
        if true():
            return
        page.wait_for_timeout(20)
    raise AssertionError("it did not happen")
