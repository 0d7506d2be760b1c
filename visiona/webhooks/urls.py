"""One address a sender, and one of staff."""

from django.urls import path

from visiona.webhooks import staff, views
from visiona.webhooks.signatures import SENDERS

app_name = "webhooks"
urlpatterns = [
    path("staff/webhooks/replay/", staff.replay, name="replay"),
    *(
        path(f"webhooks/{sender}", views.receive, {"sender": sender}, name=sender)
        for sender in SENDERS
    ),
]
