"""Leads and their history in the admin: to look at, within what one operates."""

from decimal import Decimal

import pytest
from django.urls import reverse

from leads.models import Lead, LeadEvent
from tests import factories
from tests.markup import read

LEADS = "/admin/leads/lead/"
EVENTS = "/admin/leads/leadevent/"


@pytest.fixture
def operator(signed_in, olaf, heatpumps):
    return signed_in(olaf)


@pytest.fixture
def foreign(solar, clara):
    return factories.accepted(solar, clara, name="Geheimrat Dachstuhl")


def shown(answer):
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def test_the_list_shows_the_leads_one_operates(operator, admin_client, lead, offered, foreign):
    assert set(shown(operator.get(LEADS))) == {lead, offered}
    assert set(shown(admin_client.get(LEADS))) == {lead, offered, foreign}


def test_the_list_shows_amounts_as_the_other_pages_do(operator, heatpumps, lead):
    factories.offer(heatpumps, name="Weniger", value=Decimal("24800"))
    factories.offer(heatpumps, name="Ohne Volumen", value=None)
    factories.offer(heatpumps, name="Mehr", value=Decimal("1033263.50"))
    page = read(operator.get(LEADS, {"o": "-7"}))
    cells = {cell.text for cell in page.all("td")}
    assert {"24.800 €", "1.033.263,50 €"} <= cells
    assert "None" not in cells
    by_value = shown(operator.get(LEADS, {"o": "-7"}))
    assert [lead.name for lead in by_value if lead.value] == ["Mehr", "Weniger"]


def test_filters_name_only_what_one_operates(operator, admin_client, lead, foreign):
    page = operator.get(LEADS).content.decode()
    assert "Angebot" in page
    for name in ("Photovoltaik", "Erstgespräch", "Geheimrat"):
        assert name not in page
        assert name in admin_client.get(LEADS).content.decode()
    assert "Photovoltaik" not in operator.get(EVENTS).content.decode()


def test_filters_and_search_find(operator, lead, offered, foreign, heatpumps):
    assert shown(operator.get(LEADS, {"status__exact": "offered"})) == [offered]
    assert shown(operator.get(LEADS, {"phase__id__exact": lead.phase_id})) == [lead]
    assert shown(operator.get(LEADS, {"phase__id__exact": foreign.phase_id})) == []
    assert set(shown(operator.get(LEADS, {"q": "rosenheim"}))) == {lead, offered}
    assert shown(operator.get(LEADS, {"q": "Geheimrat"})) == []


def test_the_page_of_a_lead_shows_values_and_history(operator, lead, anna):
    lead.set_field("city", seen="Rosenheim", value="Bad Aibling", by=anna)
    page = operator.get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()
    assert "Familie Aigner" in page
    assert page.count("Bad Aibling") >= 2
    assert f"/admin/marketplaces/user/{anna.pk}/" not in page


@pytest.mark.parametrize("view", ["change", "history", "delete"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_foreign_leads_and_events_answer_404(operator, foreign, view, method):
    event = foreign.events.first()
    for model, pk in (("lead", foreign.pk), ("leadevent", event.pk), ("lead", 999_999)):
        address = reverse(f"admin:leads_{model}_{view}", args=[pk])
        assert getattr(operator, method)(address).status_code == 404
    assert Lead.objects.filter(pk=foreign.pk).exists()


@pytest.mark.parametrize("person", ["olaf", "admin_user"])
@pytest.mark.parametrize("model", ["lead", "leadevent"])
def test_nobody_adds_changes_or_deletes(request, signed_in, lead, person, model):
    client = signed_in(request.getfixturevalue(person))
    thing = lead if model == "lead" else lead.events.first()
    before = list(LeadEvent.objects.values()), list(Lead.objects.values())
    change = reverse(f"admin:leads_{model}_change", args=[thing.pk])
    delete = reverse(f"admin:leads_{model}_delete", args=[thing.pk])
    data = {"name": "Anders", "label": "Anders", "post": "yes"}
    assert client.get(change).status_code == 200
    assert client.post(change, data).status_code == 403
    assert client.post(reverse(f"admin:leads_{model}_add"), data).status_code == 403
    assert client.post(delete, data).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [thing.pk], "post": "yes"}
    client.post(reverse(f"admin:leads_{model}_changelist"), bulk)
    assert (list(LeadEvent.objects.values()), list(Lead.objects.values())) == before


def test_a_hostile_name_is_text(operator, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, name="<img src=x onerror=alert(1)>")
    lead.set_field("city", seen="Rosenheim", value="<script>alert(1)</script>", by=anna)
    for address in (LEADS, EVENTS, f"{LEADS}{lead.pk}/change/"):
        page = operator.get(address).content.decode()
        assert "<img src=x" not in page
        assert "<script>alert" not in page


def test_the_list_needs_the_same_queries_for_more_leads(
    operator, heatpumps, anna, lead, offered, django_assert_max_num_queries
):
    operator.get(LEADS)
    with django_assert_max_num_queries(15) as few:
        operator.get(LEADS)
    for phase in range(1, 6):
        factories.accepted(heatpumps, anna, phase=phase)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(shown(operator.get(LEADS))) == 7
