"""Photos -> a likeness: weights that a provider learns, or a profile on this machine."""

from collections.abc import Iterator
from uuid import UUID

from generation.errors import PhotosGone, ProviderError
from generation.pipelines.base import JobContext, Learned, Shortfall
from generation.providers import local, registry
from generation.providers.ports import Blob, TrainingRequest
from visiona.lib.archive import packed

QUEUE = "films"
NOT_TRAINED = "The provider could not finish the training."
NOTHING_STOOD_OUT = Shortfall(
    code="nothing_stood_out",
    detail="Nothing in these photos stands out from its background. Take some before a plain wall.",
)


def make(context: JobContext) -> Iterator[Learned | Shortfall]:
    """Yield what was learned, or why there is nothing."""
    if context.provider_of("training") == registry.LOCAL:
        return _profiled(context)
    return _trained(context)


def _photos(context: JobContext) -> tuple[bytes, ...]:
    """Return all photos that it is to be learned from. Raises PhotosGone."""
    photos = context.photos()
    if len(photos) < len(context.params["photo_ids"]):
        raise PhotosGone
    return photos


def _profiled(context: JobContext) -> Iterator[Learned | Shortfall]:
    context.on_queue(QUEUE)
    photos = _photos(context)
    shots = []
    for number, (photo, measures) in enumerate(zip(photos, context.measures(), strict=True)):
        context.report(f"looking at photo {number + 1} of {len(photos)}", number / len(photos))
        try:
            shots.append(local.taken(photo, context.params["subject"], measures))
        except ProviderError:
            continue  # this one is of no use, the others may be
    yield Learned(shots=tuple(shots)) if shots else NOTHING_STOOD_OUT


def _trained(context: JobContext) -> Iterator[Learned | Shortfall]:
    context.report("packing the photos", 0.01)
    archive = context.checkpoint("archive", lambda: archive_of(_photos(context)))
    request = TrainingRequest(
        archive=Blob(data=archive, content_type="application/zip"),
        trigger_word=context.params["trigger_word"],
        destination=destination_of(context.params["clone_id"]),
        subject=context.params["subject"],
        steps=context.params["steps"],
        lora_rank=context.params["lora_rank"],
    )
    answer = context.ask({"training": request})["training"]
    if answer.shortfall:
        yield _in_our_words(answer.shortfall)
    else:
        yield Learned(weights=answer.weights, model=answer.model)


def _in_our_words(shortfall: Shortfall) -> Shortfall:
    """Say of a training what would else be said of a picture."""
    if shortfall.detail != ProviderError.default_detail:
        return shortfall
    return Shortfall(code=shortfall.code, detail=NOT_TRAINED)


def archive_of(photos: tuple[bytes, ...]) -> bytes:
    """Return the photos as a ZIP whose names say nothing."""
    return packed((f"{number:02}.jpg", photo) for number, photo in enumerate(photos, start=1))


def destination_of(clone_id: str | UUID) -> str:
    """Return the name under which a provider keeps a clone's weights: it says nothing either."""
    return f"visiona-{UUID(str(clone_id)).hex}"
