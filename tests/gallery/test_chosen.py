"""Many pictures at once: delete, restore and download what was chosen, and nobody else's."""

import io
import zipfile
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from accounts.models import User
from gallery.forms import MAX_CHOSEN
from generation import selectors
from generation.models import Asset
from generation.services import running
from tests import factories

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def three(alice: User) -> list[Asset]:
    """Three pictures of Alice's, newest first."""
    factories.grant(alice, 10)
    factories.make_job(alice, title="A set", count=3)
    with factories.plain_pictures():
        running.run_due(queue="quick")
    return list(selectors.assets_of(user=alice))


def ids(pictures: list[Asset]) -> dict[str, list[str]]:
    return {"ids": [str(one.pk) for one in pictures]}


def in_bin(alice: User) -> int:
    return selectors.assets_of(user=alice, deleted=True).count()


def test_the_chosen_go_to_the_bin_together_and_come_back_together(
    alice: User, alices_browser: Client, three: list[Asset]
) -> None:
    answer = alices_browser.post("/library/chosen/delete/", ids(three[:2]), headers=HTMX)
    body = answer.content.decode()
    assert answer.status_code == 200
    assert in_bin(alice) == 2
    assert body.count('<hx-partial hx-target="#asset-') == 2
    assert '"undo": "#undo button"' in answer["HX-Trigger"]
    assert "Moved 2 results to the bin." in answer["HX-Trigger"]

    answer = alices_browser.post("/library/chosen/restore/", ids(three[:2]), headers=HTMX)

    assert in_bin(alice) == 0
    assert "2 results are back in your library." in answer["HX-Trigger"]


def test_without_javascript_one_notice_takes_all_of_them_back(
    alice: User, alices_browser: Client, three: list[Asset]
) -> None:
    answer = alices_browser.post("/library/chosen/delete/", ids(three), follow=True)
    body = answer.content.decode()
    assert "Moved 3 results to the bin." in body
    assert body.count('<input type="hidden" name="ids"') == 3

    alices_browser.post("/library/chosen/restore/", ids(three))

    assert in_bin(alice) == 0


def test_the_chosen_come_as_one_zip(
    alice: User, alices_browser: Client, three: list[Asset]
) -> None:
    answer = alices_browser.post("/library/chosen/download/", ids(three[:2]))
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == 'attachment; filename="visiona-library.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        assert archive.testzip() is None
        names = [f"{n:03}-{one.download_name}" for n, one in enumerate(three[:2], 1)]
        assert archive.namelist() == names
        assert all(one.compress_type == zipfile.ZIP_STORED for one in archive.infolist())
        with default_storage.open(three[0].file) as file:
            assert archive.read(names[0]) == file.read()


def test_a_file_that_is_gone_is_left_out_of_the_zip(
    alice: User, alices_browser: Client, three: list[Asset]
) -> None:
    default_storage.delete(three[0].file)
    answer = alices_browser.post("/library/chosen/download/", ids(three))
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        assert len(archive.namelist()) == 2


@pytest.mark.parametrize("act", ["delete", "restore", "download"])
@pytest.mark.parametrize(
    "asked",
    [[], ["nonsense"], [str(uuid4()) for _ in range(MAX_CHOSEN + 1)]],
    ids=["none", "no id", "too many"],
)
def test_a_wrong_choice_is_refused_and_nothing_happens(
    alice: User, alices_browser: Client, three: list[Asset], act: str, asked: list[str]
) -> None:
    answer = alices_browser.post(f"/library/chosen/{act}/", {"ids": asked})
    assert answer.status_code == 422
    assert in_bin(alice) == 0


def test_what_bob_chooses_of_alices_stays_hers(
    alice: User, bob: User, client: Client, three: list[Asset]
) -> None:
    client.force_login(bob)
    assert client.post("/library/chosen/download/", ids(three)).status_code == 404
    client.post("/library/chosen/delete/", ids(three))
    assert in_bin(alice) == 0
