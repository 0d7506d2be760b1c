"""Work as staff see it: ids, states, money, time and codes; no prompt, word, name or picture."""

from django.contrib import admin

from generation.catalog import KINDS
from generation.models import (
    Asset,
    Clone,
    Consent,
    Conversation,
    Job,
    Message,
    Notice,
    ProviderCall,
    Removal,
    RequestMetric,
    Upload,
)
from visiona.lib.admin import ReadOnlyAdmin, choice_of, site

OPERATIONS = ("chat", "gateway", "enhance", *KINDS)


@admin.register(Job, site=site)
class JobAdmin(ReadOnlyAdmin):
    """Orders: how they went, what they cost."""

    columns = (
        "id",
        "user_id",
        "kind",
        "queue",
        "status",
        "stage",
        "progress",
        "provider",
        "capability",
        "pieces",
        "project_id",
        "clone_id",
        "remix_of_id",
        "price",
        "captured",
        "released",
        "reservation_id",
        "request_id",
        "attempts",
        "lease_until",
        "next_run_at",
        "deadline",
        "cancel_requested_at",
        "error_code",
        "error_stage",
        "created_at",
        "started_at",
        "updated_at",
        "finished_at",
    )
    list_display = (
        "id",
        "user_id",
        "kind",
        "status",
        "provider",
        "price",
        "captured",
        "error_code",
        "created_at",
        "finished_at",
    )
    list_filter = ("status", choice_of("kind", KINDS), "created_at")
    search_fields = ("id", "user_id", "clone_id", "reservation_id", "request_id")
    search_help_text = "Id, person's, clone's, hold's or request's id"


@admin.register(Asset, site=site)
class AssetAdmin(ReadOnlyAdmin):
    """Files: what sort, how large, whose; the files themselves are their owner's alone."""

    columns = (
        "id",
        "user_id",
        "job_id",
        "number",
        "project_id",
        "clone_id",
        "kind",
        "source",
        "content_type",
        "width",
        "height",
        "duration_seconds",
        "bytes",
        "provider",
        "created_at",
        "deleted_at",
    )
    list_display = ("id", "user_id", "source", "width", "height", "bytes", "provider", "created_at")
    list_filter = ("kind", "source", "created_at")
    search_fields = ("id", "user_id", "job_id", "clone_id")
    search_help_text = "Id, person's, job's or clone's id"


@admin.register(Clone, site=site)
class CloneAdmin(ReadOnlyAdmin):
    """Clones: their states and dates."""

    columns = (
        "id",
        "user_id",
        "subject",
        "status",
        "job_id",
        "provider",
        "photo_count",
        "photos_kept_until",
        "photos_deleted_at",
        "trained_at",
        "retrained_at",
        "created_at",
        "removed_at",
    )
    list_display = (
        "id",
        "user_id",
        "subject",
        "status",
        "provider",
        "photo_count",
        "created_at",
        "removed_at",
    )
    list_filter = ("status", "subject", "created_at")
    search_fields = ("id", "user_id", "job_id")
    search_help_text = "Id, person's or job's id"


@admin.register(Consent, site=site)
class ConsentAdmin(ReadOnlyAdmin):
    """What was agreed to, by version, and when it was withdrawn."""

    columns = (
        "id",
        "user_id",
        "clone_id",
        "pictured",
        "is_adult",
        "retention_days",
        "version",
        "request_id",
        "given_at",
        "withdrawn_at",
    )
    list_display = ("id", "user_id", "clone_id", "pictured", "version", "given_at", "withdrawn_at")
    list_filter = ("pictured", "given_at")
    search_fields = ("id", "user_id", "clone_id")
    search_help_text = "Id, person's or clone's id"


@admin.register(Removal, site=site)
class RemovalAdmin(ReadOnlyAdmin):
    """How far clones are on their way out."""

    columns = (
        "id",
        "user_id",
        "clone_id",
        "reason",
        "with_pictures",
        "attempts",
        "next_at",
        "requested_at",
        "finished_at",
    )
    list_display = (
        "id",
        "user_id",
        "clone_id",
        "reason",
        "attempts",
        "requested_at",
        "finished_at",
    )
    list_filter = ("reason", "requested_at")
    search_fields = ("id", "user_id", "clone_id")
    search_help_text = "Id, person's or clone's id"


