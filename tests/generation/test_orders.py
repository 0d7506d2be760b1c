"""What programs order over the API: taken as documented, or refused with nothing changed."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pythonjsonlogger.json import JsonFormatter

from accounts.models import IdempotencyKey, User
from credits import selectors as credits_selectors
from generation.models import Asset, Job, Notice
from generation.services import running
from tests import factories
from tests.clients import ApiClient
from visiona.lib import clock
from visiona.lib.request_id import uuid7

pytestmark = pytest.mark.django_db

ORDER = {"kind": "thumbnail", "title": "How to win"}
MADE_ID = "019f0000-0000-7000-8000-000000000001"


def wallet(user: User) -> tuple[int, int]:
    found = credits_selectors.wallet_of(user=user)
    return found.available, found.held


def nothing_happened(user: User) -> bool:
    made = Job.objects.count() + Asset.objects.count() + Notice.objects.count()
    return wallet(user) == (20, 0) and made == 0 and not IdempotencyKey.objects.exists()


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a problem document of this sort, and nothing more."""
    assert answer["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code)
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(document)
    assert document["type"] == f"http://127.0.0.1:8000/problems/{code.replace('_', '-')}"
    assert document["request_id"] == answer["X-Request-ID"]
    for secret in ("Traceback", "site-packages", ".py", "psycopg", "SELECT "):
        assert secret not in answer.content.decode()
    return document


# --- What is taken ------------------------------------------------------------------------------


def test_an_order_is_accepted_and_says_where_to_look(alice: User, api: ApiClient) -> None:
    answer = api.post("jobs", ORDER)

    job = Job.objects.get()
    assert answer.status_code == 202
    assert answer["Location"] == f"/api/v1/jobs/{job.pk}"
    assert answer["Retry-After"] == "3"
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"data", "meta"}
    assert body["meta"] == {"request_id": answer["X-Request-ID"]}
    shown = body["data"]
    assert shown["params"].pop("seed") == job.params["seed"]
    assert shown == {
        "id": str(job.pk),
        "kind": "thumbnail",
        "status": "queued",
        "stage": "waiting",
        "progress": 0,
        "eta_seconds": 4,
        "price": 10,
        "captured": 0,
        "released": 0,
        "provider": "local",
        "params": {
            "title": "How to win",
            "style": "bold",
            "color_scheme": "sunset",
            "aspect_ratio": "16:9",
            "text_overlay": True,
            "prompt": "",
            "photo_id": None,
            "count": 1,
        },
        "enhanced_prompt": None,
        "assets": [],
        "clone_id": None,
        "project_id": None,
        "has_free_preview": False,
        "error": None,
        "request_id": answer["X-Request-ID"],
        "created_at": shown["created_at"],
        "started_at": None,
        "finished_at": None,
    }
    assert shown["created_at"].endswith("Z")
    assert job.pk.version == 7
    assert wallet(alice) == (10, 10)


def test_a_finished_job_shows_what_it_made(alice: User, api: ApiClient) -> None:
    order = {**ORDER, "count": 2, "prompt": "at night", "style": "neon", "text_overlay": False}
    job_id = api.post("jobs", order).json()["data"]["id"]
    with factories.plain_pictures():
        assert running.run_due(queue="quick")

    job = api.get(f"jobs/{job_id}").json()["data"]

    assert (job["status"], job["progress"], job["captured"]) == ("succeeded", 100, 20)
    assert (job["error"], job["eta_seconds"], job["stage"]) == (None, None, "done")
    first, second = job["assets"]
    assert (first["seed"], second["seed"]) == (job["params"]["seed"], job["params"]["seed"] + 1)
    assert first["params"] == job["params"] | {"count": 1}
    assert {
        "kind": "image",
        "source": "thumbnail",
        "width": 320,
        "height": 180,
        "duration_seconds": None,
        "content_type": "image/jpeg",
        "prompt": "at night",
        "enhanced_prompt": None,
        "understood": None,
        "ignored": None,
        "copy": None,
        "scenes": None,
        "poster_url": None,
        "captions_url": None,
        "job_id": job_id,
        "clone_id": None,
        "project_id": None,
        "provider": "local",
        "title": "How to win",
        "starred": False,
        "post_id": None,
    }.items() <= first.items()
    assert first["url"].startswith(f"http://127.0.0.1:8000/files/people/{alice.pk}/jobs/{job_id}/")
    assert set(first) == set(api.get(f"assets/{first['id']}").json()["data"])


