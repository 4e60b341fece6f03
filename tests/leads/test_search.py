"""Searching as a rep types: what finds what, in which order, and what never."""

import random

import pytest
from django.core.management import call_command

from leads import search
from leads.models import JournalEntry, Lead, LeadError, LeadEvent, SearchDocument
from leads.models.sight import Sight
from leads.search import Search
from leads.search_documents import (
    JOURNAL_LENGTH,
    columns_of,
    journal_of,
    parts_of,
    rebuild,
)
from leads.search_index import characters_of
from tests import factories

from .rows import closed, in_progress

OPEN = ["in_progress"]
WORKED = ["in_progress", "won", "lost"]


def found(text, user, statuses=OPEN):
    """The ids in the order of the search."""
    return list(Search(text, Sight.of(user)).found(statuses).ids)


def narrow(text, user, leads):
    """Those of `leads` that match, each looked at by itself."""
    asked = Search(text, Sight.of(user))
    return asked.narrow(leads, asked.values)


def named(text, user, statuses=OPEN):
    """The names of what is found, which all three ways of searching must find."""
    ids = found(text, user, statuses)
    visible = Lead.objects.visible_to(user).filter(status__in=statuses)
    assert set(visible.matching(text).values_list("pk", flat=True)) == set(ids)
    narrowed = narrow(text, user, visible)
    assert set(narrowed.values_list("pk", flat=True)) == set(ids)
    by_id = Lead.objects.in_bulk(ids)
    return [by_id[pk].name for pk in ids]


def documents():
    """What is kept, without the order of the journal's words."""
    rows = SearchDocument.objects.values()
    return {row["lead_id"]: {**row, "text": _unordered(row["text"])} for row in rows}


def expected():
    """What should be kept, made afresh out of leads and journals."""
    rows = (columns_of(x, journal_of(x.journal)) for x in Lead.objects.personal())
    return {row["lead_id"]: {**row, "text": _unordered(row["text"])} for row in rows}


def _unordered(text):
    head, words = parts_of(text)
    return head, set(words)


@pytest.fixture
def customers(heatpumps, anna):
    def column(*texts):
        return lambda n: texts[n] if n < len(texts) else ""

    return in_progress(
        heatpumps,
        anna,
        5,
        name=column("Jürgen Müßig", "Häuslebau GmbH", "a_b c%d", "aXb", "Öl & Gas AG"),
        company=column("", "Schäfer & Söhne"),
        contact_person=column("", "Renée Citroën", 'Hans "Hansi" Wurst'),
        city=column("Rosenheim", "Köln", "Ulm"),
        postcode=column("83022", "01067"),
        email=column("j.muessig@beispiel.de", "Info@Häuslebau.de"),
        phone=column("+49 (0) 8031 1234567", "0049 171/765-43 21"),
        mobile=column("", "", "0160 99 88 77"),
    )


