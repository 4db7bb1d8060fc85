from __future__ import annotations

from django.urls import path

from supervision.watch import views

urlpatterns = [
    path("supervision/orders/", views.orders, name="supervision_orders"),
    path("supervision/orders/<int:pk>/", views.order, name="order"),
    path("supervision/orders/<int:pk>/paper.<slug:kind>", views.order_paper, name="order_paper"),
    path("supervision/orders/<int:pk>/<str:act>/", views.order_act, name="order_act"),
    path("supervision/cases/<str:number>/", views.case_watch, name="case_watch"),
]
