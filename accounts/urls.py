"""The pages of accounts: django-allauth's, one of them with what it cannot know."""

from django.urls import include, path

from accounts import views

urlpatterns = [
    path("email/", views.email, name="account_email"),
    path("", include("allauth.account.urls")),
]