FIRST, SECOND, THIRD = "Jürgen Müßig", "Häuslebau GmbH", "a_b c%d"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        # Umlauts and accents in each spelling.
        ("müßig", FIRST), ("MÜSSIG", FIRST), ("muessig", FIRST), ("mussig", FIRST),
        ("mußig", FIRST), ("mu\u0308ßig", FIRST), ("häusle", SECOND), ("hausle", SECOND),
        ("SÖHNE", SECOND), ("sohne", SECOND), ("renée", SECOND), ("renee citroen", SECOND),
        ("koeln", SECOND), ("koln", SECOND),
        # Several words, in any order, each anywhere; a short one at the beginning only.
        ("rosenheim   jürg", FIRST), ("ssig jue", FIRST), ("juergen köln", ""),
        ("mü ros", FIRST), ("ro müßig", FIRST), ("os müßig", ""), ("mu", FIRST), ("ig", ""),
        ("müßig r", FIRST), ("müßig x", ""), ("ul", THIRD), ("lm", ""),
        # Numbers.
        ("+49 8031 1234567", FIRST), ("0049 8031/1234567", FIRST), ("080311234567", FIRST),
        ("(08031) 12-34-567", FIRST), ("8031.1234567", FIRST), ("08031", FIRST),
        ("0803", FIRST), ("23456", FIRST), ("0171 7654321", SECOND),
        ("+491717654321", SECOND), ("+49 171", SECOND), ("müßig 08031", FIRST),
        ("0049 8031 müßig", FIRST), ("01067", SECOND), ("83022 Rosenheim", FIRST),
        ("0160-998877", THIRD), ("99 88 77", THIRD), ("0171 7654322", ""), ("0049", ""),
        # E-mail addresses.
        ("j.muessig@beispiel.de", FIRST), ("J.MUESSIG@Beispiel.de", FIRST),
        ("info@häuslebau.de", SECOND), ("info@haeuslebau.de", SECOND),
        ("essig@beispiel.de", FIRST), ("muessig@", FIRST), ("@beispiel", FIRST),
        # What is not searched around and between words.
        ("„Müßig“, Jürgen!", FIRST), ("müß\x00ig", FIRST), ("müß\ud800ig", FIRST),
        ('"hansi"', THIRD), ("(hansi)", THIRD), ("a_b", THIRD), ("c%d", THIRD),
        ("gas & oel", "Öl & Gas AG"),
    ],
)  # fmt: skip
def test_what_finds_what(customers, anna, typed, name):
    assert named(typed, anna) == ([name] if name else [])


@pytest.mark.parametrize(
    "typed",
    [
        "%%", "__", "a%b", "\\\\", '""', "**", "aig*x", "--", "NEAR", "NEAR(aig ner)",
        "aigner NOT x", "aigner OR", "AND", "NULL", "text:aigner", '" OR "aigner', "';--",
        "^aigner", "{aigner}", "((", ")(", "++", "+49", "😀😀", "x" * 100_000,
        "ʘ" * 300, "a b c", "\ue000\ue001", "%s%s%n", "$1",
        "ﷺﷺ", "١٢٣٤٥٦",
    ],
)  # fmt: skip
def test_what_means_something_elsewhere_is_text_here(lead, anna, page_of_anna, typed):
    is_its_name = typed.strip("{^}") == "aigner"
    assert named(typed, anna) == (["Familie Aigner"] if is_its_name else [])
    assert page_of_anna.get("/leads/", {"q": typed}).status_code == 200


@pytest.mark.parametrize(
    "typed", ["", " ", "a", "ü", "%", "(", '"', "\x00\x00a", "\ud800\udfff", "  7 "]
)
def test_less_than_two_characters_search_nothing(lead, anna, typed):
    search_of_anna = Search(typed, Sight.of(anna))
    assert search_of_anna.is_empty
    assert list(Lead.objects.matching(typed)) == [lead]


def test_only_the_first_200_characters_count(customers, anna):
    assert named("müßig" + " " * 195 + "gibtsnicht", anna) == [FIRST]
    assert named("müßig" + " " * 190 + "gibts", anna) == []


# The journal --------------------------------------------------------------------------


def test_the_journal_is_searched_as_it_is_now(lead, anna):
    entry = lead.write_entry(text="Möchte eine Fußbodenheizung, (Altbau)!", by=anna)
    for text in ("fussboden", "Fußbodenheizung altbau", "aigner möchte"):
        assert found(text, anna) == [lead.pk]
    lead.edit_entry(entry.pk, text="Doch lieber Heizkörper", by=anna)
    assert found("fussboden", anna) == []
    assert found("heizkoerper", anna) == [lead.pk]
    lead.delete_entry(entry.pk, by=anna)
    assert found("heizkoerper", anna) == []
    lead.restore_entry(entry.pk, by=anna)
    assert found("heizkoerper", anna) == [lead.pk]


