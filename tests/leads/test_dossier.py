"""/leads/<id>/akte/: the lead on paper."""

from datetime import UTC, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F

from leadbook import provenance
from leads import dossier
from leads.models import Attachment, JournalEntry
from leads.uploads import Document
from marketplaces.models import ChecklistItem
from tests import factories
from tests.leads.samples import picture
from tests.markup import read


def address(lead):
    return f"/leads/{lead.pk}/akte/"


def page_of(client, lead, **asked):
    response = client.get(address(lead), asked)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    return read(response)


def pictures(page):
    return [image["src"] for image in page.all("img")]


def test_everything_of_the_lead_is_on_the_page(page_of_anna, anna, meike, heatpumps, lead):
    roof = factories.make_field(heatpumps, "Dach", "choice", choices="Ziegel\nBlech")
    factories.make_field(heatpumps, "Leeres Feld")
    lead.set_field(roof.name, seen="", value="Ziegel", by=anna)
    roof.choices = "Blech"
    roof.save()
    lead.move(seen=lead.phase, to=lead.previous_phase, by=meike, note="Noch einmal hin")
    done, _left = (
        ChecklistItem.objects.create(
            marketplace=heatpumps, phase=lead.phase, position=n, text=text, is_required=True
        )
        for n, text in enumerate(("Maße genommen", "Fotos abgelegt"))
    )
    lead.tick({done.pk: True}, seen=lead.phase, by=anna)
    lead.record_call(outcome="mailbox", by=anna)
    lead.set_follow_up(at=lead.created_at + timedelta(days=1), note="Nachfassen", by=anna)
    blocked = factories.attach(lead, anna, "Plan.txt", b"Plan")
    Attachment.objects.filter(pk=blocked.pk).update(scan_state="blocked")
    page = page_of(page_of_anna, lead)
    for text in (
        "Familie Aigner", "Wärmepumpe Süd", f"Nummer{lead.pk}", "In Bearbeitung · Vor-Ort",
        "Gedruckt", "Anna Beispiel", "Am Mühlbach 14", "Bitte abends anrufen", "Nachfassen",
        "Ziegel passt nicht mehr zum Feld", "Schritt zurück: Vor-Ort-Termin",
        "Meike Beispiel", "Qualifizierung (Angenommen)", "Es folgen: Angebot → Verhandlung",
        "Maße genommen · erledigt · Anna Beispiel", "Fotos abgelegt · offen · Pflicht",
        "Noch einmal hin", "Anruf · Mailbox", "Plan.txt (gesperrt: Virus gefunden)", "Notizen",
    ):  # fmt: skip
        assert text in page.text, text
    # What is empty, and what could be pressed, is not on paper.
    assert "Leeres Feld" not in page.text
    assert pictures(page) == []
    assert f'href="{address(lead)}"' in page_of_anna.get(f"/leads/{lead.pk}/").text


def test_the_way_tells_the_working_days_of_each_visit(page_of_anna, anna, heatpumps):
    days = [datetime(2026, 9, day, 10, tzinfo=UTC) for day in (7, 14, 21)]
    with provenance.of(at=days[0]):
        lead = factories.accepted(heatpumps, anna)
    with provenance.of(at=days[1]):
        lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    with provenance.of(at=days[2]):
        lead.move(seen=lead.phase, to=lead.previous_phase, by=anna)
    rows = [
        [cell.text for cell in row.all("td")] for row in page_of(page_of_anna, lead).all("tr")
    ]
    name = "Anna Beispiel"
    assert rows[1:3] == [
        ["Qualifizierung (Angenommen)", "07.09.2026", "14.09.2026", "5", name],
        ["Vor-Ort-Termin", "14.09.2026", "21.09.2026", "5", name],
    ]
    assert rows[3][:3] == ["Schritt zurück: Qualifizierung", "21.09.2026", "heute"]


