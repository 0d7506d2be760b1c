"""How Stripe signs what it tells: HMAC-SHA256 over the moment and the body."""

import hashlib
import hmac


def proof(*, secret: str, moment: str, body: bytes) -> str:
    """Return the signature of a body at a moment, in seconds since 1970."""
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def header(*, secret: str, moment: int, body: bytes) -> str:
    """Return the `Stripe-Signature` header of a body."""
    return f"t={moment},v1={proof(secret=secret, moment=str(moment), body=body)}"
