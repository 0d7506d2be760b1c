"""URLs of the API of who is asking."""

from django.urls import path

from accounts.api import schema, views

__all__ = ["schema", "urlpatterns"]  # importing the schema registers it

urlpatterns = [path("auth/logout", views.LogOut.as_view())]
