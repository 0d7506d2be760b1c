"""Fields that several of our nouns have."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from generation.models import Consent
from generation.services import consents
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


class ConsentField(serializers.BooleanField):
    """True and nothing like it; anything else is answered with what has to be agreed to."""

    def run_validation(self, data: Any = empty) -> bool:
        if data is True:
            return True
        agreement = consents.agreement(pictured=self._pictured())
        remedy = f"Send true once this is agreed to: {agreement.text}"
        raise serializers.ValidationError(remedy, code="required")

    def _pictured(self) -> str:
        said = getattr(self.parent, "initial_data", {})
        usual = "me" if said.get("subject", "person") == "person" else "nobody"
        named = said.get("pictured")
        return named if named in Consent.Pictured.values else usual
