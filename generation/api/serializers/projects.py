"""Projects in and out."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.api.serializers.fields import AddressField, DistinctListField
from generation.catalog import MAX_DESCRIPTION, MAX_PRODUCT_PHOTOS, MAX_TITLE
from generation.models import Asset, Project
from generation.selectors import ProjectFacts
from generation.services.projects import MAX_NAME
from visiona.lib.serializers import OutputSerializer, StrictSerializer
from visiona.lib.storage import absolute


class ProjectInput(StrictSerializer):
    """A product with its brief and its photos."""

    name = serializers.CharField(max_length=MAX_NAME)
    product_name = serializers.CharField(max_length=MAX_TITLE, allow_blank=True, required=False)
    prompt = serializers.CharField(max_length=MAX_DESCRIPTION, allow_blank=True, required=False)
    photo_ids = DistinctListField(
        child=serializers.UUIDField(), max_length=MAX_PRODUCT_PHOTOS, required=False
    )


class ProjectChange(ProjectInput):
    """What is left out stays."""

    name = serializers.CharField(max_length=MAX_NAME, required=False)


class ProjectOutput(OutputSerializer[Project]):
    """A project with the signed addresses of what was made for it last.

    The error is what the last job that ended says of its failure.
    """

    photo_ids = serializers.SerializerMethodField()
    is_generating = serializers.SerializerMethodField()
    generated_image = serializers.SerializerMethodField()
    generated_video = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    is_published = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields: ClassVar = [
            "id",
            "name",
            "product_name",
            "prompt",
            "photo_ids",
            "is_generating",
            "generated_image",
            "generated_video",
            "error",
            "is_published",
            "created_at",
            "updated_at",
        ]

    def _facts_of(self, project: Project) -> ProjectFacts:
        facts: ProjectFacts = self.context["facts"][project.pk]
        return facts

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_photo_ids(self, project: Project) -> Any:
        return [str(photo.pk) for photo in self._facts_of(project).photos]

    def get_is_generating(self, project: Project) -> bool:
        return self._facts_of(project).is_generating

    @extend_schema_field(AddressField(allow_null=True))
    def get_generated_image(self, project: Project) -> Any:
        return _address_of(self._facts_of(project).generated_image)

    @extend_schema_field(AddressField(allow_null=True))
    def get_generated_video(self, project: Project) -> Any:
        return _address_of(self._facts_of(project).generated_video)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_error(self, project: Project) -> Any:
        return self._facts_of(project).error or None

    def get_is_published(self, project: Project) -> bool:
        return self._facts_of(project).is_published


def _address_of(asset: Asset | None) -> str | None:
    return absolute(asset.url) if asset else None
