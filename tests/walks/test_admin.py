"""The operators' admin: every route of it, asked by all who are not its operators.

Otto operates another marketplace. What he asks of this one is answered as for what does
not exist, and no list, filter, search, choice or error text of his names anything of it.
"""

import itertools
from collections import Counter
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.db import models

from leads.models import Lead, LeadEvent
from marketplaces.models import Marketplace
from tests.marketplaces.admin_page import MarketplacePage

from .asking import VERBS, body_of, nothing_changes, outside, secrets_in, send
from .stage import ADMIN, ADMIN_FRAME, ADMIN_OF_SUPERUSERS, SECRETS

pytestmark = pytest.mark.once

ABSENT = 99999999
# Anything of the marketplace and its people; the plain words of phases stand elsewhere too.
SECRETS_OF_ALL = [
    *SECRETS, "Wärmepumpe Süd", "waermepumpe-sued", "Qualifizierung", "Vor-Ort-Termin",
    "Zu teuer", "Wettbewerb", "Ziegel", "anna@beispiel.de", "meike@beispiel.de",
    "Anna Beispiel", "Meike Beispiel", "Ben Beispiel", "Olaf Beispiel",
]  # fmt: skip
QUERIES = [
    "", "?_popup=1&_to_field=id", "?_to_field=owner", "?_changelist_filters=q%3DAigner",
]  # fmt: skip
LISTS = ["/admin/leads/lead/", "/admin/leads/leadevent/", "/admin/marketplaces/marketplace/"]


def addresses(stage, routes=(*ADMIN, *ADMIN_OF_SUPERUSERS, *ADMIN_FRAME), *, absent=False):
    """An address of each route of the admin, with ids that exist or that do not."""
    things = {**ADMIN, **ADMIN_OF_SUPERUSERS}
    for route in routes:
        if route == "admin/logout/":
            continue
        route = route.replace("<app_label>", "leads").replace("<nowhere>", "nirgends/")
        thing = getattr(stage, things.get(route, "lead"))
        pk = str(ABSENT if absent else thing.pk)
        address = route.replace("<path:object_id>", pk).replace("<id>", pk)
        address = address.replace("<int:marketplace_id>", pk).replace("<int:lead_id>", pk)
        yield "/" + address.replace("<int:phase_id>", str(stage.lead.phase_id))


def pairs_of(stage, routes):
    """The address of what exists beside that of what does not."""
    return list(
        zip(addresses(stage, routes), addresses(stage, routes, absent=True), strict=True)
    )


def assert_no_secret(response, said=()):
    echoes = [text for word in said for text in (word, urlencode({"": word})[1:])]
    assert secrets_in(response, SECRETS_OF_ALL, said=echoes) == []


@pytest.mark.parametrize("person", ["ben", "meike", "clara", "former"])
def test_the_admin_does_not_exist_for_reps_and_managers(stage, client_of, person):
    client = client_of(person)
    found = set(addresses(stage))
    assert len(found) > 25
    with nothing_changes(client):
        nowhere = {verb: outside(send(client, verb, "/admin/x/y/")) for verb in VERBS}
        for address, verb in itertools.product(found, VERBS):
            response = send(client, verb, address, {"name": "x"})
            if response.status_code == 405:
                assert verb != "GET"
                continue
            assert outside(response) == nowhere[verb], (verb, address)
            assert response.status_code == 404


@pytest.mark.parametrize("person", ["nobody", "deactivated"])
def test_the_admin_leads_strangers_to_the_sign_in_page(stage, client_of, person):
    client = client_of(person)
    with nothing_changes(client):
        for address, verb in itertools.product(set(addresses(stage)), VERBS):
            response = send(client, verb, address)
            assert response.status_code in {302, 405}, (verb, address)
            if response.status_code == 302:
                assert response["Location"].startswith(("/anmelden/", "/admin/login/?next="))
            assert_no_secret(response)


def without_address(response, address):
    """What the answer looks like, with the id that it was asked for taken out."""
    status, headers, cookies, body = outside(response)
    pk = address.removesuffix("/").rsplit("/", 1)[-1]
    location = headers.pop("Location", "").replace(f"/{pk}/", "/*/")
    return status, headers, location, body


