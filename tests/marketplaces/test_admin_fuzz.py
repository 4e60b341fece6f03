"""Whatever is sent to the admin, it answers; a server error is never the answer."""

import pytest
from django.db import transaction
from django.urls import reverse

from .admin_page import MarketplacePage

HUGE = "9" * 30
KEYS = (
    "q",
    "p",
    "o",
    "phase__id__exact",
    "status__exact",
    "marketplace__id__exact",
    "lead__marketplace__id__exact",
    "owner__password__startswith",
)


@pytest.fixture
def operator(signed_in, olaf, heatpumps):
    return signed_in(olaf)


@pytest.fixture
def setup(operator, heatpumps):
    return MarketplacePage(operator, heatpumps)


def phases(marketplace):
    return list(marketplace.phases.order_by("pk").values())


def each_sent(setup, key, values):
    """Send the page with each of these values; yield while it is as it was left by it."""
    for value in values:
        with transaction.atomic():
            setup.data, kept = {**setup.data, key: value}, setup.data
            assert setup.send().status_code in {200, 302, 400}, value
            setup.data = kept
            yield value
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("position", ["-1", "abc", HUGE, "1e400", "1.5", "\x00"]),
        ("id", ["", "abc", HUGE, "0", "\x00"]),
        ("name", ["", " ", "\x00", "x" * 100_000]),
        ("target_days", ["-5", HUGE]),
        ("marketplace", ["999"]),
    ],
)
def test_values_of_a_row(setup, heatpumps, field, values):
    before = phases(heatpumps)
    key = f"{setup.row('phases', 'Angebot')}-{field}"
    for value in each_sent(setup, key, values):
        after = phases(heatpumps)
        assert [p["name"] for p in after] == [p["name"] for p in before], value
        assert [p["position"] for p in after] == [p["position"] for p in before], value


@pytest.mark.parametrize("prefix", ["phases", "fields", "loss_reasons", "memberships"])
@pytest.mark.parametrize("count", ["TOTAL_FORMS", "INITIAL_FORMS"])
def test_counters_of_the_lists(setup, heatpumps, prefix, count):
    before = phases(heatpumps)
    values = ["", "abc", "-1", "0", "3", "2000", HUGE]
    for value in each_sent(setup, f"{prefix}-{count}", values):
        assert phases(heatpumps) == before, value


@pytest.mark.parametrize("data", [{}, {"name": "x"}, {"_saveasnew": "1"}, {"action": "x"}])
@pytest.mark.parametrize("person", ["olaf", "admin_user"])
def test_incomplete_forms(request, signed_in, heatpumps, data, person):
    client = signed_in(request.getfixturevalue(person))
    before = phases(heatpumps)
    for address in (
        reverse("admin:marketplaces_marketplace_change", args=[heatpumps.pk]),
        reverse("admin:marketplaces_marketplace_changelist"),
        reverse("admin:marketplaces_marketplace_history", args=[heatpumps.pk]),
        reverse("admin:marketplaces_marketplace_add"),
    ):
        assert client.post(address, data).status_code < 500
    assert phases(heatpumps) == before


@pytest.mark.parametrize("value", ["abc", "\x00", HUGE, "-1", "x" * 5000])
def test_filters_searches_and_pages(operator, lead, value):
    for name in ("leads_lead", "leads_leadevent", "marketplaces_marketplace"):
        address = reverse(f"admin:{name}_changelist")
        for key in KEYS:
            assert operator.get(address, {key: value}).status_code in {200, 302, 400}, key


@pytest.mark.parametrize("value", ["", "abc", "\x00", HUGE])
def test_autocomplete(operator, value):
    known = {"app_label": "marketplaces", "model_name": "membership", "field_name": "user"}
    for key in ("term", "page", *known):
        answer = operator.get("/admin/autocomplete/", {**known, key: value})
        assert answer.status_code in {200, 400, 403, 404}


def test_autocomplete_of_other_models_is_closed(operator, heatpumps):
    for app, model, field in (
        ("leads", "leadevent", "actor"),
        ("leads", "lead", "owner"),
        ("admin", "logentry", "user"),
        ("leads", "attachment", "lead"),
    ):
        answer = operator.get(
            "/admin/autocomplete/",
            {"app_label": app, "model_name": model, "field_name": field, "term": "clara.none"},
        )
        assert answer.status_code in {200, 403, 404}
        if answer.status_code == 200:
            assert answer.json()["results"] == []


def test_ids_beyond_the_database(operator, heatpumps):
    for address in (
        f"/admin/marketplaces/marketplace/{heatpumps.pk}/phases/{HUGE}/relocate/",
        f"/admin/marketplaces/marketplace/{HUGE}/phases/1/relocate/",
        f"/admin/marketplaces/marketplace/{HUGE}/change/",
        f"/admin/leads/lead/{HUGE}/change/",
    ):
        assert operator.get(address).status_code == 404
        assert operator.post(address, {}).status_code == 404


def test_a_list_answers_its_own_filters_only(operator, lead):
    """Not a regular expression that takes forever, nor numbers beyond the database's."""
    address = reverse("admin:leads_lead_changelist")
    for key in ("name__regex", "id__in", "value__range", "created_at__gte", "owner"):
        for value in ("(a+)+$", HUGE, "1,2", "2026"):
            assert operator.get(address, {key: value}).status_code == 400, key
    assert operator.get(address, {"status__exact": "won"}).status_code == 200
    assert operator.get(address, {"phase__id__exact": lead.phase_id}).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/admin/leads/lead/", "/admin/marketplaces/marketplace/", "/admin/search/",
     "/admin/autocomplete/"],
)  # fmt: skip
def test_a_search_for_a_very_long_text_is_refused(operator, address):
    for key in ("q", "s", "term"):
        assert operator.get(address, {key: "x" * 60_000}).status_code == 400


@pytest.mark.parametrize("page", ["", "abc", "0", "-1", "2", HUGE, "1.5"])
def test_pages_of_the_command_search(operator, page):
    answer = operator.get("/admin/search/", {"s": "lead", "page": page})
    assert answer.status_code == 404
    assert operator.get("/admin/search/", {"s": "lead", "page": "1"}).status_code == 200


@pytest.mark.parametrize("view", ["change", "delete"])
def test_an_empty_name_of_a_field_means_the_id(admin_client, heatpumps, lead, anna, view):
    for name, thing in (("marketplaces_marketplace", heatpumps), ("marketplaces_user", anna)):
        address = reverse(f"admin:{name}_{view}", args=[thing.pk])
        assert admin_client.get(address, {"_to_field": ""}).status_code == 200
