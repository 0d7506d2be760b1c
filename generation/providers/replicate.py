"""Replicate: pictures and clips that are started, asked about and fetched."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import urlencode

import httpx
from replicate.client import Client
from replicate.exceptions import ReplicateError, ReplicateException
from replicate.prediction import Prediction
from replicate.training import Training

from generation.errors import (
    ProviderError,
    ProviderGone,
    ProviderInvalid,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnavailable,
)
from generation.providers import wire
from generation.providers.calls import Account, Answer, Caller, Reading
from generation.providers.downloads import Downloads
from generation.providers.offers import Offer, Usage, most_images_of, offer_of
from generation.providers.ports import (
    Capability,
    Ended,
    ImageRequest,
    Link,
    Output,
    ProviderCall,
    Running,
    VideoRequest,
    Work,
)
from generation.providers.replicate_inputs import (
    VIDEO_INPUTS,
    WEIGHTS,
    WITH_LORA,
    flux,
    reference_to,
    webhook_to,
)
from generation.providers.works import one_by_one

PROVIDER = "replicate"
OFFICIAL = "https://api.replicate.com"
HOSTS = ("replicate.delivery", "*.replicate.delivery")
ID = re.compile(r"[a-z0-9]{8,64}")
FINE_TUNE = "fine-tune"
"""The offer by which learned weights run: by the machine's second."""
FROM_PICTURE = "black-forest-labs/flux-dev"

PAGE = 100
FEW = 10
"""Up to so many works are asked about one by one; a page of the list tells of a hundred."""

GOING_ON = {"starting", "processing"}
ABORTED = "aborted before it started"
SENSITIVE = re.compile(
    r"nsfw|sensitive|safety|moderat|flagged|\bE005\b|content policy", re.IGNORECASE
)
BAR = re.compile(r"(\d+)%\|[^|]*\|\s*(\d+)/(\d+)")
RESET = re.compile(r"resets in ~?(\d+)s")
NO_VERSION = re.compile(r"version does not exist", re.IGNORECASE)
NO_CREDIT = re.compile(r"billing|insufficient credit|payment", re.IGNORECASE)


