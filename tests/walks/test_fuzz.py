"""Whatever is sent, no answer is a 5xx.

Each form's fields and each address's parameters get hostile values, are left out,
doubled, joined by unknown ones; so do verbs, headers, cookies and encodings of every route.
CONTRIBUTING.md says how to send many more of them.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.offers import Offer
from tests.markup import HTMX, read

from . import fuzzing
from .fuzzing import (
    EXAMPLES,
    FEW,
    FORM,
    HOSTILE,
    IDS,
    VERBS,
    Fuzz,
    as_bytes,
    bodies,
    encoded,
    examples,
    one_in,
    pairs,
)
from .stage import (
    ADMIN,
    ADMIN_FRAME,
    ADMIN_OF_SUPERUSERS,
    FOR_THE_ADMIN,
    LEAD,
    OF_A_LEAD,
    OF_ONES_OWN,
    PERSONAL,
    PUBLIC,
)


@pytest.fixture
def fuzz(request):
    """Sends requests; how many of them got which answer stands in the report."""
    fuzz = Fuzz()
    yield fuzz
    request.node.user_properties.append(("fuzzed", dict(fuzz.answers)))


def all_names(stage, client, route):
    """The fields that the form of `route` has, with what they hold."""
    data = {**stage.body(route)}
    address = stage.address(route)
    page = client.get(address)
    if page.status_code == 200 and "html" in page.headers["Content-Type"]:
        page = read(page)
        for form in page.all("form", action=address):
            data = {**form.typed, **data}
    if route == f"{LEAD}phase/":
        data |= {"follow_up_at_day": "2027-01-15", "follow_up_at_time": "09:30"}
    return as_bytes(data)


POSTED = [route for route, of in {**OF_A_LEAD, **OF_ONES_OWN}.items() if of.post]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
@pytest.mark.parametrize("route", POSTED)
def test_no_form_of_a_lead_can_be_broken(stage, client_of, fuzz, route, headers):
    client = client_of("anna")
    base = all_names(stage, client, route)

    @examples()
    @given(pairs(base))
    def run(sent):
        fuzz.post(client, stage.address(route), sent, headers=headers)

    run()


GOOD = {"name": "Neu", "phone": "089 1", "email": "a@beispiel.de", "description": "Neu",
        "value": "7", "wish_date": "2027-05-01", "follow_up_at": "2027-05-01",
        "own": "Blech"}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_no_single_value_breaks_a_field(stage, client_of, fuzz, name):
    """Every hostile value in a field of each kind, and as what was seen of it."""
    client, good = client_of("anna"), GOOD[name]
    if name == "own":
        name = f"feld-{stage.marketplace.fields.get().pk}"
    address = f"/leads/{stage.lead.pk}/felder/{name}/"
    form = as_bytes(read(client.get(address)).form(address).typed)
    keys = [key for key, _held in form if not key.startswith(b"seen-")] or [name.encode()]
    seen = f"seen-{name}".encode()
    for value in HOSTILE:
        for key in keys:
            entered = [(key, value), *(pair for pair in form if pair[0] != key)]
            claimed = [(keys[0], good.encode()), (seen, value)]
            for sent in (entered, claimed):
                status = fuzz.post(client, address, sent)
                assert status in {303, 409, 422}, (key, value[:20])


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_entering_a_lead_cannot_be_broken(stage, client_of, fuzz, headers):
    client = client_of("anna")
    form = read(client.get("/leads/anlegen/")).form("/leads/anlegen/")
    base = as_bytes({**form.typed, "name": "Neu", "value": "1"})

    @examples(25)
    @given(pairs(base))
    def run(sent):
        for address in ("/leads/anlegen/", "/leads/anlegen/?wechseln=1"):
            status = fuzz.post(client, address, sent, headers=headers)
            assert status in {200, 303, 400, 409, 413, 422}
        fuzz.get(client, "/leads/anlegen/?" + encoded(sent)[:50_000])

    run()


PARAMETERS = {
    "/leads/": ["q", "marktplatz", "phase", "wiedervorlage", "sort", "seite"],
    "/leads/abgeschlossen/": ["q", "marktplatz", "ergebnis", "sort", "seite"],
    "/leads/neu/": ["marktplatz", "seite"],
    LEAD: ["tab", "vor"],
    f"{LEAD}akte/": ["bilder"],
    f"{LEAD}phase/": ["nach"],
    f"{LEAD}ablehnung/": ["angebot", "next"],
}


@pytest.mark.parametrize("route", PARAMETERS)
def test_no_parameter_breaks_an_address(stage, client_of, fuzz, route):
    client = client_of("anna")
    address = stage.address(route) if route.startswith(LEAD) else route
    good = {"sort": "name", "tab": "verlauf", "nach": stage.lead.phase_id, "q": "aigner"}
    base = [(name.encode(), str(good.get(name, "")).encode()) for name in PARAMETERS[route]]

    @examples(30)
    @given(pairs(base), st.sampled_from([{}, HTMX]))
    def run(sent, headers):
        status = fuzz.get(client, f"{address}?{encoded(sent)}", headers=headers)
        assert status in {200, 404, 409}

    run()


@pytest.mark.parametrize("route", PARAMETERS)
def test_no_single_parameter_breaks_an_address(stage, client_of, fuzz, route):
    client = client_of("anna")
    address = stage.address(route) if route.startswith(LEAD) else route
    for name in PARAMETERS[route]:
        for more in ("", "&tab=anhaenge", "&tab=verlauf") if name == "vor" else ("",):
            for value in HOSTILE:
                query = encoded([(name.encode(), value)])
                status = fuzz.get(client, f"{address}?{query}{more}")
                assert status in {200, 404, 409}, (name, value[:20])


@pytest.mark.parametrize("route", [*POSTED, "leads/anlegen/"])
def test_very_many_fields_are_answered(stage, client_of, fuzz, route):
    client = client_of("anna")
    address = stage.address(route) if route.startswith(LEAD) else f"/{route}"
    for many in (
        [(f"f{n}".encode(), b"1") for n in range(500)],
        [(b"name", b"1"), (b"text", b"1"), (b"von", b"1")] * 170,
        [(b"a[" + b"b][" * 300, b"1")],
        [(b"", b"")] * 500,
    ):
        fuzz.post(client, address, many)


def test_more_fields_than_allowed_are_413(stage, client_of, settings):
    client = client_of("anna")
    number = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1
    many = encoded([(b"x", b"")] * number)
    response = client.post(stage.address(f"{LEAD}journal/"), many, content_type=FORM)
    assert response.status_code in {400, 413}
    body = "text=" + "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    response = client.post(stage.address(f"{LEAD}journal/"), body, content_type=FORM)
    assert response.status_code == 413


@pytest.mark.parametrize(
    "content_type",
    [f"{FORM}; charset=utf-7", f"{FORM}; charset=x", f"{FORM}; charset=", "text/plain", "",
     "application/json", "multipart/form-data", "multipart/form-data; boundary=\u00e4"],
)  # fmt: skip
@pytest.mark.parametrize("enforced", [True, False])
def test_an_odd_content_type_is_a_bad_request(stage, signed_in, anna, content_type, enforced):
    client = signed_in(anna, enforce_csrf_checks=enforced)
    address = stage.address(f"{LEAD}journal/")
    response = client.generic("POST", address, b"text=a%00", content_type=content_type)
    assert response.status_code in {400, 403, 422}


@pytest.mark.parametrize(
    "header", ["HX-Current-URL", "HX-Target", "HX-Trigger", "HX-Prompt", "Referer",
               "Accept-Language", "Accept-Encoding", "If-Modified-Since", "Range", "Cookie"]
)  # fmt: skip
def test_no_header_breaks_an_answer(stage, client_of, fuzz, header):
    anna, nobody = client_of("anna"), client_of("nobody")
    for value in (
        "http://[", "x" * 10_000, "\x00", "\xff", "//", "?tab=verlauf", "http://a:b:c/", "%00",
        "bytes=9-1", "bytes=99999999999999999999-", "sessionid=\xff; theme=x",
        "\xf0\x9f\x99\x82",
    ):  # fmt: skip
        headers = {**HTMX, header: value}
        fuzz.get(nobody, stage.address(LEAD), headers=headers)
        for route in (LEAD, f"{LEAD}anhaenge/<int:attachment_id>/"):
            fuzz.get(anna, stage.address(route), headers=headers)
        for route in (f"{LEAD}journal/", f"{LEAD}phase/"):
            sent = as_bytes(stage.body(route))
            fuzz.post(anna, stage.address(route), sent, headers=headers)


@pytest.mark.parametrize(
    "address",
    ["/leads/99999999999999999999/", "/leads/-1/", "/leads/1.5/", "/leads/%00/", "/leads/٣/",
     "/leads/1/felder/%00/", "/leads/1/felder/%FF/", "/leads/1/felder/%2e%2e/", "/leads//",
     "/%ff", "/leads/" + "9" * 5000 + "/", "/leads/1/anhaenge/%E2%80%AE/", "/leads/?%FF=%00",
     "/leads/?q=%00", "/leads/?q=%ED%A0%80", "/leads/?" + "a&" * 990, "/leads/?seite=abc"],
)  # fmt: skip
def test_odd_addresses(stage, client_of, fuzz, address):
    assert fuzz.get(client_of("anna"), address) in {200, 301, 302, 400, 404}


@examples(60)
@given(st.binary(max_size=60), st.integers())
def test_no_token_of_an_offer_is_accepted_by_chance(noise, number):
    class User:
        pk = number

    assert not Offer.was_shown(noise.decode("utf-8", "replace"), number, User)


# Everything at once -------------------------------------------------------------------

# Every parameter that anything reads from an address, with a value that means something.
QUERY = {
    "q": "aigner", "marktplatz": "waermepumpe-sued", "phase": "1", "wiedervorlage": "heute",
    "ergebnis": "gewonnen", "sort": "-volumen", "seite": "", "tab": "verlauf", "vor": "1",
    "nach": "1", "mit": "1,2", "angebot": "x:y:z", "ansicht": "", "wechseln": "1",
    "name": "x", "next": "/leads/",
}  # fmt: skip
ADMIN_QUERY = {
    "q": "aigner", "p": "1", "o": "1.-2", "all": "", "e": "1", "s": "lead", "page": "1",
    "term": "a", "app_label": "marketplaces", "model_name": "membership",
    "field_name": "user", "_popup": "1", "_to_field": "id", "_changelist_filters": "q=a",
    "_facets": "True", "marketplace__id__exact": "1", "lead__marketplace__id__exact": "1",
    "kind__exact": "moved", "phase__id__exact": "1", "status__exact": "won", "id__in": "1,2",
    "created_at__gte": "2026", "owner__password__startswith": "a", "is_active__exact": "1",
    "value__range": "1,2", "name__regex": "(", "phase__isnull": "1",
    "memberships-page": "1", "events-page": "1", "next": "/admin/", "username": "x",
    "name": "x",
}  # fmt: skip


def admin_address(stage, route):
    thing = {**ADMIN, **ADMIN_OF_SUPERUSERS}.get(route, "lead")
    address = route.replace("<phase_id>", str(stage.lead.phase_id))
    for part in ("<path:object_id>", "<id>", "<int:marketplace_id>"):
        address = address.replace(part, str(getattr(stage, thing).pk))
    address = address.replace("<int:phase_id>", str(stage.lead.phase_id))
    return "/" + address.replace("<app_label>", "leads").replace("<nowhere>", "nirgends/")


def form_at(client, address):
    """The fields of the largest form that the page at `address` sends to itself."""
    response = client.get(address)
    if response.status_code != 200 or "html" not in response.headers["Content-Type"]:
        return []
    forms = [
        form.typed
        for form in read(response).all("form")
        if form.get("action") in {"", address} or form.get("method") == "post"
    ]
    return as_bytes(max(forms, key=len, default={}))


def bombard(fuzz, clients, address, base, query):
    """Send one example after the other to one address, each as somebody of `clients`."""
    base_query = [(name.encode(), value.encode()) for name, value in query.items()]
    ids = [part for part in address.split("/") if part.isdigit()]

    @examples()
    @given(st.data())
    def run(data):
        draw = data.draw
        name = draw(st.sampled_from(list(clients)))
        client = clients[name]
        verb, at = draw(st.sampled_from(VERBS)), address
        if ids and draw(one_in(10)):
            at = at.replace(
                f"/{draw(st.sampled_from(ids))}/", f"/{draw(st.sampled_from(IDS))}/"
            )
        if draw(st.booleans()):
            asked = draw(st.lists(st.sampled_from(base_query), max_size=3))
            at += "?" + encoded(draw(pairs(asked)))[:50_000]
        body, content_type = b"", FORM
        if verb not in {"GET", "HEAD", "TRACE"}:
            body, content_type = draw(bodies(base))
        session = client.cookies.get("sessionid")
        sent = draw(fuzzing.headers(session.value if session else ""))
        more = {}
        if draw(one_in(15)):
            more["CONTENT_LENGTH"] = draw(st.sampled_from(["", "abc", "-1", "0", "3", "1e9"]))
        client.handler.enforce_csrf_checks = draw(one_in(12))
        fuzz.ask(client, verb, at, body, content_type, headers=sent, **more)

    run()


@pytest.mark.parametrize("route", [*OF_A_LEAD, *OF_ONES_OWN, *PERSONAL, *PUBLIC])
def test_nothing_sent_to_the_application_breaks_it(stage, client_of, fuzz, route):
    clients = {name: client_of(name) for name in ("anna", "meike", "ben", "nobody")}
    address = stage.address(route).replace("<uidb64>", "MQ").replace("<token>", "a-b")
    if route in {**OF_A_LEAD, **OF_ONES_OWN}:
        base = all_names(stage, clients["anna"], route)
        # Mostly the one who gets furthest.
        del clients["ben"]
    else:
        base = form_at(clients["anna" if route in PERSONAL else "nobody"], address)
    bombard(fuzz, clients, address, base, QUERY)


@pytest.mark.parametrize("route", [*ADMIN, *ADMIN_OF_SUPERUSERS, *ADMIN_FRAME])
def test_nothing_sent_to_the_admin_breaks_it(stage, client_of, admin_client, fuzz, route):
    clients = {"superuser": admin_client, "olaf": client_of("olaf")}
    address = admin_address(stage, route)
    bombard(fuzz, clients, address, form_at(admin_client, address), ADMIN_QUERY)


@pytest.mark.parametrize("route", FOR_THE_ADMIN)
def test_nothing_sent_to_what_asks_for_a_code_breaks_it(
    stage, client_of, settings, fuzz, route
):
    settings.SECOND_FACTOR = "admin"
    clients = {name: client_of(name) for name in ("olaf", "anna", "nobody")}
    base = form_at(clients["olaf"], f"/{route}")
    bombard(fuzz, clients, f"/{route}", base, {**QUERY, "neu": "codes"})


@pytest.mark.parametrize(
    "address",
    [
        "/admin/search/?s=lead", "/admin/autocomplete/?app_label=marketplaces"
        "&model_name=membership&field_name=user&term=a", "/admin/leads/lead/?q=a",
        "/admin/leads/leadevent/?o=1", "/admin/marketplaces/marketplace/?q=a",
        "/admin/marketplaces/user/?q=a", "/admin/login/?next=/admin/",
    ],
)  # fmt: skip
def test_no_single_parameter_breaks_the_admin(stage, admin_client, fuzz, address):
    few = HOSTILE[:: 4 if EXAMPLES > FEW else 27]
    for name in ADMIN_QUERY:
        for value in few:
            query = encoded([(name.encode(), value)])
            fuzz.get(admin_client, f"{address}&{query}")
            path, _mark, _rest = address.partition("?")
            fuzz.get(admin_client, f"{path}?{query}")
