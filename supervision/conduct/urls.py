from __future__ import annotations

from django.urls import path

from supervision.conduct import views

urlpatterns = [
    path("conduct/", views.tell, name="conduct"),
    path("conduct/track/", views.track, name="conduct_track"),
    path("conduct/track/say/", views.add_message, name="conduct_say"),
    path("conduct/track/leave/", views.leave, name="conduct_leave"),
    path("supervision/conduct/", views.reports, name="conduct_list"),
    path("supervision/conduct/leaders/", views.leaders, name="conduct_leaders"),
    path("supervision/conduct/waiting/", views.waiting, name="conduct_waiting"),
    path("supervision/conduct/<str:number>/", views.report, name="conduct_report"),
    path("supervision/conduct/<str:number>/log/", views.log, name="conduct_log"),
    path("supervision/conduct/<str:number>/referral/", views.referral, name="conduct_referral"),
    path("supervision/conduct/<str:number>/photos/<int:pk>/", views.photo, name="conduct_photo"),
    path("supervision/conduct/<str:number>/<str:act>/", views.act, name="conduct_act"),
]
