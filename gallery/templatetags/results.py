"""Put results into words and shapes for people."""

from typing import TYPE_CHECKING, Any

from django import template

if TYPE_CHECKING:
    from generation.models import Asset

register = template.Library()

SHAPES = {
    "16:9": 16 / 9,
    "3:2": 3 / 2,
    "1:1": 1.0,
    "4:5": 4 / 5,
    "2:3": 2 / 3,
    "9:16": 9 / 16,
}
PLACES = {
    "1:1": "Feed",
    "4:5": "Portrait feed",
    "9:16": "Stories, Reels",
    "16:9": "Wide, YouTube",
}
HERE = {
    "image": "Composed on this server; no AI image model.",
    "thumbnail": "Composed on this server; no AI image model.",
    "product_ad": "Composed on this server from your photo; no AI image model.",
    "video": "Filmed on this server from your photos; no AI video model.",
}
LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "pt": "Portuguese",
    "ru": "Russian",
    "zh": "Chinese",
}


@register.filter
def shape_of(asset: "Asset") -> str:
    """Return the shape that comes nearest to the result's own."""
    ratio = asset.width / asset.height
    return min(SHAPES, key=lambda name: abs(SHAPES[name] - ratio))


@register.filter
def place_of(shape: str) -> str:
    """Say where people meet pictures of this shape."""
    return PLACES.get(shape, "")


@register.filter
def playing_time(seconds: float | None) -> str:
    """Write a length as players do."""
    minutes, rest = divmod(round(seconds or 0), 60)
    return f"{minutes}:{rest:02}"


@register.filter
def made_here(asset: "Asset") -> str:
    """Say how this server made it; nothing where a provider did."""
    return HERE.get(asset.source, "") if asset.provider == "local" else ""


@register.filter
def language_name(code: str) -> str:
    """Name a language, by its code where we have no name for it."""
    return LANGUAGES.get(code, code.upper())


@register.filter
def percent(share: float) -> str:
    """Write a share with one decimal."""
    return f"{100 * share:.1f} %"


@register.filter
def kept_clear(asset: "Asset") -> str:
    """Say how much of an ad's height its words leave to what apps lay over it."""
    zone: Any = asset.facts.get("safe_zone")
    if not isinstance(zone, list) or len(zone) != len(("left", "top", "right", "bottom")):
        return ""
    above, below = zone[1], asset.height - zone[3]
    return f"{above} px above, {below} px below"
