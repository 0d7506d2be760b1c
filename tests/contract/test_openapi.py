"""The OpenAPI document is complete, is the one in docs/, and says what the API really answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from accounts.models import Role, User
from tests import factories
from tests.clients import ApiClient
from tests.factories import Household
from tests.routes import METHODS, routes

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
ORDER = {"kind": "thumbnail", "title": "How to win"}
SIGN_IN = {"email": "alice@example.com", "password": factories.PASSWORD}

BODIES: dict[tuple[str, str], Any] = {
    ("post", "/api-keys"): {"name": "A program"},
    ("post", "/assets/delete"): {"ids": ["019f0000-0000-7000-8000-000000000001"]},
    ("post", "/assets/{asset_id}/recut"): {"captions": False},
    ("post", "/assets/{asset_id}/retitle"): {"title": "Another"},
    ("post", "/assets/{asset_id}/reword"): {"headline": "Another"},
    ("patch", "/assets/{asset_id}"): {"title": "Mine", "starred": True},
    ("post", "/auth/login"): SIGN_IN,
    ("post", "/auth/signup"): SIGN_IN | {"email": "carol@example.com"},
    ("post", "/billing/checkout"): {"plan": "pro"},
    ("post", "/chat"): {"message": "How do credits work?", "stream": True},
    ("patch", "/conversations/{conversation_id}"): {"title": "Money"},
    ("post", "/messages/{message_id}/regenerate"): {"stream": True},
    ("post", "/credits/quote"): ORDER,
    ("post", "/jobs"): ORDER,
    ("post", "/clones/readiness"): {"photo_ids": ["019f0000-0000-7000-8000-000000000001"]},
    ("patch", "/clones/{clone_id}"): {"name": "Ada"},
    ("patch", "/me"): {"name": "Alice"},
    ("post", "/projects"): {"name": "Winter mugs", "product_name": "Mug"},
    ("patch", "/projects/{project_id}"): {"prompt": "Warm hands"},
    ("post", "/prompts/enhance"): {"prompt": "Red sneakers", "kind": "image"},
    ("post", "/uploads"): {"filename": "me.jpg", "bytes": 1000, "content_type": "image/jpeg"},
}
QUERIES = {("get", "/admin/costs"): "?group_by=day"}
UPLOADS = {("post", "/photos")}
OF_PHOTOS = {"/clones/readiness"}
PLACES = (
    "job_id", "asset_id", "photo_id", "project_id", "upload_id", "clone_id", "removal_id", "key_id",
    "message_id", "conversation_id",
)  # fmt: skip
NOBODYS: dict[str, Any] = dict.fromkeys(PLACES, factories.UNKNOWN_ID) | {"number": 0}
LAST = ("post", "/auth/logout")
OPEN = {"/auth/login", "/auth/signup"}
FORMATS = jsonschema.Draft202012Validator.FORMAT_CHECKER


@pytest.fixture(autouse=True)
def plain_pictures() -> Iterator[None]:
    """What an ad looks like with other words is not what this is about."""
    with factories.plain_pictures():
        yield


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document as the code describes it now; making it fails on any warning."""
    path = tmp_path_factory.mktemp("schema") / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(path))
    made: dict[str, Any] = yaml.safe_load(path.read_text())
    return made


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (method, path.removeprefix("/api/v1"))
        for path, item in document["paths"].items()
        for method in item
        if method.upper() in METHODS
    ]


def place_of(method: str, path: str, alice: Household) -> str:
    """Fill in an address with what of Alice's is in the right state for it."""
    last = path.rpartition("/")[2]
    jobs = {"cancel": alice.waiting, "retry": alice.failed, "preview": alice.declined}
    assets = {"restore": alice.binned, "reword": alice.ad, "recut": alice.film}
    clones = {"withdraw": alice.untrained}
    answers = {"stop": alice.coming_answer}
    conversations = {"restore": alice.deleted_answer}
    return path.format(
        job_id=jobs.get(last, alice.delivered).pk,
        asset_id=assets.get(last, alice.kept).pk,
        photo_id=alice.photo.pk,
        project_id=alice.project.pk,
        upload_id=alice.arriving.pk,
        clone_id=clones.get(last, alice.clone).pk,
        removal_id=alice.removal.pk,
        key_id=alice.key_id,
        message_id=answers.get(last, alice.answer).pk,
        conversation_id=conversations.get(last, alice.answer).conversation_id,
        number=0,
    )


def call(alice: Household, method: str, path: str) -> Any:
    address = place_of(method, path, alice) + QUERIES.get((method, path), "")
    if (method, path) in UPLOADS:
        return alice.api.upload(address.lstrip("/"), file=factories.upload())
    body = BODIES.get((method, path), {} if method == "post" else None)
    if path in OF_PHOTOS:
        body = {"photo_ids": [str(alice.photo.pk)]}
    return alice.api.call(method, address.lstrip("/"), body)


def check(document: dict[str, Any], schema: dict[str, Any], body: Any) -> None:
    whole = {**schema, "components": document["components"]}
    jsonschema.Draft202012Validator(whole, format_checker=FORMATS).validate(body)


