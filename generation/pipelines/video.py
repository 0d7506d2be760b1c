"""Photos of a product and a few words -> a film: a storyboard, its plates, then the frames.

Each stage is kept, so that a killed worker's film goes on where it stopped, and so that a film can
be cut anew later. A provider may make the plates, or the whole moving picture.
"""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from generation.media import renditions
from generation.pipelines.base import JobContext, Product, Shortfall
from generation.providers import local, registry
from generation.providers.base import AdOrder, Film, FilmOrder
from generation.providers.ports import Blob, ImageRequest, VideoRequest

QUEUE = "films"
ORDERED = (
    "product_name",
    "description",
    "prompt",
    "seconds",
    "aspect_ratio",
    "quality",
    "seed",
    "captions",
    "music",
    "voice",
)
BEFORE_FILMING = 0.15
"""How far it is when the first frame is made."""
NOT_KEPT = Shortfall(
    code="provider_gone",
    detail="What this film was made of is no longer kept, so it cannot be cut anew.",
)
NO_CLIP = Shortfall(code="provider_refused", detail="The provider made no clip of this.")


def make(context: JobContext) -> Iterator[Product | Shortfall]:
    """Yield the film, or why there will be none."""
    if "changes" in context.params:
        yield _recut(context)
    elif context.provider_of("video") != registry.LOCAL:
        yield _by_provider(context)
    else:
        yield _by_us(context)


def _by_us(context: JobContext) -> Product | Shortfall:
    storyboard = _storyboard(context)
    plates = _plates(context, storyboard)
    if isinstance(plates, Shortfall):
        return plates
    context.on_queue(QUEUE)
    return _film(context, storyboard, plates, _product(context))


def _film(
    context: JobContext, storyboard: Mapping[str, Any], plates: list[bytes], product: Any
) -> Product:
    shown = product.product_png()
    film = local.filmed(storyboard, plates, shown, report=partial(_report, context))
    return _finished(context, film, storyboard)


def _product(context: JobContext) -> Any:
    """Return the product, cut out of its photos once."""
    context.report("looking at the product", 0.01)
    kept = context.checkpoint(
        "product", lambda: local.product_of(context.photos()).to_bytes(), QUEUE
    )
    return local.kept_product(kept)


def _storyboard(context: JobContext) -> dict[str, Any]:
    order = FilmOrder(**{name: context.params[name] for name in ORDERED})

    def write() -> bytes:
        return json.dumps(local.storyboard_of(_product(context), order)).encode()

    context.report("writing the storyboard", 0.05)
    storyboard: dict[str, Any] = json.loads(context.checkpoint("storyboard", write, QUEUE))
    return storyboard


def _plates(context: JobContext, storyboard: Mapping[str, Any]) -> list[bytes] | Shortfall:
    """Return the ground of each scene, painted here or by a provider."""
    scenes = storyboard["scenes"]
    context.report("painting the scenes", 0.07)
    if context.provider_of("image") == registry.LOCAL:

        def paint(number: int) -> bytes:
            return local.plate(_product(context), storyboard, number)

        numbers = range(1, len(scenes) + 1)
        return [context.checkpoint(f"plate-{one}", partial(paint, one), QUEUE) for one in numbers]
    requests = {
        f"plate-{number}": ImageRequest(
            prompt=scene["plate_prompt"],
            aspect_ratio=storyboard["aspect_ratio"],
            seed=storyboard["seed"] + number,
        )
        for number, scene in enumerate(scenes, 1)
    }
    plates: list[bytes] = []
    for answer in context.ask(requests).values():
        if not answer.files:
            return answer.shortfall or NO_CLIP
        plates.append(answer.files[0].data)
    return plates


def _by_provider(context: JobContext) -> Product | Shortfall:
    """Have a provider move the product's first picture, then add words and sound here."""
    params = context.params
    storyboard = _storyboard(context)
    frame = context.checkpoint("frame", partial(_first_frame, context), QUEUE)
    request = VideoRequest(
        prompt=f"{params['product_name']}. {params['prompt'] or params['description']}",
        first_frame=Blob(data=frame, content_type="image/jpeg"),
        seconds=params["seconds"],
        quality=params["quality"],
        aspect_ratio=params["aspect_ratio"],
        seed=params["seed"],
    )
    context.report("asking the provider", BEFORE_FILMING)
    answer = context.ask({"clip": request})["clip"]
    if not answer.files:
        return answer.shortfall or NO_CLIP
    clip = answer.files[0].data
    if storyboard["captions"] or storyboard["voice"] or storyboard["music"] != "none":
        context.on_queue(QUEUE)
        film = local.finished(clip, storyboard, report=partial(_report, context))
    else:
        film = _as_it_came(context, clip, frame)
    return _finished(context, film, storyboard)


def _first_frame(context: JobContext) -> bytes:
    """The product in a scene, without words: a film model keeps to what it is shown."""
    params = context.params
    order = AdOrder(
        product_name=params["product_name"],
        description=params["description"],
        headline="",
        call_to_action="",
        style="auto",
        aspect_ratio=params["aspect_ratio"],
        seed=params["seed"],
    )
    picture = local.ad(_product(context), order, report=lambda *_: None)
    return picture.plate or picture.data


def _as_it_came(context: JobContext, clip: bytes, frame: bytes) -> Film:
    """Return the clip without anything added; the picture that it began from stands for it."""
    measured = local.clip_facts(clip)
    return Film(
        data=clip,
        width=measured["width"],
        height=measured["height"],
        seconds=measured["seconds"],
        content_type="video/mp4",
        poster=frame,
        captions="",
        alt_text=f"A film of {context.params['product_name']}.",
        mark=None,
    )


def _recut(context: JobContext) -> Product | Shortfall:
    """Film the same again with other words, sounds or ends; nothing is ordered for that."""
    context.report("cutting anew", 0.01)
    kept = {name: context.original(name) for name in ("storyboard", "product")}
    if kept["storyboard"] is None or kept["product"] is None:
        return NOT_KEPT
    storyboard = local.recut_of(json.loads(kept["storyboard"]), context.params["changes"])
    clip = context.original("clip")
    if clip is not None:
        film = local.finished(clip, storyboard, report=partial(_report, context))
        return _finished(context, film, storyboard)
    plates = [context.original(f"plate-{n}") for n in range(1, len(storyboard["scenes"]) + 1)]
    there = [plate for plate in plates if plate is not None]
    if len(there) < len(plates):
        return NOT_KEPT
    return _film(context, storyboard, there, local.kept_product(kept["product"]))


def _report(context: JobContext, stage: str, fraction: float) -> None:
    context.report(stage, BEFORE_FILMING + (1 - BEFORE_FILMING) * fraction)


def _finished(context: JobContext, film: Film, storyboard: Mapping[str, Any]) -> Product:
    return Product(
        data=film.data,
        renditions=renditions.renditions_of(film.poster, mark=film.mark),
        content_type=film.content_type,
        width=film.width,
        height=film.height,
        seconds=film.seconds,
        seed=context.params["seed"],
        alt_text=film.alt_text,
        poster=film.poster,
        captions=film.captions,
        facts=film.facts | {"storyboard": dict(storyboard)},
    )
