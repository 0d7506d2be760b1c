"""The API of jobs: order, watch, cancel, retry."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import ApiRequest
from accounts.idempotency import HEADER, Answer, respond_once
from generation import selectors
from generation.api import filters
from generation.api.serializers.jobs import JobOutput
from generation.api.serializers.orders import INPUTS, read_order
from generation.catalog import KINDS
from generation.models import Job
from generation.services import jobs
from visiona.lib import request_id

ACCEPTED = {"Retry-After": "3"}
ORDER = PolymorphicProxySerializer(
    component_name="JobInput", serializers=dict(INPUTS), resource_type_field_name="kind"
)
ONCE = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER, description="1-255 visible ASCII characters."
)


def represent(job: Job) -> dict[str, Any]:
    """Return a job as the API shows it."""
    assets = selectors.assets_of_jobs(jobs=[job])
    return dict(JobOutput(job, context={"assets": assets}).data)


def accept_once(request: ApiRequest, *, fingerprint: Any, submit: Callable[..., Job]) -> Response:
    """Answer with the job that `submit` makes of this request: once for each Idempotency-Key."""

    def order() -> Answer:
        job = submit(user=request.user, request_id=request_id.current())
        return Answer(status=202, body=represent(job), location=location_of(job))

    return respond_once(request, fingerprint=fingerprint, effect=order, headers=dict(ACCEPTED))


def location_of(job: Job) -> str:
    """Return where the API answers for this job."""
    return f"/api/v1/jobs/{job.pk}"


class JobList(ListAPIView[Job]):
    """My jobs. Where the address says what is made, it gives the kind."""

    serializer_class = JobOutput
    kind = ""

    def get_queryset(self) -> QuerySet[Job]:
        rows = selectors.jobs_of(user=self.request.user)  # type: ignore[arg-type]
        for name, allowed in (("kind", list(KINDS)), ("status", Job.Status.values)):
            wanted = self.request.query_params.get(name)
            if wanted is not None:
                rows = rows.filter(**{name: filters.one_of(name, wanted, allowed)})
        if "project_id" in self.request.query_params:
            wanted = self.request.query_params["project_id"]
            rows = rows.filter(project_id=filters.identifier("project_id", wanted))
        return rows

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", str, enum=list(KINDS)),
            OpenApiParameter("status", str, enum=Job.Status.values),
            OpenApiParameter("project_id", UUID),
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List my jobs, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        assets = selectors.assets_of_jobs(jobs=list(page or []))
        shown = JobOutput(page, many=True, context={"assets": assets}).data
        return self.get_paginated_response(shown)

    @extend_schema(request=ORDER, responses={202: JobOutput}, parameters=[ONCE])
    def post(self, request: ApiRequest) -> Response:
        """Order something: its price is held now and spent when it arrives."""
        kind, params = read_order(request.data, kind=self.kind)
        return accept_once(
            request,
            fingerprint=[kind, params],
            submit=partial(jobs.submit, kind=kind, params=params),
        )


class JobDetail(APIView):
    """One of my jobs."""

    @extend_schema(responses=JobOutput)
    def get(self, request: ApiRequest, job_id: UUID) -> Response:
        """Return the job as it stands; ask every three seconds, or follow its stream."""
        return Response(represent(selectors.job_of(user=request.user, job_id=job_id)))


class JobCancel(APIView):
    """The end of one of my jobs."""

    @extend_schema(request=None, responses=JobOutput)
    def post(self, request: ApiRequest, job_id: UUID) -> Response:
        """Cancel the job; its credits return."""
        return Response(represent(jobs.cancel(user=request.user, job_id=job_id)))


class JobRetry(APIView):
    """Another try at one of my jobs."""

    @extend_schema(request=None, responses={202: JobOutput}, parameters=[ONCE])
    def post(self, request: ApiRequest, job_id: UUID) -> Response:
        """Order the same again, as a new job with its own price."""
        return accept_once(
            request,
            fingerprint=["retry", str(job_id)],
            submit=partial(jobs.retry, job_id=job_id),
        )


class JobPreview(APIView):
    """What this machine makes of one of my jobs that failed at a provider."""

    @extend_schema(request=None, responses={202: JobOutput}, parameters=[ONCE])
    def post(self, request: ApiRequest, job_id: UUID) -> Response:
        """Have our own machine make what a provider could not, as a new job that is free.

        Only a job that `has_free_preview` has one; asked again, it is the same job.
        """
        return accept_once(
            request,
            fingerprint=["preview", str(job_id)],
            submit=partial(jobs.preview, job_id=job_id),
        )
