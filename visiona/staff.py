"""What staff look after: how providers are doing, and whether they are asked at all."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from generation.services import provider_calls, provider_watch
from visiona.lib import clock
from visiona.lib.db.actor import Actor, act_as
from visiona.lib.errors import NotFound

WINDOW = timedelta(hours=24)
FLIPS = {"open": provider_watch.stop_asking, "auto": provider_watch.ask_again}


@require_safe
def providers(request: HttpRequest) -> HttpResponse:
    """Show every breaker, and what was asked of whom in the last day."""
    staff = _staff(request)
    with act_as(staff):
        usage = provider_calls.usage_since(moment=clock.now() - WINDOW)
    context: dict[str, Any] = {"usage": usage, "dollars": sum(one.dollars for one in usage)}
    try:
        context["watched"] = list(provider_watch.watched())
    except RedisError:
        context["is_unknown"] = True
    return render(request, "staff/providers.html", context)


@require_POST
def flip(request: HttpRequest) -> HttpResponse:
    """Stop asking a provider, or leave it to its breaker again."""
    _staff(request)
    provider, capability = (request.POST.get(name, "") for name in ("provider", "capability"))
    try:
        FLIPS[request.POST.get("hold", "")](provider=provider, capability=capability)
    except LookupError:
        raise NotFound from None
    messages.success(request, f"Saved for {provider} {capability}.")
    return redirect("staff_providers")


def _staff(request: HttpRequest) -> Actor:
    """Return who is asking, as staff. Raises NotFound for anybody else."""
    if not getattr(request.user, "is_admin", False):
        raise NotFound
    return Actor(role="staff", user_id=request.user.pk)


urlpatterns = [
    path("staff/providers/", providers, name="staff_providers"),
    path("staff/providers/flip/", flip, name="staff_flip"),
]
