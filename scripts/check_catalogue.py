"""Check that the German catalogue is complete, sound and compiled.

Collects the interface's words afresh in a copy of the sources, so that a sentence that
nobody put into the catalogue is found too.
"""

import gettext
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Path("locale/de/LC_MESSAGES/django.po")
SOURCES = ["leadbook", "leads", "marketplaces", "templates", "locale", "manage.py"]


def run(*command, cwd=ROOT):
    """Run a command and return what it printed."""
    result = subprocess.run(  # noqa: S603 the commands are ours
        command, cwd=cwd, capture_output=True, text=True
    )
    if result.returncode:
        sys.exit(f"{' '.join(command)}\n{result.stdout}{result.stderr}")
    return result.stdout


def collect(folder):
    """Copy the sources into `folder` and collect their words; return the catalogue."""
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder / name)
    run(sys.executable, "manage.py", "makemessages", "--locale", "de", "--no-wrap", cwd=folder)
    return folder / CATALOGUE


def messages(compiled):
    """Return what a compiled catalogue says."""
    with compiled.open("rb") as file:
        return gettext.GNUTranslations(file)._catalog


def main():
    """Print what is wrong and exit with 1, or exit with 0."""
    problems = []
    with tempfile.TemporaryDirectory() as name:
        fresh = collect(Path(name))
        for what, option in (("untranslated", "--untranslated"), ("fuzzy", "--only-fuzzy")):
            found = run("msgattrib", option, "--no-obsolete", "--no-wrap", str(fresh))
            if found.strip():
                problems.append(f"These are {what}:\n{found}")
        compiled = Path(name) / "checked.mo"
        run("msgfmt", "--check", "--output-file", str(compiled), str(ROOT / CATALOGUE))
        if messages(compiled) != messages((ROOT / CATALOGUE).with_suffix(".mo")):
            problems.append("The compiled catalogue is old: run make messages.")
    if problems:
        sys.exit("\n".join(problems))
    print("The German catalogue is complete.")


if __name__ == "__main__":
    main()
