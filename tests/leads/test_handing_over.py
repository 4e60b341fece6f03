"""Who leaves hands over: the verb, and what an operator does with it in the admin."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from leads import field_values, match_keys, search_documents
from leads.models import Lead, LeadEvent, NoLongerVisible, NoRepHere, NotInProgress
from marketplaces.models import ChecklistItem
from tests import factories
from tests.markup import read
from tests.state import changes, everything

LIST = "/leads/"


@pytest.fixture
def roof(heatpumps):
    return factories.make_field(heatpumps, "Dach", "choice", choices="Blech\nZiegel")


@pytest.fixture
def full(heatpumps, anna, roof):
    """Anna's lead with all that must not be lost."""
    lead = factories.accepted(heatpumps, anna, phase=3, **{f"feld-{roof.pk}": "Blech"})
    item = ChecklistItem.objects.create(
        marketplace=heatpumps, phase=lead.phase, position=1, text="Maße genommen"
    )
    lead.tick({item.pk: True}, seen=lead.phase, by=anna)
    lead.set_follow_up(at=timezone.now() + timedelta(days=3), note="Angebot", by=anna)
    lead.record_call(outcome="reached", note="Ruft Donnerstag zurück", by=anna)
    factories.attach(lead, anna, "Grundriss.txt", b"Plan")
    return Lead.objects.get(pk=lead.pk)


def names(client, address=LIST, **query):
    page = read(client.get(address, query))
    return [link.text for link in page.all("a", class_="lead-table__name")]


def as_it_is(lead):
    """All of the lead but what its owner changes, and how much there is beside it."""
    changed = {"owner_id", "last_activity_at", "entry_token"}
    columns = Lead.objects.values().get(pk=lead.pk).items()
    beside = (lead.ticks, lead.attachments, lead.journal.written())
    return (
        {name: value for name, value in columns if name not in changed},
        [related.count() for related in beside],
    )


def shown_tabs(client, lead):
    return [
        read(client.get(f"/leads/{lead.pk}/", {"tab": tab})).text
        for tab in ("journal", "verlauf")
    ]


def test_the_colleague_has_the_lead_as_it_is(signed_in, full, anna, ben, olaf):
    before = as_it_is(full)
    page, own = signed_in(ben), signed_in(anna)
    event = full.hand_over(to=ben, by=olaf)
    lead = Lead.objects.get(pk=full.pk)
    assert lead.owner == ben
    assert as_it_is(full) == before
    assert (event.kind, event.actor, event.old_text, event.new_text) == (
        "handed_over", olaf, "Anna Beispiel", "Ben Beispiel",
    )  # fmt: skip
    journal, history = shown_tabs(page, lead)
    assert "Olaf Beispiel hat den Lead von Anna Beispiel an Ben Beispiel übergeben" in journal
    assert "Ruft Donnerstag zurück" in journal
    assert "Übergeben: Anna Beispiel → Ben Beispiel" in history
    # From whom it is taken, has lost it at once; what the lists say follows.
    for tab in ("journal", "anhaenge", "verlauf"):
        assert own.get(f"/leads/{lead.pk}/", {"tab": tab}).status_code == 404
    assert (names(own), names(page)) == ([], ["Familie Aigner"])
    counted = [c.get(LIST).context["counts"]["in_progress"].number for c in (own, page)]
    assert counted == [0, 1]


def test_what_copies_the_owner_follows(signed_in, full, heatpumps, anna, ben, olaf, roof):
    alike = factories.accepted(heatpumps, ben, name="Anders")
    full.hand_over(to=ben, by=olaf)
    for copies in (field_values, match_keys, search_documents):
        assert copies.rebuild().written == 0
    for query in ({"q": "Donnerstag"}, {"q": "aigner"}, {f"feld-{roof.pk}": "Blech"}):
        assert names(signed_in(ben), **query).count("Familie Aigner") == 1
        assert "Familie Aigner" not in names(signed_in(anna), **query)
    # Bens two leads are about the same telephone.
    page = read(signed_in(ben).get(f"/leads/{alike.pk}/"))
    assert "Familie Aigner" in page.text


