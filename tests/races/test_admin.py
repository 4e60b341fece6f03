"""Two operators at the same instant: threads on PostgreSQL, processes on SQLite."""

import pytest

from tests.marketplaces.admin_page import MarketplacePage

from .conftest import Request

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pages(signed_in, olaf, heatpumps):
    return [MarketplacePage(signed_in(olaf), heatpumps) for _number in range(2)]


@pytest.fixture
def saved(together, olaf, pages):
    """Return a function by which both operators save their pages."""
    return lambda: together(*(Request(olaf, page.address, page.data) for page in pages))


def ordered(marketplace):
    return [phase.name for phase in marketplace.phases.in_order()]


def test_two_operators_reorder_at_once(pages, saved, heatpumps):
    names = ordered(heatpumps)
    wanted = [names[::-1], [*names[1:], names[0]]]
    for page, order in zip(pages, wanted, strict=True):
        page.drag("phases", order)
    answers = saved()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert ordered(heatpumps) in wanted


def test_two_operators_add_a_phase_at_once(pages, saved, heatpumps):
    names = ordered(heatpumps)
    for page, name in zip(pages, ("Montage", "Abnahme"), strict=True):
        page.add("phases", name=name)
    answers = saved()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert ordered(heatpumps)[:5] == names
    assert set(ordered(heatpumps)[5:]) == {"Montage", "Abnahme"}


def test_two_operators_give_the_same_name_at_once(pages, saved, heatpumps):
    for page, days in zip(pages, ("1", "2"), strict=True):
        page.add("phases", name="Montage", target_days=days)
    answers = saved()
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert ordered(heatpumps).count("Montage") == 1


def test_an_operator_deletes_a_phase_while_the_other_renames_it(pages, saved, heatpumps):
    pages[0].delete("phases", "Auftrag")
    pages[1].set("phases", "Auftrag", name="Abschluss")
    answers = saved()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert ordered(heatpumps)[:4] == [
        "Qualifizierung", "Vor-Ort-Termin", "Angebot", "Verhandlung",
    ]  # fmt: skip