def test_a_closed_lead_tells_how_it_ended(page_of_anna, anna, heatpumps):
    lead = factories.accepted(heatpumps, anna, phase=5)
    lead.lose(seen=lead.phase, reason=heatpumps.loss_reasons.first(), by=anna)
    text = page_of(page_of_anna, lead).text
    assert "Verloren · Zu teuer" in text
    assert "Verloren: Zu teuer" in text
    assert "Es folgen" not in text


def test_pictures_are_whole_where_they_may_be_opened(page_of_anna, anna, lead, monkeypatch):
    def attach(name, kind, **options):
        file = SimpleUploadedFile(name, picture(kind, size=(400, 300), **options))
        return lead.attach(Document.check(file), by=anna)[0]

    tiff = attach("Plan.tiff", "TIFF")
    png = attach("Plan.png", "PNG")
    pending = attach("Gesperrt.png", "PNG", color=(0, 0, 0))
    Attachment.objects.filter(pk=pending.pk).update(scan_state="blocked")
    page = page_of(page_of_anna, lead)
    root = f"/leads/{lead.pk}/anhaenge"
    # Browsers draw no TIFF, so of it the small one is printed.
    assert pictures(page) == [f"{root}/{png.pk}/", f"{root}/{tiff.pk}/vorschau/"]
    assert not any(image.get("loading") for image in page.all("img"))
    monkeypatch.setattr(dossier, "MOST_BYTES", 10)
    assert pictures(page_of(page_of_anna, lead))[0] == f"{root}/{png.pk}/vorschau/"
    monkeypatch.setattr(dossier, "PICTURES", 1)
    page = page_of(page_of_anna, lead, bilder="gross")
    assert len(pictures(page)) == 1
    assert "die neuesten 1 von 2 Bildern" in page.text
    page = page_of(page_of_anna, lead, bilder="ohne")
    assert pictures(page) == []
    assert "Plan.tiff" in page.text


def test_what_is_left_out_is_said(page_of_anna, anna, lead, monkeypatch):
    for name in ("ENTRIES", "FILES", "STEPS"):
        monkeypatch.setattr(dossier, name, 2)
    entries = JournalEntry.objects.bulk_create(
        JournalEntry(lead=lead, author=anna, text=f"Notiz {n}") for n in range(3)
    )
    for number, entry in enumerate(entries):
        lead.journal.filter(pk=entry.pk).update(
            created_at=F("created_at") + timedelta(seconds=number)
        )
    for number in range(3):
        factories.attach(lead, anna, f"Datei {number}.txt", f"{number}".encode())
    text = page_of(page_of_anna, lead).text
    assert "die neuesten 2 von 3 Einträgen" in text
    assert text.index("Notiz 2") < text.index("Notiz 1")
    assert "Notiz 0" not in text
    assert "die neuesten 2 von 3 Anhängen" in text
    assert "Gezeigt sind nur die letzten 2 Schritte." in text
    monkeypatch.undo()
    assert "neuesten" not in page_of(page_of_anna, lead).text


def test_it_knows_the_way_back_into_the_list(page_of_anna, lead):
    opened = read(page_of_anna.get("/leads/?sort=-name")).one("tbody").all("a")[0]["href"]
    link = read(page_of_anna.get(opened)).one("a", aria_label="Leadakte drucken")["href"]
    page = read(page_of_anna.get(link))
    back = next(a["href"] for a in page.all("a") if a.text == "Zurück zum Lead")
    assert "sort%3D-name" in back
    assert page_of_anna.get(back).status_code == 200


def test_an_offered_lead_has_none(page_of_anna, offered):
    assert page_of_anna.get(address(offered)).status_code == 404


def test_the_security_log_tells_who_opened_it(page_of_anna, anna, lead, log):
    page_of_anna.head(address(lead))
    page_of_anna.get(address(lead))
    (line,) = [line for line in log if line["event"] == "dossier_opened"]
    assert (line["user"], line["lead"]) == (anna.pk, lead.pk)
