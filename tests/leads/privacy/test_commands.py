"""The commands for erasure and for former members: they show, ask and do."""

import json
from io import StringIO

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation

from leads.models import Erasure, Lead
from leads.privacy import replaying
from marketplaces.models import Marketplace, User
from tests import factories
from tests.marketplaces.admin_page import MarketplacePage
from tests.markup import read
from tests.state import changes, everything

from .conftest import PERSONAL
from .grep import dump, places


def run(*arguments, types="", monkeypatch=None):
    out, err = StringIO(), StringIO()
    if monkeypatch:
        monkeypatch.setattr("builtins.input", lambda *prompt: types)
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue() + err.getvalue()


def test_erasing_shows_what_goes_and_asks(told, monkeypatch, commits):
    lead = told.lead
    before = everything()
    for typed in ("", "ja", str(lead.pk + 1)):
        with pytest.raises(CommandError):
            run("erase_person", "--lead", str(lead.pk), types=typed, monkeypatch=monkeypatch)
    assert changes(before, everything()) == {}
    with commits():
        text = run(
            "erase_person", "--lead", str(lead.pk), types=str(lead.pk), monkeypatch=monkeypatch
        )
    assert "Familie Aigner" in text
    assert "13" in text
    assert places(*PERSONAL) == set()


def test_erasing_without_a_terminal_needs_yes(told, monkeypatch, commits):
    def nobody(*prompt):
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(CommandError):
        run("erase_person", "--lead", str(told.lead.pk))
    assert Lead.objects.get(pk=told.lead.pk).anonymised_at is None
    with commits():
        run("erase_person", "--lead", str(told.lead.pk), "--yes")
    assert places(*PERSONAL) == set()


def test_erasing_all_or_none(told, offered, commits):
    before = everything()
    with pytest.raises(CommandError, match="99999999"):
        run("erase_person", "--lead", str(told.lead.pk), "--lead", "99999999", "--yes")
    assert changes(before, everything()) == {}
    with commits():
        run("erase_person", "--lead", str(told.lead.pk), "--lead", str(offered.pk), "--yes")
    assert Lead.objects.personal().count() == 0
    with pytest.raises(CommandError, match=str(offered.pk)):
        run("erase_person", "--lead", str(offered.pk), "--yes")


# Former members ----------------------------------------------------------------------

NAMES = ["Jürgen", "Großmann", "jgrossmann", "j.grossmann@beispiel.de"]


@pytest.fixture
def former(told, heatpumps, anna, olaf):
    """Somebody who worked on a lead, erased another and stands in the admin's log."""
    user = User.objects.create_user(
        "jgrossmann", "j.grossmann@beispiel.de", "x", first_name="Jürgen", last_name="Großmann"
    )
    heatpumps.memberships.create(user=user, role="manager")
    told.lead.write_entry(text="Angerufen", by=user)
    told.lead.set_field("phone", seen=told.lead.phone, value="089 1", by=user)
    Erasure.objects.create(
        lead=told.lead,
        reason="request",
        actor=user,
        actor_name=str(user),
        source="admin",
        finished_at=told.lead.created_at,
    )
    LogEntry.objects.create(
        user=olaf,
        content_type=ContentType.objects.get_for_model(Marketplace),
        object_id=str(heatpumps.pk),
        object_repr=str(heatpumps),
        action_flag=CHANGE,
        change_message='[{"added": {"name": "member", "object": '
        '"J\\u00fcrgen Gro\\u00dfmann \\u00b7 Leitung"}}]',
    )
    LogEntry.objects.create(
        user=olaf,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr="Jürgen Großmann",
        action_flag=CHANGE,
        change_message="",
    )
    for to in (user, anna):
        Lead.objects.get(pk=told.lead.pk).hand_over(to=to, by=olaf)
    user.is_active = False
    user.save()
    return user