@admin.register(Upload, site=site)
class UploadAdmin(ReadOnlyAdmin):
    """Files on their way in, and why some were refused."""

    columns = (
        "id",
        "user_id",
        "content_type",
        "bytes",
        "status",
        "error_code",
        "photo_id",
        "request_id",
        "attempts",
        "lease_until",
        "created_at",
        "received_at",
        "finished_at",
    )
    list_display = ("id", "user_id", "bytes", "status", "error_code", "created_at", "finished_at")
    list_filter = ("status", "created_at")
    search_fields = ("id", "user_id", "photo_id", "request_id")
    search_help_text = "Id, person's, photo's or request's id"


@admin.register(Notice, site=site)
class NoticeAdmin(ReadOnlyAdmin):
    """What people were told, and when."""

    columns = (
        "id",
        "user_id",
        "job_id",
        "topic",
        "attempts",
        "next_at",
        "created_at",
        "sent_at",
        "seen_at",
    )
    list_display = ("id", "user_id", "job_id", "topic", "attempts", "created_at", "sent_at")
    list_filter = ("created_at",)
    search_fields = ("id", "user_id", "job_id")
    search_help_text = "Id, person's or job's id"


@admin.register(Conversation, site=site)
class ConversationAdmin(ReadOnlyAdmin):
    """Threads of messages, by their dates."""

    columns = ("id", "user_id", "source", "created_at", "updated_at", "deleted_at")
    list_display = columns
    list_filter = ("source", "created_at")
    search_fields = ("id", "user_id")
    search_help_text = "Id or person's id"


@admin.register(Message, site=site)
class MessageAdmin(ReadOnlyAdmin):
    """What answers took and cost, not what anybody said."""

    columns = (
        "id",
        "user_id",
        "conversation_id",
        "parent_id",
        "role",
        "status",
        "provider",
        "model",
        "fallback_from",
        "cached",
        "fresh",
        "price",
        "reservation_id",
        "input_tokens",
        "output_tokens",
        "max_tokens",
        "error_code",
        "request_id",
        "lease_until",
        "stop_requested_at",
        "created_at",
        "finished_at",
    )
    list_display = (
        "id",
        "user_id",
        "role",
        "status",
        "provider",
        "price",
        "input_tokens",
        "output_tokens",
        "error_code",
        "created_at",
    )
    list_filter = ("role", "status", "cached", "created_at")
    search_fields = ("id", "user_id", "conversation_id", "reservation_id", "request_id")
    search_help_text = "Id, person's, conversation's, hold's or request's id"


@admin.register(ProviderCall, site=site)
class ProviderCallAdmin(ReadOnlyAdmin):
    """What was asked of providers, how it ended, and what it cost us in millionths of a dollar."""

    columns = (
        "id",
        "user_id",
        "job_id",
        "message_id",
        "step",
        "provider",
        "operation",
        "model",
        "outcome",
        "latency_ms",
        "request_id",
        "input_tokens",
        "output_tokens",
        "images",
        "seconds",
        "cost_micro_usd",
        "created_at",
    )
    list_display = (
        "id",
        "user_id",
        "provider",
        "operation",
        "outcome",
        "latency_ms",
        "cost_micro_usd",
        "created_at",
    )
    list_filter = ("created_at",)
    search_fields = ("id", "user_id", "job_id", "message_id", "request_id")
    search_help_text = "Id, person's, job's, message's or the provider's own id"


@admin.register(RequestMetric, site=site)
class RequestMetricAdmin(ReadOnlyAdmin):
    """The twelve numbers of each request."""

    columns = (
        "id",
        "user_id",
        "request_id",
        "operation",
        "message_id",
        "job_id",
        "total_ms",
        "db_ms",
        "cache_read_ms",
        "credit_ms",
        "ai_ms",
        "cache_write_ms",
        "status",
        "provider",
        "fallback_used",
        "cached",
        "message_length",
        "error_name",
        "created_at",
    )
    list_display = (
        "id",
        "request_id",
        "operation",
        "status",
        "provider",
        "total_ms",
        "ai_ms",
        "error_name",
        "created_at",
    )
    list_filter = (
        "status",
        choice_of("operation", OPERATIONS),
        "cached",
        "fallback_used",
        "created_at",
    )
    search_fields = ("id", "user_id", "request_id", "message_id", "job_id")
    search_help_text = "Id, person's, request's, message's or job's id"
