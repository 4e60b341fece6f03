"""How marketplaces are set up is read once, and anew after each change, whoever makes it."""

import re

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import BigIntegerField, Value
from django.test.utils import CaptureQueriesContext

from leads.models import Lead, Sight, questions
from marketplaces import setup_changes
from marketplaces.models import (
    ChecklistItem,
    Field,
    LossReason,
    Marketplace,
    Membership,
    Phase,
    Requirement,
    SetupChange,
    User,
)
from marketplaces.models.setup_change import MOST_KEPT
from tests import factories

pytestmark = pytest.mark.django_db


def mark(user):
    return User.people.with_setup_mark().get(pk=user.pk).setup_mark


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def phase(heatpumps):
    return heatpumps.phases.in_order()[3]


def rename_by_sql(heatpumps):
    table = Phase._meta.db_table
    sql(f"UPDATE {table} SET name = %s WHERE id = %s", "Aufmaß", phase(heatpumps).pk)


RENAMINGS = {
    "saved": lambda h: Phase(pk=phase(h).pk, marketplace=h, position=4, name="Aufmaß").save(),
    "updated": lambda h: h.phases.filter(pk=phase(h).pk).update(name="Aufmaß"),
    "in bulk": lambda h: Phase.objects.bulk_update(
        [Phase(pk=phase(h).pk, name="Aufmaß")], ["name"]
    ),
    "by hand": rename_by_sql,
}


@pytest.mark.parametrize("rename", RENAMINGS.values(), ids=RENAMINGS)
def test_a_phase_is_called_by_its_new_name_at_once(page_of_anna, heatpumps, lead, rename):
    pages = [f"/leads/{lead.pk}/", "/leads/"]
    for _turn in range(2):
        for page in pages:
            assert "Verhandlung" in page_of_anna.get(page).text
    rename(heatpumps)
    for page in pages:
        text = page_of_anna.get(page).text
        assert "Aufmaß" in text
        assert "Verhandlung" not in text


def test_a_field_has_its_new_label_at_once(page_of_anna, heatpumps, lead):
    field = factories.make_field(heatpumps, "Dachfläche")
    page, columns = f"/leads/{lead.pk}/", f"/leads/?spalten=feld-{field.pk}"
    assert "Dachfläche" in page_of_anna.get(page).text
    assert "Dachfläche" in page_of_anna.get(columns).text
    heatpumps.fields.update(label="Wohnfläche")
    assert "Dachfläche" not in page_of_anna.get(page).text
    assert "Dachfläche" not in page_of_anna.get(columns).text
    heatpumps.fields.all().delete()
    assert "Wohnfläche" not in page_of_anna.get(page).text


def test_who_becomes_or_is_no_longer_a_member_sees_so_at_once(page_of_anna, anna, solar):
    def offers_solar():
        return f'value="{solar.slug}"' in page_of_anna.get("/leads/").text

    factories.offer(solar)
    assert not offers_solar()
    membership = solar.memberships.create(user=anna, role="rep")
    assert offers_solar()
    Marketplace.objects.filter(pk=solar.pk).update(name="Sonne Süd")
    assert "Sonne Süd" in page_of_anna.get("/leads/").text
    membership.delete()
    assert not offers_solar()
    assert "Sonne Süd" not in page_of_anna.get("/leads/").text


def test_who_becomes_a_manager_sees_the_others_leads_at_once(
    page_of_anna, anna, ben, heatpumps
):
    factories.accepted(heatpumps, ben, name="Bens Lead")
    assert "Bens Lead" not in page_of_anna.get("/leads/").text
    Membership.objects.filter(user=anna).update(role="manager")
    assert "Bens Lead" in page_of_anna.get("/leads/").text
    Membership.objects.filter(user=anna).update(role="rep")
    assert "Bens Lead" not in page_of_anna.get("/leads/").text


def test_what_was_rolled_back_is_not_remembered(page_of_anna, heatpumps, lead):
    page = f"/leads/{lead.pk}/"
    with transaction.atomic():
        heatpumps.phases.filter(pk=phase(heatpumps).pk).update(name="Verworfen")
        assert "Verworfen" in page_of_anna.get(page).text
        transaction.set_rollback(True)
    assert "Verworfen" not in page_of_anna.get(page).text
    heatpumps.phases.filter(pk=phase(heatpumps).pk).update(name="Aufmaß")
    text = page_of_anna.get(page).text
    assert "Aufmaß" in text
    assert "Verworfen" not in text


def test_a_page_that_began_before_a_phase_was_made_shows_the_lead_in_it(
    page_of_anna, heatpumps, lead, anna, monkeypatch
):
    pages = [f"/leads/{lead.pk}/", "/leads/"]
    by_phase = "/leads/?sort=phase"
    for page in (*pages, by_phase):
        page_of_anna.get(page)
    then = mark(anna)

    def as_then(people):
        return people.annotate(setup_mark=Value(then, output_field=BigIntegerField()))

    monkeypatch.setattr(type(User.people.all()), "with_setup_mark", as_then)
    made = Phase.objects.create(marketplace=heatpumps, name="Aufmaß", position=6)
    Lead.objects.filter(pk=lead.pk).update(phase=made)
    for page in pages:
        assert "Aufmaß" in page_of_anna.get(page).text
    # Phase by phase it is not come to, this once.
    assert page_of_anna.get(by_phase).status_code == 200


