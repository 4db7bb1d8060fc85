"""The category tree as imports fill it."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping

from complaints.models import Category

Path = tuple[str, ...]
LEVELS = 3


def keep_categories(paths: Iterable[Path], tree: MutableMapping[str, Category], *, offered: bool) -> None:
    """Add what the tree lacks of these paths, level by level, and offer all of it when logging if `offered`.

    `tree` holds the known categories by their path and is kept up to date. A category that a table of cases brought
    along is not offered until somebody decides so, or the tree itself is imported.
    """
    wanted = list(dict.fromkeys(paths))
    for level in range(1, LEVELS + 1):
        missing = dict.fromkeys(
            path[:level] for path in wanted if len(path) >= level and whole(path[:level]) not in tree
        )
        made = Category.objects.bulk_create(
            Category(
                parent=tree[whole(path[:-1])] if level > 1 else None,
                level=level,
                name=path[-1],
                path=whole(path),
                is_active=offered,
            )
            for path in missing
        )
        tree.update({category.path: category for category in made})
    if offered:
        _offer(tree[whole(path[:level])] for path in wanted for level in range(1, len(path) + 1))


def whole(path: Path) -> str:
    return ">".join(path)


def _offer(categories: Iterable[Category]) -> None:
    hidden = {category.pk: category for category in categories if not category.is_active}
    Category.objects.filter(pk__in=hidden).update(is_active=True)
    for category in hidden.values():
        category.is_active = True
