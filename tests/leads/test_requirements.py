"""What a phase asks for before the next one: in the dialog, in the verbs, in the admin."""

import pytest
from django.utils import timezone

from leads.models import FieldConflict, Lead, RequirementsMissing, StaleMove
from marketplaces.models import ChecklistItem, Requirement
from tests import factories
from tests.leads.test_phase_views import BOTH, close_address, dialog, now, phase_address
from tests.marketplaces.admin_page import MarketplacePage
from tests.markup import HTMX, read
from tests.state import everything


@pytest.fixture
def roof(heatpumps):
    return factories.make_field(heatpumps, "Dach", "choice", choices="Ziegel\nBlech")


@pytest.fixture
def items(heatpumps, lead):
    """A required and an optional entry for the lead's phase."""
    return [
        ChecklistItem.objects.create(
            marketplace=heatpumps, phase=lead.phase, position=position, text=text,
            is_required=is_required,
        )
        for position, (text, is_required) in enumerate(
            [("Angebot versendet", True), ("Fotos abgelegt", False)], start=1
        )
    ]  # fmt: skip


def require(phase, *names):
    for name in names:
        Requirement.objects.create(marketplace=phase.marketplace, phase=phase, name=name)


def checklist(lead):
    return f"/leads/{lead.pk}/phase/checkliste/"


def ticked(lead):
    return {tick.item.text for tick in lead.ticks.all()}


