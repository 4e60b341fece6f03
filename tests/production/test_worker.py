"""The worker beside the application: scripts/prod-check has begun the nightly jobs."""

import pytest
from django_tasks_db.models import DBTaskResult

from leadbook import nightly
from tests.faults.waiting import until


@pytest.fixture
def django_db_setup():
    """The installation's own database."""


@pytest.mark.django_db
def test_the_worker_has_done_every_nightly_job():
    def done():
        rows = DBTaskResult.objects.filter(task_path=nightly.run_job.module_path)
        states = {row.args_kwargs["args"][0]: row.status for row in rows}
        return states == dict.fromkeys(nightly.JOBS, "SUCCESSFUL") and states

    until(done, what="the nightly jobs are done")
