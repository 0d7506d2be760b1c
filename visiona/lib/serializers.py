"""Input serializers that refuse what they do not know; output ones that think only once."""

import copy
from functools import cache
from typing import Any

from django.db.models import Model
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


class OutputSerializer[Row: Model](serializers.ModelSerializer[Row]):
    """Rows as the API shows them; which fields a model gives is worked out once, not per answer."""

    def get_fields(self) -> dict[str, Any]:
        # They only read: a shallow copy is enough to belong to this serializer.
        return {name: copy.copy(field) for name, field in _fields_of(type(self)).items()}

    def derive_fields(self) -> dict[str, Any]:
        """Return the fields that the model and the declarations give."""
        return super().get_fields()


@cache
def _fields_of(kind: type[OutputSerializer[Any]]) -> dict[str, Any]:
    return kind().derive_fields()
