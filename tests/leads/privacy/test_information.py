"""Information (Art. 15): everything about one person, of nobody else, in pieces."""

import io
import json
import tracemalloc
import zipfile
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils.timezone import localtime

from leads.models import Attachment, JournalEntry, Lead, LeadEvent
from leads.privacy.information import information
from marketplaces.models import Field
from tests import factories
from tests.markup import read
from tests.state import changes, everything

from .conftest import PERSONAL, roof_name


def unpacked(*leads):
    """The archive as programs read it, checked."""
    archive = zipfile.ZipFile(io.BytesIO(b"".join(information(list(leads)))))
    assert archive.testzip() is None
    return archive


def page(archive):
    return archive.read("auskunft.html").decode()


def data(archive):
    return json.loads(archive.read("auskunft.json"))


def test_it_holds_everything_about_the_person(told, roof, anna):
    """A50: what the tables say and what the files hold."""
    Field.objects.filter(pk=roof.pk).update(is_retired=True)
    told.lead.set_field("phone", seen=told.lead.phone, value="", by=anna)
    archive = unpacked(Lead.objects.get(pk=told.lead.pk))
    html, parsed = page(archive), data(archive)
    for text in PERSONAL:
        if text.islower() and text != "s.aigner@beispiel.de":
            continue
        assert text in html, text
        assert text in json.dumps(parsed, ensure_ascii=False), text
    assert (parsed["schema"], parsed["version"]) == ("leadbook-personal-data", 1)
    (lead,) = parsed["leads"]
    fields = {field["name"]: field for field in lead["fields"]}
    assert fields[roof_name(roof)]["retired"] is True
    assert fields["value"]["text"] == "24.800 €"
    assert [entry["text"] for entry in lead["journal"]] == [
        "Ruft zurück wegen Aigner", "Frau Aigner hat einen Hund", "Altbau, Herr Aigner",
    ]  # fmt: skip
    assert [bool(entry["edited_at"]) for entry in lead["journal"]] == [False, True, False]
    assert [bool(entry["deleted_at"]) for entry in lead["journal"]] == [False, False, True]
    assert len(lead["events"]) == told.lead.events.count()
    assert lead["refusals"][0]["reason"] == "Zu weit weg"
    access = {row["role"]: row["names"] for row in lead["access"]}
    assert access["Betreuer"] == ["Anna Beispiel"]
    assert access["Leitung"] == ["Meike Beispiel"]
    assert access["Betreiber"] == ["Olaf Beispiel"]
    kept, deleted = lead["attachments"]
    assert archive.read(kept["file"]) == told.plan.file.open().read()
    assert archive.read(deleted["file"]) == b"Kaufvertrag der Familie Aigner"
    assert "/geloescht/" in deleted["file"]
    assert deleted["deleted_at"]
    assert set(archive.namelist()) == {
        kept["file"], deleted["file"], "auskunft.html", "auskunft.json",
    }  # fmt: skip


def test_calls_come_with_their_outcome_and_one_is_one(told, anna, ben, heatpumps):
    told.lead.record_call(outcome="not_reached", by=anna, note="Keiner da")
    heatpumps.memberships.filter(user=ben).delete()
    heatpumps.anonymise_closed_after_months = 1
    heatpumps.save()
    archive = unpacked(Lead.objects.get(pk=told.lead.pk))
    (lead,) = data(archive)["leads"]
    assert {e["text"]: e["outcome"] for e in lead["journal"]}["Keiner da"] == "not_reached"
    assert "Anruf: Nicht erreicht · Anna Beispiel" in page(archive)
    assert lead["retention"].startswith("Die personenbezogenen Daten werden 1 Monat nach")
    access = {row["role"]: row["names"] for row in lead["access"]}
    assert access["Vertrieb des Marktplatzes"] == [
        "1 Person, ohne die Kontaktdaten, solange der Lead angeboten war"
    ]


def test_nobody_was_offered_what_a_rep_has_entered(page_of_anna, heatpumps):
    form = read(page_of_anna.get("/leads/anlegen/")).form("/leads/anlegen/")
    page_of_anna.post("/leads/anlegen/", form.sends(name="Neu", phone="089 1"))
    (lead,) = data(unpacked(Lead.objects.get(name="Neu")))["leads"]
    assert "Vertrieb des Marktplatzes" not in {row["role"] for row in lead["access"]}


