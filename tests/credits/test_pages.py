"""The statement explains every row."""

import pytest
from django.test import Client

from accounts.models import User
from credits import services
from generation.services import running
from tests import factories
from visiona.lib.db.actor import act_as_worker

pytestmark = pytest.mark.django_db


def test_every_row_is_explained(alices_browser: Client, alice: User) -> None:
    delivered = factories.make_job(alice, title="Delivered one")
    assert delivered.reservation_id
    running.run_due(queue="quick")
    canceled = factories.make_job(alice, title="Canceled one")
    alices_browser.post(f"/jobs/{canceled.pk}/cancel/")
    with act_as_worker():
        services.refund(
            reservation_id=delivered.reservation_id,
            amount=4,
            key="r",
            reason="thumbnail",
        )

    body = alices_browser.get("/credits/").content.decode()

    for words in (
        "Welcome credits",
        "Held for thumbnail",
        "Delivered: thumbnail",
        "Returned: thumbnail",
        "Given back: thumbnail",
    ):
        assert words in body
    assert f"/jobs/{delivered.pk}/" in body


def test_what_is_held_now_is_listed(alices_browser: Client, alice: User) -> None:
    factories.make_job(alice)
    assert "Held right now" in alices_browser.get("/credits/").content.decode()
