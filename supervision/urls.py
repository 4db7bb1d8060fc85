from __future__ import annotations

from django.urls import path

from supervision.board import views as board
from supervision.conduct.urls import urlpatterns as conduct
from supervision.rectification.urls import urlpatterns as rectification
from supervision.telling.urls import urlpatterns as telling
from supervision.weekly.urls import urlpatterns as weekly

urlpatterns = [path("board/", board.board, name="board"), *conduct, *rectification, *weekly, *telling]
