"""Lists, searches, filters, orders and counts: what each person sees, and nothing besides.

Each case states the visible set; all other leads are the hidden one.
"""

import re
from urllib.parse import quote

import pytest

from tests import factories
from tests.markup import HTMX

from .asking import secrets_in
from .stage import SECRETS, SECRETS_OF_OFFERS

LISTS = ["/leads/", "/leads/neu/", "/leads/abgeschlossen/"]
OFFERS = {"offered", "withdrawn"}
# Person → what stands in each of the three lists.
VISIBLE = {
    "anna": ({"lead", "imported"}, OFFERS, {"closed"}),
    "meike": ({"lead", "imported"}, OFFERS, {"closed"}),
    "ben": (set(), OFFERS, set()),
    "decliner": (set(), set(), set()),
    "reassigned": (set(), OFFERS, set()),
    "clara": ({"theirs"}, set(), set()),
    "mona": ({"theirs"}, set(), set()),
    "olaf": (set(), set(), set()),
    "former": (set(), set(), set()),
    "ended": (set(), set(), set()),
}
ORDERS = [
    "name",
    "-name",
    "marktplatz",
    "phase",
    "-volumen",
    "aktivitaet",
    "ergebnis",
    "email",
]


@pytest.fixture
def leads(stage, solar, clara):
    """Name → lead."""
    own = dict.fromkeys(factories.contact(), "") | {"name": "Geheimrat Dachstuhl"}
    theirs = factories.accepted(solar, clara, **own)
    imported = stage.imports["done"].rows.exclude(lead=None).get().lead
    states = ("lead", "closed", "offered", "withdrawn")
    mine = {state: getattr(stage, state) for state in states}
    return {"theirs": theirs, "imported": imported, **mine}


def shown(response, leads):
    """The names of the leads to which the answer leads."""
    assert response.status_code == 200
    numbers = set(re.findall(r"/leads/(\d+)/", response.content.decode()))
    by_id = {str(lead.pk): name for name, lead in leads.items()}
    return {by_id[number] for number in numbers}


def without_tokens(response):
    """What differs from answer to answer taken out."""
    tokens = r'(name="(?:csrfmiddlewaretoken|angebot)" value=")[^"]*'
    return re.sub(tokens, r"\1", response.content.decode())


def counts(response):
    """All numbers that stand in the answer's words, apart from times and amounts."""
    return re.findall(r">\s*(?:[\w-]+ )*(\d+)\s*<", response.content.decode())


@pytest.mark.parametrize("person", VISIBLE)
def test_each_list_shows_the_visible_leads_only(leads, stage, client_of, person):
    client = client_of(person)
    secrets = SECRETS_OF_OFFERS if person in {"anna", "meike"} else SECRETS
    for address, visible in zip(LISTS, VISIBLE[person], strict=True):
        for headers in ({}, HTMX):
            whole = client.get(address, headers=headers)
            assert shown(whole, leads) == visible, address
            assert secrets_in(whole, secrets) == []
            for order in ORDERS:
                sorted_by = client.get(address, {"sort": order}, headers=headers)
                assert shown(sorted_by, leads) == visible, (address, order)
                assert secrets_in(sorted_by, secrets) == []


@pytest.mark.parametrize("person", VISIBLE)
def test_a_search_for_what_is_hidden_finds_and_counts_as_much_as_one_for_nothing(
    leads, stage, client_of, person
):
    """AZ6: also for the phone, the e-mail and the name of an offered lead."""
    client = client_of(person)
    hidden = [*SECRETS_OF_OFFERS, "08999988", "Vera Verborgen", "v@verborgen.example"]
    if person not in {"anna", "meike"}:
        hidden += ["Aigner", "1234567", "s.aigner@beispiel.de"]
    if person not in {"clara", "mona"}:
        hidden += ["Geheimrat", "Dachstuhl"]
    for address in LISTS:
        for headers in ({}, HTMX):
            nothing = client.get(address, {"q": "xyzxyz"}, headers=headers)
            for word in hidden:
                found = client.get(address, {"q": word}, headers=headers)
                assert shown(found, leads) == shown(nothing, leads), word
                assert counts(found) == counts(nothing), word


@pytest.mark.parametrize("person", ["ben", "clara", "olaf", "ended"])
def test_a_filter_by_what_is_hidden_is_as_one_by_nothing(leads, stage, client_of, person):
    """Neither a foreign marketplace nor a phase of it is told from one that is not."""
    client = client_of(person)
    foreign = stage.marketplace if person != "ben" else leads["theirs"].marketplace
    phase = foreign.phases.first().pk
    for address in LISTS:
        for known, unknown in (
            (f"marktplatz={foreign.slug}", "marktplatz=gibt-es-nicht"),
            (f"phase={phase}", "phase=99999999"),
        ):
            bodies = [
                without_tokens(client.get(f"{address}?{query}", headers=HTMX))
                for query in (known, unknown)
            ]
            # A link leads back to the very address.
            for echo in (str, quote):
                bodies = [
                    body.replace(echo(query), "")
                    for body, query in zip(bodies, (known, unknown), strict=True)
                ]
            assert bodies[0] == bodies[1]
            assert foreign.name not in bodies[0]
