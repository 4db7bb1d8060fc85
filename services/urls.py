"""The doors to the service guide. `ask` and `answer` stand before codes, which always contain figures."""

from __future__ import annotations

from django.urls import path

from services import views

urlpatterns = [
    path("guide/", views.guide, name="guide"),
    path("guide/ask/", views.ask_first, name="guide_ask"),
    path("guide/answer/<int:pk>/", views.answer, name="guide_answer"),
    path("guide/<slug:code>/", views.item, name="guide_item"),
    path("guide/<slug:code>/notice/", views.notice, name="guide_notice"),
]
