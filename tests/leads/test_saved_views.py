"""/leads/ansichten/: keeping, opening, ordering and deleting the own lists."""

from urllib.parse import urlencode

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import QueryDict

from leads.models import SavedView, Unchangeable
from tests import factories
from tests.marketplaces.admin_page import MarketplacePage
from tests.markup import HTMX, read

LIST, CLOSED, VIEWS, KEEP = (
    "/leads/", "/leads/abgeschlossen/", "/leads/ansichten/", "/leads/ansichten/anlegen/",
)  # fmt: skip


def keep(client, name, query="wiedervorlage=heute", **more):
    sent = {"name": name, "abfrage": query, "liste": "in_progress", **more}
    return client.post(KEEP, sent)


def views_above(response):
    nav = read(response).all("nav", class_="views")
    return [(a.text, a["href"]) for a in nav[0].all("a", class_="chip")] if nav else []


def names(user):
    views = SavedView.objects.visible_to(user).in_order()
    return [view.name for view in views]


def test_a_list_is_kept_under_a_name_and_opened_again(page_of_anna, heatpumps, anna):
    phase = heatpumps.phases.get(position=2)
    lead = factories.accepted(heatpumps, anna, phase=2)
    factories.accepted(heatpumps, anna, name="Familie Anders")
    asked = f"{LIST}?phase={phase.pk}&sort=-volumen&unbekannt=1&q=&seite=kaputt"
    page = read(page_of_anna.get(asked))
    link = next(a for a in page.all("a") if a.text == "Ansicht speichern")
    assert link["href"] == f"{KEEP}?liste=in_progress&phase={phase.pk}&sort=-volumen"
    dialog = read(page_of_anna.get(link["href"], headers=HTMX))
    sent = dialog.form(KEEP).sends(name="  Termine  ")
    saved = page_of_anna.post(KEEP, sent)
    address = f"{LIST}?phase={phase.pk}&sort=-volumen"
    assert (saved.status_code, saved["Location"]) == (303, address)
    opened = page_of_anna.get(address)
    assert "Ansicht „Termine“ gespeichert" in opened.content.decode()
    assert views_above(opened) == [("Termine", address)]
    assert [a.text for a in read(opened).all("a", class_="lead-table__name")] == [lead.name]
    nav = read(opened).one("nav", class_="views")
    assert nav.one("a", class_="chip")["aria-current"] == "true"
    # The closed list has views of its own.
    assert views_above(page_of_anna.get(CLOSED)) == []


def test_twice_sent_keeps_one_view_and_a_name_is_taken_over_only_when_asked(
    page_of_anna, heatpumps, anna
):
    assert keep(page_of_anna, "Heute").status_code == 303
    assert keep(page_of_anna, "Heute").status_code == 303
    assert names(anna) == ["Heute"]
    refused = keep(page_of_anna, "heute", "sort=name")
    assert refused.status_code == 422
    page = read(refused)
    assert "Sie haben schon eine Ansicht mit diesem Namen." in page.text
    form = page.form(KEEP)
    assert (form.typed["name"], form.typed["abfrage"]) == ("heute", "sort=name")
    replaced = page_of_anna.post(KEEP, form.sends(replaces="on"))
    assert replaced.status_code == 303
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("heute", "sort=name")


def test_saved_again_as_it_is_a_view_stays_the_start_view_under_its_name(
    page_of_anna, heatpumps, anna
):
    keep(page_of_anna, "Heute", start="on")
    assert keep(page_of_anna, "HEUTE").status_code == 303
    kept = SavedView.objects.get()
    assert (kept.name, kept.is_start) == ("Heute", True)
    keep(page_of_anna, "HEUTE", replaces="on")
    kept = SavedView.objects.get()
    assert (kept.name, kept.is_start) == ("HEUTE", False)
    keep(page_of_anna, "Heute", start="on")
    kept = SavedView.objects.get()
    assert (kept.name, kept.is_start) == ("HEUTE", True)


