"""What stands in deploy/ fits together: each way to run leadbook uses the same scripts."""

import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from .sources import ROOT, files

DEPLOY = files("", among=["deploy"])
COMPOSE = yaml.safe_load(DEPLOY["deploy/container/compose.yaml"])
TEMPLATE = DEPLOY["deploy/nginx/leadbook.conf.template"]
CALLED = r"(?<![\w/-])(?:/srv/leadbook/current/)?((?:deploy/)?scripts/[\w-]+)"
UNITS = [name for name in DEPLOY if name.startswith("deploy/systemd/")]


def called(*names):
    """The scripts of the project that these files call."""
    found = set()
    for name in names:
        lines = (ROOT / name).read_text().splitlines()
        text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
        found |= set(re.findall(CALLED, text))
    return found


@pytest.mark.parametrize(
    "name",
    ["deploy/container/compose.yaml", "deploy/container/Containerfile", "scripts/prod-check",
     *UNITS],
)  # fmt: skip
def test_only_scripts_that_exist_are_called(name):
    for script in called(name):
        assert os.access(ROOT / script, os.X_OK), script


def test_each_script_of_a_deployment_is_run_by_the_check():
    scripts = {name for name in DEPLOY if name.startswith("deploy/scripts/")}
    assert scripts <= called("scripts/prod-check")
    in_use = called(*UNITS, "deploy/container/compose.yaml", "deploy/container/Containerfile")
    # The environment and nginx are the developer's own there.
    assert in_use <= called("scripts/prod-check")


def test_each_service_of_the_application_runs_a_script():
    commands = [
        service["command"] for service in COMPOSE["services"].values() if "build" in service
    ]
    assert len(commands) == 5
    assert all(re.fullmatch(CALLED, command[0]) for command in commands)


def test_nginxs_site_is_filled_in_everywhere_alike():
    needed = set(re.findall(r"\$\{([A-Z_]+)\}", TEMPLATE))
    script = DEPLOY["deploy/scripts/nginx-site"]
    [listed] = re.findall(r"envsubst '([^']+)'", script)
    assert set(re.findall(r"\$([A-Z_]+)", listed)) == needed
    container = COMPOSE["services"]["nginx"]["environment"]
    assert set(container) == needed
    default, extra = re.search(
        r"\$\{UPLOAD_MAX_REQUEST_BYTES:-(\d+)\} \+ (\d+)", script
    ).groups()
    assert int(container["MAX_BODY"]) == int(default) + int(extra)
    readme = (ROOT / "README.md").read_text()
    assert f"| `UPLOAD_MAX_REQUEST_BYTES` | `{default}` |" in readme


def test_only_settings_that_exist_are_set():
    table = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    known = table | {f"{name}_FILE" for name in table} | {"AWS_SHARED_CREDENTIALS_FILE"}
    example = re.findall(r"^(\w+)=", DEPLOY["deploy/environment.example"], re.MULTILINE)
    image = re.findall(r"([A-Z_]+)=", DEPLOY["deploy/container/Containerfile"])
    assert {*example, *image, *COMPOSE["x-application"]["environment"]} <= known


def test_the_example_of_an_environment_can_be_sourced(tmp_path):
    """systemd takes the quotes off as well."""
    result = subprocess.run(
        ["sh", "-euc", 'set -a; . "$0"; env', ROOT / "deploy/environment.example"],
        cwd=tmp_path, capture_output=True, text=True, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    assert "DEFAULT_FROM_EMAIL=leadbook <leadbook@leads.example>\n" in result.stdout


@pytest.mark.parametrize("name", ["lint", "prod-check", "test"])
def test_nothing_of_an_installation_reaches_what_throws_its_data_away(name, tmp_path):
    """A NAME_FILE that was left would win over the plain variable of the script."""
    (tmp_path / "scripts").mkdir()
    for script in (name, "names-of-settings"):
        shutil.copy(ROOT / "scripts" / script, tmp_path / "scripts")
    for part in ("README.md", "deploy"):
        (tmp_path / part).symlink_to(ROOT / part)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    tools = ["scripts/install", "scripts/install-tools", "pg_virtualenv"]
    for tool in (*tools, ".venv/bin/python", ".venv/bin/ruff"):
        (tmp_path / tool).write_text(f"#!/bin/sh\nenv >>{tmp_path}/seen\necho 1\n")
        (tmp_path / tool).chmod(0o755)
    table = re.findall(r"^\| `(\w+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    told = {*table, *(f"{name}_FILE" for name in table), "AWS_PROFILE", "CURRENT", "RELOAD"}
    subprocess.run(
        [tmp_path / "scripts" / name], capture_output=True, timeout=60,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"} | dict.fromkeys(told, "/installed"),
    )  # fmt: skip
    seen = (tmp_path / "seen").read_text()
    assert "MODE=development" in seen or "PROD_CHECK_INSIDE=1" in seen
    assert "/installed" not in seen


def test_tests_in_front_empty_no_database_but_the_one_of_the_check(tmp_path):
    (tmp_path / "static").mkdir()
    kept = {name: value for name, value in os.environ.items() if name != "PROD_CHECK_INSIDE"}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:xdist",
         "tests/browser/test_list.py"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
        env=kept | {"LEADBOOK_URL": "https://leads.example", "VAR_DIR": str(tmp_path)},
    )  # fmt: skip
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "these tests empty the database" in result.stdout + result.stderr


def test_a_stop_waits_for_what_gunicorn_waits_for():
    grace = int(
        re.search(r"graceful_timeout = (\d+)", (ROOT / "gunicorn.conf.py").read_text())[1]
    )
    unit = DEPLOY["deploy/systemd/leadbook-web.service"]
    assert int(re.search(r"TimeoutStopSec=(\d+)\n", unit)[1]) > grace
    assert int(COMPOSE["services"]["web"]["stop_grace_period"].removesuffix("s")) > grace


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_service_can_write_in_its_own_folder_only(name):
    lines = DEPLOY[name].splitlines()
    assert {
        "User=leadbook", "ProtectSystem=strict", "ReadWritePaths=/var/lib/leadbook",
        "NoNewPrivileges=yes", "CapabilityBoundingSet=", "PrivateTmp=yes",
    } <= set(lines)  # fmt: skip


def test_postgresql_is_told_the_same_in_its_container():
    database = COMPOSE["services"]["database"]
    [(source, target)] = [
        volume.split(":")[:2] for volume in database["volumes"] if ".conf" in volume
    ]
    assert (ROOT / "deploy/container" / source).resolve().relative_to(ROOT)
    assert (ROOT / "deploy/container" / source).is_file()
    assert f"config_file={target}" in database["command"]
