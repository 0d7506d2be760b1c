"""What a person might try at addresses: whose ids belong in each place, and what to say there."""

from typing import Any

from django.test import Client

from billing import selectors as billing_selectors
from tests.factories import Household
from tests.routes import Route, routes

# The key in the address is the permission: it was mailed to the one who may use it.
OPENED_BY_A_SECRET = {"account_confirm_email", "account_reset_password_from_key"}
# What can stand in a place of an address and is nobody's.
NOBODYS = {
    "kind": "image",
    "app_label": "credits",
    "model_id": "visiona-chat",
    "rest": "embeddings",
    "table": "credits",
    "number": "0",
}
# What has to be said for an address to do anything at all.
BODIES = {
    "api/v1/assets/<uuid:asset_id>/retitle": {"title": "Another title"},
    "api/v1/assets/<uuid:asset_id>/reword": {"headline": "Other words"},
    "api/v1/assets/<uuid:asset_id>/recut": {"captions": False},
    "api/v1/clones/<uuid:clone_id>": {"name": "Another name"},
    "api/v1/conversations/<uuid:conversation_id>": {"title": "Another title"},
    "billing/till/<uuid:checkout_id>": {"decision": "pay"},
    "chat/<uuid:conversation_id>/": {"message": "What is in here?"},
    "chat/<uuid:conversation_id>/name/": {"title": "Another title"},
    "api/v1/messages/<uuid:message_id>/regenerate": {"stream": True},
    "api/v1/messages/<uuid:message_id>/cards/<int:number>": {"title": "Another title"},
    "clones/<uuid:clone_id>/name/": {"name": "Another name"},
    "clones/<uuid:clone_id>/packs/": {"pack": "travel", "aspect_ratio": "4:5"},
    "clones/<uuid:clone_id>/delete/": {"name": "Ada"},
    "library/<uuid:asset_id>/retitle/": {"title": "Another title"},
    "library/<uuid:asset_id>/reword/": {"headline": "Other words"},
    "library/<uuid:asset_id>/recut/": {
        "trim_start": 0,
        "trim_end": 5,
        "music": "calm",
        "volume": 50,
    },
}


def ids_of(person: Household) -> dict[str, list[str]]:
    """What of a person's can stand in each place of an address, in every state it can be in."""
    return {
        "job_id": [
            str(job.pk)
            for job in (person.waiting, person.failed, person.declined, person.delivered)
        ],
        "asset_id": [
            str(asset.pk)
            for asset in (person.kept, person.binned, person.ad, person.film, person.photo)
        ],
        "project_id": [str(person.project.pk)],
        "checkout_id": [str(person.checkout.pk)],
        "payment_id": [str(one.pk) for one in billing_selectors.payments_of(user=person.user)],
        "upload_id": [str(person.arriving.pk)],
        "clone_id": [
            str(person.clone.pk),
            str(person.untrained.pk),
            str(person.removal.clone_id),
        ],
        "removal_id": [str(person.removal.pk)],
        "photo_id": [str(one.pk) for one in (person.photo, person.binned_photo, person.kept)],
        "key_id": [person.key_id],
        "session_id": [str(person.session_id)],
        "token_id": [str(person.sign_in_id)],
        "conversation_id": [
            str(one.conversation_id) for one in (person.answer, person.deleted_answer)
        ],
        "message_id": [
            str(one.pk) for one in (person.answer, person.deleted_answer, person.coming_answer)
        ],
        "row_id": [str(person.user.pk)],
        "name": [person.kept.file, person.kept.preview, person.photo.file, person.photo.preview],
    }


def is_stream(route: Route) -> bool:
    """Whether it looks with threads of its own, and so sees only what was committed."""
    return route.pattern.startswith(("stream/", "v1/"))


def with_ids(*, streams: bool = False) -> list[Route]:
    return [
        route
        for route in routes()
        if set(route.places) - set(NOBODYS)
        and route.name not in OPENED_BY_A_SECRET
        and is_stream(route) == streams
    ]


def without_ids() -> list[Route]:
    return [
        route for route in routes() if set(route.places) <= set(NOBODYS) and not is_stream(route)
    ]


def addresses(route: Route, person: Household) -> list[str]:
    known = ids_of(person)
    unknown = set(route.places) - set(known) - set(NOBODYS)
    assert not unknown, f"{route}: say in ids_of whose ids belong in {unknown}"
    (place,) = set(route.places) - set(NOBODYS)
    return [route.with_places({**NOBODYS, place: value}) for value in known[place]]


def browser_of(person: Household | None) -> Client:
    """A browser in which this person is signed in."""
    browser = Client(raise_request_exception=False)
    if person is not None:
        browser.force_login(person.user)
    return browser


def ask(
    person: Household | None,
    route: Route,
    method: str,
    address: str,
    *,
    browser: Client | None = None,
) -> Any:
    """Send what a browser or a program of this person would."""
    if person is not None and route.is_api:
        body = BODIES.get(route.pattern) if method in {"POST", "PATCH"} else None
        return person.api.send(method, address, body)
    client = browser or browser_of(person)
    if person is not None and method == "POST":
        return client.post(address, BODIES.get(route.pattern, {}))
    return getattr(client, method.lower())(address)
