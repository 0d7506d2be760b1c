"""Idempotency-Key: the same request again gets the first answer again, and has one effect.

The key is written in the transaction of the effect. A second request with the same key waits for
the first one's transaction, then finds its answer; a request that fails rolls its key back, so the
client may try again with the same key.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from accounts.http import ApiRequest
from accounts.models import IdempotencyKey, User
from visiona.lib.errors import FieldError, IdempotencyMismatch, InvalidInput

HEADER = "Idempotency-Key"
ACCEPTABLE = re.compile(r"[\x21-\x7e]{1,255}")

# An expired key is taken over; a live one is left as it is, and then no row comes back.
CLAIM = """
INSERT INTO accounts_idempotencykey AS k
       (user_id, key, fingerprint, answer, location, created_at)
VALUES (%(user)s, %(key)s, %(fingerprint)s, '', '', now())
ON CONFLICT (user_id, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, status = NULL, answer = '', location = '',
       created_at = now()
 WHERE k.created_at < now() - interval '24 hours'
RETURNING true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service's caller answered first."""

    status: int
    body: Any
    location: str = ""


def once(
    *, user: User, key: str, request: Any, effect: Callable[[], Answer]
) -> tuple[Answer, bool]:
    """Run the effect unless this key already did; return its answer and whether it is a replay.

    Must run inside the transaction of the effect. Raises IdempotencyMismatch if the key was used
    with another request.
    """
    fingerprint = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).digest()
    if not _claim(user, key, fingerprint):
        return _first_answer(user, key, fingerprint), True
    answer = effect()
    # As text, so that a replay is the same to the letter: jsonb would sort the names.
    body = json.dumps(answer.body, cls=JSONEncoder)
    IdempotencyKey.objects.filter(user=user, key=key).update(
        status=answer.status, answer=body, location=answer.location
    )
    return answer, False


def answer_once(
    request: ApiRequest, *, fingerprint: Any, effect: Callable[[], Answer]
) -> tuple[Answer, bool]:
    """Run the effect of an API request, honouring its Idempotency-Key if it has one, as `once`."""
    key = request.headers.get(HEADER, "")
    if not key:
        return effect(), False
    return once(user=request.user, key=_checked(key), request=fingerprint, effect=effect)


def respond_once(
    request: ApiRequest, *, fingerprint: Any, effect: Callable[[], Answer], headers: dict[str, str]
) -> Response:
    """Answer an API request, honouring its Idempotency-Key if it has one."""
    answer, replayed = answer_once(request, fingerprint=fingerprint, effect=effect)
    response = Response(answer.body, answer.status, headers=headers)
    if answer.location:
        response["Location"] = answer.location
    if replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def _checked(key: str) -> str:
    if ACCEPTABLE.fullmatch(key):
        return key
    raise InvalidInput(
        [FieldError(HEADER, "invalid", "Use 1 to 255 visible ASCII characters without spaces.")]
    )


def _claim(user: User, key: str, fingerprint: bytes) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {"user": user.pk, "key": key, "fingerprint": fingerprint},
        )
        return cursor.fetchone() is not None


def _first_answer(user: User, key: str, fingerprint: bytes) -> Answer:
    first = IdempotencyKey.objects.get(user=user, key=key)
    if bytes(first.fingerprint) != fingerprint:
        raise IdempotencyMismatch
    body = json.loads(first.answer)
    return Answer(status=first.status or 200, body=body, location=first.location)
