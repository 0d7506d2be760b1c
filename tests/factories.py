"""Data for tests, made as the product makes it: through the services."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts import services as accounts_services
from accounts.models import User
from credits import services as credits_services
from generation import selectors
from generation.models import Asset, Job, Upload
from generation.providers import local
from generation.providers.base import Picture, ThumbnailOrder
from generation.services import assets, jobs, photos, running
from tests.clients import ApiClient
from visiona.lib.db.actor import act_as_user, act_as_worker

PHOTOS = Path(__file__).parent / "photos"
PASSWORD = "correct horse battery"
UNKNOWN_ID = "019f0000-0000-7000-8000-000000000001"


def make_user(email: str = "", *, extra_credits: int = 0) -> User:
    """Somebody who signed up, perhaps with more than the welcome credits."""
    user = accounts_services.sign_up(
        email=email or f"{uuid4().hex[:8]}@example.com", password=PASSWORD
    )
    if extra_credits:
        grant(user, extra_credits)
    return user


def grant(user: User, amount: int) -> None:
    """Give somebody more credits."""
    with act_as_worker():
        credits_services.grant(user_id=user.pk, amount=amount, key=f"test:{uuid4()}", reason="Test")


def make_job(user: User, *, remix_of: UUID | None = None, **params: Any) -> Job:
    """A thumbnail that somebody ordered."""
    order = {"title": "How to win", **params}
    with act_as_user(user.pk):
        return jobs.submit(
            user=user,
            kind="thumbnail",
            params=order,
            request_id="tests-request",
            remix_of=remix_of,
        )


def make_photo(user: User, name: str = "astronaut.jpg") -> Asset:
    """A photo that somebody uploaded."""
    with act_as_user(user.pk):
        return photos.add_photo(user=user, upload=upload(name))


def make_upload(user: User) -> Upload:
    """A file that somebody began to send."""
    with act_as_user(user.pk):
        return Upload.objects.create(
            user=user, filename="me.jpg", content_type="image/jpeg", bytes=1000
        )


@contextmanager
def plain_pictures() -> Iterator[None]:
    """Let the provider deliver plain pictures, where a test is not about what is in them."""

    def deliver(order: ThumbnailOrder, *, report: Callable[[str, float], None]) -> Picture:
        report("drawing", 0.5)
        return Picture(
            data=picture((320, 180)),
            width=320,
            height=180,
            content_type="image/jpeg",
            seed=order.seed,
            alt_text=order.title,
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "thumbnail", deliver)
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A person who has something of everything that a person can have."""

    user: User
    api: ApiClient
    photo: Asset
    arriving: Upload
    waiting: Job
    failed: Job
    delivered: Job
    kept: Asset
    binned: Asset
    key_id: str


def furnish(email: str) -> Household:
    """Sign somebody up over the API and let them use every part of the product once."""
    signed_up = ApiClient().post("auth/signup", {"email": email, "password": PASSWORD})
    user = User.objects.get(pk=signed_up.json()["data"]["user"]["id"])
    grant(user, 100)
    api = ApiClient(user)
    key_id = api.post("api-keys", {"name": "Laptop"}).json()["data"]["id"]
    photo = make_photo(user)
    arriving = make_upload(user)
    failed = make_job(user, title="It failed")
    Job.objects.filter(pk=failed.pk).update(attempts=running.MAX_ATTEMPTS)
    running.run_job(job_id=failed.pk)
    delivered = make_job(user, title="It is there", text_overlay=False, count=2)
    with plain_pictures():
        running.run_job(job_id=delivered.pk)
    kept, binned = selectors.assets_of_job(job=delivered)
    with act_as_user(user.pk):
        assets.delete_asset(user=user, asset_id=binned.pk)
    order = {"kind": "thumbnail", "title": "It waits"}
    waiting = api.post("jobs", order, Idempotency_Key=f"order-of-{user.pk}").json()["data"]["id"]
    return Household(
        user=user,
        api=api,
        photo=photo,
        arriving=arriving,
        waiting=Job.objects.get(pk=waiting),
        failed=Job.objects.get(pk=failed.pk),
        delivered=Job.objects.get(pk=delivered.pk),
        kept=kept,
        binned=binned,
        key_id=key_id,
    )


def upload(name: str = "astronaut.jpg", data: bytes | None = None) -> SimpleUploadedFile:
    """A file on its way in."""
    return SimpleUploadedFile(name, data if data is not None else (PHOTOS / name).read_bytes())


def picture(size: tuple[int, int] = (640, 480), kind: str = "JPEG", **options: Any) -> bytes:
    """A plain picture as a file."""
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


@cache
def redis_client() -> redis.Redis:
    """The Redis of this run."""
    return redis.Redis.from_url(settings.REDIS_URL)
