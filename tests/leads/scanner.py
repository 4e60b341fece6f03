"""A clamd that says what a test wants, and a real one with one signature."""

import contextlib
import shutil
import socket
import socketserver
import subprocess
import threading

from tests.faults.waiting import until

# The test virus of all scanners, in two parts: as a whole it would be one.
# Source: https://www.eicar.org/download-anti-malware-testfile/
EICAR = (
    rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-"
    + rb"ANTIVIRUS-TEST-FILE!$H+H*"
)  # fmt: skip


class Conversation(socketserver.StreamRequestHandler):
    """Hears one INSTREAM, answers what the server is told to."""

    def handle(self):
        clamd = self.server
        assert self.rfile.read(10) == b"zINSTREAM\0"
        heard = b""
        if clamd.hangs_up_early:
            self.rfile.read(10)
            self.wfile.write(clamd.answer)
            return
        while size := int.from_bytes(self.rfile.read(4)):
            heard += self.rfile.read(size)
        clamd.heard.append(heard)
        if clamd.finds and clamd.finds in heard:
            self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0")
        elif clamd.is_silent:
            clamd.released.wait(60)
        else:
            self.wfile.write(clamd.answer)


class FakeClamd(socketserver.ThreadingTCPServer):
    """Listens on a port of its own; finds EICAR, answers OK to everything else."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.heard, self.answer, self.finds = [], b"stream: OK\0", EICAR
        self.is_silent = self.hangs_up_early = False
        self.released = threading.Event()

    def handle_error(self, request, client_address):
        """Say nothing: the client hung up."""


@contextlib.contextmanager
def fake_clamd():
    """Run a FakeClamd."""
    with FakeClamd() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def real_clamd(folder):
    """Run ClamAV's own daemon on a Unix socket; give the path of the socket."""
    database, path = folder / "database", folder / "clamd.socket"
    database.mkdir()
    # Name, any kind of file, at the beginning, bytes. Source: ClamAV's documentation of
    # "Extended signature format".
    (database / "test.ndb").write_text(f"Eicar-Test-Signature:0:0:{EICAR.hex()}\n")
    (folder / "clamd.conf").write_text(
        f"Foreground yes\nDatabaseDirectory {database}\nLocalSocket {path}\n"
        f"TemporaryDirectory {folder}\nStreamMaxLength 1M\nConcurrentDatabaseReload no\n"
    )
    process = subprocess.Popen(
        [shutil.which("clamd", path="/usr/sbin:/usr/bin"), "-c", str(folder / "clamd.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def listens():
        assert process.poll() is None
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.connect(str(path))
            return True

    try:
        until(listens, what="clamd listens")
        yield str(path)
    finally:
        process.terminate()
        process.wait()
