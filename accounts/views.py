"""The pages of a person's account, and the doors to it: django-allauth's, or Clerk's."""

from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

from allauth.account import views
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import doors, selectors, services
from accounts.clerk import browser, tokens
from accounts.errors import EmailTaken
from accounts.forms import ApiKeyForm, NameForm
from accounts.http import UserRequest, View, private
from visiona.lib import problem, ratelimit
from visiona.lib.errors import AppError, Conflict, NotAuthenticated, NotFound, Unavailable
from visiona.lib.throttling import address_of


@private
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: UserRequest) -> HttpResponse:
    """Show and change who I am: name, address, theme."""
    form = NameForm(request.POST or None, initial={"name": request.user.name})
    if request.method == "POST" and form.is_valid():
        services.describe(user=request.user, name=form.cleaned_data["name"])
        messages.success(request, "Your name is saved.")
        return redirect("accounts:profile")
    confirmed = selectors.has_confirmed(user=request.user)
    return _page(request, "profile", form=form, is_confirmed=confirmed)


@private
@require_safe
def security(request: UserRequest) -> HttpResponse:
    """Show where I am signed in, by browsers and by programs."""
    return _page(
        request,
        "security",
        sessions=selectors.sessions_of(user=request.user),
        sign_ins=selectors.sign_ins_of(user=request.user),
        current=request.session.session_key,
    )


@private
@require_POST
def end_session(request: UserRequest, session_id: int) -> HttpResponse:
    """Sign one of my browsers out."""
    services.end_session(user=request.user, session_id=session_id)
    messages.success(request, "Signed out there.")
    return redirect("accounts:security")


@private
@require_POST
def end_sign_in(request: UserRequest, token_id: UUID) -> HttpResponse:
    """Sign one of my programs out."""
    services.end_sign_in(user=request.user, token_id=token_id)
    messages.success(request, "Signed out there.")
    return redirect("accounts:security")


@private
@require_POST
def end_other_sessions(request: UserRequest) -> HttpResponse:
    """Sign me out everywhere but here."""
    services.end_sessions(user=request.user, but=request.session.session_key)
    messages.success(request, "Signed out everywhere else.")
    return redirect("accounts:security")


@private
@require_http_methods(["GET", "HEAD", "POST"])
def api_keys(request: UserRequest) -> HttpResponse:
    """Show my keys and make one; its secret is in this answer and never again."""
    form = ApiKeyForm(request.POST or None)
    made = secret = None
    if request.method == "POST" and form.is_valid():
        made, secret = services.create_api_key(user=request.user, **form.cleaned_data)
        form = ApiKeyForm()
    keys = selectors.api_keys_of(user=request.user)
    return _page(request, "api_keys", form=form, keys=keys, made=made, secret=secret)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def change_api_key(request: UserRequest, key_id: UUID) -> HttpResponse:
    """Show what a key of mine is called and may spend; then change it."""
    key = selectors.api_key_of(user=request.user, key_id=key_id)
    told = {"name": key.name, "monthly_limit": key.monthly_limit}
    form = ApiKeyForm(request.POST or None, initial=told)
    if request.method == "POST" and form.is_valid():
        services.change_api_key(user=request.user, key_id=key_id, **form.cleaned_data)
        messages.success(request, "The key is saved.")
        return redirect("accounts:api_keys")
    return _page(request, "change_api_key", form=form, key=key)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_api_key(request: UserRequest, key_id: UUID) -> HttpResponse:
    """Ask whether to revoke a key of mine; then do."""
    if request.method == "POST":
        services.revoke_api_key(user=request.user, key_id=key_id)
        messages.success(request, "The key is revoked.")
        return redirect("accounts:api_keys")
    key = selectors.api_key_of(user=request.user, key_id=key_id)
    return _page(request, "revoke_api_key", key=key)


@private
@require_safe
def privacy(request: UserRequest) -> HttpResponse:
    """Say what is kept about me, and how long."""
    return _page(request, "privacy")


@private
@require_POST
def dismiss_checklist(request: UserRequest) -> HttpResponse:
    """Put the first-run checklist away."""
    services.dismiss_checklist(user=request.user)
    return HttpResponse() if request.htmx else redirect("generation:studio")


@never_cache
@require_POST
@transaction.non_atomic_requests
def enter_by_clerk(request: HttpRequest) -> HttpResponse:
    """Open a session for the token that Clerk's script sends. Raises NotFound without Clerk."""
    if not tokens.is_on():
        raise NotFound
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        ratelimit.admit(rule="sign_in", key=address_of(request))
        doors.enter_by_clerk(request=request, token=token if scheme.lower() == "bearer" else "")
    except AppError as error:
        return problem.http_answer(error)  # a script of ours reads it
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def clerks_or(view: View, *, mode: str) -> View:
    """Show Clerk's door in the place of ours as soon as Clerk's keys are set.

    Ours works in a transaction as every page does; Clerk's would keep one open while it asks.
    """

    @transaction.non_atomic_requests
    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not tokens.is_on():
            with transaction.atomic():
                return view(request, *args, **kwargs)
        return _clerks_door(request, mode)

    return door


def local_only(view: View) -> View:
    """Close a page of passwords and addresses as soon as Clerk keeps those."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not tokens.is_on():
            return view(request, *args, **kwargs)
        return redirect("accounts:security" if request.user.is_authenticated else "account_login")

    return page


@never_cache
@require_safe
def _clerks_door(request: HttpRequest, mode: str) -> HttpResponseBase:
    """Let in whom Clerk's cookie names; to anybody else show Clerk's door."""
    onward = get_next_redirect_url(request) or resolve_url(settings.LOGIN_REDIRECT_URL)
    refusal = ""
    if not request.user.is_authenticated:
        refusal = _refusal_of_cookies(request)
    if request.user.is_authenticated:
        return redirect(onward)
    context = {"door": browser.door(), "mode": mode, "onward": onward, "refusal": refusal}
    shown: HttpResponseBase = csp_override(browser.policy())(render)(
        request, "account/clerk.html", context
    )
    return shown


def _refusal_of_cookies(request: HttpRequest) -> str:
    """Sign in by the first cookie of Clerk's that is good; return what speaks against it, if any.

    Several of them lie about where a host has had several applications.
    """
    for token in browser.session_tokens(request.COOKIES):
        try:
            doors.enter_by_clerk(request=request, token=token)
        except NotAuthenticated:
            continue
        except (Conflict, Unavailable) as error:
            return error.detail
        return ""
    return ""


password_change = never_cache(views.password_change)
password_set = never_cache(views.password_set)


@never_cache
def email(request: HttpRequest) -> HttpResponseBase:
    """Add, confirm, choose and remove my addresses.

    Whether an address is somebody else's shows only when the database refuses it. Raises
    EmailTaken.
    """
    try:
        response: HttpResponseBase = views.email(request)
    except IntegrityError:
        raise EmailTaken from None
    return response


def _page(request: UserRequest, name: str, **context: Any) -> HttpResponse:
    """Render a page of the account; a form that could not be taken is no success."""
    form = context.get("form")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.errors else HTTPStatus.OK
    return render(request, f"accounts/{name}.html", context, status=status)