def test_references_that_nobody_can_have_yet_may_be_null(api: ApiClient) -> None:
    order = {**ORDER, "photo_id": None, "clone_id": None, "project_id": None}
    assert api.post("jobs", order).status_code == 202


def test_a_photo_of_mine_is_kept_on_the_order(alice: User, api: ApiClient) -> None:
    photo = factories.make_photo(alice)
    job = api.post("jobs", {**ORDER, "photo_id": str(photo.pk)}).json()["data"]
    assert job["params"]["photo_id"] == str(photo.pk)


# --- What is refused ----------------------------------------------------------------------------

WRONG_FIELDS = [
    ({"style": "ugly"}, "style", "invalid_choice"),
    ({"style": None}, "style", "null"),
    ({"style": ["bold"]}, "style", "invalid_choice"),
    ({"color_scheme": "Sunset"}, "color_scheme", "invalid_choice"),
    ({"aspect_ratio": "16:10"}, "aspect_ratio", "invalid_choice"),
    ({"title": ""}, "title", "blank"),
    ({"title": "   \t\n "}, "title", "blank"),
    ({"title": "x" * 121}, "title", "max_length"),
    ({"title": "x" * 10_000}, "title", "max_length"),
    ({"title": "A\x00B"}, "title", "null_characters_not_allowed"),
    ({"title": None}, "title", "null"),
    ({"title": {"a": 1}}, "title", "invalid"),
    ({"title": ["a"]}, "title", "invalid"),
    ({"title": True}, "title", "invalid"),
    ({"title": "\ud800"}, "title", "surrogate_characters_not_allowed"),
    ({"prompt": "x" * 501}, "prompt", "max_length"),
    ({"prompt": "\x00"}, "prompt", "null_characters_not_allowed"),
    ({"count": 0}, "count", "min_value"),
    ({"count": 4}, "count", "max_value"),
    ({"count": -1}, "count", "min_value"),
    ({"count": 1.5}, "count", "invalid"),
    ({"count": "many"}, "count", "invalid"),
    ({"count": None}, "count", "null"),
    ({"count": 10**400}, "count", "max_value"),
    ({"count": "9" * 1001}, "count", "max_string_length"),
    ({"text_overlay": "perhaps"}, "text_overlay", "invalid"),
    ({"text_overlay": None}, "text_overlay", "null"),
    ({"photo_id": "me.jpg"}, "photo_id", "invalid"),
    ({"photo_id": ["me.jpg"]}, "photo_id", "invalid"),
    ({"clone_id": "ada"}, "clone_id", "invalid"),
    ({"project_id": "mugs"}, "project_id", "invalid"),
    ({"kind": "novel"}, "kind", "invalid_choice"),
    ({"kind": None}, "kind", "invalid_choice"),
    ({"kind": ["thumbnail"]}, "kind", "invalid_choice"),
    ({"titel": "typo"}, "titel", "unknown"),
    ({"seed": 7}, "seed", "unknown"),
    ({"price": 0}, "price", "unknown"),
    ({"user_id": MADE_ID}, "user_id", "unknown"),
]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    WRONG_FIELDS,
    ids=[f"{n} {field} {code}" for n, (_, field, code) in enumerate(WRONG_FIELDS)],
)
def test_a_wrong_field_is_named_and_nothing_happens(
    alice: User, api: ApiClient, change: dict[str, Any], field: str, code: str
) -> None:
    document = refused(api.post("jobs", {**ORDER, **change}), 422, "invalid_input")
    assert [error["field"] for error in document["errors"]] == [field]
    assert nothing_happened(alice)
    assert all(set(error) == {"field", "code", "detail"} for error in document["errors"])
    assert document["errors"][0]["code"] == code


def test_everything_that_is_wrong_is_said_at_once(alice: User, api: ApiClient) -> None:
    order = {"kind": "thumbnail", "title": "", "style": "ugly", "count": 9}
    document = refused(api.post("jobs", order), 422, "invalid_input")
    assert [error["field"] for error in document["errors"]] == ["title", "style", "count"]
    assert nothing_happened(alice)


