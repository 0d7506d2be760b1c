"""What verifying a webhook costs, and which events were handled."""

import hmac
from typing import Any

import pytest

from visiona.webhooks import handlers
from visiona.webhooks.models import WebhookEvent


@pytest.fixture
def hmacs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of bytes of each HMAC that is computed, as long as the test runs."""
    sizes: list[int] = []
    new = hmac.new

    def counted(key: bytes, msg: bytes, digestmod: Any) -> hmac.HMAC:
        sizes.append(len(msg))
        return new(key, msg, digestmod)

    monkeypatch.setattr(hmac, "new", counted)
    return sizes


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The events that the handler was given, by their sender's names."""
    seen: list[str] = []

    def handle(event: WebhookEvent) -> bool:
        seen.append(event.event_id)
        return True

    monkeypatch.setitem(handlers.HANDLERS, "replicate", handle)
    return seen
