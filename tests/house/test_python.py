"""House rules of the Python code, with a reason beside each exception."""

import ast
import re
from collections import Counter

import pytest
from django.core.management import call_command

from .sources import FOLDERS, ROOT, files, matches, python

# What lets text become markup, or takes a view out of the protection of its forms.
FORBIDDEN = r"\b(mark_safe|SafeString|SafeText|format_html\w*|html_safe|csrf_exempt)\b"


# The way out of mails is asked for by mail programs, which have no cookie and no form
# (RFC 8058): their signed link permits that and nothing else.
UNPROTECTED = {"marketplaces/views/profile.py": 2}


def test_no_text_becomes_markup_and_no_form_goes_unprotected():
    found = []
    for name, text in python(migrations=True).items():
        for line in text.splitlines():
            if re.search(FORBIDDEN, line):
                found.append(f"{name}: {line.strip()}")
    allowed = [line for line in found if "csrf_exempt" in line]
    assert Counter(line.partition(":")[0] for line in allowed) == UNPROTECTED
    assert [line for line in found if line not in allowed] == []


def test_views_admin_and_template_tags_do_not_build_queries():
    """Querysets speak the product's language; see STYLE, rule 5."""
    verbs = {"filter", "exclude", "aggregate", "annotate", "raw", "extra"}
    found = []
    for name, text in python().items():
        if not re.search(r"/views/|/admin|admin\.py$|/templatetags/", name):
            continue
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            # Unlike a queryset's, a dictionary's get() takes no keywords.
            is_get = node.func.attr == "get" and (
                node.keywords or "objects" in ast.unparse(node)
            )
            if node.func.attr in verbs or is_get:
                found.append(f"{name}:{node.lineno}: {ast.unparse(node)[:80]}")
    assert found == []


# How a query of what somebody may see begins: each asks who it is for.
SCOPES = {
    # A signed link names its one row.
    "of_token",
    "visible_to",
    "one_visible_to",
    "open_to",
    "gone_for",
    "operated_by",
    "seen_by",
    "worked_by",
}


def unscoped(text):
    """Lines that reach rows without saying for whom: `Lead.objects.get(pk=…)` and its kin."""
    found = []
    tree = ast.parse(text)
    begun = {id(node.value): node.attr for node in ast.walk(tree) if hasattr(node, "attr")}
    for node in ast.walk(tree):
        source = ast.unparse(node) if isinstance(node, ast.Call | ast.Attribute) else ""
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "people"}:
            wrong = begun.get(id(node)) not in SCOPES
        elif isinstance(node, ast.Attribute):
            wrong = node.attr in {"_base_manager", "_default_manager"}
        elif isinstance(node, ast.Call) and source.startswith("get_object_or_404("):
            wrong = isinstance(node.args[0], ast.Name) and node.args[0].id[0].isupper()
        else:
            wrong = False
        if wrong:
            found.append(f"{node.lineno}: {source}")
    return found


def test_a_view_asks_only_for_what_somebody_may_see():
    found = {
        name: lines
        for name, text in python().items()
        if re.search(r"/views/", name) and (lines := unscoped(text))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "Lead.objects.get(pk=1)", "Lead.objects.all()", "get_object_or_404(Lead, pk=1)",
        "rows = Attachment.objects", "Lead._base_manager.first()", "User.people.first()",
        "Lead.objects.worked().visible_to(user)",
    ],
)  # fmt: skip
def test_a_view_that_forgets_to_ask_is_noticed(line):
    assert len(unscoped(line)) == 1
    assert unscoped("get_object_or_404(Lead.objects.visible_to(user), pk=1)") == []


def test_no_request_below_the_views():
    """Models, forms and the plain modules beside them do not know who asks by HTTP."""
    modules = {
        name: text
        for name, text in python().items()
        if re.search(r"/models/|/(forms|fields|kinds|moments|paging|importing)\.py", name)
        and "/views/" not in name
    }
    assert matches(r"\brequest\b(?!\")", modules) == []


def test_no_hidden_hands():
    """No signals, no overridden save(), no global that knows the user.

    Only the door and the id of the request are known everywhere, from one module. The log's
    lines know their request, too; nobody else can ask for it.
    """
    pattern = r"django\.dispatch|@receiver|post_save|pre_save|threading\.local|contextvars"
    exceptions = {"leadbook/provenance.py", "leadbook/access_log.py"}
    modules = {n: text for n, text in python().items() if n not in exceptions}
    assert matches(pattern, modules) == []
    models = {name: text for name, text in python().items() if "/models/" in name}
    assert matches(r"def (save|delete)\(self", models) == []


def test_no_process_keeps_for_itself_what_all_must_share():
    """Sessions, attempts and tasks are in the database; Django's cache is per process."""
    modules = python()
    del modules["leadbook/security_log.py"]  # each process counts its lines for itself
    assert matches(r"django\.core\.cache\b", modules) == []


def test_nothing_is_printed_and_nothing_is_left_for_later():
    printed = []
    for name, text in python().items():
        if "/management/commands/" in name:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                "print", "breakpoint", "pprint",
            }:  # fmt: skip
                printed.append(f"{name}:{node.lineno}")
    assert printed == []
    words = r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|NotImpl" + "ementedError"
    assert matches(words, files(".py", ".html", ".css", ".js", ".md", ".toml")) == []


def test_no_test_is_switched_off():
    pattern = r"pytest\.(mark\.)?(skip|xfail)|unittest\.skip|time\.sl" + "eep"
    tests = files(".py", among=["tests"])
    del tests["tests/house/test_python.py"]
    assert matches(pattern, tests) == []


@pytest.mark.django_db
def test_the_migrations_are_complete(capsys):
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    assert "No changes detected" in capsys.readouterr().out


# What the repository must not name ----------------------------------------------------

# Spelled in parts, so that this file does not name them itself.
HOSTS = [".".join(parts) for parts in (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"),
    ("yarnpkg", "com"), ("crates", "io"), ("rubygems", "org"), ("proxy", "golang", "org"),
    ("unpkg", "com"), ("jsdelivr", "net"), ("cdnjs", "cloudflare", "com"),
    ("registry", "terraform", "io"), ("docker", "io"), ("ghcr", "io"), ("quay", "io"),
    ("conda", "anaconda", "org"), ("fonts", "googleapis", "com"),
)]  # fmt: skip
PLACES = ["/" + part for part in ("work/", "root/", "home/", "Users/", "mnt/")]
TOP = ["README.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml", "manage.py", ".gitignore",
       "gunicorn.conf.py", ".dockerignore",
       ".editorconfig", ".python-version"]  # fmt: skip


def everything_readable():
    texts = {}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                texts[str(path.relative_to(ROOT))] = path.read_bytes().decode("latin-1")
    for name in TOP:
        if (ROOT / name).exists():
            texts[name] = (ROOT / name).read_text()
    return texts


def test_no_registry_and_no_place_of_one_machine_is_named():
    pattern = "|".join(map(re.escape, HOSTS))
    assert matches(pattern, everything_readable(), re.IGNORECASE) == []
    # Not behind a word: /leads/work/ would be an address, not a folder.
    places = r"(?<![\w.>/}-])(" + "|".join(map(re.escape, PLACES)) + ")"
    assert matches(places, everything_readable()) == []
