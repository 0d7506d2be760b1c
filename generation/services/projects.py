"""Keep a person's products: each with its name, its brief and its photos."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction

from generation import selectors
from generation.catalog import MAX_DESCRIPTION, MAX_PRODUCT_PHOTOS, MAX_TITLE
from generation.errors import QuotaReached
from generation.models import Project
from generation.services import texts
from visiona.lib import clock
from visiona.lib.errors import Conflict
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

MAX_NAME = 120
MAX_PROJECTS = 200
BUSY = "Something is being made for this project. Cancel it or wait for it, then delete."
NAMELESS = "Give the project a name."
LIMITS = {"name": MAX_NAME, "product_name": MAX_TITLE, "prompt": MAX_DESCRIPTION}


def create(
    *,
    user: "User",
    name: str,
    product_name: str = "",
    prompt: str = "",
    photo_ids: Sequence[UUID | str] = (),
) -> Project:
    """Begin a project.

    Raises InvalidInput, QuotaReached, and NotFound for a photo that is not the person's.
    """
    fields = {"name": name, "product_name": product_name, "prompt": prompt, "photo_ids": photo_ids}
    project = Project(id=uuid7(), user_id=user.pk, **_checked(user, fields))
    if selectors.projects_of(user=user).count() >= MAX_PROJECTS:
        raise QuotaReached(
            f"You have {MAX_PROJECTS} projects, which is the most. Delete one that has ended.",
            limit=MAX_PROJECTS,
        )
    project.created_at = project.updated_at = clock.now()
    project.save(force_insert=True)
    return project


def change(*, user: "User", project_id: UUID, **changes: Any) -> Project:
    """Change some of the project's fields.

    Raises InvalidInput, and NotFound for a project or a photo that is not the person's.
    """
    project = selectors.project_of(user=user, project_id=project_id)
    fields = _checked(user, changes) | {"updated_at": clock.now()}
    for name, value in fields.items():
        setattr(project, name, value)
    project.save(update_fields=list(fields))
    return project


@transaction.atomic
def delete(*, user: "User", project_id: UUID) -> None:
    """Delete the project; its jobs and what was made for it stay.

    Raises NotFound, and Conflict while something is made for it.
    """
    project = selectors.project_of(user=user, project_id=project_id)
    Project.objects.select_for_update().filter(pk=project.pk).first()
    if selectors.unfinished_jobs_of(user=user).filter(project=project).exists():
        raise Conflict(BUSY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT generation_delete_project(%s)", [project.pk])


def _checked(user: "User", fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _photo_ids(user, value) if name == "photo_ids" else _words(name, value)
        for name, value in fields.items()
    }


def _words(field: str, text: str) -> str:
    return texts.checked(
        text=text, field=field, longest=LIMITS[field], missing=NAMELESS if field == "name" else ""
    )


def _photo_ids(user: "User", photo_ids: Sequence[UUID | str]) -> list[str]:
    """Return the ids as they are stored, each once, in order."""
    wanted = list(dict.fromkeys(str(one) for one in photo_ids))
    if len(wanted) > MAX_PRODUCT_PHOTOS:
        most = f"Choose at most {MAX_PRODUCT_PHOTOS} photos."
        raise texts.refused(field="photo_ids", code="max_length", detail=most)
    return [str(selectors.photo_of(user=user, photo_id=UUID(one)).pk) for one in wanted]