class KnownStatuses(httpx.BaseTransport):
    """Retells the status `aborted`, which the SDK's strict documents do not know."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._transport.handle_request(request)
        if b'"aborted"' not in response.read():
            return response
        document = response.json()
        for work in document.get("results", [document]):
            if work.get("status") == "aborted":
                work |= {"status": "failed", "error": ABORTED}
        headers = {"content-type": "application/json"}
        return httpx.Response(response.status_code, headers=headers, json=document)

    def close(self) -> None:
        self._transport.close()


@wire.Shared
def client_of(token: str, base_url: str) -> Client:
    """Return the SDK's client.

    `mounts` rather than `transport`: that one the SDK wraps in up to ten retries, which wait for
    as long as a Retry-After says. The deadline of the exchange takes the place of its timeout,
    which the calls that create something do not have.
    """
    return Client(
        api_token=token,
        base_url=base_url or OFFICIAL,
        timeout=httpx.Timeout(wire.MOST_SECONDS),
        mounts={"all://": KnownStatuses(wire.BoundedTransport())},
        event_hooks={"response": [wire.note]},
        trust_env=False,
    )


def explain(error: Exception, exchange: wire.Exchange) -> ProviderError | None:
    """Read what only Replicate says: when a throttle ends, and that the money has."""
    detail = str(getattr(error, "detail", None) or "")
    if exchange.status == 429 and exchange.retry_after is None:
        found = RESET.search(detail)
        return ProviderUnavailable(retry_after=float(found[1])) if found else None
    if exchange.status == 403 and NO_CREDIT.search(detail):
        return ProviderInvalid(reason="billing")
    if exchange.status == 422 and SENSITIVE.search(detail):
        return ProviderRefused()
    return None


FAILURES = (ReplicateException,)


@dataclass(frozen=True, kw_only=True)
class ReplicateWorks:
    """What pictures, clips and trainings have in common: they are asked about, and canceled."""

    account: Account
    caller: Caller
    offer: Offer
    provider: str = field(default=PROVIDER, init=False)
    downloads: Downloads = field(init=False)

    def __post_init__(self) -> None:
        downloads = Downloads.of(self.account, hosts=HOSTS, official=OFFICIAL)
        object.__setattr__(self, "downloads", downloads)

    @property
    def _client(self) -> Client:
        return client_of(self.account.key, self.account.base_url)

    def _read[T](self, call: Callable[[], T]) -> T:
        return self.caller.read(call, seconds=self.account.read_seconds)

    def _start(self, offer: Offer, create: Callable[[], Prediction | Training]) -> Work:
        def call() -> Answer[Reading]:
            try:
                begun = create()
            except ReplicateError as error:
                if failure := self._declined(offer, error):
                    return Answer(value=failure, usage=Usage())
                raise
            return Answer(value=self._reading(begun), usage=Usage(), request_id=begun.id)

        return self.caller.recorded(
            self.caller.order("start", offer, call, seconds=self.account.order_seconds)
        )

    def poll(self, id: str) -> Work:  # noqa: A002
        """Ask about one work. Raises ProviderError."""
        if not ID.fullmatch(id):
            raise ProviderGone
        return self.caller.recorded(self._read(lambda: self._reading(self._get(id))))

    def poll_many(self, ids: Collection[str], *, since: datetime) -> dict[str, Work]:
        """Ask about works started since then: one by one, or a hundred at a time."""
        if len(ids) > FEW:
            return self._listed(set(ids), since)
        return one_by_one(self.poll, ids)

    def cancel(self, id: str) -> None:  # noqa: A002
        """Stop a work. Raises ProviderError."""
        if not ID.fullmatch(id):
            raise ProviderGone
        self._read(lambda: self._cancel(id))

    def download(self, link: Link, *, to: IO[bytes]) -> str:
        """Copy a file and return its content type. Raises ProviderError."""
        return self.downloads.fetch(link, to=to)

    def _declined(self, offer: Offer, error: ReplicateError) -> ProviderError | None:
        """Return what an answer means to an order of this kind alone."""
        del offer, error
        return None

    def _get(self, id: str) -> Prediction | Training:  # noqa: A002
        return self._client.predictions.get(id)

    def _cancel(self, id: str) -> None:  # noqa: A002
        self._client.predictions.cancel(id)

    def _listed(self, ids: set[str], since: datetime) -> dict[str, Work]:
        """Newest first, until all were met; what is created meanwhile only moves the pages.

        Where a later page cannot be had, what only it would tell of counts as going on.
        """
        found: dict[str, Work] = {}
        created = urlencode({"created_after": since.astimezone(UTC).isoformat()})
        cursor: str | None = f"/v1/predictions?{created}"
        while cursor and ids - set(found):
            try:
                readings, cursor = self._page(cursor, ids)
            except ProviderError:
                if not found:
                    raise
                return found | {name: Running(id=name) for name in ids - set(found)}
            found |= {name: self.caller.recorded(one) for name, one in readings.items()}
        return found

    def _page(self, cursor: str, ids: set[str]) -> tuple[dict[str, Reading], str | None]:
        """Read one page of the list; return how the wanted works stand, and the next page."""

        def call() -> tuple[dict[str, Reading], str | None]:
            page = self._client.predictions.list(cursor)
            return {one.id: self._reading(one) for one in page.results if one.id in ids}, page.next

        return self._read(call)

    def _reading(self, work: Prediction | Training) -> Reading:
        if work.status in GOING_ON:
            return Reading(Running(id=work.id, progress=self._progress(work)))
        ended = self._ended(work)
        return Reading(ended, self._end_of(work, ended))

    def _progress(self, work: Prediction | Training) -> float | None:
        return progress_of(work.logs or "")

    def _ended(self, work: Prediction | Training) -> Ended:
        if work.status == "succeeded":
            return self._succeeded(work)
        return Ended(id=work.id, error=self._failure(work.status, work.error or ""))

    def _failure(self, status: str, error: str) -> ProviderError:
        return failure_of(status, error)

    def _succeeded(self, work: Prediction | Training) -> Ended:
        outputs = outputs_of(work.output)
        if outputs is None:
            return Ended(id=work.id, error=ProviderGone())
        return Ended(id=work.id, outputs=outputs, error=None if outputs else ProviderRefused())

    def _end_of(self, work: Prediction | Training, ended: Ended) -> ProviderCall:
        """Return the record of what the work cost, now that it is known."""
        begun, done = moment_of(work.created_at), moment_of(work.completed_at)
        return self.caller.call_of(
            "end",
            self._offer_of(work),
            self._usage(work, ended),
            failure=ended.error,
            request_id=work.id,
            latency_ms=round((done - begun).total_seconds() * 1000) if begun and done else 0,
        )

    def _offer_of(self, work: Prediction | Training) -> Offer:
        return offer_of(PROVIDER, self.caller.capability, work.model)

    def _usage(self, work: Prediction | Training, ended: Ended) -> Usage:
        return Usage(images=len(ended.outputs), machine_seconds=machine_seconds_of(work))


@dataclass(frozen=True, kw_only=True)
class ReplicateImage(ReplicateWorks):
    """Pictures by Flux: fast ones, after a picture, or with learned weights."""

    @property
    def most_images(self) -> int:
        """How many one request may ask for."""
        return most_images_of(self.offer)

    def start(self, request: ImageRequest) -> Work:
        """Order pictures. Raises ProviderError."""
        offer, version = self._choice(request)
        given = flux(request, offer)

        def create() -> Prediction:
            if request.references and "references" not in offer.ignores:
                given["image"] = reference_to(self._client, request.references[0])
            return self._client.predictions.create(
                version=version, input=given, **webhook_to(request.webhook)
            )

        return self._start(offer, create)

    def _choice(self, request: ImageRequest) -> tuple[Offer, str]:
        """Return the offer, and what to run: a version where the weights are a model's own."""
        if WEIGHTS.fullmatch(request.weights):
            return offer_of(PROVIDER, Capability.IMAGE, FINE_TUNE), request.weights
        if request.weights:
            return offer_of(PROVIDER, Capability.IMAGE, WITH_LORA), WITH_LORA
        if request.references and "references" in self.offer.ignores:
            return offer_of(PROVIDER, Capability.IMAGE, FROM_PICTURE), FROM_PICTURE
        return self.offer, self.offer.name

    def _declined(self, offer: Offer, error: ReplicateError) -> ProviderError | None:
        """Say that learned weights are gone: their model, or the version that they are."""
        is_gone = error.status == HTTPStatus.NOT_FOUND or (
            error.status == HTTPStatus.UNPROCESSABLE_ENTITY
            and NO_VERSION.search(error.detail or "") is not None
        )
        if offer.name != FINE_TUNE or not is_gone:
            return None
        return ProviderGone("The provider no longer has this clone.")

    def _offer_of(self, work: Prediction | Training) -> Offer:
        offer = super()._offer_of(work)
        is_own = offer.price is None and offer.name != self.offer.name
        return offer_of(PROVIDER, Capability.IMAGE, FINE_TUNE) if is_own else offer


