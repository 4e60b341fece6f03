"""A real Chromium in front of the real application."""

import functools
import inspect
import os
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.auth import base_user
from django.core.management.color import no_style
from django.core.servers.basehttp import WSGIRequestHandler
from django.db import connection
from django.test import Client, TransactionTestCase
from django_tasks_db.models import DBTaskResult
from playwright.sync_api import expect

# The address of an installation that runs already, whose database and storage these tests
# share; scripts/prod-check. Without it, each test has a server in this process.
LEADBOOK_URL = os.environ.get("LEADBOOK_URL")
# Debian's, the quick one first; in front of an installation the whole browser that people
# have. Where there is none, Playwright brings its own.
CHROMIUMS = [] if LEADBOOK_URL else [Path("/usr/bin/chromium-headless-shell")]
CHROMIUMS += [Path("/usr/bin/chromium")]
# Head and body of an answer are sent apart: without this the body of each of a page's 69
# scripts and styles waits for 40 ms until the browser acknowledges the head.
WSGIRequestHandler.disable_nagle_algorithm = True
# Machines are noisy: what does not come within this time (ms) does not come at all.
expect.set_options(timeout=15_000)


# What cannot look at such an installation, and why.
NOT_IN_FRONT = {
    "test_transfer.py": "start a gunicorn of their own, without nginx",
    "test_direct_uploads.py": "keep their files in a bucket of this process",
    "test_screenshots.py": "show the demo, whose accounts no production opens",
    "test_a_forgotten_password": "look at the mails of this process",
    "test_a_slow_upload_shows_its_progress_and_can_be_cancelled": "speak no TLS",
}


def pytest_collection_modifyitems(config, items):
    mine = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in mine:
        item.add_marker(pytest.mark.browser)
    if not LEADBOOK_URL:
        return
    left_out = [item for item in mine if _reason(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
    counted = Counter(f"{item.path.name} {_reason(item)}" for item in left_out)
    for text, number in counted.items():
        warning = UserWarning(f"Not looked at in front: {number} of {text}")
        config.issue_config_time_warning(warning, 2)


def _reason(item):
    if "settings" in inspect.signature(item.function).parameters:
        return "change the settings of a server in this process"
    return NOT_IN_FRONT.get(item.path.name) or NOT_IN_FRONT.get(item.originalname)


if LEADBOOK_URL:
    # Each test empties the database behind it: it must be the one that the check has made.
    made = (os.environ.get("PGHOST"), os.environ.get("PGPORT"))
    used = tuple(str(connection.settings_dict[name]) for name in ("HOST", "PORT"))
    if "PROD_CHECK_INSIDE" not in os.environ or used != made:
        message = "LEADBOOK_URL is for scripts/prod-check: these tests empty the database."
        raise pytest.UsageError(message)

    # Its hashes take their time, as they should; one of each password is enough.
    base_user.make_password = functools.cache(base_user.make_password)

    def empty(self):
        """Take away what a test has written; a flush would also number the kinds anew.

        The server's processes know those by their numbers, the worker its tasks.
        """
        kept = {"django_content_type", "auth_permission", DBTaskResult._meta.db_table}
        tables = set(connection.introspection.django_table_names(only_existing=True))
        statements = connection.ops.sql_flush(no_style(), sorted(tables - kept))
        connection.ops.execute_sql_flush(statements)

    TransactionTestCase._fixture_teardown = empty

    @pytest.fixture(scope="session")
    def django_db_setup():
        """The database is there, with its migrations, and is not thrown away."""

    @pytest.fixture(scope="session")
    def live_server():
        """What the tests use of pytest-django's."""
        unchanged = SimpleNamespace(enable=lambda: None, disable=lambda: None)
        return SimpleNamespace(url=LEADBOOK_URL, _live_server_modified_settings=unchanged)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    args = {**browser_type_launch_args, "args": quiet}
    if found := next(filter(Path.exists, CHROMIUMS), None):
        args["executable_path"] = str(found)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args["args"] = [*quiet, "--no-sandbox"]
    return args


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {
        **browser_context_args,
        "viewport": {"width": 1280, "height": 860},
        "locale": "de-DE",
        "timezone_id": "Europe/Berlin",
        # The certificate of such an installation is its own.
        "ignore_https_errors": bool(LEADBOOK_URL),
    }


@pytest.fixture
def context(new_context, live_server):
    context = new_context(base_url=live_server.url)
    context.set_default_timeout(20_000)
    return context


@pytest.fixture
def complaints():
    """What the browser's console complained about; a test may clear what it expects."""
    return []


@pytest.fixture
def page(page, complaints):
    """A page whose console must stay clean, refusals by the server aside."""

    def on_console(message):
        is_refusal = "the server responded with a status of 4" in message.text
        if message.type == "error" and not is_refusal:
            complaints.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


@pytest.fixture
def sign_in_as(live_server):
    """Return a function that signs a person in on a browser context."""

    def sign_in(context, user):
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])

    return sign_in


@pytest.fixture
def annas_page(page, sign_in_as, anna):
    """A page on which Anna is signed in."""
    sign_in_as(page.context, anna)
    return page
