"""How many questions each address may ask the database, and how many bytes a part may have.

Every route of the application has its budget, as page and as part, with few rows and with
many; a route that has none fails.
"""

import gzip

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Attachment, JournalEntry, LeadEvent
from tests import factories
from tests.leads import rows
from tests.markup import HTMX

from .asking import body_of, rolled_back, send
from .stage import (
    ADMIN,
    ADMIN_FRAME,
    ADMIN_OF_SUPERUSERS,
    FOR_THE_ADMIN,
    IMPORT,
    KNOWN,
    LEAD,
    OF_A_LEAD,
    OF_ONES_OWN,
    PERSONAL,
    PUBLIC,
    VIEW,
)
from .test_admin import addresses

pytestmark = pytest.mark.once

# (route, verb) → queries of the page and of the part. Session and user are two of them.
BUDGETS = {
    (LEAD, "GET"): (11, 6),
    (f"{LEAD}stand/", "GET"): (7, 7),
    (f"{LEAD}akte/", "GET"): (12, 12),
    (f"{LEAD}annahme/", "POST"): (17, 17),
    (f"{LEAD}ablehnung/", "GET"): (6, 4),
    (f"{LEAD}ablehnung/", "POST"): (9, 9),
    (f"{LEAD}phase/", "GET"): (10, 8),
    (f"{LEAD}phase/", "POST"): (20, 21),
    (f"{LEAD}phase/checkliste/", "POST"): (18, 18),
    (f"{LEAD}abschluss/", "POST"): (17, 19),
    (f"{LEAD}wiedereroeffnung/", "GET"): (6, 4),
    (f"{LEAD}wiedereroeffnung/", "POST"): (14, 16),
    (f"{LEAD}anruf/", "GET"): (5, 3),
    (f"{LEAD}anruf/", "POST"): (14, 15),
    (f"{LEAD}wiedervorlage/", "GET"): (5, 3),
    (f"{LEAD}wiedervorlage/", "POST"): (14, 15),
    (f"{LEAD}felder/", "GET"): (6, 4),
    (f"{LEAD}felder/", "POST"): (17, 17),
    (f"{LEAD}felder/<str:name>/", "GET"): (5, 3),
    (f"{LEAD}felder/<str:name>/", "POST"): (12, 14),
    (f"{LEAD}journal/", "POST"): (9, 10),
    (f"{LEAD}journal/<int:entry_id>/", "GET"): (6, 4),
    (f"{LEAD}journal/<int:entry_id>/", "POST"): (14, 14),
    (f"{LEAD}journal/<int:entry_id>/loeschung/", "POST"): (13, 13),
    (f"{LEAD}anhaenge/", "POST"): (19, 19),
    (f"{LEAD}anhaenge/direkt/", "POST"): (14, 14),
    (f"{LEAD}anhaenge/direkt/<int:upload_id>/", "POST"): (18, 10),
    (f"{LEAD}anhaenge/<int:attachment_id>/", "GET"): (4, 4),
    (f"{LEAD}anhaenge/<int:attachment_id>/vorschau/", "GET"): (4, 4),
    (f"{LEAD}anhaenge/<int:attachment_id>/name/", "GET"): (6, 4),
    (f"{LEAD}anhaenge/<int:attachment_id>/name/", "POST"): (12, 12),
    (f"{LEAD}anhaenge/<int:attachment_id>/loeschung/", "POST"): (10, 10),
    (f"{LEAD}verlauf/<int:event_id>/ruecknahme/", "POST"): (13, 15),
    ("", "GET"): (2, 2),
    ("leads/", "GET"): (7, 7),
    ("leads/neu/", "GET"): (7, 6),
    ("leads/abgeschlossen/", "GET"): (7, 6),
    ("leads/wiedervorlage/", "GET"): (5, 3),
    # Of one lead; each other one asks as much.
    ("leads/wiedervorlage/", "POST"): (11, 11),
    ("leads/wiedervorlage/ruecknahme/", "POST"): (4, 4),
    ("leads/export/", "GET"): (5, 5),
    ("leads/abgeschlossen/export/", "GET"): (5, 5),
    ("leads/ansichten/", "GET"): (5, 3),
    ("leads/ansichten/anlegen/", "GET"): (5, 4),
    ("leads/ansichten/anlegen/", "POST"): (9, 9),
    ("leads/ansichten/ruecknahme/", "POST"): (3, 3),
    (VIEW, "GET"): (5, 3),
    (VIEW, "POST"): (8, 8),
    (f"{VIEW}position/", "POST"): (6, 7),
    (f"{VIEW}loeschung/", "POST"): (8, 8),
    ("leads/importe/", "GET"): (6, 6),
    ("leads/importe/neu/", "GET"): (6, 6),
    ("leads/importe/neu/", "POST"): (20, 20),
    (IMPORT, "GET"): (7, 5),
    (f"{IMPORT}spalten/", "GET"): (7, 5),
    # The whole of a short file, without a worker.
    (f"{IMPORT}spalten/", "POST"): (24, 24),
    (f"{IMPORT}start/", "POST"): (40, 40),
    (f"{IMPORT}fortschritt/", "POST"): (40, 40),
    (f"{IMPORT}abbruch/", "POST"): (10, 10),
    (f"{IMPORT}ruecknahme/", "GET"): (8, 6),
    (f"{IMPORT}ruecknahme/", "POST"): (50, 50),
    (f"{IMPORT}fehler/<str:ending>/", "GET"): (5, 5),
    ("leads/anlegen/", "GET"): (6, 4),
    ("leads/anlegen/", "POST"): (6, 4),
    # Without what is searched; with it, see tests/leads/test_palette.py.
    ("leads/suche/", "GET"): (7, 5),
    ("leads/filter/", "GET"): (6, 4),
    ("leads/spalten/", "GET"): (6, 5),
    ("leads/spalten/", "POST"): (6, 5),
    ("abmelden/", "POST"): (4, 4),
    ("abmelden/ueberall/", "POST"): (5, 5),
    ("passwort/", "GET"): (4, 4),
    ("passwort/", "POST"): (7, 7),
    ("tastatur/", "GET"): (4, 2),
    ("tastatur/", "POST"): (2, 2),
    ("sprache/", "POST"): (2, 2),
    ("darstellung/", "POST"): (2, 2),
    ("erinnerungen/", "GET"): (4, 4),
    ("einstellungen/", "GET"): (5, 5),
    ("einstellungen/", "POST"): (6, 6),
    ("einstellungen/morgenmail/", "POST"): (4, 4),
    # Without a valid token; with one it is the person and the leads.
    ("kalender/<token>.ics", "GET"): (0, 0),
    ("erinnerungen/", "POST"): (4, 4),
    # Without a valid link; with one, see tests/leads/test_reminders.py.
    ("leads/rueckmeldung/<token>/", "GET"): (0, 0),
    ("leads/rueckmeldung/<token>/", "POST"): (0, 0),
    ("abbestellen/<token>/", "GET"): (0, 0),
    ("abbestellen/<token>/", "POST"): (0, 0),
    ("anmelden/", "GET"): (0, 0),
    ("anmelden/", "POST"): (0, 0),
    ("admin/login/", "GET"): (0, 0),
    ("passwort/vergessen/", "GET"): (0, 0),
    ("passwort/vergessen/", "POST"): (0, 0),
    ("passwort/vergessen/gesendet/", "GET"): (0, 0),
    ("passwort/neu/<uidb64>/<token>/", "GET"): (1, 1),
    ("passwort/neu/<uidb64>/<token>/", "POST"): (1, 1),
    ("passwort/neu/fertig/", "GET"): (0, 0),
    ("healthz/", "GET"): (2, 2),
    ("healthz/alive/", "GET"): (0, 0),
}
# The admin's pages, which nobody waits for on the telephone.
MOST_OF_ADMIN = 40
TRANSACTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def fill(stage):
    """Many rows of each kind behind the stage's addresses."""
    lead, anna, marketplace = stage.lead, stage.anna, stage.marketplace
    for number in range(8):
        factories.make_field(marketplace, f"Feld {number}")
    events = LeadEvent.objects.bulk_create(
        LeadEvent(lead=lead, kind="field_changed", actor=anna, label="Ort", new_text=f"{n}")
        for n in range(60)
    )
    JournalEntry.objects.bulk_create(
        [
            *(JournalEntry(lead=lead, author=anna, text=f"Notiz {n}") for n in range(60)),
            *(JournalEntry(lead=lead, author=anna, kind="event", event=e) for e in events),
        ]
    )
    Attachment.objects.bulk_create(
        Attachment(lead=lead, author=anna, file=f"aa/{n}", name=f"Plan {n}.png",
                   extension="png", size=1, sha256=f"{n}")
        for n in range(70)
    )  # fmt: skip
    rows.in_progress(marketplace, anna, 60)
    rows.closed(marketplace, anna, 60)
    for number in range(5):
        factories.offer(marketplace, name=f"Angebot {number}")


