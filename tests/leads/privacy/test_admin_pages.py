"""The operators' pages: whose leads they are, what they show, and that they ask first."""

import io
import json
import zipfile

import pytest
from django.urls import reverse

from leads.models import Erasure, Lead, LeadEvent
from tests import factories
from tests.markup import read
from tests.state import changes, everything, stored_files

from .conftest import PERSONAL
from .grep import places


def address(lead, page):
    return reverse(f"admin:leads_lead_{page}", args=[lead.pk])


def change(lead):
    return reverse("admin:leads_lead_change", args=[lead.pk])


PAGES = ["information", "erasure"]
CONFIRMED = {"information": {"confirmed": "1"}, "erasure": {"name": "Familie Aigner"}}


@pytest.fixture
def operator(signed_in, olaf, heatpumps):
    return signed_in(olaf)


@pytest.fixture
def foreign(solar, clara):
    return factories.accepted(solar, clara)


@pytest.mark.parametrize("page", PAGES)
def test_foreign_leads_answer_404_and_nothing_changes(operator, foreign, page):
    absent = Lead(pk=99_999_999)
    before = everything()
    for verb in ("get", "head", "post", "options", "put", "delete"):
        for lead in (foreign, absent):
            answer = getattr(operator, verb)(address(lead, page), CONFIRMED[page])
            expected = 404 if verb in {"get", "head", "post"} else 405
            assert answer.status_code == expected, verb
    assert changes(before, everything()) == {}


@pytest.mark.parametrize("person", ["anna", "meike", "clara"])
@pytest.mark.parametrize("page", PAGES)
def test_reps_and_managers_find_nothing(request, signed_in, lead, solar, person, page):
    client = signed_in(request.getfixturevalue(person))
    before = everything()
    assert client.get(address(lead, page)).status_code == 404
    assert client.post(address(lead, page), CONFIRMED[page]).status_code == 404
    assert changes(before, everything()) == {}


@pytest.mark.parametrize("page", PAGES)
def test_who_is_signed_out_is_led_to_the_sign_in_page(client, lead, page):
    before = everything()
    for answer in (client.get(address(lead, page)), client.post(address(lead, page))):
        assert answer.status_code == 302
        assert answer.url.startswith("/anmelden/")
    assert changes(before, everything()) == {}


@pytest.mark.parametrize("page", PAGES)
def test_a_right_that_was_taken_away_ends_at_once(operator, olaf, lead, heatpumps, page):
    heatpumps.memberships.filter(user=olaf).delete()
    before = everything()
    assert operator.post(address(lead, page), CONFIRMED[page]).status_code == 404
    assert changes(before, everything()) == {}


@pytest.mark.parametrize("page", PAGES)
def test_a_form_of_another_site_does_nothing(signed_in, olaf, lead, page):
    client = signed_in(olaf, enforce_csrf_checks=True)
    before = everything()
    assert client.post(address(lead, page), CONFIRMED[page]).status_code == 403
    assert changes(before, everything()) == {}


def test_looking_changes_nothing(operator, told):
    before = everything(), stored_files()
    for page in PAGES:
        assert operator.get(address(told.lead, page)).status_code == 200
        assert operator.head(address(told.lead, page)).status_code == 200
    assert changes(before[0], everything()) == {}
    assert stored_files() == before[1]


# Information --------------------------------------------------------------------------


def test_the_lead_leads_to_both_pages(operator, told):
    page = read(operator.get(change(told.lead)))
    links = {link.get("href") for link in page.all("a")}
    assert {address(told.lead, name) for name in PAGES} <= links


def test_the_information_is_handed_out_and_recorded(operator, olaf, told):
    answer = operator.post(address(told.lead, "information"), CONFIRMED["information"])
    assert answer.streaming
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith('attachment; filename="auskunft-lead-')
    assert "Aigner" not in str(answer.headers)
    assert "no-store" in answer["Cache-Control"]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    assert "Familie Aigner" in archive.read("auskunft.html").decode()
    event = LeadEvent.objects.get(kind="exported")
    assert (event.lead, event.actor, event.source) == (told.lead, olaf, "admin")


def test_the_same_persons_leads_are_found_within_what_one_operates(
    operator, told, heatpumps, anna, solar, clara
):
    nobody = {"company": "", "contact_person": "", "street": "", "mobile": ""}
    by_mail = factories.accepted(
        heatpumps, anna, **nobody, name="A", phone="", email="S.Aigner@beispiel.de"
    )
    by_phone = factories.offer(heatpumps, **nobody, name="B", phone="08031/1234567", email="")
    by_name = factories.offer(heatpumps, **nobody, name="familie aigner", phone="", email="")
    other = factories.offer(heatpumps, **nobody, name="C", phone="089 1", email="c@d.de")
    foreign = factories.accepted(solar, clara)
    page = operator.get(address(told.lead, "information"))
    assert set(page.context["form"].leads.values()) == {by_mail, by_phone, by_name}
    answer = operator.post(
        address(told.lead, "information"), {"others": [by_mail.pk, by_name.pk]}
    )
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    parsed = json.loads(archive.read("auskunft.json"))
    assert [lead["id"] for lead in parsed["leads"]] == [told.lead.pk, by_mail.pk, by_name.pk]
    before = everything()
    for wrong in (other.pk, foreign.pk, "nonsense", 99_999_999, 2**70):
        answer = operator.post(address(told.lead, "information"), {"others": [wrong]})
        assert answer.status_code == 422, wrong
    assert changes(before, everything()) == {}


