"""An operator sets up the phases of a marketplace while leads are in them."""

import pytest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.models import Lead
from marketplaces.models import Membership, Phase, User
from tests import factories
from tests.markup import read

from .admin_page import MarketplacePage

JUST_CHANGING = "gerade gelöscht oder geändert"

FIVE = ["Qualifizierung", "Vor-Ort-Termin", "Angebot", "Verhandlung", "Auftrag"]


@pytest.fixture
def setup(signed_in, olaf, heatpumps):
    return MarketplacePage(signed_in(olaf), heatpumps)


def phases(marketplace):
    return [phase.name for phase in marketplace.phases.in_order()]


def test_the_page_shows_each_phase_with_its_leads(setup, lead, offered):
    text = setup.load().response.content.decode()
    for name in FIVE:
        assert name in text
    counts = {p.name: p.lead_count for p in Phase.objects.with_lead_count()}
    assert counts == dict.fromkeys(FIVE, 0) | {"Angebot": 1}
    assert reverse("admin:marketplaces_phase_relocate", args=[
        lead.marketplace_id, lead.phase_id]) in text  # fmt: skip


def test_saving_without_a_change_changes_nothing(setup, heatpumps):
    before = list(heatpumps.phases.values())
    setup.save()
    assert list(heatpumps.phases.values()) == before


def test_phases_are_dragged_into_another_order(setup, heatpumps, lead):
    wanted = ["Vor-Ort-Termin", "Auftrag", "Qualifizierung", "Verhandlung", "Angebot"]
    setup.drag("phases", wanted)
    setup.save()
    assert phases(heatpumps) == wanted
    assert Lead.objects.get(pk=lead.pk).phase.name == "Angebot"


def test_two_phases_swap_while_a_lead_stands_in_one(setup, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=2)
    setup.drag("phases", ["Qualifizierung", "Angebot", "Vor-Ort-Termin", *FIVE[3:]])
    setup.save()
    fresh = Lead.objects.get(pk=lead.pk)
    assert (fresh.phase.name, fresh.previous_phase.name) == ("Vor-Ort-Termin", "Angebot")
    assert fresh.next_phase.name == "Verhandlung"


@pytest.mark.parametrize(
    ("name", "number", "wanted"),
    [
        ("Auftrag", 2, [FIVE[0], "Auftrag", *FIVE[1:4]]),
        ("Qualifizierung", 3, [*FIVE[1:3], "Qualifizierung", *FIVE[3:]]),
        ("Angebot", 0, ["Angebot", *FIVE[:2], *FIVE[3:]]),
        ("Vor-Ort-Termin", 99, [FIVE[0], *FIVE[2:], "Vor-Ort-Termin"]),
    ],
)
def test_a_typed_number_moves_one_phase_there(setup, heatpumps, name, number, wanted):
    setup.set("phases", name, position=str(number))
    setup.save()
    assert phases(heatpumps) == wanted


def test_a_new_phase_goes_to_the_end(setup, heatpumps):
    setup.add("phases", name="Übergabe", position="")
    setup.save()
    assert phases(heatpumps) == [*FIVE, "Übergabe"]


def test_a_new_phase_is_inserted_before_the_one_with_its_number(setup, heatpumps, lead):
    setup.add("phases", name="Förderantrag", position="2")
    setup.save()
    assert phases(heatpumps) == [FIVE[0], "Förderantrag", *FIVE[1:]]
    assert Lead.objects.get(pk=lead.pk).phase.name == "Angebot"


def test_blank_rows_are_left_out_even_when_a_drag_numbered_them(setup, heatpumps):
    setup.add("phases", name="", guidance="", position="5")
    setup.add("phases", name="", guidance="", position="")
    setup.save()
    assert phases(heatpumps) == FIVE


