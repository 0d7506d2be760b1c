"""An API key spends what it may in a month, to the credit, whoever asks at once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from accounts import services as accounts_services
from accounts.models import ApiToken, User
from credits import selectors, services
from credits.errors import KeyLimitReached
from credits.models import Reservation
from generation.models import Job
from tests import databases, factories
from tests.clients import ApiClient
from visiona.lib import clock, spender
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.spender import Spender

pytestmark = pytest.mark.django_db

THUMBNAIL = {"kind": "thumbnail", "title": "Mine"}


def make_key(user: User, monthly_limit: int | None) -> tuple[ApiToken, Client]:
    """Return a key of somebody's and a program that uses it."""
    with act_as_user(user.pk):
        key, secret = accounts_services.create_api_key(
            user=user, name="Script", monthly_limit=monthly_limit
        )
    return key, Client(headers={"authorization": f"Bearer {secret}"})


def hold(user: User, by: Spender | None, amount: int, key: str) -> services.Result:
    with act_as_user(user.pk), spender.kept_apart():
        spender.bind(by)
        return services.reserve(amount=amount, key=key, purpose="image", reference="job-1")


def spent(key_id: UUID) -> int:
    return selectors.spent_this_month(spenders=[key_id])[key_id]


def order(program: Client, **headers: str) -> tuple[int, str]:
    answer = program.post(
        "/api/v1/jobs", THUMBNAIL, content_type="application/json", headers=headers
    )
    return answer.status_code, answer.json().get("code", "")


def test_a_key_orders_up_to_its_limit_and_its_person_goes_on(alice: User, api: ApiClient) -> None:
    factories.grant(alice, 100)
    key, program = make_key(alice, 25)

    answers = [order(program) for _ in range(3)]
    refused = program.post("/api/v1/jobs", THUMBNAIL, content_type="application/json").json()

    assert answers == [(202, ""), (202, ""), (402, "insufficient_credits")]
    months = selectors.next_month_start()
    assert refused["detail"] == (
        "This key may spend 25 credits a month, and 5 of them are left; you need 10. "
        f"It starts anew on 1 {months:%B}, and its owner can raise it."
    )
    facts = {name: refused[name] for name in ("required", "available", "limit", "resets_at")}
    assert facts == {
        "required": 10,
        "available": 5,
        "limit": 25,
        "resets_at": months.isoformat(),
    }
    assert spent(key.pk) == 20
    assert set(Reservation.objects.values_list("spender", flat=True)) == {key.pk}
    assert api.post("jobs", THUMBNAIL).status_code == 202
    assert Reservation.objects.filter(spender=None).count() == 1
    assert (Job.objects.count(), spent(key.pk)) == (3, 20)
    assert selectors.broken_promises() == []


def test_what_was_given_back_can_be_spent_again(alice: User) -> None:
    key, _ = make_key(alice, 12)
    by = Spender(key.pk, 12)
    first, second = (hold(alice, by, 6, f"job:{number}") for number in range(2))
    with act_as_worker():
        services.capture(reservation_id=first.hold, amount=4)
        assert spent(key.pk) == 10
        services.refund(reservation_id=first.hold, amount=3, key="r", reason="Sorry")
        assert spent(key.pk) == 7
        services.release(reservation_id=second.hold)
        assert spent(key.pk) == 1

    assert hold(alice, by, 11, "job:3").status == "ok"
    with pytest.raises(KeyLimitReached) as refusal:
        hold(alice, by, 1, "job:4")
    assert refusal.value.facts["available"] == 0


def test_a_month_begins_on_its_first_and_counts_by_itself(alice: User) -> None:
    key, _ = make_key(alice, 10)
    by = Spender(key.pk, 10)
    old = hold(alice, by, 10, "job:1")
    before = selectors.month_start() - timedelta(microseconds=1)
    with connection.cursor() as cursor:
        sql = "UPDATE credits_reservation SET created_at = %s WHERE id = %s"
        cursor.execute(sql, [before, old.hold])

    assert spent(key.pk) == 0
    assert hold(alice, by, 10, "job:2").status == "ok"


def test_a_month_is_one_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 31, 23, 59, tzinfo=UTC))
    assert selectors.month_start() == datetime(2027, 1, 1, tzinfo=UTC)
    assert selectors.next_month_start() == datetime(2027, 2, 1, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 1, tzinfo=UTC))
    assert selectors.next_month_start() == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_same_order_again_is_the_same_hold_even_at_the_limit(alice: User) -> None:
    key, program = make_key(alice, 10)
    first, again = (order(program, **{"idempotency-key": "once"}) for _ in range(2))
    assert first == again == (202, "")
    assert hold(alice, Spender(key.pk, 10), 10, Reservation.objects.get().key).is_replay
    assert spent(key.pk) == 10