# Erasure ------------------------------------------------------------------------------


def test_the_preview_says_what_goes(operator, told):
    answer = operator.get(address(told.lead, "erasure"))
    assert answer.context["counts"]["files"] == 2
    text = read(answer).text
    for part in (
        "13 Felder", "3 Journaleinträge", "2 Dateien", "Texte von 8 Ereignissen",
        "Grund von 1 Ablehnung", "Anna Beispiel arbeitet daran",
    ):  # fmt: skip
        assert part in text, part


@pytest.mark.parametrize(
    "typed", ["", "Familie", "familie aigner", "x" * 5000, "\x00", "Familie Aigner x"]
)
def test_another_name_erases_nothing(operator, told, typed):
    before = everything(), stored_files()
    answer = operator.post(address(told.lead, "erasure"), {"name": typed})
    assert answer.status_code == 422
    assert changes(before[0], everything()) == {}
    assert stored_files() == before[1]


def test_the_right_name_erases(operator, olaf, told, signed_in, anna, commits):
    rep = signed_in(anna)
    with commits():
        answer = operator.post(address(told.lead, "erasure"), {"name": " Familie  Aigner "})
    assert (answer.status_code, answer.url) == (302, change(told.lead))
    assert places(*PERSONAL) == set()
    erasure = Erasure.objects.get()
    assert (erasure.actor, erasure.source, erasure.reason) == (olaf, "admin", "request")
    assert rep.get(f"/leads/{told.lead.pk}/").status_code == 404
    assert read(rep.get("/leads/")).text.count("Aigner") == 0
    page = operator.get(change(told.lead))
    assert "Anonymisiert am" in read(page).text


def test_what_waits_for_the_operator_is_not_written_back(
    heatpumps, signed_in, admin_user, commits
):
    """The request that erases carries its own session through to its end."""
    client = signed_in(admin_user)
    offered = factories.offer(heatpumps)
    heatpumps.memberships.create(user=admin_user, role="rep")
    client.post(f"/leads/{offered.pk}/annahme/")
    assert places("Aigner")
    with commits():
        client.post(address(offered, "erasure"), {"name": "Familie Aigner"})
    assert places("Aigner") == set()


def test_a_second_click_finds_nothing_to_erase(operator, told, commits):
    for _number in range(2):
        with commits():
            answer = operator.post(address(told.lead, "erasure"), CONFIRMED["erasure"])
        assert (answer.status_code, answer.url) == (302, change(told.lead))
    assert Erasure.objects.count() == 1
    for page in PAGES:
        answer = operator.get(address(told.lead, page), follow=True)
        assert answer.redirect_chain[-1][0] == change(told.lead)
        assert "bereits anonymisiert" in read(answer).text


def test_the_pages_of_an_anonymised_lead_work_and_say_so(operator, told, commits):
    with commits():
        operator.post(address(told.lead, "erasure"), CONFIRMED["erasure"])
    event = told.lead.events.first()
    for page in (
        change(told.lead),
        reverse("admin:leads_lead_changelist"),
        reverse("admin:leads_leadevent_changelist"),
        reverse("admin:leads_leadevent_change", args=[event.pk]),
    ):
        answer = operator.get(page)
        assert answer.status_code == 200
        assert "Anonymisierter Lead" in answer.content.decode()
        assert "Aigner" not in answer.content.decode()
    # Nothing of it is searched any more, not even that.
    answer = operator.get(reverse("admin:leads_lead_changelist"), {"q": "anonymisiert"})
    assert change(told.lead) not in answer.content.decode()


def test_a_hostile_name_is_text(operator, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, name='"><script>alert(1)</script>')
    factories.offer(heatpumps, name="<img src=x onerror=alert(1)>")
    for page in PAGES:
        html = operator.get(address(lead, page)).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html


# Retention ----------------------------------------------------------------------------


@pytest.mark.parametrize(("months", "days"), [("24", "90"), ("", "")])
def test_operators_set_how_long_leads_are_kept(operator, heatpumps, months, days):
    from tests.marketplaces.admin_page import MarketplacePage

    page = MarketplacePage(operator, heatpumps)
    page.data |= {
        "anonymise_closed_after_months": months,
        "anonymise_offered_after_days": days,
    }
    page.save()
    heatpumps.refresh_from_db()
    kept = (heatpumps.anonymise_closed_after_months, heatpumps.anonymise_offered_after_days)
    assert kept == ((24, 90) if months else (None, None))


@pytest.mark.parametrize("wrong", ["0", "-1", "1,5", "ewig", "99999999999", "1e9", "3651"])
def test_no_nonsense_is_taken_for_a_period(operator, heatpumps, wrong):
    from tests.marketplaces.admin_page import MarketplacePage

    for name in ("anonymise_closed_after_months", "anonymise_offered_after_days"):
        page = MarketplacePage(operator, heatpumps)
        page.data[name] = wrong
        assert page.send().status_code == 200
        assert page.errors()
    heatpumps.refresh_from_db()
    assert heatpumps.anonymise_closed_after_months is None
