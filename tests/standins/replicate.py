"""Replicate on this machine: predictions and trainings that end when they are told to."""

import base64
import hashlib
import hmac
import itertools
import json
import random
import re
import threading
import uuid
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs

import httpx

from tests.standins.pictures import MP4, PNG
from tests.standins.server import Fault, Instead, Reply, Route, Seen, StandIn

SECRET = "whsec_" + base64.b64encode(b"a stand-in's secret of 32 bytes!").decode()
OWNER = "visiona-tests"
PAGE = 100
NOT_FOUND = {"detail": "The requested resource could not be found.", "status": 404}
FINAL = {"succeeded", "failed", "canceled", "aborted"}


class Replicate(StandIn):
    """The API, the files that it delivers, and its webhooks."""

    contract: ClassVar[str] = "replicate"

    def __init__(self) -> None:
        super().__init__()
        self.works: dict[str, dict[str, Any]] = {}
        self.webhooks: dict[str, tuple[str, list[str]]] = {}
        self.models: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.deliveries: dict[str, Reply] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count()

    # --- What is told from outside ---

    def finish(self, id: str, *, pictures: int = 1, content: Reply | None = None) -> None:  # noqa: A002
        """End a prediction well; its files are PNGs, or what is given."""
        reply = content or Reply(body=PNG, content_type="image/png")
        addresses = [self._deliver(reply) for _ in range(pictures)]
        self._end(id, "succeeded", output=addresses)

    def finish_video(self, id: str) -> None:  # noqa: A002
        """End a prediction with a clip."""
        clip = Reply(body=MP4, content_type="video/mp4")
        self._end(id, "succeeded", output=self._deliver(clip))

    def finish_training(self, id: str) -> None:  # noqa: A002
        """End a training well."""
        work = self.works[id]
        version = hashlib.sha256(id.encode()).hexdigest()
        weights = self._deliver(Reply(body=b"tar", content_type="application/x-tar"))
        output = {"version": f"{work['_destination']}:{version}", "weights": weights}
        self._end(id, "succeeded", output=output)

    def fail(self, id: str, error: str = "CUDA out of memory", status: str = "failed") -> None:  # noqa: A002
        """End a prediction or a training badly."""
        self._end(id, status, error=error)

    def forget_files(self, id: str) -> None:  # noqa: A002
        """Do what happens after an hour."""
        self.works[id] |= {"output": None, "data_removed": True, "input": {}, "logs": ""}
        self.deliveries.clear()

    def tell(self, id: str, *, event: str = "completed", forged: bool = False) -> httpx.Response:  # noqa: A002
        """Send a webhook; to be called again, late, or in another order, as one likes."""
        address, body, headers = self.letter(id, event=event, forged=forged)
        return httpx.post(address, content=body, headers=headers, timeout=5)

    def letter(
        self,
        id: str,  # noqa: A002
        *,
        event: str = "completed",
        forged: bool = False,
    ) -> tuple[str, bytes, dict[str, str]]:
        """Return a webhook for whoever sends it: the address, the body, the headers."""
        address, events = self.webhooks[id]
        assert event in events
        body = json.dumps(public(self.works[id])).encode()
        message = f"msg_{next(self._numbers)}"
        moment = str(int(datetime.now(tz=UTC).timestamp()))
        secret = b"somebody else's" if forged else base64.b64decode(SECRET.removeprefix("whsec_"))
        signed = hmac.digest(secret, f"{message}.{moment}.".encode() + body, "sha256")
        headers = {
            "webhook-id": message,
            "webhook-timestamp": moment,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
            "content-type": "application/json",
        }
        return address, body, headers

    def tell_all(self, *, seed: int = 0) -> None:
        """Send every event of everybody twice, in no order."""
        sent = [
            (id_, event)
            for id_, (_, events) in self.webhooks.items()
            for event in events
            if event == "start" or self.works[id_]["status"] in FINAL
        ] * 2
        random.Random(seed).shuffle(sent)
        for id_, event in sent:
            self.tell(id_, event=event)

    # --- Faults in its own words ---

    @staticmethod
    def throttled(retry_after: int = 7) -> Fault:
        detail = f"Request was throttled. Your rate limit resets in ~{retry_after}s."
        return Instead(Reply(429, {"detail": detail, "status": 429}))

    @staticmethod
    def error(status: int, detail: str = "Something went wrong") -> Fault:
        return Instead(Reply(status, {"detail": detail, "status": status}))

    @staticmethod
    def error_in_200() -> Fault:
        return Instead(Reply(200, {"detail": "Something went wrong", "status": 500}))

    @staticmethod
    def refusal() -> Fault:
        detail = "- input.prompt: flagged by the safety filter"
        return Instead(Reply(422, {"title": "Input validation failed", "detail": detail}))

    # --- The API ---

    def is_authorized(self, seen: Seen) -> bool:
        return seen.headers.get("authorization", "") == "Bearer r8_stand_in"

    def unauthorized(self) -> Reply:
        detail = "You did not pass a valid authentication token"
        return Reply(401, {"title": "Unauthenticated", "detail": detail, "status": 401})

    def routes(self) -> list[tuple[str, str, Route]]:
        work, model = r"([a-z0-9]+)", r"([\w.-]+)/([\w.-]+)"
        return [
            ("POST", r"/v1/predictions", self._create),
            ("GET", r"/v1/predictions", self._list),
            ("GET", rf"/v1/predictions/{work}", self._get),
            ("POST", rf"/v1/predictions/{work}/cancel", self._cancel),
            ("POST", rf"/v1/models/{model}/versions/([0-9a-f]{{64}})/trainings", self._train),
            ("GET", rf"/v1/trainings/{work}", self._get),
            ("POST", rf"/v1/trainings/{work}/cancel", self._cancel),
            ("POST", r"/v1/models", self._create_model),
            ("GET", rf"/v1/models/{model}", self._model),
            ("POST", r"/v1/files", self._keep),
            ("GET", r"/delivery/(.+)", self._delivery),
        ]

    def _create(self, _: re.Match[str], seen: Seen) -> Reply:
        given = seen.json
        model, _, version = given["version"].partition(":")
        return Reply(201, public(self._begin(given, model, version or "hidden", "predictions")))

    def _train(self, found: re.Match[str], seen: Seen) -> Reply:
        given = seen.json
        if given["destination"] not in self.models:
            detail = "The specified training destination does not exist"
            return Reply(404, {"detail": detail, "status": 404})
        model = f"{found[1]}/{found[2]}"
        work = self._begin(given, model, found[3], "trainings")
        del work["output"]  # of a training there is none before the end
        work["_destination"] = given["destination"]
        return Reply(201, public(work))

    def _begin(self, given: Any, model: str, version: str, kind: str) -> dict[str, Any]:
        name = uuid.uuid4().hex[:26]
        here = f"{self.address}/v1/{kind}/{name}"
        work = {
            "id": name,
            "model": model,
            "version": version,
            "input": given["input"],
            "logs": "",
            "output": None,
            "data_removed": False,
            "error": None,
            "status": "starting",
            "source": "api",
            "created_at": moment(),
            "urls": {
                "get": here,
                "cancel": f"{here}/cancel",
                "web": f"https://replicate.com/p/{name}",
            },
        }
        with self._lock:
            self.works[name] = work
            if "webhook" in given:
                self.webhooks[name] = given["webhook"], given["webhook_events_filter"]
        return work

    def _get(self, found: re.Match[str], _: Seen) -> Reply:
        work = self.works.get(found[1])
        if work is None:
            return Reply(
                404, {"detail": "The requested resource could not be found.", "status": 404}
            )
        return Reply(200, public(work))

    def _list(self, _: re.Match[str], seen: Seen) -> Reply:
        query = parse_qs(seen.query)
        begun = int(query.get("cursor", ["0"])[0])
        with self._lock:
            newest = list(self.works.values())[::-1]
        following = begun + PAGE
        has_more = following < len(newest)
        return Reply(
            200,
            {
                "previous": None,
                "next": f"{self.address}/v1/predictions?cursor={following}" if has_more else None,
                "results": [public(work) for work in newest[begun:following]],
            },
        )

    def _cancel(self, found: re.Match[str], seen: Seen) -> Reply:
        if found[1] in self.works and self.works[found[1]]["status"] not in FINAL:
            self._end(found[1], "canceled")
        return self._get(found, seen)

    def _create_model(self, _: re.Match[str], seen: Seen) -> Reply:
        given = seen.json
        self.models.add(f"{given['owner']}/{given['name']}")
        return Reply(201, self._described(given["owner"], given["name"]))

    def _model(self, found: re.Match[str], _: Seen) -> Reply:
        name = f"{found[1]}/{found[2]}"
        if found[1] == OWNER and name not in self.models:
            return Reply(
                404, {"detail": "The requested resource could not be found.", "status": 404}
            )
        described = self._described(found[1], found[2])
        version = {
            "id": "26dce37af90b9d997eeb970d92e47de3064d46c300504ae376c75bef6a9022d2",
            "created_at": moment(),
            "cog_version": "0.9.0",
            "openapi_schema": {},
        }
        return Reply(200, described | {"latest_version": version})

    def _described(self, owner: str, name: str) -> dict[str, Any]:
        nothing = ("description", "github_url", "paper_url", "license_url", "cover_image_url")
        return {
            "url": f"https://replicate.com/{owner}/{name}",
            "owner": owner,
            "name": name,
            "visibility": "private",
            "run_count": 0,
            "default_example": None,
            "latest_version": None,
            **dict.fromkeys(nothing),
        }

    def _keep(self, _: re.Match[str], seen: Seen) -> Reply:
        name = uuid.uuid4().hex
        self.files[name] = seen.body
        return Reply(
            201,
            {
                "id": name,
                "name": "picture",
                "content_type": "image/png",
                "size": len(seen.body),
                "etag": name,
                "checksums": {"sha256": hashlib.sha256(seen.body).hexdigest()},
                "metadata": {},
                "created_at": moment(),
                "expires_at": moment(),
                "urls": {"get": f"{self.address}/v1/files/{name}"},
            },
        )

    def _delivery(self, found: re.Match[str], _: Seen) -> Reply:
        gone = Reply(404, b"gone", content_type="text/plain")
        return self.deliveries.get(found[1], gone)

    def _deliver(self, reply: Reply) -> str:
        name = f"{uuid.uuid4().hex}/out-0?X-Signature=secret"
        self.deliveries[name.partition("?")[0]] = reply
        return f"{self.address}/delivery/{name}"

    def _end(self, id: str, status: str, *, output: Any = None, error: str | None = None) -> None:  # noqa: A002
        now = moment()
        self.works[id] |= {
            "status": status,
            "error": error,
            "started_at": now,
            "completed_at": now,
            "metrics": {"predict_time": 2.0, "total_time": 2.5},
        }
        if output is not None:
            self.works[id]["output"] = output


def public(work: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in work.items() if not name.startswith("_")}


def moment() -> str:
    return datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
