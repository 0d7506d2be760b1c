"""One address a sender."""

from django.urls import path

from visiona.webhooks import views
from visiona.webhooks.signatures import SENDERS

app_name = "webhooks"
urlpatterns = [
    path(f"webhooks/{sender}", views.receive, {"sender": sender}, name=sender) for sender in SENDERS
]
