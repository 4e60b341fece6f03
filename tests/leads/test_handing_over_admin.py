"""An operator hands leads over in the admin: some, all that are shown, all of one person."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from leads import handing_over
from leads.models import Lead
from tests import factories
from tests.markup import read
from tests.state import changes, everything

LEADS = "/admin/leads/lead/"


@pytest.fixture
def operator(signed_in, olaf, heatpumps):
    return signed_in(olaf)


@pytest.fixture
def leads(heatpumps, anna, ben, meike):
    """Anna's three in progress; one that she won, one of Ben's, one that is offered."""
    for number in (1, 2, 3):
        factories.accepted(heatpumps, anna, phase=2, name=f"Lead {number}")
    won = factories.accepted(heatpumps, anna, phase=5, name="Gewonnen")
    won.win(seen=won.phase, by=anna)
    factories.accepted(heatpumps, ben, name="Bens")
    factories.offer(heatpumps, name="Angeboten")
    return {lead.name: lead for lead in Lead.objects.all()}


def choose(client, leads, *names, address=LEADS, **data):
    """Choose leads in the list, and the action for them."""
    ids = [leads[name].pk for name in names]
    return client.post(
        address, {"action": "hand_over", ACTION_CHECKBOX_NAME: ids, "index": 0, **data}
    )


def send(client, asked, to):
    """Send the page that asks who gets them, as the browser does."""
    form = next(f for f in read(asked).all("form") if f.all("select", name="to"))
    ids = [box["value"] for box in form.all("input", name=ACTION_CHECKBOX_NAME)]
    fields = form.sends() | {ACTION_CHECKBOX_NAME: ids, "to": getattr(to, "pk", to)}
    address = asked.wsgi_request.get_full_path()
    return client.post(address, fields, follow=True)


def owners():
    return {lead.name: lead.owner and lead.owner.username for lead in Lead.objects.all()}


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def test_chosen_leads_get_the_chosen_colleague(operator, leads, olaf, ben):
    before = owners()
    asked = choose(operator, leads, "Lead 1", "Lead 2", "Gewonnen", "Bens", "Angeboten")
    assert asked.status_code == 200
    text = read(asked).text
    assert "3 Leads in Bearbeitung bekommen" in text
    assert "2 der ausgewählten bleiben, wie sie sind" in text
    assert owners() == before
    answer = send(operator, asked, ben)
    assert answer.redirect_chain == [(LEADS, 302)]
    assert owners() == before | {"Lead 1": "ben", "Lead 2": "ben"}
    assert told(answer) == [
        "2 Leads wurden an Ben Beispiel übergeben.",
        "1 Lead hatte Ben Beispiel schon.",
        "2 Leads wurden ausgelassen: Sie sind nicht in Bearbeitung.",
    ]
    assert leads["Lead 1"].events.handed_over().get().actor == olaf


def test_the_colleagues_are_those_who_work_there(
    operator, leads, heatpumps, solar, olaf, clara, ben, meike, anna
):
    solar.memberships.create(user=olaf, role="operator")
    heatpumps.memberships.create(
        user=factories.UserFactory(username="weg", is_active=False), role="rep"
    )

    def offered():
        asked = choose(operator, leads, "Lead 1")
        return set(asked.context["form"].fields["to"].queryset)

    assert offered() == {anna, ben, meike}
    # Who works in one of two marketplaces gets what is there.
    foreign = factories.accepted(solar, clara, name="Dachstuhl")
    asked = choose(operator, leads | {foreign.name: foreign}, "Lead 1", "Dachstuhl")
    answer = send(operator, asked, ben)
    assert told(answer)[1] == (
        "1 Lead wurde ausgelassen: Ben Beispiel arbeitet in seinem Marktplatz nicht an Leads."
    )
    assert (owners()["Lead 1"], owners()["Dachstuhl"]) == ("ben", "clara")


def test_all_of_one_person_are_found_and_handed_over(operator, leads, anna, ben, monkeypatch):
    monkeypatch.setattr(handing_over, "AT_ONCE", 2)
    page = read(operator.get(LEADS))
    (address,) = {
        link["href"]
        for link in page.all("a")
        if link.text == "Anna Beispiel" and "owner" in link.get("href", "")
    }
    shown = operator.get(f"{LEADS}{address}&status__exact=in_progress")
    address = shown.wsgi_request.get_full_path()
    asked = choose(operator, leads, "Lead 1", address=address, select_across="1")
    answer = send(operator, asked, ben)
    assert answer.redirect_chain == [(address, 302)]
    assert told(answer) == [
        "2 Leads wurden an Ben Beispiel übergeben.",
        "1 Lead ist noch zu übergeben. Bitte wiederholen Sie den Vorgang.",
    ]
    left = [lead.name for lead in answer.context["cl"].result_list]
    assert len(left) == 1
    send(operator, choose(operator, leads, *left, address=address, select_across="1"), ben)
    assert [name for name, owner in owners().items() if owner == "anna"] == ["Gewonnen"]


def test_what_somebody_else_changes_meanwhile_is_left_out(
    operator, leads, ben, meike, monkeypatch
):
    hand_over = Lead.hand_over

    def overtaken(lead, **kwargs):
        if lead.name == "Lead 1":
            hand_over(Lead.objects.get(pk=lead.pk), to=kwargs["to"], by=meike)
        return hand_over(lead, **kwargs)

    monkeypatch.setattr(Lead, "hand_over", overtaken)
    answer = send(operator, choose(operator, leads, "Lead 1", "Lead 2"), ben)
    assert told(answer) == [
        "1 Lead wurde an Ben Beispiel übergeben.",
        "1 Lead wurde ausgelassen: Er hat sich inzwischen geändert.",
    ]
    assert leads["Lead 1"].events.handed_over().count() == 1


@pytest.mark.parametrize("to", ["", "clara", "olaf", "weg", "x", 10**30])
def test_nobody_else_is_accepted(request, operator, leads, heatpumps, solar, to):
    if to in {"clara", "olaf"}:
        to = request.getfixturevalue(to)
    elif to == "weg":
        to = factories.UserFactory(username="weg", is_active=False)
        heatpumps.memberships.create(user=to, role="rep")
    asked = choose(operator, leads, "Lead 1")
    before = everything()
    answer = send(operator, asked, to)
    assert answer.status_code == 422
    assert answer.context["form"].errors["to"]
    assert answer.context["lead_count"] == 1
    assert changes(before, everything()) == {}


def test_where_none_is_in_progress_nobody_is_asked(operator, leads):
    asked = choose(operator, leads, "Gewonnen", "Angeboten")
    assert "Keiner dieser Leads ist in Bearbeitung" in read(asked).text
    assert read(asked).all("select", name="to") == []


def test_foreign_leads_are_out_of_reach(operator, solar, clara, ben, heatpumps, leads):
    foreign = factories.accepted(solar, clara, name="Dachstuhl")
    solar.memberships.create(user=ben, role="rep")
    for data in ({}, {"select_across": "1"}):
        answer = choose(operator, {"x": foreign}, "x", to=ben.pk, **data)
        assert "Photovoltaik" not in answer.content.decode()
        assert foreign.name not in answer.content.decode()
    assert Lead.objects.get(pk=foreign.pk).owner == clara
    assert "Clara" not in operator.get(LEADS).content.decode()


@pytest.mark.parametrize("person", ["anna", "meike"])
def test_only_operators_have_the_action(request, signed_in, leads, ben, person):
    client = signed_in(request.getfixturevalue(person))
    before = everything()
    assert choose(client, leads, "Lead 1", to=ben.pk).status_code in {302, 403, 404}
    assert changes(before, everything()) == {}


@pytest.mark.parametrize("pk", ["abc", "\x00", "9" * 5000, "-1", "٣" * 19])
def test_what_is_no_id_answers_404(operator, leads, ben, pk):
    data = {"action": "hand_over", ACTION_CHECKBOX_NAME: pk, "to": ben.pk}
    for extra in ({}, {"index": 0}, {"select_across": "1"}):
        assert operator.post(LEADS, data | extra).status_code == 404


def test_the_security_log_has_a_line(operator, leads, ben, log):
    send(operator, choose(operator, leads, "Lead 1"), ben)
    (line,) = [line for line in log if line["event"] == "admin_handed_over"]
    assert (line["to"], line["leads"]) == (ben.pk, 1)


def test_the_way_there_stands_on_the_list(operator, leads):
    page = read(operator.get(reverse("admin:leads_lead_changelist")))
    assert "An jemanden übergeben …" in [option.text for option in page.all("option")]
