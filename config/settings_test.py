"""Settings of the test run: a superuser's database, quick passwords, static files as they lie."""

from __future__ import annotations

import os

from config import embedded

if not os.environ.get("DATABASE_URL"):
    embedded.borrow(superuser=True)

from config.settings import *  # noqa: F403
from config.settings import DATABASES, MIDDLEWARE, STORAGES

DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
MIDDLEWARE.insert(0, "tests.as_application.as_application")
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
