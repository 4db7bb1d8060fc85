from __future__ import annotations

from django.urls import path

from supervision.telling import views

urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read/", views.mark_read, name="inbox_read"),
    path("inbox/wishes/", views.wishes, name="inbox_wishes"),
    path("inbox/<int:pk>/", views.open_entry, name="inbox_open"),
    path("supervision/watch/", views.state, name="watch_state"),
    path("supervision/watch/log/", views.log, name="watch_log"),
    path("supervision/watch/<str:act>/", views.act, name="watch_act"),
]
