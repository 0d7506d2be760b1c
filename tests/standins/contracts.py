"""What providers accept and answer: our own record of it, and the official one where it is at hand.

The official documents are looked for in the folder that VISIONA_SPECS names.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.standins import forms

if TYPE_CHECKING:
    from tests.standins.server import Reply, Seen

SHAPES = Path(__file__).parent / "shapes"
VENDORED = Path(__file__).parent / "official"
"""What Stripe and Clerk published themselves, as it was (NOTICE)."""
OFFICIAL = {
    "replicate": ("replicate/openapi.json", "/v1"),
    "openai": ("openai/openapi.json", "/v1"),
    "gemini": ("gemini/openapi.v1beta.tryAGI.json", "/v1"),
    "stripe": ("stripe/openapi.spec3.2026-05-27.dahlia.json", ""),
    "clerk": ("clerk/bapi/2025-11-10.yml", "/v1"),
}
UNKNOWN_WORDS = {"nullable", "discriminator", "example", "examples", "xml", "externalDocs"}
IS_JSON, IS_FORM = "application/json", "application/x-www-form-urlencoded"

# Where an official document lags behind, or is wrong; by the place that complains and its words.
DRIFT = {
    "replicate": [
        # The status of official models' versions matches both branches of a oneOf.
        re.compile(r"version: 'hidden' is valid under each of"),
        # A training that goes on has none, as recorded; nor has one whose files were removed.
        re.compile(r"output: None is not of type 'object'"),
    ],
    "openai": [],
    "clerk": [],
    "gemini": [
        # The SDK mixes both spellings, and sends what is newer than the document.
        re.compile(r"Additional properties are not allowed"),
    ],
    "stripe": [],
}


@dataclass(frozen=True)
class Contract:
    """One provider's requests and answers."""

    name: str
    shapes: dict[str, Any]
    official: "Official | None"

    @classmethod
    @cache
    def of(cls, name: str) -> "Contract":
        shapes = json.loads((SHAPES / f"{name}.json").read_text())
        folder = os.environ.get("VISIONA_SPECS", "")
        file, prefix = OFFICIAL[name]
        path = Path(folder) / file
        official = Official.read(path, prefix) if folder and path.exists() else None
        return cls(name, shapes, official)

    def complaints(self, seen: "Seen", reply: "Reply") -> list[str]:
        """Return what is wrong with a request and its answer."""
        where = f"{seen.method} {seen.path}"
        request = request_of(seen)
        answers = reply.documents() if reply.status < 300 else []
        part = "answer" if reply.content_type == IS_JSON else "event"
        asked = [("query", forms.parse(seen.query)), ("request", request)]
        payloads = [*asked, *((part, answer) for answer in answers)]
        found = [f"{where}: {words}" for words in self._ours(seen, payloads)]
        if self.official:
            drift = DRIFT[self.name]
            theirs = self.official.complaints(seen, reply, request, answers)
            found += [
                f"{where} (official): {words}"
                for words in theirs
                if not any(known.search(words) for known in drift)
            ]
        return found

    def complaints_about(self, kind: str, thing: Any) -> list[str]:
        """Return what is wrong with an object, wherever it comes from."""
        schema = {"$defs": self.shapes["$defs"], "$ref": f"#/$defs/{kind}"}
        found = [*errors_of(Draft202012Validator(schema), kind, thing)]
        if self.official:
            found += [
                f"{words} (official)" for words in self.official.complaints_about(kind, thing)
            ]
        return found

    def _ours(self, seen: "Seen", payloads: list[tuple[str, Any]]) -> Iterator[str]:
        shape = next(
            (
                shape
                for route, shape in self.shapes["routes"].items()
                if re.fullmatch(route, f"{seen.method} {seen.path}")
            ),
            None,
        )
        if shape is None:
            yield "is not recorded in tests/standins/shapes"
            return
        for part, payload in payloads:
            if payload is not None and part in shape:
                schema = {"$defs": self.shapes["$defs"], **shape[part]}
                yield from errors_of(Draft202012Validator(schema), part, payload)


