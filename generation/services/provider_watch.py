"""How providers are doing, for staff: what is wrong with the settings, who is let alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from generation.providers import registry
from generation.providers.breaker import Hold, State
from generation.providers.ports import Capability


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A capability of a provider: whether that one is asked now, and how its breaker stands."""

    provider: str
    capability: str
    is_asked: bool
    state: State


def find_fault() -> str:
    """Say what is wrong with the settings of providers; nothing, where nothing is."""
    try:
        registry.check()
    except ImproperlyConfigured as error:
        return str(error)
    return ""


def watched() -> Iterator[Watched]:
    """Yield every provider's every capability. Raises RedisError."""
    asked = {capability: _asked(capability) for capability in Capability}
    for breaker in registry.breakers():
        yield Watched(
            provider=breaker.provider,
            capability=breaker.capability,
            is_asked=asked[breaker.capability] == breaker.provider,
            state=breaker.state(),
        )


def stop_asking(*, provider: str, capability: str) -> None:
    """Send a provider no new orders until staff says otherwise. Raises LookupError, RedisError."""
    _flip(provider, capability, Hold.OPEN)


def ask_again(*, provider: str, capability: str) -> None:
    """Leave it to the breaker again. Raises LookupError and RedisError."""
    _flip(provider, capability, Hold.AUTO)


def _flip(provider: str, capability: str, hold: Hold) -> None:
    for breaker in registry.breakers():
        if (breaker.provider, breaker.capability) == (provider, capability):
            breaker.flip(hold)
            return
    raise LookupError(f"{provider} {capability}")


def _asked(capability: Capability) -> str:
    try:
        return registry.provider_of(capability)
    except ImproperlyConfigured:
        return ""
