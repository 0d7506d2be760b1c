"""The URL of the statement."""

from django.urls import path

from credits import views

app_name = "credits"
urlpatterns = [path("credits/", views.statement, name="statement")]
