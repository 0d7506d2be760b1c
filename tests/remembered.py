"""What the real sandbox, coach and engine made of something: of the same again, it is the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache
from typing import Any

import pytest

from generation.media import sandbox
from generation.providers import local
from generation.providers.base import Picture, ThumbnailOrder

MOST = 128  # of each, in memory

clean = sandbox.clean
_clean_once = lru_cache(maxsize=MOST)(clean)
_measured_once = lru_cache(maxsize=MOST)(local.measured)
_draw = local.thumbnail
_drawings: dict[ThumbnailOrder, tuple[Picture, list[tuple[str, float]]]] = {}


@contextmanager
def remembering() -> Iterator[None]:
    """Clean, measure and draw the same few pictures once: again and again takes minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "clean", _clean_once)
        patch.setattr(local, "measured", measured)
        patch.setattr(local, "thumbnail", _drawn)
        yield


def measured(data: bytes) -> dict[str, Any]:
    """What the coach says of a picture, which it looks at once."""
    return deepcopy(_measured_once(data))


def _drawn(order: ThumbnailOrder, *, report: local.Report) -> Picture:
    """Draw each order once; tell of it each time."""
    if order in _drawings:
        made, told = _drawings[order]
        for stage, fraction in told:
            report(stage, fraction)
        return deepcopy(made)
    told = []

    def tell(stage: str, fraction: float) -> None:
        told.append((stage, fraction))
        report(stage, fraction)

    made = _draw(order, report=tell)
    if len(_drawings) == MOST:
        _drawings.clear()
    _drawings[order] = deepcopy(made), told
    return made
