"""Data for tests, made as the product makes it: through the services."""

import io
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import redis
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts import services as accounts_services
from accounts.models import User
from credits import services as credits_services
from generation.models import Asset, Job
from generation.services import jobs, photos
from visiona.lib.db.actor import act_as_user, act_as_worker

PHOTOS = Path(__file__).parent / "photos"
PASSWORD = "correct horse battery"


def make_user(email: str = "", *, extra_credits: int = 0) -> User:
    """Somebody who signed up, perhaps with more than the welcome credits."""
    user = accounts_services.sign_up(
        email=email or f"{uuid4().hex[:8]}@example.com", password=PASSWORD
    )
    if extra_credits:
        with act_as_worker():
            credits_services.grant(
                user_id=user.pk, amount=extra_credits, key=f"test:{uuid4()}", reason="Test"
            )
    return user


def make_job(user: User, **params: Any) -> Job:
    """A thumbnail that somebody ordered."""
    order = {"title": "How to win", **params}
    with act_as_user(user.pk):
        return jobs.submit(user=user, kind="thumbnail", params=order, request_id="tests-request")


def make_photo(user: User, name: str = "astronaut.jpg") -> Asset:
    """A photo that somebody uploaded."""
    with act_as_user(user.pk):
        return photos.add_photo(user=user, upload=upload(name))


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
