"""Killed at any moment: what was acknowledged is there, and nothing is half."""

import sys
from itertools import cycle, islice

from django.db import connection

from .waiting import pause, until

# Moments in which to kill, and what.
AIMS = ["arriving", "storing", "sent", "spooled", "acknowledged"]
TARGETS = ["all", "worker", "all", "database"]


def arriving(server, crew, chance):
    """While the bytes of an upload arrive."""
    crew.wait_for("sent a piece", chance.randint(2, 60))


def spooled(server, crew, chance):
    """When the file in which an upload is kept while it arrives has grown."""
    size = chance.choice([1, 1_000_000, 10_000_000])
    until(
        lambda: crew.errors or server.spooled >= size,
        what="a temporary file grows", pace=0.0005,
    )  # fmt: skip


def storing(server, crew, chance):
    """When the storage has got another file, or a piece of it: between file and row."""
    before = files_in(server.attachments)
    until(
        lambda: crew.errors or files_in(server.attachments) > before,
        what="the storage grows", pace=0.0002,
    )  # fmt: skip
    pause(chance.choice([0, 0.001, 0.005]))


def sent(server, crew, chance):
    """While the server works on a request that has arrived."""
    crew.wait_for("sent", chance.randint(2, 12))
    pause(chance.uniform(0, 0.03))


def acknowledged(server, crew, chance):
    """Right after an answer."""
    crew.wait_for("acknowledged", chance.randint(3, 15))


def files_in(folder):
    return sum(path.is_file() for path in folder.rglob("*"))


def test_whatever_is_killed_nothing_is_lost_or_half(
    server, cluster, crew, chance, kills, prove
):
    targets = [target for target in TARGETS if cluster or target != "database"]
    rounds = list(islice(zip(cycle(AIMS), cycle(targets), strict=False), kills))
    server.start()
    figures = {}
    for aim, target in rounds:
        with crew.at_work():
            crew.wait_for("acknowledged", chance.randint(2, 8))
            globals()[aim](server, crew, chance)
            if target == "all":
                server.kill()
            elif target == "worker":
                server.kill_worker(chance)
            else:
                cluster.crash()
                cluster.start()
                seen = crew.counts["acknowledged"]
                crew.wait_for("acknowledged", seen + 1)
        if target == "all":
            server.start()
        server.wait_until_ready()
        figures = prove()
    assert sum(figures["acknowledged"].values()) >= 2 * kills
    sys.stdout.write(f"\n{kills} kills on {connection.vendor}: {figures}\n")
