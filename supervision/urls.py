from __future__ import annotations

from django.urls import path

from supervision import views

urlpatterns = [path("board/", views.board, name="board")]
