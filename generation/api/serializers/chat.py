"""Conversations as the API shows them, and what is asked in them."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.models import Conversation, Message
from generation.services import conversations
from visiona.lib.serializers import OutputSerializer, StrictSerializer

STEPS = ("total_ms", "db_ms", "cache_read_ms", "credit_ms", "ai_ms", "cache_write_ms")


class MessageInput(StrictSerializer):
    """A question. It goes on from the last answer, unless it names another one as its parent:
    none for the beginning.
    """

    # How long it may be is said by the service, in its own words.
    message = serializers.CharField(trim_whitespace=False, allow_blank=True)
    conversation_id = serializers.UUIDField(required=False, allow_null=True)
    parent_id = serializers.UUIDField(required=False, allow_null=True)
    fresh = serializers.BooleanField(default=False)
    stream = serializers.BooleanField(default=False)

    def validate(self, attributes: dict[str, Any]) -> dict[str, Any]:
        if "parent_id" in attributes and not attributes.get("conversation_id"):
            raise serializers.ValidationError(
                {"parent_id": "Say in which conversation it is: send conversation_id too."}
            )
        return attributes


class AgainInput(StrictSerializer):
    stream = serializers.BooleanField(default=False)


class ConversationChange(StrictSerializer):
    """Another title, or the message whose branch the conversation goes on from."""

    title = serializers.CharField(
        max_length=conversations.LONGEST_TITLE, required=False, trim_whitespace=False
    )
    tip_id = serializers.UUIDField(required=False)


class TokensOutput(serializers.Serializer[Any]):
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()


class TimingsOutput(serializers.Serializer[Any]):
    """Milliseconds; the steps never overlap, and the rest of the total was spent waiting."""

    total_ms = serializers.FloatField()
    db_ms = serializers.FloatField()
    cache_read_ms = serializers.FloatField()
    credit_ms = serializers.FloatField()
    ai_ms = serializers.FloatField()
    cache_write_ms = serializers.FloatField()


class ReplyOutput(serializers.Serializer[Message]):
    """An answer that has ended; `cards` are orders that it proposes, which nobody has placed."""

    reply = serializers.CharField(source="text")
    conversation_id = serializers.UUIDField()
    message_id = serializers.UUIDField(source="id")
    status = serializers.ChoiceField(choices=Message.Status.choices)
    provider = serializers.CharField()
    model = serializers.CharField()
    fallback_used = serializers.BooleanField()
    cached = serializers.BooleanField()
    price = serializers.IntegerField()
    usage = serializers.SerializerMethodField()
    timings = serializers.SerializerMethodField()
    cards = serializers.ListField(child=serializers.DictField())

    @extend_schema_field(TokensOutput)
    def get_usage(self, message: Message) -> Any:
        return TokensOutput(message).data

    @extend_schema_field(TimingsOutput)
    def get_timings(self, message: Message) -> Any:
        return {step: message.timings.get(step, 0.0) for step in STEPS}


class AnswerComingOutput(serializers.Serializer[Any]):
    """An answer that is being written, and where it can be read meanwhile."""

    message_id = serializers.UUIDField()
    conversation_id = serializers.UUIDField()
    stream = serializers.CharField()


class MessageErrorOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class MessageOutput(OutputSerializer[Message]):
    """One message; those with the same parent are branches."""

    parent_id = serializers.UUIDField(allow_null=True)
    fallback_used = serializers.BooleanField()
    cards = serializers.ListField(child=serializers.DictField())
    total_ms = serializers.IntegerField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields: ClassVar = [
            "id",
            "parent_id",
            "role",
            "status",
            "text",
            "cards",
            "provider",
            "model",
            "fallback_used",
            "cached",
            "price",
            "input_tokens",
            "output_tokens",
            "total_ms",
            "error",
            "request_id",
            "created_at",
            "finished_at",
        ]

    @extend_schema_field(MessageErrorOutput(allow_null=True))
    def get_error(self, message: Message) -> Any:
        if not message.error_code:
            return None
        return {"code": message.error_code, "detail": message.error_detail}


class ConversationOutput(OutputSerializer[Conversation]):
    class Meta:
        model = Conversation
        fields: ClassVar = ["id", "title", "tip_id", "created_at", "updated_at"]


class ConversationDetailOutput(ConversationOutput):
    """A conversation with all that was said in it, in every branch, oldest first."""

    messages = serializers.SerializerMethodField()

    class Meta(ConversationOutput.Meta):
        fields: ClassVar = [*ConversationOutput.Meta.fields, "messages"]

    @extend_schema_field(MessageOutput(many=True))
    def get_messages(self, conversation: Conversation) -> Any:
        return MessageOutput(self.context["messages"], many=True).data


class CardInput(serializers.Serializer[Any]):
    """What the person adds to a proposal or changes in it: fields of such an order."""
