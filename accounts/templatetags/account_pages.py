"""What the pages of the account show beside their own."""

from typing import Any

from django import template
from django.urls import reverse

from accounts.clerk import tokens

register = template.Library()

TABS = {
    "Profile": "accounts:profile",
    "Security": "accounts:security",
    "API keys": "accounts:api_keys",
    "Privacy": "accounts:privacy",
}
THEMES = (("system", "Like my system"), ("paper", "Light"), ("darkroom", "Dark"))

# The first mark that a browser sends decides: most of them claim to be several others too.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "SamsungBrowser/": "Samsung Internet",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


@register.inclusion_tag("components/_tabs.html")
def account_tabs(current: str) -> dict[str, Any]:
    """Show the parts of the account, one of them as the current one."""
    tabs = [(words, reverse(name), words == current) for words, name in TABS.items()]
    return {"label": "Account", "tabs": tabs}


@register.simple_tag
def theme_choices() -> tuple[tuple[str, str], ...]:
    """Return the themes and what they are called."""
    return THEMES


@register.simple_tag
def clerk_keeps_the_door() -> bool:
    """Return whether passwords, addresses and sign-ins are kept by Clerk."""
    return tokens.is_on()


@register.filter
def device(user_agent: str) -> str:
    """Name a browser and its system as people would."""
    browser = _first_of(BROWSERS, user_agent) or "A browser"
    system = _first_of(SYSTEMS, user_agent)
    return f"{browser} on {system}" if system else browser


def _first_of(names: dict[str, str], user_agent: str) -> str:
    return next((name for mark, name in names.items() if mark in user_agent), "")