@pytest.mark.parametrize("is_start", [True, False])
def test_what_replaces_the_start_view_is_it_unless_that_is_unticked(
    page_of_anna, heatpumps, anna, is_start
):
    keep(page_of_anna, "Mein Start", start="on")
    keep(page_of_anna, "Anderes", "sort=-name")
    other = read(keep(page_of_anna, "Anderes", "sort=name")).form(KEEP)
    assert "start" not in other.typed
    form = read(keep(page_of_anna, "mein Start", "sort=name")).form(KEEP)
    assert form.typed["start"] == ["on"]
    sent = form.sends(replaces="on")
    if not is_start:
        del sent["start"]
    assert page_of_anna.post(KEEP, sent).status_code == 303
    view = SavedView.objects.get(name="mein Start")
    assert (view.query, view.is_start) == ("sort=name", is_start)
    opened = page_of_anna.get(LIST)
    assert opened.status_code == (302 if is_start else 200)


@pytest.mark.parametrize(
    ("name", "query", "text"),
    [
        ("", "sort=name", "Bitte füllen Sie dieses Feld aus."),
        ("x" * 61, "sort=name", "höchstens 60 Zeichen"),
        ("a\x00b", "sort=name", "Steuerzeichen"),
        ("Alles", "seite=1&unbekannt=2&phase=999", "weder Filter noch eine Sortierung"),
    ],
)
def test_what_cannot_be_kept_says_why_and_loses_nothing(
    page_of_anna, heatpumps, name, query, text
):
    for headers in ({}, HTMX):
        response = page_of_anna.post(
            KEEP, {"name": name, "abfrage": query, "liste": "in_progress"}, headers=headers
        )
        assert response.status_code == 422
        assert text in response.content.decode()
    assert not SavedView.objects.exists()
    assert page_of_anna.get(f"{KEEP}?liste=geheim").status_code == 404


def test_more_filters_than_a_view_can_keep_are_told(page_of_anna, heatpumps, anna):
    fields = [factories.make_field(heatpumps, f"Feld {n}") for n in range(4)]
    asked = {f"feld-{field.pk}": "ü" * 100 for field in fields}
    response = keep(page_of_anna, "Zu viel", urlencode({"q": "ü" * 200, **asked}))
    assert response.status_code == 422
    assert "Diese Liste hat zu viele Filter" in response.content.decode()
    assert 'value="Zu viel"' in response.content.decode()
    assert not names(anna)


def test_a_view_keeps_the_columns_that_the_list_showed(page_of_anna, heatpumps, anna, lead):
    page_of_anna.post("/leads/spalten/", {"spalte": ["phone"], "zeigen": ["phone"]})
    link = next(
        a for a in read(page_of_anna.get(LIST)).all("a") if a.text == "Ansicht speichern"
    )
    form = read(page_of_anna.get(link["href"], headers=HTMX)).form(KEEP)
    page_of_anna.post(KEEP, form.sends(name="Anrufe"))
    page_of_anna.post("/leads/spalten/", {"standard": "1"})
    ((_name, address),) = views_above(page_of_anna.get(LIST))
    page = read(page_of_anna.get(address))
    assert [th.text for th in page.one("thead").all("th")] == ["Lead", "Telefon"]
    # Other columns are chosen from there, and then shown.
    choice = next(a for a in page.all("a") if a.text == "Spalten")
    assert "spalten=name,phone" in choice["href"]
    sent = {"spalte": ["email"], "zeigen": ["email"], "next": address}
    back = page_of_anna.post("/leads/spalten/", sent)["Location"]
    assert [th.text for th in read(page_of_anna.get(back)).one("thead").all("th")] == [
        "Lead",
        "E-Mail",
    ]


