"""Large numbers in the administration read as on all other pages: 1.200."""

from datetime import timedelta

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from leads import handing_over, relocating
from leads.models import Attachment, JournalEntry, Lead
from leads.privacy.former_members import StillOwner, anonymise_user
from marketplaces.models import User
from tests import factories
from tests.markup import read

MANY = 1200


def many(lead):
    """Let there be MANY of this lead."""
    values = {f.attname: getattr(lead, f.attname) for f in Lead._meta.concrete_fields}
    values |= {"id": None, "entry_token": None}
    Lead.objects.bulk_create(
        Lead(**values | {"external_id": f"{lead.pk}-{n}"}) for n in range(1, MANY)
    )


@pytest.fixture
def phase(heatpumps):
    """The phase in which the crowd stands."""
    return heatpumps.phases.get(name="Angebot")


@pytest.fixture
def crowd(heatpumps, anna, phase):
    """MANY leads of Anna's, with a value in the field Dach, in a retired phase."""
    field = factories.make_field(heatpumps, "Dach")
    lead = factories.accepted(heatpumps, anna, phase=phase.position, name="Viele")
    lead.set_field(f"feld-{field.pk}", seen="", value="Ziegel", by=anna)
    many(Lead.objects.get(pk=lead.pk))
    phase.is_retired = True
    phase.save()


@pytest.fixture
def shown(signed_in, olaf):
    """Return a function that gives the text of a page that an operator sees."""
    client = signed_in(olaf)

    def get(name, *args):
        return read(client.get(reverse(f"admin:{name}", args=args))).text

    get.client = client
    return get


def test_of_a_marketplace(shown, crowd, heatpumps, anna):
    heatpumps.memberships.filter(user=anna).delete()
    many(factories.offer(heatpumps))
    listed = shown("marketplaces_marketplace_changelist")
    assert "1.200 Leads in stillgelegten Phasen" in listed
    # Offered and in progress.
    assert listed.count("1.200") == 3
    text = shown("marketplaces_marketplace_change", heatpumps.pk)
    assert "stehen 1.200 Leads. Sie bleiben dort" in text
    assert "betreut aber noch 1.200 Leads" in text
    # In the row of the phase, and in that of the field.
    assert text.count("1.200") == 4


def test_of_what_cannot_be_deleted(shown, crowd, heatpumps, phase, anna):
    assert phase.use == "In dieser Phase stehen 1.200 Leads."
    field, reason = heatpumps.fields.get(label="Dach"), heatpumps.loss_reasons.first()
    assert field.use == "1.200 Leads haben in diesem Feld einen Wert."
    heatpumps.allows_early_loss = True
    heatpumps.save()
    lead = Lead.objects.in_progress().first()
    lead.lose(seen=phase, reason=reason, by=anna)
    many(Lead.objects.get(pk=lead.pk))
    assert reason.use == "1.200 Leads gingen aus diesem Grund verloren."
    assert "1.200" in shown("marketplaces_marketplace_change", heatpumps.pk)


def test_of_leads_that_are_moved(shown, crowd, heatpumps, phase, monkeypatch):
    monkeypatch.setattr(relocating, "AT_ONCE", 1)
    where = reverse("admin:marketplaces_phase_relocate", args=[heatpumps.pk, phase.pk])
    text = shown("marketplaces_phase_relocate", heatpumps.pk, phase.pk)
    assert "stehen 1.200 Leads" in text
    assert "1.200 Leads verschieben" in text
    to = heatpumps.phases.get(name="Verhandlung")
    answer = shown.client.post(where, {"to": to.pk}, follow=True)
    assert "In „Angebot“ stehen noch 1.199 Leads." in read(answer).text


def test_of_leads_that_are_handed_over(shown, crowd, heatpumps, anna, meike, monkeypatch):
    monkeypatch.setattr(handing_over, "AT_ONCE", 1)
    address = reverse("admin:leads_lead_changelist")
    chosen = {
        "action": "hand_over", "index": 0, "select_across": "1",
        ACTION_CHECKBOX_NAME: [Lead.objects.in_progress().first().pk],
    }  # fmt: skip
    text = read(shown.client.post(address, chosen)).text
    assert "1.200 Leads in Bearbeitung bekommen" in text
    assert "1.200 Leads übergeben" in text
    answer = shown.client.post(address, {**chosen, "to": meike.pk}, follow=True)
    assert "1.199 Leads sind noch zu übergeben." in read(answer).text


def test_of_the_leads_of_a_person(admin_client, crowd, heatpumps, anna):
    heatpumps.memberships.filter(user=anna).delete()
    text = read(
        admin_client.get(reverse("admin:marketplaces_user_change", args=[anna.pk]))
    ).text
    assert "Anna Beispiel betreut 1.200 Leads" in text
    assert "An 1.200 davon kann" in text
    User.objects.filter(pk=anna.pk).update(is_active=False)
    with pytest.raises(StillOwner, match=r"noch 1\.200 Leads"):
        anonymise_user(anna, by=None, reason="request")


def test_of_a_lead_that_is_to_be_erased(shown, lead, anna):
    JournalEntry.objects.bulk_create(
        JournalEntry(lead=lead, author=anna, text=f"Notiz {n}") for n in range(MANY)
    )
    text = shown("leads_lead_erasure", lead.pk)
    assert f"1.{lead.journal.written().count() - 1000} Journaleinträge" in text


def test_of_attachments_that_are_to_go(lead, anna, capsys):
    Attachment.objects.bulk_create(
        Attachment(lead=lead, author=anna, file=f"aa/{n}", name=f"Plan {n}.pdf",
                   extension="pdf", size=1, sha256=f"{n}",
                   deleted_at=timezone.now() - timedelta(days=31))
        for n in range(MANY)
    )  # fmt: skip
    call_command("purge_attachments", "--dry-run")
    assert "Würden entfernt: 1.200" in capsys.readouterr().out