def questions(stage, client, signed_in, route, verb, headers):
    """What the address asks, apart from the transactions around."""
    of = {**OF_A_LEAD, **OF_ONES_OWN, **PERSONAL, **PUBLIC}[route]
    address = stage.address(route).replace("<uidb64>", "MQ").replace("<token>", "abc-123")
    data = {}
    if verb == "POST":
        data = (
            stage.whole_form(signed_in(stage.anna), route)
            if of.has_form
            else stage.body(route)
        )
    # The first answer of a client has more to do.
    with rolled_back(client), CaptureQueriesContext(connection) as captured:
        response = send(client, verb, address, data, headers)
        body_of(response)
    assert response.status_code < 500, address
    asked = [query["sql"] for query in captured]
    return [sql for sql in asked if not sql.startswith(TRANSACTIONS)]


def asked_of_all(stage, client_of, signed_in):
    found = {}
    for route, of in {**OF_A_LEAD, **OF_ONES_OWN, **PERSONAL, **PUBLIC}.items():
        for verb in ("GET", "POST"):
            if of.verbs[verb]:
                for headers in ({}, HTMX):
                    client = client_of("nobody" if route in PUBLIC else "anna")
                    key = route, verb, bool(headers)
                    found[key] = questions(stage, client, signed_in, route, verb, headers)
    return found


