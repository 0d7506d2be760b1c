"""Every part of the pages in every state, side by side in both themes, for who builds them."""

from datetime import UTC, datetime

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from visiona.lib.errors import NotFound
from visiona.pages import THEMES

STARTED_AT = datetime(2026, 11, 21, 14, 3, 20, tzinfo=UTC)
SAMPLES = {
    "choices": [("low", "Low"), ("normal", "Normal"), ("high", "High")],
    "tabs": [("Profile", "#profile", True), ("Sessions", "#sessions", False)],
    "facts": [
        ("Style", "Editorial", False),
        ("File", "412 KB", True),
        ("Seed", "4217", True),
    ],
    "job_done": [
        ("Ordered", STARTED_AT, "done"),
        ("Started", STARTED_AT.replace(second=21), "done"),
        ("Delivered", STARTED_AT.replace(second=26), "done"),
    ],
    "job_failed": [
        ("Ordered", STARTED_AT, "done"),
        ("Failed: the photo has no face", STARTED_AT.replace(second=24), "bad"),
        ("Credits returned", None, ""),
    ],
    "checklist": [
        ("Make a thumbnail", "#checklist", True),
        ("Add a photo of yourself", "#checklist", False),
        ("Confirm your e-mail address", "#checklist", False),
    ],
    "code": 'curl --header "Authorization: Bearer $VISIONA_KEY" \\\n  https://visiona.example/api/v1/me',
}


class SampleForm(forms.Form):
    """Fields as django-allauth and our own forms have them."""

    email = forms.EmailField(label="E-mail", help_text="Where we write to you.")
    password1 = forms.CharField(label="Password", widget=forms.PasswordInput)
    remember = forms.BooleanField(required=False)


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show all parts to staff, and to everybody on a development server."""
    if not (settings.DEBUG or getattr(request.user, "is_admin", False)):
        raise NotFound
    columns = [(theme, SampleForm(auto_id=f"{theme}_%s"), _refused(theme)) for theme in THEMES]
    return render(request, "styleguide/styleguide.html", {"columns": columns, **SAMPLES})


def _refused(theme: str) -> SampleForm:
    form = SampleForm({"email": "alice@"}, auto_id=f"{theme}_refused_%s")
    form.add_error(None, "The address and the password do not belong together.")
    return form


urlpatterns = [path("styleguide/", styleguide, name="styleguide")]
