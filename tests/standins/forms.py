"""Forms as Stripe takes them: `a[b][0][c]=v` is a document of strings."""

import re
from typing import Any
from urllib.parse import parse_qsl


def parse(text: str) -> dict[str, Any]:
    """Return a form, or what stands behind a question mark, as a document."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *outer, last = re.findall(r"[^\[\]]+", name)
        place = root
        for part in outer:
            place = place.setdefault(part, {})
        place[last] = value
    found: dict[str, Any] = _with_lists(root)
    return found


def typed(value: Any, schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """Return the strings of a form as what the schema says that they mean."""
    schema = _resolved(schema, document)
    if isinstance(value, dict):
        named, rest = schema.get("properties", {}), schema.get("additionalProperties")
        other = rest if isinstance(rest, dict) else {}
        return {name: typed(one, named.get(name, other), document) for name, one in value.items()}
    if isinstance(value, list):
        return [typed(one, schema.get("items", {}), document) for one in value]
    kinds = {schema.get("type"), *(one.get("type") for one in schema.get("anyOf", []))}
    if "boolean" in kinds and value in {"true", "false"}:
        return value == "true"
    is_number = {"integer", "number"} & kinds and re.fullmatch(r"-?\d+", value)
    return int(value) if is_number else value


def _with_lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(name.isdigit() for name in node):
        return [_with_lists(node[name]) for name in sorted(node, key=int)]
    return {name: _with_lists(one) for name, one in node.items()}


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that is no reference; of several, the one that has parts."""
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].partition("#/")[2].split("/"):
            found = found[part]
        schema = found
    several = [_resolved(one, document) for one in schema.get("anyOf", [])]
    return next((one for one in several if {"properties", "items"} & one.keys()), schema)