def test_a_sign_in_and_a_key_without_a_limit_are_counted_but_never_refused(alice: User) -> None:
    key, program = make_key(alice, None)
    signed_in = ApiClient(alice)

    assert order(program) == (202, "")
    assert signed_in.post("jobs", THUMBNAIL).status_code == 202

    assert spent(key.pk) == 10
    assert Counter(Reservation.objects.values_list("spender", flat=True)) == {key.pk: 1, None: 1}


def test_what_a_key_spends_is_forgotten_with_its_request(alice: User) -> None:
    _, program = make_key(alice, 5)
    assert order(program) == (402, "insufficient_credits")
    assert spender.current() is None
    assert ApiClient(alice).post("jobs", THUMBNAIL).status_code == 202


@pytest.mark.parametrize("method", ["post", "patch"])
def test_a_key_with_a_limit_can_neither_lift_it_nor_make_another(alice: User, method: str) -> None:
    key, program = make_key(alice, 5)
    address = {"post": "/api/v1/api-keys", "patch": f"/api/v1/api-keys/{key.pk}"}[method]

    body = {"name": "Free", "monthly_limit": 1000}
    answer = getattr(program, method)(address, body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert list(ApiToken.objects.values_list("name", "monthly_limit")) == [("Script", 5)]


def test_a_key_with_a_limit_ends_no_key_but_itself(alice: User) -> None:
    key, program = make_key(alice, 5)
    other, _ = make_key(alice, None)

    refused = program.delete(f"/api/v1/api-keys/{other.pk}")
    ended = program.delete(f"/api/v1/api-keys/{key.pk}")

    assert (refused.status_code, ended.status_code) == (403, 204)
    assert list(ApiToken.objects.filter(revoked_at=None)) == [other]


def test_a_key_is_changed_by_its_person_alone(alice: User, api: ApiClient, bob: User) -> None:
    key, _ = make_key(alice, 5)
    address = f"api-keys/{key.pk}"

    changed = api.call("PATCH", address, {"monthly_limit": 40})
    named = api.call("PATCH", address, {"name": "Laptop"}).json()["data"]
    freed = api.call("PATCH", address, {"monthly_limit": None}).json()["data"]

    assert changed.status_code == 200
    assert changed.json()["data"]["monthly_limit"] == 40
    assert (named["name"], named["monthly_limit"]) == ("Laptop", 40)
    assert (freed["name"], freed["monthly_limit"]) == ("Laptop", None)
    for body in ({"monthly_limit": 0}, {"name": ""}, {"prefix": "vis_"}):
        assert api.call("PATCH", address, body).status_code == 422
    assert ApiClient(bob).call("PATCH", address, {"name": "Bob's"}).status_code == 404
    assert ApiToken.objects.get(pk=key.pk).name == "Laptop"


def test_the_page_shows_what_each_key_has_spent_and_changes_its_limit(
    alice: User, alices_browser: Client
) -> None:
    key, program = make_key(alice, 15)
    order(program)
    page, change = "/account/api-keys/", f"/account/api-keys/{key.pk}/"

    words = " ".join(alices_browser.get(page).content.decode().split())
    assert 'class="figure">10</span> of <span class="figure">15</span> credits' in words
    assert 'value="15"' in alices_browser.get(change).content.decode()
    saved = alices_browser.post(change, {"name": "Script", "monthly_limit": "30"})
    assert (saved.status_code, saved["Location"]) == (302, page)
    assert ApiToken.objects.get(pk=key.pk).monthly_limit == 30
    assert order(program) == (202, "")
    assert alices_browser.post(change, {"name": "Script", "monthly_limit": "0"}).status_code == 422
    alices_browser.post(change, {"name": "Script", "monthly_limit": ""})
    assert ApiToken.objects.get(pk=key.pk).monthly_limit is None
    made = alices_browser.post(page, {"name": "New", "monthly_limit": "7"})
    assert made.context["made"].monthly_limit == 7


def test_nobody_sees_or_changes_a_key_of_anothers_on_the_page(
    alice: User, bob: User, client: Client
) -> None:
    key, _ = make_key(alice, 15)
    client.force_login(bob)
    address = f"/account/api-keys/{key.pk}/"
    assert client.get(address).status_code == 404
    assert client.post(address, {"name": "Bob's"}).status_code == 404
    with act_as_user(bob.pk):
        assert selectors.spent_this_month(spenders=[key.pk]) == {key.pk: 0}


@pytest.mark.django_db(transaction=True)
def test_of_thirty_orders_at_once_a_key_pays_for_exactly_what_it_may() -> None:
    alice = factories.make_user(extra_credits=1000)
    key, program = make_key(alice, 75)
    secret = program.defaults["HTTP_AUTHORIZATION"]

    def ask(_: int) -> tuple[int, str]:
        return order(Client(headers={"authorization": secret}))

    answers = Counter(databases.in_threads(ask, range(30), threads=8))

    assert answers == {(202, ""): 7, (402, "insufficient_credits"): 23}
    assert (spent(key.pk), Job.objects.count()) == (70, 7)
    assert selectors.broken_promises() == []
