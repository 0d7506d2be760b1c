"""The pages of the account, and django-allauth's, some of them with what it cannot know."""

from allauth.account import urls as allauth_urls
from django.urls import URLPattern, include, path

from accounts import views

account = [
    path("", views.profile, name="profile"),
    path("security/", views.security, name="security"),
    path("security/end/", views.end_other_sessions, name="end_other_sessions"),
    path("security/sessions/<int:session_id>/end/", views.end_session, name="end_session"),
    path("security/programs/<uuid:token_id>/end/", views.end_sign_in, name="end_sign_in"),
    path("api-keys/", views.api_keys, name="api_keys"),
    path("api-keys/<uuid:key_id>/", views.change_api_key, name="change_api_key"),
    path("api-keys/<uuid:key_id>/revoke/", views.revoke_api_key, name="revoke_api_key"),
    path("privacy/", views.privacy, name="privacy"),
    path("checklist/dismiss/", views.dismiss_checklist, name="dismiss_checklist"),
]
ours = [
    path("email/", views.email, name="account_email"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
]
taken = {pattern.name for pattern in ours}
passwords = [*ours, *(one for one in allauth_urls.urlpatterns if one.name not in taken)]

MODES = {"account_login": "sign-in", "account_signup": "sign-up"}
ALWAYS_OPEN = {"account_logout", "account_inactive"}


def _or_clerks(page: URLPattern) -> URLPattern:
    """Return the route of a page of passwords that gives way to Clerk where its keys are set."""
    if page.name in ALWAYS_OPEN:
        return page
    mode = MODES.get(str(page.name))
    view = views.clerks_or(page.callback, mode=mode) if mode else views.local_only(page.callback)
    return URLPattern(page.pattern, view, page.default_args, page.name)


doors = [_or_clerks(page) for page in passwords]

urlpatterns = [
    path("account/", include((account, "accounts"))),
    path("accounts/", include(doors)),
    path("auth/clerk/", views.enter_by_clerk, name="clerk_session"),
]
