"""Data for tests, made as the product makes it: through the services."""

from dataclasses import dataclass
from datetime import timedelta
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

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.models import ClerkSession, User
from billing.models import Checkout, Payment, Subscription
from billing.plans import ITEMS
from billing.services import checkouts, payments, subscriptions
from credits import services as credits_services
from credits.models import Adjustment
from generation import selectors
from generation.catalog import LEAST_CLONE_PHOTOS
from generation.errors import ProviderRefused
from generation.models import Asset, Clone, Job, Message, Project, Removal, Upload
from generation.pipelines import image
from generation.pipelines.base import JobContext
from generation.providers import local
from generation.providers.ports import ProviderCall
from generation.services import (
    assets,
    clones,
    conversations,
    jobs,
    photos,
    projects,
    provider_calls,
    removals,
    running,
    uploads,
)
from tests import chats, plain
from tests.clients import ApiClient
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user, act_as_worker

PHOTOS = Path(__file__).parent / "photos"
LEAST: dict[str, dict[str, Any]] = {
    "thumbnail": {"title": "How to win"},
    "image": {"prompt": "Red sneakers on Mars"},
    "product_ad": {"product_name": "Mug"},
    "video": {"product_name": "Mug"},
    "training": {"name": "Ada", "consent": True},
}
"""The least that has to be said of each kind; what is made of photos needs its `photo_ids` too."""

picture = plain.picture
plain_pictures = plain.plain_work
PASSWORD = "correct horse battery"
A_CALL = ProviderCall(
    provider="gemini", operation="write", model="gemini-flash", outcome="ok", latency_ms=900
)
UNKNOWN_ID = "019f0000-0000-7000-8000-000000000001"
SEED = 7


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


def pay(user: User, item: str = "pack_40", *, number: int = 1, **facts: Any) -> Payment:
    """Somebody's payment of a plan or a pack; it is told once more where the number is the same."""
    told: dict[str, Any] = {
        "source": "stripe",
        "charge_id": f"ch_{number}_{user.pk}",
        "reference": f"in_{number}_{user.pk}",
        "amount_cents": ITEMS[item].price_cents if item in ITEMS else 0,
        "currency": "usd",
        "paid_at": clock.now(),
        **facts,
    }
    with act_as_worker():
        return payments.record_paid(user_id=user.pk, item=item, **told)


def subscribe(user: User, plan: str = "pro", **facts: Any) -> Subscription:
    """Somebody's plan as it is told: active since now for a month, unless it is said."""
    now = clock.now()
    told: dict[str, Any] = {
        "source": "stripe",
        "external_id": f"sub_{user.pk}",
        "status": "active",
        "period_start": now,
        "period_end": now + timedelta(days=30),
        "cancel_at_period_end": False,
        "seen_at": now,
        **facts,
    }
    with act_as_worker():
        return subscriptions.follow(user_id=user.pk, plan=plan, **told)


def make_job(
    user: User, *, kind: str = "thumbnail", remix_of: UUID | None = None, **params: Any
) -> Job:
    """What somebody ordered: a thumbnail, unless it is said; of one title always the same one."""
    seed = {"seed": SEED} if kind == "thumbnail" else {}
    with act_as_user(user.pk):
        return jobs.submit(
            user=user,
            kind=kind,
            params={**seed, **LEAST[kind], **params},
            request_id="tests-request",
            remix_of=remix_of,
        )


def make_declined(user: User) -> Job:
    """An image that a provider declined to make."""
    job = make_job(user, kind="image")
    Job.objects.filter(pk=job.pk).update(provider="replicate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image, "make", _decline)
        running.run_job(job_id=job.pk)
    return Job.objects.get(pk=job.pk)


def _decline(_context: JobContext) -> None:
    raise ProviderRefused


def make_photo(user: User, name: str = "astronaut.jpg", data: bytes | None = None) -> Asset:
    """A photo that somebody uploaded."""
    with act_as_user(user.pk), pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "measured", plain.measured)
        return photos.add_photo(user=user, upload=upload(name, data))


def order_clone(user: User, **params: Any) -> Job:
    """A training that somebody ordered, on four new photos unless it is said."""
    if "photo_ids" not in params:
        pictures = [picture((300, 300 + number)) for number in range(LEAST_CLONE_PHOTOS)]
        params["photo_ids"] = [str(make_photo(user, data=data).pk) for data in pictures]
    return make_job(user, kind="training", **params)


def make_clone(user: User, **params: Any) -> Clone:
    """Somebody's clone that is ready, with its proof shots."""
    training = order_clone(user, **params)
    with plain_pictures():
        finish_jobs_of(training.clone_id)  # the training queues the proof
        finish_jobs_of(training.clone_id)
    clone: Clone = Clone.objects.select_related("job").get(job=training)
    return clone


def remove_clone(user: User, clone_id: UUID, *, with_pictures: bool = False) -> Removal:
    """The receipt of a clone that is gone from everywhere."""
    with act_as_user(user.pk):
        removal = clones.remove(user=user, clone_id=clone_id, with_pictures=with_pictures)
    finish_jobs_of(clone_id)
    assert removals.finish(removal_id=removal.pk)
    finished: Removal = Removal.objects.get(pk=removal.pk)
    return finished


