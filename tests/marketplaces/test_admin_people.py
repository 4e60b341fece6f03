"""Superusers manage accounts; nothing that has a history is deleted."""

import pytest
from django.contrib.auth import authenticate
from django.urls import reverse

from marketplaces.models import Marketplace, User
from tests import factories
from tests.markup import read

from .admin_page import MarketplacePage


def page(name, *args):
    return reverse(f"admin:marketplaces_{name}", args=args)


AUTOCOMPLETE = {
    "app_label": "marketplaces", "model_name": "membership", "field_name": "user",
}  # fmt: skip
NO_ROLES = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}


@pytest.fixture
def superuser(admin_user, signed_in):
    return signed_in(admin_user)


@pytest.fixture
def operators_page(signed_in, olaf, clara, heatpumps):
    client = signed_in(olaf)
    # Who is found by the whole name may be made a member.
    client.get("/admin/autocomplete/", {**AUTOCOMPLETE, "term": clara.username})
    return MarketplacePage(client, heatpumps)


def listed(client, shown):
    """The leads of the list to which the way to hand them over leads."""
    (link,) = {link["href"] for link in shown.all("a") if link.text == "Übergeben"}
    return list(client.get(link).context["cl"].result_list)


def test_a_superuser_adds_an_account_with_a_role(superuser, heatpumps):
    answer = superuser.post(
        page("user_add"),
        {
            "username": "nina",
            "first_name": "Nina",
            "last_name": "Neu",
            "email": "nina@beispiel.de",
            "password1": "korrekt-pferd-batterie",
            "password2": "korrekt-pferd-batterie",
            "memberships-TOTAL_FORMS": "1",
            "memberships-INITIAL_FORMS": "0",
            "memberships-0-marketplace": heatpumps.pk,
            "memberships-0-role": "rep",
        },
    )
    nina = User.objects.get(username="nina")
    assert answer.url == page("user_change", nina.pk)
    assert [str(m.marketplace) for m in nina.memberships.all()] == ["Wärmepumpe Süd"]
    assert not nina.is_staff


def test_a_superuser_sets_another_password(superuser, anna, rf):
    address = f"/admin/marketplaces/user/{anna.pk}/password/"
    assert superuser.get(address).status_code == 200
    new = {"password1": "anderes-pferd-batterie", "password2": "anderes-pferd-batterie"}
    assert superuser.post(address, new).status_code == 302
    assert authenticate(rf.get("/"), username="anna", password=new["password1"]) == anna


def test_a_superuser_deactivates_an_account(superuser, lead, anna, signed_in):
    client = signed_in(anna)
    fields = {"username": "anna", "email": anna.email, "last_name": "Beispiel"}
    answer = superuser.post(page("user_change", anna.pk), {**fields, **NO_ROLES})
    assert answer.status_code == 302
    anna.refresh_from_db()
    assert not anna.is_active
    assert client.get("/leads/").status_code == 302
    # Her leads wait for somebody: the page says so again.
    assert answer.url == page("user_change", anna.pk)
    text = read(superuser.get(answer.url)).text
    assert "Beispiel betreut 1 Lead in Bearbeitung" in text
    assert "An 1 davon kann Beispiel nicht mehr arbeiten" in text
    # A window of its own, opened beside a member's name, closes nevertheless.
    window = {**fields, **NO_ROLES, "_popup": "1"}
    assert superuser.post(answer.url, window).status_code == 200


def test_the_page_of_a_person_leads_to_the_own_leads(
    superuser, admin_user, lead, heatpumps, anna, ben
):
    factories.accepted(heatpumps, ben, name="Bens")
    shown = read(superuser.get(page("user_change", anna.pk)))
    assert "Anna Beispiel betreut 1 Lead in Bearbeitung" in shown.text
    assert "nicht mehr arbeiten" not in shown.text
    assert listed(superuser, shown) == [lead]
    lead.hand_over(to=ben, by=admin_user)
    assert "betreut" not in read(superuser.get(page("user_change", anna.pk))).text


@pytest.mark.parametrize("change", ["removed", "another role", "another person"])
def test_who_is_sent_away_is_said_to_own_leads(operators_page, lead, anna, clara, change):
    if change == "removed":
        operators_page.delete("memberships", str(anna.pk))
    elif change == "another role":
        operators_page.set("memberships", str(anna.pk), role="operator")
    else:
        operators_page.set("memberships", str(anna.pk), user=clara.pk)
    assert operators_page.save().url == operators_page.address
    shown = read(operators_page.client.get(operators_page.address))
    assert (
        "Anna Beispiel arbeitet hier nicht mehr an Leads, betreut aber noch 1 Lead in Bearb"
        in shown.text
    )
    assert listed(operators_page.client, shown) == [lead]
    # Once they are handed over, there is nothing to say.
    heir = lead.marketplace.memberships.selling().first().user
    lead.hand_over(to=heir, by=lead.marketplace.memberships.get(role="manager").user)
    assert "nicht mehr an Leads" not in read(operators_page.load().response).text


