"""The doors to cases. Fixed words stand before `<number>`, which is never one of them: numbers begin with a street."""

from __future__ import annotations

from django.urls import path

from complaints.views import case, data_requests, exports, files, imports, public, rating, register, track
from complaints.views.desk import desk
from complaints.views.list import case_list
from complaints.views.loads import loads

urlpatterns = [
    path("report/", public.report_page, name="report"),
    path("report/done/", public.done, name="report_done"),
    path("report/paper/", public.paper, name="report_paper"),
    path("report/similar/", public.similar, name="report_similar"),
    path("report/proof/", public.proof, name="report_proof"),
    path("track/", track.track, name="track"),
    path("track/rate/", rating.track_rate, name="track_rate"),
    path("track/data/", data_requests.track_data, name="track_data"),
    path("track/<slug:act>/", track.act, name="track_act"),
    path("rate/<str:token>/", rating.rate, name="rate"),
    path("ratings/", rating.ratings, name="ratings"),
    path("ratings/<int:pk>/", rating.rating, name="rating"),
    path("ratings/praise/<int:pk>/", rating.praise, name="praise"),
    path("data-requests/", data_requests.data_requests, name="data_requests"),
    path("data-requests/<int:pk>/", data_requests.data_request, name="data_request"),
    path("desk/", desk, name="desk"),
    path("people/loads/<int:unit>/", loads, name="loads"),
    path("cases/", case_list, name="cases"),
    path("cases/new/", register.new, name="case_new"),
    path("cases/new/similar/", register.similar, name="case_similar"),
    path("cases/categories/", register.categories, name="case_categories"),
    path("cases/import/", imports.imports, name="imports"),
    path("cases/import/<int:pk>/", imports.show, name="import"),
    path("cases/import/<int:pk>/confirm/", imports.confirm, name="import_confirm"),
    path("cases/import/<int:pk>/now/", imports.at_once, name="import_now"),
    path("cases/import/<int:pk>/discard/", imports.discard, name="import_discard"),
    path("cases/import/<int:pk>/rejected/", imports.rejected, name="import_rejected"),
    path("cases/export/", exports.export, name="cases_export"),
    path("cases/<slug:number>/", case.show, name="case"),
    path("cases/<slug:number>/receipt/", register.receipt, name="case_receipt"),
    path("cases/<slug:number>/rating-slip/", rating.slip, name="rating_slip"),
    path("cases/<slug:number>/files/<int:pk>/", files.download, name="case_file"),
    path("cases/<slug:number>/similar/", case.similar, name="case_similar_to"),
    path("cases/<slug:number>/<slug:act>/", case.act, name="case_act"),
]
