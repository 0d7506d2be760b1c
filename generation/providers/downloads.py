"""Copy what a provider made by the safe fetcher, and check that it is a picture or a clip."""

from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Self
from urllib.parse import urlsplit

from generation.errors import ProviderGone, ProviderInvalid, ProviderUnavailable
from generation.providers.calls import Account
from generation.providers.ports import Link
from visiona.lib.fetch import Fetcher, Refused, Unreachable

CONTENT_TYPES = {"image/png", "image/jpeg", "image/webp", "video/mp4"}
MOST_BYTES = 64 * 1024 * 1024
"""Far more than the longest clip, of ten seconds; a worker holds one in each of its threads."""

EXPIRED = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


@dataclass(frozen=True, slots=True)
class Downloads:
    """Copies files from a provider's hosts; an operator's own server is as good as those."""

    fetcher: Fetcher
    seconds: float
    max_bytes: int = MOST_BYTES

    @classmethod
    def of(cls, account: Account, *, hosts: Collection[str], official: str) -> Self:
        """Return what copies from these hosts, or from where the operator's server is."""
        own = account.base_url.rstrip("/")
        stand_ins = () if own in {"", official} else (urlsplit(own).netloc,)
        return cls(Fetcher(hosts=hosts, stand_ins=stand_ins), account.download_seconds)

    def fetch(self, link: Link, *, to: IO[bytes]) -> str:
        """Copy a file and return its content type.

        Raises ProviderGone, ProviderInvalid and ProviderUnavailable; none tells the address,
        which opens the file to whoever has it.
        """
        failure: Exception
        try:
            fetched = self.fetcher.fetch(
                link.url, to=to, max_bytes=self.max_bytes, seconds=self.seconds
            )
        except Refused as error:
            has_expired = error.facts.get("status") in EXPIRED
            failure = ProviderGone() if has_expired else ProviderInvalid(reason="answer")
        except Unreachable:
            failure = ProviderUnavailable()
        else:
            if fetched.content_type in CONTENT_TYPES and fetched.bytes:
                return fetched.content_type
            failure = ProviderInvalid(reason="answer")
        raise failure
