"""Bodies as no browser sends them, by raw sockets to the real server."""

import contextlib
import re
import socket
from pathlib import Path

import pytest

from .browser import Browser
from .server import Server
from .waiting import until

pytestmark = pytest.mark.once

BORDER = "grenze"
TAIL = f"\r\n--{BORDER}--\r\n".encode()
LIMIT = 50_000_000
REQUEST_LIMIT = 209_715_200
MIB = 1 << 20
# What 45 MB may add to a worker at most (SECURITY.md, U2).
MAX_GROWTH = 30 * MIB


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """One server for all, on SQLite: what is tested happens before the database."""
    server = Server(tmp_path_factory.mktemp("bodies"))
    server.prepare()
    server.stage = server.module("tests.faults.stage", "0")
    server.start()
    yield server
    server.remove()


@pytest.fixture
def server(started):
    """Check after each test that nothing was kept and that others are served."""
    yield started
    until(lambda: started.spooled == 0, what="the temporary files are gone")
    assert started.health() == (200, {"alive": True, "ready": True, "degraded": False})
    assert started.process.poll() is None
    assert list((started.var / "uploads").iterdir()) == []


@pytest.fixture(scope="module")
def signed_in(started):
    """A rep who stays signed in: to look at a password takes the server a second."""
    return Rep(started, "rep0")


@pytest.fixture
def rep(server, signed_in):
    return signed_in


class Rep(Browser):
    """A rep who writes requests by hand."""

    def __init__(self, server, name):
        super().__init__(server.port)
        self.server = server
        self.sign_in(name, server.stage["password"])
        self.lead = server.stage["leads"][name][0]

    def head(self, *lines, address=None, stranger=False):
        """The head of an upload, with these headers."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        mine = [] if stranger else [f"Cookie: {cookies}"]
        return "\r\n".join([
            f"POST {address or f'/leads/{self.lead}/anhaenge/'} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}", "HX-Request: true", *mine,
            f"X-CSRFToken: {self.cookies['csrftoken']}",
            f"Content-Type: multipart/form-data; boundary={BORDER}", *lines, "", "",
        ]).encode()  # fmt: skip

    def bare_head(self, size, name):
        """The head of an upload whose body is the file."""
        head = self.head(f"Content-Length: {size}").decode()
        form, bare = f"multipart/form-data; boundary={BORDER}", "application/octet-stream"
        return head.replace(
            form, f"{bare}\r\nContent-Disposition: attachment; filename={name}"
        ).encode()

    def open(self, head):
        """Connect and send a head."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        line.sendall(head)
        return line

    def files(self):
        """The names on the lead's tab."""
        _status, text = self.get(f"/leads/{self.lead}/?tab=anhaenge")
        return re.findall(r'class="file__name"[^>]*>([^<]*)<', text.partition('id="files"')[2])

    def send(self, head, *pieces):
        """Send a request; return status and text. The server may hang up early."""
        with self.open(head) as line:
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    line.sendall(piece)
            return answer(line)


def part(name="Plan.txt", field="dateien"):
    return (
        f'--{BORDER}\r\nContent-Disposition: form-data; name="{field}"; '
        f'filename="{name}"\r\nContent-Type: text/html\r\n\r\n'
    ).encode()


def answer(line):
    """Read one answer; status and text, or (None, "") where the line is cut."""
    read = b""
    with contextlib.suppress(ConnectionError):
        while b"\r\n\r\n" not in read and (piece := line.recv(65_536)):
            read += piece
        head, _end, body = read.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        while length and len(body) < int(length[1]) and (piece := line.recv(65_536)):
            body += piece
        if head:
            return int(head.split()[1]), body.decode()
    return None, ""


def length(*pieces):
    return f"Content-Length: {sum(map(len, pieces))}"


def blanks(size):
    """`size` bytes of text, piece by piece."""
    for start in range(0, size, MIB):
        yield b" " * min(MIB, size - start)


def peaks(server):
    """The most memory that each worker has had, in bytes."""
    found = {}
    for worker in server.workers:
        status = Path(f"/proc/{worker}/status").read_text()
        found[worker] = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024
    return found


def test_a_file_in_a_body_of_known_length_is_taken(rep):
    body = part("Erste.txt") + b"Guten Tag" + TAIL
    status, text = rep.send(rep.head(length(body)), body)
    assert status == 200
    assert "Erste.txt" in text
    assert rep.files() == ["Erste.txt"]


