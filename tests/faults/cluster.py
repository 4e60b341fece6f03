"""A PostgreSQL of its own that may crash, without touching the tests' database."""

import atexit
import os
import shutil
import socket
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from .server import Server

NAME = "leadbook"


def tool(name):
    """Return the path of one of PostgreSQL's server programs."""
    if found := shutil.which(name):
        return found
    # Debian keeps them, by version, outside of the path.
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    assert newest, f"PostgreSQL's {name} is needed: apt-get install postgresql"
    return str(newest[-1])


class Cluster:
    """A data folder and the server on it; PostgreSQL refuses to run as root."""

    def __init__(self, folder, *, copy_of=None):
        self.folder = Path(folder)
        self.folder.mkdir(mode=0o700)
        self.owner = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.data = self.folder / "data"
        if copy_of:
            shutil.copytree(copy_of.data, self.data)
        if self.owner:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, "postgres", "postgres")
        if copy_of:
            self.start()
            return
        self._run("initdb", "--auth=trust", "--username=postgres", "--pgdata", self.data)
        self.start()
        self._run("createdb", *self.access, NAME)

    @property
    def access(self):
        """The arguments that lead PostgreSQL's programs to the cluster."""
        return ["--host=127.0.0.1", f"--port={self.port}", "--username=postgres"]

    def address(self, name=NAME):
        """The DATABASE_URL of one of its databases."""
        return f"postgresql://postgres:none@127.0.0.1:{self.port}/{name}"

    def start(self):
        """Start, recovering where it crashed; return when it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        self._control("start", "-o", options, "-l", self.folder / "log", "-w")

    def crash(self):
        """Stop as a power failure would: no checkpoint, every connection cut."""
        self._control("stop", "-m", "immediate", "-w")

    def stop(self):
        """Stop as one should, with all of it on the disk."""
        self._control("stop", "-m", "fast", "-w")

    def remove(self):
        """Leave no process behind."""
        if (self.data / "postmaster.pid").exists():
            self.crash()

    def _control(self, *arguments):
        self._run("pg_ctl", "--pgdata", self.data, *arguments)

    def _run(self, name, *arguments):
        # The server keeps what it inherits, so its output must not be a pipe of ours.
        log = self.folder.with_name("cluster.log")
        with log.open("a") as output:
            code = subprocess.call(
                [tool(name), *map(str, arguments)], stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, cwd="/", **self.owner,
            )  # fmt: skip
        assert code == 0, log.read_text()


@cache
def migrated():
    """Return a stopped cluster for others to copy; its database has all migrations."""
    # Not below pytest's folders, which PostgreSQL's own user may not enter.
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o711)
    cluster = Cluster(folder / "cluster")
    Server(folder / "server", database=cluster.address()).manage("migrate", "--verbosity", "0")
    cluster.stop()
    return cluster
