"""The inbox as staff see it: what came and what became of it, not what it said."""

from django.contrib import admin

from visiona.lib.admin import ReadOnlyAdmin, site
from visiona.webhooks.models import WebhookEvent


@admin.register(WebhookEvent, site=site)
class WebhookEventAdmin(ReadOnlyAdmin):
    """Events that other services sent."""

    columns = (
        "id",
        "sender",
        "event_id",
        "deliveries",
        "state",
        "attempts",
        "next_at",
        "error",
        "received_at",
        "handled_at",
    )
    list_display = ("id", "sender", "event_id", "state", "attempts", "error", "received_at")
    list_filter = ("state", "received_at")
    search_fields = ("id", "event_id")
    search_help_text = "Id or the sender's id of the event"
