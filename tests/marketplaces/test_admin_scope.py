"""Operators see and change only what they operate; reps nothing of the admin."""

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.urls import NoReverseMatch, reverse

from marketplaces.models import Membership

from .admin_page import MarketplacePage

LIST = "/admin/marketplaces/marketplace/"


@pytest.fixture
def operator(signed_in, olaf, heatpumps, solar):
    """Olaf's client: he operates the heat pumps, not the solar plants."""
    return signed_in(olaf)


def change(marketplace):
    return reverse("admin:marketplaces_marketplace_change", args=[marketplace.pk])


def names(answer):
    return [str(found) for found in answer.context["cl"].result_list]


def test_nobody_is_led_to_the_sign_in_page(client, db):
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/anmelden/?next=/admin/"


@pytest.mark.parametrize("person", ["anna", "meike"])
@pytest.mark.parametrize("address", ["/admin/", LIST, "/admin/leads/lead/", "/admin/nowhere/"])
def test_reps_and_managers_find_nothing(request, signed_in, heatpumps, person, address):
    client = signed_in(request.getfixturevalue(person))
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404


def test_an_operator_who_is_no_staff_finds_nothing(signed_in, heatpumps, ben):
    heatpumps.memberships.create(user=ben, role="operator")
    assert signed_in(ben).get(LIST).status_code == 404


def test_the_list_shows_the_own_marketplaces(operator, admin_client):
    assert names(operator.get(LIST)) == ["Wärmepumpe Süd"]
    assert names(operator.get(LIST, {"q": "Photovoltaik"})) == []
    assert names(admin_client.get(LIST)) == ["Photovoltaik Bayern", "Wärmepumpe Süd"]


