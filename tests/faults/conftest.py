"""Servers and clusters that live for one test."""

import json
import os
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import connection

from .cluster import Cluster, migrated
from .crew import Crew
from .server import Server


@pytest.fixture
def cluster():
    """A PostgreSQL of its own with an empty database, where the suite runs on one."""
    if connection.vendor != "postgresql":
        yield None
        return
    # Not below pytest's folders, which PostgreSQL's own user may not enter.
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        cluster = Cluster(Path(folder) / "cluster", copy_of=migrated())
        yield cluster
        cluster.remove()


@pytest.fixture
def server(tmp_path, cluster):
    """The server with an empty database; not yet started."""
    server = Server(tmp_path / "server", database=cluster and cluster.address())
    server.prepare()
    yield server
    server.remove()


@pytest.fixture
def seed():
    """What chance is drawn from; FAULT_SEED repeats a run."""
    return int(os.environ.get("FAULT_SEED", "20261123"))


@pytest.fixture
def chance(seed):
    return random.Random(seed)


@pytest.fixture
def kills():
    """How many faults to make: FAULT_KILLS."""
    return int(os.environ.get("FAULT_KILLS", "3"))


@pytest.fixture
def crew(server, kills, seed):
    """Reps with leads in progress, and enough offered leads for all rounds."""
    stage = server.module("tests.faults.stage", str(10 + 3 * kills))
    return Crew(server, stage, seed=seed)


@pytest.fixture
def prove(server, crew, tmp_path):
    """Return a function that looks for anything lost or half; gives its figures."""

    def proved():
        log = tmp_path / "log.json"
        log.write_text(json.dumps(crew.log))
        result = server.module("tests.faults.proof", str(log))
        assert result.pop("findings") == [], server.log.read_text()[-5000:]
        return result

    return proved
