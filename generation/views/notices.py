"""What a person was told: the bell, and the last of what it rang for."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from generation import selectors
from generation.services import notices as notice_services

NOTICES_SHOWN = 20


@login_required
@require_safe
def notices(request: UserRequest) -> HttpResponse:
    """Show what I was told last; from now on it is seen."""
    told = list(selectors.notices_of(user=request.user)[:NOTICES_SHOWN])
    notice_services.mark_seen(user=request.user)
    return render(request, "generation/notices.html", {"section": "notices", "notices": told})


@login_required
@require_safe
def bell(request: UserRequest) -> HttpResponse:
    """Say how much there is to be seen."""
    return render(request, "generation/_bell.html")
