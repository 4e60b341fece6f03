"""docs/operations.md names every field of the logs and every figure, and no others."""

import itertools
import logging
import re
import tomllib

import leadbook
from leadbook import query_watch
from tests.house.sources import ROOT

from .test_metrics import figures, metrics

__all__ = ["figures", "metrics"]
TEXT = (ROOT / "docs/operations.md").read_text()


def rows(heading):
    """Name → the cell beside it, of the table below a heading."""
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE))


def test_every_field_of_a_line_is_described(page_of_anna, lead, monkeypatch, written):
    ticks = itertools.count()
    monkeypatch.setattr(query_watch, "perf_counter", lambda: next(ticks))
    page_of_anna.get(f"/leads/{lead.pk}/")
    try:
        raise ValueError
    except ValueError:
        logging.getLogger("leads").exception("It failed.")
    assert set(rows("The fields of a line")) == {name for line in written for name in line}


def test_every_figure_is_described_with_its_labels(figures, page_of_anna, lead):
    page_of_anna.get(f"/leads/{lead.pk}/")
    found = {}
    for name, *labels in figures():
        name = re.sub(r"_(bucket|count|sum)$", "", name)
        found.setdefault(name, set()).update(
            label for label, _value in labels if label != "le"
        )
    described = {
        name: set(re.findall(r"`(\w+)`", labels))
        for name, labels in rows("Figures for Prometheus").items()
    }
    assert described == found


def test_rules_of_alerts_use_figures_that_exist():
    used = set(re.findall(r"leadbook_\w+", TEXT.partition("## Alerts")[2]))
    described = rows("Figures for Prometheus")
    assert used
    assert {re.sub(r"_bucket$", "", name) for name in used} <= set(described)


def test_the_version_is_that_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == leadbook.__version__
