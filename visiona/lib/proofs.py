"""What shows one of our processes that another asked for something, and no statement let in."""

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac


def prove(purpose: str, told: bytes, *, secret: str | None = None) -> bytes:
    """Return the proof that this was told for a purpose; only who knows the secret can make it."""
    return salted_hmac(purpose, told, secret=secret, algorithm="sha256").digest()


def is_proven(proof: bytes, purpose: str, told: bytes) -> bool:
    """Whether this is the proof of what was told, by the present secret or one before it."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(prove(purpose, told, secret=one), proof) for one in secrets)