@pytest.mark.parametrize("button", ["_save", "_continue"])
@pytest.mark.parametrize("elsewhere", ["marketplace_changelist", "index"])
def test_an_operator_who_leaves_is_told_so_on_a_page_that_is_still_theirs(
    operators_page, lead, anna, ben, olaf, heatpumps, solar, elsewhere, button
):
    User.people.filter(pk=ben.pk).update(is_staff=True)
    heatpumps.memberships.create(user=ben, role="operator")
    if elsewhere != "index":
        solar.memberships.create(user=olaf, role="operator")
    operators_page.load()
    # Her lead would be spoken of on the marketplace's page.
    operators_page.delete("memberships", str(anna.pk))
    operators_page.delete("memberships", str(olaf.pk))
    operators_page.data[button] = "1"
    answer = operators_page.send(follow=True)
    assert answer.status_code == 200
    pages = {"index": "/admin/", "marketplace_changelist": page("marketplace_changelist")}
    assert answer.redirect_chain == [(pages[elsewhere], 302)]
    text = read(answer).text
    assert "„Wärmepumpe Süd“ ist gespeichert. Sie sind dort nicht mehr Betreiber" in text
    assert not heatpumps.memberships.operating().of(olaf).exists()


def test_who_is_sent_away_without_leads_leaves_nothing_to_say(operators_page, lead, ben):
    operators_page.delete("memberships", str(ben.pk))
    assert operators_page.save().url == page("marketplace_changelist")
    assert "nicht mehr an Leads" not in read(operators_page.load().response).text


@pytest.mark.parametrize("left", ["is_active", "is_staff", "is_superuser"])
def test_the_last_superuser_stays_one(superuser, admin_user, olaf, left):
    rights = {"is_active": "on", "is_staff": "on", "is_superuser": "on"}
    fields = {"username": admin_user.username, "email": admin_user.email, **rights, **NO_ROLES}
    address = page("user_change", admin_user.pk)
    del fields[left]
    answer = superuser.post(address, fields)
    assert answer.status_code == 200
    assert "Niemand sonst hat den Administrator-Status" in answer.content.decode()
    assert superuser.get(page("user_delete", admin_user.pk)).context["protected"]
    User.people.filter(pk=olaf.pk).update(is_superuser=True)
    assert superuser.post(address, fields).status_code == 302
    admin_user.refresh_from_db()
    assert not getattr(admin_user, left)


@pytest.mark.parametrize("name", ["WÄRMEPUMPE SÜD", "wärmepumpe süd"])
def test_a_marketplace_is_not_called_like_another(superuser, heatpumps, solar, name):
    setup = MarketplacePage(superuser, solar)
    setup.data["name"] = name
    assert setup.send().status_code == 200
    assert "Es gibt bereits einen Marktplatz dieses Namens" in "".join(setup.errors())
    # In another case its own name is free.
    setup.data["name"] = solar.name.upper()
    setup.save()


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_has_a_history_is_not_deleted(superuser, lead, anna, method):
    answer = getattr(superuser, method)(page("user_delete", anna.pk), {"post": "yes"})
    assert answer.status_code == 200
    assert answer.context["protected"]
    assert User.objects.filter(pk=anna.pk).exists()


def test_who_worked_in_the_admin_is_not_deleted(superuser, olaf, signed_in, heatpumps):
    setup = MarketplacePage(signed_in(olaf), heatpumps)
    setup.data["name"] = "Wärmepumpen"
    setup.save()
    answer = superuser.post(page("user_delete", olaf.pk), {"post": "yes"})
    assert (answer.status_code, User.objects.filter(pk=olaf.pk).exists()) == (200, True)


def test_who_has_none_is_deleted(superuser, ben, heatpumps):
    assert superuser.post(page("user_delete", ben.pk), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=ben.pk).exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_marketplace_with_leads_is_not_deleted(superuser, offered, heatpumps, method):
    answer = getattr(superuser, method)(
        page("marketplace_delete", heatpumps.pk), {"post": "yes"}
    )
    assert answer.status_code == 200
    assert answer.context["protected"]
    assert Marketplace.objects.filter(pk=heatpumps.pk).exists()


def test_a_marketplace_without_leads_is_deleted(superuser, heatpumps):
    address = page("marketplace_delete", heatpumps.pk)
    assert superuser.post(address, {"post": "yes"}).status_code == 302
    assert not Marketplace.objects.filter(pk=heatpumps.pk).exists()


@pytest.mark.parametrize("name", ["user", "marketplace"])
def test_nothing_is_deleted_in_bulk(superuser, ben, heatpumps, name):
    pk = {"user": ben.pk, "marketplace": heatpumps.pk}[name]
    data = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    superuser.post(page(f"{name}_changelist"), data)
    assert User.objects.filter(pk=ben.pk).exists()
    assert Marketplace.objects.filter(pk=heatpumps.pk).exists()