def test_a_view_is_known_again_whatever_columns_are_chosen_for_every_list(
    page_of_anna, heatpumps, anna, lead
):
    keep(page_of_anna, "Nach Name", "sort=name")
    page_of_anna.post("/leads/spalten/", {"spalte": ["phone"], "zeigen": ["phone"]})
    keep(page_of_anna, "Anrufe", "sort=name&spalten=name,phone")
    for name, query in (
        ("Nach Name", "sort=name"),
        ("Anrufe", "sort=name&spalten=name,phone"),
    ):
        page = read(page_of_anna.get(f"{LIST}?{query}"))
        nav = page.one("nav", class_="views")
        assert [a.text for a in nav.all("a", aria_current="true")] == [name]
        link = next(a for a in nav.all("a") if a.text == "Ansicht speichern")
        form = read(page_of_anna.get(link["href"], headers=HTMX)).form(KEEP)
        saved = page_of_anna.post(KEEP, form.sends(name=name))
        assert saved.status_code == 303
        assert QueryDict(saved["Location"].partition("?")[2]) == QueryDict(query)
    # What the address says belongs to it.
    assert keep(page_of_anna, "Nach Name", "sort=name&spalten=name,phone").status_code == 422


def test_thirty_views_are_enough_and_the_list_asks_once_for_all(
    page_of_anna, heatpumps, anna, django_assert_num_queries
):
    for number in range(30):
        keep(page_of_anna, f"Ansicht {number:02} {'lang ' * 9}")
    refused = keep(page_of_anna, "Eine mehr")
    assert refused.status_code == 422
    assert "Sie haben schon 30 Ansichten." in refused.content.decode()
    page = read(page_of_anna.get(f"{LIST}?wiedervorlage=heute"))
    nav = page.one("nav", class_="views")
    assert len(nav.all("a", class_="chip")) == 8
    assert len(nav.all("a", class_="menu__item")) == 22


def test_the_start_view_opens_where_nothing_else_is_asked(page_of_anna, heatpumps, anna):
    keep(page_of_anna, "Nach Volumen", "sort=-volumen", start="on")
    opened = page_of_anna.get(LIST)
    assert (opened.status_code, opened["Location"]) == (302, f"{LIST}?sort=-volumen")
    # Whoever asks for all, by the chip or after a search in vain, gets all.
    page = read(page_of_anna.get(f"{LIST}?wiedervorlage=heute"))
    everything = next(a for a in page.all("a", class_="chip") if a.text.startswith("Alle"))
    assert page_of_anna.get(LIST + everything["href"]).status_code == 200
    page = read(page_of_anna.get(f"{LIST}?ziel=ueberschritten"))
    late = next(a for a in page.all("a", class_="chip") if a.text.startswith("Liegt zu"))
    assert page_of_anna.get(LIST + late["href"]).status_code == 200
    assert page_of_anna.get(LIST, headers=HTMX).status_code == 200
    # There is one at most, and only one of the leads in progress.
    keep(page_of_anna, "Heute", start="on")
    assert [v.name for v in SavedView.objects.filter(is_start=True)] == ["Heute"]
    keep(page_of_anna, "Gewonnene", "ergebnis=gewonnen", liste="closed", start="on")
    assert [v.name for v in SavedView.objects.filter(is_start=True)] == ["Heute"]
    heute = SavedView.objects.get(name="Heute")
    edit = f"{VIEWS}{heute.pk}/"
    form = read(page_of_anna.get(edit)).form(edit)
    assert form.typed["start"]
    assert page_of_anna.post(edit, {"name": "Heute"}).status_code == 303
    assert page_of_anna.get(LIST).status_code == 200


