"""Projects: a product with its brief and photos, and what was made for it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from generation import selectors
from generation.errors import QuotaReached
from generation.models import Asset, Job, Project
from generation.services import assets, photos, projects, running
from tests import factories
from visiona.lib.db.actor import act_as_user
from visiona.lib.errors import Conflict, InvalidInput, NotFound
from visiona.lib.request_id import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(alice: User) -> Project:
    photo = factories.make_photo(alice)
    with act_as_user(alice.pk):
        return projects.create(user=alice, name="Mugs", photo_ids=[photo.pk])


def facts_of(user: User, *several: Project) -> list[selectors.ProjectFacts]:
    with act_as_user(user.pk):
        found = selectors.project_facts(user=user, projects=several)
    return [found[one.pk] for one in several]


def test_a_project_keeps_what_it_was_given(alice: User) -> None:
    photo = factories.make_photo(alice)
    with act_as_user(alice.pk):
        made = projects.create(
            user=alice,
            name="  Winter  ",
            product_name="Mug",
            prompt="Warm and cosy",
            photo_ids=[photo.pk, str(photo.pk)],
        )
    kept = Project.objects.get()
    assert (kept.pk, kept.user_id, kept.name) == (made.pk, alice.pk, "Winter")
    assert (kept.product_name, kept.prompt) == ("Mug", "Warm and cosy")
    assert kept.photo_ids == [str(photo.pk)]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"name": " "}, "name", "blank"),
        ({"name": "x" * 121}, "name", "max_length"),
        ({"name": "a\x00"}, "name", "characters_not_allowed"),
        ({"product_name": "x" * 121}, "product_name", "max_length"),
        ({"prompt": "x" * 1001}, "prompt", "max_length"),
        ({"photo_ids": [uuid7() for _ in range(9)]}, "photo_ids", "max_length"),
    ],
)
def test_what_cannot_be_kept_is_named_and_changes_nothing(
    alice: User, project: Project, change: dict[str, Any], field: str, code: str
) -> None:
    before = Project.objects.values().get()
    with act_as_user(alice.pk):
        for service, given in (
            (projects.create, {"name": "Another", **change}),
            (projects.change, {"project_id": project.pk, **change}),
        ):
            with pytest.raises(InvalidInput) as refusal:
                service(user=alice, **given)
            assert [(one.field, one.code) for one in refusal.value.errors] == [(field, code)]
    assert Project.objects.values().get() == before


def test_only_what_is_named_changes(alice: User, project: Project) -> None:
    with act_as_user(alice.pk):
        projects.change(user=alice, project_id=project.pk, prompt="In the snow")
    changed = Project.objects.get()
    assert (changed.name, changed.prompt, changed.photo_ids) == (
        "Mugs", "In the snow", project.photo_ids,
    )  # fmt: skip
    assert changed.updated_at > project.updated_at


def test_nobody_gets_at_anothers_project_or_photo(alice: User, bob: User, project: Project) -> None:
    before = Project.objects.values().get()
    with act_as_user(bob.pk):
        for attempt in (
            lambda: projects.change(user=bob, project_id=project.pk, name="His"),
            lambda: projects.delete(user=bob, project_id=project.pk),
            lambda: projects.create(user=bob, name="His", photo_ids=project.photo_ids),
        ):
            with pytest.raises(NotFound):
                attempt()
    assert Project.objects.values().get() == before


def test_there_is_an_end_to_projects(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "MAX_PROJECTS", 1)
    with act_as_user(alice.pk):
        projects.create(user=alice, name="First")
        with pytest.raises(QuotaReached):
            projects.create(user=alice, name="Second")
    assert Project.objects.get().name == "First"


def order(user: User, project: Project, **params: Any) -> Job:
    return factories.make_job(user, project_id=project.pk, **params)


def test_a_project_says_what_became_of_its_jobs(alice: User, project: Project) -> None:
    (nothing_yet,) = facts_of(alice, project)
    assert [str(photo.pk) for photo in nothing_yet.photos] == project.photo_ids
    assert (nothing_yet.is_generating, nothing_yet.error) == (False, "")
    assert (nothing_yet.generated_image, nothing_yet.generated_video) == (None, None)

    failed = order(alice, project)
    assert facts_of(alice, project)[0].is_generating
    Job.objects.filter(pk=failed.pk).update(attempts=running.MAX_ATTEMPTS)
    running.run_job(job_id=failed.pk)
    (after_failure,) = facts_of(alice, project)
    assert not after_failure.is_generating
    assert after_failure.error == running.GAVE_UP.detail

    made = order(alice, project, count=2)
    with factories.plain_pictures():
        running.run_job(job_id=made.pk)
    first, second = Asset.objects.filter(job=made).order_by("id")
    (after_success,) = facts_of(alice, project)
    assert (after_success.error, after_success.generated_image) == ("", second)
    with act_as_user(alice.pk):
        assets.delete_asset(user=alice, asset_id=second.pk)
        photos.remove_photo(user=alice, photo_id=nothing_yet.photos[0].pk)
    (after_bin,) = facts_of(alice, project)
    assert (after_bin.generated_image, after_bin.photos) == (first, ())
    with act_as_user(alice.pk):
        assert list(selectors.assets_of_project(user=alice, project=project)) == [first]


def test_the_facts_of_many_cost_as_many_queries_as_those_of_one(
    alice: User, project: Project
) -> None:
    with act_as_user(alice.pk):
        several = [project, *(projects.create(user=alice, name=f"{n}") for n in range(3))]
    counts = []
    for chosen in (several[:1], several):
        with CaptureQueriesContext(connection) as queries:
            facts_of(alice, *chosen)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_what_was_made_stays_when_its_project_goes(alice: User, project: Project) -> None:
    made = order(alice, project)
    with act_as_user(alice.pk), pytest.raises(Conflict):
        projects.delete(user=alice, project_id=project.pk)
    assert Project.objects.exists()
    with factories.plain_pictures():
        running.run_job(job_id=made.pk)
    before = Job.objects.values().get()

    with act_as_user(alice.pk):
        projects.delete(user=alice, project_id=project.pk)

    assert not Project.objects.exists()
    assert Job.objects.values().get() == before | {"project_id": None}
    assert Asset.objects.get(job=made).project_id is None
