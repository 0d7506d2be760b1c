"""The URLs of the statement."""

from django.urls import path

from credits import views

app_name = "credits"
urlpatterns = [
    path("credits/", views.statement, name="statement"),
    path("credits/statement.csv", views.statement_csv, name="statement_csv"),
]
