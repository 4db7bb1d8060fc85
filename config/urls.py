"""The doors: every address of the system, one include per app."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from config import health, pages

# The admin's own log-in page knows neither the second factor nor the limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", pages.home, name="home"),
    path("styleguide/", pages.styleguide, name="styleguide"),
    path("appearance/", pages.appearance, name="appearance"),
    path("healthz", health.healthz, name="healthz"),
    path("healthz/jobs", health.jobs, name="healthz_jobs"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("api/v1/", include("complaints.api")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("", include("supervision.urls")),
    path("", include("complaints.urls")),
    path("", include("services.urls")),
    path("", include("staff.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
