"""An operator sets up own fields, loss reasons and members; what is in use stays."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.models import Lead, LeadEvent
from marketplaces.models import Membership, User
from tests import factories

from .admin_page import MarketplacePage

JUST_CHANGING = "gerade gelöscht oder geändert"


@pytest.fixture
def area(heatpumps):
    return factories.make_field(heatpumps, "Wohnfläche", "number", unit="m²")


@pytest.fixture
def lead_with_area(lead, area, anna):
    lead.set_field(f"feld-{area.pk}", seen="", value=Decimal(140), by=anna)
    return lead


def found(page, person):
    """The id of the person whom the select box with a search has offered."""
    query = {"app_label": "marketplaces", "model_name": "membership", "field_name": "user"}
    answer = page.client.get("/admin/autocomplete/", {**query, "term": person.username})
    return next(r["id"] for r in answer.json()["results"] if r["text"] == str(person))


@pytest.fixture
def setup(signed_in, olaf, heatpumps, area):
    factories.make_field(heatpumps, "Baujahr", "number")
    return MarketplacePage(signed_in(olaf), heatpumps)


def labels(entries):
    return [entry.label for entry in entries.in_order()]


def values_in_field(count):
    return ngettext(
        "%(count)s lead has a value in this field.",
        "%(count)s leads have a value in this field.",
        count,
    ) % {"count": count}


def test_fields_are_added_renamed_reordered_and_retired(setup, heatpumps, lead_with_area):
    setup.add("fields", label="Heizung", kind="choice", group="interest", choices="Öl\nGas")
    setup.drag("fields", ["Baujahr", "Wohnfläche"])
    setup.set("fields", "Baujahr", is_retired="on")
    setup.set("fields", "Wohnfläche", label="Fläche")
    setup.save()
    assert labels(heatpumps.fields) == ["Baujahr", "Fläche", "Heizung"]
    assert labels(heatpumps.fields.active()) == ["Fläche", "Heizung"]
    kept = Lead.objects.get(pk=lead_with_area.pk).own_values
    assert kept == {str(heatpumps.fields.get(label="Fläche").pk): "140"}


def test_a_choice_without_choices_is_refused(setup, heatpumps):
    setup.add("fields", label="Heizung", kind="choice", group="interest")
    assert setup.send().status_code == 200
    assert _("Enter at least one choice.") in "".join(setup.errors())
    assert heatpumps.fields.count() == 2


@pytest.mark.parametrize("label", ["Telefon", "NAME", "e mail", "Phone", "follow_up_at"])
def test_no_own_field_is_called_like_one_that_all_leads_have(setup, heatpumps, label):
    """Which of the two would a column of a file mean?"""
    heatpumps.fields.filter(label="Baujahr").update(label="Quelle")
    setup.load().add("fields", label=label, kind="text", group="interest")
    assert setup.send().status_code == 200
    assert "Ein Feld dieses Namens hat jeder Lead" in "".join(setup.errors())
    # One that is there already holds nothing up.
    setup.load().set("fields", "Quelle", help_text="Woher?")
    setup.save()
    assert labels(heatpumps.fields) == ["Wohnfläche", "Quelle"]


def test_the_last_operator_stays(setup, heatpumps, olaf, ben):
    role = f"{setup.row('memberships', str(olaf.pk))}-role"
    setup.data[role] = "rep"
    assert setup.send().status_code == 200
    assert "Mindestens ein Betreiber mit Zugang zu dieser" in "".join(setup.errors())
    setup.load().delete("memberships", str(olaf.pk))
    assert setup.send().status_code == 200
    # Somebody who cannot sign in is none, nor who cannot open the admin.
    heatpumps.memberships.filter(user=ben).update(role="operator")
    for able in (
        {"is_active": False, "is_staff": True},
        {"is_active": True, "is_staff": False},
    ):
        User.people.filter(pk=ben.pk).update(**able)
        setup.load().delete("memberships", str(olaf.pk))
        assert setup.send().status_code == 200
    User.people.filter(pk=ben.pk).update(is_staff=True)
    setup.load().delete("memberships", str(olaf.pk))
    setup.save()
    assert [member.user for member in heatpumps.memberships.operating()] == [ben]


def test_two_equal_rows_are_refused_with_a_sentence(setup, heatpumps, clara):
    for _number in range(2):
        setup.add("memberships", user=found(setup, clara), role="rep")
        phase = heatpumps.phases.in_order().first()
        setup.add("requirements", phase=str(phase.pk), name="phone")
    assert setup.send().status_code == 200
    said = "".join(map(str, setup.errors()))
    assert "Diese Person hat diese Rolle hier bereits" in said
    assert "Dieses Feld ist in der Phase schon Pflicht" in said


def test_the_history_names_what_was_changed_in_german(setup, heatpumps, area):
    phase = heatpumps.phases.in_order().first()
    setup.add("requirements", phase=str(phase.pk), name=f"feld-{area.pk}")
    setup.data["allows_early_loss"] = "on"
    setup.set("fields", "Baujahr", is_retired="on")
    setup.set("phases", phase.name, target_days="3")
    setup.save()
    address = reverse("admin:marketplaces_marketplace_history", args=[heatpumps.pk])
    text = setup.client.get(address).content.decode()
    assert f"Pflichtfeld „{area.label}“" in text
    for word in ("Verloren vor der letzten Phase", "tillgelegt für", "Soll in Arbeitstagen"):
        assert word in text


def test_the_number_of_values_is_shown(setup, lead_with_area):
    inlines = setup.load().response.context["inline_admin_formsets"]
    [formset] = [i.formset for i in inlines if i.formset.prefix == "fields"]
    assert [form.instance.value_count for form in formset.forms] == [1, 0]


def test_a_field_with_values_is_not_deleted_and_says_how_many(
    setup, heatpumps, lead_with_area
):
    setup.delete("fields", "Wohnfläche")
    assert setup.send().status_code == 200
    assert values_in_field(1) in "".join(setup.errors())
    assert labels(heatpumps.fields) == ["Wohnfläche", "Baujahr"]


def test_a_field_without_values_changes_its_kind_and_is_deleted(setup, heatpumps, lead):
    setup.set("fields", "Wohnfläche", kind="text")
    setup.delete("fields", "Baujahr")
    setup.save()
    assert [(f.label, f.kind) for f in heatpumps.fields.all()] == [("Wohnfläche", "text")]


def test_a_reason_in_use_is_not_deleted_but_retired(setup, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    lead.lose(seen=lead.phase, reason=heatpumps.loss_reasons.get(label="Zu teuer"), by=anna)
    setup.delete("loss_reasons", "Zu teuer")
    assert setup.send().status_code == 200
    use = ngettext(
        "%(count)s lead was lost for this reason.",
        "%(count)s leads were lost for this reason.",
        1,
    ) % {"count": 1}
    assert use in "".join(setup.errors())
    setup.load().set("loss_reasons", "Zu teuer", is_retired="on")
    setup.delete("loss_reasons", "Wettbewerb")
    setup.add("loss_reasons", label="Kein Bedarf")
    setup.save()
    assert labels(heatpumps.loss_reasons) == ["Zu teuer", "Kein Bedarf"]
    assert labels(heatpumps.loss_reasons.active()) == ["Kein Bedarf"]


def test_members_are_added_and_removed(setup, heatpumps, anna, ben, clara):
    setup.add("memberships", user=found(setup, clara), role="rep")
    users = {v: k for k, v in setup.data.items() if k.endswith("-user")}
    setup.data[users[str(ben.pk)].replace("-user", "-DELETE")] = "on"
    setup.save()
    reps = Membership.objects.filter(marketplace=heatpumps, role="rep")
    assert {member.user for member in reps} == {anna, clara}


def test_the_history_calls_roles_by_their_german_names(setup, heatpumps, clara):
    setup.add("memberships", user=found(setup, clara), role="rep")
    setup.save()
    history = setup.client.get(setup.address.replace("/change/", "/history/")).text
    assert "Clara Beispiel · Vertrieb" in history


def test_the_same_member_sent_twice_is_added_once(setup, heatpumps, clara):
    setup.add("memberships", user=found(setup, clara), role="rep")
    setup.save()
    setup.save()
    assert Membership.objects.filter(marketplace=heatpumps, user=clara).count() == 1


@pytest.mark.parametrize("change", ["delete", "other role"])
def test_a_member_just_taken_away_is_not_silently_left_out(setup, heatpumps, anna, change):
    before = list(heatpumps.memberships.order_by("pk").values_list("user", "role"))
    prefix = setup.row("memberships", str(anna.pk))
    if change == "delete":
        setup.data[f"{prefix}-DELETE"] = "on"
    else:
        setup.data[f"{prefix}-role"] = "manager"
    setup.add("memberships", user=str(anna.pk), role="rep")
    assert setup.send().status_code == 200
    assert JUST_CHANGING in "".join(setup.errors())
    assert list(heatpumps.memberships.order_by("pk").values_list("user", "role")) == before


@pytest.mark.parametrize("change", ["delete", "other role"])
def test_the_last_operator_does_not_stay_by_a_row_that_is_no_new_one(
    setup, heatpumps, olaf, change
):
    prefix = setup.row("memberships", str(olaf.pk))
    setup.data[f"{prefix}-{'DELETE' if change == 'delete' else 'role'}"] = "rep"
    setup.add("memberships", user=str(olaf.pk), role="operator")
    assert setup.send().status_code == 200
    assert heatpumps.memberships.operating().get().user == olaf


def test_a_deactivated_person_cannot_be_made_a_member(setup, heatpumps, clara):
    clara.is_active = False
    clara.save()
    setup.add("memberships", user=str(clara.pk), role="rep")
    assert setup.send().status_code == 200
    assert not Membership.objects.filter(marketplace=heatpumps, user=clara).exists()


def test_a_deactivated_member_does_not_block_the_page(setup, heatpumps, ben):
    ben.is_active = False
    ben.save()
    setup.load().set("phases", "Auftrag", name="Abschluss")
    setup.save()
    assert Membership.objects.filter(marketplace=heatpumps, user=ben).exists()


def test_members_on_the_second_page_are_changed(signed_in, olaf, heatpumps):
    for number in range(60):
        person = factories.UserFactory(username=f"rep{number:02}", last_name=f"Z{number:02}")
        heatpumps.memberships.create(user=person, role="rep")
    setup = MarketplacePage(signed_in(olaf), heatpumps)
    setup.address += "?memberships-page=2"
    last = heatpumps.memberships.get(user__username="rep59")
    setup.load()
    ids = {
        v: k
        for k, v in setup.data.items()
        if k.startswith("memberships") and k.endswith("-id")
    }
    setup.data[ids[str(last.pk)].replace("-id", "-role")] = "manager"
    # Somebody else's changes have moved the row onto the first page meanwhile.
    heatpumps.memberships.filter(user__username__lt="rep30", role="rep").delete()
    setup.save()
    last.refresh_from_db()
    assert last.role == "manager"
    assert heatpumps.memberships.filter(user__username="rep31").exists()


def test_the_pager_counts_entries_in_german(setup, heatpumps, lead, anna):
    events = [LeadEvent(lead=lead, kind="called", actor=anna) for _ in range(1100)]
    LeadEvent.objects.bulk_create(events)
    page = setup.client.get("/admin/leads/leadevent/").text
    assert f"1.{LeadEvent.objects.count() - 1000:03} Einträge" in page
