from __future__ import annotations

from django.urls import path

from supervision.rectification import views

urlpatterns = [
    path("supervision/rectification/", views.items, name="rectification"),
    path("supervision/rectification/new/", views.new, name="rectification_new"),
    path("supervision/rectification/export/", views.export, name="rectification_export"),
    path("supervision/rectification/proposals/", views.proposed, name="rectification_proposals"),
    path("supervision/rectification/<int:pk>/", views.item, name="rectification_item"),
    path("supervision/rectification/<int:pk>/files/<int:file>/", views.evidence, name="rectification_file"),
    path("supervision/rectification/<int:pk>/<str:act>/", views.act, name="rectification_act"),
]
