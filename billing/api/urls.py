"""URLs of the API of who I am, what I have and what I pay."""

from django.urls import path

from billing.api import payments, views, wallet

urlpatterns = [
    path("auth/signup", views.SignUp.as_view()),
    path("auth/login", views.LogIn.as_view()),
    path("me", views.Me.as_view()),
    path("credits", wallet.WalletDetail.as_view()),
    path("plans", payments.PlanList.as_view()),
    path("billing/checkout", payments.Checkout.as_view()),
    path("billing/portal", payments.Portal.as_view()),
    path("billing/subscription", payments.Standing.as_view()),
    path("billing/payments", payments.PaymentList.as_view()),
]