@pytest.mark.parametrize("person", ["otto", "olaf"])
def test_of_a_foreign_marketplace_nothing_exists(stage, client_of, person, heatpumps):
    """Olaf as well, once he operates nothing here any more."""
    client = client_of(person)
    if person == "olaf":
        heatpumps.memberships.filter(user__username="olaf").delete()
    routes = [
        route
        for route in (*ADMIN, *ADMIN_OF_SUPERUSERS)
        if "<" in route and not route.endswith("<path:object_id>/")
    ]
    pairs = list(
        zip(addresses(stage, routes), addresses(stage, routes, absent=True), strict=True)
    )
    data = {"name": "Familie Aigner", "post": "yes", "_save": "1", "to": stage.lead.phase_id}
    with nothing_changes(client):
        for (address, absent), verb in itertools.product(pairs, VERBS):
            for query in QUERIES if verb in {"GET", "POST"} else QUERIES[:1]:
                response = send(client, verb, address + query, data)
                twin = send(client, verb, absent + query, data)
                assert outside(response) == outside(twin), (verb, address, query)
                # Django refuses a field that it may not name before it looks for the thing.
                refusals = {403, 404, 405, *([400] if "_to_field=" in query else [])}
                assert response.status_code in refusals, (verb, address, query)
                assert_no_secret(response)


def test_the_short_address_of_an_object_does_not_tell_whether_it_exists(stage, client_of):
    client = client_of("otto")
    routes = [route for route in (*ADMIN, *ADMIN_OF_SUPERUSERS) if route.endswith("_id>/")]
    for address, absent in pairs_of(stage, routes):
        answers = [without_address(client.get(at), at) for at in (address, absent)]
        assert answers[0] == answers[1]
        assert answers[0][0] == 302


def test_the_own_operator_is_let_in(stage, client_of, admin_client):
    """The positive twin: without it a broken admin would pass."""
    client = client_of("olaf")
    for route, address in zip(ADMIN, addresses(stage, ADMIN), strict=True):
        status = client.get(address).status_code
        is_closed = route.endswith(("/add/", "/delete/"))
        is_short = route.endswith("<path:object_id>/")
        assert status == (403 if is_closed else 302 if is_short else 200), route
    for address in addresses(stage, ADMIN_OF_SUPERUSERS):
        assert admin_client.get(address).status_code in {200, 302}, address
    found = client.get("/admin/leads/lead/?q=Aigner").content.decode()
    assert "Familie Aigner" in found


def filters():
    """Paths of filters that reach from a list's rows into other tables."""
    for address, model in zip(LISTS, (Lead, LeadEvent, Marketplace), strict=True):
        for field in model._meta.get_fields():
            if field.is_relation and field.related_model is not None:
                for further in field.related_model._meta.get_fields():
                    if isinstance(further, models.Field) and further.name != "id":
                        yield address, f"{field.name}__{further.name}"


OWN_FILTERS = {"lead__marketplace"}


def test_no_filter_reaches_into_other_tables(stage, client_of):
    """Neither a password's hash letter by letter nor whether a colleague has foreign leads."""
    client = client_of("otto")
    lookups = itertools.cycle(("", "__startswith", "__exact", "__isnull", "__gt"))
    tried = list(filters())
    for (address, name), lookup in zip(tried, lookups, strict=False):
        each = ("", "__exact", "__isnull", "__gt") if name in OWN_FILTERS else (lookup,)
        for asked in each:
            status = client.get(address, {name + asked: "1"}).status_code
            if name in OWN_FILTERS and asked in {"__exact", "__isnull"}:
                assert status in {200, 302}, (address, name)
            else:
                assert status == 400, (address, name + asked)
    assert len(tried) > 300


def rows(response):
    assert response.status_code == 200
    changelist = response.context["cl"]
    return list(changelist.result_list), changelist.result_count


def test_lists_searches_filters_and_counts_know_only_the_own(stage, client_of, solar):
    client = client_of("otto")
    asked = [{"q": secret} for secret in SECRETS_OF_ALL[::2]]
    asked += [{"_facets": "True"}, {"_popup": "1", "q": "a"}]
    asked += [{"o": order} for order in ("1", "-2", "3.4", "5", "6", "7")]
    keys = [
        "marketplace__id__exact", "lead__marketplace__id__exact", "phase__id__exact",
        "owner", "owner__id__exact", "lead", "actor", "id", "pk",
    ]  # fmt: skip
    ids = [stage.marketplace.pk, stage.lead.pk, stage.lead.phase_id, stage.anna.pk]
    asked += [{key: pk} for key, pk in itertools.product(keys, ids)]
    for address in LISTS:
        own = [solar] if "marketplaces" in address else []
        assert rows(client.get(address)) == (own, len(own))
        for query in asked:
            response = client.get(address, query)
            assert response.status_code in {200, 302, 400}, query
            assert_no_secret(response, said=[str(v) for v in query.values()])
            if response.status_code == 200:
                assert not set(rows(response)[0]) - set(own), query


