"""Which backups are trusted, and what a restore says of those that are not."""

import json
import shutil
import sqlite3

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import connection

from leadbook import backups
from leads.models.attachment import attachment_storage
from tests.factories import attach
from tests.faults.server import Server
from tests.leads.samples import PDF, picture

SEED = """
from django.core.files.uploadedfile import SimpleUploadedFile
from tests import factories
from tests.leads.samples import PDF, picture
anna = factories.UserFactory(username="anna")
market = factories.MarketplaceFactory(name="M", phases=["A"], members={"rep": [anna]})
lead = factories.accepted(market, anna)
factories.attach(lead, anna, "Plan.pdf", PDF)
factories.attach(lead, anna, "Foto.png", picture("PNG", size=(400, 300)))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An installation on SQLite, and one backup of it."""
    server = Server(tmp_path_factory.mktemp("installed") / "server")
    server.manage("migrate", "--verbosity", "0")
    server.manage("shell", "-v0", "-c", SEED)
    server.manage("backup", str(server.folder / "vault"))
    return server


@pytest.fixture
def backup(installed, tmp_path):
    """A copy of the backup that a test may spoil."""
    [folder] = (installed.folder / "vault").iterdir()
    return shutil.copytree(folder, tmp_path / folder.name)


@pytest.fixture
def restore(tmp_path, monkeypatch):
    """Return a function that restores in this process; nothing may be written by it."""
    database = tmp_path / "empty" / "leadbook.sqlite3"
    files = tmp_path / "empty" / "attachments"

    def run(folder):
        with monkeypatch.context() as patch:
            patch.setitem(connection.settings_dict, "NAME", str(database))
            patch.setattr(backups, "require_embedded", lambda: None)
            for name in ("base_location", "location"):
                patch.setitem(attachment_storage().__dict__, name, str(files))
            patch.setattr(connection, "close", lambda: None)
            backups.restore(folder)

    run.written = lambda: [path for path in database.parent.rglob("*") if path.is_file()]
    return run


def files_of(backup):
    return sorted(path for path in (backup / "attachments").rglob("*") if path.is_file())


