from __future__ import annotations

from django.urls import path

from supervision.bulletin import views

urlpatterns = [
    path("supervision/bulletins/", views.bulletins, name="bulletin_list"),
    path("supervision/bulletins/<int:pk>/", views.bulletin, name="bulletin"),
    path("supervision/bulletins/<int:pk>/cases/", views.cases, name="bulletin_cases"),
    path("supervision/bulletins/<int:pk>/recount/", views.recount, name="bulletin_recount"),
    path("supervision/bulletins/<int:pk>/compare/", views.compare, name="bulletin_compare"),
    path("supervision/bulletins/<int:pk>/<slug:reader>.<slug:kind>", views.download, name="bulletin_file"),
    path("supervision/bulletins/<int:pk>/<slug:deed>/", views.act, name="bulletin_act"),
    path("bulletins/", views.public_list, name="public_bulletins"),
    path("bulletins/<slug:street>/<slug:period>/", views.public_page, name="public_bulletin"),
    path("bulletins/<slug:street>/<slug:period>/bulletin.<slug:kind>", views.public_file, name="public_bulletin_file"),
    path("bulletins/<slug:street>/<slug:period>/<slug:community>/", views.public_page, name="public_bulletin_of"),
    path(
        "bulletins/<slug:street>/<slug:period>/<slug:community>/bulletin.<slug:kind>",
        views.public_file,
        name="public_bulletin_of_file",
    ),
]