@dataclass(frozen=True, kw_only=True)
class ReplicateVideo(ReplicateWorks):
    """Clips by one of the models whose inputs we know."""

    def start(self, request: VideoRequest) -> Work:
        """Order a clip. Raises ProviderError."""
        inputs = VIDEO_INPUTS.get(self.offer.name)
        if inputs is None:
            raise ProviderInvalid(reason="model")
        given, pictures = inputs(request, self.offer)

        def create() -> Prediction:
            for name, picture in pictures.items():
                if picture:
                    given[name] = reference_to(self._client, picture)
            return self._client.predictions.create(
                version=self.offer.name, input=given, **webhook_to(request.webhook)
            )

        return self._start(self.offer, create)

    def _usage(self, work: Prediction | Training, ended: Ended) -> Usage:
        given = work.input or {}
        modes = {"standard": "720p", "pro": "1080p"}
        quality = given.get("resolution") or modes.get(given.get("mode", ""), "default")
        seconds = float(given.get("duration") or 0) if ended.outputs else 0.0
        return Usage(seconds=seconds, quality=quality, machine_seconds=machine_seconds_of(work))


def failure_of(status: str, error: str) -> ProviderError:
    """Say why a work has no files; it was canceled where it ran into the provider's limit."""
    if status == "canceled":
        return ProviderTimedOut()
    if error == ABORTED:
        return ProviderUnavailable()
    if SENSITIVE.search(error):
        return ProviderRefused()
    return ProviderInvalid(reason="work")


def outputs_of(output: Any) -> tuple[Output, ...] | None:
    """Return what was made, or nothing where the provider has removed it already."""
    if output is None:
        return None
    addresses = [output] if isinstance(output, str) else output
    if not all(isinstance(one, str) for one in addresses):
        raise ValueError("an output is not an address")
    return tuple(Link(url=one) for one in addresses)


def progress_of(logs: str, *, steps: int | None = None) -> float | None:
    """Return the last fraction that a bar in the logs shows; downloads have bars as well."""
    bars = [(int(done), int(total)) for _, done, total in BAR.findall(logs)]
    counted = [done / total for done, total in bars if total and steps in {None, total}]
    return counted[-1] if counted else None


def machine_seconds_of(work: Prediction | Training) -> float:
    """Return how long a machine worked; of a training only when it began and ended is told."""
    metrics = getattr(work, "metrics", None) or {}
    if "predict_time" in metrics:
        return float(metrics["predict_time"])
    begun, done = moment_of(work.started_at), moment_of(work.completed_at)
    return (done - begun).total_seconds() if begun and done else 0.0


def moment_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
