"""What can be ordered, what it costs, and how prompts are made better."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from generation.api.serializers.fields import DistinctListField
from generation.catalog import (
    IMAGE,
    KINDS,
    LONGEST_VIDEO,
    MAX_CALL_TO_ACTION,
    MAX_DESCRIPTION,
    MAX_HEADLINE,
    MAX_IMAGE_PROMPT,
    MAX_PRODUCT_PHOTOS,
    MAX_PROMPT,
    MAX_TITLE,
    PRODUCT_AD,
    SHORTEST_VIDEO,
    THUMBNAIL,
    VIDEO,
    Kind,
)
from visiona.lib.serializers import StrictSerializer

NOT_PARAMS = {"kind", "clone_id"}
LARGEST_SEED = 2**31 - 1
ASPECT_RATIOS = IMAGE.options["aspect_ratio"]
"""Named for the OpenAPI document: several kinds have the same ones."""


class NothingYet(serializers.UUIDField):
    """A reference to something that this person cannot have: only null is right."""

    def to_internal_value(self, data: Any) -> UUID:
        super().to_internal_value(data)
        raise serializers.ValidationError("There is no such thing of yours.", code="not_found")


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


class ImageInput(StrictSerializer):
    """Order pictures of one's own words."""

    kind = serializers.ChoiceField(choices=[IMAGE.name])
    prompt = serializers.CharField(max_length=MAX_IMAGE_PROMPT)
    aspect_ratio = _choice(IMAGE, "aspect_ratio")
    count = _count(IMAGE)
    seed = serializers.IntegerField(
        min_value=0, max_value=LARGEST_SEED, allow_null=True, default=None
    )
    negative_prompt = _words(MAX_IMAGE_PROMPT)
    enhance = _switch(IMAGE, "enhance")
    clone_id = NothingYet(allow_null=True, required=False)
    project_id = serializers.UUIDField(allow_null=True, default=None)


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
    clone_id = NothingYet(allow_null=True, required=False)
    project_id = serializers.UUIDField(allow_null=True, default=None)
    count = _count(THUMBNAIL)


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


INPUTS: dict[str, type[serializers.Serializer[Any]]] = {
    IMAGE.name: ImageInput,
    THUMBNAIL.name: ThumbnailInput,
    PRODUCT_AD.name: ProductAdInput,
    VIDEO.name: VideoInput,
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
    return wanted, {name: value for name, value in params.items() if name not in NOT_PARAMS}


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
    """A prompt to be made better, and what it is for."""

    prompt = serializers.CharField(max_length=MAX_IMAGE_PROMPT)
    kind = serializers.ChoiceField(choices=list(KINDS), default=IMAGE.name)


class PromptOutput(serializers.Serializer[Any]):
    prompt = serializers.CharField()
    enhanced_prompt = serializers.CharField()
    provider = serializers.CharField()