def test_every_route_has_a_budget():
    # Those that only the admin's people see have their budgets in test_second_factor.
    walked = {*OF_A_LEAD, *OF_ONES_OWN, *PERSONAL, *FOR_THE_ADMIN, *PUBLIC}
    assert walked | {*ADMIN, *ADMIN_OF_SUPERUSERS, *ADMIN_FRAME} == KNOWN
    classes = {**OF_A_LEAD, **OF_ONES_OWN, **PERSONAL, **PUBLIC}
    wanted = {(r, v) for r, of in classes.items() for v in ("GET", "POST") if of.verbs[v]}
    assert set(BUDGETS) == wanted


@pytest.mark.parametrize("is_full", [False, True], ids=["few", "many"])
def test_no_address_asks_more_than_it_may(stage, client_of, signed_in, is_full):
    if is_full:
        fill(stage)
    found = asked_of_all(stage, client_of, signed_in)
    over = {
        (route, verb, part): len(asked)
        for (route, verb, part), asked in found.items()
        if len(asked) > BUDGETS[route, verb][part]
    }
    assert over == {}


def test_the_admin_asks_no_more_for_many_rows(stage, client_of, olaf):
    olaf.is_superuser = True
    olaf.save()
    client = client_of("olaf")

    def asked():
        found = {}
        for address in set(addresses(stage)):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code < 500, address
            found[address] = len(captured)
        return found

    asked()
    few = asked()
    fill(stage)
    many = asked()
    assert {a: n for a, n in many.items() if n > MOST_OF_ADMIN} == {}
    assert {a: (few[a], n) for a, n in many.items() if n > few[a] + 2} == {}


# Bytes --------------------------------------------------------------------------------

# What is sent, the query, and the compressed bytes that its answer may have.
PARTS = {
    "a move": (f"{LEAD}phase/", "POST", "", 2000),
    # With the leads that are alike.
    "a field": (f"{LEAD}felder/<str:name>/", "POST", "", 1900),
    "an entry": (f"{LEAD}journal/", "POST", "", 1600),
    "the journal": (LEAD, "GET", "?tab=journal", 4000),
    "the attachments": (LEAD, "GET", "?tab=anhaenge", 6500),
    "the history": (LEAD, "GET", "?tab=verlauf", 3500),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_small(stage, client_of, name):
    route, verb, query, most = PARTS[name]
    fill(stage)
    address = stage.address(route)
    headers = {**HTMX, "HX-Current-URL": f"http://testserver/leads/{stage.lead.pk}/"}
    answer = send(client_of("anna"), verb, address + query, stage.body(route), headers)
    assert answer.status_code == 200
    assert len(gzip.compress(answer.content)) <= most
