"""The whole benchmark, as small as it can be."""

import os
import subprocess
import sys

from django.conf import settings

from benchmarks.report import FIGURES
from leads.load import cast


def test_every_row_is_asked_for_and_stands_in_the_document(tmp_path):
    output = tmp_path / "benchmarks.md"
    output.write_text(f"# Kept\n\n{FIGURES}\n\nold\n")
    small = {
        "BENCH_DIR": str(tmp_path / "bench"), "SIZES": str(cast.FEWEST_LEADS),
        "DATABASES": "sqlite", "SAMPLES": "1", "UPLOAD_BYTES": "100000",
        "BENCH_OUTPUT": str(output),
    }  # fmt: skip
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks"], cwd=settings.BASE_DIR, env={**kept, **small},
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    text = output.read_text()
    assert text.startswith("# Kept\n")
    assert "old" not in text
    assert text.count(FIGURES) == 1
    assert run.stdout in text
    for name in (
        "list, first page", "list, last page", "search, common", "lead (heavy), journal",
        "phase move", "field edit", "journal entry", "accept", "bare view",
        "stock admin changelist",
    ):  # fmt: skip
        assert f"| {name} | " in text
    for reached in ("list / smallest view", "stock admin / list", "throughput / plain copy"):
        assert f"{reached}" in text
    assert "DATABASES='sqlite'" in text
