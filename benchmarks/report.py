"""The tables, and the ratios against what is to be reached."""

import os
import platform
import re
import statistics
from importlib.metadata import version
from pathlib import Path

from leadbook.numbers import german
from leads.load import cast

from . import rows, server

FIGURES = "<!-- Figures: written by `make bench` -->"
# A worker's idle memory, from which an upload may not lead it away further.
GROWTH = 30_000_000


def write(path, text):
    """Put `text` in the place of the figures of the document at `path`."""
    path = Path(path)
    kept = path.read_text().partition(FIGURES)[0] if path.exists() else ""
    path.write_text(f"{kept}{FIGURES}\n\n{text}")


def text(results, *, command):
    """Return the whole report on `results`, engine → what `measure` gave."""
    parts = [_machine(results, command)]
    for result in results.values():
        parts += [f"## {result['title']}\n", _targets(result)]
        parts += [_table(result, size) for size in result["sizes"]]
    return "\n".join(parts)


def _machine(results, command):
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    model = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    programs = [f"Python {platform.python_version()}", f"Django {version('django')}"]
    programs += [f"gunicorn {version('gunicorn')}"]
    programs += [result["version"] for result in results.values()]
    processor = f" ({model[0]})" if model else ""
    lines = [
        f"Command: `{command}`",
        "",
        f"Machine: {os.cpu_count()} cores{processor}, {memory:.0f} GB, {platform.system()} "
        f"{platform.release()}. {', '.join(programs)}.",
        f"Server: gunicorn, {server.WORKERS} workers, {server.THREADS} threads each, "
        "MODE=production; one client on the same machine.",
        "",
    ]
    for result in results.values():
        seeds = ", ".join(
            f"{_count(size)} leads in {seconds:.0f} s"
            for size, seconds in result["seeding"].items()
        )
        lines.append(f"Seeding, {result['title']}: {seeds}.")
    return "\n".join([*lines, ""])


def median(result, size, name, who=cast.MANY):
    """Return the median of a row in milliseconds."""
    return statistics.median(s[0] for s in result["samples"][str(size)][f"{name}|{who}"])


def _table(result, size):
    smallest = result["sizes"][0]
    bare = median(result, size, rows.BARE)
    lines = [
        f"### {result['title']}, {_count(size)} leads\n",
        "| row | who | median ms | p95 ms | CPU ms | queries | bytes | × bare |"
        f" × {_count(smallest)} |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for key, samples in result["samples"][str(size)].items():
        name, who = key.split("|")
        times = sorted(sample[0] for sample in samples)
        middle = statistics.median(times)
        growth = middle / median(result, smallest, name, who)
        lines.append(
            f"| {name} | {who} | {middle:.1f} | {_p95(times):.1f} |"
            f" {statistics.median(s[3] for s in samples):.1f} |"
            f" {statistics.median_high(s[1] for s in samples)} |"
            f" {_count(statistics.median_high(s[2] for s in samples))} |"
            f" {middle / bare:.1f} | {growth:.2f} |"
        )
    return "\n".join([*lines, ""])


def _p95(times):
    return times[min(len(times) - 1, round(0.95 * (len(times) - 1)))]


def _targets(result):
    lines = ["| to reach | figure | limit | |", "|---|--:|--:|---|"]
    for what, figure, limit, is_met in targets(result):
        told = {True: "met", False: "**missed**", None: ""}[is_met]
        lines.append(f"| {what} | {figure} | {limit} | {told} |")
    return "\n".join([*lines, ""])


def targets(result):
    """Yield what is to be reached: what, the figure, the limit, whether it is met.

    None where there is no limit: what only explains the line before.
    """
    sizes = result["sizes"]
    small, large = sizes[0], sizes[-1]
    if small != large:
        yield from _flat(result, small, large)
    for size in sizes:
        of = f"at {_count(size)} leads"

        def ratio(one, two, size=size, who=cast.MANY, of_two=cast.MANY):
            return median(result, size, one, who) / median(result, size, two, of_two)

        yield _most(f"last page / first page, {of}", ratio("list, last page", LIST), 1.1)
        yield _most(f"list / smallest view, {of}", ratio(LIST, rows.SMALLEST), 1.6)
        few = ratio(LIST, rows.SMALLEST_FEW, who=cast.FEW)
        yield _most(f"list of 20 / smallest view, {of}", few, 1.6)
        for name in ("plain", "heavy"):
            page = ratio(f"lead ({name}), journal", rows.BARE)
            yield _most(f"lead page ({name}) / bare view, {of}", page, 4)
        for name in ("field edit", "phase move", "journal entry"):
            yield _most(f"{name} / bare view, {of}", ratio(name, rows.BARE), 4)
        yield _most(f"search, rare / list, {of}", ratio("search, rare", LIST), 2)
        yield _most(f"search, common / list, {of}", ratio("search, common", LIST), 3)
    admin = median(result, large, rows.ADMIN, cast.SUPERUSER) / median(result, large, LIST)
    yield f"stock admin / list, at {_count(large)} leads", f"{admin:.1f}", "≥ 10", admin >= 10
    if upload := result.get("upload"):
        share = upload["upload"] / upload["copy"]
        what = f"upload of {upload['size'] / 1e9:g} GB"
        yield f"{what}: throughput / plain copy", f"{share:.2f}", "≥ 0.5", share >= 0.5
        lasting = f"{upload['upload'] / upload['lasting copy']:.2f}"
        yield f"{what}: throughput / plain copy that waits for the disk", lasting, "", None
        growth = upload["growth"]
        told = f"{growth / 1e6:.1f} MB"
        yield f"{what}: a worker's memory over idle", told, "≤ 30 MB", growth <= GROWTH


LIST = "list, first page"


def _flat(result, small, large):
    """Yield how much slower the rows are at the largest size: the worst, and how many."""
    growths = {}
    for key in result["samples"][str(large)]:
        name, who = key.split("|")
        if name != rows.ADMIN:
            growths[key] = median(result, large, name, who) / median(result, small, name, who)
    worst = max(growths, key=growths.get)
    of = f"{_count(large)} / {_count(small)} leads"
    name, who = worst.split("|")
    yield _most(f"{of}, worst row: {name} ({who})", growths[worst], 1.25)
    met = sum(growth <= 1.25 for growth in growths.values())
    yield f"{of}, rows at most 1.25", f"{met} of {len(growths)}", "all", met == len(growths)


def _most(what, figure, limit):
    return what, f"{figure:.2f}", f"≤ {limit:g}", figure <= limit


def _count(number):
    return german(number)