def test_a_word_that_another_entry_has_stays(lead, anna):
    first = lead.write_entry(text="Wallbox gewünscht", by=anna)
    lead.write_entry(text="Wallbox bestellt", by=anna)
    lead.delete_entry(first.pk, by=anna)
    assert found("wallbox", anna) == [lead.pk]
    assert found("gewuenscht", anna) == []


def test_notes_of_steps_are_searched_and_the_lines_of_the_process_are_not(lead, anna):
    lead.move(seen=lead.phase, to=lead.next_phase, by=anna, note="Wartet auf Zuschuss")
    assert found("zuschuss", anna) == [lead.pk]
    assert found("Verhandlung", anna) == []
    lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    lead.win(seen=lead.phase, by=anna, note="Vertrag unterschrieben")
    assert found("unterschrieben", anna, WORKED) == [lead.pk]


def test_of_a_long_journal_the_newest_words_are_found(lead, anna):
    lead.write_entry(text="uralt " + " ".join(f"alt{n}" for n in range(1000)), by=anna)
    for start in range(0, 4000, 1000):
        text = " ".join(f"neu{n}" for n in range(start, start + 1000))
        lead.write_entry(text=text, by=anna)
    assert found("neu3999", anna) == [lead.pk]
    assert found("uralt", anna) == []
    text = SearchDocument.objects.get(pk=lead.pk).text
    assert len(text) < JOURNAL_LENGTH + 1000
    lead.save_search_document(with_journal=True)
    assert found("neu3999", anna) == [lead.pk]
    assert found("uralt", anna) == []


def test_an_entry_of_known_words_writes_no_document(lead, anna, django_assert_max_num_queries):
    lead.write_entry(text="Ruft morgen an", by=anna)
    with django_assert_max_num_queries(100) as queries:
        lead.write_entry(text="Morgen ruft an", by=anna)
    sql = [query["sql"] for query in queries if "leads_searchdocument" in query["sql"]]
    assert [statement.split()[0] for statement in sql] == ["SELECT"]


def test_a_move_does_not_touch_the_document(lead, anna, django_assert_max_num_queries):
    with django_assert_max_num_queries(100) as queries:
        lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    assert [query for query in queries if "leads_searchdocument" in query["sql"]] == []


# The order ----------------------------------------------------------------------------


def test_the_best_comes_first(heatpumps, anna):
    names = [
        ("Nur im Journal", ""), ("In der Stadt", ""), ("In der Firma", "Holzmann Bau"),
        ("Frau Holzmann-Klein", ""), ("Holzmann", ""), ("Altholzmann", ""),
    ]  # fmt: skip
    leads = in_progress(
        heatpumps,
        anna,
        len(names),
        name=lambda n: names[n][0],
        company=lambda n: names[n][1],
        city=lambda n: "Neuholzmannstadt" if n == 1 else "",
    )
    leads[0].write_entry(text="Nachbar von Holzmann", by=anna)
    order = named("holzmann", anna)
    assert order[:3] == ["Holzmann", "Frau Holzmann-Klein", "In der Firma"]
    assert set(order[3:5]) == {"In der Stadt", "Altholzmann"}
    assert order[5:] == ["Nur im Journal"]


def test_of_equals_the_last_active_comes_first(heatpumps, anna):
    first, second, third = in_progress(heatpumps, anna, 3, name="Familie Huber")
    second.write_entry(text="Angerufen", by=anna)
    assert found("huber", anna) == [second.pk, third.pk, first.pk]


def test_a_whole_number_finds_whose_it_is(heatpumps, anna):
    whose, longer, _other = in_progress(
        heatpumps, anna, 3, phone=lambda n: ["08031 123456", "08031 1234567", ""][n]
    )
    assert set(found("08031 12345", anna)) == {whose.pk, longer.pk}
    assert found("+49 8031 123456", anna) == [whose.pk]
    assert found("08031 1234567", anna) == [longer.pk]


