"""A PostgreSQL of its own that may crash, without touching the tests' database."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

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

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(mode=0o700)
        self.owner = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self.owner:
            shutil.chown(self.folder, "postgres", "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.data = self.folder / "data"
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
