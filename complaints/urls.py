"""The doors to cases. Fixed words stand before `<number>`, which is never one of them: numbers begin with a street."""

from __future__ import annotations

from django.urls import path

from complaints.views import case, files, register
from complaints.views.desk import desk
from complaints.views.list import case_list
from complaints.views.loads import loads

urlpatterns = [
    path("desk/", desk, name="desk"),
    path("people/loads/<int:unit>/", loads, name="loads"),
    path("cases/", case_list, name="cases"),
    path("cases/new/", register.new, name="case_new"),
    path("cases/new/similar/", register.similar, name="case_similar"),
    path("cases/categories/", register.categories, name="case_categories"),
    path("cases/<slug:number>/", case.show, name="case"),
    path("cases/<slug:number>/receipt/", register.receipt, name="case_receipt"),
    path("cases/<slug:number>/files/<int:pk>/", files.download, name="case_file"),
    path("cases/<slug:number>/similar/", case.similar, name="case_similar_to"),
    path("cases/<slug:number>/<slug:act>/", case.act, name="case_act"),
]