@pytest.mark.parametrize("body", ["{", "", "nonsense", '{"kind": "thumbnail",}', "\xff"])
def test_what_is_not_json_is_malformed(alice: User, api: ApiClient, body: str) -> None:
    answer = send_raw(alice, "/api/v1/jobs", body)
    if body:
        refused(answer, 400, "malformed")
    else:
        refused(answer, 422, "invalid_input")
    assert nothing_happened(alice)


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "true", "[[1]]", "NaN"])
def test_json_that_is_no_object_is_refused(alice: User, api: ApiClient, body: str) -> None:
    assert send_raw(alice, "/api/v1/jobs", body).status_code in {400, 422}
    assert nothing_happened(alice)


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_json_without_a_bottom_is_malformed(alice: User, api: ApiClient, depth: int) -> None:
    body = '{"title":' + "[" * depth + "]" * depth + "}"
    answer = send_raw(alice, "/api/v1/jobs", body)
    assert answer.status_code in {400, 422}
    assert nothing_happened(alice)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/xml"])
def test_another_content_type_is_not_read(alice: User, api: ApiClient, kind: str) -> None:
    refused(send_raw(alice, "/api/v1/jobs", json.dumps(ORDER), kind), 415, "unsupported_media_type")
    assert nothing_happened(alice)


def test_an_answer_in_another_form_cannot_be_had(api: ApiClient) -> None:
    answer = api.get("jobs", Accept="text/csv")
    assert answer.status_code == 415
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_of_two_megabytes_is_too_large(alice: User, api: ApiClient) -> None:
    refused(send_raw(alice, "/api/v1/jobs", '{"title": "' + "x" * 2**21 + '"}'), 413, "too_large")
    assert nothing_happened(alice)


def test_a_body_that_says_it_is_huge_is_refused_before_it_is_read(
    alice: User, api: ApiClient
) -> None:
    answer = send_raw(alice, "/api/v1/jobs", "{}", CONTENT_LENGTH=str(2**40))
    document = refused(answer, 413, "too_large")
    assert document["detail"] == "Send at most 20 MB."
    assert nothing_happened(alice)


def send_raw(
    user: User, address: str, body: str, content_type: str = "application/json", **extra: Any
) -> Any:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client.post(address, data=body.encode("latin-1"), content_type=content_type, **extra)


def test_nine_credits_do_not_buy_a_ten_credit_job(alice: User, api: ApiClient) -> None:
    answer = api.post("jobs", {**ORDER, "count": 3})
    document = refused(answer, 402, "insufficient_credits")
    assert (document["required"], document["available"]) == (30, 20)
    assert document["detail"] == "You need 30 credits and have 20."
    assert nothing_happened(alice)


def test_somebody_elses_photo_is_not_found(alice: User, bob: User, api: ApiClient) -> None:
    photo = factories.make_photo(bob)
    refused(api.post("jobs", {**ORDER, "photo_id": str(photo.pk)}), 404, "not_found")
    assert wallet(alice) == (20, 0)
    assert Job.objects.count() == 0


def test_a_photo_that_never_was_is_not_found(alice: User, api: ApiClient) -> None:
    refused(api.post("jobs", {**ORDER, "photo_id": str(uuid7())}), 404, "not_found")
    assert nothing_happened(alice)


def test_a_made_picture_is_no_photo(alice: User, api: ApiClient) -> None:
    api.post("jobs", ORDER)
    with factories.plain_pictures():
        running.run_due(queue="quick")
    order = {**ORDER, "photo_id": str(Asset.objects.get().pk)}
    refused(api.post("jobs", order), 404, "not_found")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("jobs", {"PUT", "PATCH", "DELETE"}),
        (f"jobs/{MADE_ID}", {"POST", "PUT", "PATCH", "DELETE"}),
        (f"jobs/{MADE_ID}/cancel", {"GET", "PUT", "PATCH", "DELETE"}),
        ("photos", {"PUT", "PATCH", "DELETE"}),
        ("credits", {"POST", "PUT", "PATCH", "DELETE"}),
        ("assets/delete", {"GET", "PUT", "PATCH"}),
        ("credits/prices", {"POST"}),
    ],
)
def test_a_method_that_an_address_does_not_know(
    api: ApiClient, path: str, methods: set[str]
) -> None:
    for method in methods:
        answer = api.call(method, path, {})
        refused(answer, 405, "method_not_allowed")
        assert method not in answer["Allow"]


@pytest.mark.parametrize(
    "path",
    ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/jobs", "/api/v1/jobs/7", "/api/v1/jobs/x/y"],
)
def test_an_unknown_address_under_api_is_a_document(path: str, api: ApiClient) -> None:
    refused(api.send("GET", path), 404, "not_found")
    refused(api.send("POST", path, {}), 404, "not_found")