def test_what_leads_back_to_the_whole_list_does_not_lead_to_the_start_view(
    page_of_anna, heatpumps, anna, lead
):
    field = factories.make_field(heatpumps, "Dach")
    lead.set_field(f"feld-{field.pk}", seen="", value="Ziegel", by=anna)
    keep(page_of_anna, "Heute", "wiedervorlage=heute", start="on")
    whole = read(page_of_anna.get(f"{LIST}?alle"))
    lead_page = read(page_of_anna.get(whole.one("a", class_="lead-table__name")["href"]))
    filtered = read(page_of_anna.get(f"{LIST}?feld-{field.pk}=Ziegel"))
    chip = filtered.one("ul", aria_label="Filter nach Feldern").one("a")
    nothing = read(page_of_anna.get(f"{LIST}?q=xyzzy")).one("div", class_="empty-state")
    export = f"{LIST}export/"
    refused = read(page_of_anna.get(export, {"phase": "0"})).one("main").one("a")
    running = page_of_anna.get(export)
    busy = read(page_of_anna.get(export)).one("main").all("a")[-1]
    b"".join(running.streaming_content)
    sent = {"spalte": "phase", "zeigen": "phase", "next": f"{LIST}?spalten=city"}
    columns = page_of_anna.post("/leads/spalten/", sent)
    for way in (
        lead_page.one("a", class_="neighbours__list")["href"],
        chip["href"],
        nothing.all("a")[0]["href"],
        refused["href"],
        busy["href"],
        columns["Location"],
    ):
        shown = page_of_anna.get(way)
        assert shown.status_code == 200
        assert lead.name in shown.content.decode()


def test_a_view_outlives_what_it_filters_by(page_of_anna, heatpumps, anna, lead):
    gone = heatpumps.phases.create(name="Aufgegeben", position=6)
    keep(page_of_anna, "Aufgegeben", f"phase={gone.pk}&sort=name")
    gone.delete()
    ((_name, address),) = views_above(page_of_anna.get(f"{LIST}?sort=name"))
    page = page_of_anna.get(address)
    assert "Einen Filter dieser Ansicht" in page.content.decode()
    assert "Familie Aigner" in page.content.decode()
    assert (
        "Einen Filter dieser Ansicht"
        not in page_of_anna.get(f"{LIST}?phase=").content.decode()
    )


def test_a_view_follows_the_short_name_of_its_marketplace(
    page_of_anna, signed_in, olaf, heatpumps, solar, anna, lead
):
    solar.memberships.create(user=anna, role="rep")
    queries = [
        f"q=Heat+%C3%96l&marktplatz={heatpumps.slug}&sort=name",
        f"marktplatz={solar.slug}",
        f"q=marktplatz%3D{heatpumps.slug}",
    ]
    for query in queries:
        keep(page_of_anna, query, query)
    setup = MarketplacePage(signed_in(olaf), heatpumps)
    setup.data["slug"] = "waerme"
    setup.save()
    kept = [view.query for view in SavedView.objects.in_order()]
    assert kept == ["q=Heat+%C3%96l&marktplatz=waerme&sort=name", *queries[1:]]


def test_views_are_renamed_ordered_and_deleted(page_of_anna, heatpumps, anna):
    for name in ("Eins", "Zwei", "Drei"):
        keep(page_of_anna, name, f"q={name}")
    one, two, three = SavedView.objects.order_by("pk")
    taken = page_of_anna.post(f"{VIEWS}{two.pk}/", {"name": "EINS"})
    assert taken.status_code == 422
    assert page_of_anna.post(f"{VIEWS}{two.pk}/", {"name": "zwei"}).status_code == 303
    for _again in range(2):
        part = page_of_anna.post(f"{VIEWS}{three.pk}/position/", {"platz": 1}, headers=HTMX)
        links = read(part).all("a", class_="views-page__name")
        assert [link.text for link in links] == ["Drei", "Eins", "zwei"]
    assert page_of_anna.post(f"{VIEWS}{one.pk}/position/", {"platz": "x"}).status_code == 303
    assert page_of_anna.post(f"{VIEWS}{one.pk}/loeschung/").status_code == 303
    assert names(anna) == ["Drei", "zwei"]
    keep(page_of_anna, "Vier", "q=vier")
    assert names(anna)[-1] == "Vier"
    assert page_of_anna.post(f"{VIEWS}{one.pk}/loeschung/").status_code == 404