def test_slow_bytes_arrive_while_others_are_served(rep, server):
    body = part("Langsam.txt") + b"Gut Ding will Weile haben" + TAIL
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(rep.open(rep.head(length(body)))) for _n in range(4)]
        for position in range(len(body)):
            for line in lines:
                line.sendall(body[position : position + 1])
            if position % 100 == 0:
                assert server.health()[0] == 200
        answers = [answer(line)[0] for line in lines]
    assert answers == [200] * 4
    assert rep.files().count("Langsam.txt") == 1


def test_a_body_in_chunks_says_that_its_length_is_missing(rep):
    before = rep.files()
    body = part() + b"Guten Tag" + TAIL
    chunked = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    status, text = rep.send(rep.head("Transfer-Encoding: chunked"), chunked)
    assert status == 411
    assert "Content-Length" in text
    assert rep.files() == before


def test_endless_chunks_are_cut_off(rep, server):
    piece = b"100000\r\n" + b" " * MIB + b"\r\n"
    status, _text = rep.send(rep.head("Transfer-Encoding: chunked"), part(), *[piece] * 100)
    # The server hangs up; whether the answer was read before is the network's choice.
    assert status in {411, 400, None}


def test_both_lengths_at_once_are_refused(rep):
    body = part() + b"x" + TAIL
    status, _text = rep.send(rep.head(length(body), "Transfer-Encoding: chunked"), body)
    assert status == 400


@pytest.mark.parametrize("claimed", ["-1", "abc", "1e3", "0x10", "+5", ""])
def test_a_length_that_is_no_number_is_refused(rep, claimed):
    status, _text = rep.send(rep.head(f"Content-Length: {claimed}"), part(), TAIL)
    assert status in {400, 411, 422}


def test_no_length_at_all_means_no_file(rep):
    before = rep.files()
    status, text = rep.send(rep.head("Connection: close"), part(), b"x", TAIL)
    assert status == 422
    assert "Bitte wählen Sie mindestens eine Datei aus." in text
    assert rep.files() == before


def test_no_length_at_all_means_an_empty_bare_file(rep):
    before = rep.files()
    head = rep.bare_head(0, "Leer.txt").replace(b"Content-Length: 0", b"Connection: close")
    status, text = rep.send(head, b"x")
    assert status == 422
    assert "Die Datei ist leer." in text
    assert rep.files() == before


def test_a_length_that_is_too_small_files_nothing(rep):
    before = rep.files()
    body = part("Kurz.txt") + b"x" * 1000 + TAIL
    with rep.open(rep.head(f"Content-Length: {len(body) - 500}")) as line:
        line.sendall(body)
        status, _text = answer(line)
    # The rest is no request.
    assert status == 422
    assert rep.files() == before


@pytest.mark.parametrize("how", ["half closed", "reset"])
@pytest.mark.parametrize("whole_before", [False, True], ids=["alone", "second"])
def test_a_cut_connection_files_nothing(rep, server, how, whole_before):
    """Also not what was whole before the cut: the sender never hears of it."""
    before = rep.files()
    first = part(f"Ganz {how}.txt") + b"whole" + b"\r\n" if whole_before else b""
    begun = first + part("Halb.txt") + b"x" * 400_000
    with rep.open(rep.head("Content-Length: 2000000")) as line:
        line.sendall(begun)
        until(lambda: server.spooled >= 65_536, what="the file arrives")
        if how == "half closed":
            line.shutdown(socket.SHUT_WR)
            status, _text = answer(line)
            assert status == 422
        else:
            option = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
    until(lambda: server.spooled == 0, what="the temporary file is gone")
    assert rep.files() == before


def test_one_byte_over_the_limit_answers_413_and_keeps_memory_flat(rep, server):
    before, peak = rep.files(), peaks(server)
    start = part("Groß.txt")
    size = f"Content-Length: {len(start) + LIMIT + 1 + len(TAIL)}"
    status, text = rep.send(rep.head(size), start, *blanks(LIMIT + 1), TAIL)
    assert status == 413
    assert "Zu groß" in text
    assert rep.files() == before
    assert growth(server, peak) < MAX_GROWTH


def test_a_large_file_keeps_memory_flat(rep, server):
    start = part("45 MB.txt")
    peak = peaks(server)
    size = f"Content-Length: {len(start) + 45_000_000 + len(TAIL)}"
    status, _text = rep.send(rep.head(size), start, *blanks(45_000_000), TAIL)
    assert status == 200
    name = re.search(rf"/leads/{rep.lead}/anhaenge/\d+/", rep.get(tab(rep))[1])[0]
    status, text = rep.get(name)
    assert (status, len(text)) == (200, 45_000_000)
    assert growth(server, peak) < MAX_GROWTH


