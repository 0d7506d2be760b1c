"""Say who is sent what: a promise about people's photos has to be true of the settings."""

from dataclasses import dataclass

from django import template
from django.conf import settings

from generation.providers import registry
from generation.providers.ports import Capability

register = template.Library()

NAMES = {"replicate": "Replicate", "gemini": "Google Gemini", "openai": "OpenAI"}
OWN_SERVER = "A model server of our choice"
DOES = {
    Capability.TEXT: "writes texts",
    Capability.IMAGE: "makes pictures",
    Capability.VIDEO: "makes clips",
    Capability.TRAINING: "trains clones",
}
"""What a service asks others for, in `generation/services/`; the other capabilities lie idle."""


@dataclass(frozen=True, slots=True)
class Others:
    """The services that work for us beside our own machines."""

    work: tuple[str, ...]
    """What each of them does, as a sentence without its end."""
    are_sent_photos: bool
    """Whoever makes pictures or clips is; who writes is sent words alone."""


@register.simple_tag
def others_at_work() -> Others:
    """Return who else works on what people send, as the settings have it now."""
    asked = {capability: registry.provider_of(capability) for capability in DOES}
    others = {capability: name for capability, name in asked.items() if name != registry.LOCAL}
    work = tuple(
        f"{_name_of(name)} {_listed([DOES[one] for one, who in others.items() if who == name])}"
        for name in dict.fromkeys(others.values())
    )
    return Others(work, are_sent_photos=bool(set(others) - {Capability.TEXT}))


def _name_of(provider: str) -> str:
    if provider == "openai" and settings.OPENAI_BASE_URL:
        return OWN_SERVER
    return NAMES[provider]


def _listed(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
