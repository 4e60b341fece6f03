"""The seeded databases: made once, kept, and copied for each run."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from .server import ROOT, manage

# What the rows of a load follow from; the copy that is measured gets newer migrations.
SOURCES = (
    "leads/load", "leads/demo", "leads/models/lead.py", "leads/text.py", "leads/fields.py",
    "leads/search_documents.py", "leads/search_index.py", "leads/search_terms.py",
    "marketplaces/models",
)  # fmt: skip
# After this many days too few of a load's follow-ups would be due today or later.
STALE = 7 * 86_400
PASSWORD = "only-for-the-benchmark"  # noqa: S105


def fingerprint(*paths):
    """Return a short hash of the files below `paths`."""
    digest = hashlib.sha256()
    for path in map(ROOT.joinpath, paths):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:12]


class Databases:
    """The databases of one engine, in a folder that is kept between runs."""

    def __init__(self, folder):
        self.folder = Path(folder) / self.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = fingerprint(*SOURCES)

    def seed(self, leads):
        """Make the load of this size, unless there is a fresh one of the same sources."""
        var, note = self.folder / f"seed-{leads}", self.folder / f"seed-{leads}.json"
        if note.exists():
            known = json.loads(note.read_text())
            if known["key"] == self.key and time.time() - known["at"] < STALE:
                return
            note.unlink()
        shutil.rmtree(var, ignore_errors=True)
        shutil.rmtree(self.folder / f"run-{leads}", ignore_errors=True)
        var.mkdir()
        address = self.make(f"seed_{leads}", var)
        begun = time.time()
        manage(var, address, "migrate", "--verbosity=0")
        manage(var, address, "seed_load", f"--leads={leads}", f"--password={PASSWORD}")
        seconds = time.time() - begun
        note.write_text(json.dumps({"key": self.key, "at": begun, "seconds": seconds}))

    def seconds_to_seed(self, leads):
        """Return how long it took to make the load."""
        return json.loads((self.folder / f"seed-{leads}.json").read_text())["seconds"]

    def run(self, leads, *, afresh):
        """Return folder and address of a copy to run on, the one of before unless `afresh`."""
        var = self.folder / f"run-{leads}"
        if afresh or not var.exists():
            shutil.rmtree(var, ignore_errors=True)
            shutil.copytree(self.folder / f"seed-{leads}", var)
            self.copy(f"seed_{leads}", f"run_{leads}")
        return var, self.address(f"run_{leads}", var)

    def drop_run(self, leads):
        """Remove the copy."""
        shutil.rmtree(self.folder / f"run-{leads}", ignore_errors=True)

    def start(self):
        """Be ready to be asked."""

    def stop(self):
        """Leave no process behind."""

    def copy(self, source, target):
        """Copy one database; on SQLite it lies in the folder that is copied anyway."""


class Sqlite(Databases):
    """Files."""

    name, title = "sqlite", "SQLite"

    def make(self, name, var):
        """Return the address of a new database."""
        return self.address(name, var)

    def address(self, name, var):
        """Return the DATABASE_URL of the database in `var`."""
        return f"sqlite:///{var / 'leadbook.sqlite3'}"

    @property
    def version(self):
        """Return the version, as people say it."""
        import sqlite3

        return f"SQLite {sqlite3.sqlite_version}"


class Postgresql(Databases):
    """A cluster of its own, with the settings that an installation gives it."""

    name, title = "postgresql", "PostgreSQL"

    def start(self):
        """Make the cluster at the first time, then start it."""
        # PostgreSQL refuses to run as root.
        self.owner = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        self.home = self.folder / "cluster"
        data = self.home / "data"
        if not data.exists():
            self.home.mkdir(mode=0o700, exist_ok=True)
            if self.owner:
                shutil.chown(self.home, "postgres", "postgres")
            self._tool("initdb", "--auth=trust", "--username=postgres", f"--pgdata={data}")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.home}"
        for name, value in _settings(ROOT / "deploy/postgresql/leadbook.conf"):
            options += f" -c {name}={value}"
        self._tool(
            "pg_ctl", f"--pgdata={data}", "start", "--wait", "-o", options, "-l",
            self.home / "log",
        )  # fmt: skip

    def stop(self):
        """Stop the cluster; its databases stay."""
        self._tool("pg_ctl", f"--pgdata={self.home / 'data'}", "stop", "-m", "fast", "--wait")

    def make(self, name, var):
        """Make an empty database; return its address."""
        self._sql(f"DROP DATABASE IF EXISTS {name}")
        self._sql(f"CREATE DATABASE {name}")
        return self.address(name, var)

    def copy(self, source, target):
        """Copy one database to another that may be there."""
        self._sql(f"DROP DATABASE IF EXISTS {target}")
        self._sql(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY FILE_COPY")

    def drop_run(self, leads):
        """Remove the copy."""
        super().drop_run(leads)
        self._sql(f"DROP DATABASE IF EXISTS run_{leads}")

    def address(self, name, var):
        """Return the DATABASE_URL of a database."""
        return f"postgresql://postgres:none@127.0.0.1:{self.port}/{name}"

    @property
    def version(self):
        """Return the version, as people say it."""
        told = subprocess.run([_find("postgres"), "--version"], capture_output=True, text=True)
        return f"PostgreSQL {told.stdout.split()[2]}"

    def _sql(self, statement):
        self._tool(
            "psql", "--host=127.0.0.1", f"--port={self.port}", "--username=postgres",
            "--quiet", f"--command={statement}", "postgres",
        )  # fmt: skip

    def _tool(self, name, *arguments):
        # The server keeps what it inherits, so its output must not be a pipe of ours.
        with (self.folder / "tools.log").open("a") as log:
            subprocess.run(
                [_find(name), *map(str, arguments)], check=True, cwd="/", stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, **self.owner,
            )  # fmt: skip


def _settings(path):
    """Yield name and value of each line of a postgresql.conf."""
    for line in path.read_text().splitlines():
        setting, _hash, _comment = line.partition("#")
        if setting.strip():
            name, _equals, value = setting.partition("=")
            yield name.strip(), value.strip()


def _find(name):
    # Debian keeps the server's programs, by version, outside of the path.
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (newest and str(newest[-1]))
    if not found:
        raise SystemExit(f"PostgreSQL's {name} is needed: apt-get install postgresql")
    return found


ENGINES = {engine.name: engine for engine in (Sqlite, Postgresql)}
