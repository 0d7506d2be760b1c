"""What verifying a webhook costs."""

import hmac
from typing import Any

import pytest


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
