"""House rules of style sheets and JavaScript: nothing undefined, nothing unused."""

import re
from pathlib import PurePosixPath

from .sources import ROOT, matches, python, scripts, styles, templates

CSS = "static/css/"
# Classes that Python gives its elements, and where.
FROM_PYTHON = {
    "lead-table__cell--lead": "leads/columns.py",
    "lead-table__cell--plain": "leads/columns.py",
    "lead-table__cell--number": "leads/columns.py",
    "icon": "leadbook/templatetags/ui.py",
}
# Classes that htmx gives an element while its request runs.
FROM_HTMX = {"htmx-request"}
# Components that only ever stand together: a single one and its row, a thing and its parts.
COMPANIONS = {
    "attachments.css": {"drop-zone", "file", "files"},
    "button.css": {"button", "icon-button"},
    "chip.css": {"chip", "chips"},
    "dossier.css": {"dossier", "dossier-tools"},  # on the paper, and beside it
    "field.css": {"field", "fields", "field-error"},
    "form.css": {
        "stack",
        "choices",
        "moment",
        "form-grid",
    },  # what all forms are laid out with
    "journal.css": {"journal", "entry", "composer", "kinds"},
    "notice.css": {"notice", "notices"},
    "offer.css": {"offer", "offers"},
    "pager.css": {"pager", "more"},
    "toast.css": {"toast", "toast-stack"},
    "topbar.css": {"topbar", "main-nav"},
    "views.css": {"views", "views-page"},  # above a list, and the page that orders them
}


def without_addresses(text):
    return re.sub(r"url\([^)]*\)|\"[^\"]*\"", "", text)


def test_every_custom_property_is_defined():
    tokens = set(re.findall(r"(--[\w-]+)\s*:", styles()[f"{CSS}tokens.css"]))
    undefined = []
    for name, text in styles().items():
        local = set(re.findall(r"(--[\w-]+)\s*:", text))
        for used in re.findall(r"var\(\s*(--[\w-]+)", text):
            if used not in tokens | local:
                undefined.append(f"{name}: {used}")
    assert undefined == []


def test_every_token_is_used():
    everything = "\n".join(styles().values())
    defined = set(re.findall(r"(--[\w-]+)\s*:", styles()[f"{CSS}tokens.css"]))
    used = set(re.findall(r"var\(\s*(--[\w-]+)", everything))
    assert defined - used == set()


def test_colours_stand_in_the_tokens_only():
    texts = {n: t for n, t in styles().items() if not n.endswith(("tokens.css", "print.css"))}
    # currentColor, transparent and mixtures of tokens are no colours of their own.
    pattern = r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])|\b(rgb|hsl|oklch|lab)a?\("
    assert matches(pattern, texts) == []


def test_no_important_and_no_ids():
    assert matches(r"!important", styles()) == []
    selectors = {
        name: re.sub(r"\{[^{}]*\}", "{}", without_addresses(text))
        for name, text in styles().items()
    }
    assert matches(r"(^|[\s,>+~}])#[a-zA-Z][\w-]*", selectors, re.MULTILINE) == []


def classes_of_styles():
    found = set()
    for text in styles().values():
        found |= set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", without_addresses(text)))
    return found


def classes_of_templates():
    """Whole class names, and patterns for those that a template completes."""
    names, patterns = set(), set()
    for text in templates().values():
        # A tag inside an attribute may hold quotes: {% if x == "y" %}.
        plain = re.sub(r"\{%.*?%\}", " ", text, flags=re.DOTALL)
        plain = re.sub(r"\{\{.*?\}\}", "\0", plain, flags=re.DOTALL)
        for value in re.findall(r"\bclass=\"([^\"]*)\"", plain):
            for name in value.split():
                if name == "\0":
                    continue  # Python's own class, see FROM_PYTHON
                if "\0" in name:
                    patterns.add(re.escape(name).replace("\0", r"[\w-]+"))
                else:
                    names.add(name)
    return names, patterns


def classes_of_scripts():
    found = set()
    for text in scripts().values():
        for call in re.findall(r"classList\.\w+\(([^)]*)\)|className\s*=\s*([^;]+)", text):
            for quoted in re.findall(r"\"([\w -]+)\"", " ".join(call)):
                found |= set(quoted.split())
    return found


def test_python_gives_the_classes_that_it_is_said_to_give():
    for name, module in FROM_PYTHON.items():
        assert f'"{name}"' in python()[module]


def test_every_class_is_styled():
    names, patterns = classes_of_templates()
    styled = classes_of_styles()
    used = names | classes_of_scripts() | set(FROM_PYTHON)
    assert used - styled == set()
    nowhere = [p for p in patterns if not any(re.fullmatch(p, name) for name in styled)]
    assert nowhere == []


def test_every_styled_class_is_used():
    names, patterns = classes_of_templates()
    used = names | classes_of_scripts() | set(FROM_PYTHON) | FROM_HTMX
    unused = {
        name
        for name in classes_of_styles() - used
        if not any(re.fullmatch(pattern, name) for pattern in patterns)
    }
    assert unused == set()


def test_every_style_sheet_is_imported_once_and_exists():
    tables = ("app.css", "paper.css")
    table = "\n".join((ROOT / CSS / name).read_text() for name in tables)
    imported = re.findall(r"@import url\(\"([^\"]+)\"\)", table)
    present = {name.removeprefix(CSS) for name in styles()}
    assert sorted(imported) == sorted(present - {*tables})
    # Nothing else stands in the table of contents.
    rest = re.sub(r"@import [^;]+;|@layer [^;{]+;|/\*.*?\*/", "", table, flags=re.DOTALL)
    assert rest.strip() == ""


def test_a_component_has_one_root_class():
    """static/css/components/stepper.css styles .stepper and .stepper__… and no stranger."""
    strangers = []
    for name, text in styles().items():
        path = PurePosixPath(name)
        if path.parent.name != "components":
            continue
        roots = COMPANIONS.get(path.name, {path.stem})
        for selector in re.findall(r"(?:^|\})\s*\.([a-z][\w-]*)", without_addresses(text)):
            if re.split(r"__|--", selector)[0] not in roots:
                strangers.append(f"{path.name}: {selector}")
    assert strangers == []


def test_every_script_is_imported_and_exists():
    modules = scripts()
    imported = set()
    for name, text in modules.items():
        for target in re.findall(r"(?:import\(|(?:import|from)\s+)\"(\.[^\"]+)\"", text):
            path = (ROOT / name).parent / target
            imported.add(str(path.resolve().relative_to(ROOT)))
    entries = {f"static/js/{name}.js" for name in ("app", "lead", "settings")}
    assert imported == set(modules) - entries


def test_scripts_bring_no_markup_and_evaluate_nothing():
    pattern = r"(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert matches(pattern, scripts()) == []


def test_scripts_keep_nothing_in_the_browser():
    """No lead and no text of one stays on a shared machine, unsaved drafts aside.

    Those go with signing out: tests/browser/test_drafts.py.
    """
    others = {n: text for n, text in scripts().items() if not n.endswith("lib/drafts.js")}
    assert matches(r"localStorage|indexedDB|document\.cookie", others) == []
