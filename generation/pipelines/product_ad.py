"""Photos of a product and a few words -> ads in every format that was asked for."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from generation.errors import ProviderError
from generation.pipelines.base import JobContext, Product, Shortfall
from generation.pipelines.image import product_of
from generation.providers import local
from generation.providers.base import AdOrder

CUTTING_OUT = 0.2
"""The part of the work that all formats share."""


def make(context: JobContext) -> Iterator[Product | Shortfall]:
    """Yield each format as soon as it is finished; one that fails does not hinder the others."""
    params = context.params
    context.report("cutting out the product", 0.0)
    product = local.product_of(context.photos())
    formats = params["formats"]
    for number, aspect_ratio in enumerate(formats):
        order = AdOrder(
            product_name=params["product_name"],
            description=params["description"],
            headline=params["headline"],
            call_to_action=params["call_to_action"],
            style=params["style"],
            aspect_ratio=aspect_ratio,
            seed=params["seed"],
        )
        try:
            picture = local.ad(product, order, report=partial(_report, context, number))
        except ProviderError as error:
            yield Shortfall(code=error.code, detail=str(error.detail))
            continue
        facts = picture.facts | {"analysis": product.analysis}
        varied = {"aspect_ratio": aspect_ratio}
        yield product_of(replace(picture, facts=facts, varied=varied))


def _report(context: JobContext, done: int, stage: str, fraction: float) -> None:
    share = (done + fraction) / len(context.params["formats"])
    context.report(stage, CUTTING_OUT + (1 - CUTTING_OUT) * share)