def test_a_former_member_is_named_nowhere(former, told, monkeypatch, commits):
    assert {text for text, _place in places(*NAMES)} == set(NAMES)
    with commits():
        run("anonymise_user", "jgrossmann", types="jgrossmann", monkeypatch=monkeypatch)
    assert places(*NAMES) == set()
    former.refresh_from_db()
    assert str(former) == "Ehemaliges Mitglied"
    assert not former.has_usable_password()
    # The work stays, under the other name.
    entry = told.lead.journal.get(text="Angerufen")
    assert str(entry.author) == "Ehemaliges Mitglied"
    event = told.lead.events.get(actor=former)
    assert event.actor_name == "Ehemaliges Mitglied"
    assert LogEntry.objects.filter(change_message__contains="Leitung").exists()


def test_the_names_of_others_stay(former, anna, told, commits):
    with commits():
        run("anonymise_user", "jgrossmann", "--yes")
    anna.refresh_from_db()
    assert str(anna) == "Anna Beispiel"
    assert told.lead.events.filter(actor_name="Anna Beispiel").exists()
    assert told.lead.journal.filter(text="Angerufen").exists()


@pytest.mark.parametrize(
    ("username", "first_name"), [("ed", ""), ("anna2", "Anna"), ("mark", "Mark")]
)
def test_only_the_name_of_the_member_goes_from_the_admins_log(
    username, first_name, heatpumps, anna, admin_user, signed_in, commits
):
    """Not the same letters in names of others, in those of phases, in what Django writes."""
    user = User.objects.create_user(username, first_name=first_name)
    others = [
        User.objects.create_user(f"other{number}", first_name=name)
        for number, name in enumerate(["Johanna", "Mark Anna Ed ed", "Ed & ed", "Marktplatz"])
    ]
    setup = MarketplacePage(signed_in(admin_user), heatpumps)
    for member in (user, *others):
        setup.add("memberships", user=str(member.pk), role="rep")
    setup.add("phases", position="9", name=str(user))
    setup.add("phases", position="10", name="Markt von Johanna, ed · Vertrieb")
    setup.save()
    setup.load().delete("memberships", str(user.pk))
    setup.save()

    def history():
        address = setup.address.replace("/change/", "/history/")
        return read(setup.client.get(address)).one("tbody").text

    before = history()
    assert before.count(f"Mitglied „{user} · Vertrieb“") == 2
    User.people.filter(pk=user.pk).update(is_active=False)
    with commits():
        run("anonymise_user", username, "--yes")
    assert history() == before.replace(
        f"Mitglied „{user} · Vertrieb“", "Mitglied „Ehemaliges Mitglied · Vertrieb“"
    )


def see_the_account(told, hanna, ben, olaf, admin):
    admin("email", "h@beispiel.de")


def work(told, hanna, ben, olaf, admin):
    lead = factories.accepted(told.lead.marketplace, hanna, phase=5)
    lead.win(seen=lead.phase, by=hanna)


def take_over(told, hanna, ben, olaf, admin):
    for to in (hanna, ben):
        Lead.objects.get(pk=told.lead.pk).hand_over(to=to, by=olaf)


@pytest.mark.parametrize("be_known", [see_the_account, work, take_over])
def test_earlier_names_go_as_well(
    be_known, told, heatpumps, ben, olaf, admin_user, signed_in, commits
):
    """The marketplace's log has them without saying whose they are."""
    hanna = User.objects.create_user("hanna", first_name="Hanna", last_name="Altname")
    client = signed_in(admin_user)
    address = reverse("admin:marketplaces_user_change", args=[hanna.pk])
    account = {
        "username": "hanna", "first_name": "Hanna", "last_name": "Altname", "is_active": "on",
        "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0",
    }  # fmt: skip

    def admin(name, value):
        assert client.post(address, account | {name: value}).status_code == 302
        read(client.get(address))

    setup = MarketplacePage(client, heatpumps)
    setup.add("memberships", user=str(hanna.pk), role="rep")
    setup.save()
    be_known(told, hanna, ben, olaf, admin)
    admin("last_name", "Neuname")
    User.people.filter(pk=hanna.pk).update(is_active=False)
    assert "Hanna Altname · Vertrieb" in dump()["django_admin_log"]
    with commits():
        run("anonymise_user", "hanna", "--yes")
    assert places("Altname", "Neuname") == set()
    assert "Ehemaliges Mitglied · Vertrieb" in dump()["django_admin_log"]


