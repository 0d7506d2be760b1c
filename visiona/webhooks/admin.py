"""The inbox as staff see it: what came and what became of it, not what it said."""

from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from visiona.lib.admin import ReadOnlyAdmin, site
from visiona.webhooks import services
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

    def row_view(self, request: HttpRequest, row_id: UUID) -> TemplateResponse:
        """Show one event, and a button where it can be handled again. Raises NotFound."""
        page = super().row_view(request, row_id)
        page.template_name = "admin/webhook_event.html"
        is_over = services.replayable().filter(pk=row_id).exists()
        page.context_data = {**(page.context_data or {}), "can_be_replayed": is_over}
        return page
