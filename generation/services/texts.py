"""Look at words that people write before they are stored or drawn."""

from visiona.lib.errors import FieldError, InvalidInput

NULL = "\x00"
SURROGATES = range(0xD800, 0xE000)


def checked(*, text: str, field: str, longest: int, missing: str = "") -> str:
    """Return the words without the space around them; `missing` is said where there have to be any.

    Raises InvalidInput naming the field.
    """
    text = text.strip()
    if missing and not text:
        raise refused(field=field, code="blank", detail=missing)
    if len(text) > longest:
        remedy = f"Shorten this to {longest} characters."
        raise refused(field=field, code="max_length", detail=remedy)
    if not is_text(text=text):
        remedy = "Leave out characters that are no text."
        raise refused(field=field, code="characters_not_allowed", detail=remedy)
    return text


def is_text(*, text: str) -> bool:
    """Return whether the database can keep the words: no NUL, and no half of a character."""
    return NULL not in text and not any(ord(letter) in SURROGATES for letter in text)


def refused(*, field: str, code: str, detail: str) -> InvalidInput:
    """Return the error of one field."""
    return InvalidInput([FieldError(field, code, detail)])
