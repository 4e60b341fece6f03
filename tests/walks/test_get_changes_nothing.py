"""GET and HEAD only look: every address leaves all tables and files as they were."""

import pytest

from tests.markup import HTMX
from tests.state import changes, everything, stored_files

from .asking import body_of
from .stage import LEAD, OF_A_LEAD, OF_ONES_OWN, PERSONAL, PUBLIC
from .test_admin import addresses

pytestmark = pytest.mark.once

QUERIES = {
    LEAD: ["", "?tab=anhaenge", "?tab=verlauf", "?vor=1"],
    f"{LEAD}phase/": ["", "?nach=1"],
    "leads/anlegen/": ["", "?wechseln=1&name=x"],
}


@pytest.mark.parametrize("person", ["anna", "meike", "ben", "nobody"])
def test_looking_changes_nothing(stage, client_of, person):
    client = client_of(person)
    before = everything(), stored_files()
    for route in (*OF_A_LEAD, *OF_ONES_OWN, *PERSONAL, *PUBLIC):
        address = stage.address(route)
        address = address.replace("<uidb64>", "MQ").replace("<token>", "abc-123")
        for query in QUERIES.get(route, ["", "?ansicht"]):
            for headers in ({}, HTMX):
                response = client.get(address + query, headers=headers)
                assert response.status_code < 500, address
                body_of(response)
                client.head(address + query, headers=headers)
    assert changes(before[0], everything()) == {}
    assert stored_files() == before[1]


def test_looking_at_a_closed_and_an_offered_lead_changes_nothing(stage, client_of):
    client = client_of("anna")
    before = everything(), stored_files()
    for lead in (stage.closed, stage.offered):
        for route in OF_A_LEAD:
            if route.count("<") == 1 and route.startswith(LEAD):
                for headers in ({}, HTMX):
                    address = stage.address(route, lead_id=lead.pk)
                    assert client.get(address, headers=headers).status_code < 500
    assert changes(before[0], everything()) == {}
    assert stored_files() == before[1]


def test_signing_out_by_get_does_not_sign_out(client_of, stage):
    client = client_of("anna")
    for address in ("/abmelden/", "/abmelden/ueberall/"):
        assert client.get(address).status_code == 405
    assert client.get("/leads/").status_code == 200


def test_an_operator_who_looks_around_the_admin_changes_nothing(stage, client_of, olaf):
    olaf.is_superuser = True
    olaf.save()
    client = client_of("olaf")
    before = everything(), stored_files()
    for address in set(addresses(stage)):
        assert client.get(address).status_code < 500, address
    assert changes(before[0], everything()) == {}
    assert stored_files() == before[1]
