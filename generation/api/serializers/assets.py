"""What was made, as the API shows it, and how it can be changed."""

from typing import Any, ClassVar

from rest_framework import serializers

from generation.api.serializers.fields import AddressField, WordsField
from generation.catalog import (
    LONGEST_VIDEO,
    MAX_CALL_TO_ACTION,
    MAX_HEADLINE,
    MAX_SUBLINE,
    MAX_TITLE,
    VIDEO,
)
from generation.models import Asset
from visiona.lib.serializers import OutputSerializer, StrictSerializer


class CopyOutput(serializers.Serializer[Any]):
    """The words on an ad."""

    headline = serializers.CharField(default="")
    subline = serializers.CharField(default="")
    call_to_action = serializers.CharField(default="")
    eyebrow = serializers.CharField(default="")
    badge = serializers.CharField(default="")


class SceneOutput(serializers.Serializer[Any]):
    """One scene of a film and the words in it."""

    number = serializers.IntegerField()
    seconds = serializers.FloatField()
    text = serializers.CharField()


def _words_of(fact: str) -> serializers.ListField:
    """Return the field of the words that the facts of a picture list, null where they do not."""
    return serializers.ListField(
        child=serializers.CharField(),
        source=f"facts.{fact}",
        default=None,
        allow_null=True,
        read_only=True,
    )


class AssetOutput(OutputSerializer[Asset]):
    """A picture or a film. `understood` and `ignored` are words of a prompt drawn on our machine,
    `copy` the words on an ad, `scenes` those of a film.
    """

    url = AddressField(read_only=True)
    thumbnail_url = AddressField(read_only=True)
    poster_url = AddressField(read_only=True, allow_null=True)
    captions_url = AddressField(read_only=True, allow_null=True)
    enhanced_prompt = WordsField(read_only=True, allow_null=True)
    understood = _words_of("understood")
    ignored = _words_of("ignored")
    copy = CopyOutput(source="facts.copy", default=None, allow_null=True, read_only=True)
    scenes = SceneOutput(
        source="facts.storyboard.scenes", many=True, default=None, allow_null=True, read_only=True
    )
    job_id = serializers.UUIDField(allow_null=True)
    clone_id = serializers.UUIDField(allow_null=True)
    project_id = serializers.UUIDField(allow_null=True)
    post_id = serializers.UUIDField(default=None, allow_null=True)
    params = serializers.DictField()

    class Meta:
        model = Asset
        fields: ClassVar = [
            "id",
            "kind",
            "source",
            "url",
            "thumbnail_url",
            "poster_url",
            "captions_url",
            "width",
            "height",
            "duration_seconds",
            "bytes",
            "content_type",
            "prompt",
            "enhanced_prompt",
            "understood",
            "ignored",
            "copy",
            "scenes",
            "params",
            "job_id",
            "clone_id",
            "project_id",
            "provider",
            "seed",
            "title",
            "starred",
            "post_id",
            "alt_text",
            "created_at",
        ]


class AssetChange(StrictSerializer):
    title = serializers.CharField(max_length=200, allow_blank=True, required=False)
    starred = serializers.BooleanField(required=False)


class TitleInput(StrictSerializer):
    title = serializers.CharField(max_length=MAX_TITLE)


class CopyInput(StrictSerializer):
    """Other words for an ad; those that are left out stay."""

    headline = serializers.CharField(max_length=MAX_HEADLINE, required=False)
    subline = serializers.CharField(max_length=MAX_SUBLINE, allow_blank=True, required=False)
    call_to_action = serializers.CharField(
        max_length=MAX_CALL_TO_ACTION, allow_blank=True, required=False
    )


class RecutInput(StrictSerializer):
    """Changes to a film; what is left out stays. Seconds are those of the film before any cut."""

    trim_start = serializers.FloatField(min_value=0, max_value=LONGEST_VIDEO, required=False)
    trim_end = serializers.FloatField(min_value=0, max_value=LONGEST_VIDEO, required=False)
    captions = serializers.BooleanField(required=False)
    texts = serializers.ListField(
        child=serializers.CharField(allow_blank=True), max_length=LONGEST_VIDEO, required=False
    )
    music = serializers.ChoiceField(choices=VIDEO.options["music"], required=False)
    volume = serializers.IntegerField(min_value=0, max_value=100, required=False)
    voice = serializers.BooleanField(required=False)


class AssetIds(StrictSerializer):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=100)


class DeletedOutput(serializers.Serializer[Any]):
    deleted = serializers.IntegerField()
