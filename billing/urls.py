"""The URLs of plan, payments and the till."""

from django.urls import path

from billing import views

app_name = "billing"
urlpatterns = [
    path("billing/", views.overview, name="overview"),
    path("billing/checkout/", views.checkout, name="checkout"),
    path("billing/portal/", views.portal, name="portal"),
    path("billing/return/<uuid:checkout_id>/", views.returned, name="return"),
    path("billing/till/<uuid:checkout_id>", views.till_checkout, name="till"),
    path("billing/till/subscription/", views.till_subscription, name="till_subscription"),
    path("billing/till/payments/<uuid:payment_id>/refund/", views.till_refund, name="till_refund"),
]
