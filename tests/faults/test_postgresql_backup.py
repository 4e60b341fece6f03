"""PostgreSQL dumped while reps write, and restored, by the very lines of docs/backup.md."""

import json
import os
import re
import shutil
import subprocess
from textwrap import dedent

import pytest
from django.conf import settings

from .server import Server

ENVIRONMENT, BACKUPS = "/etc/leadbook/environment", "/srv/backup/leadbook"


class Manual:
    """What an operator types in, on a machine whose folders stand below `folder`."""

    def __init__(self, folder, cluster):
        text = (settings.BASE_DIR / "docs" / "backup.md").read_text()
        [chapter] = re.findall(r"^## PostgreSQL\n(.*?)^## ", text, re.DOTALL | re.MULTILINE)
        blocks = re.findall(r"(?:^    .*\n)+", chapter, re.MULTILINE)
        self.backup, self.restore = (dedent(block) for block in blocks)
        self.folder, self.cluster = folder, cluster
        self.backups = folder / "backups"
        self.backups.mkdir()

    def run(self, lines, server, database):
        """Run lines of the manual as they stand there, with the settings of `server`."""
        address, environment = self.folder / "database-url", self.folder / "environment"
        address.write_text(f"{database}\n")
        environment.write_text(f"VAR_DIR={server.var}\nDATABASE_URL_FILE={address}\n")
        lines = lines.replace(ENVIRONMENT, str(environment)).replace(
            BACKUPS, str(self.backups)
        )
        names = ("PGHOST", "PGPORT", "PGUSER")
        values = (argument.partition("=")[2] for argument in self.cluster.access)
        subprocess.run(
            ["/bin/sh", "-euc", lines],
            env={**os.environ, **dict(zip(names, values, strict=True))},
            check=True,
        )


@pytest.mark.postgresql
def test_a_dump_made_while_reps_write_is_restored_whole(server, cluster, crew, tmp_path):
    manual = Manual(tmp_path, cluster)
    server.start()
    with crew.at_work():
        # So that there is a file to miss at the end.
        crew.wait_for("upload", 1)
        crew.wait_for("acknowledged", 8)
        done = len(crew.log)
        early = {act["id"] for act in crew.log[:done] if act["status"]}
        manual.run(manual.backup, server, cluster.address())
    server.kill()
    target = cluster.address("leadbook_restored")
    copy = Server(tmp_path / "copy", database=target)
    manual.run(manual.restore, copy, target)
    copy.manage("migrate", "--verbosity", "0")
    assert "in Ordnung" in copy.manage("check_restore").stdout
    acts = [act if act["id"] in early else act | {"status": None} for act in crew.log]
    (tmp_path / "log.json").write_text(json.dumps(acts))
    assert copy.module("tests.faults.proof", str(tmp_path / "log.json"))["findings"] == []
    # A row whose file did not come along is found.
    shutil.rmtree(copy.attachments)
    copy.attachments.mkdir()
    checked = copy.manage("check_restore", check=False)
    assert checked.returncode == 1
    assert "Datei fehlt" in checked.stderr


@pytest.mark.postgresql
def test_the_backup_of_the_next_night_shares_what_the_last_one_has(server, cluster, tmp_path):
    manual = Manual(tmp_path, cluster)
    kept, arriving = server.attachments / "ab" / "plan", server.attachments / "cd" / "x.part"
    for path in (kept, arriving):
        path.parent.mkdir(parents=True)
        path.write_text("a plan")
    for _night in range(2):
        manual.run(manual.backup.replace("%SZ", "%S.%NZ"), server, cluster.address())
    assert kept.stat().st_nlink == 1
    copies = list(manual.backups.glob("leadbook-*/attachments/ab/plan"))
    assert [path.stat().st_nlink for path in copies] == [2, 2]
    assert not list(manual.backups.rglob("*.part"))
