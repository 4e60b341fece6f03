"""A line to the server that is slow for large uploads.

Chromium's own slow network holds back forms, but not a body that is a file.
"""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

AT_ONCE = 500_000  # bytes of a connection that pass quickly
PIECE = 65_536
PAUSE = 0.05  # seconds after each further piece


class SlowLine:
    """Passes connections on to the server `behind`; a browser reaches it at `address`."""

    def __init__(self, behind):
        self.behind = urlsplit(behind)
        self.listener = socket.create_server(("127.0.0.1", 0))
        # The same host, whose cookies the browser has.
        self.address = f"http://{self.behind.hostname}:{self.listener.getsockname()[1]}"
        self.is_closed = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        """Let go of the port, and of what is on its way."""
        self.is_closed.set()
        self.listener.close()

    def _serve(self):
        with suppress(OSError):
            while True:
                browser, _address = self.listener.accept()
                server = socket.create_connection((self.behind.hostname, self.behind.port))
                for job in (self._there, self._back):
                    threading.Thread(target=job, args=(browser, server), daemon=True).start()

    def _there(self, browser, server):
        passed = 0
        with suppress(OSError):
            while piece := browser.recv(PIECE):
                server.sendall(piece)
                passed += len(piece)
                if passed > AT_ONCE and self.is_closed.wait(PAUSE):
                    break
            server.shutdown(socket.SHUT_WR)

    def _back(self, browser, server):
        with suppress(OSError), browser, server:
            while piece := server.recv(PIECE):
                browser.sendall(piece)
