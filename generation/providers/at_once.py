"""Providers that answer at once: their works have ended before anybody could ask about them."""

from collections.abc import Collection
from datetime import datetime
from typing import IO
from uuid import uuid4

from generation.errors import ProviderGone
from generation.providers.ports import Blob, Ended, Link, Work


class AtOnce:
    """The part of `ports.Works` that such a provider needs."""

    def poll(self, id: str) -> Work:  # noqa: A002
        """Find nothing, always. Raises ProviderGone."""
        raise ProviderGone

    def poll_many(self, ids: Collection[str], *, since: datetime) -> dict[str, Work]:
        """Find nothing, always."""
        return {}

    def cancel(self, id: str) -> None:  # noqa: A002
        """Do nothing: it has ended."""

    def download(self, link: Link, *, to: IO[bytes]) -> str:
        """Find nothing, always. Raises ProviderGone."""
        raise ProviderGone


def ended(outputs: tuple[Blob, ...]) -> Ended:
    """Return the end of a work, under a name of our own: the provider gives it none."""
    return Ended(id=uuid4().hex, outputs=outputs)
