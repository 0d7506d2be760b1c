"""Files in a private bucket that speaks S3; imported only where one is configured."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from http import HTTPStatus
from typing import Any, override

from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]
from botocore.auth import AUTH_TYPE_MAPS, S3SigV4QueryAuth  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from django.conf import settings
from django.core.files.base import File
from storages.backends import s3  # type: ignore[import-untyped]
from storages.utils import clean_name  # type: ignore[import-untyped]

from visiona.lib.storage import (
    TICKET_SECONDS,
    StorageUnavailable,
    UploadTicket,
    content_type_of,
    disposition_of,
    servable,
)

MANNERS = {
    "connect_timeout": 2,
    "read_timeout": 10,
    "retries": {"total_max_attempts": 2, "mode": "standard"},
    # Later checksums are not understood by every service that speaks S3.
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
}
PROBE_MANNERS = {"connect_timeout": 1, "read_timeout": 2, "retries": {"total_max_attempts": 1}}
STEADY = "visiona-steady"

logger = logging.getLogger(__name__)


class SteadyQueryAuth(S3SigV4QueryAuth):  # type: ignore[misc] # untyped
    """Signs as of the last quarter of an hour, so that a page shown twice has the same addresses.

    Otherwise a browser would fetch every picture again with every look.
    """

    def _modify_request_before_signing(self, request: Any) -> None:
        window = settings.FILE_ADDRESS_SECONDS
        began = time.gmtime(int(time.time()) // window * window)
        request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", began)
        super()._modify_request_before_signing(request)


AUTH_TYPE_MAPS[f"{STEADY}-query"] = SteadyQueryAuth


class S3File(s3.S3File):  # type: ignore[misc] # untyped
    """A file of the bucket; its bytes come when they are first read."""

    def _get_file(self) -> Any:
        with outages_named():
            return super()._get_file()

    file = property(_get_file)


class S3Storage(s3.S3Storage):  # type: ignore[misc] # untyped
    """A private bucket: signed addresses only, bounded waiting, our own words for its outages."""

    def __init__(self, *, addressing_style: str, **options: Any) -> None:
        config = Config(signature_version="s3v4", s3={"addressing_style": addressing_style})
        super().__init__(
            client_config=config.merge(Config(**MANNERS)),
            default_acl=None,  # the bucket's own policy: private
            file_overwrite=True,  # our names are unique, or meant to be written over
            object_parameters={"CacheControl": "private, max-age=900"},
            **options,
        )

    @override
    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        with outages_named():
            try:
                opened: File[bytes] = S3File(self._normalize_name(clean_name(name)), mode, self)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
                    raise FileNotFoundError from None
                raise
            return opened

    @override
    def _save(self, name: str, content: "File[bytes]") -> str:
        with outages_named():
            return str(super()._save(name, content))

    @override
    def delete(self, name: str) -> None:
        with outages_named():
            super().delete(name)

    @override
    def exists(self, name: str) -> bool:
        with outages_named():
            return bool(super().exists(name))

    @override
    def size(self, name: str) -> int:
        with outages_named():
            return int(super().size(name))

    @override
    def url(self, name: str | None) -> str:
        """Return an address that serves this file for fifteen to thirty minutes."""
        served = servable(str(name))
        parameters = {
            "Bucket": self.bucket_name,
            "Key": served,
            "ResponseContentType": content_type_of(served),
            "ResponseContentDisposition": disposition_of(served),
        }
        seconds = 2 * settings.FILE_ADDRESS_SECONDS
        with outages_named():
            return str(
                self._signer.generate_presigned_url(
                    "get_object", Params=parameters, ExpiresIn=seconds
                )
            )

    def ticket(self, *, name: str, content_type: str, max_bytes: int) -> UploadTicket:
        """Return a form that the bucket takes: exactly this key and type, up to this size."""
        with outages_named():
            post = self.connection.meta.client.generate_presigned_post(
                self.bucket_name,
                name,
                Fields={"Content-Type": content_type},
                Conditions=[
                    {"Content-Type": content_type},
                    ["content-length-range", 1, max_bytes],
                ],
                ExpiresIn=TICKET_SECONDS,
            )
        return UploadTicket(post["url"], post["fields"])

    def is_ready(self) -> bool:
        """Whether the bucket answers us, and soon."""
        with outages_named():
            self._probe.head_bucket(Bucket=self.bucket_name)
        return True

    def erase_leftovers(self) -> int:
        """Leave it to the bucket, whose lifecycle rules erase them (docs/operations.md)."""
        return 0

    @cached_property
    def _probe(self) -> Any:
        return self._client(PROBE_MANNERS)

    @cached_property
    def _signer(self) -> Any:
        return self._client({"signature_version": STEADY})

    def _client(self, manners: dict[str, Any]) -> Any:
        return self._create_session().client(
            "s3",
            region_name=self.region_name,
            endpoint_url=self.endpoint_url,
            config=self.client_config.merge(Config(**manners)),
        )


@contextmanager
def outages_named() -> Iterator[None]:
    """Raise StorageUnavailable for whatever the bucket refuses; a missing file is found before."""
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        logger.error("storage.unavailable", extra={"reason": _reason(error)})  # noqa: TRY400
        raise StorageUnavailable from error


def _reason(error: Exception) -> str:
    """Return the service's code, or the kind of error: neither names a file."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__