def test_a_name_is_one_in_whatever_case(page_of_anna, anna):
    for name in ("Ärzte", "ärzte", "Bäder"):
        keep(page_of_anna, name, query=f"q={name}")
    assert names(anna) == ["Ärzte", "Bäder"]
    view = SavedView.objects.get(name="Bäder")
    answer = page_of_anna.post(f"{VIEWS}{view.pk}/", {"name": "ÄRZTE"})
    assert answer.status_code == 422
    assert names(anna) == ["Ärzte", "Bäder"]


def test_a_view_that_is_gone_is_not_written_again(anna):
    view = SavedView.objects.keep(anna, name="A", list_name="closed", query="sort=name")
    stale = SavedView.objects.get()
    view.discard()
    for late in (stale.discard, lambda: stale.change(name="B", is_start=False)):
        with pytest.raises(Unchangeable):
            late()
    assert not SavedView.objects.exists()


def test_what_others_change_of_a_view_meanwhile_stays(anna):
    one, two = (
        SavedView.objects.keep(anna, name=name, list_name="closed", query="sort=name")
        for name in "AB"
    )
    stale = SavedView.objects.get(pk=two.pk)
    one.place(2)
    SavedView.objects.filter(pk=two.pk).update(query="sort=-name")
    stale.change(name="C", is_start=False)
    kept = [(view.name, view.query) for view in SavedView.objects.in_order()]
    assert kept == [("C", "sort=-name"), ("A", "sort=name")]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_a_deleted_view_is_brought_back_from_the_toast(
    page_of_anna, signed_in, ben, heatpumps, anna, headers
):
    def delete(view):
        page_of_anna.post(f"{VIEWS}{view.pk}/loeschung/", headers=headers)
        toast = read(page_of_anna.get(VIEWS)).all("div", class_="toast")[-1]
        assert toast.one("span").text == f"Ansicht gelöscht: „{view.name}“"
        assert toast.button("Rückgängig")
        return toast.one("form")["action"]

    def told(address):
        answer = page_of_anna.post(address, headers=headers)
        assert answer.headers.get("Location", answer.headers.get("HX-Redirect")) == VIEWS
        return read(page_of_anna.get(VIEWS)).one("toast-stack").text

    for name in ("Eins", "Zwei", "Drei"):
        keep(page_of_anna, name, f"q={name}", start="on" if name == "Zwei" else "")
    before = SavedView.objects.get(name="Zwei")
    undo = delete(before)
    assert names(anna) == ["Eins", "Drei"]
    # Of use to nobody else, and only as it is.
    signed_in(ben).post(undo)
    page_of_anna.post(undo.replace("ansicht=", "ansicht=x"))
    assert (names(ben), names(anna)) == ([], ["Eins", "Drei"])
    # Sent twice, it is there once.
    for _again in range(2):
        assert "Rückgängig gemacht" in told(undo)
    assert names(anna) == ["Eins", "Zwei", "Drei"]
    after = SavedView.objects.get(name="Zwei")
    assert (after.query, after.list_name, after.is_start) == ("q=Zwei", "in_progress", True)
    # Overtaken: another view has taken the name, and another one the start.
    undo = delete(after)
    keep(page_of_anna, "zwei", "q=anders", start="on")
    assert "Sie haben schon eine Ansicht mit diesem Namen." in told(undo)
    page_of_anna.post(
        f"{VIEWS}{SavedView.objects.get(name='zwei').pk}/", {"name": "Vier", "start": "on"}
    )
    told(undo)
    assert names(anna) == ["Eins", "Zwei", "Drei", "Vier"]
    assert SavedView.objects.get(is_start=True).name == "Vier"


def test_the_database_keeps_names_and_the_start_view_apart(anna):
    make = SavedView.objects.create
    make(user=anna, name="Heute", list_name="in_progress", position=1, is_start=True)
    for wrong in (
        {"name": "HEUTE", "list_name": "closed"},
        {"name": "Zwei", "list_name": "in_progress", "is_start": True},
        {"name": "Drei", "list_name": "closed", "is_start": True},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            make(user=anna, position=2, **wrong)
    assert SavedView.objects.filter(~Q(name="Heute")).count() == 0
