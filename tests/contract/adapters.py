"""An adapter at its stand-in, and what it is asked for: shared by the tests of providers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from generation.errors import (
    ProviderError,
)
from generation.providers.ports import (
    Blob,
    Capability,
    Image,
    ImageRequest,
    ProviderCall,
    Text,
    TextRequest,
    Training,
    TrainingRequest,
    Turn,
    Video,
    VideoRequest,
    Vision,
    VisionRequest,
    Written,
)
from tests.standins.pictures import PNG
from tests.standins.replicate import Replicate
from tests.standins.server import Fault

PROMPT = "Aunt Matilda's secret birthday"
SECRETS = (PROMPT, "r8_stand_in", "AIza-stand-in", "sk-stand-in", "X-Signature", "archive.example")
PICTURE = Blob(data=PNG, content_type="image/png")
ARCHIVE = Blob(
    data=b"PK\x05\x06" + bytes(18),
    content_type="application/zip",
    url="https://archive.example/a.zip",
)
ELSEWHERE = "http://10.0.0.1/latest/meta-data"
BROKE = Replicate.error(403, "Insufficient credit")
SHORT, LONG = 0.4, 20.0


@dataclass(frozen=True)
class Case:
    """One adapter and what it is asked for."""

    capability: Capability
    provider: str
    call: Callable[[Any], Any]
    path: str
    """Of the one request that may cost money."""

    @property
    def id(self) -> str:
        return f"{self.provider}-{self.capability}"


def write(text: Text) -> Written:
    return text.write(TextRequest(turns=(Turn(text=PROMPT),), system="Be brief."))


def look(vision: Vision) -> Written:
    return vision.look(VisionRequest(prompt=PROMPT, pictures=(PICTURE,)))


def paint(image: Image) -> Any:
    return image.start(ImageRequest(prompt=PROMPT, aspect_ratio="16:9"))


def film(video: Video) -> Any:
    return video.start(VideoRequest(prompt=PROMPT, first_frame=PICTURE))


def train(training: Training) -> Any:
    return training.start(
        TrainingRequest(
            archive=ARCHIVE,
            trigger_word="VSN7K2",
            destination="clone-1",
            subject="person",
            steps=1000,
            lora_rank=16,
        )
    )


CASES = [
    Case(Capability.TEXT, "gemini", write, "generateContent"),
    Case(Capability.TEXT, "openai", write, "completions"),
    Case(Capability.VISION, "gemini", look, "generateContent"),
    Case(Capability.VISION, "openai", look, "completions"),
    Case(Capability.IMAGE, "gemini", paint, "generateContent"),
    Case(Capability.IMAGE, "openai", paint, "generations"),
    Case(Capability.IMAGE, "replicate", paint, "predictions"),
    Case(Capability.VIDEO, "gemini", film, "interactions"),
    Case(Capability.VIDEO, "replicate", film, "predictions"),
    Case(Capability.TRAINING, "replicate", train, "trainings"),
]
every_adapter = pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])


@dataclass
class Bench:
    """An adapter at its stand-in, and everything that it recorded."""

    case: Case
    adapter: Any
    standin: Any
    records: list[ProviderCall]

    def call(self) -> Any:
        return self.case.call(self.adapter)

    def fails(self, *faults: Fault) -> ProviderError:
        """Return how the call fails when this goes wrong with its costly request."""
        self.standin.misbehave(*faults, on=self.case.path)
        with pytest.raises(ProviderError) as caught:
            self.call()
        return caught.value

    @property
    def costly(self) -> int:
        """How many requests may have cost money."""
        return sum(self.case.path in path for path in self.standin.paths())


def said_by(error: BaseException) -> str:
    """Everything that a report of an error could show, causes and contexts included."""
    told = []
    found: BaseException | None = error
    while found is not None:
        told.append(f"{found!r} {found} {found.__dict__}")
        found = found.__cause__ or found.__context__
    return " ".join(told)


def assert_failed(bench: Bench, error: ProviderError, kind: type[ProviderError]) -> None:
    """It failed in this way, after one costly request, of which there is one discreet record."""
    assert type(error) is kind
    assert not any(secret in said_by(error) for secret in SECRETS)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert bench.costly == 1
    outcomes = [(one.operation.split(".")[1], one.outcome) for one in bench.records]
    assert [outcome for operation, outcome in outcomes if operation != "end"] == [error.code]


def case_of(provider: str, capability: Capability) -> Case:
    return next(one for one in CASES if (one.provider, one.capability) == (provider, capability))


GEMINI_IMAGE = case_of("gemini", Capability.IMAGE)
GEMINI_VIDEO = case_of("gemini", Capability.VIDEO)
OPENAI_IMAGE = case_of("openai", Capability.IMAGE)
REPLICATE_IMAGE = case_of("replicate", Capability.IMAGE)
REPLICATE_VIDEO = case_of("replicate", Capability.VIDEO)
REPLICATE_TRAINING = case_of("replicate", Capability.TRAINING)
who_takes_time = pytest.mark.parametrize(
    "case", [REPLICATE_IMAGE, GEMINI_VIDEO, REPLICATE_TRAINING], ids=lambda case: case.id
)
