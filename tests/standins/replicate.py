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
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs

import httpx

from tests.standins.pictures import MP4, PNG
from tests.standins.replicate_models import NOT_FOUND, OWNER, Models
from tests.standins.server import Fault, Instead, Reply, Route, Seen, StandIn

SECRET = "whsec_" + base64.b64encode(b"a stand-in's secret of 32 bytes!").decode()
PAGE = 100
WORKED_SECONDS = 2.0
FINAL = {"succeeded", "failed", "canceled", "aborted"}


@dataclass(frozen=True)
class Plan:
    """How a training goes: each time it is asked about it logs the next of these, then it ends.

    A training that ends as `removed` has succeeded more than an hour ago; one that ends in
    nothing goes on for ever.
    """

    logs: tuple[str, ...] = ()
    ends: Literal["succeeded", "failed", "canceled", "aborted", "removed", ""] = "succeeded"
    error: str = ""


class Replicate(StandIn):
    """The API, the files that it delivers, and its webhooks.

    Nothing ends by itself, unless `plan` says how the trainings go that are started from now on:

        replicate.plan = Plan()  # it succeeds when it is next asked about
        replicate.plan = Plan(logs=(bar_of(500, 1000),))  # half done first, then it succeeds
        replicate.plan = Plan(ends="failed", error="input_images must be a zip file")
        replicate.plan = Plan(ends="")  # it stalls for ever

    Without a plan, `finish`, `finish_video`, `finish_training`, `fail` and `log` say how a work
    goes on; `tell` sends its webhook: never, once or twice, now or late, as one likes.

    `models` has what was trained: `models.keep("visiona-1", versions=1)` has a model already and
    returns its weights, `models.keep("visiona-1", visibility="public")` one that is not private.
    With `models.erasing_takes = 1` a version is still there after the first attempt to erase it.
    Weights that are not there cannot be run: that order is answered as Replicate answers it.
    `misbehave(no_destination(), on="trainings$")` loses the model between two requests.
    """

    contract: ClassVar[str] = "replicate"

    def __init__(self) -> None:
        super().__init__()
        self.works: dict[str, dict[str, Any]] = {}
        self.webhooks: dict[str, tuple[str, list[str]]] = {}
        self.models = Models()
        self.plan: Plan | None = None
        self.files: dict[str, bytes] = {}
        self.deliveries: dict[str, Reply] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count()

    def reset(self) -> None:
        """Forget what was seen and trained, what was to go wrong, and how trainings go."""
        super().reset()
        self.models.reset()
        self.plan = None

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
        """End a training well; its model has a version more."""
        version = self.models.add_version(self.works[id]["_destination"])
        weights = self._deliver(Reply(body=b"tar", content_type="application/x-tar"))
        self._end(id, "succeeded", output={"version": version, "weights": weights})

    def log(self, id: str, lines: str) -> None:  # noqa: A002
        """Let a work say this; it has begun."""
        self.works[id] |= {"status": "processing", "logs": lines}

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
    def no_destination() -> Fault:
        detail = "The specified training destination does not exist"
        return Instead(Reply(404, {"detail": detail, "status": 404}))

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
        work, model = r"([a-z0-9]+)", r"([\w.-]+/[\w.-]+)"
        return [
            ("POST", r"/v1/predictions", self._create),
            ("GET", r"/v1/predictions", self._list),
            ("GET", rf"/v1/predictions/{work}", self._get),
            ("POST", rf"/v1/predictions/{work}/cancel", self._cancel),
            ("POST", rf"/v1/models/{model}/versions/([0-9a-f]{{64}})/trainings", self._train),
            ("GET", r"/v1/trainings", self._list),
            ("GET", rf"/v1/trainings/{work}", self._get_training),
            ("POST", rf"/v1/trainings/{work}/cancel", self._cancel),
            ("POST", r"/v1/files", self._keep),
            ("GET", r"/v1/account", self._account),
            ("GET", r"/delivery/(.+)", self._delivery),
            *self.models.routes(),
        ]

    def _create(self, _: re.Match[str], seen: Seen) -> Reply:
        given = seen.json
        model, _, version = given["version"].partition(":")
        if version and not self.models.has(model, version):
            detail = "The specified version does not exist (or perhaps you don't have permission)"
            title = "Invalid version or not permitted"
            return Reply(422, {"title": title, "detail": detail, "status": 422})
        return Reply(201, public(self._begin(given, model, version or "hidden", "predictions")))

    def _train(self, found: re.Match[str], seen: Seen) -> Reply:
        given, model = seen.json, found[1]
        if given["destination"] not in self.models.kept:
            detail = "The specified training destination does not exist"
            return Reply(404, {"detail": detail, "status": 404})
        if wrong := self.models.faults_in(model, given["input"]):
            detail = "\n".join(wrong)
            title = "Input validation failed"
            return Reply(422, {"title": title, "detail": detail, "status": 422})
        work = self._begin(given, model, found[2], "trainings")
        del work["output"]  # of a training there is none before the end
        work |= {"_destination": given["destination"], "_plan": self._course(work["id"], self.plan)}
        return Reply(201, public(work))

    def _course(self, id: str, plan: Plan | None) -> Iterator[None]:  # noqa: A002
        """Let a training go on as planned, a step each time that somebody asks."""
        if plan is None:
            return
        for lines in plan.logs:
            self.log(id, lines)
            yield
        if plan.ends in {"succeeded", "removed"}:
            self.finish_training(id)
        elif plan.ends:
            self.fail(id, plan.error, plan.ends)
        if plan.ends == "removed":
            self.forget_files(id)

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
        return Reply(200, public(work)) if work else NOT_FOUND

    def _get_training(self, found: re.Match[str], seen: Seen) -> Reply:
        work = self.works.get(found[1])
        if work and work["status"] not in FINAL:
            next(work["_plan"], None)
        return self._get(found, seen)

    def _list(self, _: re.Match[str], seen: Seen) -> Reply:
        query = parse_qs(seen.query)
        begun = int(query.get("cursor", ["0"])[0])
        with self._lock:
            oldest = [one for one in self.works.values() if seen.path in one["urls"]["get"]]
        newest = oldest[::-1]
        following = begun + PAGE
        has_more = following < len(newest)
        return Reply(
            200,
            {
                "previous": None,
                "next": f"{self.address}{seen.path}?cursor={following}" if has_more else None,
                "results": [public(work) for work in newest[begun:following]],
            },
        )

    def _cancel(self, found: re.Match[str], seen: Seen) -> Reply:
        if found[1] in self.works and self.works[found[1]]["status"] not in FINAL:
            self._end(found[1], "canceled")
        return self._get(found, seen)

    def _account(self, _: re.Match[str], __: Seen) -> Reply:
        name = "Visiona's tests"
        return Reply(200, {"type": "organization", "username": OWNER, "name": name})

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
        now = datetime.now(tz=UTC)
        self.works[id] |= {
            "status": status,
            "error": error,
            "started_at": moment(now - timedelta(seconds=WORKED_SECONDS)),
            "completed_at": moment(now),
            "metrics": {"predict_time": WORKED_SECONDS, "total_time": WORKED_SECONDS + 0.5},
        }
        if output is not None:
            self.works[id]["output"] = output


def public(work: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in work.items() if not name.startswith("_")}


def moment(then: datetime | None = None) -> str:
    return (then or datetime.now(tz=UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def bar_of(step: int, steps: int) -> str:
    """Return the line by which the trainer says how far it is."""
    percent = 100 * step // steps
    bar = f"{percent:3}%|{'█' * (percent // 10):<10}| {step}/{steps}"
    return f"flux_train_replicate: {bar} [43:27<09:04,  1.05s/it, lr: 4.0e-04 loss: 2.472e-01]"