@pytest.mark.parametrize("view", ["change", "history", "delete"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_foreign_and_missing_marketplaces_answer_404(operator, solar, view, method):
    for pk in (solar.pk, 999_999, "nonsense"):
        address = reverse(f"admin:marketplaces_marketplace_{view}", args=[pk])
        assert getattr(operator, method)(address).status_code == 404
    solar.refresh_from_db()


def test_a_foreign_marketplace_is_not_changed(operator, solar, heatpumps):
    page = MarketplacePage(operator, heatpumps)
    page.data["name"] = "Gekapert"
    page.address = change(solar)
    assert page.send().status_code == 404
    solar.refresh_from_db()
    assert solar.name == "Photovoltaik Bayern"


def test_rows_of_a_foreign_marketplace_are_neither_changed_nor_moved(
    operator, solar, heatpumps
):
    foreign = solar.phases.in_order().first()
    page = MarketplacePage(operator, heatpumps)
    prefix = page.row("phases", "Angebot")
    page.data[f"{prefix}-id"] = str(foreign.pk)
    page.data[f"{prefix}-name"] = "Gekapert"
    page.send()
    foreign.refresh_from_db()
    assert (foreign.name, foreign.marketplace) == ("Erstgespräch", solar)
    # The phase whose row was left out stays.
    assert heatpumps.phases.filter(name="Angebot").exists()


def test_operators_neither_add_nor_delete_marketplaces(operator, heatpumps, admin_client):
    add = reverse("admin:marketplaces_marketplace_add")
    delete = reverse("admin:marketplaces_marketplace_delete", args=[heatpumps.pk])
    assert [operator.get(add).status_code, operator.post(add).status_code] == [403, 403]
    assert [operator.get(delete).status_code, operator.post(delete).status_code] == [403, 403]
    assert admin_client.get(add).status_code == admin_client.get(delete).status_code == 200


def test_an_operator_cannot_reach_another_marketplace_by_membership(
    operator, olaf, solar, heatpumps
):
    page = MarketplacePage(operator, heatpumps)
    page.add("memberships", user=str(olaf.pk), role="operator", marketplace=str(solar.pk))
    page.send()
    assert not Membership.objects.filter(marketplace=solar, user=olaf).exists()


def test_a_right_that_was_taken_away_ends_at_once(operator, olaf, heatpumps):
    page = MarketplacePage(operator, heatpumps)
    heatpumps.memberships.filter(user=olaf).delete()
    page.data["name"] = "Noch schnell"
    assert page.send().status_code == 404
    assert operator.get(change(heatpumps)).status_code == 404
    heatpumps.refresh_from_db()
    assert heatpumps.name == "Wärmepumpe Süd"


def test_operators_do_not_reach_people(operator, admin_client):
    address = reverse("admin:marketplaces_user_changelist")
    assert operator.get(address).status_code == 403
    assert admin_client.get(address).status_code == 200


def test_operators_do_not_reach_accounts(operator, anna):
    address = reverse("admin:marketplaces_user_change", args=[anna.pk])
    assert operator.get(address).status_code == 403
    assert operator.post(address, {"is_superuser": "on"}).status_code == 403
    assert operator.get(f"/admin/marketplaces/user/{anna.pk}/password/").status_code == 403
    assert operator.get(reverse("admin:marketplaces_user_add")).status_code == 403


def test_the_navigation_shows_what_one_may_see(operator, admin_client):
    users = "/admin/marketplaces/user/"
    for address in ("/admin/", LIST):
        page = operator.get(address).content.decode()
        assert LIST in page
        assert users not in page
    page = admin_client.get("/admin/").content.decode()
    assert users in page


def test_what_others_did_is_not_on_the_front_page(operator, admin_client, solar):
    page = MarketplacePage(admin_client, solar)
    page.data["name"] = "Solar geheim"
    page.save()
    assert LogEntry.objects.filter(object_repr="Solar geheim").exists()
    assert "Solar geheim" not in operator.get("/admin/").content.decode()


def found(client, term, field="user", model="membership"):
    answer = client.get(
        "/admin/autocomplete/",
        {"term": term, "app_label": "marketplaces", "model_name": model, "field_name": field},
    )
    assert answer.status_code == 200
    return [result["text"] for result in answer.json()["results"]]


def test_operators_find_their_members_and_others_only_by_the_whole_address(
    operator, admin_client, clara
):
    assert found(operator, "ann") == ["Anna Beispiel"]
    assert found(operator, "") == [
        f"{name} Beispiel" for name in ("Anna", "Ben", "Meike", "Olaf")
    ]
    assert found(operator, "clar") == []
    assert found(operator, "clara") == found(operator, "Clara@beispiel.de")
    assert found(operator, "clara") == ["Clara Beispiel"]
    assert found(admin_client, "clar") == ["Clara Beispiel"]


def test_who_is_deactivated_is_not_found(operator, ben):
    ben.is_active = False
    ben.save()
    assert found(operator, "ben") == []


def test_marketplaces_are_searched_within_the_own_ones(operator, admin_client):
    assert found(operator, "a", "marketplace") == ["Wärmepumpe Süd"]
    assert len(found(admin_client, "a", "marketplace")) == 2


def test_autocomplete_is_closed_to_reps(signed_in, anna, heatpumps):
    answer = signed_in(anna).get(
        "/admin/autocomplete/",
        {"app_label": "marketplaces", "model_name": "membership", "field_name": "user"},
    )
    assert answer.status_code == 404


def test_the_admin_alone_has_its_own_policy(operator, heatpumps):
    for address in ("/admin/", LIST, change(heatpumps)):
        policy = operator.get(address).headers["Content-Security-Policy"]
        assert "script-src 'self' 'unsafe-eval';" in policy
        assert "style-src 'self' 'unsafe-inline';" in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "data:" not in policy
    for address in ("/admin/nowhere/", "/anmelden/"):
        assert "unsafe" not in operator.get(address).headers["Content-Security-Policy"]
    assert "unsafe" not in str(settings.SECURE_CSP)


def test_sign_out_is_a_post(operator):
    assert operator.get("/admin/logout/").status_code == 405
    assert operator.get("/admin/").status_code == 200
    assert operator.post("/admin/logout/").status_code == 302
    assert operator.get("/admin/").status_code == 302


def test_no_address_leads_from_any_id_to_its_page():
    with pytest.raises(NoReverseMatch):
        reverse("admin:view_on_site", args=[1, 1])


def test_a_hostile_name_is_text(admin_client, heatpumps):
    heatpumps.name = '"><script>alert(1)</script>'
    heatpumps.save()
    heatpumps.phases.filter(position=1).update(name="<img src=x onerror=alert(1)>")
    for address in (LIST, change(heatpumps)):
        page = admin_client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