def test_an_open_page_hears_of_it(signed_in, lead, anna, ben, meike, olaf):
    stamps = {}
    for person in (anna, meike):
        page = read(signed_in(person).get(f"/leads/{lead.pk}/"))
        stamps[person] = page.one("watch-lead")["data-stamp"]
    lead.hand_over(to=ben, by=olaf)
    address = f"/leads/{lead.pk}/stand/"

    def ask(person):
        return signed_in(person).get(address, headers={"If-None-Match": stamps[person]})

    assert ask(anna).status_code == 404
    answer = read(ask(meike)).text
    assert "Olaf Beispiel hat den Lead an Ben Beispiel übergeben" in answer


def test_sent_twice_it_is_handed_over_once(lead, ben, olaf):
    lead.hand_over(to=ben, by=olaf)
    before = everything()
    assert Lead.objects.get(pk=lead.pk).hand_over(to=ben, by=olaf) is None
    assert changes(before, everything()) == {}


def test_one_form_may_have_entered_a_lead_of_both(heatpumps, anna, ben, olaf):
    token = uuid.uuid4()
    ours = [
        Lead.enter(marketplace=heatpumps, values={"name": "Huber"}, by=by, token=token)
        for by in (anna, ben)
    ]
    ours[0].hand_over(to=ben, by=olaf)
    assert Lead.objects.owned_by(ben).count() == 2


@pytest.mark.parametrize("person", ["meike", "olaf", "admin_user"])
def test_who_leads_the_marketplace_hands_over(request, lead, ben, person):
    by = request.getfixturevalue(person)
    assert lead.hand_over(to=ben, by=by).actor == by
    assert Lead.objects.get(pk=lead.pk).owner == ben


@pytest.mark.parametrize("person", ["anna", "ben", "clara", "theirs", "inactive"])
def test_nobody_else_does(request, lead, solar, clara, ben, olaf, person):
    if person == "theirs":
        by = factories.UserFactory(username="otto", is_staff=True)
        solar.memberships.create(user=by, role="operator")
        solar.memberships.create(user=by, role="manager")
    elif person == "inactive":
        by = olaf
        by.is_active = False
        by.save()
    else:
        by = request.getfixturevalue(person)
    before = everything()
    with pytest.raises(NoLongerVisible):
        lead.hand_over(to=ben, by=by)
    assert changes(before, everything()) == {}


@pytest.mark.parametrize("person", ["clara", "olaf", "inactive", "gone"])
def test_nobody_gets_it_who_could_not_work_on_it(request, lead, heatpumps, meike, ben, person):
    to = ben if person in {"inactive", "gone"} else request.getfixturevalue(person)
    if person == "inactive":
        to.is_active = False
        to.save()
    elif person == "gone":
        heatpumps.memberships.filter(user=ben).delete()
    before = everything()
    with pytest.raises(NoRepHere):
        lead.hand_over(to=to, by=meike)
    assert changes(before, everything()) == {}


@pytest.mark.parametrize("state", ["offered", "won", "lost", "anonymised"])
def test_only_leads_in_progress_are_handed_over(heatpumps, anna, ben, meike, state):
    lead = factories.offer(heatpumps)
    if state != "offered":
        lead = factories.accepted(heatpumps, anna, phase=5)
    if state == "won":
        lead.win(seen=lead.phase, by=anna)
    elif state == "lost":
        lead.lose(seen=lead.phase, reason=heatpumps.loss_reasons.first(), by=anna)
    elif state == "anonymised":
        lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    before = everything()
    with pytest.raises(NoLongerVisible if state == "anonymised" else NotInProgress):
        lead.hand_over(to=ben, by=meike)
    assert changes(before, everything()) == {}


def test_the_owner_then_stays_in_the_time_of_the_phases(lead, ben, olaf):
    """Handing over is no step of the process."""
    steps = lead.events.of_process().count()
    lead.hand_over(to=ben, by=olaf)
    assert lead.events.of_process().count() == steps
    assert not LeadEvent.objects.handed_over().get().can_be_undone
