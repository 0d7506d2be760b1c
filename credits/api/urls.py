"""URLs of the APIs of the statement and of API keys."""

from django.urls import path

from credits.api import keys, views

urlpatterns = [
    path("credits/entries", views.EntryList.as_view()),
    path("api-keys", keys.ApiKeyList.as_view()),
    path("api-keys/<uuid:key_id>", keys.ApiKeyDetail.as_view()),
]
