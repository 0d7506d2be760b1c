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
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.models import User
from credits import services as credits_services
from generation import selectors
from generation.models import Asset, Job, Upload
from generation.providers import local
from generation.providers.base import Picture, ThumbnailOrder
from generation.services import assets, jobs, photos, running, uploads
from tests.clients import ApiClient
from visiona.lib.db.actor import act_as_user, act_as_worker

PLAIN_FACTS = {  # as much of the engine's as another title on a plain picture needs
    "subject": "none",
    "warnings": [],
    "layout": {"subject_box": None},
    "setting": {
        "style": "minimal", "color_scheme": "ocean", "variety": [0, 0], "seed": 1,
        "subject": None, "is_strewn": False, "has_photo": False,
        "zone": {
            "rows": [10, 170], "outline": [[180, 10, 310]], "floor": 180, "largest": 40,
            "anchors": [0.5], "centered": False,
        },
    },
}  # fmt: skip
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


def make_photo(user: User, name: str = "astronaut.jpg", data: bytes | None = None) -> Asset:
    """A photo that somebody uploaded."""
    with act_as_user(user.pk):
        return photos.add_photo(user=user, upload=upload(name, data))


def make_upload(user: User, data: bytes | None = None, *, name: str = "me.jpg") -> Upload:
    """A file that somebody began to send; with bytes, one that has arrived in quarantine."""
    size = 1000 if data is None else len(data)
    with act_as_user(user.pk):
        begun, _ = uploads.begin(user=user, filename=name, size=size, content_type="image/jpeg")
        if data is None:
            return begun
        default_storage.save(begun.quarantine_name, ContentFile(data))
        return uploads.complete(user=user, upload_id=begun.pk)


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
            plate=picture((320, 180)) if order.text_overlay else None,
            facts=PLAIN_FACTS if order.text_overlay else {},
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
    binned_photo: Asset
    arriving: Upload
    waiting: Job
    failed: Job
    delivered: Job
    kept: Asset
    binned: Asset
    key_id: str
    session_id: int
    sign_in_id: UUID


def furnish(email: str) -> Household:
    """Sign somebody up over the API and let them use every part of the product once."""
    signed_up = ApiClient().post("auth/signup", {"email": email, "password": PASSWORD})
    user = User.objects.get(pk=signed_up.json()["data"]["user"]["id"])
    grant(user, 100)
    api = ApiClient(user)
    key_id = api.post("api-keys", {"name": "Laptop"}).json()["data"]["id"]
    photo, binned_photo = make_photo(user), make_photo(user, "me.png", picture(kind="PNG"))
    with act_as_user(user.pk):
        photos.remove_photo(user=user, photo_id=binned_photo.pk)
    arriving = make_upload(user, picture())
    failed = make_job(user, title="It failed")
    Job.objects.filter(pk=failed.pk).update(attempts=running.MAX_ATTEMPTS)
    running.run_job(job_id=failed.pk)
    delivered = make_job(user, title="It is there", count=2)
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
        binned_photo=binned_photo,
        arriving=arriving,
        waiting=Job.objects.get(pk=waiting),
        failed=Job.objects.get(pk=failed.pk),
        delivered=Job.objects.get(pk=delivered.pk),
        kept=kept,
        binned=binned,
        key_id=key_id,
        session_id=sign_in_by_browser(user),
        sign_in_id=accounts_selectors.sign_ins_of(user=user).reverse()[0].pk,
    )


def sign_in_by_browser(user: User, agent: str = "Mozilla/5.0 (X11; Linux) Firefox/140.0") -> int:
    """Sign somebody in by a browser of their own; return the id of that session."""
    browser = Client(headers={"user-agent": agent})
    browser.force_login(user)
    browser.get("/account/privacy/")
    key = browser.session.session_key
    session: int = accounts_selectors.sessions_of(user=user).get(session_key=key).pk
    return session


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
