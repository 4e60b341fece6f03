"""/leads/<id>/journal/: writing, ordering, correcting, taking away."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from leadbook.templatetags import ui
from leads.lines import Line
from leads.models import JournalEntry, Lead, LeadEvent
from leads.views import journal
from tests import factories
from tests.leads.plans import nodes_of
from tests.markup import HTMX, as_read, read
from tests.state import everything

BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])


def journal_address(lead):
    return f"/leads/{lead.pk}/journal/"


def entry_address(entry):
    return f"/leads/{entry.lead_id}/journal/{entry.pk}/"


def delete_address(entry):
    return f"{entry_address(entry)}loeschung/"


def undo_address(event):
    return f"/leads/{event.lead_id}/verlauf/{event.pk}/ruecknahme/"


def composer(client, lead):
    return read(client.get(f"/leads/{lead.pk}/")).form(journal_address(lead))


def shown(client, lead, **query):
    """The texts of the entries that people wrote, as they stand on the page."""
    page = read(client.get(f"/leads/{lead.pk}/", query))
    return [entry.one("div", class_="entry__text").text for entry in written(page)]


def written(page):
    return [li for li in page.all("li") if li.get("class") == "entry"]


@pytest.fixture
def entry(lead, anna):
    return lead.write_entry(text="Erste Fassung", by=anna)


# Writing ------------------------------------------------------------------------------


@BOTH
def test_an_entry_is_written_and_stands_on_top(page_of_anna, anna, lead, headers):
    lead.write_entry(text="Ältere Notiz", by=anna)
    data = composer(page_of_anna, lead).sends(text=" Angerufen\r\nBitte Angebot ", kind="call")
    response = page_of_anna.post(journal_address(lead), data, headers=headers)
    entry = lead.journal.newest_first().first()
    assert (entry.text, entry.kind, entry.author) == ("Angerufen\nBitte Angebot", "call", anna)
    if headers:
        assert response.status_code == 200
        line = read(response).one("ol", hx_swap_oob="afterbegin:#journal-today").one("li")
        assert "Anna Beispiel · Anruf" in line.text
        emptied = read(response).form(journal_address(lead)).sends()
        assert emptied["text"] == ""
        assert emptied["token"] != data["token"]
    else:
        assert (response.status_code, response["Location"]) == (303, f"/leads/{lead.pk}/")
    assert shown(page_of_anna, lead) == ["Angerufen Bitte Angebot", "Ältere Notiz"]


@pytest.mark.parametrize(
    ("kind", "label"),
    [("note", "Notiz"), ("call", "Anruf"), ("email", "E-Mail"), ("meeting", "Termin")],
)
def test_the_four_kinds(page_of_anna, lead, kind, label):
    data = composer(page_of_anna, lead).sends(text="Text", kind=kind)
    page_of_anna.post(journal_address(lead), data)
    entry = written(read(page_of_anna.get(f"/leads/{lead.pk}/")))[0]
    assert f"Anna Beispiel · {label} ·" in entry.text


def test_line_breaks_are_kept(page_of_anna, lead, anna):
    lead.write_entry(text="Zeile 1\n\nZeile 2", by=anna)
    assert "Zeile 1\n\nZeile 2" in page_of_anna.get(f"/leads/{lead.pk}/").content.decode()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"text": ""}, "Schreiben Sie, was besprochen wurde."),
        ({"text": " \n\u200b\ufeff "}, "Schreiben Sie, was besprochen wurde."),
        ({"text": "x" * 10_001}, "höchstens 10.000 Zeichen hin, es sind 10.001."),
        ({"text": "a\x00b"}, "Steuerzeichen"),
        ({"text": "a" + "\u0300" * 31}, "Akzente"),
        ({"text": "a" + "\u0300\u0316" * 200_000}, "höchstens 10.000 Zeichen"),
        ({"text": "a\x1b[31mb"}, "Steuerzeichen"),
        ({"text": "Notiz", "kind": "event"}, ""),
        ({"text": "Notiz", "kind": "x"}, ""),
        ({"text": "Notiz", "token": "x"}, ""),
    ],
)
@BOTH
def test_a_refused_entry_keeps_its_text(page_of_anna, lead, typed, message, headers):
    before = everything()
    data = composer(page_of_anna, lead).sends(**typed)
    response = page_of_anna.post(journal_address(lead), data, headers=headers)
    assert response.status_code == 422
    form = read(response).form(journal_address(lead))
    assert message in form.text
    assert form.sends()["text"] == as_read(typed["text"])
    assert bool(read(response).all("html")) == (not headers)
    assert everything() == before


def test_the_same_form_sent_twice_writes_one_entry(page_of_anna, lead):
    data = composer(page_of_anna, lead).sends(text="Einmal")
    page_of_anna.post(journal_address(lead), data)
    before = everything()
    assert page_of_anna.post(journal_address(lead), data).status_code == 303
    assert everything() == before


@BOTH
@pytest.mark.parametrize("other", [{"text": "Zweimal"}, {"kind": "call"}])
def test_the_same_form_with_another_text_keeps_it_and_writes_it_when_sent_once_more(
    page_of_anna, lead, headers, other
):
    """Where an answer got lost, and who had written went on writing."""
    data = composer(page_of_anna, lead).sends(text="Einmal")
    page_of_anna.post(journal_address(lead), data)
    before = everything()
    response = page_of_anna.post(journal_address(lead), data | other, headers=headers)
    assert response.status_code == 409
    form = read(response).form(journal_address(lead))
    assert "schon einmal mit anderem Inhalt" in form.text
    again = form.sends()
    names = ("text", "kind")
    assert [again[name] for name in names] == [(data | other)[name] for name in names]
    assert everything() == before
    page_of_anna.post(journal_address(lead), again)
    assert lead.journal.written().count() == 2


def test_the_same_token_on_another_lead_is_another_entry(page_of_anna, lead, heatpumps, anna):
    other = factories.accepted(heatpumps, anna)
    data = {"text": "Notiz", "kind": "note", "token": uuid.uuid4()}
    for one in (lead, other):
        page_of_anna.post(journal_address(one), data)
        assert one.journal.written().count() == 1


def test_writing_is_an_activity_but_no_event(page_of_anna, lead):
    Lead.objects.filter(pk=lead.pk).update(last_activity_at=timezone.now() - timedelta(days=3))
    events = lead.events.count()
    before = timezone.now()
    page_of_anna.post(journal_address(lead), composer(page_of_anna, lead).sends(text="Notiz"))
    assert Lead.objects.get(pk=lead.pk).last_activity_at >= before
    assert lead.events.count() == events


def test_a_closed_lead_still_takes_entries(page_of_anna, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    lead.win(seen=lead.phase, by=anna)
    data = composer(page_of_anna, lead).sends(text="Danke")
    assert page_of_anna.post(journal_address(lead), data).status_code == 303


# Order and portions -------------------------------------------------------------------


def day(n):
    return timezone.make_aware(datetime(2026, 3, 1, 12)) + timedelta(days=n // 7)


def test_a_long_journal_comes_in_portions_complete_and_without_repeats(
    page_of_anna, lead, anna
):
    JournalEntry.objects.filter(lead=lead).update(deleted_at=timezone.now())
    JournalEntry.objects.bulk_create(
        JournalEntry(lead=lead, author=anna, text=f"Notiz {n}", created_at=day(n))
        for n in range(105)
    )
    wanted = [e.text for e in lead.journal.filter(deleted_at=None).newest_first()]
    seen, headings, sizes = [], [], []
    address = f"/leads/{lead.pk}/"
    while address:
        headers = HTMX if seen else {}
        page = read(page_of_anna.get(address, headers=headers))
        texts = [entry.one("div", class_="entry__text").text for entry in written(page)]
        seen += texts
        sizes.append(len(texts))
        headings += [h.text for h in page.all("h3", class_="journal__day")]
        more = [a for a in page.all("a") if a.text == "Ältere anzeigen"]
        address = more[0]["href"] if more else None
    assert sizes == [20, 20, 20, 20, 20, 5]
    assert seen == wanted
    assert wanted[0] == "Notiz 104"
    # Each day has its heading once, also where a portion ends within the day.
    assert len(headings) == len(set(headings)) == 1 + 15  # 15 days and an empty "Heute"
    # Without JavaScript the same link is a page.
    whole = read(page_of_anna.get(f"/leads/{lead.pk}/", {"vor": lead.journal.last().pk}))
    assert whole.one("h1")


def test_what_is_written_meanwhile_shifts_no_portion(page_of_anna, lead, anna):
    JournalEntry.objects.filter(lead=lead).update(deleted_at=timezone.now())
    JournalEntry.objects.bulk_create(
        JournalEntry(lead=lead, author=anna, text=f"Notiz {n}", created_at=day(n))
        for n in range(40)
    )
    page = read(page_of_anna.get(f"/leads/{lead.pk}/"))
    more = next(a for a in page.all("a") if a.text == "Ältere anzeigen")
    lead.write_entry(text="Dazwischen", by=anna)
    rest = read(page_of_anna.get(more["href"], headers=HTMX))
    texts = [entry.one("div", class_="entry__text").text for entry in written(rest)]
    assert texts == [f"Notiz {n}" for n in range(19, -1, -1)]


def test_entries_of_today_and_yesterday_stand_under_their_day(page_of_anna, lead, anna):
    yesterday = timezone.now() - timedelta(days=1)
    lead.write_line(author=anna, text="Gestern geschrieben", created_at=yesterday)
    page = read(page_of_anna.get(f"/leads/{lead.pk}/"))
    assert [h.text for h in page.all("h3", class_="journal__day")][:2] == ["Heute", "Gestern"]


def test_moves_stand_as_thin_lines_between_the_entries(page_of_anna, lead, anna):
    lead.write_entry(text="Vor dem Schritt", by=anna)
    lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    lead.write_entry(text="Nach dem Schritt", by=anna)
    page = read(page_of_anna.get(f"/leads/{lead.pk}/"))
    lines = [li.text for li in page.all("li") if li.get("id").startswith("entry-")][:3]
    assert "Nach dem Schritt" in lines[0]
    assert "Phase Angebot abgeschlossen, weiter mit Verhandlung" in lines[1]
    assert "Vor dem Schritt" in lines[2]


# Text is text -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        '<div hx-get="/x" hx-trigger="load">',
        "<script>alert(1)</script>",
        "</div></li><form action=/x><button>",
        "{{ user.password }}{% now 'Y' %}",
        "&lt;b&gt;",
    ],
)
def test_markup_in_an_entry_is_shown_as_text(page_of_anna, lead, anna, text):
    lead.write_entry(text=text, by=anna)
    assert shown(page_of_anna, lead) == [text]
    page = read(page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "journal"}))
    entry = written(page)[0].one("div", class_="entry__text")
    assert entry.all() == []


def links(client, lead):
    page = read(client.get(f"/leads/{lead.pk}/"))
    return written(page)[0].one("div", class_="entry__text").all()


def test_addresses_become_links(page_of_anna, lead, anna):
    text = "Siehe https://beispiel.de/a?b=1&c=2 oder s.aigner@beispiel.de."
    lead.write_entry(text=text, by=anna)
    web, mail = links(page_of_anna, lead)
    assert (web["href"], web["rel"]) == (
        "https://beispiel.de/a?b=1&c=2",
        "noopener noreferrer nofollow",
    )
    assert mail["href"] == "mailto:s.aigner@beispiel.de"
    assert shown(page_of_anna, lead) == [text]


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "JaVaScRiPt://%0aalert(1)",
     'https://x/"onmouseover="1', "https://x/'><script>alert(1)</script>",
     "http://javascript:alert(1)", "https://\u202egpj.exe/"],
)  # fmt: skip
def test_hostile_addresses_become_no_or_a_harmless_link(page_of_anna, lead, anna, text):
    lead.write_entry(text=text, by=anna)
    for link in links(page_of_anna, lead):
        assert link.tag == "a"
        assert set(link.attrs) <= {"href", "rel"}
        assert link["href"].startswith(("http://", "https://"))


def test_ten_thousand_characters_of_links_are_no_burden(page_of_anna, lead):
    for text in ("www." * 2500, "(" * 10_000, "a@" * 5000, "https://x.de/ " * 700):
        data = composer(page_of_anna, lead).sends(text=text)
        assert page_of_anna.post(journal_address(lead), data).status_code == 303
    assert page_of_anna.get(f"/leads/{lead.pk}/").status_code == 200


# Correcting ---------------------------------------------------------------------------


@BOTH
def test_the_author_corrects_an_entry(page_of_anna, lead, entry, headers):
    form = read(page_of_anna.get(entry_address(entry), headers=headers)).form(
        entry_address(entry)
    )
    assert form.sends()["text"] == "Erste Fassung"
    response = page_of_anna.post(
        entry_address(entry), form.sends(text="Zweite Fassung"), headers=headers
    )
    assert response.status_code == (200 if headers else 303)
    fresh = JournalEntry.objects.get(pk=entry.pk)
    assert (fresh.text, fresh.created_at) == ("Zweite Fassung", entry.created_at)
    assert fresh.edited_at is not None
    page = read(response if headers else page_of_anna.get(f"/leads/{lead.pk}/"))
    assert "bearbeitet" in page.one("li", id=f"entry-{entry.pk}").text
    event = lead.events.newest_first().first()
    assert (event.kind, event.old_text, event.new_text) == (
        "entry_edited", "Erste Fassung", "Zweite Fassung",
    )  # fmt: skip


def test_confirming_the_same_text_changes_nothing(page_of_anna, entry):
    form = read(page_of_anna.get(entry_address(entry))).form(entry_address(entry))
    before = everything()
    assert page_of_anna.post(entry_address(entry), form.sends()).status_code == 303
    assert everything() == before


@BOTH
@pytest.mark.parametrize("text", ["", " ", "x" * 10_001, "a\x00b"])
def test_a_refused_correction_stays_in_the_editor(page_of_anna, entry, text, headers):
    before = everything()
    data = {"text": text, "seen": entry.text}
    response = page_of_anna.post(entry_address(entry), data, headers=headers)
    assert response.status_code == 422
    form = read(response).form(entry_address(entry))
    assert form.sends()["text"] == as_read(text)
    assert form.all("p", class_="field-error")
    assert everything() == before


@BOTH
def test_a_correction_of_an_older_text_is_a_conflict(page_of_anna, lead, anna, entry, headers):
    form = read(page_of_anna.get(entry_address(entry))).form(entry_address(entry))
    lead.edit_entry(entry.pk, text="Im anderen Fenster", by=anna)
    before = everything()
    data = form.sends(text="Meine Fassung")
    response = page_of_anna.post(entry_address(entry), data, headers=headers)
    assert response.status_code == 409
    page = read(response)
    assert "Im anderen Fenster" in page.one("div", class_="conflict").text
    assert page.form(entry_address(entry)).sends()["text"] == "Meine Fassung"
    assert everything() == before
    # Having seen both, the author can confirm the own text.
    again = page.form(entry_address(entry)).sends()
    assert page_of_anna.post(entry_address(entry), again).status_code == 303
    assert JournalEntry.objects.get(pk=entry.pk).text == "Meine Fassung"


def test_cancel_shows_the_entry_again(page_of_anna, entry):
    part = read(page_of_anna.get(entry_address(entry) + "?ansicht", headers=HTMX))
    assert part.one("li", id=f"entry-{entry.pk}").button("Eintrag bearbeiten")


# Taking away --------------------------------------------------------------------------


@BOTH
def test_the_author_deletes_an_entry_and_takes_that_back(page_of_anna, lead, entry, headers):
    response = page_of_anna.post(delete_address(entry), headers=headers)
    assert response.status_code == (200 if headers else 303)
    assert shown(page_of_anna, lead) == []
    event = lead.events.newest_first().first()
    assert (event.kind, event.old_text) == ("entry_deleted", "Erste Fassung")
    verlauf = read(page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "verlauf"}))
    assert "Erste Fassung" in verlauf.one("table").text
    assert page_of_anna.post(undo_address(event), headers=headers).status_code in {200, 303}
    assert shown(page_of_anna, lead) == ["Erste Fassung"]
    assert JournalEntry.objects.get(pk=entry.pk).created_at == entry.created_at


def test_deleting_twice_or_in_the_same_instant_answers_404(
    page_of_anna, lead, anna, entry, monkeypatch
):
    real = journal.own_entry

    def overtaken(request, found, entry_id):
        answer = real(request, found, entry_id)
        Lead.objects.get(pk=lead.pk).delete_entry(entry.pk, by=anna)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(journal, "own_entry", overtaken)
        assert page_of_anna.post(delete_address(entry)).status_code == 404
    assert lead.events.filter(kind="entry_deleted").count() == 1
    assert page_of_anna.post(delete_address(entry)).status_code == 404
    assert lead.events.filter(kind="entry_deleted").count() == 1


# Whose --------------------------------------------------------------------------------


def test_a_manager_reads_and_writes_but_does_not_change_a_reps_entry(
    signed_in, meike, lead, entry
):
    client = signed_in(meike)
    line = read(client.get(f"/leads/{lead.pk}/")).one("li", id=f"entry-{entry.pk}")
    assert not line.all("button")
    before = everything()
    assert client.get(entry_address(entry)).status_code == 404
    assert client.get(entry_address(entry) + "?ansicht").status_code == 404
    data = {"text": "Geändert", "seen": entry.text}
    assert client.post(entry_address(entry), data).status_code == 404
    assert client.post(delete_address(entry)).status_code == 404
    assert everything() == before
    data = composer(client, lead).sends(text="Von Meike")
    assert client.post(journal_address(lead), data).status_code == 303
    assert shown(client, lead)[0] == "Von Meike"


def test_the_line_of_an_event_cannot_be_changed(page_of_anna, lead):
    line = lead.journal.exclude(event=None).first()
    for address in (entry_address(line), delete_address(line)):
        assert page_of_anna.post(address, {"text": "x", "seen": ""}).status_code == 404


def test_an_entry_is_reached_through_its_own_lead_only(page_of_anna, heatpumps, anna, entry):
    other = factories.accepted(heatpumps, anna)
    for tail in ("", "loeschung/"):
        address = f"/leads/{other.pk}/journal/{entry.pk}/{tail}"
        assert page_of_anna.post(address, {"text": "x", "seen": entry.text}).status_code == 404
    assert JournalEntry.objects.get(pk=entry.pk).text == "Erste Fassung"


@pytest.mark.parametrize("person", ["ben", "clara", "olaf"])
def test_others_write_nothing(request, signed_in, lead, entry, solar, person):
    client = signed_in(request.getfixturevalue(person))
    before = everything()
    data = {"text": "x", "kind": "note", "token": uuid.uuid4(), "seen": entry.text}
    for address in (journal_address(lead), entry_address(entry), delete_address(entry)):
        for headers in ({}, HTMX):
            assert client.post(address, data, headers=headers).status_code == 404
    assert everything() == before


def test_after_the_membership_ended_an_open_tab_writes_nothing(
    page_of_anna, lead, anna, heatpumps
):
    data = composer(page_of_anna, lead).sends(text="Noch schnell")
    heatpumps.memberships.filter(user=anna).delete()
    before = everything()
    assert page_of_anna.post(journal_address(lead), data).status_code == 404
    assert everything() == before


def test_wrong_verbs_and_missing_things(page_of_anna, lead, entry):
    assert page_of_anna.get(journal_address(lead)).status_code == 405
    assert page_of_anna.get(delete_address(entry)).status_code == 405
    for verb in ("put", "patch", "delete"):
        assert getattr(page_of_anna, verb)(entry_address(entry)).status_code == 405
    missing = f"/leads/{lead.pk}/journal/99999999999999999999/"
    assert page_of_anna.get(missing).status_code == 404
    assert page_of_anna.post(missing + "loeschung/").status_code == 404
    assert page_of_anna.post("/leads/99999999/journal/", {"text": "x"}).status_code == 404
    assert LeadEvent.objects.filter(kind="entry_deleted").count() == 0


def test_of_the_journals_only_the_leads_own_is_looked_at(lead, page_of_anna):
    nodes, answer = nodes_of(lambda: page_of_anna.get(f"/leads/{lead.pk}/"))
    assert answer.status_code == 200
    assert [node for node in nodes if "event_id=?" in str(node)] == []


# How it is drawn ----------------------------------------------------------------------


def test_a_line_is_the_same_of_an_entry_and_of_a_row(anna, meike, lead):
    lead.record_call(outcome="mailbox", note="Bitte zurückrufen", by=anna)
    lead.write_entry(text="Fremd", kind="email", by=meike)
    mine = lead.write_entry(text="Alt", by=anna)
    lead.edit_entry(mine.pk, text="Neu", by=anna)
    lead.set_field("city", seen=lead.city, value="Prien", by=anna)
    lead.journal.filter(event__kind="accepted").update(author=None)
    shown = lead.journal.shown().order_by("pk")
    lines = [Line.of(entry, reader=anna) for entry in shown]
    rows = lead.journal.as_rows().order_by("pk")
    assert [Line.of_row(row, reader=anna) for row in rows] == lines
    assert {line.is_own for line in lines} == {True, False}
    assert {line.is_edited for line in lines} == {True, False}
    assert {bool(line.author) for line in lines} == {bool(line.event) for line in lines}
    assert "mailbox" in {line.outcome for line in lines}


def test_a_refused_text_is_not_kept_with_what_is_drawn_again(page_of_anna, lead, monkeypatch):
    kept = []
    draw = ui._piece
    monkeypatch.setattr(
        ui, "_piece", lambda *args, **values: kept.append(values) or draw(*args, **values)
    )
    data = composer(page_of_anna, lead).sends(text="Zu lang. " * 2000)
    answer = page_of_anna.post(journal_address(lead), data)
    assert answer.status_code == 422
    assert read(answer).one("textarea").text.startswith("Zu lang. Zu lang.")
    assert kept
    assert "Zu lang" not in repr(kept)