def test_only_who_is_deactivated(former, anna, monkeypatch):
    before = everything()
    for arguments in (["anna", "--yes"], ["nobody", "--yes"]):
        with pytest.raises(CommandError):
            run("anonymise_user", *arguments)
    with pytest.raises(CommandError):
        run("anonymise_user", "jgrossmann", types="ja", monkeypatch=monkeypatch)
    assert changes(before, everything()) == {}


def test_a_former_member_is_erased_once_and_again_after_a_restore(former, settings, commits):
    columns = User.objects.values().get(pk=former.pk)
    with commits():
        run("anonymise_user", "jgrossmann", "--yes")
    with pytest.raises(CommandError):
        run("anonymise_user", f"former-{former.pk}", "--yes")
    text = settings.ERASURE_LIST.read_text()
    assert not [name for name in NAMES if name in text]
    # Another account gets the number after a restore: it is left alone.
    other = User.objects.create_user("andere", is_active=False, pk=former.pk + 100)
    settings.ERASURE_LIST.write_text(
        text.replace(f'"user": {former.pk}', f'"user": {other.pk}')
    )
    told = []
    assert replaying.replay(tell=told.append) == 0
    assert len(told) == 1
    other.refresh_from_db()
    assert other.username == "andere"
    User.objects.filter(pk=other.pk).update(date_joined=columns["date_joined"])
    with commits():
        assert replaying.replay() == 1
    other.refresh_from_db()
    assert str(other) == "Ehemaliges Mitglied"


def test_who_still_owns_leads_keeps_the_name(former, told, ben, olaf, settings, commits):
    Lead.objects.filter(pk=told.lead.pk).update(owner=former)
    gone = factories.accepted(told.lead.marketplace, ben)
    Lead.objects.filter(pk=gone.pk).update(owner=former)
    gone.anonymise(by=None, reason="request", among=Lead.objects.all())
    before = everything()
    # What is anonymised cannot be handed over, and need not be.
    with pytest.raises(CommandError, match="jgrossmann gehört noch 1 Lead in Bearbeitung"):
        run("anonymise_user", "jgrossmann", "--yes")
    assert changes(before, everything()) == {}
    Lead.objects.get(pk=told.lead.pk).hand_over(to=ben, by=olaf)
    with commits():
        run("anonymise_user", "jgrossmann", "--yes")
    assert places(*NAMES) == set()


def test_a_restored_account_goes_again_with_its_leads(former, told, settings, commits):
    """The backup is from before they were handed over: somebody must do so again."""
    Lead.objects.filter(pk=told.lead.pk).update(owner=former)
    line = {
        "user": former.pk, "created_at": former.date_joined.isoformat(),
        "erased_at": former.date_joined.isoformat(), "reason": "request",
    }  # fmt: skip
    settings.ERASURE_LIST.write_text(json.dumps(line) + "\n")
    said = []
    with commits():
        assert replaying.replay(tell=said.append) == 1
    (sentence,) = said
    assert f"former-{former.pk} gehört noch 1 Lead in Bearbeitung" in sentence
    assert places(*NAMES) == set()


def test_the_database_refuses_another_name_in_an_erasure(former):
    """Only while the actor is being erased; and nothing else of it."""
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Erasure.objects.filter(actor=former).update(actor_name="x")
    Erasure.objects.create(user=former, reason="request", source="command")
    Erasure.objects.filter(actor=former).update(actor_name="x")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Erasure.objects.filter(actor=former).update(actor_name="y", external_id_sha256="z")


@pytest.mark.parametrize(
    ("language", "message"),
    [("de", "Dieses Konto ist aktiv"), ("en", "This account is active")],
)
def test_an_active_account_keeps_its_name(anna, language, message):
    with translation.override(language), pytest.raises(CommandError, match=message):
        run("anonymise_user", "anna", "--yes")
    anna.refresh_from_db()
    assert str(anna) == "Anna Beispiel"
