"""The models of Replicate on this machine: trainers, what they take, and what was trained."""

import hashlib
import itertools
import re
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.standins.server import Reply, Route, Seen

OWNER = "visiona-tests"
NOT_FOUND = Reply(404, {"detail": "The requested resource could not be found.", "status": 404})
NOTHING = "text/plain"
CREATED_AT = "2026-11-21T12:00:00.000000Z"
ARCHIVE: dict[str, Any] = {
    "input_images": {"type": "string", "format": "uri"},
    "trigger_word": {"type": "string", "default": "TOK"},
}
STEPS: dict[str, Any] = {"type": "integer", "minimum": 3, "maximum": 6000, "default": 1000}
TRAINERS: dict[str, dict[str, Any]] = {
    "ostris/flux-dev-lora-trainer": ARCHIVE
    | {
        "autocaption": {"type": "boolean", "default": True},
        "steps": STEPS,
        "lora_rank": {"type": "integer", "minimum": 1, "maximum": 128, "default": 16},
    },
    "replicate/fast-flux-trainer": ARCHIVE
    | {
        "lora_type": {"enum": ["subject", "style"], "default": "subject"},
        "training_steps": STEPS | {"minimum": 10, "maximum": 4000},
    },
}


@dataclass
class Kept:
    """One model of ours; `erasing` says how often a version will still be listed."""

    visibility: str = "private"
    versions: list[str] = field(default_factory=list)
    erasing: dict[str, int] = field(default_factory=dict)


class Models:
    """Every model, by owner and name.

    What a test may set: `inputs` is what each trainer says that it takes (without an entry it
    says nothing), `erasing_takes` how often a version is still listed after its deletion.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all models but the trainers."""
        self.kept: dict[str, Kept] = {}
        self.inputs: dict[str, dict[str, Any]] = dict(TRAINERS)
        self.erasing_takes = 0
        self._numbers = itertools.count()

    def keep(self, name: str, *, visibility: str = "private", versions: int = 0) -> list[str]:
        """Have a model already; return the weights that it has: owner/name:version."""
        kept = self.kept[f"{OWNER}/{name}"] = Kept(visibility)
        kept.versions = [self._new_version() for _ in range(versions)]
        return self.weights_of(name)

    def add_version(self, model: str) -> str:
        """Return the weights that a training pushed to a model."""
        version = self._new_version()
        self.kept[model].versions.append(version)
        return f"{model}:{version}"

    def weights_of(self, name: str) -> list[str]:
        """Return the weights that a model of ours has."""
        model = f"{OWNER}/{name}"
        return [f"{model}:{version}" for version in self.kept[model].versions]

    def latest(self, trainer: str) -> str:
        """Return the version of a trainer."""
        return self._of(trainer).versions[-1]

    def has(self, model: str, version: str) -> bool:
        """Whether a version can be run; those of other people always can."""
        if not model.startswith(f"{OWNER}/"):
            return True
        kept = self.kept.get(model)
        return kept is not None and version in kept.versions and version not in kept.erasing

    def schema_of(self, name: str) -> dict[str, Any]:
        """Return what a model's version says of itself; the inputs of pictures are not told."""
        if name not in self.inputs:
            return {}
        inputs = {"type": "object", "properties": self.inputs[name], "required": ["input_images"]}
        nothing = {"type": "object", "properties": {"txt": {"type": "string"}}}
        return {"components": {"schemas": {"Input": nothing, "TrainingInput": inputs}}}

    def faults_in(self, trainer: str, given: dict[str, Any]) -> list[str]:
        """Return what is wrong with the inputs of a training."""
        taken = self.schema_of(trainer).get("components", {}).get("schemas", {})
        errors = Draft202012Validator(taken.get("TrainingInput", {})).iter_errors(given)
        return [f"- input.{error.json_path[2:]}: {error.message}" for error in errors]

    def routes(self) -> list[tuple[str, str, Route]]:
        """Return who answers what about models."""
        model = r"([\w.-]+/[\w.-]+)"
        return [
            ("POST", r"/v1/models", self._create),
            ("GET", rf"/v1/models/{model}", self._get),
            ("DELETE", rf"/v1/models/{model}", self._delete),
            ("GET", rf"/v1/models/{model}/versions", self._versions),
            ("DELETE", rf"/v1/models/{model}/versions/([0-9a-f]{{64}})", self._delete_version),
        ]

    def _of(self, name: str) -> Kept:
        """Return a model; those of other people are public, and have one version."""
        theirs = Kept("public", [hashlib.sha256(name.encode()).hexdigest()])
        return self.kept.get(name, theirs)

    def _new_version(self) -> str:
        return hashlib.sha256(str(next(self._numbers)).encode()).hexdigest()

    def _create(self, _: re.Match[str], seen: Seen) -> Reply:
        given = seen.json
        name = f"{given['owner']}/{given['name']}"
        if name in self.kept:
            detail = "A model with that name and owner already exists"
            return Reply(409, {"detail": detail, "status": 409})
        self.kept[name] = Kept(given["visibility"])
        return Reply(201, self._described(name))

    def _get(self, found: re.Match[str], _: Seen) -> Reply:
        name = found[1]
        is_ours = name.startswith(f"{OWNER}/")
        return Reply(200, self._described(name)) if not is_ours or name in self.kept else NOT_FOUND

    def _delete(self, found: re.Match[str], _: Seen) -> Reply:
        kept = self.kept.get(found[1])
        if kept is None:
            return NOT_FOUND
        if kept.versions:
            return Reply(409, {"detail": "The model has versions", "status": 409})
        del self.kept[found[1]]
        return Reply(204, b"", content_type=NOTHING)

    def _versions(self, found: re.Match[str], _: Seen) -> Reply:
        kept = self.kept.get(found[1])
        if kept is None:
            return NOT_FOUND
        for version in [one for one, left in kept.erasing.items() if not left]:
            kept.versions.remove(version)
            del kept.erasing[version]
        kept.erasing = {version: left - 1 for version, left in kept.erasing.items()}
        listed = [self._version(found[1], version) for version in kept.versions]
        return Reply(200, {"previous": None, "next": None, "results": listed})

    def _delete_version(self, found: re.Match[str], _: Seen) -> Reply:
        kept = self.kept.get(found[1])
        if kept is None or found[2] not in kept.versions:
            return NOT_FOUND
        kept.erasing.setdefault(found[2], self.erasing_takes)
        return Reply(202, b"", content_type=NOTHING)

    def _described(self, name: str) -> dict[str, Any]:
        owner, _, own_name = name.partition("/")
        kept = self._of(name)
        latest = self._version(name, kept.versions[-1]) if kept.versions else None
        nothing = ("description", "github_url", "paper_url", "license_url", "cover_image_url")
        return {
            "url": f"https://replicate.com/{name}",
            "owner": owner,
            "name": own_name,
            "visibility": kept.visibility,
            "run_count": 0,
            "default_example": None,
            "latest_version": latest,
            **dict.fromkeys(nothing),
        }

    def _version(self, name: str, version: str) -> dict[str, Any]:
        return {
            "id": version,
            "created_at": CREATED_AT,
            "cog_version": "0.9.0",
            "openapi_schema": self.schema_of(name),
        }
