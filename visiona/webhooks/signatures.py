"""Who may send us webhooks, and how each proves that it was them, a moment ago."""

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from billing.gateways import registry, signing
from visiona.lib import clock

LONGEST_EVENT_ID = 255
EVENT_NAME = rf"\w{{1,{LONGEST_EVENT_ID}}}"
LONGEST_HEADER = 2_000
MOST_PROOFS = 5
"""How many signatures of one event are looked at: a sender signs by each secret that it knows."""
SIGNED_WITHIN = timedelta(minutes=5)

Verify = Callable[[Sequence[str], bytes, Mapping[str, str]], str | None]
"""Takes the secrets, the body and the headers; returns the event's id, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A service that sends webhooks: the setting with its secrets, and how it signs.

    `keeps` names what of its documents is stored, as in `data.object.id`; without it all of them
    is. Where the secrets are not only a setting, `finds` finds them.
    """

    setting: str
    verify: Verify
    keeps: tuple[str, ...] = ()
    finds: Callable[[], list[str]] | None = None

    @property
    def secrets(self) -> list[str]:
        """The secrets that are accepted: several while one takes the place of another."""
        found: list[str] = self.finds() if self.finds else getattr(settings, self.setting)
        return found


def standard(secrets: Sequence[str], body: bytes, headers: Mapping[str, str]) -> str | None:
    """Verify by Standard Webhooks: age within five minutes, HMAC-SHA256 of id, time and body."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    signed = {name: headers.get(name, "") for name in names}
    listed = signed["webhook-signature"][:LONGEST_HEADER].split(" ")
    proofs = [one for one in listed if one.startswith("v1,")]
    signed["webhook-signature"] = " ".join(proofs[:MOST_PROOFS])
    event_id = signed["webhook-id"]
    if not 0 < len(event_id) <= LONGEST_EVENT_ID:
        return None
    return event_id if any(_is_signed(secret, body, signed) for secret in secrets) else None


def stripe(secrets: Sequence[str], body: bytes, headers: Mapping[str, str]) -> str | None:
    """Verify by Stripe's way: signed within five minutes, HMAC-SHA256 of the moment and the body.

    The event's id is in the body alone.
    """
    header = headers.get("Stripe-Signature", "")
    parts = [part.partition("=") for part in header[:LONGEST_HEADER].split(",")]
    moment = next((value for name, _, value in parts if name == "t"), "")
    proofs = [value.encode() for name, _, value in parts if name == "v1"]
    if not proofs or not _is_recent(moment):
        return None
    ours = (
        signing.proof(secret=secret, moment=moment, body=body) for secret in filter(None, secrets)
    )
    is_signed = any(_is_among(proof.encode(), proofs[:MOST_PROOFS]) for proof in ours)
    return _id_within(body) if is_signed else None


def svix(secrets: Sequence[str], body: bytes, headers: Mapping[str, str]) -> str | None:
    """Verify by Svix, which is the same under its own names."""
    names = ("id", "timestamp", "signature")
    renamed = {f"webhook-{name}": headers.get(f"svix-{name}", "") for name in names}
    return standard(secrets, body, renamed)


def is_usable(secret: str) -> bool:
    """Whether this can be a secret of Standard Webhooks at all."""
    try:
        Webhook(secret)
    except (EmptyWebhookSecretError, ValueError):
        return False
    return True


def _is_among(ours: bytes, proofs: Sequence[bytes]) -> bool:
    return any(hmac.compare_digest(ours, proof) for proof in proofs)


def _is_recent(moment: str) -> bool:
    if not (moment.isascii() and moment.isdigit() and len(moment) <= len("9999999999")):
        return False
    return abs(clock.now().timestamp() - int(moment)) <= SIGNED_WITHIN.total_seconds()


def _id_within(body: bytes) -> str | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    event_id = document.get("id") if isinstance(document, dict) else None
    if not isinstance(event_id, str) or document.get("object") != "event":
        return None
    return event_id if re.fullmatch(EVENT_NAME, event_id) else None


def _is_signed(secret: str, body: bytes, signed: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, signed, json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError):
        return False  # ValueError: what is no base64, no UTF-8 or no pair where one belongs
    return True


SENDERS = {
    "clerk": Sender(
        setting="CLERK_WEBHOOK_SECRET",
        verify=svix,
        keeps=("type", "data"),  # not from where somebody did it, by which browser
    ),
    "replicate": Sender(
        setting="REPLICATE_WEBHOOK_SECRET",
        verify=standard,
        keeps=("id", "status"),  # the rest is somebody's prompt, and is asked about anyway
    ),
    "stripe": Sender(
        setting="STRIPE_WEBHOOK_SECRET",
        verify=stripe,
        finds=registry.webhook_secrets,
        # The rest is names and addresses, and is asked about anyway.
        keeps=("id", "type", "livemode", "created", "data.object.id"),
    ),
}
