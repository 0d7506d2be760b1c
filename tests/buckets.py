"""A bucket on this machine: moto's server, behind a door that checks what Amazon would check.

moto stores whatever it is sent. Whether an address or a form was signed by us, for this, and is
still in time, is what makes a bucket private, so that is checked here, by the published rules.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, quote

import boto3  # type: ignore[import-untyped]
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.formparser import parse_form_data
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

BUCKET = "visiona-files"
REGION = "eu-central-1"
KEY_ID = "AKIAVISIONATESTS"
SECRET = "a secret of the tests"
OWNER = f"AWS4-HMAC-SHA256 Credential={KEY_ID}/"
UNSIGNED_FIELDS = {"file", "policy", "x-amz-signature"}

type Environ = dict[str, Any]
type App = Callable[[Environ, Any], Iterable[bytes]]


@dataclass
class Bucket:
    """Where it answers, and what the owner finds in it."""

    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"{self.endpoint}/{BUCKET}"

    @property
    def storages(self) -> dict[str, Any]:
        """The setting by which the product keeps its files here."""
        options = {
            "bucket_name": BUCKET,
            "endpoint_url": self.endpoint,
            "region_name": REGION,
            "addressing_style": "path",
            "access_key": KEY_ID,
            "secret_key": SECRET,
        }
        return {"BACKEND": "visiona.lib.s3.S3Storage", "OPTIONS": options}

    @property
    def environment(self) -> dict[str, str]:
        """The same for a process of the product."""
        return {
            "S3_BUCKET": BUCKET,
            "S3_ENDPOINT_URL": self.endpoint,
            "S3_REGION": REGION,
            "S3_ACCESS_KEY_ID": KEY_ID,
            "S3_SECRET_ACCESS_KEY": SECRET,
        }

    @property
    def owner(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
        )

    def names(self) -> list[str]:
        """Every file that there is."""
        listed = self.owner.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return [entry["Key"] for entry in listed]


class Quiet(WSGIRequestHandler):
    """Writes no line for a request."""

    def log(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def private_bucket() -> Iterator[Bucket]:
    """Run an empty private bucket for the length of a block."""
    moto_api_backend.reset()
    app = guarded(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        bucket = Bucket(server.port)
        bucket.owner.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def guarded(bucket: App) -> App:
    """Let through what Amazon would: forms, addresses and requests that the owner signed."""

    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        if environ["REQUEST_METHOD"] == "POST" and not authorization:
            return _form_answer(environ)(environ, start_response)
        if "X-Amz-Signature" in query:
            refusal = _address_refusal(environ, query)
        else:
            refusal = "" if authorization.startswith(OWNER) else "AccessDenied"
        if refusal:
            return _refused(refusal)(environ, start_response)
        return bucket(environ, start_response)

    return app


def _refused(code: str) -> Response:
    return Response(f"<Code>{code}</Code>", 400 if code.startswith("Entity") else 403)


def _form_answer(environ: Environ) -> Response:
    """Keep the file of a form that we signed."""
    _, form, files = parse_form_data(environ)
    with files["file"].stream as file:
        data = file.read()
    fields = {name.lower(): value for name, value in form.items()}
    refusal = _form_refusal(fields, size=len(data))
    if refusal:
        return _refused(refusal)
    Bucket(int(environ["SERVER_PORT"])).owner.put_object(
        Bucket=BUCKET, Key=fields["key"], Body=data, ContentType=fields["content-type"]
    )
    return Response(status=204)


def _form_refusal(fields: dict[str, str], size: int) -> str:
    signature = _signature(fields["x-amz-date"][:8], fields["policy"])
    if not hmac.compare_digest(signature, fields["x-amz-signature"]):
        return "SignatureDoesNotMatch"
    policy = json.loads(base64.b64decode(fields["policy"]))
    return _policy_refusal(policy, fields, size)


def _policy_refusal(policy: dict[str, Any], fields: dict[str, str], size: int) -> str:
    if datetime.fromisoformat(policy["expiration"]) < datetime.now(UTC):
        return "AccessDenied: expired"
    promised: dict[str, str] = {}
    for condition in policy["conditions"]:
        if isinstance(condition, dict):
            promised |= {name.lower(): value for name, value in condition.items()}
        else:
            rule, least, most = condition
            assert rule == "content-length-range"
            if not least <= size <= most:
                return "EntityTooLarge" if size > most else "EntityTooSmall"
    given = {name: value for name, value in fields.items() if name not in UNSIGNED_FIELDS}
    return "" if given | {"bucket": BUCKET} == promised else "AccessDenied: other fields"


def _address_refusal(environ: Environ, query: dict[str, str]) -> str:
    signed_at = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if signed_at + timedelta(seconds=int(query["X-Amz-Expires"])) < datetime.now(UTC):
        return "AccessDenied: expired"
    signed = sorted((name, value) for name, value in query.items() if name != "X-Amz-Signature")
    canonical = "\n".join(
        (
            environ["REQUEST_METHOD"],
            quote(environ["PATH_INFO"].encode("latin-1")),
            "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in signed),
            f"host:{environ['HTTP_HOST']}\n",
            "host",
            "UNSIGNED-PAYLOAD",
        )
    )
    day = query["X-Amz-Date"][:8]
    text = "\n".join(
        (
            "AWS4-HMAC-SHA256",
            query["X-Amz-Date"],
            f"{day}/{REGION}/s3/aws4_request",
            hashlib.sha256(canonical.encode()).hexdigest(),
        )
    )
    is_ours = hmac.compare_digest(_signature(day, text), query["X-Amz-Signature"])
    return "" if is_ours else "SignatureDoesNotMatch"


def _signature(day: str, text: str) -> str:
    key = f"AWS4{SECRET}".encode()
    for part in (day, REGION, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
