from __future__ import annotations

from django.urls import path

from supervision import home
from supervision.board import views as board
from supervision.bulletin.urls import urlpatterns as bulletins
from supervision.conduct.urls import urlpatterns as conduct
from supervision.rectification.urls import urlpatterns as rectification
from supervision.telling.urls import urlpatterns as telling
from supervision.watch.urls import urlpatterns as watch
from supervision.weekly.urls import urlpatterns as weekly

urlpatterns = [
    path("supervision/", home.home, name="supervision_home"),
    path("board/", board.board, name="board"),
    *bulletins,
    *conduct,
    *rectification,
    *weekly,
    *telling,
    *watch,
]
