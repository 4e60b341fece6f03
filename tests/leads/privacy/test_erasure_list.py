"""The erasure list (G3): what was erased stays erased after a restore."""

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from leads.importing import import_leads
from leads.models import Erasure, Lead
from leads.privacy import replaying
from tests.state import changes, everything, stored_files

from .conftest import PERSONAL
from .grep import places


@pytest.fixture
def path(settings):
    return Path(settings.ERASURE_LIST)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def erase(lead, commits, reason="request"):
    with commits():
        return lead.anonymise(by=None, reason=reason, among=Lead.objects.all())


def replay(path=None):
    out, err = StringIO(), StringIO()
    call_command("replay_erasures", *filter(None, [path]), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def restored(told, path):
    """What the list looks like to a database from before the erasure."""
    path.write_text(
        json.dumps(
            {
                "lead": told.lead.pk,
                "marketplace": told.lead.marketplace_id,
                "created_at": told.lead.created_at.isoformat(),
                "external_id_sha256": Erasure.hash_of("WPS-4711"),
                "erased_at": told.lead.created_at.isoformat(),
                "reason": "request",
            }
        )
        + "\n"
    )
    return told.lead


def test_an_erasure_is_appended_without_contact_data(told, offered, path, commits):
    erase(told.lead, commits)
    erase(offered, commits, reason="retention")
    first, second = lines(path)
    assert (first["lead"], first["reason"]) == (told.lead.pk, "request")
    assert first["external_id_sha256"] == Erasure.hash_of("WPS-4711")
    assert (second["lead"], second["reason"]) == (offered.pk, "retention")
    assert set(first) == {
        "lead", "marketplace", "created_at", "external_id_sha256", "erased_at", "reason",
    }  # fmt: skip
    text = path.read_text()
    assert not [secret for secret in PERSONAL if secret in text]
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_appended_before_the_commit(told, path):
    told.lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    assert not path.exists()


def test_the_list_of_an_erasure_is_what_a_replay_reads(told, path, commits):
    """The line that is written fits the lead that it was written for."""
    before = Lead.objects.values().get(pk=told.lead.pk)
    erase(told.lead, commits)
    (line,) = lines(path)
    assert line["created_at"] == before["created_at"].isoformat()
    assert line["marketplace"] == before["marketplace_id"]


def test_a_replay_erases_again(restored, commits, path):
    with commits():
        out, err = replay()
    assert "1" in out
    assert err == ""
    assert places(*PERSONAL) == set()
    assert stored_files() == []
    assert Erasure.objects.get().reason == "replay"
    assert len(lines(path)) == 1


def test_a_replay_of_what_was_taken_back_leaves_the_way_open_for_the_right_file(
    restored, commits, path
):
    (line,) = lines(path)
    line |= {"reason": "taken_back", "external_id_sha256": ""}
    path.write_text(json.dumps(line) + "\n")
    with commits():
        assert replay()[1] == ""
    assert places(*PERSONAL) == set()
    assert Erasure.objects.get().external_id_sha256 == ""
    assert lines(path) == [line]


def test_who_was_active_in_the_backup_is_deactivated_and_the_rest_goes_on(
    restored, ben, path, commits
):
    created_at = ben.date_joined.isoformat()
    line = {"user": ben.pk, "created_at": created_at, "erased_at": created_at}
    path.write_text(json.dumps({**line, "reason": "request"}) + "\n" + path.read_text())
    with commits():
        out, err = replay()
    assert "2" in out
    assert err == ""
    assert len(lines(path)) == 2
    ben.refresh_from_db()
    assert (str(ben), ben.is_active) == ("Ehemaliges Mitglied", False)
    assert places(*PERSONAL) == set()


def test_a_second_replay_changes_nothing(restored, commits, path):
    with commits():
        assert replaying.replay(path) == 1
    before, text = everything(), path.read_text()
    with commits():
        assert replaying.replay(path) == 0
        replay()
    assert changes(before, everything()) == {}
    assert path.read_text() == text


def shifted(line):
    moment = datetime.fromisoformat(line["created_at"])
    return (moment + timedelta(microseconds=1)).isoformat()


OTHERS = {
    "created at another time": lambda line: {**line, "created_at": shifted(line)},
    "of another marketplace": lambda line: {**line, "marketplace": line["marketplace"] + 1},
    "with another number": lambda line: {**line, "external_id_sha256": Erasure.hash_of("X")},
    "without a number": lambda line: {**line, "external_id_sha256": ""},
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_another_lead_with_the_same_id_is_left_alone(restored, path, change, commits):
    (line,) = lines(path)
    path.write_text(json.dumps(change(line)) + "\n")
    before = everything()
    with pytest.raises(CommandError), commits():
        replay()
    assert changes(before, everything()) == {}


def test_what_the_database_never_had_is_passed_over(restored, path, commits):
    (line,) = lines(path)
    path.write_text(json.dumps({**line, "lead": 99_999_999}) + "\n" + json.dumps(line) + "\n")
    with commits():
        assert replaying.replay(path) == 1


@pytest.mark.parametrize(
    "rest",
    [
        '{"lead": 1, "crea', "[]", "7", '{"lead": "x", "created_at": 1}', "\x00\xff",
        '{"lead": 1e400, "created_at": "x"}',
    ],
)  # fmt: skip
def test_half_a_line_is_told_and_stops_nothing(restored, path, rest, commits):
    whole = path.read_text()
    path.write_text(f"{rest}\n\n{whole}")
    told = []
    with commits():
        assert replaying.replay(path, tell=told.append) == 1
    assert len(told) == 1
    assert "1" in told[0]


def test_what_follows_half_a_line_begins_a_new_one(told, path, commits):
    path.write_text('{"lead": 1, "crea')
    erase(told.lead, commits)
    assert json.loads(path.read_text().splitlines()[1])["lead"] == told.lead.pk


def test_another_list_is_copied_so_that_no_import_brings_anybody_back(
    restored, offered, path, tmp_path, heatpumps, commits
):
    """Also who is in none of the restored leads."""
    (line,) = lines(path)
    gone = {**line, "lead": 99_999_999, "external_id_sha256": Erasure.hash_of("WPS-1")}
    other = tmp_path / "copy.jsonl"
    other.write_text(json.dumps(gone) + "\n" + path.read_text() + '{"lead": 1, "crea')
    before = other.read_text()
    path.unlink()
    erase(offered, commits)
    [known] = lines(path)
    for _time in range(2):
        with pytest.raises(CommandError, match="1"), commits():
            replay(str(other))
        assert lines(path) == [known, gone, line]
    assert other.read_text() == before
    sent = tmp_path / "leads.csv"
    sent.write_text("Lead-Nr;Name\nWPS-1;Egger\nWPS-4711;Aigner\nWPS-2;Huber\n")
    import_leads(sent, marketplace=heatpumps)
    assert Lead.objects.filter(name__in=["Egger", "Aigner", "Huber"]).count() == 1


def test_no_list_is_said(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.jsonl"):
        replay(str(tmp_path / "nowhere.jsonl"))


def test_a_list_that_cannot_be_written_is_said_and_caught_up_later(
    told, offered, path, settings, tmp_path, commits
):
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    settings.ERASURE_LIST = blocked
    erasure = erase(told.lead, commits)
    assert "replay_erasures" in erasure.left_undone[0]
    assert Lead.objects.get(pk=told.lead.pk).anonymised_at
    settings.ERASURE_LIST = path
    erase(offered, commits)
    assert replaying.catch_up() == 1
    assert {line["lead"] for line in lines(path)} == {told.lead.pk, offered.pk}
    assert replaying.catch_up() == 0
