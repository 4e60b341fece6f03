"""PostgreSQL dumped while reps write, and restored as docs/backup.md says."""

import json
import shutil
import subprocess

import pytest
from django.conf import settings

from .server import Server

DUMP = "pg_dump --format=custom --file=leadbook.dump"
RESTORE = "pg_restore --no-owner --exit-on-error"


@pytest.mark.postgresql
def test_a_dump_made_while_reps_write_is_restored_whole(server, cluster, crew, tmp_path):
    manual = (settings.BASE_DIR / "docs" / "backup.md").read_text()
    server.start()
    with crew.at_work():
        crew.wait_for("acknowledged", 8)
        done = len(crew.log)
        early = {act["id"] for act in crew.log[:done] if act["status"]}
        # The database first, then the files.
        assert f'{DUMP} "$DATABASE_URL"' in manual
        subprocess.run([*DUMP.split(), cluster.address()], cwd=tmp_path, check=True)
        attachments = shutil.copytree(server.attachments, tmp_path / "attachments")
    server.kill()
    subprocess.run(["createdb", *cluster.access, "restored"], check=True)
    target = cluster.address("restored")
    assert f'{RESTORE} --dbname="$DATABASE_URL" leadbook.dump' in manual
    subprocess.run(
        [*RESTORE.split(), f"--dbname={target}", "leadbook.dump"], cwd=tmp_path, check=True
    )
    copy = Server(tmp_path / "copy", database=target, ATTACHMENTS=str(attachments))
    copy.manage("migrate", "--verbosity", "0")
    assert "in Ordnung" in copy.manage("check_restore").stdout
    acts = [act if act["id"] in early else act | {"status": None} for act in crew.log]
    (tmp_path / "log.json").write_text(json.dumps(acts))
    assert copy.module("tests.faults.proof", str(tmp_path / "log.json"))["findings"] == []
    # A row whose file did not come along is found.
    shutil.rmtree(attachments)
    attachments.mkdir()
    checked = copy.manage("check_restore", check=False)
    has_files = bool(crew.acknowledged("upload"))
    assert (checked.returncode, "Datei fehlt" in checked.stderr) == (has_files, has_files)
