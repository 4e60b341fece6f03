"""Every page of every list is read along an index, however many leads there are.

Read off PostgreSQL's own account of what it did, not off the clock.
"""

import pytest

from leads.search_documents import rebuild
from tests import factories

from .plans import nodes_of, seed, settle

LIST, CLOSED, OFFERS = "/leads/", "/leads/abgeschlossen/", "/leads/neu/"
SORTS = ["name", "marktplatz", "phase", "wiedervorlage", "aktivitaet", "volumen"]
CLOSED_SORTS = ["name", "marktplatz", "ergebnis", "datum", "volumen"]
# A page and the row behind it.
PAGE = 51
# What a counter looks at before it says "1.000+".
COUNTED = 1001

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def crowd(transactional_db, anna, ben, meike, heatpumps, solar):
    """Most of 30,000 leads are Anna's, in two marketplaces; Ben has twenty."""
    solar.memberships.create(user=anna, role="rep")
    factories.LossReason.objects.create(marketplace=solar, label="Zu spät", position=9)
    for marketplace in (heatpumps, solar):
        seed(marketplace, 8_000, owner=anna)
        seed(marketplace, 20, owner=ben)
        seed(marketplace, 2_000, owner=meike)
        seed(marketplace, 1_500, status="offered")
        for status in ("won", "lost"):
            seed(marketplace, 1_500, owner=anna, status=status)
            seed(marketplace, 20, owner=ben, status=status)
    rebuild()
    settle()


def account(client, address, **query):
    """Ask for a page; return the plan nodes and the addresses of the pages around it."""
    nodes, answer = nodes_of(lambda: client.get(address, query))
    assert answer.status_code == 200
    page = answer.context["list"].page
    assert page.rows or query.get("wiedervorlage")
    return nodes, page


def assert_flat(nodes, *, most=COUNTED):
    """Only indexes of leads are read, and of each no more than a page (or a counter)."""
    for node in nodes:
        kind = node["Node Type"]
        scanned = node.get("Relation Name") in {"leads_lead", "leads_searchdocument"}
        assert not (scanned and kind == "Seq Scan"), node
        if scanned:
            looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            assert looked_at <= most, node
        if kind.endswith("Sort"):
            sorted_rows = sum(child["Actual Rows"] for child in node["Plans"])
            assert sorted_rows <= 12 * PAGE, node


@pytest.fixture
def people(signed_in, anna, ben, meike, crowd):
    """Clients of who has many leads, of who has few, and of who sees everybody's."""
    return [signed_in(person) for person in (anna, ben, meike)]


ORDERS = [(LIST, sort) for sort in SORTS] + [(CLOSED, sort) for sort in CLOSED_SORTS]


def test_each_order_and_page(people):
    for client in people:
        for address, column in ORDERS:
            for sort in (column, f"-{column}"):
                nodes, first = account(client, address, sort=sort)
                assert_flat(nodes)
                if first.next:
                    nodes, second = account(client, address, sort=sort, seite=first.next)
                    assert_flat(nodes)
                    nodes, _first = account(client, address, sort=sort, seite=second.previous)
                    assert_flat(nodes)


def test_each_filter(people, heatpumps):
    filters = [{"wiedervorlage": due} for due in ("ueberfaellig", "heute", "keine")]
    filters += [{"phase": heatpumps.phases.first().pk}, {"marktplatz": heatpumps.slug}]
    for client in people:
        for chosen in filters:
            for sort in SORTS:
                nodes, _page = account(client, LIST, sort=sort, **chosen)
                assert_flat(nodes)
        for result in ("gewonnen", "verloren"):
            for sort in CLOSED_SORTS:
                nodes, _page = account(client, CLOSED, sort=sort, ergebnis=result)
                assert_flat(nodes)


SEARCHES = {
    "all": "kunde",
    "many": "ort",
    "few": "kunde 777",
    "none": "gibtsnicht",
    "one": "kunde 7",
    "short": "ku",
}


@pytest.mark.parametrize("typed", SEARCHES.values(), ids=SEARCHES)
def test_each_search(people, typed):
    for client in people:
        for address in (LIST, CLOSED):
            nodes, answer = nodes_of(lambda a=address: client.get(a, {"q": typed}))  # noqa: B023
            assert answer.status_code == 200
            assert_flat(nodes, most=20_000)


def test_the_offers_and_the_counters(people):
    for client in people:
        nodes, first = account(client, OFFERS)
        assert_flat(nodes)
        nodes, _second = account(client, OFFERS, seite=first.next)
        assert_flat(nodes)
    many, few, all_of_one = (
        str(client.get(LIST).context["counts"]["in_progress"]) for client in people
    )
    assert (many, few, all_of_one) == ("1.000+", "20", "1.000+")