def test_of_another_lead_nothing_is_in_it(told, heatpumps, anna):
    """A50: the neighbour in the same marketplace of the same rep."""
    other = factories.accepted(
        heatpumps, anna, name="Nachbar Zwölfer", email="zwoelfer@beispiel.de",
        company="Zwölfer GmbH", contact_person="Zwölfer", phone="089 998877",
        street="Zwölferweg 1", description="Zwölferwunsch",
    )  # fmt: skip
    other.write_entry(text="Zwölfernotiz", by=anna)
    factories.attach(other, anna, "Zwölferplan.txt", b"Zwoelferinhalt")
    content = b"".join(unpacked(told.lead).read(n) for n in unpacked(told.lead).namelist())
    names = " ".join(unpacked(told.lead).namelist())
    for text in ("Zwölfer", "zwoelfer", "Zwoelfer", "998877"):
        assert text.encode() not in content
        assert text not in names
    both = unpacked(told.lead, other)
    assert [lead["id"] for lead in data(both)["leads"]] == [told.lead.pk, other.pk]
    assert "Zwölfernotiz" in page(both)
    assert "Aigner" in page(both)


def test_the_page_stands_by_itself(told, anna):
    told.lead.write_entry(text="<script>alert(1)</script> & <b>fett</b>", by=anna)
    html = page(unpacked(told.lead))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;fett" in html
    for outside in ("http:", "https:", "//", "@import", "url(", "<link", "<img"):
        assert outside not in html, outside
    assert '<html lang="de">' in html
    text = read(html).text
    assert "Auskunft nach Art. 15 DSGVO" in text
    assert "Art. 77" in text
    assert text.count("Familie Aigner") >= 1
    assert html.count("<html") == html.count("</html>") == 1


HOSTILE = [
    ("../../etc/passwd", "passwd"),
    ("..\\..\\windows\\system.ini", "system.ini"),
    ("/absolut.txt", "absolut.txt"),
    ('a<b>:"|?*.txt', "a_b______.txt"),
    ("CON.txt", "CON_.txt"),
    ("zeile\r\numbruch.txt", "zeile umbruch.txt"),
    ("rechnung\u202egpj.exe", "rechnunggpj.exe"),
]


@pytest.mark.parametrize(("name", "safe"), HOSTILE)
def test_names_of_files_are_safe_everywhere(told, name, safe):
    Attachment.objects.filter(pk=told.plan.pk).update(name=name)
    archive = unpacked(Lead.objects.get(pk=told.lead.pk))
    paths = [path for path in archive.namelist() if path.startswith("anhaenge/")]
    assert f"anhaenge/lead-{told.lead.pk}/001 {safe}" in paths
    for path in archive.namelist():
        assert not path.startswith("/")
        assert ".." not in path.split("/")
        assert "\\" not in path


def test_two_files_of_one_name_are_both_there(told, anna):
    first = factories.attach(told.lead, anna, "Plan.txt", b"eins")
    second = factories.attach(told.lead, anna, "Anders.txt", b"zwei")
    Attachment.objects.filter(pk=second.pk).update(name=first.name)
    archive = unpacked(Lead.objects.get(pk=told.lead.pk))
    contents = [archive.read(path) for path in archive.namelist()]
    assert b"eins" in contents
    assert b"zwei" in contents


def test_a_missing_file_is_named_and_stops_nothing(told):
    told.plan.file.storage.delete(told.plan.file.name)
    archive = unpacked(told.lead)
    plan, deed = data(archive)["leads"][0]["attachments"]
    assert (plan["file"], plan["state"]) == (None, "missing")
    assert archive.read(deed["file"]) == b"Kaufvertrag der Familie Aigner"
    assert "Grundriss Aigner.png" in page(archive)
    assert "fehlt oder ist nicht lesbar" in page(archive)