def test_a_bare_file_keeps_memory_flat_up_to_the_limit(rep, server):
    before, peak = rep.files(), peaks(server)
    status, text = rep.send(rep.bare_head(LIMIT + 1, "Gross.txt"), *blanks(LIMIT + 1))
    assert status == 413
    assert "Zu groß" in text
    assert rep.files() == before
    status, _text = rep.send(rep.bare_head(44_000_000, "Bar.txt"), *blanks(44_000_000))
    assert status == 200
    assert rep.files() == ["Bar.txt", *before]
    assert growth(server, peak) < MAX_GROWTH


def test_a_bare_file_that_is_cut_off_is_not_filed(rep, server):
    before = rep.files()
    with rep.open(rep.bare_head(2_000_000, "Halb.txt")) as line:
        line.sendall(b"x" * 1_500_000)
        until(lambda: server.spooled >= 65_536, what="the file arrives")
        line.shutdown(socket.SHUT_WR)
        status, text = answer(line)
    assert status == 422
    assert "unterbrochen" in text
    assert rep.files() == before


def test_more_than_a_request_may_hold_is_not_kept_as_a_bare_file(rep):
    before = rep.files()
    size = REQUEST_LIMIT + MIB
    status, _text = rep.send(rep.bare_head(size, "Viel.txt"), *blanks(size))
    assert status == 413
    assert rep.files() == before


def tab(rep):
    return f"/leads/{rep.lead}/?tab=anhaenge"


def growth(server, before):
    """How much the peak of any worker has grown, in bytes."""
    return max(peak - before[worker] for worker, peak in peaks(server).items())


def test_more_than_a_request_may_hold_answers_413(rep):
    before = rep.files()
    pieces = []
    for number in range(5):
        pieces += [part(f"Viel {number}.exe"), *blanks(45_000_000), b"\r\n"]
    pieces.append(TAIL)
    status, text = rep.send(rep.head(length(*pieces)), *pieces)
    assert status == 413
    assert "Zu viel auf einmal" in text
    assert rep.files() == before


def test_what_is_far_too_much_is_not_read(rep, server):
    status, text = rep.send(rep.head(f"Content-Length: {3 * REQUEST_LIMIT}"), part(), b"x")
    assert status == 413
    assert "Laden Sie weniger oder kleinere Dateien" in text


@pytest.mark.parametrize("address", [None, "/anmelden/", "/", "/gibt-es-nicht/"])
def test_of_a_strangers_files_nothing_is_kept(rep, server, address):
    start = part()
    size = f"Content-Length: {len(start) + 5_000_000 + len(TAIL)}"
    with rep.open(rep.head(size, address=address, stranger=True)) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(start)
            for piece in blanks(5_000_000):
                line.sendall(piece)
                assert server.spooled == 0
            line.sendall(TAIL)
        status, _text = answer(line)
    assert status in {302, 401, 403, 404, 405, None}


def test_files_for_another_address_are_not_kept(rep, server):
    start = part(field="datei")
    text = f'\r\n--{BORDER}\r\nContent-Disposition: form-data; name="text"\r\n\r\nAngerufen'
    rest = text.encode() + TAIL
    size = f"Content-Length: {len(start) + 3_000_000 + len(rest)}"
    head = rep.head(size, address=f"/leads/{rep.lead}/journal/")
    with rep.open(head) as line:
        line.sendall(start)
        for piece in blanks(3_000_000):
            line.sendall(piece)
            assert server.spooled == 0
        line.sendall(rest)
        status, _text = answer(line)
    assert status == 422


def test_21_files_are_refused_as_a_whole(rep):
    before = rep.files()
    body = b"\r\n".join(part(f"{n}.txt") + f"{n}".encode() for n in range(21)) + TAIL
    status, text = rep.send(rep.head(length(body)), body)
    assert status == 413
    assert "Laden Sie weniger oder kleinere Dateien" in text
    assert rep.files() == before


def test_a_folder_that_is_gone_answers_507(rep, server):
    folder = server.var / "uploads"
    folder.rename(server.var / "elsewhere")
    body = part("Weg.txt") + b"x" + TAIL
    try:
        status, text = rep.send(rep.head(length(body)), body)
    finally:
        (server.var / "elsewhere").rename(folder)
    assert status == 507
    assert "Die Datei konnte nicht gespeichert werden." in text


def test_uploads_arrive_in_a_folder_that_others_cannot_read(server):
    assert (server.var / "uploads").stat().st_mode & 0o777 == 0o700
