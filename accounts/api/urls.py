"""URLs of the keys' API."""

from django.urls import path

from accounts.api import schema, views

__all__ = ["schema", "urlpatterns"]  # importing the schema registers it

urlpatterns = [
    path("auth/logout", views.LogOut.as_view()),
    path("api-keys", views.ApiKeyList.as_view()),
    path("api-keys/<uuid:key_id>", views.ApiKeyDetail.as_view()),
]