def test_an_address_answers_with_and_without_a_slash(alice: User, api: ApiClient) -> None:
    for path in ("jobs", "jobs/"):
        assert api.get(path).status_code == 200
        assert api.post(path, ORDER).status_code == 202
    assert Job.objects.count() == 2
    job = Job.objects.first()
    assert job
    assert api.get(f"jobs/{job.pk}/").status_code == 200
    assert api.get("schema/").status_code == 200


# --- The id of a request ------------------------------------------------------------------------


@pytest.mark.parametrize("offered", ["a-good_id", "x" * 8, "A1-_" * 16])
def test_a_good_request_id_is_kept(api: ApiClient, offered: str) -> None:
    answer = api.get("me", X_Request_ID=offered)
    assert answer["X-Request-ID"] == offered
    assert answer.json()["meta"]["request_id"] == offered


@pytest.mark.parametrize(
    "offered", ["", "short", "x" * 65, "with space", "a\u00e9bcdefgh", "a;b;c;d;e"]
)
def test_a_bad_request_id_is_replaced(api: ApiClient, offered: str) -> None:
    answer = api.get("me", X_Request_ID=offered)
    made = answer["X-Request-ID"]
    assert made != offered
    assert UUID(made).version == 7


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/nothing", "/nothing", "/api/v1/jobs"])
def test_every_answer_carries_a_request_id(client: Client, path: str) -> None:
    assert UUID(client.get(path)["X-Request-ID"]).version == 7


@pytest.fixture
def log() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Read the lines that the product's own logging writes."""
    (handler,) = (
        one
        for one in logging.getLogger().handlers
        if isinstance(one.formatter, JsonFormatter) and isinstance(one, logging.StreamHandler)
    )
    paper = io.StringIO()
    before = handler.setStream(paper)
    yield lambda: [json.loads(line) for line in paper.getvalue().splitlines()]
    handler.setStream(before)


def test_one_id_goes_from_the_request_to_the_job_and_the_workers_log(
    alice: User, api: ApiClient, log: Callable[[], list[dict[str, Any]]]
) -> None:
    api.post("jobs", ORDER, X_Request_ID="follow-this-one")
    assert Job.objects.get().request_id == "follow-this-one"
    (reserve, _welcome) = credits_selectors.entries_of(user=alice)
    assert reserve.request_id == "follow-this-one"

    Job.objects.update(deadline=clock.now())
    running.run_due(queue="quick")

    (line,) = [one for one in log() if one["message"] == "generation.job.failed"]
    assert (line["request_id"], line["code"]) == ("follow-this-one", "deadline_passed")


