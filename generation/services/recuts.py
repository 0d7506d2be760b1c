"""Cut a film anew: other ends, words or sounds, made by this machine and for nothing."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from generation import selectors
from generation.catalog import VIDEO
from generation.models import Asset, Job, Step
from generation.services import texts
from generation.services.jobs import queue_alone
from visiona.lib import clock
from visiona.lib.errors import Conflict, FieldError, InvalidInput, NotFound
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

NOT_THERE = "There is no such film, or it is not yours."
NOT_KEPT = "What this film was made of is no longer kept. Make a new film instead."
NEEDED_STEPS = {"storyboard", "product"}
MAX_TEXT = 60
LEAST_SECONDS = 1.0
FULL_VOLUME = 100


def recut(*, user: "User", asset_id: UUID, changes: Mapping[str, Any], request_id: str) -> Job:
    """Order the person's film again with these changes, on top of those that it already has.

    Raises InvalidInput naming the change, NotFound, and Conflict for a film whose parts are gone
    or while another film of the person is being cut.
    """
    film = selectors.assets_of(user=user).filter(pk=asset_id, source=Asset.Source.VIDEO).first()
    if film is None:
        raise NotFound(NOT_THERE)
    first_job_id = film.params.get("first_job_id") or str(film.job_id)
    _require_parts(user, first_job_id)
    earlier = film.params.get("changes", {})
    revised = {"first_job_id": first_job_id, "changes": _merged(earlier, _checked(film, changes))}
    job = Job(
        id=uuid7(),
        user_id=user.pk,
        kind=VIDEO.name,
        queue=VIDEO.queue,
        params=film.params | revised,
        project_id=film.project_id,
        remix_of_id=film.pk,
        price=0,
        request_id=request_id,
        deadline=clock.now() + timedelta(minutes=VIDEO.deadline_minutes),
    )
    queue_alone(job=job)
    return job


def _require_parts(user: "User", first_job_id: str) -> None:
    kept = Step.objects.filter(user_id=user.pk, job_id=first_job_id, state=Step.State.DONE)
    if not set(kept.values_list("name", flat=True)) >= NEEDED_STEPS:
        raise Conflict(NOT_KEPT)


def _merged(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**earlier, **later}
    if "texts" in merged:
        merged["texts"] = earlier.get("texts", {}) | later.get("texts", {})
    return merged


def _checked(film: Asset, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes as the engine takes them."""
    unknown = [name for name in changes if name not in CHECKS]
    if unknown:
        raise InvalidInput(
            FieldError(name, "unknown", "There is no such field.") for name in unknown
        )
    if not changes:
        raise texts.refused(field="changes", code="required", detail="Say what is to be changed.")
    storyboard = film.facts["storyboard"]
    checked = {name: CHECKS[name](storyboard, name, value) for name, value in changes.items()}
    start = checked.get("trim_start", storyboard["trim"]["start"])
    end = checked.get("trim_end", storyboard["trim"]["end"])
    if end - start < LEAST_SECONDS:
        field = "trim_end" if "trim_end" in checked else "trim_start"
        raise texts.refused(
            field=field, code="invalid", detail="Leave at least one second of the film."
        )
    return checked


def _seconds(storyboard: Mapping[str, Any], field: str, value: object) -> float:
    longest = storyboard["seconds"]
    return _number(field, value, longest, f"Choose between 0 and {longest:g} seconds.")


def _volume(_storyboard: Mapping[str, Any], field: str, value: object) -> float:
    return _number(field, value, FULL_VOLUME, "Choose between 0 and 100.") / FULL_VOLUME


def _number(field: str, value: object, most: float, remedy: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= most:  # type: ignore[operator]
        raise texts.refused(field=field, code="invalid", detail=remedy)
    return float(value)  # type: ignore[arg-type]


def _switch(_storyboard: Mapping[str, Any], field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise texts.refused(field=field, code="invalid", detail="Choose on or off.")
    return value


def _music(_storyboard: Mapping[str, Any], field: str, value: object) -> str:
    allowed = VIDEO.options["music"]
    if not isinstance(value, str) or value not in allowed:
        raise texts.refused(
            field=field, code="invalid_choice", detail=f"Choose one of: {', '.join(allowed)}."
        )
    return value


def _texts(storyboard: Mapping[str, Any], field: str, value: object) -> dict[str, str]:
    """Return the text of each scene by its number."""
    scenes = storyboard["scenes"]
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise texts.refused(
            field=field, code="invalid", detail="Send a text for each scene, in order."
        )
    if len(value) != len(scenes):
        remedy = f"Send {len(scenes)} texts, one for each scene; empty ones show nothing."
        raise texts.refused(field=field, code="invalid", detail=remedy)
    return {
        str(scene["number"]): texts.checked(text=text, field=field, longest=MAX_TEXT)
        for scene, text in zip(scenes, value, strict=True)
    }


CHECKS: Final[dict[str, Callable[[Mapping[str, Any], str, object], Any]]] = {
    "trim_start": _seconds,
    "trim_end": _seconds,
    "captions": _switch,
    "texts": _texts,
    "music": _music,
    "volume": _volume,
    "voice": _switch,
}