def test_a_whole_address_finds_whose_it_is(heatpumps, anna):
    whose, longer = in_progress(
        heatpumps,
        anna,
        2,
        email=lambda n: ["a.huber@beispiel.de", "maria.huber@beispiel.de"][n],
    )
    assert found("a.huber@beispiel.de", anna) == [whose.pk]
    assert set(found("huber@beispiel.de", anna)) == {whose.pk, longer.pk}
    longer.write_entry(text="Antwort an neu@beispiel.de", by=anna)
    assert found("neu@beispiel.de", anna) == [longer.pk]


def test_many_are_not_ranked_but_narrowed(heatpumps, anna, monkeypatch):
    monkeypatch.setattr(search, "LIMIT", 3)
    leads = in_progress(heatpumps, anna, 5, name=lambda n: f"Huber {'alt' if n else 'neu'}")
    of_anna = Search("huber", Sight.of(anna))
    assert of_anna.found(OPEN) == search.Found(is_capped=True)
    assert narrow("huber", anna, Lead.objects.visible_to(anna)).count() == 5
    assert found("huber neu", anna) == [leads[0].pk]
    closed(heatpumps, anna, 3, name="Huber alt")
    assert len(found("huber", anna, ["won", "lost"])) == 3


# Who finds what -----------------------------------------------------------------------

SECRETS = {
    "name": "Familie Verborgen", "company": "Heimlich GmbH", "contact_person": "Vera Still",
    "phone": "+49 89 9998887", "mobile": "0160 9998886", "email": "v@verborgen.example",
}  # fmt: skip
SEARCHES = [
    "verborgen", "heimlich", "vera", "89 9998887", "9998", "0160 9998886",
    "v@verborgen.example", "rosenheim",
]  # fmt: skip


@pytest.mark.parametrize("text", SEARCHES)
def test_an_offered_lead_is_found_by_nobody_until_it_is_accepted(
    heatpumps, anna, ben, meike, signed_in, text
):
    lead = factories.offer(heatpumps, **SECRETS)
    root = factories.UserFactory(username="root", is_superuser=True)
    for user in (anna, ben, meike, root):
        assert found(text, user, Lead.Status.values) == []
        assert not Lead.objects.visible_to(user).matching(text).exists()
        everything = narrow(text, user, Lead.objects.visible_to(user))
        assert not everything.exists()
        for address in ("/leads/", "/leads/abgeschlossen/"):
            answer = signed_in(user).get(address, {"q": text}).content.decode()
            assert f"/leads/{lead.pk}/" not in answer
    lead.decline(by=ben)
    lead.accept(by=anna)
    assert found(text, anna) == found(text, meike) == found(text, root) == [lead.pk]
    assert found(text, ben) == []
    assert f"/leads/{lead.pk}/" in signed_in(anna).get("/leads/", {"q": text}).content.decode()


def test_operators_find_offered_leads_in_the_admin(heatpumps, solar, olaf, signed_in):
    lead = factories.offer(heatpumps, **SECRETS)
    elsewhere = factories.offer(solar, **SECRETS)
    for text in SEARCHES:
        answer = signed_in(olaf).get("/admin/leads/lead/", {"q": text}).content.decode()
        assert f"/admin/leads/lead/{lead.pk}/change/" in answer
        assert f"/admin/leads/lead/{elsewhere.pk}/change/" not in answer


@pytest.mark.parametrize("text", SEARCHES)
def test_each_finds_only_the_own(heatpumps, solar, anna, ben, clara, meike, text):
    lead = factories.accepted(heatpumps, anna, **SECRETS)
    theirs = factories.accepted(solar, clara, **SECRETS)
    assert found(text, anna) == found(text, meike) == [lead.pk]
    assert found(text, clara) == [theirs.pk]
    assert found(text, ben) == []
    clara.memberships.all().delete()
    assert found(text, clara) == []
    assert found(text, factories.UserFactory(username="nobody")) == []


