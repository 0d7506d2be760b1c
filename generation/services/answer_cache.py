"""Keep answers for a day, so that the same question need not be paid for twice.

An answer belongs to who asked. Only what nobody in particular asks, one of the studio's own
suggestions without anything said before, is answered for all from the same place.
"""

import hashlib
import json
import logging
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from redis.exceptions import RedisError

from generation import catalog
from generation.providers.ports import Turn
from visiona.lib import redis_client

if TYPE_CHECKING:
    from uuid import UUID

KEPT_SECONDS = 24 * 3600

logger = logging.getLogger(__name__)


def key_of(*, user_id: "UUID", turns: Sequence[Turn], told: str) -> str:
    """Return the name under which the answer to these turns is kept, whoever writes it.

    `told` is all that the assistant was told besides: where that changes, so may the answer.
    """
    said = [(turn.is_ours, _normal(turn.text)) for turn in turns]
    is_public = len(said) == 1 and said[0][1] in _public()
    asked = json.dumps(["everybody" if is_public else str(user_id), told, said])
    return f"answer:{hashlib.sha256(asked.encode()).hexdigest()}"


def get(*, key: str) -> dict[str, Any] | None:
    """Return what was kept; without Redis nothing was."""
    try:
        kept = cast("bytes | None", redis_client.client().get(key))
    except RedisError:
        logger.warning("generation.answer_cache.unreachable")
        return None
    return None if kept is None else cast("dict[str, Any]", json.loads(kept))


def put(*, key: str, answer: dict[str, Any]) -> None:
    """Keep an answer; without Redis it is not."""
    try:
        redis_client.client().set(key, json.dumps(answer), ex=KEPT_SECONDS)
    except RedisError:
        logger.warning("generation.answer_cache.unreachable")


def forget(*, key: str) -> None:
    """Keep an answer no longer: it was never settled."""
    try:
        redis_client.client().delete(key)
    except RedisError:
        logger.warning("generation.answer_cache.unreachable")


def _normal(text: str) -> str:
    """Return the words alone: how they are spaced or their letters composed changes no answer."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _public() -> set[str]:
    return {_normal(text) for text in catalog.CHAT_STARTERS}
