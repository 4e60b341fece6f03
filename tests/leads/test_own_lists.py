"""Sorting and filtering the lists by own fields, and what that is read from."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from django.core.management import call_command

from leads import field_values
from leads.field_values import columns_of, rows_of
from leads.fields import fields_of
from leads.models import FieldValue, Lead, LeadError
from tests import factories
from tests.markup import HTMX, read

from .rows import closed, in_progress
from .test_lists import CLOSED, LIST, OUTDATED, exports_offered, names

DIALOG = "/leads/filter/"


def put(marketplace, owner, definition, *given, make=in_progress, **columns):
    """Leads called by their place, each with one of the `given` JSON values, None for none."""
    values = [{} if data is None else {str(definition.pk): data} for data in given]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return make(
        marketplace,
        owner,
        len(given),
        name=lambda n: f"{given[n]}",
        own_values=lambda n: values[n],
        created_at=lambda n: start + timedelta(days=n),
        **columns,
    )


def pages(client, address, **query):
    """The names on all pages, forward; checks that the way back shows the same."""
    found, seen, cursor, last = [], [], None, None
    while True:
        answer = client.get(address, {**query, "seite": cursor} if cursor else query)
        page = answer.context["list"].page
        assert not page.is_reset
        seen.append(names(answer))
        found += seen[-1]
        if not page.next:
            break
        cursor, last = page.next, page
    back = answer.context["list"].page.previous
    for expected in reversed(seen[:-1]):
        answer = client.get(address, {**query, "seite": back})
        assert names(answer) == expected
        back = answer.context["list"].page.previous
    assert back is None
    assert (last is None) == (len(seen) == 1)
    return found


# Sorting ------------------------------------------------------------------------------

KINDS = {
    "text": (["Äpfel", "birne", "Apfel", "zebra", "Öl", "oel"],
             ["Apfel", "Äpfel", "birne", "oel", "Öl", "zebra"]),
    "number": (["10", "-3.5", "9", "0.25", "-20", "1000000"],
               ["-20", "-3.5", "0.25", "9", "10", "1000000"]),
    "money": (["99.5", "100", "7"], ["7", "99.5", "100"]),
    "date": (["2026-10-01", "1999-12-31", "2026-09-30"],
             ["1999-12-31", "2026-09-30", "2026-10-01"]),
    "yes_no": (["yes", "no"], ["no", "yes"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_values_stand_in_their_order_and_then_the_leads_without(
    page_of_anna, heatpumps, anna, kind
):
    given, in_order = KINDS[kind]
    field = factories.make_field(heatpumps, "Feld", kind)
    put(heatpumps, anna, field, None, *given, None)
    put(heatpumps, anna, field, "fehl", make=closed) if kind == "text" else None
    sort = f"feld-{field.pk}"
    assert names(page_of_anna.get(LIST, {"sort": sort})) == [*in_order, "None", "None"]
    descending = names(page_of_anna.get(LIST, {"sort": f"-{sort}"}))
    assert descending == [*reversed(in_order), "None", "None"]


def test_choices_stand_once_and_long_texts_are_not_sorted(page_of_anna, heatpumps, anna):
    field = factories.make_field(heatpumps, "Dach", "choices", choices="Ziegel\nBlech")
    text = factories.make_field(heatpumps, "Notiz", "long_text")
    put(heatpumps, anna, field, ["Ziegel"], ["Blech", "Ziegel"], None, ["Blech"])
    query = {"spalten": f"feld-{field.pk},feld-{text.pk}", "sort": f"feld-{field.pk}"}
    answer = page_of_anna.get(LIST, query)
    assert names(answer) == ["['Blech']", "['Blech', 'Ziegel']", "['Ziegel']", "None"]
    [_lead, sorted_by, unsorted] = read(answer).all("th")
    assert sorted_by["aria-sort"] == "ascending"
    assert not unsorted.all("a")
    # Nothing is sorted by it from the address either.
    assert page_of_anna.get(LIST, {"sort": f"feld-{text.pk}"}).context["list"].sort == ""


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("valued", [130, 30])
def test_each_lead_stands_once_on_the_pages_of_everybody(
    signed_in, heatpumps, solar, anna, ben, meike, sign, valued
):
    """Across two marketplaces with the same field, with many equal values."""
    solar.memberships.create(user=anna, role="rep")
    roofs = [factories.make_field(m, "Dach", "number") for m in (heatpumps, solar)]
    for marketplace, roof in zip((heatpumps, solar), roofs, strict=True):
        put(marketplace, anna, roof, *(str(n % 7) for n in range(valued // 2)), *[None] * 40)
    put(heatpumps, ben, roofs[0], "5", None)
    sort = f"{sign}feld-{roofs[1].pk}"
    found = pages(signed_in(anna), LIST, sort=sort)
    assert len(found) == valued // 2 * 2 + 80
    with_value = [name for name in found if name != "None"]
    assert found == [*sorted(with_value, reverse=sign == "-"), *["None"] * 80]
    # The same list, narrowed down.
    phase = heatpumps.phases.first()
    expected = Lead.objects.filter(owner=anna, phase=phase).count()
    assert len(pages(signed_in(anna), LIST, sort=sort, phase=phase.pk)) == expected
    of_all = pages(signed_in(meike), LIST, sort=f"{sign}feld-{roofs[0].pk}")
    assert len(of_all) == valued // 2 + 40 + 2


def test_a_cursor_of_another_field_or_order_is_no_cursor(page_of_anna, heatpumps, anna):
    first = factories.make_field(heatpumps, "Eins", "number")
    other = factories.make_field(heatpumps, "Zwei", "number")
    put(heatpumps, anna, first, *map(str, range(60)))
    cursor = page_of_anna.get(LIST, {"sort": f"feld-{first.pk}"}).context["list"].page.next
    for sort in (f"feld-{other.pk}", "name", "wiedervorlage"):
        answer = page_of_anna.get(LIST, {"sort": sort, "seite": cursor})
        assert answer.context["list"].page.is_reset


# Filters ------------------------------------------------------------------------------


@pytest.fixture
def full(heatpumps, anna):
    """Definitions of each kind, and four leads with and without values."""
    made = {
        "text": factories.make_field(heatpumps, "Hersteller"),
        "number": factories.make_field(heatpumps, "Fläche", "number", unit="m²"),
        "money": factories.make_field(heatpumps, "Zuschuss", "money"),
        "date": factories.make_field(heatpumps, "Beginn", "date"),
        "choice": factories.make_field(heatpumps, "Heizung", "choice", choices="Öl\nGas"),
        "choices": factories.make_field(heatpumps, "Dach", "choices", choices="Ziegel\nBlech"),
        "yes_no": factories.make_field(heatpumps, "Förderung", "yes_no"),
    }
    given = [
        ("a", ["Öhmann", "100", "50.5", "2026-03-01", "Öl", ["Blech"], "yes"]),
        ("b", ["ohm AG", "-5", "50", "2026-04-01", "Gas", ["Blech", "Ziegel"], "no"]),
        ("c", ["Zeta", "1000", "", "", "", [], ""]),
        ("d", []),
    ]
    for make in (in_progress, closed):
        for name, data in given:
            values = zip(made.values(), data, strict=False)
            own = {str(field.pk): value for field, value in values if value}
            make(heatpumps, anna, 1, name=name, own_values=own)
    return made


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"text": "öh"}, "ab"),
        ({"text": "OHM "}, "ab"),
        ({"text": "ohma"}, "a"),
        ({"text": "x"}, ""),
        ({"number-ab": "100"}, "ac"),
        ({"number-bis": "100,0"}, "ab"),
        ({"number-ab": "-10", "number-bis": "99"}, "b"),
        ({"number-ab": "1.000"}, "c"),
        ({"money-ab": "50,01"}, "a"),
        ({"date-ab": "2026-03-01", "date-bis": "31.03.2026"}, "a"),
        ({"date-bis": "2026-12-31"}, "ab"),
        ({"choice": ["Öl"]}, "a"),
        ({"choice": ["Öl", "Gas"]}, "ab"),
        ({"choices": ["Ziegel"]}, "b"),
        ({"choices": ["Ziegel", "Blech"]}, "ab"),
        ({"yes_no": "no"}, "b"),
        ({"yes_no": "yes", "choice": ["Öl"]}, "a"),
        ({"yes_no": "yes", "choice": ["Gas"]}, ""),
        ({"yes_no": "", "number-ab": "", "text": " "}, "abcd"),
    ],
)
@pytest.mark.parametrize("most", [2000, 0], ids=["few", "many"])
def test_each_filter(page_of_anna, heatpumps, full, monkeypatch, asked, found, most):
    """Whether few leads meet it, that are gathered, or many, that are met on the way."""
    monkeypatch.setattr("leads.own_filters.MOST_GATHERED", most)
    query = {}
    for name, value in asked.items():
        kind, *end = name.partition("-")
        query[f"feld-{full[kind].pk}{''.join(end)}"] = value
    for address in (LIST, CLOSED):
        for sort in ("name", "-volumen", f"feld-{full['number'].pk}"):
            answer = page_of_anna.get(address, {**query, "sort": sort})
            assert sorted(names(answer)) == list(found)
            assert not answer.context["list"].filters.left_out
    # A search is narrowed, too.
    assert names(page_of_anna.get(LIST, {**query, "q": "anna ohne treffer"})) == []


def test_filters_are_kept_and_taken_away(page_of_anna, heatpumps, full):
    query = {
        f"feld-{full['number'].pk}-ab": "50", f"feld-{full['choice'].pk}": ["Öl", "Gas"],
        "sort": "name", "marktplatz": heatpumps.slug,
    }  # fmt: skip
    answer = page_of_anna.get(LIST, query)
    # As a saved view keeps them.
    assert set(parse_qs(answer.context["list"].query)) == set(query)
    page = read(answer)
    chips = page.one("ul", aria_label="Filter nach Feldern").all("a")
    assert [chip.text for chip in chips] == ["Fläche: ab 50 m²", "Heizung: Öl, Gas"]
    assert f"feld-{full['choice'].pk}" not in chips[1]["href"]
    assert f"feld-{full['number'].pk}-ab=50" in chips[1]["href"]
    for form in page.all("form"):
        if form.get("action") == LIST:
            sent = [(i["name"], i["value"]) for i in form.all("input", type="hidden")]
            assert (f"feld-{full['choice'].pk}", "Gas") in sent
            assert (f"feld-{full['number'].pk}-ab", "50") in sent
    assert f"feld-{full['number'].pk}-ab=50" in page.all("th")[1].one("a")["href"]
    for headers in ({}, HTMX):
        dialog = read(page_of_anna.get(DIALOG, {**query, "seite": "x"}, headers=headers))
        form = dialog.form(DIALOG) if headers else dialog.one("dialog").one("form")
        assert form.one("input", name=f"feld-{full['number'].pk}-ab")["value"] == "50"
        ticked = form.all("input", name=f"feld-{full['choice'].pk}", checked=True)
        assert [box["value"] for box in ticked] == ["Öl", "Gas"]
        assert form.one("input", name="sort")["value"] == "name"
        assert not form.all("input", name="seite")
        back = form.one("a", class_="button button--quiet")["href"]
        assert parse_qs(back.partition("?")[2]).keys() == query.keys()


@pytest.mark.parametrize(
    "query",
    [
        {"number-ab": "viel"}, {"number-bis": "9" * 30}, {"date-ab": "31.02.2026"},
        {"choice": "Holz"}, {"yes_no": "vielleicht"}, {"money-ab": "-1"}, {"text": "\x00"},
        {"text": "x" * 500}, {"date-ab": "\ud800"},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_left_out_and_said(page_of_anna, full, query):
    [(name, value)] = query.items()
    kind, *end = name.partition("-")
    asked = {f"feld-{full[kind].pk}{''.join(end)}": value.encode("utf-8", "surrogatepass")}
    answer = page_of_anna.get(LIST, {**asked, "sort": "name"})
    assert names(answer) == list("abcd")
    assert "Er wurde weggelassen." in read(answer).text
    assert page_of_anna.get(DIALOG, asked).status_code == 200


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
@pytest.mark.parametrize("address", [LIST, CLOSED])
def test_the_form_leads_to_the_list_that_it_describes(page_of_anna, full, address, headers):
    number, choice = full["number"].pk, full["choice"].pk
    word = "abgeschlossen" if address == CLOSED else "in-bearbeitung"
    asked = {"liste": word, "sort": "name", "seite": "x"}
    form = read(page_of_anna.get(DIALOG, asked, headers=HTMX)).form(DIALOG)
    sent = form.sends() | {f"feld-{number}-ab": "5", f"feld-{choice}": ["Öl", "Gas"]}
    answer = page_of_anna.get(DIALOG, sent, headers=headers)
    assert answer.status_code == (200 if headers else 302)
    path, _mark, query = answer["HX-Redirect" if headers else "Location"].partition("?")
    assert path == address
    assert parse_qs(query) == {
        "marktplatz": ["waermepumpe-sued"], "sort": ["name"], f"feld-{number}-ab": ["5"],
        f"feld-{choice}": ["Öl", "Gas"],
    }  # fmt: skip


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_the_form_stays_where_something_cannot_be_read(page_of_anna, heatpumps, full, headers):
    wrong, right = f"feld-{full['number'].pk}-ab", f"feld-{full['text'].pk}"
    form = read(page_of_anna.get(DIALOG, {"sort": "name"}, headers=HTMX)).form(DIALOG)
    sent = form.sends() | {wrong: "zwanzig", right: "Al"}
    answer = page_of_anna.get(DIALOG, sent, headers=headers)
    assert answer.status_code == 422
    form = read(answer).one("dialog").one("form")
    marked = form.one("input", name=wrong)
    assert (marked["value"], marked["aria-invalid"]) == ("zwanzig", "true")
    assert "autofocus" in marked.attrs
    assert "1.234,50" in form.one("p", class_="field-error").text
    assert form.one("input", name=right)["value"] == "Al"
    assert form.sends()["sort"] == "name"
    # What was typed is cancelled with the form.
    back = form.one("a", class_="button button--quiet")["href"]
    assert parse_qs(back.partition("?")[2]) == {
        "sort": ["name"],
        "marktplatz": [heatpumps.slug],
    }


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
@pytest.mark.parametrize(
    ("kind", "low", "high", "status"),
    [
        ("number", "100", "99,9", 422), ("number", "-1", "-2", 422), ("money", "9", "8", 422),
        ("date", "2026-03-02", "01.03.2026", 422),
        # From and to the same is all that is just so.
        ("number", "100", "100,0", 200), ("date", "2026-03-01", "01.03.2026", 200),
    ],
)  # fmt: skip
def test_a_range_that_ends_before_it_begins_is_refused_at_its_end(
    page_of_anna, full, kind, low, high, status, headers
):
    low_name, high_name = (f"feld-{full[kind].pk}-{end}" for end in ("ab", "bis"))
    form = read(page_of_anna.get(DIALOG, headers=HTMX)).form(DIALOG)
    sent = form.sends() | {low_name: low, high_name: high}
    answer = page_of_anna.get(DIALOG, sent, headers=headers)
    if status == 200:
        assert answer.status_code == (200 if headers else 302)
        return
    assert answer.status_code == 422
    form = read(answer).one("dialog").one("form")
    error = form.one("p", class_="field-error")
    assert error.text == "„bis“ liegt vor „ab“."
    marked = form.one("input", name=high_name)
    assert (marked["value"], marked["aria-describedby"]) == (high, error["id"])
    assert "autofocus" in marked.attrs
    assert form.one("input", name=low_name)["value"] == low


def test_the_ends_of_a_range_are_told_behind_its_label(page_of_anna, heatpumps):
    asked_on = factories.make_field(heatpumps, "Netzanfrage gestellt am", "date")
    form = read(page_of_anna.get(DIALOG, headers=HTMX)).form(DIALOG)
    labels = {label["for"]: label.text for label in form.all("label")}
    for end in ("ab", "bis"):
        name = f"filter_feld-{asked_on.pk}-{end}"
        assert labels[name] == f"Netzanfrage gestellt am: {end}"


def test_filters_of_no_or_another_marketplace_are_left_out(
    page_of_anna, signed_in, meike, full, solar, anna
):
    foreign = factories.make_field(solar, "Geheim")
    for name in (f"feld-{foreign.pk}", "feld-", "feld-x", "feld-99999999999999999999"):
        answer = page_of_anna.get(LIST, {name: "x", "sort": "name"})
        assert names(answer) == list("abcd")
        assert answer.context["list"].filters.left_out
        assert "Geheim" not in answer.text
    solar.memberships.create(user=anna, role="rep")
    page = read(page_of_anna.get(DIALOG))
    assert [link.text for link in page.one("dialog").one("ul").all("a")] == [
        "Photovoltaik Bayern", "Wärmepumpe Süd",
    ]  # fmt: skip


def test_another_marketplace_leaves_the_filters_of_the_one_before(
    page_of_anna, heatpumps, full, solar, anna
):
    solar.memberships.create(user=anna, role="rep")
    in_progress(solar, anna, 1, name="s")
    choice, number = f"feld-{full['choice'].pk}", f"feld-{full['number'].pk}-ab"
    query = {"marktplatz": heatpumps.slug, choice: "Öl", number: "5", "sort": "name"}
    form = read(page_of_anna.get(LIST, query)).one("form", class_="chips")
    phase = heatpumps.phases.get(position=2)
    assert page_of_anna.get(LIST, form.sends(phase=phase.pk)).context["list"].filters.kept
    for slug, found in ((solar.slug, ["s"]), ("", list("abcds"))):
        answer = page_of_anna.get(LIST, form.sends(marktplatz=slug))
        assert names(answer) == found
        assert "wurde weggelassen" not in answer.text
        page = read(answer)
        ways = [a["href"] for a in page.all("a") if a.get("href").startswith("?")]
        assert ways
        assert "feld-" not in "".join(ways)
        assert not [i for i in page.all("input") if i.get("name").startswith("feld-")]
        assert exports_offered(page, page_of_anna) == {200}
    # One that says no marketplace was made when there was one only; what is gone is gone.
    for outdated in ({choice: "Öl"}, {"marktplatz": solar.slug, "feld-0": "Öl"}):
        answer = page_of_anna.get(LIST, outdated)
        assert "Er wurde weggelassen." in read(answer).text
        assert exports_offered(read(answer), page_of_anna) == {422}


@pytest.mark.parametrize("is_gone", [False, True])
def test_the_form_of_another_marketplace_leaves_the_phase_of_the_one_before(
    page_of_anna, heatpumps, full, solar, anna, is_gone
):
    solar.memberships.create(user=anna, role="rep")
    phase = solar.phases.create(name="Aufgegeben", position=9)
    asked = {"phase": phase.pk, "sort": "name"}
    page = read(page_of_anna.get(DIALOG, asked))
    if is_gone:
        phase.delete()
    links = page.one("dialog").one("ul").all("a")
    link = next(a["href"] for a in links if a.text == heatpumps.name)
    form = read(page_of_anna.get(f"{DIALOG}{link}", headers=HTMX)).form(DIALOG)
    sent = form.sends() | {f"feld-{full['choice'].pk}": "Öl"}
    listed = page_of_anna.get(DIALOG, sent, follow=True)
    assert names(listed) == ["a"]
    assert (OUTDATED in listed.text) == is_gone


# What it is read from -----------------------------------------------------------------


def stored():
    return {
        (row.lead_id, row.field_id, row.owner_id, row.is_closed, row.is_choice, row.key)
        for row in FieldValue.objects.all()
    }


def wanted():
    kinds = {f.pk: f.kind for m in set(Lead.objects.values_list("marketplace", flat=True))
             for f in factories.Field.objects.filter(marketplace=m)}  # fmt: skip
    made = set()
    for lead in Lead.objects.all():
        own = {pk: kind for pk, kind in kinds.items() if str(pk) in lead.own_values}
        for row in rows_of(lead, own):
            columns = columns_of(lead, row)
            names = ("lead_id", "field_id", "owner_id", "is_closed", "is_choice", "key")
            made.add(tuple(columns[name] for name in names))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_it_follows_the_leads_whatever_is_done_with_them(
    heatpumps, anna, ben, full, seed, django_capture_on_commit_callbacks
):
    chance = random.Random(seed)
    fields = {f.name: f for f in _own_fields(heatpumps)}
    for number in range(3):
        factories.offer(heatpumps, name=f"Angebot {number}", **_some(chance, fields))
    Lead.enter(marketplace=heatpumps, values={"name": "E", **_some(chance, fields)}, by=anna)
    assert stored() == wanted()
    for _step in range(40):
        lead = chance.choice(list(Lead.objects.order_by("pk")))
        by = lead.owner or chance.choice([anna, ben])
        try:
            _do(chance, lead, by, fields)
        except LeadError:
            continue
        assert stored() == wanted()
    before = stored()
    FieldValue.objects.all().delete()
    call_command("rebuild_search")
    assert stored() == before
    assert field_values.rebuild().written == 0
    lead = Lead.objects.exclude(status="offered").first()
    with django_capture_on_commit_callbacks(execute=True):
        lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    assert stored() == wanted()
    assert not lead.field_values.exists()


def _own_fields(marketplace):
    return [f for f in fields_of(marketplace) if f.own_id]


VALUES = {
    "text": ["Öl", "öl", "x" * 200], "number": [Decimal(1), Decimal("-2.5")],
    "money": [Decimal(7)], "date": [date(2026, 1, 1)], "choice": ["Öl", "Gas"],
    "choices": [["Blech"], ["Blech", "Ziegel"]], "yes_no": [True, False],
}  # fmt: skip


def _some(chance, fields):
    return {
        name: chance.choice(VALUES[field.kind_name])
        for name, field in fields.items()
        if chance.random() < 0.5
    }


def _do(chance, lead, by, fields):
    steps = ["accept", "edit", "edit", "clear", "undo", "move", "close", "reopen"]
    match chance.choice(steps):
        case "accept":
            lead.accept(by=by)
        case "edit" | "clear" as what:
            field = chance.choice(list(fields.values()))
            empty = field.kind.empty
            value = chance.choice(VALUES[field.kind_name]) if what == "edit" else empty
            lead.set_field(field.name, seen=field.seen_of(lead), value=value, by=by)
        case "undo":
            event = lead.events.filter(kind="field_changed").order_by("-pk").first()
            event and lead.undo(event, by=by)
        case "move":
            if lead.is_in_progress and lead.next_phase:
                lead.move(seen=lead.phase, to=lead.next_phase, by=by)
        case "close":
            if lead.is_in_progress:
                lead.win(seen=lead.phase, by=by)
        case "reopen":
            if lead.is_closed:
                lead.reopen(by=by)
