"""The pages of accounts: django-allauth's, one of them with what it cannot know."""

from allauth.account import urls as allauth_urls
from django.urls import path

from accounts import views

urlpatterns = [
    path("email/", views.email, name="account_email"),
    *(pattern for pattern in allauth_urls.urlpatterns if pattern.name != "account_email"),
]
