"""Whatever is sent, no answer is a 5xx.

Each form's fields and each address's parameters get hostile values, are left out,
doubled, joined by unknown ones. A few hundred examples; more of them with
`--hypothesis-seed` and a larger `EXAMPLES`.
"""

from urllib.parse import quote_from_bytes

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.offers import Offer
from tests.markup import HTMX, read

from .stage import LEAD, OF_A_LEAD

EXAMPLES = 12
FORM = "application/x-www-form-urlencoded"
HOSTILE = [
    b"", b" ", b"\x00", b"a\x00b", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    b"x" * 100_000, b"9" * 5000, str(2**31).encode(), str(2**63).encode(), b"-1", b"0", b"1.5",
    b"1e400", b"-1e400", b"NaN", b"sNaN", b"Infinity", b"1e-999999999", b"0x10", b"1_0",
    b"0001-01-01", b"9999-12-31", b"10000-01-01", b"2027-02-30", b"2027-03-28", b"02:30",
    b"24:00", b"23:59:59.999999", b"None", b"null", b"true", b"[]", b"{}", b"[" * 2000, b"'",
    b'"', b"%", b"_", b"\\", b"' OR 1=1 --", b"<script>alert(1)</script>", b"{{ 7*7 }}",
    b"../../etc/passwd", "\u202e\u200b\ufeff".encode(), "\u2028".encode(), "😀".encode() * 300,
    "\u0627\u0644".encode(), "١٢٣".encode(), b"\r\n\r\n", b"__proto__", b"owner", b"-name",
    b"--", b"a@b", b"+49", b"javascript:alert(1)", b"//evil.example", b"http://[",
]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(HOSTILE),
    st.binary(max_size=30),
    st.text(max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
UNKNOWN = [b"owner", b"id", b"status", b"pk", b"feld-0", b"feld-x", b"_method", b"__class__",
           b"\x00", b"seen-owner", b"wechseln", b"ansicht"]  # fmt: skip


def encoded(pairs):
    """The pairs of bytes as a form or a query carries them."""
    return "&".join(f"{quote_from_bytes(k)}={quote_from_bytes(v)}" for k, v in pairs)


@st.composite
def pairs(draw, base):
    """The form `base` with some values replaced, left out, doubled, unknown ones added."""
    sent = []
    for name, value in base:
        match draw(st.sampled_from(["keep", "keep", "hostile", "hostile", "leave", "double"])):
            case "keep":
                sent.append((name, value))
            case "hostile":
                sent.append((name, draw(VALUES)))
            case "double":
                sent += [(name, draw(VALUES)), (name, value)]
    unknown = draw(st.lists(st.tuples(st.sampled_from(UNKNOWN), VALUES), max_size=3))
    return sent + unknown


def as_bytes(data):
    return [
        (name.encode(), str(value).encode())
        for name, values in data.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def all_names(stage, client, route):
    """The fields that the form of `route` has, with what they hold."""
    data = {**stage.body(route)}
    address = stage.address(route)
    if OF_A_LEAD[route].get:
        page = read(client.get(address))
        for form in page.all("form", action=address):
            data = {**form.typed, **data}
    if route == f"{LEAD}phase/":
        data |= {"follow_up_at_day": "2027-01-15", "follow_up_at_time": "09:30"}
    return as_bytes(data)


def without_trace(client, verb, address, **kwargs):
    """The status of the answer; what it changed is rolled back."""
    with transaction.atomic():
        response = getattr(client, verb)(address, **kwargs)
        transaction.set_rollback(True)
    return response.status_code


def examples(number=EXAMPLES):
    return settings(
        max_examples=number,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )


POSTED = [route for route, of in OF_A_LEAD.items() if of.post]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
@pytest.mark.parametrize("route", POSTED)
def test_no_form_of_a_lead_can_be_broken(stage, client_of, route, headers):
    client = client_of("anna")
    base = all_names(stage, client, route)

    @examples()
    @given(pairs(base))
    def run(sent):
        status = without_trace(
            client, "post", stage.address(route), data=encoded(sent), content_type=FORM,
            headers=headers,
        )  # fmt: skip
        assert status < 500

    run()


GOOD = {"name": "Neu", "phone": "089 1", "email": "a@beispiel.de", "description": "Neu",
        "value": "7", "wish_date": "2027-05-01", "follow_up_at": "2027-05-01",
        "own": "Blech"}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_no_single_value_breaks_a_field(stage, client_of, name):
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
                status = without_trace(
                    client, "post", address, data=encoded(sent), content_type=FORM
                )
                assert status in {303, 409, 422}, (key, value[:20])


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_entering_a_lead_cannot_be_broken(stage, client_of, headers):
    client = client_of("anna")
    form = read(client.get("/leads/anlegen/")).form("/leads/anlegen/")
    base = as_bytes({**form.typed, "name": "Neu", "value": "1"})

    @examples(25)
    @given(pairs(base))
    def run(sent):
        for address in ("/leads/anlegen/", "/leads/anlegen/?wechseln=1"):
            status = without_trace(
                client, "post", address, data=encoded(sent), content_type=FORM, headers=headers
            )
            assert status in {200, 303, 400, 409, 413, 422}
        assert client.get("/leads/anlegen/?" + encoded(sent)[:50_000]).status_code < 500

    run()


PARAMETERS = {
    "/leads/": ["q", "marktplatz", "phase", "wiedervorlage", "sort", "seite"],
    "/leads/abgeschlossen/": ["q", "marktplatz", "ergebnis", "sort", "seite"],
    "/leads/neu/": ["marktplatz", "seite"],
    LEAD: ["tab", "vor"],
    f"{LEAD}phase/": ["nach"],
    f"{LEAD}ablehnung/": ["angebot"],
}


@pytest.mark.parametrize("route", PARAMETERS)
def test_no_parameter_breaks_an_address(stage, client_of, route):
    client = client_of("anna")
    address = stage.address(route) if route.startswith(LEAD) else route
    good = {"sort": "name", "tab": "verlauf", "nach": stage.lead.phase_id, "q": "aigner"}
    base = [(name.encode(), str(good.get(name, "")).encode()) for name in PARAMETERS[route]]

    @examples(30)
    @given(pairs(base), st.sampled_from([{}, HTMX]))
    def run(sent, headers):
        response = client.get(f"{address}?{encoded(sent)}", headers=headers)
        assert response.status_code in {200, 404, 409}

    run()


@pytest.mark.parametrize("route", PARAMETERS)
def test_no_single_parameter_breaks_an_address(stage, client_of, route):
    client = client_of("anna")
    address = stage.address(route) if route.startswith(LEAD) else route
    for name in PARAMETERS[route]:
        for more in ("", "&tab=anhaenge", "&tab=verlauf") if name == "vor" else ("",):
            for value in HOSTILE:
                query = encoded([(name.encode(), value)])
                status = client.get(f"{address}?{query}{more}").status_code
                assert status in {200, 404, 409}, (name, value[:20])


@pytest.mark.parametrize("route", [*POSTED, "leads/anlegen/"])
def test_very_many_fields_are_answered(stage, client_of, route):
    client = client_of("anna")
    address = stage.address(route) if route.startswith(LEAD) else f"/{route}"
    for many in (
        [(f"f{n}".encode(), b"1") for n in range(500)],
        [(b"name", b"1"), (b"text", b"1"), (b"von", b"1")] * 170,
        [(b"a[" + b"b][" * 300, b"1")],
        [(b"", b"")] * 500,
    ):
        status = without_trace(client, "post", address, data=encoded(many), content_type=FORM)
        assert status < 500


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
def test_no_header_breaks_an_answer(stage, client_of, header):
    anna, nobody = client_of("anna"), client_of("nobody")
    for value in (
        "http://[", "x" * 10_000, "\x00", "\xff", "//", "?tab=verlauf", "http://a:b:c/", "%00",
        "bytes=9-1", "bytes=99999999999999999999-", "sessionid=\xff; theme=x",
        "\xf0\x9f\x99\x82",
    ):  # fmt: skip
        headers = {**HTMX, header: value}
        assert nobody.get(stage.address(LEAD), headers=headers).status_code < 500
        for route in (LEAD, f"{LEAD}anhaenge/<int:attachment_id>/"):
            assert anna.get(stage.address(route), headers=headers).status_code < 500
        for route in (f"{LEAD}journal/", f"{LEAD}phase/"):
            data = stage.body(route)
            status = without_trace(
                anna, "post", stage.address(route), data=data, headers=headers
            )
            assert status < 500


@pytest.mark.parametrize(
    "address",
    ["/leads/99999999999999999999/", "/leads/-1/", "/leads/1.5/", "/leads/%00/", "/leads/٣/",
     "/leads/1/felder/%00/", "/leads/1/felder/%FF/", "/leads/1/felder/%2e%2e/", "/leads//",
     "/%ff", "/leads/" + "9" * 5000 + "/", "/leads/1/anhaenge/%E2%80%AE/", "/leads/?%FF=%00",
     "/leads/?q=%00", "/leads/?q=%ED%A0%80", "/leads/?" + "a&" * 990, "/leads/?seite=abc"],
)  # fmt: skip
def test_odd_addresses(stage, client_of, address):
    assert client_of("anna").get(address).status_code in {200, 301, 302, 400, 404}


@examples(60)
@given(st.binary(max_size=60), st.integers())
def test_no_token_of_an_offer_is_accepted_by_chance(noise, number):
    class User:
        pk = number

    assert not Offer.was_shown(noise.decode("utf-8", "replace"), number, User)
