"""What can be ordered, what it costs, and how prompts are made better."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from generation.api.serializers.fields import ConsentField, DistinctListField
from generation.catalog import (
    IMAGE,
    KINDS,
    LEAST_CLONE_PHOTOS,
    LEAST_RANK,
    LEAST_SCALE,
    LEAST_STEPS,
    LONGEST_VIDEO,
    MAX_CALL_TO_ACTION,
    MAX_DESCRIPTION,
    MAX_HEADLINE,
    MAX_IMAGE_PROMPT,
    MAX_NAME,
    MAX_PRODUCT_PHOTOS,
    MAX_PROMPT,
    MAX_TITLE,
    MOST_CLONE_PHOTOS,
    MOST_RANK,
    MOST_SCALE,
    MOST_STEPS,
    MOST_TRIGGER,
    PACKS,
    PRODUCT_AD,
    SHORTEST_VIDEO,
    THUMBNAIL,
    TRAINING,
    VIDEO,
    Kind,
    packs_on_offer,
)
from generation.models import Consent
from visiona.lib.serializers import StrictSerializer

LARGEST_SEED = 2**31 - 1
ASPECT_RATIOS = IMAGE.options["aspect_ratio"]
"""Named for the OpenAPI document: several kinds have the same ones."""
PACK_NAMES = [pack.name for pack in packs_on_offer()]
NOT_OF_PACKS = ("prompt", "count", "enhance")
HAS_ITS_OWN = "A pack has its own prompts, one for each picture. Leave this out."
PROMPTED = [kind.name for kind in (IMAGE, THUMBNAIL, PRODUCT_AD, VIDEO)]

type Fault = tuple[str, str, str]
"""A field, a code and the remedy."""


def _choice(kind: Kind, option: str) -> Any:
    """Return the field of an option: one of the catalogue's values, usually its default."""
    return serializers.ChoiceField(choices=kind.options[option], default=kind.defaults[option])


def _words(longest: int) -> serializers.CharField:
    """Return the field of words that may be left out."""
    return serializers.CharField(max_length=longest, allow_blank=True, default="")


def _count(kind: Kind) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=kind.max_count, default=1)


def _switch(kind: Kind, option: str) -> serializers.BooleanField:
    return serializers.BooleanField(default=kind.defaults[option])


def _product_photos() -> DistinctListField:
    return DistinctListField(
        child=serializers.UUIDField(), min_length=1, max_length=MAX_PRODUCT_PHOTOS
    )


def _within(least: int, most: int, kind: Kind, option: str) -> serializers.IntegerField:
    default = kind.defaults[option]
    return serializers.IntegerField(min_value=least, max_value=most, default=default)


def _scale() -> serializers.FloatField:
    """Return the field of how strongly a clone is to be seen: 1 is how it was learned."""
    return serializers.FloatField(
        min_value=LEAST_SCALE, max_value=MOST_SCALE, allow_null=True, required=False
    )


def _refuse(faults: Iterator[Fault]) -> None:
    errors: dict[str, list[ErrorDetail]] = {}
    for field, code, remedy in faults:
        errors.setdefault(field, [ErrorDetail(remedy, code=code)])
    if errors:
        raise serializers.ValidationError(errors)


