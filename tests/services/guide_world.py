"""The supplied service guide for tests, also after a transactional test has emptied the tables."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.utils import translation

from services import defaults_guide
from tests.services.defaults import plant_defaults


@pytest.fixture
def guide(db: None) -> None:
    plant_defaults()
    defaults_guide.plant(apps)


def zh(text: str, **fields: object) -> str:
    """What a person reads for this text."""
    with translation.override("zh-hans"):
        said = translation.gettext(text)
    return said % fields if fields else said


def shown(page: str) -> str:
    """A page's text without its markup."""
    import re
    from html import unescape

    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))
