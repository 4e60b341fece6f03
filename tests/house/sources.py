"""The sources that the house rules look at."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = [
    ".ci", "benchmarks", "deploy", "docs", "leadbook", "leads", "locale", "marketplaces",
    "requirements",
    "scripts", "static", "templates", "tests",
]  # fmt: skip
APPS = ["leadbook", "leads", "marketplaces"]
# Django Unfold's own look, with its own classes and a policy of its own.
ADMIN = ("templates/admin/", "templates/unfold/", "static/admin/")
# No page, but a file that is handed out: it brings its own style sheet.
HANDED_OUT = "templates/privacy/"


def files(*endings, among=FOLDERS):
    """Path below the root → text, of the project's own files with one of the endings."""
    found = {}
    for folder in among:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name = str(path.relative_to(ROOT))
                if name.endswith(endings):
                    found[name] = path.read_text(encoding="utf-8")
    return found


def python(*, migrations=False):
    """The applications' modules."""
    modules = files(".py", among=APPS)
    return {n: text for n, text in modules.items() if migrations or "/migrations/" not in n}


def templates(*, admin=False):
    """The application's templates, without their comments."""
    found = files(".html", among=["templates"])
    for name in found:
        if name.startswith(HANDED_OUT):
            found[name] = re.sub(r"<style>.*?</style>", "", found[name], flags=re.DOTALL)
    return {
        name: re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", text, flags=re.DOTALL)
        for name, text in found.items()
        if admin or not name.startswith((*ADMIN, HANDED_OUT))
    }


def styles():
    """The application's style sheets, without comments and addresses."""
    found = files(".css", among=["static"])
    return {
        name: re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        for name, text in found.items()
        if not name.startswith(ADMIN)
    }


def scripts():
    """The application's JavaScript modules, without comments."""
    found = files(".js", among=["static"])
    return {
        name: re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", text, flags=re.DOTALL)
        for name, text in found.items()
        if not name.startswith(ADMIN)
    }


def matches(pattern, texts, flags=0):
    """`file:line: text` of each place where the pattern is found."""
    return [
        f"{name}:{text.count('\n', 0, found.start()) + 1}: {found[0].strip()}"
        for name, text in texts.items()
        for found in re.finditer(pattern, text, flags)
    ]