def test_insert_rename_retire_delete_and_reorder_in_one_save(setup, heatpumps):
    setup.drag("phases", list(reversed(FIVE)))
    setup.add("phases", name="Förderantrag", position="1")
    setup.set("phases", "Auftrag", is_retired="on")
    setup.delete("phases", "Verhandlung")
    setup.set("phases", "Angebot", name="Angebot versandt")
    setup.save()
    assert phases(heatpumps) == [
        "Auftrag", "Förderantrag", "Angebot versandt", "Vor-Ort-Termin", "Qualifizierung",
    ]  # fmt: skip
    assert [p.name for p in heatpumps.phases.filter(is_retired=True)] == ["Auftrag"]


def test_retired_phases_are_reordered_like_the_others(setup, heatpumps):
    heatpumps.phases.filter(name__in=FIVE[:2]).update(is_retired=True)
    wanted = ["Vor-Ort-Termin", "Qualifizierung", *FIVE[2:]]
    setup.load().drag("phases", wanted)
    setup.save()
    assert phases(heatpumps) == wanted


def test_the_same_form_sent_twice_adds_the_phase_once(setup, heatpumps):
    setup.add("phases", name="Übergabe", target_days="3")
    setup.save()
    setup.save()
    assert phases(heatpumps) == [*FIVE, "Übergabe"]


def test_a_new_phase_is_not_taken_for_the_one_that_is_just_renamed(setup, heatpumps):
    heatpumps.phases.filter(name="Angebot").update(target_days=3, guidance="")
    setup.load().set("phases", "Angebot", name="Angebot (alt)")
    setup.add("phases", name="Angebot", target_days="3")
    assert setup.send().status_code == 200
    assert JUST_CHANGING in "".join(setup.errors())
    assert phases(heatpumps) == FIVE


def test_an_equal_name_is_refused_with_a_sentence(setup, heatpumps):
    setup.add("phases", name="angebot", target_days="3")
    assert setup.send().status_code == 200
    assert _("There is already a phase of this name.") in "".join(setup.errors())
    assert phases(heatpumps) == FIVE


def test_two_new_phases_of_one_name_are_refused(setup, heatpumps):
    setup.add("phases", name="Übergabe", target_days="3")
    setup.add("phases", name="übergabe", target_days="4")
    assert setup.send().status_code == 200
    assert _("This name stands here twice.") in "".join(setup.errors())
    assert phases(heatpumps) == FIVE


def test_two_names_that_change_places_are_refused_with_a_sentence(setup, heatpumps):
    first, second = setup.row("phases", "Angebot"), setup.row("phases", "Auftrag")
    setup.data[f"{first}-name"], setup.data[f"{second}-name"] = "Auftrag", "Angebot"
    assert setup.send().status_code == 200
    assert _("There is already a phase of this name.") in "".join(setup.errors())
    assert phases(heatpumps) == FIVE


def test_a_phase_with_leads_is_not_deleted_and_says_how_many(setup, heatpumps, anna):
    for _number in range(3):
        factories.accepted(heatpumps, anna, phase=3)
    setup.delete("phases", "Angebot")
    setup.set("phases", "Auftrag", name="Abschluss")
    answer = setup.send()
    assert answer.status_code == 200
    use = ngettext(
        "%(count)s lead stands in this phase.", "%(count)s leads stand in this phase.", 3
    ) % {"count": 3}
    assert use in "".join(setup.errors())
    assert use in answer.content.decode()
    assert phases(heatpumps) == FIVE
    # The row is shown as kept, not as about to be deleted.
    inline = answer.context["inline_admin_formsets"][0].formset
    assert not any(form["DELETE"].value() for form in inline.forms)


def test_a_phase_that_leads_passed_through_is_not_deleted(setup, lead):
    setup.delete("phases", "Qualifizierung")
    assert setup.send().status_code == 200
    assert _("This phase stands in the history of leads.") in "".join(setup.errors())


