"""Backed up while reps write, destroyed, restored elsewhere: the same, page by page."""

import json
import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tests.factories import PASSWORD

from .browser import Browser
from .crew import Crew
from .server import Server

pytestmark = pytest.mark.once

# What differs from answer to answer: tokens of forms, the proof of having seen an offer.
TOKENS = re.compile(
    r'(name="(?:csrfmiddlewaretoken|token|angebot)" value="|X-CSRFToken": ")[^"]+'
)
# What the clock alone changes, however long the machine takes in between.
AGO = re.compile(r"gerade eben|vor \d+ (?:Min|Std)\.")


@pytest.fixture
def installation(tmp_path):
    """Return a function that makes an installation with SQLite and a folder."""
    made = []

    def make(name):
        made.append(Server(tmp_path / name))
        return made[-1]

    yield make
    for server in made:
        server.remove()


@pytest.fixture
def origin(installation):
    """An installation with a running server."""
    server = installation("origin")
    server.prepare()
    return server


@pytest.fixture
def crew(origin, seed):
    return Crew(origin, origin.module("tests.faults.stage", "20"), seed=seed)


@pytest.fixture
def vault(tmp_path):
    """Where backups are kept."""
    return tmp_path / "vault"


def back_up(server, vault):
    """Make a backup; return its folder."""
    before = set(vault.glob("*"))
    server.manage("backup", str(vault))
    [folder] = set(vault.glob("*")) - before
    return folder


def modes(folder):
    return {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}, {
        path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")] if path.is_dir()
    }


def pages(server, crew):
    """The main pages as each rep reads them, and each attachment."""
    found = {}
    for rep in crew.reps:
        browser = Browser(server.port)
        browser.sign_in(rep.name, PASSWORD)
        addresses = ["/leads/", "/leads/neu/", "/leads/abgeschlossen/"]
        for lead in rep.leads:
            addresses += [
                f"/leads/{lead}/{tab}" for tab in ("", "?tab=anhaenge", "?tab=verlauf")
            ]
        for address in addresses:
            status, text = browser.get(address)
            assert status == 200
            found[rep.name, address] = AGO.sub("", TOKENS.sub(r"\1", text))
    return found


def test_a_backup_made_while_reps_write_is_restored_whole(
    origin, crew, installation, vault, tmp_path
):
    """SECURITY B1, B2: nothing acknowledged before it is missing, nothing in it is half."""
    origin.start()
    with crew.at_work():
        crew.wait_for("acknowledged", 8)
        log = json.loads(json.dumps(crew.log))
        folder = back_up(origin, vault)
        crew.wait_for("acknowledged", crew.counts["acknowledged"] + 1)
    assert modes(vault) == ({0o600}, {0o700})
    manifest = json.loads((folder / "manifest.json").read_text())
    assert datetime.fromisoformat(manifest["made_at"]).utcoffset().total_seconds() == 0
    copy = installation("copy")
    shutil.rmtree(origin.folder)
    # Nothing was erased.
    (copy.var / "erasures.jsonl").touch()
    copy.manage("restore", str(folder))
    # Of what was done while it was made, either all is in it or nothing.
    early = {act["id"] for act in log if act["status"]}
    acts = [act if act["id"] in early else act | {"status": None} for act in crew.log]
    (tmp_path / "log.json").write_text(json.dumps(acts))
    proof = copy.module("tests.faults.proof", str(tmp_path / "log.json"))
    assert proof["findings"] == []
    assert sum(proof["acknowledged"].values()) >= 8
    assert proof["files without row"] == 0


def test_what_is_restored_is_the_same_row_by_row_file_by_file_page_by_page(
    origin, crew, installation, vault
):
    origin.start()
    with crew.at_work():
        crew.wait_for("acknowledged", 12)
    first = back_up(origin, vault)
    second = back_up(origin, vault)
    held, shown = origin.module("tests.faults.dump"), pages(origin, crew)
    assert held["files"]
    # The second shares the files with the first; taking the first away harms nothing.
    assert {path.stat().st_nlink for path in (second / "attachments").rglob("*/*")} == {2}
    shutil.rmtree(first)
    origin.kill()
    shutil.rmtree(origin.folder)
    copy = installation("copy")
    (copy.var / "erasures.jsonl").touch()
    restored = copy.manage("restore", str(second))
    assert "Datenbank und Anhänge sind in Ordnung" in restored.stdout
    again = copy.module("tests.faults.dump")
    assert again == held
    copy.manage("collectstatic", "--noinput", "--verbosity", "0")
    copy.start()
    assert pages(copy, crew) == shown
    # Whoever was signed in then has to sign in again.
    assert crew.reps[0].browser.cookies["sessionid"]
    crew.reps[0].browser.port = copy.port
    with pytest.raises(AssertionError, match="the session is lost"):
        crew.reps[0].browser.get("/leads/")


def test_a_restore_into_anything_but_an_empty_installation_is_refused(origin, vault):
    folder = back_up(origin, vault)
    database = origin.var / "leadbook.sqlite3"
    before = database.read_bytes()
    refused = origin.manage("restore", str(folder), check=False)
    assert refused.returncode == 1
    assert str(database) in refused.stderr
    assert database.read_bytes() == before
    database.unlink()
    for end in ("-wal", "-shm"):
        Path(f"{database}{end}").unlink(missing_ok=True)
    (origin.attachments / "ab").mkdir(parents=True)
    (origin.attachments / "ab" / "foreign").write_text("not of this backup")
    refused = origin.manage("restore", str(folder), check=False)
    assert refused.returncode == 1
    assert str(origin.attachments) in refused.stderr


def test_what_was_erased_since_is_erased_again(origin, crew, installation, vault):
    """SECURITY G3: the list of erasures outlives the database."""
    folder = back_up(origin, vault)
    lead = crew.reps[0].leads[0]
    erase = (
        "from leads.models import Lead;"
        f"Lead.objects.get(pk={lead}).anonymise(by=None, reason='request', among=Lead.objects)"
    )
    origin.manage("shell", "-v0", "-c", erase)
    copy = installation("copy")
    names = (
        "from leads.models import Lead; print(*Lead.objects.values_list('name', flat=True))"
    )
    without = installation("without")
    warned = without.manage("restore", str(folder), check=False)
    assert (warned.returncode, "replay_erasures" in warned.stderr) == (1, True)
    assert "Datenbank und Anhänge sind in Ordnung" in warned.stdout
    shutil.copy(origin.var / "erasures.jsonl", copy.var)
    copy.manage("restore", str(folder))

    def aigners(server):
        return server.manage("shell", "-v0", "-c", names).stdout.count("Familie Aigner")

    assert [aigners(server) for server in (origin, copy, without)] == [27, 27, 28]
    without.manage("replay_erasures", str(origin.var / "erasures.jsonl"))
    assert aigners(without) == 27