class ImageInput(StrictSerializer):
    """Order pictures of one's own words, perhaps of a clone and of a second one beside it.

    With a `pack` instead of a prompt they are the pack's pictures of a clone; `shots` chooses some
    of them, numbered from 0.
    """

    kind = serializers.ChoiceField(choices=[IMAGE.name])
    prompt = serializers.CharField(max_length=MAX_IMAGE_PROMPT, required=False)
    pack = serializers.ChoiceField(choices=PACK_NAMES, allow_null=True, required=False)
    shots = DistinctListField(
        child=serializers.IntegerField(min_value=0), min_length=1, allow_null=True, required=False
    )
    aspect_ratio = _choice(IMAGE, "aspect_ratio")
    count = _count(IMAGE)
    seed = serializers.IntegerField(
        min_value=0, max_value=LARGEST_SEED, allow_null=True, default=None
    )
    negative_prompt = _words(MAX_IMAGE_PROMPT)
    enhance = _switch(IMAGE, "enhance")
    clone_id = serializers.UUIDField(allow_null=True, default=None)
    clone_scale = _scale()
    extra_clone_id = serializers.UUIDField(allow_null=True, default=None)
    extra_clone_scale = _scale()
    project_id = serializers.UUIDField(allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        _refuse(self._faults_of(attrs))
        return attrs

    def _faults_of(self, order: dict[str, Any]) -> Iterator[Fault]:
        if order.get("pack"):
            yield from _faults_of_pack(order)
            said = self.initial_data
            yield from ((name, "unused", HAS_ITS_OWN) for name in NOT_OF_PACKS if name in said)
        elif "prompt" not in order:
            yield "prompt", "required", "Say what the picture shows, or choose a pack."
        if order.get("shots") and not order.get("pack"):
            yield "shots", "unused", "Name the pack that these pictures are of."
        if order["extra_clone_id"] and not order["clone_id"]:
            yield "clone_id", "required", "Name the first clone too, or only this one."
        yield from _faults_of_scales(order)


def _faults_of_pack(order: dict[str, Any]) -> Iterator[Fault]:
    if not order["clone_id"]:
        yield "clone_id", "required", "Name the clone that this pack is to be made with."
    count = len(PACKS[order["pack"]].shots)
    if any(number >= count for number in order.get("shots") or ()):
        yield "shots", "max_value", f"This pack has {count} pictures: choose from 0 to {count - 1}."


def _faults_of_scales(order: dict[str, Any]) -> Iterator[Fault]:
    """Yield scales that say nothing, because they are of nobody."""
    for name in ("clone", "extra_clone"):
        if order.get(f"{name}_scale") and not order.get(f"{name}_id"):
            yield f"{name}_scale", "unused", f"Name the {name}_id that this is for."


class ThumbnailInput(StrictSerializer):
    """Order thumbnails."""

    kind = serializers.ChoiceField(choices=[THUMBNAIL.name])
    title = serializers.CharField(max_length=MAX_TITLE)
    style: Any = _choice(THUMBNAIL, "style")
    color_scheme = _choice(THUMBNAIL, "color_scheme")
    aspect_ratio = _choice(THUMBNAIL, "aspect_ratio")
    text_overlay = _switch(THUMBNAIL, "text_overlay")
    prompt = _words(MAX_PROMPT)
    photo_id = serializers.UUIDField(allow_null=True, default=None)
    clone_id = serializers.UUIDField(allow_null=True, default=None)
    clone_scale = _scale()
    project_id = serializers.UUIDField(allow_null=True, default=None)
    count = _count(THUMBNAIL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        _refuse(self._faults_of(attrs))
        return attrs

    def _faults_of(self, order: dict[str, Any]) -> Iterator[Fault]:
        if order["photo_id"] and order["clone_id"]:
            yield "photo_id", "unused", "Choose a photo or a clone, not both."
        yield from _faults_of_scales(order)


class ProductAdInput(StrictSerializer):
    """Order a set of ads of a product, one in each format."""

    kind = serializers.ChoiceField(choices=[PRODUCT_AD.name])
    product_name = serializers.CharField(max_length=MAX_TITLE)
    photo_ids = _product_photos()
    description = _words(MAX_DESCRIPTION)
    headline = _words(MAX_HEADLINE)
    call_to_action = _words(MAX_CALL_TO_ACTION)
    style: Any = _choice(PRODUCT_AD, "style")
    formats = DistinctListField(
        child=serializers.ChoiceField(choices=PRODUCT_AD.options["formats"]),
        min_length=1,
        order=PRODUCT_AD.options["formats"],
        default=list(PRODUCT_AD.options["formats"]),
    )
    project_id = serializers.UUIDField(allow_null=True, default=None)


class VideoInput(StrictSerializer):
    """Order a film of a product."""

    kind = serializers.ChoiceField(choices=[VIDEO.name])
    product_name = serializers.CharField(max_length=MAX_TITLE)
    photo_ids = _product_photos()
    description = _words(MAX_DESCRIPTION)
    prompt = _words(MAX_PROMPT)
    quality = _choice(VIDEO, "quality")
    seconds = serializers.IntegerField(
        min_value=SHORTEST_VIDEO, max_value=LONGEST_VIDEO, default=VIDEO.defaults["seconds"]
    )
    aspect_ratio = _choice(VIDEO, "aspect_ratio")
    captions = _switch(VIDEO, "captions")
    music = _choice(VIDEO, "music")
    voice = _switch(VIDEO, "voice")
    project_id = serializers.UUIDField(allow_null=True, default=None)


class TrainingInput(StrictSerializer):
    """Order a clone: a likeness that pictures can be made with.

    `consent` is true once the words of `/consents/agreements` for whom is `pictured` are agreed
    to. Without a `trigger_word` the clone gets one.
    """

    kind = serializers.ChoiceField(choices=[TRAINING.name])
    name = serializers.CharField(max_length=MAX_NAME)
    trigger_word = serializers.CharField(max_length=MOST_TRIGGER, allow_null=True, required=False)
    subject: Any = _choice(TRAINING, "subject")
    photo_ids = DistinctListField(
        child=serializers.UUIDField(),
        min_length=LEAST_CLONE_PHOTOS,
        max_length=MOST_CLONE_PHOTOS,
        error_messages={
            "min_length": f"Choose at least {LEAST_CLONE_PHOTOS} photos.",
            "max_length": f"Choose at most {MOST_CLONE_PHOTOS} photos.",
        },
    )
    consent = ConsentField()
    pictured = serializers.ChoiceField(
        choices=Consent.Pictured.choices, allow_null=True, required=False
    )
    steps = _within(LEAST_STEPS, MOST_STEPS, TRAINING, "steps")
    lora_rank = _within(LEAST_RANK, MOST_RANK, TRAINING, "lora_rank")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["subject"] == "person" and attrs.get("pictured") == Consent.Pictured.NOBODY:
            remedy = "Say whose face it is: me, or other for somebody who agreed."
            _refuse(iter([("pictured", "invalid_choice", remedy)]))
        return attrs


INPUTS: dict[str, type[serializers.Serializer[Any]]] = {
    IMAGE.name: ImageInput,
    THUMBNAIL.name: ThumbnailInput,
    PRODUCT_AD.name: ProductAdInput,
    VIDEO.name: VideoInput,
    TRAINING.name: TrainingInput,
}


def read_order(data: Any, *, kind: str = "") -> tuple[str, dict[str, Any]]:
    """Return the kind and the cleaned params of an order, or raise ValidationError.

    Where the address says the kind, the order need not, and cannot say another.
    """
    if kind and isinstance(data, dict):
        data = {"kind": kind, **data}
    wanted = data.get("kind") if isinstance(data, dict) else None
    known = [kind] if kind else list(KINDS)
    if not isinstance(wanted, str) or wanted not in known:
        remedy = ErrorDetail(f"Choose one of: {', '.join(known)}.", code="invalid_choice")
        raise serializers.ValidationError({"kind": [remedy]})
    order = INPUTS[wanted](data=data)
    order.is_valid(raise_exception=True)
    params = {name: _plain(value) for name, value in order.validated_data.items()}
    del params["kind"]
    return wanted, {name: value for name, value in params.items() if value is not None}


def _plain(value: Any) -> Any:
    """Return ids as they are stored and compared."""
    if isinstance(value, UUID):
        return str(value)
    return [_plain(one) for one in value] if isinstance(value, list) else value


class QuoteLineOutput(serializers.Serializer[Any]):
    label: Any = serializers.CharField()
    amount = serializers.IntegerField()


class QuoteOutput(serializers.Serializer[Any]):
    price = serializers.IntegerField()
    lines = QuoteLineOutput(many=True)


class PriceOutput(serializers.Serializer[Any]):
    kind = serializers.CharField(source="name")
    price = serializers.IntegerField()
    unit = serializers.CharField()
    options = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class PromptInput(StrictSerializer):
    """A prompt to be made better, what it is for, and the clone that is to be seen."""

    prompt = serializers.CharField(max_length=MAX_IMAGE_PROMPT)
    kind = serializers.ChoiceField(choices=PROMPTED, default=IMAGE.name)
    clone_id = serializers.UUIDField(allow_null=True, default=None)


class PromptOutput(serializers.Serializer[Any]):
    prompt = serializers.CharField()
    enhanced_prompt = serializers.CharField()
    provider = serializers.CharField()
