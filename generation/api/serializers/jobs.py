"""Jobs as the API shows them."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.api.serializers.assets import AssetOutput
from generation.api.serializers.fields import WordsField
from generation.models import Job
from visiona.lib.serializers import OutputSerializer


class JobErrorOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    stage = serializers.CharField()


class JobOutput(OutputSerializer[Job]):
    """A job with what it made so far. One with a free preview failed at a provider: this machine
    makes what was ordered for nothing, if it is asked to.
    """

    eta_seconds = serializers.IntegerField(allow_null=True)
    enhanced_prompt = WordsField(read_only=True, allow_null=True)
    assets = serializers.SerializerMethodField()
    clone_id = serializers.UUIDField(allow_null=True)
    project_id = serializers.UUIDField(allow_null=True)
    has_free_preview = serializers.BooleanField()
    error = serializers.SerializerMethodField()
    params = serializers.DictField()

    class Meta:
        model = Job
        fields: ClassVar = [
            "id",
            "kind",
            "status",
            "stage",
            "progress",
            "eta_seconds",
            "price",
            "captured",
            "released",
            "provider",
            "params",
            "enhanced_prompt",
            "assets",
            "clone_id",
            "project_id",
            "has_free_preview",
            "error",
            "request_id",
            "created_at",
            "started_at",
            "finished_at",
        ]

    @extend_schema_field(AssetOutput(many=True))
    def get_assets(self, job: Job) -> Any:
        made = self.context["assets"].get(job.pk, [])
        return AssetOutput(made, many=True).data

    @extend_schema_field(JobErrorOutput(allow_null=True))
    def get_error(self, job: Job) -> Any:
        if not job.error_code:
            return None
        error = {"code": job.error_code, "detail": job.error_detail, "stage": job.error_stage}
        return JobErrorOutput(error).data
