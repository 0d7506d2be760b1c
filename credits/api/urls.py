"""URLs of the wallet's API."""

from django.urls import path

from credits.api import views

urlpatterns = [
    path("credits", views.WalletDetail.as_view()),
    path("credits/entries", views.EntryList.as_view()),
]
