"""What is drawn once: never shown to whom, or in which language, it was not drawn for."""

import pytest

from leadbook import keeping
from leads.models import JournalEntry
from tests import factories
from tests.markup import read


@pytest.fixture
def calls():
    return []


@pytest.fixture
def draw(calls):
    @keeping.kept(2)
    def draw(text, *, size=1):
        calls.append((text, size))
        return f"{text} {size}"

    return draw


def test_equal_arguments_are_drawn_once(draw, calls):
    assert draw("a") == draw("a") == "a 1"
    assert draw("a", size=2) == "a 2"
    assert calls == [("a", 1), ("a", 2)]


def test_only_so_many_are_kept(draw, calls):
    for text in "abca":
        draw(text)
    assert [text for text, _size in calls] == ["a", "b", "c", "a"]


def test_what_is_large_is_drawn_each_time(draw, calls):
    long = "a" * keeping.LARGEST
    assert draw(long) == draw(long) == f"{long} 1"
    assert draw("a") == draw("a")
    assert [text for text, _size in calls] == [long, long, "a"]


def test_rows_are_as_large_as_what_stands_in_them(calls):
    @keeping.kept(2, largest=1000)
    def rows(text):
        calls.append(text)
        return ((1, text), (2, text))

    assert rows("a") == rows("a")
    assert rows("a" * 500) == rows("a" * 500)
    assert calls == ["a", "a" * 500, "a" * 500]


def test_nothing_is_kept_longer_than_an_hour(draw, calls, monkeypatch):
    now = 10_000.0
    monkeypatch.setattr(keeping.time, "monotonic", lambda: now)
    draw("a")
    now += keeping.AT_MOST - 1
    draw("a")
    assert len(calls) == 1
    now += 1
    draw("a")
    assert len(calls) == 2


def test_nothing_is_kept_where_templates_are_written(draw, calls, settings):
    settings.DEBUG = True
    draw("a")
    draw("a")
    assert len(calls) == 2


@pytest.mark.parametrize("is_first", [True, False])
def test_a_line_has_its_buttons_for_who_wrote_it_alone(
    signed_in, anna, meike, heatpumps, is_first
):
    lead = factories.accepted(heatpumps, anna)
    lead.write_entry(text="Gesprochen.", by=anna)
    readers = [anna, meike] if is_first else [meike, anna]
    shown = {}
    for reader in readers:
        page = read(signed_in(reader).get(f"/leads/{lead.pk}/"))
        entry = page.one("li", id=f"entry-{JournalEntry.objects.written().get().pk}")
        shown[reader.pk] = len(entry.all("button"))
    assert shown == {anna.pk: 2, meike.pk: 0}


def test_rows_and_fields_are_drawn_in_the_language_of_who_looks(page_of_anna, anna, heatpumps):
    lead = factories.accepted(heatpumps, anna)
    for language, pick, field in (("de", "Auswählen", "Firma"), ("en", "Select", "Company")):
        page_of_anna.cookies["django_language"] = language
        rows = read(page_of_anna.get("/leads/"))
        assert rows.all("input", name="lead", aria_label=f"{pick}: {lead.name}")
        page = read(page_of_anna.get(f"/leads/{lead.pk}/"))
        assert (
            page.one("div", id="field-company").one("span", **{"class": "field__label"}).text
            == field
        )


def test_a_row_leads_back_to_the_list_in_which_it_stands(page_of_anna, anna, heatpumps):
    lead = factories.accepted(heatpumps, anna)
    for query in ("", f"?marktplatz={heatpumps.slug}", "?sort=name"):
        link = read(page_of_anna.get(f"/leads/{query}")).one(
            "a", **{"class": "lead-table__name"}
        )
        assert link["href"].startswith(f"/leads/{lead.pk}/?aus=")
        assert ("marktplatz" in link["href"]) == ("marktplatz" in query)
        assert ("sort" in link["href"]) == ("sort" in query)
