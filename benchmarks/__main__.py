"""Run the benchmark: `make bench`, or `python -m benchmarks` with the same variables.

SIZES and DATABASES say which, SAMPLES how often each row is asked for, UPLOAD_BYTES how
large the upload is. The seeded databases stay in BENCH_DIR. A run that was interrupted
goes on where it stopped, unless a source has changed since; AFRESH=1 begins anew. What
was measured before of databases that DATABASES leaves out stays in the report.
"""

import json
import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from . import report, rows, uploading
from .databases import ENGINES, fingerprint
from .server import ROOT, Server, manage

SOURCES = (
    "benchmarks", "leadbook", "leads", "marketplaces", "templates", "static", "locale",
)  # fmt: skip
WARM_UP = 2
# What a list says where it does not know a part of its address.
LEFT_OUT = "Einen Filter dieser Ansicht oder Adresse gibt es hier nicht mehr"
# A row that has taken so many seconds in all is not asked for again, after a few samples.
BUDGET, FEWEST_SAMPLES = 20, 3
# A row that takes so many seconds need not be warmed up twice.
SLOW = 1


def main():
    """Seed, measure, report."""
    # Whoever ends the run ends its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(
        os.environ.get("BENCH_DIR") or Path(tempfile.gettempdir()) / "leadbook-benchmark"
    ).resolve()
    names = os.environ.get("DATABASES", "sqlite postgresql").split()
    sizes = sorted(map(int, os.environ.get("SIZES", "1000 1000000").split()))
    samples = int(os.environ.get("SAMPLES", "25"))
    upload = int(os.environ.get("UPLOAD_BYTES", "1000000000"))
    output = os.environ.get("BENCH_OUTPUT", ROOT / "docs" / "benchmarks.md")
    given = " ".join(
        f"{name}='{os.environ[name]}'"
        for name in ("SIZES", "DATABASES", "SAMPLES", "UPLOAD_BYTES")
        if os.environ.get(name)
    )
    for name in names:
        database = ENGINES[name](folder)
        database.start()
        try:
            for size in sizes:
                database.seed(size)
            measure(database, sizes, samples=samples, upload=upload)
        finally:
            database.stop()
    results = {}
    for name in ENGINES:
        path = folder / name / "result.json"
        if path.exists() and (result := json.loads(path.read_text()))["is_complete"]:
            results[name] = result
    text = report.text(results, command=f"{given} make bench".strip())
    sys.stdout.write(text)
    report.write(output, text)


def measure(database, sizes, *, samples, upload):
    """Ask for all rows of all sizes in turn, `samples` times, and keep what it took."""
    path = database.folder / "result.json"
    run = {"key": fingerprint(*SOURCES), "sizes": sizes, "wanted": samples, "size": upload}
    result = json.loads(path.read_text()) if path.exists() else {}
    afresh = os.environ.get("AFRESH") == "1" or result.get("run") != run
    if afresh:
        result = {
            "run": run, "title": database.title, "version": database.version, "sizes": sizes,
            "seeding": {size: database.seconds_to_seed(size) for size in sizes},
            "samples": {str(size): {} for size in sizes}, "rounds": 0, "is_complete": False,
        }  # fmt: skip
    if result["is_complete"]:
        return
    with ExitStack() as stack:
        stages = {size: _staged(database, size, stack, afresh=afresh) for size in sizes}
        asked = rows.rows()
        warm = {str(size): {} for size in sizes}
        for _round in range(WARM_UP):
            _ask_all(asked, stages.items(), warm, budget=SLOW, fewest=1)
        while result["rounds"] < samples:
            turn = reversed if result["rounds"] % 2 else list
            _ask_all(asked, list(turn(stages.items())), result["samples"])
            result["rounds"] += 1
            path.write_text(json.dumps(result))
            _tell(f"{database.title}: round {result['rounds']} of {samples}")
        # What is uploaded does not depend on how many leads there are.
        if upload and "upload" not in result:
            result["upload"] = uploading.measure(*stages[sizes[0]], size=upload)
    result["is_complete"] = True
    path.write_text(json.dumps(result))
    for size in sizes:
        database.drop_run(size)


def _staged(database, size, stack, *, afresh):
    """Start the server of one size and stop it with the `stack`; return Stage and Server."""
    var, address = database.run(size, afresh=afresh)
    _tell(f"{database.title}: starting with {size} leads")
    # What other applications have added since the seeding.
    manage(var, address, "migrate", "--verbosity=0")
    if not (var / "static").exists():
        manage(var, address, "collectstatic", "--noinput", "--verbosity=0")
    server = Server(var, address)
    server.start()
    stack.callback(server.stop)
    return rows.Stage(server, size), server


def _ask_all(asked, stages, samples, *, budget=BUDGET, fewest=FEWEST_SAMPLES):
    """Ask for each row of each size, one after the other, and keep what it took.

    Each after an untimed request, and the other size first every other time: otherwise the
    first one would pay for what the row before has thrown out of the processor's caches,
    and the next one find it there.
    """
    for row in asked:
        for size, (stage, _server) in stages:
            kept = samples[str(size)].setdefault(f"{row.name}|{row.who}", [])
            if len(kept) >= fewest and sum(s[0] for s in kept) > budget * 1000:
                continue
            row.before(stage)
            answer = row.ask(stage)
            if answer.seconds > SLOW:
                _tell(f"{row.name} ({row.who}), {size} leads: {answer.seconds:.1f} s")
            if answer.status not in row.statuses:
                raise RuntimeError(f"{row.name}, {size} leads: {answer.status}")
            if LEFT_OUT in answer.text:
                raise RuntimeError(f"{row.name}, {size} leads: the list is another one")
            taken = (answer.seconds * 1000, answer.queries, len(answer.body), answer.cpu)
            kept.append([round(figure, 3) for figure in taken])


def _tell(line):
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
