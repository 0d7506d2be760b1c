"""The page where staff adjust wallets, and agree to what others propose."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts import selectors as accounts_selectors
from accounts.http import staff_of
from credits import selectors as credits_selectors
from credits import services
from credits.forms import AdjustmentForm
from credits.models import ALONE_UP_TO
from visiona.lib.db.actor import Actor, act_as
from visiona.lib.errors import AppError, InvalidInput, NotFound
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User
    from credits.models import Adjustment

OUTCOMES = {
    "approved": "Approved. It is on their statement in a moment.",
    "posted": "Adjusted. It is on their statement.",
    "failed": "Not adjusted: less was available by then. Look at the wallet, and propose it again.",
    "proposed": "It waits until somebody else of staff approves it.",
    "refused": "Refused. Nothing was changed.",
}
DECISIONS = {"approve": True, "refuse": False}


@require_safe
def adjustments(request: HttpRequest) -> HttpResponse:
    """Show whose wallet it is and what is in it, what waits for a second person, and what was."""
    return _page(request, staff_of(request), term=request.GET.get("person", ""))


@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Adjust a wallet, or propose to."""
    staff = staff_of(request)
    form = AdjustmentForm(request.POST)
    adjustment = _proposed(form, staff) if form.is_valid() else None
    if adjustment is None:
        return _page(request, staff, term=request.POST.get("user_id", ""), form=form, status=422)
    messages.success(request, OUTCOMES[adjustment.state])
    whose = urlencode({"person": adjustment.wallet_id})
    return redirect(f"{reverse('credits:adjustments')}?{whose}")


@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Approve or refuse what waits."""
    staff = staff_of(request)
    try:
        adjustment_id = UUID(request.POST.get("adjustment", ""))
        is_approved = DECISIONS[request.POST.get("decision", "")]
    except (ValueError, KeyError):
        raise NotFound from None
    try:
        with act_as(staff):
            adjustment = services.decide_adjustment(
                adjustment_id=adjustment_id, is_approved=is_approved
            )
    except AppError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, OUTCOMES[adjustment.state])
    return redirect("credits:adjustments")


def _proposed(form: AdjustmentForm, staff: Actor) -> "Adjustment | None":
    """Return the adjustment that the form asks for, or say in the form why there is none."""
    try:
        with act_as(staff):
            return services.propose_adjustment(**form.cleaned_data)
    except InvalidInput as error:
        for one in error.errors:
            form.add_error(one.field, one.detail)
    except AppError as error:
        form.add_error(None, error.detail)
    return None


def _page(
    request: HttpRequest,
    staff: Actor,
    *,
    term: str,
    form: AdjustmentForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "term": term,
        "me": staff.user_id,
        "alone_up_to": ALONE_UP_TO,
    }
    with act_as(staff):
        if person := _found(term):
            new = AdjustmentForm(initial={"adjustment_id": uuid7(), "user_id": person.pk})
            whose = credits_selectors.wallet_of(user=person)
            context |= {"person": person, "whose": whose, "form": form or new}
        context["waiting"] = list(credits_selectors.waiting_adjustments())
        context["decided"] = list(credits_selectors.decided_adjustments())
    return render(request, "admin/adjustments.html", context, status=status)


def _found(term: str) -> "User | None":
    """Return the person of this id or e-mail address, if there is one."""
    if not term.isprintable():
        return None
    try:
        return accounts_selectors.user_by_id(user_id=UUID(term.strip()))
    except ValueError:
        pass
    except NotFound:
        return None
    try:
        return accounts_selectors.user_by_email(email=term)
    except NotFound:
        return None
