"""URLs of the keys' API."""

from django.urls import path

from accounts.api import views

urlpatterns = [
    path("auth/logout", views.LogOut.as_view()),
    path("api-keys", views.ApiKeyList.as_view()),
    path("api-keys/<uuid:key_id>", views.ApiKeyDetail.as_view()),
]
