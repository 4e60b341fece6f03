"""The cast and the stage of every test.

Anna owns the lead, Ben is her colleague, Clara sells elsewhere, Meike manages, Olaf
operates (and is staff), nobody is signed out.
"""

import os
import shutil
from collections import Counter
from functools import partial
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db.backends.sqlite3.base import DatabaseWrapper as SqliteWrapper
from django.db.models import query
from django.test import Client
from django_tasks_db.management.commands import db_worker

from leadbook.roomy import with_room
from leads import append_only
from leads.models import Attachment
from leads.models.attachment import attachment_storage
from marketplaces import second_factor

from .cast import Cast, put_on_stage
from .one_by_one import NotOneByOne


def pytest_collection_modifyitems(config, items):
    """Deselect what the machine cannot show: without PostgreSQL, without clamd."""
    if not shutil.which("clamd", path="/usr/sbin:/usr/bin"):
        _deselect("clamd", "there is no clamd (Debian: clamav-daemon)", config, items)
    is_postgresql = "postgresql" in django_settings.DATABASES["default"]["ENGINE"]
    _deselect("once" if is_postgresql else "postgresql", None, config, items)


def _deselect(marker, warning, config, items):
    elsewhere = [item for item in items if item.get_closest_marker(marker)]
    items[:] = [item for item in items if item not in elsewhere]
    config.hook.pytest_deselected(items=elsewhere)
    if warning and elsewhere:
        config.issue_config_time_warning(UserWarning(f"Not tested: {warning}"), 2)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Let the pages of a test be drawn as quickly as those of the server."""
    pyfuncitem.obj = partial(with_room, pyfuncitem.obj)


def pytest_terminal_summary(terminalreporter):
    """Say how many requests the fuzz tests sent, and how they were answered."""
    answers = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "teardown":
                for name, counted in report.user_properties:
                    answers.update(counted if name == "fuzzed" else {})
    if answers:
        by_status = ", ".join(
            f"{status}: {count}" for status, count in sorted(answers.items())
        )
        terminalreporter.write_line(f"{answers.total()} fuzzed requests ({by_status})")


@pytest.fixture(autouse=True, scope="session")
def _emptying():
    """Let a test that commits be cleared away: SQLite empties a table row by row."""
    operations = SqliteWrapper.ops_class
    original = operations.execute_sql_flush

    def execute_sql_flush(self, statements):
        append_only.remove(self.connection)
        original(self, statements)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "execute_sql_flush", execute_sql_flush)
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_fetching_one_by_one():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(query, "DEFAULT_FETCH_MODE", NotOneByOne())
        yield


@pytest.fixture(autouse=True)
def _apart(settings, tmp_path, monkeypatch):
    """Give each test attachments, an erasure list, a cache and cheap passwords of its own.

    Not where the tests look at an installation in front of them: tests/browser.
    """
    if "LEADBOOK_URL" in os.environ:
        return
    storage = attachment_storage()
    folder = str(tmp_path / "attachments")
    for name in ("base_location", "location"):
        monkeypatch.setitem(storage.__dict__, name, folder)
    # A test that changes STORAGES leaves the model's fields with the storage of before.
    for name in ("file", "thumbnail"):
        monkeypatch.setattr(Attachment._meta.get_field(name), "storage", storage)
    settings.ERASURE_LIST = tmp_path / "erasures.jsonl"
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": str(tmp_path),
        }
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def cast(request, db):
    """What the fixtures below give; see tests/cast.py."""
    return put_on_stage(Cast, request.fixturenames)


@pytest.fixture
def anna(cast):
    return cast.anna


@pytest.fixture
def ben(cast):
    return cast.ben


@pytest.fixture
def clara(cast):
    return cast.clara


@pytest.fixture
def meike(cast):
    return cast.meike


@pytest.fixture
def olaf(cast):
    return cast.olaf


@pytest.fixture
def heatpumps(cast):
    """Five phases, two reasons; Anna and Ben sell, Meike manages, Olaf operates."""
    return cast.heatpumps


@pytest.fixture
def solar(cast):
    """Another marketplace, of which only Clara is a member."""
    return cast.solar


@pytest.fixture
def offered(cast):
    """A lead that nobody works on yet."""
    return cast.offered


@pytest.fixture
def lead(cast):
    """Anna's lead in the third of five phases."""
    return cast.lead


@pytest.fixture
def signed_in():
    """Return a function that gives a client signed in as a person."""

    def sign_in(user, **kwargs):
        client = Client(**kwargs)
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def page_of_anna(signed_in, anna):
    """Anna's client."""
    return signed_in(anna)


@pytest.fixture
def clock(monkeypatch):
    """The server's time as far as codes of a phone go; a test moves its `now` on."""
    clock = SimpleNamespace(now=1_800_000_000)
    monkeypatch.setattr(second_factor, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


@pytest.fixture
def worker(db, settings, monkeypatch):
    """Put tasks into the database; return a function that lets a worker do what waits."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    # It does its work in the test's own transaction and process.
    monkeypatch.setattr(db_worker, "close_old_connections", lambda: None)
    monkeypatch.setattr(db_worker.Worker, "configure_signals", lambda self: None)

    def work(**options):
        call_command("worker", batch=True, verbosity=0, startup_delay=False, **options)

    return work
