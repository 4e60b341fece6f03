"""Every page of every list is read along an index, however many leads there are.

Read off PostgreSQL's own account of what it did, not off the clock.
"""

from types import SimpleNamespace

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from leads import field_values, morning
from leads.search_documents import rebuild
from tests import factories

from .plans import nodes_of, seed, settle

LIST, CLOSED, OFFERS = "/leads/", "/leads/abgeschlossen/", "/leads/neu/"
SORTS = ["name", "marktplatz", "phase", "wiedervorlage", "aktivitaet", "volumen"]
CLOSED_SORTS = ["name", "marktplatz", "ergebnis", "datum", "volumen"]
# A slice of up to so many PostgreSQL may rather sort than read in order, by what it sampled;
# Anna's have 8,000, and those of everybody 10,000.
FEW = 2_500

READ_BY_INDEX = {"leads_lead", "leads_searchdocument", "leads_fieldvalue"}

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    """Most of 30,000 leads are Anna's, in two marketplaces; Ben has twenty, Meike manages.

    They are committed once for all tests of this file, and gone after the last.
    """
    with django_db_blocker.unblock():
        anna, ben, meike = people = [factories.UserFactory() for _ in range(3)]
        heatpumps = _marketplace(rep=[anna, ben], manager=[meike])
        solar = _marketplace(rep=[anna])
        fields = {m: factories.make_field(m, "Fläche", "number") for m in (heatpumps, solar)}
        for marketplace, field in fields.items():
            seed(marketplace, 8_000, owner=anna, field=field)
            seed(marketplace, 20, owner=ben, field=field)
            seed(marketplace, 2_000, owner=meike, field=field)
            seed(marketplace, 1_500, status="offered", field=field)
            for status in ("won", "lost"):
                seed(marketplace, 1_500, owner=anna, status=status, field=field)
                seed(marketplace, 20, owner=ben, status=status, field=field)
        rebuild()
        field_values.rebuild()
        settle()
        yield SimpleNamespace(people=people, heatpumps=heatpumps, field=fields[heatpumps])
        call_command("flush", interactive=False, verbosity=0, reset_sequences=False)


def _marketplace(**members):
    return factories.MarketplaceFactory(
        phases=["Qualifizierung", "Vor-Ort-Termin", "Angebot"],
        reasons=["Zu teuer"],
        members=members,
    )


@pytest.fixture
def heatpumps(crowd):
    return crowd.heatpumps


@pytest.fixture
def own(crowd):
    """The word of the own field of one marketplace, which is a column of both."""
    return f"feld-{crowd.field.pk}"


@pytest.fixture
def people(signed_in, crowd):
    """Clients of who has many leads, of who has few, and of who sees everybody's."""
    return [signed_in(person) for person in crowd.people]


def account(client, address, **query):
    """Ask for a page; return the plan nodes and the addresses of the pages around it."""
    nodes, answer = nodes_of(lambda: client.get(address, query))
    assert answer.status_code == 200
    page = answer.context["list"].page
    assert page.rows or query.get("wiedervorlage") or query.get("ziel")
    return nodes, page


def assert_flat(nodes, *, most=FEW, most_sorted=FEW, read_whole=()):
    """Only indexes of leads are read, and of the long slices no more than a piece."""
    for node in nodes:
        kind, relation = node["Node Type"], node.get("Relation Name")
        if relation in READ_BY_INDEX and relation not in read_whole:
            assert kind != "Seq Scan", node
            looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            assert looked_at <= most, node
        if kind.endswith("Sort"):
            sorted_rows = sum(child["Actual Rows"] for child in node["Plans"])
            assert sorted_rows <= most_sorted, node


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
    filters += [{"ziel": "ueberschritten"}]
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


def test_the_mail_of_the_morning(crowd):
    """Also where nearly all that is due lies there for years."""
    day = f"{timezone.localdate()}"
    for person in crowd.people:
        nodes, _sent = nodes_of(lambda pk=person.pk: morning.send.enqueue(pk, day))
        assert_flat(nodes)
    assert mail.outbox[0].subject == "leadbook: 1.000+ Wiedervorlagen sind fällig"


def test_each_order_and_page_by_an_own_field(people, own, heatpumps):
    """Also where another filter narrows it, and where only leads without a value are left."""
    phase = heatpumps.phases.first().pk
    narrowed = [{}, {"phase": phase}, {"wiedervorlage": "heute"}]
    for client in people:
        for address in (LIST, CLOSED):
            for sort in (own, f"-{own}"):
                nodes, first = account(client, address, sort=sort)
                assert_flat(nodes)
                if first.next:
                    nodes, second = account(client, address, sort=sort, seite=first.next)
                    assert_flat(nodes)
                    back = second.previous
                    nodes, _first = account(client, address, sort=sort, seite=back)
                    assert_flat(nodes)
        for chosen in narrowed:
            nodes, _page = account(client, LIST, sort=own, **chosen)
            assert_flat(nodes)


@pytest.mark.parametrize(
    ("low", "high"), [("1", "1"), ("1", "100"), ("1", "800")], ids=["few", "some", "many"]
)
def test_each_filter_by_an_own_field(people, own, heatpumps, low, high):
    asked = {f"{own}-ab": low, f"{own}-bis": high, "marktplatz": heatpumps.slug}
    for client in people:
        for sort in ("", "name", own):
            # Up to MOST_GATHERED are put into order by themselves.
            query = {**asked, "sort": sort}
            nodes, answer = nodes_of(lambda c=client, q=query: c.get(LIST, q))
            assert answer.status_code == 200
            assert_flat(nodes)


SEARCHES = {
    "all": "kunde",
    "many": "ort",
    "few": "kunde 777",
    "none": "gibtsnicht",
    "one": "kunde 7",
    "short": "ku",
}


def searches(people):
    for typed in SEARCHES.values():
        for client in people:
            for address in (LIST, CLOSED):
                nodes, answer = nodes_of(lambda a=(client, address, typed): _found(*a))
                assert answer.status_code == 200
                yield nodes


def _found(client, address, typed):
    return client.get(address, {"q": typed})


def test_each_search_by_its_index(people, monkeypatch):
    monkeypatch.setattr("leads.listing.RECENT", 10**9)
    for nodes in searches(people):
        assert_flat(nodes, most=20_000)


def test_each_search_of_a_long_list(people, monkeypatch):
    """The newest leads are looked at, and no more of them than hold a page of matches."""
    monkeypatch.setattr("leads.listing.RECENT", 1000)
    for nodes in searches(people):
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