def test_a_refusal_is_logged_with_its_id_its_person_and_its_route_and_not_its_address(
    alice: User, log: Callable[[], list[dict[str, Any]]]
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    client.get("/files/people/x.jpg?signature=secret", headers={"X-Request-ID": "find-this"})
    client.get(f"/api/v1/jobs/{MADE_ID}?token=secret", headers={"X-Request-ID": "find-this-too"})
    lines = {one["request_id"]: one for one in log() if one["logger"] == "django.request"}
    assert lines["find-this-too"]["message"] == "http.answered.404"
    assert lines["find-this-too"]["route"] == "GET /api/v1/jobs/<uuid:job_id>"
    assert "secret" not in json.dumps(log())


# --- Idempotency --------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["with space", "é", "x" * 256, "tab\there"])
def test_a_key_that_is_no_key_is_refused(alice: User, api: ApiClient, key: str) -> None:
    document = refused(api.post("jobs", ORDER, Idempotency_Key=key), 422, "invalid_input")
    assert [error["field"] for error in document["errors"]] == ["Idempotency-Key"]
    assert nothing_happened(alice)


def test_the_same_order_in_other_words_is_the_same_order(alice: User, api: ApiClient) -> None:
    first = api.post("jobs", ORDER, Idempotency_Key="k")
    again = api.post(
        "jobs/", {"title": " How to win ", "kind": "thumbnail", "count": 1}, Idempotency_Key="k"
    )
    assert again.json()["data"] == first.json()["data"]
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert wallet(alice) == (10, 10)


def test_a_retry_with_a_key_is_one_new_job(alice: User, api: ApiClient) -> None:
    job = api.post("jobs", ORDER).json()["data"]
    api.post(f"jobs/{job['id']}/cancel")
    first = api.post(f"jobs/{job['id']}/retry", Idempotency_Key="again")
    again = api.post(f"jobs/{job['id']}/retry", Idempotency_Key="again")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["data"] == again.json()["data"]
    assert Job.objects.count() == 2
    assert wallet(alice) == (10, 10)


# --- Cancel, retry, lists -----------------------------------------------------------------------


def test_canceling_returns_the_credits_and_a_second_time_is_a_conflict(
    alice: User, api: ApiClient
) -> None:
    job = api.post("jobs", ORDER).json()["data"]
    canceled = api.post(f"jobs/{job['id']}/cancel")
    assert (canceled.status_code, canceled.json()["data"]["status"]) == (200, "canceled")
    assert canceled.json()["data"]["released"] == 10
    assert wallet(alice) == (20, 0)
    refused(api.post(f"jobs/{job['id']}/cancel"), 409, "job_not_cancelable")
    assert wallet(alice) == (20, 0)


def test_a_job_that_runs_or_delivered_is_not_tried_again(alice: User, api: ApiClient) -> None:
    job = api.post("jobs", ORDER).json()["data"]
    refused(api.post(f"jobs/{job['id']}/retry"), 409, "conflict")
    with factories.plain_pictures():
        running.run_due(queue="quick")
    refused(api.post(f"jobs/{job['id']}/retry"), 409, "conflict")
    assert Job.objects.count() == 1


def test_a_retry_without_the_credits_changes_nothing(alice: User, api: ApiClient) -> None:
    job = api.post("jobs", {**ORDER, "count": 2}).json()["data"]
    api.post(f"jobs/{job['id']}/cancel")
    api.post("jobs", ORDER)
    refused(api.post(f"jobs/{job['id']}/retry"), 402, "insufficient_credits")
    assert Job.objects.count() == 2
    assert wallet(alice) == (10, 10)


def test_jobs_are_listed_newest_first_in_pages(alice: User, api: ApiClient) -> None:
    factories.grant(alice, 100)
    made = [api.post("jobs", {**ORDER, "title": f"{n}"}).json()["data"]["id"] for n in range(5)]
    seen, cursor, pages = [], "", 0
    while True:
        page = api.get(f"jobs?limit=2&cursor={cursor}").json()
        seen += [job["id"] for job in page["data"]]
        pages += 1
        assert set(page["meta"]) == {"request_id", "next"}
        cursor = page["meta"]["next"]
        if not cursor:
            break
    assert (seen, pages) == (list(reversed(made)), 3)
    assert len(api.get("jobs").json()["data"]) == 5


@pytest.mark.parametrize(
    "limit", ["0", "101", "-1", "1.5", "many", "\u0661", " 5", "1e2", "9" * 5000]
)
def test_a_limit_that_is_none_is_refused(api: ApiClient, limit: str) -> None:
    document = refused(api.get(f"jobs?limit={limit}"), 422, "invalid_input")
    assert [(one["field"], one["code"]) for one in document["errors"]] == [("limit", "invalid")]


@pytest.mark.parametrize("limit", ["1", "24", "100", ""])
def test_a_limit_within_the_limits_is_taken(api: ApiClient, limit: str) -> None:
    assert api.get(f"jobs?limit={limit}").status_code == 200


@pytest.mark.parametrize("cursor", ["x", "!!!!", "A" * 21, "A" * 400, "\u00e9", "%00"])
def test_a_cursor_of_somebody_elses_making_is_refused(api: ApiClient, cursor: str) -> None:
    document = refused(api.get(f"jobs?cursor={cursor}"), 422, "invalid_input")
    assert [(one["field"], one["code"]) for one in document["errors"]] == [("cursor", "invalid")]


def test_jobs_are_filtered_by_kind_and_status(alice: User, api: ApiClient) -> None:
    first = api.post("jobs", ORDER).json()["data"]["id"]
    second = api.post("jobs", ORDER).json()["data"]["id"]
    api.post(f"jobs/{first}/cancel")

    def listed(query: str) -> list[str]:
        return [job["id"] for job in api.get(f"jobs?{query}").json()["data"]]

    assert listed("status=canceled") == [first]
    assert listed("status=queued&kind=thumbnail") == [second]
    for query in ("status=lost", "kind=novel", "status="):
        document = refused(api.get(f"jobs?{query}"), 422, "invalid_input")
        assert document["errors"][0]["code"] == "invalid_choice"
