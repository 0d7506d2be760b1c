"""What staff look after: how providers are doing, whether they are asked, what they may cost."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from accounts.http import staff_of
from billing import selectors as billing_selectors
from generation.services import budget, provider_calls, provider_watch
from visiona.lib import clock
from visiona.lib.db.actor import act_as
from visiona.lib.errors import NotFound

WINDOW = timedelta(hours=24)
FLIPS = {"open": provider_watch.stop_asking, "auto": provider_watch.ask_again}


@require_safe
def providers(request: HttpRequest) -> HttpResponse:
    """Show every breaker, and what was asked of whom in the last day."""
    staff = staff_of(request)
    with act_as(staff):
        usage = provider_calls.usage_since(moment=clock.now() - WINDOW)
    context: dict[str, Any] = {
        "usage": usage,
        "dollars": sum(one.dollars for one in usage),
        "budget": budget.state(),
        "choices": billing_selectors.spending_choices(),
    }
    try:
        context["watched"] = list(provider_watch.watched())
    except RedisError:
        context["is_unknown"] = True
    return render(request, "staff/providers.html", context)


@require_POST
def flip(request: HttpRequest) -> HttpResponse:
    """Stop asking a provider, or leave it to its breaker again."""
    staff_of(request)
    provider, capability = (request.POST.get(name, "") for name in ("provider", "capability"))
    try:
        FLIPS[request.POST.get("hold", "")](provider=provider, capability=capability)
    except LookupError:
        raise NotFound from None
    messages.success(request, f"Saved for {provider} {capability}.")
    return redirect("staff_providers")


@require_POST
def spend(request: HttpRequest) -> HttpResponse:
    """Let paid calls go out within the budget, over it for today, or not at all."""
    staff = staff_of(request)
    try:
        with act_as(staff):
            budget.decide(
                choice=request.POST.get("choice", ""), staff_id=cast("UUID", staff.user_id)
            )
    except ValueError:
        raise NotFound from None
    messages.success(request, "Saved. It holds for new orders; what is under way goes on.")
    return redirect("staff_providers")


urlpatterns = [
    path("staff/providers/", providers, name="staff_providers"),
    path("staff/providers/flip/", flip, name="staff_flip"),
    path("staff/providers/spending/", spend, name="staff_spend"),
]