def test_a_text_that_looks_like_another_owner_is_not_the_others(heatpumps, anna, ben):
    token = characters_of("in_progress", heatpumps.pk, anna.pk)
    lead = factories.accepted(heatpumps, ben, name=f"Huber {token}", company=token)
    lead.write_entry(text=f"{token} a{token}b", by=ben)
    assert found("huber", anna) == []
    assert found("huber", ben) == [lead.pk]
    assert token not in SearchDocument.objects.get(pk=lead.pk).text


def test_owners_who_share_their_part_of_the_index_find_their_own_only(heatpumps):
    """People of very high numbers, of which the index tells no two apart."""
    people = [factories.UserFactory(pk=2**40 + 7), factories.UserFactory(pk=2**41 + 7)]
    for person in people:
        heatpumps.memberships.create(user=person, role="rep")
    leads = [factories.accepted(heatpumps, person, name="Huber") for person in people]
    assert [found("huber", person) for person in people] == [[lead.pk] for lead in leads]
    leads[0].hand_over(to=people[1], by=factories.UserFactory(is_superuser=True))
    assert found("huber", people[0]) == []
    assert sorted(found("huber", people[1])) == [lead.pk for lead in leads]


def test_a_wrong_copy_shows_nothing_more(lead, ben, page_of_anna, signed_in):
    SearchDocument.objects.filter(pk=lead.pk).update(owner=ben)
    answer = signed_in(ben).get("/leads/", {"q": "aigner"}).content.decode()
    assert f"/leads/{lead.pk}/" not in answer


# In step ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "wolf", "1.234,5", "1234,50", "1.234,50", "1234", "01.12.2026", "1.12.2026", "blech",
        "nordwärts", "nordwarts", "hinten links", "ausgemustert", "olheizung", "wolf blech",
    ],
)  # fmt: skip
def test_own_fields_and_the_need_are_found_as_they_are_written(heatpumps, anna, ben, typed):
    given = {
        "text": "Wolf", "number": "1234.5", "date": "2026-12-01", "choices": ["Blech"],
        "long_text": "Nordwärts, hinten\nlinks", "yes_no": "yes",
    }  # fmt: skip
    own = {factories.make_field(heatpumps, kind, kind): data for kind, data in given.items()}
    own[factories.make_field(heatpumps, "Alt", is_retired=True)] = "ausgemustert"
    values = {str(field.pk): data for field, data in own.items()}
    in_progress(heatpumps, anna, 1, name="Mit", need="Ölheizung raus", own_values=values)
    in_progress(heatpumps, anna, 1, name="Ohne")
    in_progress(heatpumps, ben, 1, name="Fremd", own_values=values)
    assert named(typed, anna) == ["Mit"]
    assert named("yes", anna) == []


def test_own_fields_of_offered_leads_are_not_found(heatpumps, anna):
    field = factories.make_field(heatpumps, "Geburtsname", group="prospect")
    lead = factories.offer(heatpumps)
    Lead.objects.filter(pk=lead.pk).update(own_values={str(field.pk): "Verborgen"})
    rebuild()
    assert named("verborgen", anna) == []
    lead.accept(by=anna)
    assert named("verborgen", anna) == [lead.name]
    lead.set_field(f"feld-{field.pk}", seen="Verborgen", value="Offenbar", by=anna)
    assert named("verborgen", anna) == []
    assert named("offenbar", anna) == [lead.name]


WORDS = ["Wärme", "Pumpe", "Dach", "Größe", "Keller", "morgen", "0171 5554433", "a@b.de"]