def flip(path, at=-1):
    """Change one byte."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def edit(backup, **changes):
    """Change what the manifest says."""
    path = backup / backups.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.once
def test_a_sound_backup_is_restored(backup, restore):
    assert backups.problems(backup) == []
    restore(backup)
    assert len(restore.written()) == 1 + len(files_of(backup)) == 4
    # As it could have been interrupted: files without database. It can be repeated.
    [database] = [path for path in restore.written() if path.suffix == ".sqlite3"]
    database.unlink()
    flip(next(path for path in restore.written()))
    restore(backup)
    sums = {path.name: path.read_bytes() for path in files_of(backup)}
    assert {p.name: p.read_bytes() for p in restore.written() if p != database} == sums


def change_a_byte(backup):
    flip(files_of(backup)[0])


def cut_a_file(backup):
    path = files_of(backup)[0]
    path.write_bytes(path.read_bytes()[:-1])


def lose_a_file(backup):
    files_of(backup)[0].unlink()


def change_a_byte_of_the_database(backup):
    flip(backup / backups.DATABASE, at=-100)


def lose_the_database(backup):
    (backup / backups.DATABASE).unlink()


def damage_the_database_before_it_was_summed(backup):
    path = backup / backups.DATABASE
    path.write_bytes(path.read_bytes()[:8192])
    part = {"size": 8192, "sha256": backups._digest(path)}
    edit(backup, database=part)


def be_interrupted(backup):
    (backup / backups.MANIFEST).rename(backup / f"{backups.MANIFEST}.part")


def spoil_the_manifest(backup):
    path = backup / backups.MANIFEST
    path.write_text(path.read_text()[:-10])


def hold_a_list(backup):
    (backup / backups.MANIFEST).write_text("[]")


def lead_out_of_the_folder(backup):
    path = backup / "secret"
    path.write_text("x")
    part = {"size": 1, "sha256": backups._digest(path)}
    edit(backup, files={"../../secret": part})


def come_from_a_newer_version(backup):
    manifest = json.loads((backup / backups.MANIFEST).read_text())
    edit(backup, migrations=[*manifest["migrations"], "leads.9999_later"], version="9.0")


def be_of_a_newer_format(backup):
    edit(backup, format=backups.FORMAT + 1, version="9.0")


@pytest.mark.once
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (change_a_byte, "Inhalt weicht ab: attachments/"),
        (cut_a_file, "Inhalt weicht ab: attachments/"),
        (lose_a_file, "Datei fehlt: attachments/"),
        (change_a_byte_of_the_database, "Inhalt weicht ab: leadbook.sqlite3"),
        (lose_the_database, "Datei fehlt: leadbook.sqlite3"),
        (damage_the_database_before_it_was_summed, "ist beschädigt"),
        (be_interrupted, "keine Sicherung oder eine, die abgebrochen wurde"),
        (spoil_the_manifest, "ist nicht lesbar"),
        (hold_a_list, "ist nicht lesbar"),
        (lead_out_of_the_folder, "ist nicht lesbar"),
        (come_from_a_newer_version, "stammt von leadbook 9.0"),
        (be_of_a_newer_format, "stammt von leadbook 9.0"),
    ],
)
def test_what_cannot_be_trusted_is_refused_before_anything_is_written(
    backup, restore, spoil, says
):
    spoil(backup)
    with pytest.raises(backups.BackupError, match=says):
        restore(backup)
    assert restore.written() == []


@pytest.mark.once
def test_the_commands_say_what_is_wrong(installed, backup):
    assert installed.manage("backup", "--verify", str(backup)).returncode == 0
    change_a_byte(backup)
    verified = installed.manage("backup", "--verify", str(backup), check=False)
    assert (verified.returncode, "Inhalt weicht ab" in verified.stderr) == (1, True)
    nothing = installed.manage("restore", str(backup / "nirgends"), check=False)
    assert (nothing.returncode, "keine Sicherung" in nothing.stderr) == (1, True)


@pytest.mark.once
def test_a_file_that_is_lost_already_is_told_and_the_others_are_kept(installed, tmp_path):
    lost = files_of(installed.var)[0]
    content = lost.read_bytes()
    lost.unlink()
    try:
        made = installed.manage("backup", str(tmp_path / "vault"), check=False)
        checked = installed.manage("check_restore", check=False)
    finally:
        lost.write_bytes(content)
    assert (made.returncode, "Datei fehlt" in made.stderr) == (1, True)
    assert (checked.returncode, lost.name in checked.stderr) == (1, True)
    [folder] = (tmp_path / "vault").iterdir()
    assert len(files_of(folder)) == 2
    assert backups.problems(folder) == []


@pytest.mark.once
def test_a_file_that_is_damaged_already_is_told_and_kept_as_it_is(installed, tmp_path):
    [damaged] = [path for path in files_of(installed.var) if PDF in path.read_bytes()]
    flip(damaged)
    try:
        made = installed.manage("backup", str(tmp_path / "vault"), check=False)
    finally:
        flip(damaged)
    said = f"Inhalt weicht vom Hochgeladenen ab: {damaged.parent.name}/{damaged.name}"
    assert (made.returncode, said in made.stderr) == (1, True)
    assert "noch einmal gelesen" not in made.stdout
    [folder] = (tmp_path / "vault").iterdir()
    assert len(files_of(folder)) == 3
    assert backups.problems(folder) == []


@pytest.mark.once
def test_what_is_damaged_in_the_backup_before_is_not_taken_over(installed, backup):
    vault = backup.parent / "vault"
    first = shutil.copytree(backup, vault / backup.name)
    flip(files_of(first)[0])
    installed.manage("backup", str(vault))
    [second] = set(vault.iterdir()) - {first}
    assert backups.problems(second) == []
    assert len(files_of(second)) == 3
    assert backups.problems(first) != []


def test_a_backup_that_cannot_be_written_leaves_nothing_that_looks_like_one(
    installed, tmp_path
):
    (tmp_path / "file").write_text("")
    refused = installed.manage("backup", str(tmp_path / "file"), check=False)
    assert (refused.returncode, "Es wurde nichts behalten" in refused.stderr) == (1, True)


@pytest.mark.once
def test_a_backup_that_is_killed_is_no_backup(installed, tmp_path, monkeypatch):
    """Nothing is trusted that has no manifest, which is written last."""

    def die(*args):
        raise KeyboardInterrupt

    # Like a kill: what cleans up does not run either.
    monkeypatch.setattr(backups.shutil, "rmtree", lambda *args, **kwargs: None)
    monkeypatch.setattr(backups, "_write_manifest", die)
    monkeypatch.setattr(backups, "require_embedded", lambda: None)
    monkeypatch.setattr(
        backups, "_copy_database",
        lambda target: shutil.copy(installed.var / "leadbook.sqlite3", target),
    )  # fmt: skip
    for name in ("base_location", "location"):
        monkeypatch.setitem(attachment_storage().__dict__, name, str(installed.attachments))
    with pytest.raises(KeyboardInterrupt):
        backups.make(tmp_path / "vault")
    [folder] = (tmp_path / "vault").iterdir()
    assert len(files_of(folder)) == 3
    with pytest.raises(backups.BackupError, match="abgebrochen"):
        backups.problems(folder)


@pytest.mark.once
def test_check_restore_finds_a_database_that_contradicts_itself(installed, tmp_path):
    database = tmp_path / "broken.sqlite3"
    shutil.copy(installed.var / "leadbook.sqlite3", database)
    with sqlite3.connect(database) as broken:
        broken.execute("UPDATE leads_attachment SET author_id = 4711")
    broken.close()
    installed.environment["DATABASE_URL"] = f"sqlite:///{database}"
    try:
        checked = installed.manage("check_restore", check=False)
    finally:
        installed.environment["DATABASE_URL"] = (
            f"sqlite:///{installed.var / 'leadbook.sqlite3'}"
        )
    assert (checked.returncode, "widerspricht sich" in checked.stderr) == (1, True)


@pytest.mark.once
def test_a_restore_that_breaks_off_leaves_no_database(backup, restore, monkeypatch):
    """The files come first: no row is ever without its file."""

    def full(self, name, content):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", full)
        with pytest.raises(backups.BackupError, match="No space left"):
            restore(backup)
    assert restore.written() == []
    restore(backup)
    assert len(restore.written()) == 4


# Other installations ------------------------------------------------------------------


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_postgresql_and_buckets_are_sent_to_the_docs(db, settings, tmp_path, command):
    settings.STORAGES = {
        **settings.STORAGES,
        "attachments": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    with pytest.raises(CommandError, match=r"docs/backup\.md"):
        call_command(command, str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.postgresql
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_postgresql_is_sent_to_the_docs(db, tmp_path, command):
    with pytest.raises(CommandError, match=r"docs/backup\.md"):
        call_command(command, str(tmp_path))


def test_check_restore_on_any_database(db, lead, anna, capsys):
    attach(lead, anna, "Plan.pdf", PDF)
    picture_of_it = attach(lead, anna, "Foto.png", picture("PNG", size=(400, 300)))
    call_command("check_restore")
    assert "Datenbank und Anhänge sind in Ordnung" in capsys.readouterr().out
    attachment_storage().delete(picture_of_it.thumbnail.name)
    with pytest.raises(CommandError):
        call_command("check_restore")
    assert picture_of_it.thumbnail.name in capsys.readouterr().err
