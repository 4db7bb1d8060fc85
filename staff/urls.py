from __future__ import annotations

from django.urls import path

from staff import views

urlpatterns = [path("people/", views.people, name="people")]
