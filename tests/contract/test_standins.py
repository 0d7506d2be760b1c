"""The stand-ins: what they accept is recorded, and their webhooks are like Replicate's."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from replicate.client import Client
from replicate.exceptions import ReplicateError
from replicate.training import Training
from replicate.webhook import Webhooks, WebhookSigningSecret

from generation.providers import registry, wire
from generation.providers.ports import ImageRequest
from generation.providers.replicate import client_of
from tests.standins import contracts
from tests.standins.contracts import Contract
from tests.standins.replicate import SECRET, Plan, Replicate
from tests.standins.server import Reply, Seen, StandIn


class Inbox:
    """Takes whatever is sent to it."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], str]] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                inbox.received.append((dict(self.headers.items()), body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hooks/"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    thread = threading.Thread(target=inbox.server.serve_forever, args=(0.01,))
    thread.start()
    yield inbox
    inbox.server.shutdown()
    inbox.server.server_close()
    thread.join()


@pytest.fixture
def replicate(standins: dict[str, StandIn]) -> Replicate:
    standin = standins["replicate"]
    assert isinstance(standin, Replicate)
    standin.works.clear()
    standin.webhooks.clear()
    return standin


TRAINER = "ostris/flux-dev-lora-trainer"


@pytest.fixture
def sdk(replicate: Replicate) -> Iterator[Client]:
    """Replicate's SDK by itself, as somebody else would use it."""
    with wire.exchange(seconds=20, max_bytes=1_000_000):
        yield client_of("r8_stand_in", replicate.base_url)


def train(sdk: Client, replicate: Replicate, webhook: str = "", **given: Any) -> Training:
    inputs = {"input_images": "https://x.example/a.zip", "trigger_word": "TOK", "steps": 10}
    replicate.models.keep("visiona-1")
    news: Any = {"webhook": webhook, "webhook_events_filter": ["completed"]} if webhook else {}
    training: Training = sdk.trainings.create(
        model=TRAINER,
        version=replicate.models.latest(TRAINER),
        input=inputs | given,
        destination="visiona-tests/visiona-1",
        **news,
    )
    return training


def start(inbox: Inbox) -> str:
    image = registry.image(record=lambda call: None)
    assert image is not None
    return image.start(ImageRequest(prompt="a cat", webhook=inbox.address)).id


def is_genuine(headers: dict[str, str], body: str) -> bool:
    try:
        secret = WebhookSigningSecret(key=SECRET)
        Webhooks.validate(headers=headers, body=body, secret=secret, tolerance=300)
    except ValueError:
        return False
    return True


def test_a_webhook_is_signed_as_replicate_signs(replicate: Replicate, inbox: Inbox) -> None:
    work = start(inbox)
    replicate.finish(work)
    assert replicate.tell(work).status_code == 200
    [(headers, body)] = inbox.received
    assert is_genuine(headers, body)
    assert not is_genuine(headers, body.replace("succeeded", "failed"))
    assert json.loads(body)["id"] == work


def test_a_forged_webhook_is_not_genuine(replicate: Replicate, inbox: Inbox) -> None:
    work = start(inbox)
    replicate.finish(work)
    replicate.tell(work, forged=True)
    [(headers, body)] = inbox.received
    assert not is_genuine(headers, body)


def test_webhooks_come_late_twice_and_in_no_order(replicate: Replicate, inbox: Inbox) -> None:
    works = [start(inbox) for _ in range(3)]
    assert inbox.received == [], "nothing is sent that was not asked for"
    for work in works[:2]:
        replicate.finish(work)
    replicate.tell_all(seed=3)
    told = [json.loads(body)["id"] for _, body in inbox.received]
    assert {work: told.count(work) for work in works} == dict(zip(works, [4, 4, 2], strict=True))
    assert told != sorted(told, key=works.index)
    assert len({headers["webhook-id"] for headers, _ in inbox.received}) == 10


