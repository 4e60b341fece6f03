"""Large files through the real server: how much memory, how fast (issue 4, point 5).

LARGE_BYTES=2000000000 makes them as large as that; the figures are printed with -s:

    LARGE_BYTES=2000000000 .venv/bin/python -m pytest -s tests/faults/test_large_files.py
"""

import json
import os
import re
import socket
import subprocess
import sys
import time

import boto3
import pytest

from .browser import Lost
from .server import Server
from .test_bodies import BORDER, MAX_GROWTH, TAIL, Rep, answer, part, peaks, tab
from .throughput import plain_copy, text, upload
from .waiting import pause, until

pytestmark = pytest.mark.once

SIZE = int(os.environ.get("LARGE_BYTES", "120000000"))
LIMITS = {
    "UPLOAD_MAX_BYTES": str(SIZE + SIZE // 10),
    "UPLOAD_MAX_REQUEST_BYTES": str(SIZE + SIZE // 5),
    "UPLOAD_MAX_BYTES_PER_LEAD": str(20 * SIZE),
}


@pytest.fixture
def serve(tmp_path):
    """Return a function that starts a server with more settings; gives it and a rep."""
    servers = []

    def serve(**variables):
        server = Server(tmp_path / "server", **LIMITS, **variables)
        servers.append(server)
        server.prepare()
        server.stage = server.module("tests.faults.stage", "0")
        server.start()
        return server, Rep(server, "rep0")

    yield serve
    for server in servers:
        server.remove()


def growth(server, before):
    return max(peak - before[worker] for worker, peak in peaks(server).items())


def megabytes(figure):
    return f"{figure / 1e6:.0f} MB"


def tell(figures):
    """Print a line; pytest shows it with -s."""
    sys.stdout.write(f"\n{figures}\n")


def fetch(rep, address, asked=None):
    """Fetch a file without keeping it; return status and number of bytes."""
    cookies = "; ".join(f"{name}={value}" for name, value in rep.cookies.items())
    lines = [
        f"GET {address} HTTP/1.1", f"Host: 127.0.0.1:{rep.port}", f"Cookie: {cookies}",
        "Connection: close", *([f"Range: {asked}"] if asked else []), "", "",
    ]  # fmt: skip
    with rep.open("\r\n".join(lines).encode()) as line:
        read = b""
        while b"\r\n\r\n" not in read and (piece := line.recv(65_536)):
            read += piece
        head, _end, body = read.partition(b"\r\n\r\n")
        size = len(body)
        while piece := line.recv(1 << 20):
            size += len(piece)
    return int(head.split()[1]), size


def address_of_newest(rep):
    return re.search(rf"/leads/{rep.lead}/anhaenge/\d+/", rep.get(tab(rep))[1])[0]


def test_a_large_file_through_the_application(serve, tmp_path):
    server, rep = serve()
    upload(rep, "Klein.txt", 1_000_000, part=part, tail=TAIL)
    before = peaks(server)
    plain = plain_copy(tmp_path, SIZE)
    status, speed = upload(rep, "Groß.txt", SIZE, part=part, tail=TAIL)
    assert status == 200
    grown = growth(server, before)
    tell(
        f"{megabytes(SIZE)} up: {megabytes(speed)}/s, a plain copy {megabytes(plain)}/s "
        f"(ratio {speed / plain:.2f}); a worker's memory grew by {megabytes(grown)}"
    )
    assert grown < MAX_GROWTH
    # Renamed, not copied: beside it on the disk there is nothing of it.
    assert server.spooled == 0
    address = address_of_newest(rep)
    assert fetch(rep, address) == (200, SIZE)
    assert fetch(rep, address, f"bytes={SIZE - 1000}-") == (206, 1000)
    assert growth(server, before) < MAX_GROWTH


def test_what_is_over_the_limit_is_refused_however_large(serve):
    server, rep = serve()
    before, size = peaks(server), int(LIMITS["UPLOAD_MAX_BYTES"]) + 1
    status, _speed = upload(rep, "Zu groß.txt", size, part=part, tail=TAIL)
    assert status == 413
    assert growth(server, before) < MAX_GROWTH


@pytest.fixture
def s3(tmp_path, monkeypatch):
    """A server of S3 in a process of its own: moto holds its files in memory."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    address = f"http://127.0.0.1:{port}"
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1")

    def is_there():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(is_there, what="the bucket's server is there")
    client.create_bucket(Bucket="anhaenge")
    client.address = address
    yield client
    process.kill()
    process.wait()


def send_to_bucket(form, name, size):
    """Send a text of `size` bytes by the signed form; return the status."""
    fields = "".join(
        f'--{BORDER}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in form["fields"].items()
    )
    start = fields.encode() + part(name, field="file")
    host, path = re.fullmatch(r"http://([^/]+)(/.*)", form["address"]).groups()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: "
        f"{len(start) + size + len(TAIL)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BORDER}\r\n\r\n"
    )
    address, port = host.split(":")
    with socket.create_connection((address, int(port))) as line:
        line.sendall(head.encode() + start)
        for piece in text(size, name.encode()):
            line.sendall(piece)
        line.sendall(TAIL)
        return answer(line)[0]


def finish(rep, address):
    """Ask until the file is filed, as a page does when nobody waited for the answer."""
    while True:
        try:
            status, _text = rep.post(address, {})
        except Lost:
            continue
        if status != 202:
            return status
        pause(1)


@pytest.mark.parametrize("way", ["direct=1", "direct=0"])
def test_a_large_file_by_way_of_a_bucket(serve, s3, way):
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
    server, rep = serve(
        ATTACHMENTS=f"s3://anhaenge/leads?endpoint_url={s3.address}&{way}", **keys
    )
    upload(rep, "Klein.txt", 1_000_000, part=part, tail=TAIL)
    # What boto loads for the first time is not the file's.
    assert fetch(rep, address_of_newest(rep))[0] in {200, 302}
    before = peaks(server)
    if way == "direct=1":
        at = f"/leads/{rep.lead}/anhaenge/direkt/"
        status, form = rep.post(at, {"name": "Groß.txt", "size": SIZE})
        assert status == 200
        form = json.loads(form)
        assert send_to_bucket(form, "Groß.txt", SIZE) == 204
        began = time.perf_counter()
        assert finish(rep, form["arrived"]) == 303
        took = time.perf_counter() - began
        tell(
            f"{megabytes(SIZE)} checked and attached in {took:.1f} s; "
            f"a worker's memory grew by {megabytes(growth(server, before))}"
        )
    else:
        status, _speed = upload(rep, "Groß.txt", SIZE, part=part, tail=TAIL)
        assert status == 200
    assert growth(server, before) < MAX_GROWTH
    address = address_of_newest(rep)
    if way == "direct=1":
        assert fetch(rep, address)[0] == 302
    else:
        assert fetch(rep, address) == (200, SIZE)
        assert fetch(rep, address, f"bytes={SIZE - 1000}-") == (206, 1000)
    assert growth(server, before) < MAX_GROWTH
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="anhaenge")["Contents"]]
    assert len(keys) == 2
    assert not [key for key in keys if "pending" in key]