@BOTH
def test_one_step_fills_ticks_and_moves_or_tells_everything_that_is_missing(
    page_of_anna, anna, lead, items, roof, headers
):
    require(lead.phase, "wish_date", roof.name, "name")
    opened = dialog(page_of_anna, lead, headers=headers)
    assert "Angebot versendet" in opened.text
    # The name is filled: only what is missing has its editor.
    form = opened.form(phase_address(lead))
    asked = {name for name in form.sends() if name.startswith("pflicht-seen-")}
    assert asked == {"pflicht-seen-wish_date", f"pflicht-seen-{roof.name}"}
    before = everything()
    data = form.sends(note="Meine Notiz", **{"pflicht-wish_date": "31.02.2027"})
    answer = page_of_anna.post(phase_address(lead), data, headers=headers)
    assert answer.status_code == 422
    again = read(answer).form(phase_address(lead))
    for message in ("gültiges Datum", "füllen Sie dieses Feld aus", "Bitte zuerst abhaken."):
        assert message in again.text
    assert again.sends()["pflicht-wish_date"] == "31.02.2027"
    assert again.sends()["note"] == "Meine Notiz"
    assert everything() == before
    data = again.sends(
        punkt=str(items[0].pk),
        **{"pflicht-wish_date": "2027-03-01", f"pflicht-{roof.name}": "Blech"},
    )
    answer = page_of_anna.post(phase_address(lead), data, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    fresh = Lead.objects.get(pk=lead.pk)
    assert fresh.phase.name == "Verhandlung"
    assert (f"{fresh.wish_date}", fresh.own_values) == ("2027-03-01", {str(roof.pk): "Blech"})
    assert ticked(lead) == {"Angebot versendet"}
    kinds = list(lead.events.newest_first().values_list("kind", flat=True)[:4])
    assert kinds == ["moved", "ticked", "field_changed", "field_changed"]
    if headers:
        assert read(answer).one(id="field-wish_date")["hx-swap-oob"] == "true"
    # Back needs nothing, and what was ticked stays so.
    lead = Lead.objects.get(pk=lead.pk)
    require(lead.phase, "source")
    back = dialog(page_of_anna, lead, lead.previous_phase).form(phase_address(lead)).sends()
    assert page_of_anna.post(phase_address(lead), back).status_code == 303
    assert now(lead) == ("Angebot", "in_progress")
    assert "Phase zurückgesetzt" in page_of_anna.get(f"/leads/{lead.pk}/?tab=verlauf").text
    entry = dialog(page_of_anna, Lead.objects.get(pk=lead.pk)).one(id=f"punkt-{items[0].pk}")
    assert "checked" in entry.attrs


def test_no_caller_gets_past_what_is_missing(page_of_anna, anna, olaf, lead, items, heatpumps):
    require(lead.phase, "source")
    before = everything()
    forged = {"von": lead.phase_id, "nach": lead.next_phase.pk}
    assert page_of_anna.post(phase_address(lead), forged).status_code == 422
    with pytest.raises(RequirementsMissing, match="Quelle, Angebot versendet"):
        lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    assert everything() == before
    # A step back that is undone is a step forward.
    event = Lead.objects.get(pk=lead.pk).move(seen=lead.phase, to=lead.previous_phase, by=anna)
    require(lead.previous_phase, "country")
    before = everything()
    answer = page_of_anna.post(f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/")
    assert answer.status_code == 409
    assert "fehlt noch: Land" in answer.content.decode()
    page_of_anna.cookies["django_language"] = "en"
    answer = page_of_anna.post(f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/")
    assert "this is still missing: Country" in answer.content.decode()
    assert everything() == before
    # An operator who empties a phase is not held up.
    fresh = Lead.objects.get(pk=lead.pk)
    fresh.relocate(to=heatpumps.phases.get(position=5), by=olaf, among=Lead.objects.all())
    assert now(lead) == ("Auftrag", "in_progress")


@pytest.mark.parametrize("change", ["relabel", "retire", "retire item"])
def test_a_requirement_follows_its_definition(page_of_anna, anna, lead, items, roof, change):
    require(lead.phase, roof.name)
    opened = dialog(page_of_anna, lead).form(phase_address(lead)).sends()
    lead.tick({items[0].pk: True}, seen=lead.phase, by=anna)
    match change:
        case "relabel":
            roof.label = "Dacheindeckung"
        case "retire":
            roof.is_retired = True
        case "retire item":
            lead.tick({items[0].pk: False}, seen=lead.phase, by=anna)
            ChecklistItem.objects.update(is_retired=True)
            roof.is_retired = True
    roof.save()
    answer = page_of_anna.post(phase_address(lead), opened)
    assert answer.status_code == (422 if change == "relabel" else 303)
    assert ("Dacheindeckung" in answer.content.decode()) == (change == "relabel")


@pytest.mark.parametrize("has_note", [False, True])
@pytest.mark.parametrize("has_day", [False, True])
def test_a_required_note_goes_with_the_day_that_is_chosen(
    page_of_anna, anna, lead, has_day, has_note
):
    require(lead.phase, "follow_up_note")
    if has_day:
        lead.set_follow_up(at=timezone.now(), note="Bisher" if has_note else "", by=anna)
    elif has_note:
        lead.set_field("follow_up_note", seen="", value="Bisher", by=anna)
    form = dialog(page_of_anna, Lead.objects.get(pk=lead.pk)).form(phase_address(lead))
    # Each of both is asked for in one place.
    (day,) = [name for name in form.sends() if name.endswith("follow_up_at_day")]
    places = {"follow_up_note", "pflicht-follow_up_note"} & set(form.sends())
    before = everything()
    answer = page_of_anna.post(phase_address(lead), form.sends(**{day: "2027-02-01"}))
    for note in places:
        assert answer.status_code == 422
        assert everything() == before
        form = read(answer).form(phase_address(lead))
        assert "füllen Sie dieses Feld aus" in form.text
        assert form.sends()[day] == "2027-02-01"
        answer = page_of_anna.post(phase_address(lead), form.sends(**{note: "Angebot"}))
    assert answer.status_code == 303
    fresh = Lead.objects.get(pk=lead.pk)
    kept = f"{timezone.localtime(fresh.follow_up_at):%d.%m.%Y}", fresh.follow_up_note
    assert kept == ("01.02.2027", "Angebot" if places else "Bisher")


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("change", ["retire", "require no more"])
def test_what_was_typed_for_a_field_is_kept_though_nobody_asks_for_it_any_more(
    page_of_anna, meike, lead, roof, change, is_late
):
    require(lead.phase, roof.name)
    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends()
    if change == "retire":
        roof.is_retired = True
        roof.save()
    else:
        Requirement.objects.all().delete()
    if is_late:
        lead.move(seen=lead.phase, to=lead.previous_phase, by=meike)
    data[f"pflicht-{roof.name}"] = "Blech"
    answer = page_of_anna.post(phase_address(lead), data)
    assert answer.status_code == (409 if is_late else 303)
    assert ("Dach: Blech" in read(answer).text) == is_late
    kept = Lead.objects.get(pk=lead.pk).own_values
    assert kept == ({} if is_late else {str(roof.pk): "Blech"})


def test_what_is_required_since_the_dialog_was_opened_is_asked_for(page_of_anna, lead):
    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends(note="Meine Notiz")
    require(lead.phase, "source")
    answer = page_of_anna.post(phase_address(lead), data)
    assert answer.status_code == 422
    form = read(answer).form(phase_address(lead))
    assert form.sends()["note"] == "Meine Notiz"
    sent = form.sends(**{"pflicht-source": "Messe"})
    assert page_of_anna.post(phase_address(lead), sent).status_code == 303


@BOTH
def test_what_somebody_else_filled_meanwhile_is_not_overwritten(
    page_of_anna, meike, lead, headers
):
    require(lead.phase, "source")
    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends()
    lead.set_field("source", seen="", value="Empfehlung", by=meike)
    before = everything()
    answer = page_of_anna.post(
        phase_address(lead), {**data, "pflicht-source": "Messe"}, headers=headers
    )
    assert answer.status_code == 409
    shown = read(answer).one("dialog")
    for text in ("Meike Beispiel", "Empfehlung", "Messe"):
        assert text in shown.text
    assert everything() == before
    again = shown.form(phase_address(lead)).sends()
    assert page_of_anna.post(phase_address(lead), again).status_code == 303
    assert Lead.objects.get(pk=lead.pk).source == "Messe"


@BOTH
def test_a_late_dialog_says_what_was_typed(page_of_anna, meike, lead, headers):
    require(lead.phase, "source")
    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends()
    lead.move(seen=lead.phase, to=lead.previous_phase, by=meike)
    before = everything()
    answer = page_of_anna.post(
        phase_address(lead), {**data, "pflicht-source": "Messe"}, headers=headers
    )
    assert answer.status_code == 409
    assert "Quelle: Messe" in read(answer).text
    assert everything() == before


def test_a_tick_is_saved_at_once_and_counts_once(page_of_anna, anna, meike, lead, items):
    form = dialog(page_of_anna, lead).form(phase_address(lead))
    data = form.sends(punkt=str(items[1].pk), nur=str(items[1].pk))
    for _twice in range(2):
        answer = page_of_anna.post(checklist(lead), data, headers=HTMX)
        assert answer.status_code == 200
        entry = read(answer).one("li")
        assert "checked" in entry.one("input", type="checkbox").attrs
        assert "Anna Beispiel" in entry.text
    assert ticked(lead) == {"Fotos abgelegt"}
    event = lead.events.get(kind="ticked")
    assert (event.actor, event.label) == (anna, "Fotos abgelegt")
    assert "Fotos abgelegt" in page_of_anna.get(f"/leads/{lead.pk}/?tab=verlauf").text
    # Who did not see the tick does not take it away; who did, does.
    unseen = form.sends(nur=str(items[1].pk))
    page_of_anna.post(checklist(lead), unseen, headers=HTMX)
    assert ticked(lead) == {"Fotos abgelegt"}
    page_of_anna.post(checklist(lead), {**unseen, "abgehakt": items[1].pk})
    assert ticked(lead) == set()
    assert lead.events.filter(kind="unticked").count() == 1
    # Odd ids are nobody's.
    before = everything()
    odd = {**form.sends(), "punkt": ["x", "9" * 50, "\x00"], "nur": "x"}
    assert page_of_anna.post(checklist(lead), odd, headers=HTMX).status_code == 200
    assert everything() == before
    with pytest.raises(StaleMove):
        lead.tick({items[0].pk: True}, seen=lead.previous_phase, by=meike)
    late = page_of_anna.post(
        checklist(lead), {**data, "von": lead.next_phase.pk}, headers=HTMX
    )
    assert (late.status_code, late["HX-Retarget"]) == (409, "#dialogs")
    assert everything() == before


def test_without_htmx_the_list_is_saved_and_the_rest_of_the_dialog_stays(
    page_of_anna, lead, items
):
    require(lead.phase, "wish_date")
    typed = {
        "note": "Meine Notiz",
        "follow_up_at_day": "2027-02-01",
        "follow_up_at_time": "09:30",
        "follow_up_note": "Anrufen",
        "pflicht-wish_date": "31.02.2027",
    }
    form = dialog(page_of_anna, lead).form(phase_address(lead))
    both = {**form.sends(**typed), "punkt": [item.pk for item in items]}
    answer = page_of_anna.post(checklist(lead), both)
    assert answer.status_code == 200
    assert len(ticked(lead)) == 2
    again = read(answer).form(phase_address(lead))
    assert typed.items() <= again.sends().items()
    # Nothing of it was judged.
    assert not again.all(role="alert") + again.all(class_="field-error")
    data = again.sends(
        punkt=[item.pk for item in items], **{"pflicht-wish_date": "2027-03-01"}
    )
    assert page_of_anna.post(phase_address(lead), data).status_code == 303
    assert lead.journal.written().get().text == "Meine Notiz"
    assert Lead.objects.get(pk=lead.pk).follow_up_note == "Anrufen"


def test_without_htmx_the_last_dialog_stays_as_well(page_of_anna, anna, heatpumps):
    last = factories.accepted(heatpumps, anna, phase=5)
    item = ChecklistItem.objects.create(
        marketplace=heatpumps, phase=last.phase, position=1, text="Vertrag abgelegt"
    )
    typed = {"note": "Meine Notiz", "loss_reason": f"{heatpumps.loss_reasons.first().pk}"}
    data = dialog(page_of_anna, last).form(close_address(last)).sends(**typed)
    answer = page_of_anna.post(checklist(last), {**data, "punkt": item.pk})
    assert answer.status_code == 200
    assert ticked(last) == {"Vertrag abgelegt"}
    assert typed.items() <= read(answer).form(close_address(last)).sends().items()


@BOTH
def test_a_late_tick_leaves_what_was_typed_to_be_kept(
    page_of_anna, meike, lead, items, headers
):
    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends(note="Meine Notiz")
    lead.move(seen=lead.phase, to=lead.previous_phase, by=meike)
    before = everything()
    sent = {**data, "punkt": items[0].pk, **({"nur": items[0].pk} if headers else {})}
    answer = page_of_anna.post(checklist(lead), sent, headers=headers)
    assert answer.status_code == 409
    kept = read(answer).form(f"/leads/{lead.pk}/journal/")
    assert kept.sends()["text"] == "Meine Notiz"
    # It is the draft of the dialog, which goes with it.
    assert kept.one("draft-keeper")["data-address"] == phase_address(lead)
    assert everything() == before


def test_the_last_phase_asks_before_won_and_not_before_lost(page_of_anna, anna, heatpumps):
    last = factories.accepted(heatpumps, anna, phase=5)
    require(last.phase, "source", "follow_up_at")
    reason = heatpumps.loss_reasons.first().pk
    form = dialog(page_of_anna, last).form(close_address(last))
    before = everything()
    won = {**form.sends(), "ergebnis": "gewonnen"}
    assert page_of_anna.post(close_address(last), won).status_code == 422
    with pytest.raises(RequirementsMissing):
        last.win(seen=last.phase, by=anna)
    assert everything() == before
    lost = {**won, "ergebnis": "verloren", "loss_reason": reason, "pflicht-source": "Messe"}
    assert page_of_anna.post(close_address(last), lost).status_code == 303
    fresh = Lead.objects.get(pk=last.pk)
    assert (fresh.status, fresh.source) == ("lost", "Messe")
    other = factories.accepted(heatpumps, anna, phase=5, source="Messe")
    form = dialog(page_of_anna, other).form(close_address(other))
    won = {**form.sends(**{"pflicht-follow_up_at_day": "2027-01-15"}), "ergebnis": "gewonnen"}
    assert page_of_anna.post(close_address(other), won).status_code == 303
    assert now(other) == ("Auftrag", "won")


def test_an_early_loss_keeps_what_was_filled_in_and_ticked(
    page_of_anna, lead, items, heatpumps
):
    heatpumps.allows_early_loss = True
    heatpumps.save()
    require(lead.phase, "source")
    item = items[0]
    form = dialog(page_of_anna, lead).form(phase_address(lead))
    data = form.sends(**{"pflicht-source": "Messe"}, punkt=str(item.pk), ergebnis="verloren")
    answer = page_of_anna.post(close_address(lead), data)
    assert answer.status_code == 422
    form = read(answer).form(phase_address(lead))
    assert (form.sends()["pflicht-source"], form.sends()["punkt"]) == ("Messe", [str(item.pk)])
    reason = heatpumps.loss_reasons.first().pk
    data = form.sends(ergebnis="verloren", loss_reason=reason)
    assert page_of_anna.post(close_address(lead), data).status_code == 303
    fresh = Lead.objects.get(pk=lead.pk)
    assert (fresh.status, fresh.source) == ("lost", "Messe")
    assert ticked(fresh) == {item.text}


def test_filling_is_refused_as_a_field_is(lead, anna):
    with pytest.raises(FieldConflict):
        lead.move(
            seen=lead.phase, to=lead.next_phase, by=anna,
            filled={"changes": {"city": ("Wasserburg", "Bad Aibling")}},
        )  # fmt: skip
    assert now(lead) == ("Angebot", "in_progress")


# The operators' page -------------------------------------------------------------------


def test_an_operator_sets_up_checklists_and_required_fields(
    signed_in, olaf, anna, heatpumps, solar, lead, roof
):
    page = MarketplacePage(signed_in(olaf), heatpumps)
    here, there = str(lead.phase_id), str(lead.next_phase.pk)
    for phase, text, position in [
        (here, "Unterlagen", ""), (here, "Anruf", "0"), (there, "Unterlagen", ""),
    ]:  # fmt: skip
        page.add("checklist_items", phase=phase, text=text, position=position)
    page.add("requirements", phase=here, name=roof.name)
    page.add("requirements", phase=here, name="phone")
    page.save()
    assert [item.text for item in lead.checklist()] == ["Anruf", "Unterlagen"]
    assert [field.label for field in lead.required_fields()] == ["Telefon", "Dach"]
    # Used entries and fields are retired, not deleted; a foreign phase is none.
    lead.tick({lead.checklist()[0].pk: True}, seen=lead.phase, by=anna)
    page.load()
    page.delete("checklist_items", "Anruf")
    assert page.send().status_code == 200
    page.load()
    page.delete("fields", "Dach")
    assert page.send().status_code == 200
    page.load()
    page.add("requirements", phase=str(solar.phases.first().pk), name="phone")
    assert page.send().status_code == 200
    page.load()
    page.add("checklist_items", phase=here, text="anruf", position="")
    assert page.send().status_code == 200
    page.load()
    page.delete("phases", "Verhandlung")
    assert page.send().status_code == 200
    page.load()
    page.set("checklist_items", "Anruf", is_retired="on")
    page.set("fields", "Dach", is_retired="on")
    page.save()
    assert [item.text for item in lead.checklist()] == ["Unterlagen"]
    fresh = Lead.objects.get(pk=lead.pk)
    assert [field.label for field in fresh.required_fields()] == ["Telefon"]
    page.load().save()
    assert Requirement.objects.count() == 2
