"""Answers that come word by word: what each piece of one tells, and what has come so far."""

from dataclasses import dataclass, field, replace

from generation.errors import ProviderError, ProviderInvalid
from generation.providers.offers import Offer, Usage
from generation.providers.ports import TextRequest, Written

CHARACTERS_PER_TOKEN = 4
"""Of English about; whoever lets go of an answer is not told what it used."""

End = bool | ProviderError
"""Whether an answer ended whole, or only where it reached the most tokens; or why there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some more of an answer, with what it tells about the whole; most tell nothing."""

    text: str = field(default="", repr=False)
    model: str = ""
    request_id: str = ""
    usage: Usage | None = None
    end: End | None = None


@dataclass(slots=True, kw_only=True)
class Draft:
    """An answer as far as it has come."""

    request: TextRequest
    offer: Offer
    words: list[str] = field(default_factory=list, repr=False)
    model: str = ""
    request_id: str = ""
    counted: Usage | None = None
    end: End | None = None

    def add(self, piece: Piece) -> str:
        """Take a piece and return its words, of which a refused answer has no more."""
        self.model = piece.model or self.model
        self.request_id = piece.request_id or self.request_id
        self.counted = piece.usage or self.counted
        if isinstance(self.end, ProviderError):
            return ""
        self.end = self.end if piece.end is None else piece.end
        if isinstance(self.end, ProviderError):
            return ""
        words = storable(piece.text)
        self.words.append(words)
        return words

    def value(self) -> Written | ProviderError:
        """Return the whole answer; without words, or without an end, it is none."""
        if isinstance(self.end, ProviderError):
            return self.end
        text = "".join(self.words)
        if self.end is None or not text:
            return ProviderInvalid(reason="answer")
        usage = self.usage() or Usage()
        return Written(
            text=text,
            model=self.model or self.offer.name,
            is_complete=self.end,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
        )

    def usage(self) -> Usage | None:
        """Return what was used, or nothing where nothing came.

        Words that nobody counted are paid for as well: those tokens are estimated.
        """
        said = sum(map(len, self.words))
        counted = self.counted or Usage()
        if counted.output_tokens or not said:
            return self.counted
        asked = len(self.request.system) + sum(len(turn.text) for turn in self.request.turns)
        return replace(
            counted,
            input_tokens=counted.input_tokens or asked // CHARACTERS_PER_TOKEN,
            output_tokens=said // CHARACTERS_PER_TOKEN,
        )


def storable(text: str) -> str:
    """Return the words without what no table keeps: nulls, and halves of characters."""
    return text.replace("\x00", "").encode(errors="replace").decode()