def test_a_webhook_tells_of_a_training_as_well(
    replicate: Replicate, sdk: Client, inbox: Inbox
) -> None:
    work = train(sdk, replicate, inbox.address).id
    replicate.finish_training(work)
    for _ in range(2):
        replicate.tell(work)
    assert all(is_genuine(headers, body) for headers, body in inbox.received)
    told = [json.loads(body)["output"]["version"] for _, body in inbox.received]
    assert told == replicate.models.weights_of("visiona-1") * 2


def test_trainings_go_as_planned_when_they_are_asked_about(
    replicate: Replicate, sdk: Client
) -> None:
    replicate.plan = Plan(logs=("one", "two"), ends="failed", error="CUDA out of memory")
    failing = train(sdk, replicate)
    replicate.plan = Plan(ends="")
    stalling = train(sdk, replicate)

    stages = [sdk.trainings.get(failing.id) for _ in range(4)]

    assert [(one.status, one.logs) for one in stages] == [
        ("processing", "one"),
        ("processing", "two"),
        ("failed", "two"),
        ("failed", "two"),
    ]
    assert {sdk.trainings.get(stalling.id).status for _ in range(3)} == {"starting"}
    assert sdk.trainings.cancel(stalling.id).status == "canceled"


def test_trainings_and_predictions_are_listed_apart(
    replicate: Replicate, sdk: Client, inbox: Inbox
) -> None:
    training, prediction = train(sdk, replicate).id, start(inbox)
    assert [one.id for one in sdk.trainings.list()] == [training]
    assert [one.id for one in sdk.predictions.list()] == [prediction]


@pytest.mark.parametrize("wrong", [{"steps": 2}, {"lora_rank": 129}, {"autocaption": "yes"}])
def test_inputs_that_a_trainer_does_not_take_are_refused(
    wrong: dict[str, Any], replicate: Replicate, sdk: Client
) -> None:
    with pytest.raises(ReplicateError) as caught:
        train(sdk, replicate, **wrong)
    assert caught.value.status == 422
    assert next(iter(wrong)) in str(caught.value.detail)
    assert replicate.works == {}
    replicate.complaints.clear()  # our own record of the inputs says the same


def seen(body: object) -> Seen:
    headers = {"content-type": "application/json"}
    return Seen("POST", "/v1/predictions", "", headers, json.dumps(body).encode())


def test_a_request_that_is_not_as_recorded_is_complained_about() -> None:
    contract = Contract.of("replicate")
    good = {"version": "black-forest-labs/flux-schnell", "input": {"prompt": "a", "num_outputs": 1}}
    refused = Reply(422, {})
    assert contract.complaints(seen(good), refused) == []
    assert contract.complaints(seen(good | {"wait": 5}), refused) != []
    assert contract.complaints(seen({"input": good["input"]}), refused) != []
    assert contract.complaints(seen(good), Reply(201, {"id": "x"})) != []
    unknown = Seen("GET", "/v1/unknown", "", {}, b"")
    assert contract.complaints(unknown, refused) == [
        "GET /v1/unknown: is not recorded in tests/standins/shapes"
    ]


@pytest.mark.parametrize("name", contracts.OFFICIAL)
def test_what_is_recorded_is_a_schema(name: str) -> None:
    shapes = json.loads((contracts.SHAPES / f"{name}.json").read_text())
    for shape in shapes["routes"].values():
        for schema in shape.values():
            Draft202012Validator.check_schema({"$defs": shapes["$defs"], **schema})


def test_an_official_document_is_asked_where_there_is_one(tmp_path: Path) -> None:
    document = {
        "openapi": "3.0.3",
        "paths": {
            "/predictions": {
                "post": {
                    "requestBody": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/order"}}
                        }
                    },
                    "responses": {},
                }
            }
        },
        "components": {
            "schemas": {
                "order": {
                    "type": "object",
                    "properties": {
                        "note": {"type": "string", "nullable": True},
                        "steps": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
                    },
                }
            }
        },
    }
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document))
    official = contracts.Official.read(path, "/v1")
    assert list(official.complaints(seen({}), Reply(), {"note": None, "steps": 1}, [])) == []
    [complaint] = official.complaints(seen({}), Reply(), {"steps": 0}, [])
    assert complaint.startswith("steps: 0 is less than or equal to")