def test_a_file_that_is_shorter_than_it_was_is_named(told):
    storage = told.deed.file.storage
    storage.delete(told.deed.file.name)
    storage.save(told.deed.file.name, ContentFile(b"Kauf"))
    archive = unpacked(told.lead)
    _plan, deed = data(archive)["leads"][0]["attachments"]
    assert deed["state"] == "incomplete"
    assert archive.read(deed["file"]) == b"Kauf"


@pytest.mark.parametrize("state", ["blocked", "pending"])
def test_what_the_virus_check_holds_back_is_named_only(told, state, settings):
    settings.CLAMD = settings.CLAMD or ("127.0.0.1", 1)
    Attachment.objects.update(scan_state="clean")
    Attachment.objects.filter(pk=told.deed.pk).update(scan_state=state)
    archive = unpacked(told.lead)
    _plan, deed = data(archive)["leads"][0]["attachments"]
    assert (deed["file"], deed["state"]) == (None, state)
    assert not [path for path in archive.namelist() if "Urkunde" in path]
    assert "Urkunde.txt" in page(archive)


def test_it_says_where_the_data_come_from_and_how_long_they_stay(
    heatpumps, anna, offered, settings
):
    own = Lead.enter(marketplace=heatpumps, values=factories.contact(), by=anna)
    assert "Anna Beispiel" in data(unpacked(own))["leads"][0]["origin"]
    heatpumps.anonymise_offered_after_days = 30
    heatpumps.save()
    offered = Lead.objects.get(pk=offered.pk)
    end = localtime(offered.created_at + timedelta(days=30))
    assert f"{end:%d.%m.%Y}" in data(unpacked(offered))["leads"][0]["retention"]


def test_the_language_of_the_reader_stays_as_it_is(told):
    from django.utils import translation

    with translation.override("en"):
        pieces = information([told.lead])
        for _piece in pieces:
            assert translation.get_language() == "en"


def test_memory_stays_flat_however_much_it_is(told, offered, anna):
    """U2: 60 MB of files and 6 MB of journal never stand in memory together."""
    storage = told.plan.file.storage
    for number in range(6):
        key = storage.save(f"zz/{number}", ContentFile(b"x" * 10_000_000))
        Attachment.objects.create(
            lead=told.lead, author=anna, file=key, name=f"{number}.bin", extension="bin",
            size=10_000_000, sha256=f"{number}",
        )  # fmt: skip
    JournalEntry.objects.bulk_create(
        JournalEntry(lead=told.lead, author=anna, text="Ein langer Text. " * 230)
        for _number in range(1_500)
    )
    list(information([offered]))  # what is loaded once does not count
    tracemalloc.start()
    size = largest = 0
    for piece in information([Lead.objects.get(pk=told.lead.pk)]):
        size += len(piece)
        largest = max(largest, len(piece))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 60_000_000
    assert largest < 2_000_000
    assert peak < 8_000_000


def test_the_command_writes_the_archive_and_the_events(told, offered, tmp_path):
    path = tmp_path / "auskunft.zip"
    call_command(
        "export_person", "--lead", str(told.lead.pk), "--lead", str(offered.pk), str(path)
    )
    archive = zipfile.ZipFile(path)
    assert [lead["id"] for lead in data(archive)["leads"]] == [told.lead.pk, offered.pk]
    assert path.stat().st_mode & 0o777 == 0o600
    events = LeadEvent.objects.filter(kind="exported")
    assert {event.lead_id for event in events} == {told.lead.pk, offered.pk}
    assert {event.source for event in events} == {"command"}


def test_the_command_refuses_what_it_cannot_do(told, tmp_path):
    there = tmp_path / "da.zip"
    there.write_text("Bleibt")
    before = everything()
    for arguments in (
        ["--lead", "99999999", str(tmp_path / "neu.zip")],
        ["--lead", str(told.lead.pk), str(there)],
        ["--lead", str(told.lead.pk), str(tmp_path / "nirgends" / "neu.zip")],
    ):
        with pytest.raises(CommandError):
            call_command("export_person", *arguments)
    assert changes(before, everything()) == {}
    assert there.read_text() == "Bleibt"
    assert not (tmp_path / "neu.zip").exists()
