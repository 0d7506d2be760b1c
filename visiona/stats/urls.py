"""URLs of the dashboard, and of the same numbers for programs."""

from django.urls import path

from visiona.stats import api, views

pages = [
    path("staff/", views.dashboard, name="staff"),
    path("staff/numbers/<slug:table>.csv", views.download, name="staff_csv"),
    path("staff/trace/", views.trace, name="staff_trace"),
]

programs = [
    path("admin/stats", api.StatsDetail.as_view()),
    path("admin/costs", api.CostList.as_view()),
]