def test_no_choice_and_no_error_text_names_anything_foreign(stage, client_of, solar):
    """AZ4: ids of the other marketplace in each list of the own one's page."""
    client = client_of("otto")
    page = MarketplacePage(client, solar)
    assert_no_secret(page.response)
    theirs = stage.marketplace
    foreign = {
        "phases": theirs.phases.in_order().first(),
        "fields": theirs.fields.first(),
        "loss_reasons": theirs.loss_reasons.first(),
        "memberships": theirs.memberships.first(),
    }
    for kind, thing in foreign.items():
        page.load()
        number = int(page.data[f"{kind}-TOTAL_FORMS"])
        page.add(kind, id=str(thing.pk), marketplace=str(theirs.pk))
        for initial in (number, number + 1):
            page.data[f"{kind}-INITIAL_FORMS"] = str(initial)
            before = list(type(thing).objects.filter(marketplace=theirs).values_list())
            assert_no_secret(page.send(follow=True))
            assert list(type(thing).objects.filter(marketplace=theirs).values_list()) == before


def test_nobody_is_made_a_member_by_number(stage, client_of, solar):
    """Otherwise an operator would read all names by counting."""
    client = client_of("otto")
    for person in (stage.anna, *theirs(stage)):
        page = MarketplacePage(client, solar)
        page.add("memberships", user=str(person.pk), role="rep")
        # With another mistake the page comes back, with the chosen names in it.
        for name in ("Photovoltaik Bayern", ""):
            page.data["name"] = name
            assert_no_secret(page.send(follow=True))
            assert page.response.status_code == 200
    assert not solar.memberships.filter(user__username__in=["anna", "meike"]).exists()


def theirs(stage):
    return [member.user for member in stage.marketplace.memberships.all()]


def test_autocomplete_offers_nobody_foreign(stage, client_of):
    client = client_of("otto")
    terms = ["ann", "bei", "beispiel.de", "meik", "Wärme", "waerm", "Aigner", "Qual",
             "Zu t", "%", "_", "1", "anna beispiel", "a n"]  # fmt: skip
    answers = Counter()

    def ask(field, term):
        query = {
            "app_label": field.model._meta.app_label,
            "model_name": field.model._meta.model_name,
            "field_name": field.name,
            "term": term,
        }
        response = client.get("/admin/autocomplete/", query)
        assert_no_secret(response)
        answers[response.status_code] += 1
        return response.status_code

    relations = models.ForeignKey | models.ManyToManyField
    searched = set()
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, relations) and ask(field, "") == 200:
                # What is found depends on what the field leads to, not on the field.
                is_new = field.related_model not in searched
                searched.add(field.related_model)
                for term in terms if is_new else terms[:1]:
                    ask(field, term)
    assert answers.keys() <= {200, 403, 404}
    assert searched
    assert answers.total() > 60


def test_the_command_search_names_only_pages_that_one_may_open(stage, client_of):
    client = client_of("otto")
    for term in (*SECRETS_OF_ALL, "a", "e", "user", "benutzer", "lead"):
        response = client.get("/admin/search/", {"s": term})
        assert response.status_code == 200
        assert_no_secret(response, said=[term, term.lower()])
        assert "/admin/marketplaces/user/" not in body_of(response).decode()


def test_actions_of_many_at_once_do_not_exist(stage, client_of):
    client = client_of("olaf")
    with nothing_changes():
        for address, thing in zip(
            LISTS, (stage.lead, stage.event, stage.marketplace), strict=True
        ):
            for action in ("delete_selected", "", "export", "0"):
                sent = {"action": action, "_selected_action": [thing.pk], "post": "yes"}
                assert client.post(address, sent).status_code in {200, 302, 403}
            assert "delete_selected" not in client.get(address).content.decode()
