"""Work behind the answers: the worker, the nightly jobs, and what a dead worker leaves."""

import logging
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from leadbook import nightly, tasks
from leads.models import Attachment
from marketplaces.models import Attempt
from tests import factories
from tests.leads.samples import picture

ENDED = timedelta(days=15)


# Thumbnails -----------------------------------------------------------------------------


def test_thumbnail_comes_at_the_next_look(worker, page_of_anna, lead, anna):
    attachment = factories.attach(lead, anna, "Foto.png", picture("PNG", size=(400, 300)))
    address = f"/leads/{lead.pk}/?tab=anhaenge"
    page = page_of_anna.get(address)
    assert "Foto.png" in page.text
    assert 'loading="lazy"' not in page.text
    worker()
    assert 'loading="lazy"' in page_of_anna.get(address).text
    attachment.refresh_from_db()
    key = attachment.thumbnail.name
    assert key
    DBTaskResult.objects.update(status="READY")
    worker()
    attachment.refresh_from_db()
    assert attachment.thumbnail.name == key, "done twice, made once"


def test_task_falls_with_its_row(worker, lead, anna):
    with transaction.atomic():
        factories.attach(lead, anna, "Foto.png", picture("PNG", size=(40, 30)))
        assert DBTaskResult.objects.exists()
        transaction.set_rollback(True)
    assert not DBTaskResult.objects.exists()
    assert not Attachment.objects.exists()


def test_only_pictures_have_a_task_and_it_holds_ids_only(worker, lead, anna):
    factories.attach(lead, anna, "Notiz.txt", b"Guten Tag")
    assert not DBTaskResult.objects.exists()
    attachment = factories.attach(lead, anna, "Foto.png", picture("PNG", size=(40, 30)))
    assert DBTaskResult.objects.get().args_kwargs == {"args": [attachment.pk], "kwargs": {}}


def test_a_file_that_is_gone_ends_the_task(worker, lead, anna):
    attachment = factories.attach(lead, anna, "Foto.png", picture("PNG", size=(40, 30)))
    attachment.remove_files()
    worker()
    assert DBTaskResult.objects.get(status="SUCCESSFUL")
    assert DBTaskResult.objects.get(status="READY").args_kwargs["kwargs"] == {"tries": 1}


# What a dead worker leaves ----------------------------------------------------------------


def lost(worker_id, *, minutes=1, attempts=1):
    nightly.run_job.enqueue("forget_attempts")
    row = DBTaskResult.objects.latest("enqueued_at")
    row.status, row.worker_ids = "RUNNING", [worker_id] * attempts
    row.started_at = timezone.now() - timedelta(minutes=minutes)
    row.save()
    return row


def status(row):
    row.refresh_from_db()
    return row.status


def test_worker_does_again_what_it_was_killed_in(worker):
    mine, others = lost("one"), lost("two")
    worker(worker_id="one")
    assert (status(mine), status(others)) == ("SUCCESSFUL", "RUNNING")
    assert mine.worker_ids == ["one", "one"]


def test_nightly_puts_back_what_a_worker_that_never_returns_left(worker):
    old, fresh = lost("gone", minutes=60 * 13), lost("busy")
    nightly.run_job.func("tidy_tasks")
    assert (status(old), status(fresh)) == ("READY", "RUNNING")


def test_what_kills_every_worker_is_given_up(worker):
    deadly = lost("one", attempts=tasks.MAX_ATTEMPTS)
    worker(worker_id="one")
    assert status(deadly) == "FAILED"
    assert deadly.exception_class_path == "leadbook.tasks.WorkerLost"
    assert deadly.task_result.errors


def test_without_a_database_of_tasks_there_is_no_worker(db):
    with pytest.raises(CommandError, match="is not a database backend"):
        call_command("worker", "--batch")


# Every night ------------------------------------------------------------------------------


@pytest.fixture
def old_attempt(db):
    long_ago = timezone.now() - timedelta(hours=2)
    return Attempt.objects.create(what="sign_in", at=long_ago)


def test_nightly_lets_sqlite_count_for_its_plans(lead):
    nightly.run_job.func("count_for_plans")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'leads_lead'")
            assert cursor.fetchone()[0] > 0


def test_nightly_does_every_job(old_attempt, capsys):
    call_command("nightly")
    done = [line for line in capsys.readouterr().out.splitlines() if ": " in line]
    assert {line.partition(":")[0] for line in done} >= set(nightly.JOBS)
    assert not Attempt.objects.exists()


def test_job_that_fails_does_not_stop_the_others(old_attempt, monkeypatch, capsys):
    def fail():
        raise OSError("no room")

    monkeypatch.setitem(nightly.JOBS, "clearsessions", fail)
    with pytest.raises(CommandError, match="clearsessions"):
        call_command("nightly")
    assert "clearsessions: OSError: no room" in capsys.readouterr().err
    assert not Attempt.objects.exists()


def test_nightly_hands_each_job_to_the_worker_once(worker, old_attempt):
    call_command("nightly")
    call_command("nightly")
    waiting = [row.args_kwargs["args"] for row in DBTaskResult.objects.all()]
    assert sorted(waiting) == sorted([name] for name in nightly.JOBS)
    assert Attempt.objects.exists()
    worker()
    assert {row.status for row in DBTaskResult.objects.all()} == {"SUCCESSFUL"}
    assert not Attempt.objects.exists()


def test_results_of_tasks_go_after_two_weeks(worker):
    nightly.run_job.enqueue("forget_attempts")
    worker()
    DBTaskResult.objects.update(finished_at=timezone.now() - ENDED)
    nightly.run_job.func("tidy_tasks")
    assert not DBTaskResult.objects.exists()


def test_a_mail_goes_before_the_nightly_jobs(worker, anna, client, mailoutbox):
    call_command("nightly")
    client.post("/passwort/vergessen/", {"email": anna.email})
    worker(max_tasks=1)
    assert [mail.to for mail in mailoutbox] == [[anna.email]]


def test_each_task_has_an_id_of_its_own_in_the_log(worker, monkeypatch, written):
    logger = logging.getLogger("leads.test")
    monkeypatch.setitem(nightly.JOBS, "talk", lambda: logger.warning("done"))
    rows = [nightly.run_job.enqueue("talk").id.replace("-", "") for _ in range(2)]
    assert tasks.waiting() == 2
    worker()
    said = [line["request_id"] for line in written if line["logger"] == "leads.test"]
    assert sorted(said) == sorted(rows)
    assert tasks.waiting() == 0
