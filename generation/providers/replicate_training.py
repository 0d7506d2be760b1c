"""Trainings at Replicate: weights that are learned, kept as a private model, and erased."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from http import HTTPStatus
from typing import Any

from replicate.client import Client
from replicate.exceptions import ReplicateError
from replicate.prediction import Prediction
from replicate.training import Training
from replicate.version import Versions

from generation.errors import (
    ProviderError,
    ProviderGone,
    ProviderInvalid,
    ProviderTimedOut,
    ProviderUnavailable,
)
from generation.providers.ports import Ended, TrainingRequest, Work
from generation.providers.replicate import ReplicateWorks, failure_of, progress_of
from generation.providers.replicate_inputs import WEIGHTS, address_of, training, webhook_to
from generation.providers.works import one_by_one

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
HARDWARE = "gpu-t4"
"""A model has to name one; what a trainer pushes there runs on the trainer's."""

ABOUT_FACES = re.compile(r"\bfaces?\b", re.IGNORECASE)
ABOUT_ARCHIVE = re.compile(r"input_images|\bzip\b|archive|\bimages?\b", re.IGNORECASE)
NO_FACE = "The trainer found no face in the pictures. Choose pictures that show it clearly."
BAD_ARCHIVE = "The trainer could not read the pictures. Choose other pictures, and train again."
FAILED = "The training failed at the provider."


@cache
def owner_of(client: Client) -> str:
    """Return the name of the account that a client's token belongs to."""
    return client.accounts.current().username


@dataclass(frozen=True, kw_only=True)
class ReplicateTraining(ReplicateWorks):
    """Weights of a person, a product or a style, kept as a private model of our account."""

    def start(self, request: TrainingRequest) -> Work:
        """Order a training; what may fail without a cost comes first. Raises ProviderError."""
        model = self._model(request.destination)
        version, given = self._ready(lambda: self._trainer(request))
        self._ready(lambda: self._make_private(model))
        given["input_images"] = self._ready(
            lambda: address_of(self._client, request.archive, name="archive.zip"),
            # It goes the other way, but is as large as what is fetched.
            seconds=self.account.download_seconds,
        )

        def create() -> Training:
            return self._client.trainings.create(
                model=self.offer.name,
                version=version,
                input=given,
                destination=model,
                **webhook_to(request.webhook),
            )

        return self._start(self.offer, create)

    def delete(self, destination: str) -> bool:
        """Erase the versions of the private model, then the model. Raises ProviderError."""
        model = self._model(destination)
        versions = Versions(self._client, model)
        there = self._ids(versions)
        for id_ in there:
            self._erase(partial(versions.delete, id_))
        if there and self._ids(versions):
            return False
        return self._erase(partial(self._client.models.delete, model))

    def poll_many(self, ids: Collection[str], *, since: datetime) -> dict[str, Work]:
        """Ask about trainings one by one: there are few."""
        del since
        return one_by_one(self.poll, ids)

    def _model(self, name: str) -> str:
        """Return the name of a model of ours."""
        if not NAME.fullmatch(name):
            raise ProviderInvalid(reason="request")
        owner = self.account.owner or self._ready(lambda: owner_of(self._client))
        return f"{owner}/{name}"

    def _ready[T](self, call: Callable[[], T], *, seconds: float | None = None) -> T:
        """Make a call that costs nothing: whatever became of it, nothing is ordered yet."""
        try:
            return self.caller.read(call, seconds=seconds or self.account.read_seconds)
        except ProviderTimedOut:
            raise ProviderUnavailable from None
        except ProviderGone:
            raise ProviderInvalid(reason="model") from None

    def _trainer(self, request: TrainingRequest) -> tuple[str, dict[str, Any]]:
        """Return the trainer's newest version, and what it is given."""
        version = self._client.models.get(self.offer.name).latest_version
        if version is None:
            raise ValueError("the trainer has no version")
        return version.id, training(request, self.offer, version.openapi_schema)

    def _make_private(self, name: str) -> None:
        """Make the model that the weights go to; an attempt whose answer was lost may have."""
        owner, _, own_name = name.partition("/")
        try:
            model = self._client.models.create(
                owner, own_name, visibility="private", hardware=HARDWARE
            )
        except ReplicateError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            model = self._client.models.get(name)
        if model.visibility != "private":
            raise ProviderInvalid(
                f"The model {name} is not private. Make it private at Replicate, or delete it.",
                reason="model",
            )

    def _ids(self, versions: Versions) -> list[str]:
        """Return which versions there are; a model that is not there has none."""
        try:
            return self._read(lambda: [one.id for one in versions.list().results])
        except ProviderGone:
            return []

    def _erase(self, delete: Callable[[], bool]) -> bool:
        """Erase something; say whether it is gone, or the provider has to do something before."""

        def call() -> bool:
            try:
                delete()
            except ReplicateError as error:
                if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                    raise
                return error.status == HTTPStatus.NOT_FOUND
            return True

        return self._read(call)

    def _get(self, id: str) -> Prediction | Training:  # noqa: A002
        return self._client.trainings.get(id)

    def _cancel(self, id: str) -> None:  # noqa: A002
        self._client.trainings.cancel(id)

    def _progress(self, work: Prediction | Training) -> float | None:
        """Return how far it is: of the bars, only the training's own has as many steps."""
        given = work.input or {}
        steps = given.get("steps") or given.get("training_steps")
        return progress_of(work.logs or "", steps=steps) if steps else None

    def _succeeded(self, work: Prediction | Training) -> Ended:
        if work.output is None:
            return Ended(id=work.id, error=ProviderGone())
        weights = work.output.get("version") or ""
        if not WEIGHTS.fullmatch(weights):
            return Ended(id=work.id, error=ProviderInvalid(FAILED, reason="answer"))
        return Ended(id=work.id, weights=weights, model=f"{work.model}:{work.version}")

    def _failure(self, status: str, error: str) -> ProviderError:
        failure = failure_of(status, error)
        if not isinstance(failure, ProviderInvalid):
            return failure
        detail = (ABOUT_FACES.search(error) and NO_FACE) or (
            ABOUT_ARCHIVE.search(error) and BAD_ARCHIVE
        )
        return ProviderInvalid(detail or FAILED, reason="work")
