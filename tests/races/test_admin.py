"""Two operators, or an operator and a rep, at the same instant; on a real PostgreSQL."""

import pytest

from leads.models import Lead, LeadError
from tests import factories
from tests.marketplaces.admin_page import MarketplacePage

from . import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pages(signed_in, olaf, heatpumps):
    return [MarketplacePage(signed_in(olaf), heatpumps) for _number in range(2)]


def ordered(marketplace):
    return [phase.name for phase in marketplace.phases.in_order()]


def test_two_operators_reorder_at_once(pages, heatpumps):
    names = ordered(heatpumps)
    wanted = [names[::-1], [*names[1:], names[0]]]
    for page, order in zip(pages, wanted, strict=True):
        page.drag("phases", order)
    answers = at_once(*(page.send for page in pages))
    assert [answer.status_code for answer in answers] == [302, 302]
    assert ordered(heatpumps) in wanted


def test_two_operators_add_a_phase_at_once(pages, heatpumps):
    names = ordered(heatpumps)
    for page, name in zip(pages, ("Montage", "Abnahme"), strict=True):
        page.add("phases", name=name)
    answers = at_once(*(page.send for page in pages))
    assert [answer.status_code for answer in answers] == [302, 302]
    assert ordered(heatpumps)[:5] == names
    assert set(ordered(heatpumps)[5:]) == {"Montage", "Abnahme"}


def test_two_operators_give_the_same_name_at_once(pages, heatpumps):
    for page, days in zip(pages, ("1", "2"), strict=True):
        page.add("phases", name="Montage", target_days=days)
    answers = at_once(*(page.send for page in pages))
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert ordered(heatpumps).count("Montage") == 1


def test_an_operator_deletes_a_phase_while_the_other_renames_it(pages, heatpumps):
    pages[0].delete("phases", "Auftrag")
    pages[1].set("phases", "Auftrag", name="Abschluss")
    answers = at_once(*(page.send for page in pages))
    assert [answer.status_code for answer in answers] == [302, 302]
    assert ordered(heatpumps)[:4] == [
        "Qualifizierung", "Vor-Ort-Termin", "Angebot", "Verhandlung",
    ]  # fmt: skip


def test_a_lead_moves_into_a_phase_that_is_being_deleted(pages, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=4)
    pages[0].delete("phases", "Auftrag")

    def move():
        try:
            mine = Lead.objects.get(pk=lead.pk)
            return mine.move(seen=mine.phase, to=mine.next_phase, by=anna)
        except LeadError as error:
            return error

    answer, moved = at_once(pages[0].send, move)
    stands_in = Lead.objects.get(pk=lead.pk).phase.name
    if answer.status_code == 302:
        assert (stands_in, "Auftrag" in ordered(heatpumps)) == ("Verhandlung", False)
    else:
        assert answer.status_code == 200
        assert (stands_in, moved.to_phase.name) == ("Auftrag", "Auftrag")