def live(lead, users, chance):
    """Let something happen to the lead, whether it is allowed or not."""
    by = chance.choice(users)
    text = " ".join(chance.choices(WORDS, k=3))
    names = ["name", "company", "city", "phone", "mobile", "email", "need"]
    entry = chance.choice([*lead.journal.written(), JournalEntry(pk=0)]).pk
    phase = lead.phase and chance.choice([lead.next_phase, lead.previous_phase])
    reason = lead.marketplace.loss_reasons.first()
    name = chance.choice(names)
    chance.choice(
        [
            lambda: lead.accept(by=by),
            lambda: lead.decline(by=by),
            lambda: lead.set_field(name, seen=getattr(lead, name), value=text, by=by),
            lambda: lead.write_entry(text=text, by=by),
            lambda: lead.edit_entry(entry, text=text, by=by),
            lambda: lead.delete_entry(entry, by=by),
            lambda: lead.restore_entry(entry, by=by),
            lambda: phase and lead.move(seen=lead.phase, to=phase, by=by, note=text),
            lambda: lead.phase and lead.win(seen=lead.phase, by=by, note=text),
            lambda: lead.phase and lead.lose(seen=lead.phase, reason=reason, by=by),
            lambda: lead.reopen(by=by),
            lambda: lead.undo(chance.choice([*lead.events.all()]), by=by),
            lambda: Lead.enter(
                marketplace=lead.marketplace, values={"name": text or "x"}, by=by
            ),
            lambda: (
                chance.random() < 0.1
                and lead.anonymise(by=None, reason="request", among=Lead.objects.all())
            ),
        ]
    )()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_documents_equal_new_ones(heatpumps, anna, meike, seed, index):
    chance = random.Random(seed)
    heatpumps.allows_early_loss = True
    heatpumps.save()
    for number in range(4):
        factories.offer(heatpumps, name=f"Kunde {number}")
    for _step in range(200):
        lead = Lead.objects.get(pk=chance.choice(Lead.objects.values_list("pk", flat=True)))
        try:
            live(lead, [anna, meike], chance)
        except LeadError:
            continue
    assert LeadEvent.objects.count() > 20
    assert documents() == expected()
    index.is_in_step()
    before = list(SearchDocument.objects.order_by("pk").values())
    call_command("rebuild_search")
    assert list(SearchDocument.objects.order_by("pk").values()) == before


def test_what_is_undone_is_undone_for_the_search(lead, anna):
    event = lead.set_field("city", seen=lead.city, value="Bernau", by=anna)
    assert (found("bernau", anna), found("rosenheim", anna)) == ([lead.pk], [])
    lead.undo(event, by=anna)
    assert (found("bernau", anna), found("rosenheim", anna)) == ([], [lead.pk])


def test_a_lead_without_a_document_gets_one_with_the_next_change(lead, anna):
    lead.write_entry(text="Fußbodenheizung", by=anna)
    for change in (
        lambda: lead.write_entry(text="Neues", by=anna),
        lambda: lead.set_field("city", seen=lead.city, value="Bernau", by=anna),
    ):
        SearchDocument.objects.all().delete()
        assert found("fussboden", anna) == []
        change()
        assert found("fussboden aigner", anna) == [lead.pk]


def test_the_command_makes_what_is_missing_and_removes_what_should_not_be(
    lead, heatpumps, anna, capsys, index
):
    lead.write_entry(text="Fußbodenheizung", by=anna)
    wrong, gone = factories.accepted(heatpumps, anna), factories.accepted(heatpumps, anna)
    gone.anonymise(by=None, reason="request", among=Lead.objects.all())
    SearchDocument.objects.filter(pk=lead.pk).delete()
    SearchDocument.objects.filter(pk=wrong.pk).update(text=" falsch\n\n", status="won")
    SearchDocument.objects.create(**columns_of(wrong, []) | {"lead_id": gone.pk})
    call_command("rebuild_search", "--index")
    written, again = capsys.readouterr().out, call_command("rebuild_search")
    assert again is None
    assert [part for part in written if part.isdigit()][:3] == ["3", "2", "1"]
    again = capsys.readouterr().out
    assert [part for part in again if part.isdigit()] == ["3", "0", "0", "3", "0", "3", "0"]
    assert found("fussboden aigner", anna) == [lead.pk]
    assert documents() == expected()
    index.is_in_step()
