"""/leads/suche/: leads, actions and pages by a few letters."""

import pytest

from leads.models import Lead, SavedView
from tests import factories
from tests.markup import HTMX, read

from .rows import closed, in_progress

FIND = "/leads/suche/"


@pytest.fixture
def find(page_of_anna):
    """Return what gives the names of what Anna finds, by their group."""

    def find(text, *, client=page_of_anna, **more):
        answer = client.get(FIND, {"q": text, **more}, headers=HTMX)
        assert answer.status_code == 200
        groups = read(answer).all("section")
        return {
            group.one("h2").text: [
                (item.all("span", class_="palette__text") or [item])[0].text
                for item in group.all()
                if "data-item" in item.attrs
            ]
            for group in groups
        }

    return find


def test_open_and_closed_leads_are_found_as_the_lists_find_them(find, heatpumps, anna):
    in_progress(heatpumps, anna, 12, name=lambda n: f"Müller {n:02}")
    closed(heatpumps, anna, 2, name=lambda n: f"Mueller alt {n}")
    for typed in ("müll", "MUELL", "muell"):
        found = find(typed)
        assert len(found["Leads in Bearbeitung"]) == 9
        assert found["Leads in Bearbeitung"][-1] == "Alle Treffer in Bearbeitung"
        assert sorted(found["Abgeschlossene Leads"]) == ["Mueller alt 0", "Mueller alt 1"]
    assert find("Müller 07") == {"Leads in Bearbeitung": ["Müller 07"]}
    # Of one character no lead is searched, and nothing finds nothing.
    assert "Leads in Bearbeitung" not in find("m")
    assert find("xyzzy") == {}


def test_nobody_finds_what_is_hidden(
    find, signed_in, heatpumps, solar, anna, ben, clara, offered
):
    factories.accepted(heatpumps, ben, name="Bens Lead", email="fremd@beispiel.de")
    own = factories.accepted(heatpumps, anna, name="Annas Lead")
    for typed in ("Aigner", "8031", "s.aigner@beispiel.de", "Mühlbach", "fremd", "Bens"):
        hits = find(typed).get("Leads in Bearbeitung", [])
        # Her own one was made with the same contact.
        assert set(hits) <= {"Annas Lead"}
    assert "Annas Lead" not in find("Bens")
    assert find("Annas", client=signed_in(clara)) == {}
    # Nor what can be done with it, whoever names its number.
    for pk in (own.pk, offered.pk, 2**70, "x", "-1", "٣"):
        groups = find("", client=signed_in(clara), lead=pk)
        assert set(groups) == {"Aktionen", "Seiten"}
    assert set(find("", lead=offered.pk)) == {"Aktionen", "Seiten"}
    assert "Annas Lead" in find("", lead=own.pk)


def test_actions_are_those_of_the_open_lead(find, heatpumps, anna, lead):
    name = lead.name
    assert find("phase", lead=lead.pk)[name] == [
        "Nächste Phase: Verhandlung",
        "Phase zurück: Vor-Ort-Termin",
    ]
    for typed, text in {
        "naechste": "Nächste Phase: Verhandlung", "nächste": "Nächste Phase: Verhandlung",
        "zurueck": "Phase zurück: Vor-Ort-Termin", "wiedervor": "Wiedervorlage",
        "journal": "Journaleintrag schreiben", "anruf": "Anrufen",
        "hochladen": "Datei hochladen", "anhaenge": "Datei hochladen",
        "felder": "Alle Felder bearbeiten",
    }.items():  # fmt: skip
        assert text in find(typed, lead=lead.pk)[name], typed
        assert name not in find(typed)
    last = factories.accepted(heatpumps, anna, phase=5, name="Letzte", phone="", mobile="")
    actions = find("", lead=last.pk)["Letzte"]
    assert actions[0] == "Lead abschließen: gewonnen oder verloren"
    assert "Anrufen" not in actions
    last.win(seen=last.phase, by=anna)
    actions = find("", lead=last.pk)["Letzte"]
    assert actions[0] == "Wieder öffnen"
    assert "Wiedervorlage" not in actions


def test_each_thing_that_is_found_opens(page_of_anna, anna, lead, olaf, signed_in, find):
    SavedView.objects.keep(anna, name="Große", list_name="in_progress", query="sort=-volumen")
    assert "Große" in find("grosse")["Gespeicherte Ansichten"]
    page = read(page_of_anna.get(FIND, {"lead": lead.pk}))
    assert page.one("h1").text == "Finden und ausführen"
    links = [item for item in page.all("a") if "data-item" in item.attrs]
    assert len(links) > 20
    for link in links:
        address = link["href"].partition("#")[0]
        if address.startswith("/"):
            response = page_of_anna.get(address)
            assert response.status_code == 200, address
            # An export takes room until it is read.
            assert b"".join(response)
    out = page.one("main").form("/abmelden/")
    assert page_of_anna.post("/abmelden/", out.sends()).status_code == 302
    assert "Verwaltung" not in str([link.text for link in links])
    assert "Verwaltung" in find("verwalt", client=signed_in(olaf))["Seiten"]


def test_whoever_sells_nowhere_finds_pages_alone(find, signed_in, ben, heatpumps):
    heatpumps.memberships.filter(user=ben).delete()
    assert set(find("", client=signed_in(ben))) == {"Seiten"}


@pytest.mark.parametrize("text", ["<b>&\"'", "x" * 5000, "\x00", "%_\\", "  ", "ß" * 200])
def test_whatever_is_typed_has_an_answer(page_of_anna, lead, text):
    lead_id = lead.pk
    Lead.objects.filter(pk=lead_id).update(name="L" * 120)
    for headers in ({}, HTMX):
        answer = page_of_anna.get(FIND, {"q": text, "lead": lead_id}, headers=headers)
        assert answer.status_code == 200
        assert "<b>&" not in answer.text


def test_many_leads_cost_no_more(
    page_of_anna, heatpumps, anna, lead, django_assert_max_num_queries
):
    in_progress(heatpumps, anna, 60, name=lambda n: f"Huber {n}")
    closed(heatpumps, anna, 60, name=lambda n: f"Huber {n}")
    with django_assert_max_num_queries(18):
        answer = page_of_anna.get(FIND, {"q": "huber", "lead": lead.pk}, headers=HTMX)
    assert len(read(answer).all("a", class_="menu__item palette__item")) >= 16
