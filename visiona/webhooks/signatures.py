"""Who may send us webhooks, and how each proves that it was them, a moment ago."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

LONGEST_EVENT_ID = 255

Verify = Callable[[Sequence[str], bytes, Mapping[str, str]], str | None]
"""Takes the secrets, the body and the headers; returns the event's id, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A service that sends webhooks: the setting with its secrets, and how it signs.

    `keeps` names what of its documents is stored; without it all of them is.
    """

    setting: str
    verify: Verify
    keeps: tuple[str, ...] = ()

    @property
    def secrets(self) -> list[str]:
        """The secrets that are accepted: several while one takes the place of another."""
        found: list[str] = getattr(settings, self.setting)
        return found


def standard(secrets: Sequence[str], body: bytes, headers: Mapping[str, str]) -> str | None:
    """Verify by Standard Webhooks: age within five minutes, HMAC-SHA256 of id, time and body."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    signed = {name: headers.get(name, "") for name in names}
    event_id = signed["webhook-id"]
    if not 0 < len(event_id) <= LONGEST_EVENT_ID:
        return None
    return event_id if any(_is_signed(secret, body, signed) for secret in secrets) else None


def is_usable(secret: str) -> bool:
    """Whether this can be a secret of Standard Webhooks at all."""
    try:
        Webhook(secret)
    except (EmptyWebhookSecretError, ValueError):
        return False
    return True


def _is_signed(secret: str, body: bytes, signed: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, signed, json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError):
        return False  # ValueError: what is no base64, no UTF-8 or no pair where one belongs
    return True


SENDERS = {
    "replicate": Sender(
        setting="REPLICATE_WEBHOOK_SECRET",
        verify=standard,
        keeps=("id", "status"),  # the rest is somebody's prompt, and is asked about anyway
    )
}
