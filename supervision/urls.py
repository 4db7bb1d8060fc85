from __future__ import annotations

from django.urls import path

from supervision import views
from supervision.conduct.urls import urlpatterns as conduct

urlpatterns = [path("board/", views.board, name="board"), *conduct]
