"""Words -> pictures, by this machine or by a provider."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from generation.errors import ProviderError
from generation.media import renditions
from generation.pipelines.base import Answer, JobContext, Likeness, Product, Report, Shortfall
from generation.pipelines.likeness import named
from generation.providers import local, registry
from generation.providers.base import ImageOrder, Picture, PortraitOrder
from generation.providers.ports import ImageRequest

QUEUE = "quick"
HELD_BACK = Shortfall(
    code="provider_refused", detail="The provider held this picture back by its safety rules."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One picture of an order: what it shows, and what is its own in a pack."""

    number: int
    prompt: str
    seed: int
    varied: dict[str, Any]


def make(context: JobContext) -> Iterator[Product | Shortfall]:
    """Yield each picture as soon as it is finished, or why there will be none."""
    if context.provider_of("image") == registry.LOCAL:
        return _drawn(context)
    return _ordered(context)


def wanted_of(context: JobContext) -> list[Wanted]:
    """Return the pictures of an order: several of one prompt, or the shots of a pack."""
    seed = context.params["seed"]
    if not context.shots:
        count = context.params["count"]
        return [Wanted(number, context.prompt, seed + number, {}) for number in range(count)]
    return [
        Wanted(number, prompt, seed + number, {"prompt": prompt, "title": title})
        for number, (title, prompt) in enumerate(context.shots)
    ]


def _drawn(context: JobContext) -> Iterator[Product]:
    context.on_queue(QUEUE)
    wanted = wanted_of(context)
    draw = _portrayed if context.likenesses else _imagined
    for one in wanted:
        report = partial(_report, context, one.number, len(wanted))
        yield product_of(replace(draw(context, one, report), varied=one.varied))


def _imagined(context: JobContext, one: Wanted, report: Report) -> Picture:
    order = ImageOrder(
        prompt=one.prompt,
        negative_prompt=context.params["negative_prompt"],
        aspect_ratio=context.params["aspect_ratio"],
        seed=one.seed,
        number=one.number,
    )
    return local.image(order, report=report)


def _portrayed(context: JobContext, one: Wanted, report: Report) -> Picture:
    likeness, *others = context.likenesses
    order = PortraitOrder(
        prompt=one.prompt,
        negative_prompt=context.params["negative_prompt"],
        aspect_ratio=context.params["aspect_ratio"],
        seed=one.seed,
        number=one.number,
        subject=likeness.subject,
        shots=likeness.shots(),
        companions=others[0].shots() if others else (),
        strength=min(1.0, likeness.scale),
    )
    return local.portrait(order, report=report)


def _report(context: JobContext, done: int, count: int, stage: str, fraction: float) -> None:
    context.report(stage, (done + fraction) / count)


def _ordered(context: JobContext) -> Iterator[Product | Shortfall]:
    context.report("asking the provider", 0.05)
    wanted = wanted_of(context)
    batches = _batches(wanted, context.most_images())
    requests = {f"pictures-{batch[0].number}": _request(context, batch) for batch in batches}
    answers = context.ask(requests)
    made = 0
    for batch, (name, request) in zip(batches, requests.items(), strict=True):
        for one, result in zip(batch, _results(answers[name], request), strict=True):
            made += 1
            context.report("storing", made / len(wanted))
            yield replace(result, varied=one.varied) if isinstance(result, Product) else result


def _batches(wanted: list[Wanted], most: int) -> list[list[Wanted]]:
    """Return what one request each can ask for: pictures of one prompt, and not too many."""
    batches: list[list[Wanted]] = []
    for one in wanted:
        last = batches[-1] if batches else []
        if last and len(last) < most and last[0].prompt == one.prompt:
            last.append(one)
        else:
            batches.append([one])
    return batches


def _request(context: JobContext, batch: list[Wanted]) -> ImageRequest:
    return ImageRequest(
        prompt=named(batch[0].prompt, context.likenesses, may_be_called=not context.shots),
        negative_prompt=context.params["negative_prompt"],
        aspect_ratio=context.params["aspect_ratio"],
        count=len(batch),
        seed=batch[0].seed,
        **weights_of(context.likenesses),
    )


def weights_of(likenesses: Sequence[Likeness]) -> dict[str, Any]:
    """Return the weights of those who are to be seen, as a request for pictures has them."""
    found: dict[str, Any] = {}
    for prefix, one in zip(("", "extra_"), likenesses, strict=False):
        scale = "weights_scale" if not prefix else "extra_scale"
        found |= {f"{prefix}weights": one.weights, scale: one.scale}
    return found


def _results(answer: Answer, request: ImageRequest) -> Iterator[Product | Shortfall]:
    """Yield as many results as were asked for."""
    for blob in answer.files[: request.count]:
        try:
            yield product_of(local.imported(blob.data, seed=request.seed))
        except ProviderError as error:
            yield Shortfall(code=error.code, detail=str(error.detail))
    missing = request.count - len(answer.files)
    yield from [answer.shortfall or HELD_BACK] * missing


def product_of(picture: Picture) -> Product:
    """Return a finished picture with its smaller copies."""
    return Product(
        data=picture.data,
        renditions=renditions.renditions_of(picture.data, mark=picture.mark),
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        seed=picture.seed,
        alt_text=picture.alt_text,
        plate=picture.plate,
        facts=picture.facts,
        varied=picture.varied,
    )