def with_nothing_left_unsaid(schema: Any) -> Any:
    """The same schema, but a field that it does not name is wrong."""
    if isinstance(schema, list):
        return [with_nothing_left_unsaid(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: with_nothing_left_unsaid(inner) for name, inner in schema.items()}
    return {"additionalProperties": False, **closed} if "properties" in schema else closed


def test_the_document_in_docs_is_the_one_of_this_code(document: dict[str, Any]) -> None:
    kept = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    assert kept == document, "Run: make schema"


def test_every_route_of_the_api_is_in_the_document(document: dict[str, Any]) -> None:
    described = set(document["paths"])
    existing = {
        route.with_places({name: f"{{{name}}}" for name in route.places})
        for route in routes()
        if route.pattern.startswith("api/v1/") and route.name != "schema"
    }
    assert described == existing


def test_every_operation_answers_as_documented(document: dict[str, Any]) -> None:
    alice = factories.furnish("alice@example.com")
    User.objects.filter(pk=alice.user.pk).update(role=Role.ADMIN)  # so that all of it answers
    # What deletes comes after what reads, and logging out last.
    strict = with_nothing_left_unsaid(document)
    order = {"get": 0, "patch": 1, "post": 2, "delete": 3}
    todo = sorted(operations(document), key=lambda one: (one == LAST, order[one[0]], one[1]))
    assert len(todo) >= 25
    for method, path in todo:
        documented = strict["paths"][f"/api/v1{path}"][method]["responses"]
        answer = call(alice, method, path)
        what = f"{method} {path}: {answer.status_code} {answer.content[:300]!r}"
        assert str(answer.status_code) in documented, what
        assert answer.status_code < 300, what
        content = documented[str(answer.status_code)].get("content", {})
        if answer.status_code == 204:
            assert (content, answer.content) == ({}, b""), what
        else:
            check(strict, content["application/json"]["schema"], answer.json())
            assert answer["Content-Type"] == "application/json", what
            assert answer["X-Request-ID"] == answer.json()["meta"]["request_id"], what


def test_every_operation_documents_its_refusals_and_refuses_so(document: dict[str, Any]) -> None:
    stranger = Client(raise_request_exception=False)
    for method, path in set(operations(document)) - {("get", "/plans")}:  # it refuses nobody
        described = document["paths"][f"/api/v1{path}"][method]
        problem = described["responses"]["default"]["content"]["application/problem+json"]
        address = "/api/v1" + path.format_map(NOBODYS)
        answer = getattr(stranger, method)(address, content_type="application/json")
        check(document, problem["schema"], answer.json())
        is_open = path in OPEN
        assert answer.status_code == (422 if is_open else 401), path
        ways: list[dict[str, list[str]]] = [] if is_open else [{"bearer": []}, {"cookie": []}]
        assert described.get("security", []) == ways, path


def test_lists_are_documented_with_their_cursor(document: dict[str, Any]) -> None:
    lists = []
    for path, item in document["paths"].items():
        names = {one["name"] for one in item.get("get", {}).get("parameters", [])}
        if "cursor" not in names:
            continue
        lists.append(path.removeprefix("/api/v1"))
        content = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert content["properties"]["meta"] == {"$ref": "#/components/schemas/ListMeta"}
    assert lists == [
        "/api-keys",
        "/assets",
        "/billing/payments",
        "/clones",
        "/consents",
        "/conversations",
        "/credits/entries",
        "/jobs",
        "/photos",
        "/projects",
        "/removals",
        "/uploads",
    ]
    assert "x-page" not in str(document)


def test_the_document_and_its_reader_are_served_to_everybody(client: Client) -> None:
    served = client.get("/api/v1/schema")
    assert served.status_code == 200
    assert yaml.safe_load(served.content)["openapi"] == "3.1.0"
    reader = client.get("/api/docs")
    assert reader.status_code == 200
    assert "swagger-ui" in reader.content.decode()
    assert "http://" not in reader.content.decode()
    assert "https://" not in reader.content.decode()
    rules = dict(
        rule.strip().split(" ", 1) for rule in reader["Content-Security-Policy"].split(";")
    )
    assert [name for name, rule in rules.items() if "unsafe" in rule] == ["style-src"]


def test_the_document_has_no_secrets_and_says_how_to_sign_in(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "vis_…"}
    assert schemes["bearer"].items() >= bearer.items()
    assert "Clerk" in schemes["bearer"]["description"]
    assert schemes["cookie"] == {"type": "apiKey", "in": "cookie", "name": "sessionid"}


def test_what_nobody_has_is_not_found_at_every_address(
    document: dict[str, Any], api: ApiClient
) -> None:
    for method, path in operations(document):
        if "{" not in path:
            continue
        address = path.format_map(NOBODYS)
        answer = api.call(method, address.lstrip("/"), BODIES.get((method, path)))
        problem = document["paths"][f"/api/v1{path}"][method]["responses"]["default"]["content"]
        check(document, problem["application/problem+json"]["schema"], answer.json())
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path)
        assert answer["X-Request-ID"] == answer.json()["request_id"]


def test_every_body_refuses_a_field_that_is_not_documented(
    document: dict[str, Any],
) -> None:
    alice = factories.furnish("alice@example.com")
    for (method, path), body in BODIES.items():
        address = place_of(method, path, alice).lstrip("/")
        answer = alice.api.call(method, address, body | {"titel": "a typing mistake"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), path
        assert answer.json()["errors"] == [
            {"field": "titel", "code": "unknown", "detail": "There is no such field."}
        ], path
    schemas = document["components"]["schemas"]
    inputs = [name for name in schemas if name.endswith("Request") and name != "JobInputRequest"]
    assert len(inputs) >= 8
    assert all(schemas[name]["additionalProperties"] is False for name in inputs)


def test_every_field_of_an_answer_is_documented_as_always_there(document: dict[str, Any]) -> None:
    answers = {
        name: schema
        for name, schema in document["components"]["schemas"].items()
        if name.endswith("Output")
    }
    assert len(answers) >= 12
    for name, schema in answers.items():
        assert set(schema["required"]) == set(schema["properties"]), name
