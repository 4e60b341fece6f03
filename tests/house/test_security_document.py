"""docs/security.md names a test, or a reason, for every promise; and the tests exist."""

import ast
import re
from itertools import chain
from pathlib import Path

from .sources import ROOT

PROMISES = {
    "AU": 13, "AZ": 11, "W": 12, "I": 8, "U": 13, "IM": 5, "C": 10, "D": 6, "A": 5, "G": 6,
    "B": 3,
}  # fmt: skip
REASON = "Nothing to prove"


def rows():
    """Number → the cells behind it, for each line of the document's tables."""
    lines = (ROOT / "docs/security.md").read_text().splitlines()
    cells = (re.split(r"(?<!\\)\|", line)[1:-1] for line in lines if line.startswith("|"))
    found = [[cell.strip() for cell in row] for row in cells]
    return [row for row in found if re.fullmatch(r"[A-Z]+\d+", row[0])]


def names_in(path):
    """The names of the test functions and classes of a module."""
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Assign)
    for node in ast.parse(Path(path).read_text()).body:
        if isinstance(node, kinds[:2]):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if hasattr(target, "id"))


def test_every_promise_has_its_line():
    wanted = [f"{name}{n}" for name, last in PROMISES.items() for n in range(1, last + 1)]
    assert sorted(row[0] for row in rows()) == sorted(wanted)


def test_every_promise_is_shown_by_a_test_or_has_its_reason():
    unproven = [row[0] for row in rows() if "::" not in row[2] and REASON not in row[2]]
    assert unproven == []


def test_every_test_that_is_named_exists():
    named = set(chain.from_iterable(re.findall(r"`([^`]+::\w+)`", row[2]) for row in rows()))
    modules = {name.split("::")[0] for name in named}
    assert all((ROOT / "tests" / module).is_file() for module in modules)
    existing = {f"{m}::{test}" for m in modules for test in names_in(ROOT / "tests" / m)}
    assert named - existing == set()
