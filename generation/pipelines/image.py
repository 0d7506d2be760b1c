"""Words -> pictures, by this machine or by a provider."""

from collections.abc import Iterator, Mapping
from functools import partial

from generation.errors import ProviderError
from generation.media import renditions
from generation.pipelines.base import Answer, JobContext, Product, Shortfall
from generation.providers import local, registry
from generation.providers.base import ImageOrder, Picture
from generation.providers.ports import ImageRequest

QUEUE = "quick"
HELD_BACK = Shortfall(
    code="provider_refused", detail="The provider held this picture back by its safety rules."
)


def make(context: JobContext) -> Iterator[Product | Shortfall]:
    """Yield each picture as soon as it is finished, or why there will be none."""
    if context.provider_of("image") == registry.LOCAL:
        return _drawn(context)
    return _ordered(context)


def _drawn(context: JobContext) -> Iterator[Product]:
    context.on_queue(QUEUE)
    count = context.params["count"]
    for number in range(count):
        order = ImageOrder(
            prompt=context.prompt,
            negative_prompt=context.params["negative_prompt"],
            aspect_ratio=context.params["aspect_ratio"],
            seed=context.params["seed"] + number,
            number=number,
        )
        yield product_of(local.image(order, report=partial(_report, context, number, count)))


def _report(context: JobContext, done: int, count: int, stage: str, fraction: float) -> None:
    context.report(stage, (done + fraction) / count)


def _ordered(context: JobContext) -> Iterator[Product | Shortfall]:
    context.report("asking the provider", 0.05)
    requests = _requests(context)
    answers = context.ask(requests)
    made = 0
    for name, request in requests.items():
        for result in _results(answers[name], request):
            made += 1
            context.report("storing", made / context.params["count"])
            yield result


def _requests(context: JobContext) -> Mapping[str, ImageRequest]:
    """Return as many requests as it takes: some providers make one picture at a time."""
    count, most = context.params["count"], context.most_images()
    parts = range(0, count, most)
    return {
        f"pictures-{first}": ImageRequest(
            prompt=context.prompt,
            negative_prompt=context.params["negative_prompt"],
            aspect_ratio=context.params["aspect_ratio"],
            count=min(most, count - first),
            seed=context.params["seed"] + first,
        )
        for first in parts
    }


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
