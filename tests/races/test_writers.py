"""Twenty writers at once: they queue, and nobody sees a locked database."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from leads.models import JournalEntry, Lead

from . import address_of_the_database, at_once, kinds_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_twenty_parallel_writers_all_get_through(lead, anna):
    acts = [
        lambda n=number: Lead.objects.get(pk=lead.pk).write_entry(text=f"Eintrag {n}", by=anna)
        for number in range(20)
    ]
    assert kinds_of(at_once(*acts)) == ["JournalEntry"] * 20
    texts = set(JournalEntry.objects.written().values_list("text", flat=True))
    assert texts == {f"Eintrag {number}" for number in range(20)}


def test_twenty_parallel_requests_get_no_5xx(lead, signed_in, anna):
    clients = [signed_in(anna) for _number in range(20)]
    answers = at_once(
        *(
            lambda c=client, n=number: c.post(f"/leads/{lead.pk}/journal/", {"text": str(n)})
            for number, client in enumerate(clients)
        )
    )
    assert [getattr(answer, "status_code", answer) for answer in answers] == [303] * 20
    assert JournalEntry.objects.written().count() == 20


WRITER = """
import sys, django
django.setup()
from leads.models import Lead
from marketplaces.models import User
lead, rep, writer = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
for number in range(5):
    entry = {"text": f"{writer}/{number}", "by": User.objects.get(pk=rep)}
    Lead.objects.get(pk=lead).write_entry(**entry)
"""


def test_four_processes_write_into_one_database(lead, anna):
    """As gunicorn's workers do, beside which a nightly command may run."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "leadbook.settings",
        "DATABASE_URL": address_of_the_database(),
        # To wait for each other is what they are for; no warning of it is an error.
        "SLOW_QUERY_MS": "0",
    }
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(lead.pk), str(anna.pk), str(number)],
            env=environment, cwd=settings.BASE_DIR, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for number in range(4)
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdout.readline() == "ready\n", writer.stderr.read()
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    answers = [writer.communicate(timeout=60) for writer in writers]
    assert [errors for _output, errors in answers] == [""] * 4
    assert JournalEntry.objects.written().count() == 20
