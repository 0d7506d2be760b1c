"""Fields that several of our nouns have."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from visiona.lib.storage import absolute


class AddressField(serializers.URLField):
    """A signed address that works for a quarter of an hour or longer; null where there is none."""

    def to_representation(self, value: str) -> str:
        return absolute(value) if value else None  # type: ignore[return-value] # as null


class WordsField(serializers.CharField):
    """Words of which there may be none: then null."""

    def to_representation(self, value: str) -> str:
        return value or None  # type: ignore[return-value] # as null


class DistinctListField(serializers.ListField):
    """A list in which nothing stands twice; in this order, if one is given."""

    def __init__(self, *, order: Sequence[Any] = (), **options: Any) -> None:
        self.order = order
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> list[Any]:
        values: list[Any] = super().to_internal_value(data)
        if len(set(values)) < len(values):
            raise serializers.ValidationError("Name each one once.", code="duplicate")
        return sorted(values, key=self.order.index) if self.order else values
