"""Input serializers that refuse what they do not know."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail


class StrictSerializer(serializers.Serializer[Any]):
    """An unknown field is an error that names it, so that a typing mistake is never silent."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            raise serializers.ValidationError(
                {
                    name: [ErrorDetail("There is no such field.", code="unknown")]
                    for name in sorted(unknown, key=str)
                }
            )
        return super().to_internal_value(data)
