"""Possible duplicates: who else is the same person, as far as the rep may see it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads import match_keys
from leads.match_keys import traits_of
from leads.models import Lead, MatchKey
from leads.models.match_key import question
from leads.twins import twins_of
from tests import factories
from tests.markup import HTMX, read

BOX = "Mögliche Dubletten"


def enter(marketplace, by, **values):
    return Lead.enter(marketplace=marketplace, values={"name": "Lead", **values}, by=by)


def found(lead, user):
    """The names of the leads that are alike, with what is alike in them."""
    lead = Lead.objects.get(pk=lead.pk)
    return {
        twin.lead.name: [one.value for one in twin.likenesses]
        for twin in twins_of(lead, user=user)
    }


@pytest.mark.parametrize(
    ("one", "other", "likenesses"),
    [
        ({"phone": "+49 (0) 8031 1234567"}, {"mobile": "08031/123 45-67"}, ["phone"]),
        ({"phone": "0049 176 040690"}, {"phone": "0176 040690"}, ["phone"]),
        ({"phone": "12345"}, {"phone": "12345"}, []),
        ({"phone": "08031 1234567"}, {"phone": "08031 1234568"}, []),
        ({"email": "S.Aigner@Beispiel.de"}, {"email": "s.aigner@beispiel.DE"}, ["email"]),
        ({"email": "mueller@beispiel.de"}, {"email": "muller@beispiel.de"}, []),
        (
            {"name": "Familie Anna Öttl", "street": "Bergstraße 5 a", "postcode": "83022"},
            {"name": "Oettl, Anna", "street": "Berg-Str. 5a", "postcode": "83022"},
            ["address"],
        ),
        (
            {"name": "Stadtwerke", "street": "Weg 1", "city": "Köln"},
            {"company": "Stadtwerke", "street": "Weg 1", "city": "Koeln"},
            ["address"],
        ),
        (
            {"name": "Anna Öttl", "street": "Weg 1", "postcode": "83022"},
            {"name": "Anna Öttl", "street": "Weg 2", "postcode": "83022"},
            [],
        ),
        ({"name": "Anna Öttl"}, {"name": "Anna Öttl"}, []),
        # Two people of one name in one town, until a street says more.
        (
            {"name": "Anna Öttl", "postcode": "83022", "city": "Rosenheim"},
            {"name": "Anna Öttl", "postcode": "83022", "city": "Rosenheim"},
            [],
        ),
        (
            {"name": "Familie", "street": "Weg 1", "postcode": "83022"},
            {"name": "Herr", "street": "Weg 1", "postcode": "83022"},
            [],
        ),
    ],
)
def test_the_same_person_in_any_spelling(heatpumps, anna, one, other, likenesses):
    first, second = enter(heatpumps, anna, **one), enter(heatpumps, anna, **other)
    assert found(first, anna) == ({second.name: likenesses} if likenesses else {})
    assert found(second, anna) == ({first.name: likenesses} if likenesses else {})


def test_only_what_the_rep_may_see_is_told_and_nothing_else_differs(
    signed_in, heatpumps, solar, anna, ben, clara, meike
):
    same = {"phone": "08031 1234567", "email": "a@beispiel.de"}
    mine = enter(heatpumps, anna, name="Meiner", **same)
    solar.memberships.create(user=anna, role="rep")
    address, client = f"/leads/{mine.pk}/", signed_in(anna)
    client.get(address)

    def asked():
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        assert BOX not in read(answer).text
        return len(captured)

    before = asked()
    enter(heatpumps, ben, name="Bens", **same)
    enter(solar, clara, name="Claras", **same)
    enter(solar, anna, name="Auch meiner, anderswo", **same)
    factories.offer(heatpumps, name="Angeboten", **same)
    for _ in range(8):
        enter(heatpumps, ben, name="Bens", **same)
    assert asked() == before
    withdrawn = factories.accepted(heatpumps, anna, name="Zurückgegeben", **same)
    Lead.objects.filter(pk=withdrawn.pk).update(
        status="offered", owner=None, phase=None, accepted_at=None, phase_entered_at=None
    )
    asked()
    withdrawn.match_keys.all().delete()
    # Who manages sees more; eight and more of a number say nothing any more.
    assert found(mine, meike) == {}
    for lead in Lead.objects.filter(owner=ben)[1:]:
        lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    assert found(mine, meike) == {"Bens": ["phone", "email"]}
    assert "Ben Beispiel" in read(signed_in(meike).get(address)).text


def test_what_many_have_is_no_likeness(heatpumps, anna):
    leads = [
        enter(heatpumps, anna, name=f"Lead {n}", phone="089 123456", email=f"{n // 2}@b.de")
        for n in range(7)
    ]
    assert found(leads[0], anna) == {"Lead 1": ["email"]}
    Lead.objects.get(pk=leads[6].pk).set_field("phone", seen="089 123456", value="", by=anna)
    assert len(found(leads[0], anna)) == 5


def test_a_correction_moves_the_hint(page_of_anna, heatpumps, anna):
    other = enter(heatpumps, anna, name="Öttl", phone="08031 555666")
    closed = factories.accepted(heatpumps, anna, phase=5, name="Früher", email="f@b.de")
    closed.win(seen=closed.phase, by=anna)
    lead = enter(heatpumps, anna, name="Neu", email="F@b.de", mobile="")
    page = read(page_of_anna.get(f"/leads/{lead.pk}/"))
    assert (BOX in page.text, "Früher" in page.text, "Gewonnen" in page.text) == (True,) * 3
    assert "gleiche E-Mail-Adresse" in page.text
    address = f"/leads/{lead.pk}/felder/mobile/"
    data = {"mobile": "+49 8031 555666", "seen-mobile": ""}
    answer = read(page_of_anna.post(address, data, headers=HTMX)).text
    assert (BOX in answer, "gleiche Telefonnummer" in answer) == (True, True)
    assert found(other, anna) == {"Neu": ["phone"]}
    data = {"mobile": "", "seen-mobile": "+49 8031 555666"}
    answer = read(page_of_anna.post(address, data, headers=HTMX)).text
    assert (BOX in answer, "gleiche Telefonnummer" in answer) == (True, False)
    assert found(other, anna) == {}
    # What says nothing of who it is moves no hint.
    answer = page_of_anna.post(
        f"/leads/{lead.pk}/felder/source/",
        {"source": "Messe", "seen-source": ""},
        headers=HTMX,
    )
    assert b'id="twins"' not in answer.content
    assert match_keys.rebuild().written == 0


def test_the_keys_say_nothing_and_are_made_afresh(heatpumps, anna, ben):
    lead = enter(
        heatpumps, anna, name="Öttl", phone="08031 1234567", street="Weg 1", postcode="83022"
    )
    keys = set(MatchKey.objects.values_list("key", "owner"))
    assert len(keys) == len(traits_of(lead)) == 2
    MatchKey.objects.update(owner=ben)
    factories.offer(heatpumps)
    assert match_keys.rebuild().written == 1
    assert set(MatchKey.objects.values_list("key", "owner")) == keys
    lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    assert not MatchKey.objects.exists()
    assert match_keys.rebuild().written == 0


def test_each_part_of_the_question_is_one_range_of_the_index(heatpumps, anna):
    enter(heatpumps, anna, phone="08031 1234567")
    asked = question([1, 2], marketplace_id=heatpumps.pk, user=anna, but=0)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {asked[0]}", asked[1])
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked[0]}", asked[1])
        lines = [str(row[-1]) for row in cursor.fetchall()]
    assert len([line for line in lines if "match_key_owner" in line]) == 4
    whole = re.compile("(Seq Scan on|SCAN) leads_matchkey")
    assert [line for line in lines if whole.search(line)] == []


ENTER = "/leads/anlegen/"


def form_of(client):
    return read(client.get(ENTER)).form(ENTER)


def test_who_enters_somebody_again_is_asked_once_and_may_do_so(page_of_anna, heatpumps, anna):
    other = enter(heatpumps, anna, name="Familie Öttl", phone="08031 1234567", city="Prien")
    data = form_of(page_of_anna).sends(name="Öttl", phone="+49 8031 1234567", description="Ab")
    for headers in ({}, HTMX):
        answer = page_of_anna.post(ENTER, data, headers=headers)
        assert answer.status_code == 409
        asked = read(answer).form(ENTER)
        for text in ("Noch ist nichts gespeichert", "Familie Öttl", "Prien", "Qualifizierung",
                     "gleiche Telefonnummer", "Trotzdem anlegen"):  # fmt: skip
            assert text in asked.text
        assert f'href="/leads/{other.pk}/"' in answer.content.decode()
        assert asked.sends()["description"] == "Ab"
    assert Lead.objects.count() == 1
    # Who is alike in something else now was not told yet.
    third = enter(heatpumps, anna, name="Dritte", email="d@beispiel.de")
    again = page_of_anna.post(ENTER, asked.sends(email="D@beispiel.de"))
    assert (again.status_code, "Dritte" in read(again).text) == (409, True)
    confirmed = asked.sends(bekannt=f"{other.pk},{third.pk},")
    first, second = (page_of_anna.post(ENTER, confirmed) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first["Location"] == second["Location"]
    assert Lead.objects.count() == 3


def test_the_form_sent_twice_is_not_its_own_duplicate(page_of_anna, heatpumps):
    data = form_of(page_of_anna).sends(name="Öttl", phone="08031 1234567")
    first, second = (page_of_anna.post(ENTER, data) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert Lead.objects.count() == 1


def test_entering_tells_nothing_of_what_others_have(
    signed_in, heatpumps, anna, ben, meike, django_assert_num_queries
):
    same = {"phone": "08031 1234567", "email": "a@beispiel.de"}
    enter(heatpumps, ben, name="Bens", **same)
    factories.offer(heatpumps, name="Angeboten", **same)
    data = form_of(signed_in(anna)).sends(name="Öttl", **same)
    hint = {**data, "pruefen": "1"}
    assert b"<li" not in signed_in(anna).post(ENTER, hint, headers=HTMX).content
    client = signed_in(anna)
    with django_assert_num_queries(5):
        client.post(ENTER, hint, headers=HTMX)
    assert client.post(ENTER, data).status_code == 303
    # The manager sees both, whoever owns them, and while typing, too.
    data = form_of(signed_in(meike)).sends(name="", **same)
    answer = signed_in(meike).post(ENTER, {**data, "pruefen": "1"}, headers=HTMX)
    page = read(answer).text
    assert answer.status_code == 200
    assert ("Bens" in page, "Ben Beispiel" in page, "Öttl" in page) == (True, True, True)
    assert "Angeboten" not in page
    assert "Trotzdem" not in page
    assert Lead.objects.count() == 3
