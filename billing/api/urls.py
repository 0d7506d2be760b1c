"""URLs of the API of who I am and what I have."""

from django.urls import path

from billing.api import views

urlpatterns = [
    path("auth/signup", views.SignUp.as_view()),
    path("auth/login", views.LogIn.as_view()),
    path("me", views.Me.as_view()),
]
