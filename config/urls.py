"""The doors: every address of the system, one include per app."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from config import pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("styleguide/", pages.styleguide, name="styleguide"),
    path("appearance/", pages.appearance, name="appearance"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
