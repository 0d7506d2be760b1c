"""Any success becomes {"data", "meta"}, in the answers and in the OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer

from visiona.lib import problem, request_id
from visiona.lib.pagination import PAGE, Page

META = {
    "type": "object",
    "properties": {"request_id": {"type": "string"}},
    "required": ["request_id"],
}
LIST_META = {
    "type": "object",
    "properties": {
        "request_id": {"type": "string"},
        "next": {"type": ["string", "null"], "description": "Cursor of the next page."},
    },
    "required": ["request_id", "next"],
}
PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457). `code` is stable; some codes add facts.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["field", "code", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "request_id"],
}
METHODS = {"get", "post", "put", "patch", "delete"}


class EnvelopeRenderer(JSONRenderer):
    """Wrap what a view returns; problem documents stay as they are."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        response = (renderer_context or {}).get("response")
        if data is None and response is not None and response.status_code == 204:
            return b""
        if response is None or response.content_type != problem.CONTENT_TYPE:
            data = envelope(data)
        return super().render(data, accepted_media_type, renderer_context)


def envelope(data: Any) -> dict[str, Any]:
    """Return the success envelope around data; a page adds its cursor."""
    meta: dict[str, Any] = {"request_id": request_id.current()}
    if isinstance(data, Page):
        return {"data": data.items, "meta": meta | {"next": data.next}}
    return {"data": data, "meta": meta}


def describe_envelope(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Make the OpenAPI document tell the truth about the envelope and the errors."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    lists = {name: schemas.pop(name) for name in list(schemas) if PAGE in schemas[name]}
    for name, schema in schemas.items():
        _describe_object(name, schema)
    schemas |= {"Meta": META, "ListMeta": LIST_META, "Problem": PROBLEM}
    for path in result["paths"].values():
        for method, operation in path.items():
            if method in METHODS:
                _describe_operation(operation, lists)
    return result


def _describe_object(name: str, schema: dict[str, Any]) -> None:
    """Say what our serializers do: they refuse unknown fields, and leave none of theirs out."""
    if "properties" not in schema:
        return
    if name.endswith("Request"):
        schema["additionalProperties"] = False
    else:
        schema["required"] = sorted(schema["properties"])


def _describe_operation(operation: dict[str, Any], lists: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get("application/json")
        if content and status.startswith("2"):
            content["schema"] = _wrap(content["schema"], lists)
    operation["responses"]["default"] = {
        "description": "A problem document",
        "content": {
            problem.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
        },
    }


def _wrap(schema: dict[str, Any], lists: dict[str, Any]) -> dict[str, Any]:
    page = lists.get(schema.get("$ref", "").rpartition("/")[2])
    data = {"type": "array", "items": page["items"]} if page else schema
    meta = "ListMeta" if page else "Meta"
    return {
        "type": "object",
        "properties": {"data": data, "meta": {"$ref": f"#/components/schemas/{meta}"}},
        "required": ["data", "meta"],
    }
