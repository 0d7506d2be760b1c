"""Read what a program says, field by field, and refuse by name what would change the answer."""

from collections.abc import Collection, Mapping
from typing import Any

from generation.services.texts import refused
from visiona.lib.errors import InvalidInput


def check_fields(
    *,
    said: Mapping[str, Any],
    read: Collection[str],
    ignored: Collection[str],
    plain: Mapping[str, Collection[Any]],
    model: str,
) -> None:
    """Refuse a field that nobody knows, and one that asks for more than `plain` values do.

    Raises InvalidInput.
    """
    for name, value in said.items():
        if name in plain:
            if value is not None and value not in plain[name]:
                raise unsupported(name, f"{model} does not offer this. Leave out `{name}`.")
        elif name not in read and name not in ignored:
            remedy = f"Unrecognized request argument supplied: {name}"
            raise refused(field=name, code="unknown_parameter", detail=remedy)


def unsupported(field: str, detail: str) -> InvalidInput:
    """Return the error of what is known and not offered."""
    return refused(field=field, code="unsupported_parameter", detail=detail)


def invalid(field: str, detail: str) -> InvalidInput:
    """Return the error of a value that cannot be."""
    return refused(field=field, code="invalid_value", detail=detail)


def switch_of(said: Mapping[str, Any], name: str, field: str = "") -> bool:
    """Return a choice between yes and no, which is no where nothing is said."""
    value = said.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(field or name, f"Say true or false for `{field or name}`.")
    return bool(value)


def number_of(said: Mapping[str, Any], name: str, *, least: int, most: int) -> int | None:
    """Return a whole number, if there is one."""
    value = said.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise invalid(name, f"`{name}` is a whole number from {least} to {most}.")
    return value
