"""Who does what: the provider whose key is set, unless the settings name one."""

from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from generation.providers.breaker import Breaker
from generation.providers.offers import Offer, most_images_of, offer_of
from generation.providers.ports import Capability, Image, Record, Text, Training, Video, Vision

if TYPE_CHECKING:
    from generation.providers.calls import Account

LOCAL = "local"
ADAPTERS = {
    Capability.TEXT: {"gemini": "gemini_text.GeminiText", "openai": "openai.OpenAIText"},
    Capability.VISION: {"gemini": "gemini_text.GeminiVision", "openai": "openai.OpenAIVision"},
    Capability.IMAGE: {
        "replicate": "replicate.ReplicateImage",
        "gemini": "gemini.GeminiImage",
        "openai": "openai.OpenAIImage",
    },
    Capability.VIDEO: {"replicate": "replicate.ReplicateVideo", "gemini": "gemini.GeminiVideo"},
    Capability.TRAINING: {"replicate": "replicate_training.ReplicateTraining"},
}
"""In the order of preference; an SDK is loaded where its provider is asked, and nowhere else."""

KEYS = {
    "replicate": "REPLICATE_API_TOKEN",
    "gemini": "GEMINI_API_KEY",
    "openai": "OPENAI_API_KEY",
}
ADDRESSES = {
    "replicate": "REPLICATE_BASE_URL",
    "gemini": "GEMINI_BASE_URL",
    "openai": "OPENAI_BASE_URL",
}
OWN_SERVER_DOES = {Capability.TEXT, Capability.VISION}
"""Whether a server of one's own paints as well, its operator has to say."""


def text(*, record: Record, seconds: float | None = None) -> Text | None:
    """Return who writes, or nothing where nobody but this machine does.

    Where `seconds` is given, an answer may take no longer than that.
    """
    return cast("Text | None", _adapter(Capability.TEXT, record, seconds=seconds))


def writers(*, record: Record) -> list[Text]:
    """Return everybody who writes, the preferred one first; nobody where only this machine does."""
    return [
        cast("Text", _adapter(Capability.TEXT, record, provider))
        for provider in writing_providers()
    ]


def writing_providers() -> list[str]:
    """Return the names of those who write, the preferred one first. Raises ImproperlyConfigured."""
    preferred = provider_of(Capability.TEXT)
    if preferred == LOCAL:
        return []
    others = [one for one in ADAPTERS[Capability.TEXT] if one != preferred]
    return [preferred, *(one for one in others if _is_set(one, Capability.TEXT))]


def vision(*, record: Record) -> Vision | None:
    """Return who looks at pictures, or nothing where nobody but this machine does."""
    return cast("Vision | None", _adapter(Capability.VISION, record))


def image(*, record: Record, provider: str = "") -> Image | None:
    """Return who makes pictures, or who made them; nothing where only this machine does."""
    return cast("Image | None", _adapter(Capability.IMAGE, record, provider))


def video(*, record: Record, provider: str = "") -> Video | None:
    """Return who makes clips, or who made them; nothing where only this machine does."""
    return cast("Video | None", _adapter(Capability.VIDEO, record, provider))


def training(*, record: Record, provider: str = "") -> Training | None:
    """Return who trains, or who trained; nothing where only this machine does."""
    return cast("Training | None", _adapter(Capability.TRAINING, record, provider))


def provider_of(capability: Capability) -> str:
    """Return the name of who does it, `local` for this machine. Raises ImproperlyConfigured."""
    wanted: str = settings.PROVIDERS[capability]
    known = ADAPTERS[capability]
    if not wanted:
        return next((one for one in known if _is_set(one, capability)), LOCAL)
    setting = f"{capability.upper()}_PROVIDER"
    if wanted not in {LOCAL, *known}:
        raise ImproperlyConfigured(
            f"{setting} is {wanted!r}. Choose one of {', '.join([*known, LOCAL])}, "
            "or leave it empty."
        )
    if wanted != LOCAL and not _is_set(wanted, capability, is_named=True):
        raise ImproperlyConfigured(
            f"{setting} is {wanted!r}, but {KEYS[wanted]} is empty. "
            f"Set it, or leave {setting} empty."
        )
    return wanted


def is_connected(provider: str) -> bool:
    """Whether a provider can be asked now, as it was when something was left with it."""
    return provider == LOCAL or bool(getattr(settings, KEYS[provider]))


def offer_for(capability: Capability, provider: str) -> Offer:
    """Return the provider's model that is used, with its price and limits.

    The settings name a model of the provider who is asked now, not of one who was.
    """
    is_asked = provider == provider_of(capability)
    return offer_of(provider, capability, settings.PROVIDER_MODELS[capability] if is_asked else "")


def most_images(provider: str) -> int:
    """Return how many pictures one request may ask a provider for."""
    return most_images_of(offer_for(Capability.IMAGE, provider))


def breaker_of(provider: str, capability: Capability) -> Breaker:
    """Return the breaker of a provider's capability, to look at it or to flip it."""
    return Breaker(provider=provider, capability=capability)


def breakers() -> list[Breaker]:
    """Return every breaker that there may be, for staff to see."""
    return [
        breaker_of(provider, capability)
        for capability, known in ADAPTERS.items()
        for provider in known
    ]


def check() -> None:
    """Find fault with the settings before anybody orders. Raises ImproperlyConfigured."""
    for capability in Capability:
        provider_of(capability)


def _adapter(
    capability: Capability, record: Record, provider: str = "", seconds: float | None = None
) -> object:
    """Return an adapter; one that is named is asked although another is preferred by now."""
    provider = provider or provider_of(capability)
    if provider == LOCAL:
        return None
    # HTTP clients take half a second to load: every process would pay for them at its start.
    from generation.providers.calls import Caller  # noqa: PLC0415

    adapter = import_string(f"generation.providers.{ADAPTERS[capability][provider]}")
    module = import_string(f"generation.providers.{provider}")
    return adapter(
        account=_account(provider, capability, seconds),
        offer=offer_for(capability, provider),
        caller=Caller(
            provider=provider,
            capability=capability,
            record=record,
            failures=module.FAILURES,
            explain=module.explain,
            breaker=breaker_of(provider, capability),
        ),
    )


def _account(provider: str, capability: Capability, at_most: float | None) -> "Account":
    from generation.providers.calls import Account  # noqa: PLC0415

    seconds: dict[str, float] = settings.PROVIDER_SECONDS
    order_seconds = seconds[capability]
    return Account(
        key=getattr(settings, KEYS[provider]),
        base_url=getattr(settings, ADDRESSES[provider]),
        owner=settings.REPLICATE_OWNER,
        is_compatible=settings.OPENAI_COMPATIBLE,
        order_seconds=order_seconds if at_most is None else min(order_seconds, at_most),
        stream_seconds=seconds["chat"],
        read_seconds=seconds["read"],
        download_seconds=seconds["download"],
    )


def _is_set(provider: str, capability: Capability, *, is_named: bool = False) -> bool:
    """Whether a provider can be asked: it needs a key, or is a server of one's own."""
    if getattr(settings, KEYS[provider]):
        return True
    has_own_server = provider == "openai" and bool(settings.OPENAI_BASE_URL)
    return has_own_server and (is_named or capability in OWN_SERVER_DOES)