def finish_jobs_of(clone_id: UUID | None) -> None:
    """Work on what is being made with a clone until it has ended."""
    for job in Job.objects.unfinished().filter(clone_id=clone_id):
        while not Job.objects.get(pk=job.pk).is_final:
            assert running.run_job(job_id=job.pk)


def make_upload(user: User, data: bytes | None = None, *, name: str = "me.jpg") -> Upload:
    """A file that somebody began to send; with bytes, one that has arrived in quarantine."""
    size = 1000 if data is None else len(data)
    with act_as_user(user.pk):
        begun, _ = uploads.begin(user=user, filename=name, size=size, content_type="image/jpeg")
        if data is None:
            return begun
        default_storage.save(begun.quarantine_name, ContentFile(data))
        return uploads.complete(user=user, upload_id=begun.pk)


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
    declined: Job
    kept: Asset
    binned: Asset
    ad: Asset
    film: Asset
    project: Project
    clone: Clone
    untrained: Clone
    removal: Removal
    answer: Message
    deleted_answer: Message
    coming_answer: Message
    key_id: str
    session_id: int
    sign_in_id: UUID
    checkout: Checkout


def furnish(email: str) -> Household:
    """Sign somebody up over the API and let them use every part of the product once."""
    signed_up = ApiClient().post("auth/signup", {"email": email, "password": PASSWORD})
    user = User.objects.get(pk=signed_up.json()["data"]["user"]["id"])
    checkout = _fill_wallet(user)
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
    with act_as_user(user.pk):
        project = projects.create(user=user, name="Winter mugs", photo_ids=[photo.pk])
        provider_calls.keep(calls=[A_CALL], user_id=user.pk)
    shown = [str(photo.pk)]
    ads = make_job(user, kind="product_ad", photo_ids=shown, formats=["1:1"], project_id=project.pk)
    film = make_job(user, kind="video", photo_ids=shown)
    with plain_pictures():
        running.run_job(job_id=ads.pk)
        running.run_job(job_id=film.pk)
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
        declined=make_declined(user),
        kept=kept,
        binned=binned,
        ad=selectors.assets_of_job(job=ads).get(),
        film=selectors.assets_of_job(job=film).get(),
        project=project,
        **_clones_of(user),
        **_answers_to(user),
        key_id=key_id,
        session_id=sign_in_by_browser(user),
        sign_in_id=accounts_selectors.sign_ins_of(user=user).reverse()[0].pk,
        checkout=checkout,
    )


def _fill_wallet(user: User) -> Checkout:
    """Give somebody credits, a plan that is over, money back, and something to pay for yet."""
    grant(user, 500)
    # Without a service: nobody is there who works for us, and nobody proposes it for themselves.
    Adjustment.objects.create(
        pk=uuid4(),
        wallet_id=user.pk,
        amount=200,
        reason="Sorry",
        proposed_by=user,
        proposal_proof=b"nobody's",
    )
    subscribe(user, status="canceled")
    refunded = pay(user, "pack_40")
    with act_as_worker():
        payments.record_refund(
            source="stripe", charge_id=refunded.charge_id, refunded_cents=refunded.amount_cents
        )
    with act_as_user(user.pk):
        return checkouts.begin(user=user, item="pack_100")


def _clones_of(user: User) -> dict[str, Any]:
    """A clone that is ready, one that is trained still, and the receipt of a third."""
    clone = make_clone(user)
    others = [order_clone(user, name=name, photo_ids=clone.photo_ids) for name in ("Eve", "Zoe")]
    removed, untrained = Clone.objects.filter(job__in=others).order_by("name")
    removal = remove_clone(user, removed.pk)
    return {"clone": clone, "untrained": untrained, "removal": removal}


def _answers_to(user: User) -> dict[str, Any]:
    """An answer that proposes a thumbnail, one that was deleted, and one that is to come."""
    asked = [chats.ask(user, f"Thumbnail titles about {what}") for what in ("bread", "tea", "jam")]
    answer, deleted = (chats.answered(one) for one in asked[:2])
    cards = [{"kind": "thumbnail", "title": "How to bake"}]
    Message.objects.filter(pk=answer.pk).update(cards=cards)
    with act_as_user(user.pk):
        conversations.delete(user=user, conversation_id=deleted.conversation_id)
    return {"answer": answer, "deleted_answer": deleted, "coming_answer": asked[2]}


def sign_in_by_browser(user: User, agent: str = "Mozilla/5.0 (X11; Linux) Firefox/140.0") -> int:
    """Sign somebody in by a browser of their own; return the id of that session."""
    browser = Client(headers={"user-agent": agent})
    browser.force_login(user)
    browser.get("/account/privacy/")
    key = browser.session.session_key
    ClerkSession.objects.create(pk=f"sess_{key}", user=user)
    session: int = accounts_selectors.sessions_of(user=user).get(session_key=key).pk
    return session


def upload(name: str = "astronaut.jpg", data: bytes | None = None) -> SimpleUploadedFile:
    """A file on its way in."""
    return SimpleUploadedFile(name, data if data is not None else (PHOTOS / name).read_bytes())


@cache
def redis_client() -> redis.Redis:
    """The Redis of this run."""
    return redis.Redis.from_url(settings.REDIS_URL)