@dataclass(frozen=True)
class Official:
    """An OpenAPI document as JSON Schema."""

    document: dict[str, Any]
    registry: Any
    prefix: str

    @classmethod
    def read(cls, path: Path, prefix: str) -> "Official":
        document = as_json_schema(read_document(path))
        resource = Resource.from_contents(document, DRAFT202012)
        return cls(document, Registry().with_resource("urn:spec", resource), prefix)

    def complaints(
        self, seen: "Seen", reply: "Reply", request: Any, answers: list[Any]
    ) -> Iterator[str]:
        """Return what the official document has against a request and its answer."""
        path, operation = self._operation(seen)
        if operation is None:
            return
        body = f"/paths/{escaped(path)}/{seen.method.lower()}"
        if seen.query and not self.prefix:  # only Stripe's document lists what all queries may be
            known = {one["name"] for one in operation.get("parameters", [])}
            yield from (f"query {name}: unknown" for name in forms.parse(seen.query).keys() - known)
        if request is not None and "requestBody" in operation:
            yield from self._request_errors(operation, f"{body}/requestBody/content", request)
        kinds = operation["responses"].get(str(reply.status), {}).get("content", {})
        if reply.content_type in kinds:
            kind = escaped(reply.content_type)
            for answer in answers:
                yield from self._errors(
                    f"{body}/responses/{reply.status}/content/{kind}/schema", answer
                )

    def complaints_about(self, kind: str, thing: Any) -> Iterator[str]:
        """Return what the official document has against an object."""
        yield from self._errors(f"/components/schemas/{kind}", thing)

    def _request_errors(
        self, operation: dict[str, Any], pointer: str, request: Any
    ) -> Iterator[str]:
        kinds = operation["requestBody"]["content"]
        if IS_JSON in kinds:
            yield from self._errors(f"{pointer}/{escaped(IS_JSON)}/schema", request)
        elif IS_FORM in kinds:
            meant = forms.typed(request, kinds[IS_FORM]["schema"], self.document)
            yield from self._errors(f"{pointer}/{escaped(IS_FORM)}/schema", meant)

    def _operation(self, seen: "Seen") -> tuple[str, dict[str, Any] | None]:
        wanted = seen.path.removeprefix(self.prefix)
        for path, operations in self.document["paths"].items():
            pattern = re.sub(r"\\\{.*?\\\}", "[^/:]+", re.escape(path))
            if re.fullmatch(pattern, wanted) and seen.method.lower() in operations:
                return path, operations[seen.method.lower()]
        return "", None

    def _errors(self, pointer: str, payload: Any) -> Iterator[str]:
        schema = {"$ref": f"urn:spec#{pointer}"}
        validator = Draft202012Validator(schema, registry=self.registry)
        yield from errors_of(validator, "", payload)


def request_of(seen: "Seen") -> Any:
    """Return what was sent: a document, a form, or nothing that a contract has a say in."""
    kind = seen.headers.get("content-type", "")
    if not seen.body:
        return None
    if kind.startswith(IS_FORM):
        return forms.parse(seen.body.decode())
    return seen.json if kind.startswith(IS_JSON) else None


def read_document(path: Path) -> Any:
    """Return a document that is written in JSON or in YAML."""
    text = path.read_text()
    return json.loads(text) if path.suffix == ".json" else yaml.load(text, yaml.CSafeLoader)


def errors_of(validator: Draft202012Validator, part: str, payload: Any) -> Iterator[str]:
    for error in validator.iter_errors(payload):
        place = "/".join(map(str, error.absolute_path)) or "(root)"
        yield f"{part} {place}: {error.message[:200]}".strip()


def escaped(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def as_json_schema(node: Any) -> Any:
    """Return OpenAPI's dialect, 3.0 or 3.1, as JSON Schema."""
    if isinstance(node, list):
        return [as_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    out = {name: as_json_schema(one) for name, one in node.items() if name not in UNKNOWN_WORDS}
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(out.get(exclusive), bool) and out.pop(exclusive) and limit in out:
            out[exclusive] = out.pop(limit)
    return {"anyOf": [out, {"type": "null"}]} if node.get("nullable") is True else out
