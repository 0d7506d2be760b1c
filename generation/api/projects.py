"""The API of projects: my products, each with what was made for it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import ApiRequest
from generation import selectors
from generation.api.serializers.projects import ProjectChange, ProjectInput, ProjectOutput
from generation.models import Project
from generation.services import projects


class ProjectList(ListAPIView[Project]):
    """My projects."""

    serializer_class = ProjectOutput

    def get_queryset(self) -> QuerySet[Project]:
        return selectors.projects_of(user=self.request.user)  # type: ignore[arg-type]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List my projects, newest first."""
        page = self.paginate_queryset(self.get_queryset()) or []
        facts = selectors.project_facts(user=request.user, projects=page)  # type: ignore[arg-type]
        return self.get_paginated_response(
            ProjectOutput(page, many=True, context={"facts": facts}).data
        )

    @extend_schema(request=ProjectInput, responses={201: ProjectOutput})
    def post(self, request: ApiRequest) -> Response:
        """Begin a project."""
        wanted = ProjectInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        project = projects.create(user=request.user, **wanted.validated_data)
        headers = {"Location": f"/api/v1/projects/{project.pk}"}
        return Response(_represent(request, project), 201, headers=headers)


class ProjectDetail(APIView):
    """One of my projects."""

    @extend_schema(responses=ProjectOutput)
    def get(self, request: ApiRequest, project_id: UUID) -> Response:
        """Return the project; ask every three seconds while it `is_generating`."""
        project = selectors.project_of(user=request.user, project_id=project_id)
        return Response(_represent(request, project))

    @extend_schema(request=ProjectChange, responses=ProjectOutput)
    def patch(self, request: ApiRequest, project_id: UUID) -> Response:
        """Change some of it; what is left out stays."""
        wanted = ProjectChange(data=request.data)
        wanted.is_valid(raise_exception=True)
        project = projects.change(user=request.user, project_id=project_id, **wanted.validated_data)
        return Response(_represent(request, project))

    @extend_schema(responses={204: None})
    def delete(self, request: ApiRequest, project_id: UUID) -> Response:
        """Delete the project; what was made for it stays in the library."""
        projects.delete(user=request.user, project_id=project_id)
        return Response(status=204)


def _represent(request: ApiRequest, project: Project) -> Any:
    facts = selectors.project_facts(user=request.user, projects=[project])
    return ProjectOutput(project, context={"facts": facts}).data
