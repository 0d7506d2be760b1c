"""What may be asked of a list, read from the address."""

from collections.abc import Sequence
from uuid import UUID

from visiona.lib.errors import FieldError, InvalidInput

TRUTH = {"true": True, "false": False}


def one_of(name: str, asked: str, allowed: Sequence[str]) -> str:
    """Return what was asked if it is allowed, or raise InvalidInput."""
    if asked in allowed:
        return asked
    remedy = f"Choose one of: {', '.join(allowed)}."
    raise InvalidInput([FieldError(name, "invalid_choice", remedy)])


def identifier(name: str, asked: str) -> UUID:
    """Return the id that was asked for, or raise InvalidInput."""
    try:
        return UUID(asked)
    except ValueError:
        raise InvalidInput([FieldError(name, "invalid", "Send an id.")]) from None


def truth(name: str, asked: str) -> bool:
    """Return true or false as asked, or raise InvalidInput."""
    if asked in TRUTH:
        return TRUTH[asked]
    raise InvalidInput([FieldError(name, "invalid", "Send true or false.")])
