from __future__ import annotations

from django.urls import path

from supervision.weekly import views

urlpatterns = [
    path("supervision/weekly/", views.weekly, name="weekly"),
    path("supervision/weekly/dispatch/", views.dispatch, name="weekly_dispatch"),
]
