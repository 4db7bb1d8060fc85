"""The category tree as imports fill it."""

from __future__ import annotations

from collections.abc import MutableMapping

from complaints.models import Category


def keep_category(path: tuple[str, ...], tree: MutableMapping[str, Category], *, offered: bool) -> bool:
    """Add the missing levels of `path`, and offer them when logging if `offered`; tells whether anything changed.

    `tree` holds the known categories by their path and is kept up to date. A category that a table of cases brought
    along is not offered until somebody decides so, or the tree itself is imported.
    """
    changed, parent = False, None
    for level, name in enumerate(path, 1):
        whole = ">".join(path[:level])
        known = tree.get(whole)
        if known is None:
            known = Category.objects.create(parent=parent, level=level, name=name, path=whole, is_active=offered)
            tree[whole], changed = known, True
        elif offered and not known.is_active:
            Category.objects.filter(pk=known.pk).update(is_active=True)
            known.is_active, changed = True, True
        parent = known
    return changed
