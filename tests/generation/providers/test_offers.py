"""What providers offer is dated, complete, and costs what the table says."""

from datetime import date
from decimal import Decimal

import pytest

from generation.providers import registry
from generation.providers.offers import Offer, Usage, offer_of, offers
from generation.providers.ports import Capability


@pytest.mark.parametrize("offer", offers(), ids=lambda offer: f"{offer.provider}-{offer.name}")
def test_an_offer_says_who_looked_when_and_where(offer: Offer) -> None:
    assert offer.as_of is not None
    assert offer.as_of >= date(2026, 11, 21)
    assert offer.source != ""
    assert offer.price
    assert offer.ends is None or offer.ends > offer.as_of
    assert offer.capabilities


@pytest.mark.parametrize("capability", list(Capability))
def test_every_provider_has_an_offer_for_what_it_is_asked_for(capability: Capability) -> None:
    for provider in registry.ADAPTERS[capability]:
        offer = offer_of(provider, capability)
        assert offer.ends is None, "what ends soon is nobody's usual model"
        assert capability in offer.capabilities


@pytest.mark.parametrize(
    ("provider", "capability", "name", "usage", "cost"),
    [
        ("openai", "text", "", Usage(input_tokens=1_000_000), 750_000),
        ("openai", "text", "", Usage(output_tokens=1_000_000), 4_500_000),
        ("openai", "text", "", Usage(input_tokens=1000, cached_tokens=1000), 75),
        ("openai", "text", "", Usage(input_tokens=1), 1),
        ("openai", "text", "", Usage(), 0),
        (
            "openai",
            "image",
            "",
            Usage(input_tokens=1000, image_tokens=600, output_tokens=4160, images=1),
            400 * 5 + 600 * 8 + 4160 * 30,
        ),
        ("gemini", "image", "", Usage(input_tokens=1000, images=2, size="1K"), 500 + 134_000),
        ("gemini", "image", "", Usage(images=1, size="4K"), 151_000),
        ("replicate", "image", "", Usage(images=4, machine_seconds=3.0), 12_000),
        ("replicate", "image", "fine-tune", Usage(images=4, machine_seconds=2.0), 3_050),
        ("replicate", "video", "", Usage(seconds=5.0, quality="720p"), 250_000),
        ("replicate", "video", "", Usage(seconds=5.0, quality="1080p"), None),
        ("replicate", "video", "google/veo-3.1-fast", Usage(seconds=8, quality="1080p"), 960_000),
        ("replicate", "training", "", Usage(machine_seconds=502.7), 766_618),
        (
            "replicate",
            "training",
            "replicate/fast-flux-trainer",
            Usage(machine_seconds=120),
            1_464_000,
        ),
        ("openai", "text", "llama-of-our-own", Usage(input_tokens=1), None),
    ],
)
def test_costs_follow_from_the_table(
    provider: str, capability: Capability, name: str, usage: Usage, cost: int | None
) -> None:
    assert offer_of(provider, Capability(capability), name).cost(usage) == cost


def test_what_nobody_offers_is_said() -> None:
    with pytest.raises(LookupError, match="openai offers nothing for training"):
        offer_of("openai", Capability.TRAINING)


def test_the_nearest_proportions_on_offer_are_taken() -> None:
    schnell = offer_of("replicate", Capability.IMAGE)
    assert schnell.nearest_ratio("16:9") == "16:9"
    assert schnell.nearest_ratio("1.91:1") == "16:9"
    own = offer_of("openai", Capability.IMAGE, "anything")
    assert own.nearest_ratio("7:3") == "7:3"


@pytest.mark.parametrize(("wanted", "given"), [(3, 4), (4, 4), (5, 6), (8, 8), (30, 8)])
def test_a_clip_is_as_long_as_wanted_or_as_long_as_it_can_be(wanted: int, given: int) -> None:
    assert offer_of("replicate", Capability.VIDEO, "google/veo-3.1").seconds_for(wanted) == given


def test_prices_are_exact() -> None:
    price = offer_of("replicate", Capability.TRAINING).price or {}
    assert price["machine_second"] == Decimal("0.001525")


@pytest.mark.parametrize("offer", offers(), ids=lambda offer: f"{offer.provider}-{offer.name}")
def test_who_trains_says_what_may_be_done_with_the_weights(offer: Offer) -> None:
    assert (Capability.TRAINING in offer.capabilities) == (offer.license != "")


@pytest.mark.parametrize(("wanted", "given"), [(1, 3), (3, 3), (1500, 1500), (9000, 6000)])
def test_a_number_on_offer_is_the_closest(wanted: int, given: int) -> None:
    trainer = offer_of("replicate", Capability.TRAINING)
    assert trainer.within("steps", wanted) == given
    assert trainer.within("unlimited", wanted) == wanted