def test_a_phase_in_which_leads_ended_is_not_deleted(setup, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    lead.win(seen=lead.phase, by=anna)
    setup.delete("phases", "Auftrag")
    assert setup.send().status_code == 200
    use = ngettext(
        "%(count)s closed lead ended in this phase.",
        "%(count)s closed leads ended in this phase.",
        1,
    ) % {"count": 1}
    assert use in "".join(setup.errors())


def test_an_unused_phase_is_deleted(setup, heatpumps, lead):
    setup.delete("phases", "Auftrag")
    setup.save()
    assert phases(heatpumps) == FIVE[:4]


def test_retiring_a_phase_with_leads_leads_to_the_offer_to_move_them(setup, lead):
    setup.set("phases", "Angebot", is_retired="on")
    answer = setup.save()
    assert answer.url == reverse(
        "admin:marketplaces_phase_relocate", args=[lead.marketplace_id, lead.phase_id]
    )
    assert Lead.objects.get(pk=lead.pk).phase.name == "Angebot"
    assert answer.url in setup.load().response.content.decode()
    assert [p.lead_count for p in lead.marketplace.phases.left_behind()] == [1]


def test_retiring_a_phase_without_leads_just_saves(setup, lead):
    setup.set("phases", "Auftrag", is_retired="on")
    assert setup.save().url == reverse("admin:marketplaces_marketplace_changelist")


def test_what_another_operator_changed_meanwhile_stays(setup, heatpumps, signed_in, olaf):
    shown = [f["name"] for f in read(setup.response).all("input") if "shown" in f["name"]]
    assert {"shown", "phases-shown", "loss_reasons-shown"} <= set(shown)
    other = MarketplacePage(signed_in(olaf), heatpumps)
    other.data |= {"name": "Wärmepumpen", "anonymise_closed_after_months": "24"}
    other.set("phases", "Angebot", name="Offerte", target_days="7")
    other.set("loss_reasons", "Zu teuer", is_retired="on")
    other.drag("phases", ["Auftrag", "Qualifizierung", "Vor-Ort-Termin", "Offerte"])
    other.save()
    setup.data["remind_idle_days"] = "9"
    setup.set("phases", "Auftrag", target_days="3")
    setup.set("phases", "Angebot", target_days="8")
    setup.save()
    heatpumps.refresh_from_db()
    assert (heatpumps.name, heatpumps.remind_idle_days) == ("Wärmepumpen", 9)
    assert heatpumps.anonymise_closed_after_months == 24
    assert heatpumps.loss_reasons.get(label="Zu teuer").is_retired
    named = {phase.name: phase.target_days for phase in heatpumps.phases.all()}
    # What both changed is as the later one wants it.
    assert (named["Auftrag"], named["Offerte"]) == (3, 8)
    assert phases(heatpumps)[0] == "Auftrag"


@pytest.mark.parametrize("shown", ["", "x", "[1]", "[" * 10_000, '{"name": [], "id": 7}'])
def test_what_the_page_showed_may_be_missing_or_wrong(setup, heatpumps, shown):
    setup.set("phases", "Auftrag", target_days="3")
    setup.data |= {"shown": shown, "phases-shown": shown}
    setup.save()
    assert phases(heatpumps) == FIVE
    assert heatpumps.phases.get(name="Auftrag").target_days == 3


def test_a_large_marketplace_can_be_saved(signed_in, olaf, heatpumps, settings):
    for n in range(5, 12):
        heatpumps.phases.create(name=f"Phase {n}", position=n + 1)
    every = list(heatpumps.phases.in_order())
    fields = [factories.make_field(heatpumps, f"Feld {n}") for n in range(60)]
    for n in range(60):
        heatpumps.checklist_items.create(
            phase=every[n % 12], text=f"Punkt {n}", position=n + 1
        )
    for n in range(30):
        heatpumps.requirements.create(phase=every[n % 12], name=fields[n].name)
    for n in range(heatpumps.loss_reasons.count(), 15):
        heatpumps.loss_reasons.create(label=f"Grund {n}", position=n + 10)
    for n in range(heatpumps.memberships.count(), 50):
        person = User.objects.create_user(f"rep{n}")
        heatpumps.memberships.create(user=person, role=Membership.Role.REP)
    setup = MarketplacePage(signed_in(olaf), heatpumps)
    setup.set("phases", "Angebot", name="Offerte")
    setup.save()
    assert heatpumps.phases.filter(name="Offerte").exists()
    # Not just so: it may grow, and browsers send the rows that new ones are made of, too.
    assert len(setup.data) < 0.8 * settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


def test_what_another_operator_added_keeps_its_place(setup, heatpumps):
    stale = dict(setup.data)
    setup.add("phases", name="Förderantrag", position="2")
    setup.save()
    setup.data = stale
    setup.set("phases", "Auftrag", name="Abschluss")
    setup.save()
    assert phases(heatpumps) == [FIVE[0], "Förderantrag", *FIVE[1:4], "Abschluss"]


def test_what_another_operator_deleted_stays_deleted(setup, heatpumps):
    heatpumps.phases.get(name="Verhandlung").delete()
    setup.set("phases", "Auftrag", name="Abschluss")
    setup.save()
    assert phases(heatpumps) == [*FIVE[:3], "Abschluss"]


def test_an_error_beside_a_deleted_row_keeps_rows_and_objects_together(setup, heatpumps):
    heatpumps.phases.get(name="Vor-Ort-Termin").delete()
    setup.set("phases", "Auftrag", name="")
    answer = setup.send()
    assert answer.status_code == 200
    rows = list(answer.context["inline_admin_formsets"][0])
    shown = {str(row.original.pk): row.form["name"].value() for row in rows if row.original}
    wanted = {
        str(phase.pk): "" if phase.name == "Auftrag" else phase.name
        for phase in heatpumps.phases.all()
    }
    assert wanted.items() <= shown.items()


@pytest.mark.parametrize(
    ("parts", "on_page", "in_list"),
    [
        ("phases", "Ein Marktplatz ohne aktive Phasen", "Keine Phasen:"),
        ("loss_reasons", "Ohne einen aktiven Verlustgrund", "Keine Verlustgründe:"),
    ],
)
def test_a_marketplace_without_what_it_needs_is_warned_about(
    setup, heatpumps, parts, on_page, in_list
):
    changelist = reverse("admin:marketplaces_marketplace_changelist")
    assert on_page not in setup.response.content.decode()
    assert in_list not in setup.client.get(changelist).content.decode()
    getattr(heatpumps, parts).update(is_retired=True)
    assert on_page in setup.load().response.content.decode()
    assert in_list in setup.client.get(changelist).content.decode()


def test_a_superuser_adds_a_marketplace_with_its_process(admin_client):
    setup = MarketplacePage(admin_client)
    setup.data |= {"name": "Küchen", "slug": "kuechen"}
    setup.add("phases", name="Aufmaß")
    setup.add("phases", name="Planung")
    setup.add("fields", label="Grundriss", kind="text", group="interest")
    setup.add("loss_reasons", label="Zu teuer")
    setup.save()
    kitchens = Phase.objects.first().marketplace
    assert phases(kitchens) == ["Aufmaß", "Planung"]
    assert kitchens.first_phase.name == "Aufmaß"
    assert [f.label for f in kitchens.fields.all()] == ["Grundriss"]


def test_the_list_counts_in_one_query(setup, django_assert_max_num_queries, heatpumps, lead,
                                      offered):  # fmt: skip
    address = reverse("admin:marketplaces_marketplace_changelist")
    setup.client.get(address)
    with django_assert_max_num_queries(12) as few:
        answer = setup.client.get(address)
    for number in range(5):
        other = factories.MarketplaceFactory(name=f"M {number}", phases=["Eins"])
        other.memberships.create(user=heatpumps.memberships.get(role="operator").user,
                                 role="operator")  # fmt: skip
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(setup.client.get(address).context["cl"].result_list) == 6
    row = answer.context["cl"].result_list[0]
    assert (row.active_phase_count, row.offered_count, row.in_progress_count) == (5, 1, 1)
