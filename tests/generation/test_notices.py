"""People are told by mail how their jobs ended: once each, whatever stands in the way."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db.models import F

from accounts.models import User
from generation.models import Clone, Job, Notice
from generation.services import jobs, notices, running
from tests import factories, plain
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(alice: User) -> Job:
    """A job of Alice's that was given up."""
    job = factories.make_job(alice, title="Salt & <pepper>")
    Job.objects.update(attempts=running.MAX_ATTEMPTS)
    running.run_job(job_id=job.pk)
    return job


def test_a_failed_job_is_told_once_with_its_title_and_its_credits(failed: Job) -> None:
    assert notices.send_due() == 1
    assert notices.send_due() == 0

    (told,) = mail.outbox
    assert isinstance(told, EmailMultiAlternatives)
    assert told.to == ["alice@example.com"]
    assert told.subject == "Your thumbnail could not be finished"
    assert "“Salt & <pepper>” could not be finished. " in told.body
    assert "This took too many attempts, so we stopped." in told.body
    assert "10 credits are back in your wallet." in told.body
    assert f"{settings.PUBLIC_URL}/jobs/{failed.pk}/" in told.body
    assert told.extra_headers["Message-ID"] == f"<{Notice.objects.get().pk}@visiona>"
    ((page, kind),) = told.alternatives
    assert (type(page), kind) == (str, "text/html")
    page = str(page)
    assert "“Salt &amp; &lt;pepper&gt;”" in page
    assert "10 credits</span> are back in your wallet." in page
    assert f'href="{settings.PUBLIC_URL}/jobs/{failed.pk}/"' in page


@pytest.mark.parametrize("error", [ConnectionRefusedError(), ValueError("no such template")])
def test_a_notice_that_cannot_be_sent_waits_longer_and_keeps_no_other_waiting(
    error: Exception, failed: Job, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = EmailMessage.send

    def refuse_alice(message: EmailMessage, *args: Any, **options: Any) -> int:
        if message.to == ["alice@example.com"]:
            raise error
        return send(message, *args, **options)

    monkeypatch.setattr(EmailMessage, "send", refuse_alice)
    also = factories.make_job(bob)
    Job.objects.filter(pk=also.pk).update(attempts=running.MAX_ATTEMPTS)
    running.run_job(job_id=also.pk)

    assert [notices.send_due() for _ in range(3)] == [2, 0, 0]

    assert [told.to for told in mail.outbox] == [["bob@example.com"]]
    waiting = Notice.objects.get(sent_at=None)
    assert (waiting.job_id, waiting.attempts) == (failed.pk, 1)


def test_a_notice_is_given_up_after_ten_attempts(
    failed: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", refuse)
    for _ in range(notices.MAX_ATTEMPTS + 2):
        notices.send_due()
        Notice.objects.update(next_at=F("next_at") - timedelta(days=1))

    notice = Notice.objects.get()
    assert notice.attempts == notices.MAX_ATTEMPTS
    assert notice.sent_at is not None


def sent() -> EmailMultiAlternatives:
    notices.send_due()
    (told,) = mail.outbox
    assert isinstance(told, EmailMultiAlternatives)
    return told


def test_a_clone_that_is_ready_is_told_with_its_page_and_its_free_try(alice: User) -> None:
    factories.grant(alice, 60)
    clone = factories.make_clone(alice, name="Salt & <pepper>")

    told = sent()

    assert told.subject == "“Salt & <pepper>” is ready"
    assert "Four proof shots are being developed for you now" in told.body
    assert "trained once more for free" in told.body
    assert f"{settings.PUBLIC_URL}/clones/{clone.pk}/" in told.body
    assert "“Salt &amp; &lt;pepper&gt;” is ready" in str(told.alternatives[0][0])


def test_a_training_that_fails_says_why_and_what_came_back(alice: User) -> None:
    factories.grant(alice, 60)
    job = factories.order_clone(alice, name="Anna")
    Job.objects.update(attempts=running.MAX_ATTEMPTS)
    running.run_job(job_id=job.pk)

    told = sent()

    assert told.subject == "Your clone could not be trained"
    assert "“Anna” could not be trained. This took too many attempts" in told.body
    assert "60 credits are back in your wallet. You can train it again" in told.body
    assert f"{settings.PUBLIC_URL}/clones/{job.clone_id}/" in told.body


def test_a_canceled_training_of_a_deleted_clone_leads_to_no_clone(alice: User) -> None:
    factories.grant(alice, 60)
    job = factories.order_clone(alice, name="Anna")
    with act_as_user(alice.pk):
        jobs.cancel(user=alice, job_id=job.pk)
    running.run_job(job_id=job.pk)
    Clone.objects.all().delete()

    told = sent()

    assert told.subject == "The training of your clone was canceled"
    assert f"{settings.PUBLIC_URL}/clones/\n" in told.body
    assert str(job.clone_id) not in told.body


def test_a_film_that_is_ready_is_told(alice: User) -> None:
    factories.grant(alice, 60)
    photo = factories.make_photo(alice)
    job = factories.make_job(alice, kind="video", photo_ids=[str(photo.pk)])
    with plain.plain_work():
        while running.run_due(queue=Job.objects.get(pk=job.pk).queue):
            pass

    told = sent()

    assert told.subject == "Your video “Mug” is ready"
    assert f"{settings.PUBLIC_URL}/jobs/{job.pk}/" in told.body


def test_what_was_told_is_seen_by_its_person_alone(failed: Job, alice: User, bob: User) -> None:
    with act_as_user(bob.pk):
        notices.mark_seen(user=bob)
    assert Notice.objects.get().seen_at is None
    with act_as_user(alice.pk):
        notices.mark_seen(user=alice)
    assert Notice.objects.get().seen_at
