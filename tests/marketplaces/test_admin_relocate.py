"""An operator moves the leads out of a phase; none moves by itself."""

import pytest
from django.urls import reverse

from leads import relocating
from leads.models import Lead, LeadEvent
from leads.relocating import relocate_leads
from tests import factories
from tests.markup import read


@pytest.fixture
def operator(signed_in, olaf, heatpumps):
    return signed_in(olaf)


@pytest.fixture
def offer_phase(heatpumps, anna, ben):
    """A retired phase with three leads; a fourth was won elsewhere."""
    for owner in (anna, ben, anna):
        factories.accepted(heatpumps, owner, phase=3)
    won = factories.accepted(heatpumps, anna, phase=5)
    won.win(seen=won.phase, by=anna)
    phase = heatpumps.phases.get(name="Angebot")
    phase.is_retired = True
    phase.save()
    return phase


def address(phase, marketplace=None):
    marketplace = marketplace or phase.marketplace
    return reverse("admin:marketplaces_phase_relocate", args=[marketplace.pk, phase.pk])


def places():
    return sorted(Lead.objects.in_progress().values_list("phase__name", flat=True))


def test_the_page_says_how_many_and_offers_active_phases(operator, offer_phase):
    answer = operator.get(address(offer_phase))
    assert answer.context["lead_count"] == 3
    offered = [str(phase) for phase in answer.context["form"].fields["to"].queryset]
    assert offered == ["Qualifizierung", "Vor-Ort-Termin", "Verhandlung", "Auftrag"]
    assert places() == ["Angebot"] * 3


@pytest.mark.parametrize("is_retired", [True, False])
def test_without_another_active_phase_the_page_asks_for_one(
    operator, offer_phase, heatpumps, is_retired
):
    heatpumps.phases.update(is_retired=True)
    heatpumps.phases.filter(pk=offer_phase.pk).update(is_retired=is_retired)
    for answer in (operator.get(address(offer_phase)), operator.post(address(offer_phase))):
        content = read(answer).one(id="content-main")
        assert "In der Phase „Angebot“ stehen 3 Leads." in content.text
        assert "Es gibt keine andere aktive Phase." in content.text
        assert "jetzt alle verschieben" not in content.text
        assert content.all("form") == content.all("button") == []
        back = reverse("admin:marketplaces_marketplace_change", args=[heatpumps.pk])
        assert content.one("a")["href"] == f"{back}#phases"


def test_the_leads_move_with_event_and_journal_line(operator, olaf, offer_phase, heatpumps):
    to = heatpumps.phases.get(name="Verhandlung")
    answer = operator.post(address(offer_phase), {"to": to.pk}, follow=True)
    assert answer.redirect_chain[0][0].endswith(f"/{heatpumps.pk}/change/#phases")
    assert places() == ["Verhandlung"] * 3
    events = LeadEvent.objects.filter(actor=olaf, from_phase=offer_phase, to_phase=to)
    assert events.count() == 3
    assert {event.journal_line.lead_id for event in events} == {e.lead_id for e in events}
    assert "3" in str(next(iter(answer.context["messages"])))


def test_sent_twice_it_moves_once(operator, offer_phase, heatpumps):
    to = heatpumps.phases.get(name="Verhandlung")
    for _number in range(2):
        assert operator.post(address(offer_phase), {"to": to.pk}).status_code == 302
    assert LeadEvent.objects.filter(from_phase=offer_phase, to_phase=to).count() == 4


def test_neither_retired_nor_foreign_phases_can_be_reached(
    operator, offer_phase, heatpumps, solar
):
    retired = heatpumps.phases.get(name="Vor-Ort-Termin")
    retired.is_retired = True
    retired.save()
    for to in (retired.pk, solar.phases.first().pk, offer_phase.pk, "", "nonsense"):
        assert operator.post(address(offer_phase), {"to": to}).status_code == 422
    assert places() == ["Angebot"] * 3


def test_a_phase_that_one_does_not_operate_answers_404(operator, offer_phase, solar, olaf):
    foreign = solar.phases.first()
    for where in (address(foreign), address(foreign, offer_phase.marketplace)):
        assert operator.get(where).status_code == 404
        assert operator.post(where, {"to": foreign.pk}).status_code == 404
    offer_phase.marketplace.memberships.filter(user=olaf).delete()
    assert operator.get(address(offer_phase)).status_code == 404


def test_a_lead_that_moved_on_meanwhile_is_left_alone(
    offer_phase, heatpumps, anna, olaf, monkeypatch
):
    to = heatpumps.phases.get(name="Qualifizierung")
    relocate = Lead.relocate

    def relocate_after_its_rep(lead, **kwargs):
        mine = Lead.objects.get(pk=lead.pk)
        if mine.owner == anna:
            mine.move(seen=mine.phase, to=mine.next_phase, by=anna)
        return relocate(lead, **kwargs)

    monkeypatch.setattr(Lead, "relocate", relocate_after_its_rep)
    assert relocate_leads(offer_phase, to=to, by=olaf) == 1
    assert places() == ["Qualifizierung", "Verhandlung", "Verhandlung"]


def test_very_many_leads_move_in_portions(operator, offer_phase, heatpumps, monkeypatch):
    monkeypatch.setattr(relocating, "AT_ONCE", 2)
    to = heatpumps.phases.get(name="Verhandlung")
    answer = operator.post(address(offer_phase), {"to": to.pk})
    assert answer.url == address(offer_phase)
    assert places() == ["Angebot", "Verhandlung", "Verhandlung"]
    operator.post(address(offer_phase), {"to": to.pk})
    assert places() == ["Verhandlung"] * 3


def test_anonymised_leads_need_not_be_moved(operator, offer_phase, heatpumps):
    for lead in Lead.objects.in_phase(offer_phase.pk):
        lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    answer = operator.get(address(offer_phase))
    assert answer.context["lead_count"] == 0
    assert not heatpumps.phases.left_behind().exists()
    page = operator.get(reverse("admin:marketplaces_marketplace_changelist"))
    (shown,) = page.context["cl"].result_list
    assert (shown.in_progress_count, shown.left_behind_count) == (0, 0)
    # Their history still needs the phase: it is retired, not deleted.
    assert "Verlauf" in offer_phase.use
    to = heatpumps.phases.get(name="Verhandlung")
    assert operator.post(address(offer_phase), {"to": to.pk}).status_code == 302
    assert places() == ["Angebot"] * 3
