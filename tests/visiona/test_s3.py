"""With a bucket configured every file lives there, privately; without its answer nothing breaks."""

import base64
import datetime as dt
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.auth  # type: ignore[import-untyped]
import httpx
import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from credits import selectors as credits_selectors
from generation.models import Asset, Job
from generation.services import running, uploads
from tests import buckets, factories
from tests.buckets import Bucket, private_bucket
from tests.clients import ApiClient
from tests.processes import python
from visiona.lib import s3, storage
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.storage import StorageUnavailable

PICTURE = b"\xff\xd8" + bytes(1000)
NAME = "quarantine/somebody/019f"
AMAZON = "https://my-files.s3.eu-west-1.amazonaws.com"


@pytest.fixture
def bucket(settings: Settings) -> Iterator[Bucket]:
    """The product keeps its files in a bucket."""
    with private_bucket() as running_bucket:
        settings.STORAGES = settings.STORAGES | {"default": running_bucket.storages}
        yield running_bucket


@pytest.fixture
def dead_bucket(settings: Settings) -> None:
    """The product keeps its files in a bucket that is gone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = Bucket(probe.getsockname()[1])
    settings.STORAGES = settings.STORAGES | {"default": nowhere.storages}


def send(data: bytes = PICTURE, **changes: str) -> httpx.Response:
    """Send a file as a browser would, with a ticket whose fields may have been changed."""
    ticket = storage.ticket(name=NAME, content_type="image/jpeg", max_bytes=2000)
    fields = ticket.fields | {name.replace("_", "-"): value for name, value in changes.items()}
    return httpx.post(ticket.url, data=fields, files={"file": ("me.jpg", data)})


def content_of(name: str) -> bytes:
    with default_storage.open(name) as file:
        return bytes(file.read())


def wallet(user: User) -> tuple[int, int]:
    with act_as_user(user.pk):
        found = credits_selectors.wallet_of(user=user)
    return found.available, found.held


# --- Files ----------------------------------------------------------------------------------------


def test_a_file_is_written_read_measured_and_deleted(bucket: Bucket) -> None:
    name = default_storage.save("people/a/1.jpg", ContentFile(PICTURE))
    assert (name, bucket.names()) == ("people/a/1.jpg", ["people/a/1.jpg"])
    assert content_of(name) == PICTURE
    assert default_storage.size(name) == len(PICTURE)
    assert default_storage.exists(name)
    assert default_storage.listdir("people/a") == ([], ["1.jpg"])

    default_storage.delete(name)
    assert not default_storage.exists(name)
    default_storage.delete(name)
    with pytest.raises(FileNotFoundError):
        default_storage.open(name)


def test_a_file_is_written_over_under_its_own_name(bucket: Bucket) -> None:
    for data in (b"first", b"second"):
        assert default_storage.save("people/a/1.jpg", ContentFile(data)) == "people/a/1.jpg"
    assert content_of("people/a/1.jpg") == b"second"
    assert bucket.names() == ["people/a/1.jpg"]


def test_a_file_is_kept_with_its_type_and_to_nobody_elses_cache(bucket: Bucket) -> None:
    for name, kind in (("1.jpg", "image/jpeg"), ("1.webp", "image/webp"), ("1.png", "image/png")):
        default_storage.save(name, ContentFile(PICTURE))
        head = bucket.owner.head_object(Bucket=buckets.BUCKET, Key=name)
        assert (head["ContentType"], head["CacheControl"]) == (kind, "private, max-age=900")
    grants = bucket.owner.get_object_acl(Bucket=buckets.BUCKET, Key="1.jpg")["Grants"]
    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]  # its owner's


@pytest.mark.parametrize("name", ["../etc/passwd", "a/../../b", "/../b"])
def test_a_name_that_leads_out_is_refused(bucket: Bucket, name: str) -> None:
    with pytest.raises(SuspiciousOperation):
        default_storage.save(name, ContentFile(PICTURE))
    with pytest.raises(SuspiciousOperation):
        default_storage.url(name)
    assert bucket.names() == []


# --- Addresses ------------------------------------------------------------------------------------


def test_only_a_signed_address_gives_a_file(bucket: Bucket) -> None:
    default_storage.save("people/a/1 ü.jpg", ContentFile(PICTURE))
    address = default_storage.url("people/a/1 ü.jpg")
    got = httpx.get(address)
    assert (got.status_code, got.content) == (200, PICTURE)
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["Content-Disposition"] == 'inline; filename="1 ü.jpg"'

    assert httpx.get(address.split("?")[0]).status_code == 403
    assert httpx.get(address.replace("1%20", "2%20")).status_code == 403
    assert httpx.get(address.replace("Expires=1800", "Expires=9999")).status_code == 403
    assert httpx.get(address.replace("inline", "attachment")).status_code == 403
    assert httpx.get(bucket.address).status_code == 403
    assert httpx.delete(address).status_code == 403


def test_an_address_is_the_same_for_a_quarter_of_an_hour_and_lives_for_one_more(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = int(time.time()) // 900 * 900
    told = []
    for seconds in (0, 450, 899, 900):
        monkeypatch.setattr(time, "time", lambda moment=began + seconds: float(moment))
        told.append(default_storage.url("1.jpg"))
    assert len(set(told[:3])) == 1
    assert told[3] != told[0]
    assert "X-Amz-Expires=1800" in told[0]


def test_an_address_is_exactly_what_boto3_would_sign_at_that_moment(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = default_storage.url("people/a/1.jpg")
    stamp = re.search(r"X-Amz-Date=(\w+)", ours)
    assert stamp
    moment = time.strptime(stamp[1], "%Y%m%dT%H%M%SZ")
    frozen = dt.datetime(*moment[:6], tzinfo=dt.UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: frozen)
    parameters = {
        "Bucket": buckets.BUCKET,
        "Key": "people/a/1.jpg",
        "ResponseContentType": "image/jpeg",
        "ResponseContentDisposition": 'inline; filename="1.jpg"',
    }
    client: Any = default_storage
    plain = client.connection.meta.client.generate_presigned_url(
        "get_object", Params=parameters, ExpiresIn=1800
    )
    assert ours == plain


def test_what_no_page_shows_is_only_ever_saved(bucket: Bucket) -> None:
    default_storage.save("people/a/page.html", ContentFile(b"<script>"))
    got = httpx.get(default_storage.url("people/a/page.html"))
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"] == 'attachment; filename="page.html"'


def test_quarantine_has_no_addresses(bucket: Bucket) -> None:
    assert send().status_code == 204
    for name in (NAME, f"./{NAME}", NAME.replace("/", "//")):
        with pytest.raises(SuspiciousOperation):
            default_storage.url(name)
    assert httpx.get(f"{bucket.address}/{NAME}").status_code == 403


# --- Tickets --------------------------------------------------------------------------------------


def test_a_ticket_lets_a_browser_send_one_file(bucket: Bucket) -> None:
    assert send().status_code == 204
    assert bucket.names() == [NAME]
    assert content_of(NAME) == PICTURE


def test_a_ticket_promises_no_more_than_it_says(bucket: Bucket) -> None:
    ticket = storage.ticket(name=NAME, content_type="image/jpeg", max_bytes=2000)
    policy = json.loads(base64.b64decode(ticket.fields["policy"]))
    stamp = ticket.fields["x-amz-date"]
    assert ticket.url == bucket.address
    assert policy["conditions"] == [
        {"Content-Type": "image/jpeg"},
        ["content-length-range", 1, 2000],
        {"bucket": buckets.BUCKET},
        {"key": NAME},
        {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
        {"x-amz-credential": f"{buckets.KEY_ID}/{stamp[:8]}/{buckets.REGION}/s3/aws4_request"},
        {"x-amz-date": stamp},
    ]
    assert buckets.SECRET not in str(ticket)


@pytest.mark.parametrize(
    ("data", "changes", "code"),
    [
        (b"", {}, "EntityTooSmall"),
        (bytes(2001), {}, "EntityTooLarge"),
        (PICTURE, {"key": "quarantine/somebody/else"}, "AccessDenied: other fields"),
        (PICTURE, {"key": "people/a/1.jpg"}, "AccessDenied: other fields"),
        (PICTURE, {"Content_Type": "text/html"}, "AccessDenied: other fields"),
        (PICTURE, {"acl": "public-read"}, "AccessDenied: other fields"),
        (PICTURE, {"x_amz_signature": "0" * 64}, "SignatureDoesNotMatch"),
    ],
    ids=range(7),
)
def test_a_ticket_is_for_nothing_else(
    bucket: Bucket, data: bytes, changes: dict[str, str], code: str
) -> None:
    answer = send(data, **changes)
    assert (answer.status_code // 100, answer.text) == (4, f"<Code>{code}</Code>")
    assert bucket.names() == []


def test_a_ticket_of_five_minutes_ago_is_worth_nothing(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("visiona.lib.s3.TICKET_SECONDS", -1)
    answer = send()
    assert (answer.status_code, answer.text) == (403, "<Code>AccessDenied: expired</Code>")
    assert bucket.names() == []


# --- The product ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_thumbnail_is_made_shown_downloaded_and_erased(
    bucket: Bucket, alice: User, alices_browser: Client, api: ApiClient
) -> None:
    photo = factories.make_photo(alice)
    job = factories.make_job(alice, photo_id=str(photo.pk))
    with factories.plain_pictures():
        assert running.run_job(job_id=job.pk)
    made = Asset.objects.get(job=job)

    shown = api.get(f"assets/{made.pk}").json()["data"]
    assert shown["url"].startswith(bucket.address)
    picture = httpx.get(shown["url"])
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/jpeg")
    assert httpx.get(made.thumbnail_url).headers["Content-Type"] == "image/webp"
    kept: Any = alices_browser.get(reverse("gallery:download", args=[made.pk]))
    assert b"".join(kept.streaming_content) == picture.content
    assert set(bucket.names()) == {*photo.file_names, *made.file_names}

    with act_as_worker():
        for asset in (photo, made):
            for name in asset.file_names:
                default_storage.delete(name)
    assert bucket.names() == []
    assert httpx.get(shown["url"]).status_code in {403, 404}


@pytest.mark.django_db
def test_a_photo_goes_straight_into_the_bucket_and_comes_out_of_quarantine_clean(
    bucket: Bucket, api: ApiClient
) -> None:
    data = factories.picture()
    announced = {"filename": "me.jpg", "bytes": len(data), "content_type": "image/jpeg"}
    begun = api.post("uploads", announced).json()["data"]
    sent = httpx.post(begun["url"], data=begun["fields"], files={"file": ("me.jpg", data)})
    assert sent.status_code == 204
    assert [name.split("/")[0] for name in bucket.names()] == ["quarantine"]

    assert api.post(f"uploads/{begun['id']}/complete").status_code == 202
    assert uploads.check_upload(upload_id=begun["id"])
    upload = api.get(f"uploads/{begun['id']}").json()["data"]
    assert upload["status"] == "clean"
    assert httpx.get(upload["photo"]["url"]).headers["Content-Type"] == "image/jpeg"
    assert set(bucket.names()) == set(Asset.objects.get().file_names)


SHOW_POLICY = """
import json
from django.conf import settings
policy = settings.SECURE_CSP.items()
print(json.dumps({name: [str(source) for source in sources] for name, sources in policy}))
"""


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ({"S3_BUCKET": "my-files", "S3_REGION": "eu-west-1"}, AMAZON),
        ({"S3_BUCKET": "my-files", "S3_ENDPOINT_URL": "http://minio:9000/"}, "http://minio:9000"),
        ({}, None),
    ],
)
def test_pages_may_show_and_send_files_at_the_bucket_where_there_is_one(
    given: dict[str, str], origin: str | None
) -> None:
    program = python("settings", "postgresql://nobody@nowhere/none", "-c", SHOW_POLICY, **given)
    shown = subprocess.run(
        program.command,
        check=True,
        capture_output=True,
        cwd=program.folder,
        env={**os.environ, **program.environment},
        text=True,
        timeout=30,
    )
    policy = json.loads(shown.stdout)
    for directive in ("img-src", "media-src", "connect-src", "form-action"):
        assert (origin in policy[directive]) == (origin is not None)
    assert policy["script-src"] == ["'self'"]


# --- Outages --------------------------------------------------------------------------------------


def test_a_bucket_that_is_silent_is_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(s3.MANNERS, "read_timeout", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nowhere = Bucket(silent.getsockname()[1])
        settings.STORAGES = settings.STORAGES | {"default": nowhere.storages}
        with within(8), pytest.raises(StorageUnavailable):
            default_storage.save("people/a/1.jpg", ContentFile(PICTURE))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.mark.usefixtures("dead_bucket")
def test_a_bucket_that_is_gone_is_an_outage_for_every_question() -> None:
    with within(20):
        for ask in (default_storage.open, default_storage.delete, default_storage.exists):
            with pytest.raises(StorageUnavailable):
                ask("people/a/1.jpg")
        with pytest.raises(StorageUnavailable):
            default_storage.save("people/a/1.jpg", ContentFile(PICTURE))
        with pytest.raises(StorageUnavailable):
            default_storage.size("people/a/1.jpg")


def test_a_bucket_that_does_not_exist_is_an_outage(bucket: Bucket) -> None:
    bucket.owner.delete_bucket(Bucket=buckets.BUCKET)
    with pytest.raises(StorageUnavailable):
        default_storage.save("people/a/1.jpg", ContentFile(PICTURE))


def test_a_bucket_that_goes_between_finding_and_reading_is_an_outage(bucket: Bucket) -> None:
    default_storage.save("people/a/1.jpg", ContentFile(PICTURE))
    with default_storage.open("people/a/1.jpg") as file:
        bucket.owner.delete_object(Bucket=buckets.BUCKET, Key="people/a/1.jpg")
        with pytest.raises(StorageUnavailable):
            file.read()


@pytest.mark.django_db
@pytest.mark.usefixtures("dead_bucket")
def test_without_the_bucket_a_photo_is_answered_503_soon_and_nothing_is_kept(
    alice: User, api: ApiClient
) -> None:
    with within(20):
        answer = api.upload("photos", file=factories.upload())
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert Asset.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("dead_bucket")
def test_without_the_bucket_an_upload_waits_and_the_page_of_photos_says_why(
    api: ApiClient, alices_browser: Client
) -> None:
    announced = {"filename": "me.jpg", "bytes": 1000, "content_type": "image/jpeg"}
    begun = api.post("uploads", announced).json()["data"]
    completed = api.post(f"uploads/{begun['id']}/complete")
    assert (completed.status_code, completed.json()["code"]) == (503, "unavailable")
    assert api.get(f"uploads/{begun['id']}").json()["data"]["status"] == "waiting"

    page = alices_browser.post(reverse("generation:photos"), {"photos": factories.upload()})
    assert StorageUnavailable.default_detail in page.content.decode()
    assert Asset.objects.count() == 0


@pytest.mark.django_db
def test_without_the_bucket_readiness_names_storage(dead_bucket: None, client: Client) -> None:
    with within(5):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["storage"] == "down"
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_with_the_bucket_readiness_says_so(bucket: Bucket, client: Client) -> None:
    assert client.get("/readyz").json()["checks"]["storage"] == "ok"


@pytest.mark.django_db
def test_a_job_whose_files_find_no_bucket_is_tried_again_and_then_gives_its_credits_back(
    dead_bucket: None, alice: User
) -> None:
    job = factories.make_job(alice)
    with factories.plain_pictures():
        for attempt in range(1, running.MAX_ATTEMPTS):
            assert running.run_job(job_id=job.pk)
            job.refresh_from_db()
            assert (job.status, job.attempts, job.lease_token) == ("running", attempt, None)
            assert wallet(alice) == (10, 10)
            Job.objects.filter(pk=job.pk).update(next_run_at=job.created_at)
        assert running.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.error_code, job.released) == ("failed", "unavailable", 10)
    assert wallet(alice) == (20, 0)
    assert Asset.objects.count() == 0
