"""What staff do about events: have one handled again."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.http import staff_of
from visiona.lib.db.actor import act_as
from visiona.lib.errors import Conflict, NotFound
from visiona.webhooks import services


@require_POST
def replay(request: HttpRequest) -> HttpResponse:
    """Have an event handled again. Raises NotFound for whoever is not staff."""
    staff = staff_of(request)
    try:
        event_id = UUID(request.POST.get("event", ""))
    except ValueError:
        raise NotFound from None
    try:
        with act_as(staff):
            services.replay(event_id=event_id)
    except Conflict as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "It is handled again, as soon as a worker is free.")
    return redirect("admin:webhooks_webhookevent_change", event_id)