def make_all(user):
    """Make one row of each watched table; return them, those that others need first."""
    made = Marketplace.objects.create(name="Neu", slug="neu")
    phase = Phase.objects.create(marketplace=made, name="Eins", position=1)
    field = Field.objects.create(marketplace=made, label="Feld", kind="text", position=1)
    return [
        made,
        phase,
        field,
        made.memberships.create(user=user, role="rep"),
        LossReason.objects.create(marketplace=made, label="Grund", position=1),
        ChecklistItem.objects.create(marketplace=made, phase=phase, text="Haken", position=1),
        Requirement.objects.create(marketplace=made, phase=phase, name=f"feld-{field.pk}"),
    ]


def test_each_change_of_each_table_is_noted(anna):
    rows = make_all(anna)
    assert {type(row) for row in rows} == set(setup_changes.WATCHED)
    marks = [mark(anna)]
    for row in rows:
        row.save()
        marks.append(mark(anna))
    for row in reversed(rows):
        row.delete()
        marks.append(mark(anna))
    assert len(set(marks)) == len(marks) == 2 * len(rows) + 1
    make_all(anna)
    assert mark(anna) not in marks


@pytest.mark.postgresql
def test_emptying_a_table_as_a_whole_is_noted(anna):
    before = mark(anna)
    sql(f"TRUNCATE {Requirement._meta.db_table}")
    assert mark(anna) != before


def test_what_is_kept_comes_from_watched_tables_only(
    page_of_anna, signed_in, meike, heatpumps, lead, monkeypatch
):
    asked = []
    read = questions._rows_of_setup

    def spy(_mark, alias, statement, params):
        asked.append(statement)
        return read(_mark, alias, statement, params)

    monkeypatch.setattr(questions, "_rows_of_setup", spy)
    field = factories.make_field(heatpumps, "Dachfläche")
    for client in (page_of_anna, signed_in(meike)):
        client.get(f"/leads/?spalten=feld-{field.pk}")
        client.get(f"/leads/{lead.pk}/")
        client.get("/leads/neu/")
    tables = set(re.findall(r'(?:FROM|JOIN) "(\w+)"', " ".join(asked)))
    watched = {model._meta.db_table for model in setup_changes.WATCHED}
    # Whoever is not active any more gets no page.
    assert tables <= watched | {User._meta.db_table}
    assert {Phase._meta.db_table, Field._meta.db_table} <= tables


def test_the_same_setup_is_read_once_for_everybody(page_of_anna, signed_in, ben, lead):
    def questions_of(client, page):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        return len(captured)

    for page, spared in (("/leads/", 2), (f"/leads/{lead.pk}/", 2)):
        first, second = (questions_of(page_of_anna, page) for _turn in range(2))
        assert second == first - spared
    # Of the two, only where he sees leads is his own.
    first, second = (questions_of(signed_in(ben), "/leads/") for _turn in range(2))
    assert second == first - 1


def test_who_did_not_come_with_a_mark_reads_afresh(anna, heatpumps):
    assert anna.setup_mark is None
    assert [m.name for m in Sight.of(anna).marketplaces] == [heatpumps.name]
    Marketplace.objects.update(name="Umbenannt")
    assert [m.name for m in Sight.of(anna).marketplaces] == ["Umbenannt"]


def test_old_changes_are_forgotten_at_night_and_bring_no_mark_back(
    page_of_anna, anna, heatpumps, lead
):
    # So small that all that is drawn later is beyond them, as after years.
    SetupChange.objects.bulk_create(SetupChange(number=n) for n in range(1, 301))
    marks = set()
    for name in ("Eins", "Zwei", "Drei"):
        call_command("nightly")
        assert SetupChange.objects.count() == MOST_KEPT
        marks.add(mark(anna))
        page_of_anna.get(f"/leads/{lead.pk}/")
        Phase.objects.filter(pk=phase(heatpumps).pk).update(name=name)
        marks.add(mark(anna))
        call_command("nightly")
        assert mark(anna) not in marks
        assert name in page_of_anna.get(f"/leads/{lead.pk}/").text
    assert len(marks) == 6


def test_before_anything_was_noted_nothing_is_kept(page_of_anna, heatpumps, lead):
    SetupChange.objects.all().delete()
    for name in ("Eins", "Zwei"):
        table = Phase._meta.db_table
        setup_changes.remove(connection)
        sql(f"UPDATE {table} SET name = %s WHERE id = %s", name, phase(heatpumps).pk)
        assert name in page_of_anna.get(f"/leads/{lead.pk}/").text
    setup_changes.install(connection)
    assert SetupChange.objects.count() == 1
