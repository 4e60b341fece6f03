"""What the environment may say, and what stops the start with a sentence."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

SOURCE = settings.BASE_DIR / "leadbook" / "settings.py"
SERVING = settings.BASE_DIR / "gunicorn.conf.py"
TABLE = settings.BASE_DIR / "README.md"


@pytest.fixture
def start(tmp_path):
    """Return a function that runs a command of manage.py under an environment."""

    def run(*command, **variables):
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        environment = {**kept, "VAR_DIR": str(tmp_path / "var"), **variables}
        return subprocess.run(
            [sys.executable, "manage.py", *(command or ("check",))],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def production():
    """The least that a production needs."""
    return {"SECRET_KEY": secrets.token_urlsafe(50), "ALLOWED_HOSTS": "leads.example"}


def test_production_passes_the_deployment_check(start, production):
    result = start("check", "--deploy", "--fail-level", "WARNING", **production)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout + result.stderr


def test_production_behind_a_proxy_with_postgresql_and_s3(start, production):
    result = start(
        "check", "--deploy", "--fail-level", "WARNING",
        **production,
        TRUSTED_PROXIES="1",
        DATABASE_URL="postgresql://leadbook:x@127.0.0.1:1/leadbook",
        ATTACHMENTS="s3://leadbook/attachments?endpoint_url=https://s3.example",
        EMAIL_URL="smtp+tls://user:secret@mail.example",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"MODE": "live"}, "MODE must be one of production, demo, development, not 'live'."),
        ({"SECRET_KEY": ""}, "SECRET_KEY (or SECRET_KEY_FILE) must hold at least 50"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY (or SECRET_KEY_FILE) must hold at least 50"),
        ({"SECRET_KEY": "a1" * 30}, "SECRET_KEY (or SECRET_KEY_FILE) must hold at least 50"),
        (
            {"SECRET_KEY": "only-for-this-machine" * 3},
            "SECRET_KEY (or SECRET_KEY_FILE) must hold at least 50",
        ),
        (
            {"SECRET_KEY": "django-insecure-" + "0123456789abcdef" * 4},
            "SECRET_KEY (or SECRET_KEY_FILE) must hold at least 50",
        ),
        ({"SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE must be the path of a readable"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must list the host names"),
        ({"ALLOWED_HOSTS": "leads.example,*"}, "ALLOWED_HOSTS must list the host names"),
        ({"ALLOWED_HOSTS": "https://leads.example"}, "ALLOWED_HOSTS must list the host names"),
        ({"ALLOWED_HOSTS": "leads.example:443"}, "ALLOWED_HOSTS must list the host names"),
        ({"MODE": "demo"}, "ALLOWED_HOSTS may only name this machine."),
        ({"MODE": "development"}, "ALLOWED_HOSTS may only name this machine."),
        (
            {"MODE": "development", "ALLOWED_HOSTS": "*"},
            "ALLOWED_HOSTS may only name this machine.",
        ),
        ({"CSRF_TRUSTED_ORIGINS": "leads.example"}, "CSRF_TRUSTED_ORIGINS must list origins"),
        (
            {"CSRF_TRUSTED_ORIGINS": "https://a.example,https://leads.example/x"},
            "CSRF_TRUSTED_ORIGINS must list origins",
        ),
        ({"PUBLIC_URL": "leads.example"}, "PUBLIC_URL must be an address without a path"),
        ({"PUBLIC_URL": "https://leads.example/x"}, "PUBLIC_URL must be an address without"),
        ({"HTTPS": "ja"}, "HTTPS must be 1 or 0, not 'ja'."),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES must be a whole number"),
        ({"SECOND_FACTOR": "1"}, "SECOND_FACTOR must be one of off, admin, not '1'."),
        ({"UPLOAD_MAX_BYTES": "50 MB"}, "UPLOAD_MAX_BYTES must be a whole number"),
        ({"UPLOAD_MAX_BYTES": "0"}, "UPLOAD_MAX_BYTES must be a whole number of at least 1"),
        ({"DATABASE_URL": "oracle://u:geheim@h/n"}, "DATABASE_URL must be sqlite:///PATH"),
        ({"DATABASE_URL": "leadbook.sqlite3"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///rel.sqlite3"}, "DATABASE_URL must name the file by its"),
        (
            {"ERASURE_LIST": "/nowhere/list"},
            "ERASURE_LIST must be the absolute path of a file",
        ),
        ({"ERASURE_LIST": "list.jsonl"}, "ERASURE_LIST must be the absolute path of a file"),
        ({"ERASURE_LIST": "/dev"}, "ERASURE_LIST must be the absolute path of a file"),
        ({"DEFAULT_FROM_EMAIL": "foo"}, "DEFAULT_FROM_EMAIL must be an e-mail address"),
        ({"EMAIL_URL": "mail://u:geheim@h"}, "EMAIL_URL must be consolemail://"),
        ({"EMAIL_URL": "smtp://"}, "EMAIL_URL must name the mail server's host."),
        ({"ATTACHMENTS": "ftp://files.example"}, "ATTACHMENTS must be the path of a folder"),
        ({"ATTACHMENTS": "s3:///prefix"}, "ATTACHMENTS must name the bucket"),
        ({"ATTACHMENTS": "s3://b/p?direct=no"}, "direct in ATTACHMENTS must be 1 or 0, not"),
        (
            {"ATTACHMENTS": "s3://b/p?addressing_style=x"},
            "addressing_style in ATTACHMENTS must be auto, path or virtual, not 'x'.",
        ),
        (
            {"ATTACHMENTS": "s3://b/p?endpoint_url=nope"},
            "ATTACHMENTS must name a bucket and an endpoint_url",
        ),
        (
            {"ATTACHMENTS": "s3://b/p?direct=0&endpoint_url=nope"},
            "ATTACHMENTS must name a bucket and an endpoint_url",
        ),
        ({"ATTACHMENTS": "s3://b/p?x=geheim"}, "ATTACHMENTS must name a storage and its"),
        ({"ATTACHMENTS": "files"}, "ATTACHMENTS must be the path of a folder"),
        ({"ATTACHMENTS": "foo.Bar"}, "ATTACHMENTS must name a storage and its options"),
        ({"ATTACHMENTS": "os.path.join"}, "ATTACHMENTS must name a storage and its options"),
        ({"ATTACHMENTS": "os.path.join?a=b"}, "ATTACHMENTS must name a class of storages"),
        ({"ACCEL_REDIRECT": "files"}, "ACCEL_REDIRECT must be the path of an internal"),
        (
            {"ACCEL_REDIRECT": "/files/", "ATTACHMENTS": "s3://b/p"},
            "ACCEL_REDIRECT needs ATTACHMENTS in a folder",
        ),
        ({"UPLOAD_DIRECT_FROM_BYTES": "0"}, "UPLOAD_DIRECT_FROM_BYTES must be a whole number"),
        ({"UPLOAD_EXTRA_TYPES": "xyz,.EXE"}, "UPLOAD_EXTRA_TYPES must not name exe: "),
        ({"VAR_DIR": "/dev/null/var"}, "VAR_DIR must be a folder"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be one of"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT must be one of json, line, not 'xml'."),
        ({"SLOW_QUERY_MS": "0.5"}, "SLOW_QUERY_MS must be a whole number of at least 0"),
        ({"METRICS_TOKEN": "geheim"}, "METRICS_TOKEN must hold at least 20 random characters"),
        (
            {"SENTRY_DSN": "https://sentry.example/geheim"},
            "SENTRY_DSN must be an address",
        ),
        (
            {"SENTRY_DSN": "https://geheim@sentry.example"},
            "SENTRY_DSN must be an address",
        ),
        ({"TASKS": "celery"}, "TASKS must be one of immediate, database, not 'celery'."),
    ],
)
def test_wrong_value_stops_the_start_with_a_sentence(start, production, variables, sentence):
    result = start(**{**production, **variables})
    assert result.returncode != 0
    assert sentence in result.stderr.splitlines()[-1]
    assert "geheim" not in result.stderr


@pytest.mark.parametrize("name", ["WEB_WORKERS", "WEB_THREADS"])
@pytest.mark.parametrize("value", ["0", "-1", "many", "2.5"])
def test_wrong_number_stops_gunicorn_with_a_sentence(production, tmp_path, name, value):
    result = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--check-config", "leadbook.wsgi"],
        cwd=settings.BASE_DIR, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), **production, name: value},
    )  # fmt: skip
    assert result.returncode != 0
    assert f"{name} must be a whole number of at least 1, not '{value}'." in result.stderr


@pytest.mark.parametrize("mode", ["production", "demo"])
def test_links_in_mails_lead_to_where_the_installation_is_without_being_told(
    start, production, mode
):
    show = "from django.conf import settings; print(settings.PUBLIC_URL)"
    result = start(
        "shell", "-v0", "-c", show, **production if mode == "production" else {"MODE": mode}
    )
    expected = {"production": "https://leads.example", "demo": "http://127.0.0.1:8000"}
    assert result.stdout.strip() == expected[mode]


def test_forms_come_from_the_allowed_hosts_unless_said_otherwise(start, production):
    """Behind a proxy that does not pass the scheme on, they would all be refused."""
    show = "from django.conf import settings; print(settings.CSRF_TRUSTED_ORIGINS)"
    hosts = production | {"ALLOWED_HOSTS": "leads.example,.rep.example"}
    result = start("shell", "-v0", "-c", show, **hosts, TRUSTED_PROXIES="1")
    assert result.stdout.strip() == "['https://leads.example', 'https://*.rep.example']"


@pytest.mark.parametrize(
    ("attachments", "sources"),
    [
        ("files", "'self'"),
        ("s3://leads/p?endpoint_url=https://s3.example:9000", "'self' https://s3.example:9000"),
        ("s3://leads/p?endpoint_url=https://s3.example&addressing_style=virtual",
         "'self' https://leads.s3.example"),
        ("s3://leads/p?endpoint_url=https://s3.example&direct=0", "'self'"),
    ],
)  # fmt: skip
def test_pages_send_files_to_the_bucket_only_where_browsers_reach_it(
    start, production, attachments, sources, tmp_path
):
    if attachments == "files":
        attachments = str(tmp_path / "files")
    show = "from django.conf import settings; print(*settings.SECURE_CSP['connect-src'])"
    result = start("shell", "-v0", "-c", show, **production, ATTACHMENTS=attachments)
    assert result.stdout.strip() == sources


def test_production_shows_no_tracebacks(start, production):
    show = "from django.conf import settings; print(settings.DEBUG)"
    for name in ("DEBUG", "DJANGO_DEBUG"):
        result = start("shell", "-v0", "-c", show, **production, **{name: "1"})
        assert result.stdout.strip() == "False"


def test_demo_starts_without_any_variable(start):
    assert start(MODE="demo").returncode == 0


def test_secrets_come_from_files_too(start, production, tmp_path):
    key = tmp_path / "key"
    key.write_text(production["SECRET_KEY"] + "\n")
    hosts = production["ALLOWED_HOSTS"]
    show = "from django.conf import settings; print(repr(settings.SECRET_KEY))"
    result = start("shell", "-v0", "-c", show, SECRET_KEY_FILE=str(key), ALLOWED_HOSTS=hosts)
    assert result.stdout.strip() == repr(production["SECRET_KEY"])


def test_every_variable_has_its_row_in_the_docs():
    used = set(re.findall(r'env(?:\.\w+)?\(\s*"(\w+)"', SOURCE.read_text()))
    served = set(re.findall(r'(?:number|environ\.get)\("(\w+)"', SERVING.read_text()))
    assert {"BIND", "WEB_WORKERS", "WEB_THREADS"} <= served
    assert {"MODE", "SECRET_KEY", "DATABASE_URL", "EMAIL_URL", "UPLOAD_EXTRA_TYPES"} <= used
    described = set(re.findall(r"^\| `(\w+)` \|", TABLE.read_text(), flags=re.MULTILINE))
    assert described == used | served


def test_environment_is_read_in_the_settings_only():
    exceptions = {
        Path("manage.py"),  # names the settings
        Path("leadbook/wsgi.py"),  # names the settings
        Path("leadbook/environment.py"),  # reads it for the settings
        Path("leadbook/settings.py"),  # says there which parser others are to use
    }
    sources = [
        path.relative_to(settings.BASE_DIR)
        for folder in ("leadbook", "leads", "marketplaces")
        for path in (settings.BASE_DIR / folder).rglob("*.py")
    ]
    readers = {
        path for path in sources if "os.environ" in (settings.BASE_DIR / path).read_text()
    }
    assert readers <= exceptions
