"""A lead about which everything is known that can be known."""

from types import SimpleNamespace

import pytest

from leads.models import Lead
from tests import factories
from tests.leads.samples import picture

# What must be gone after an erasure, wherever it stood.
PERSONAL = [
    "Aigner", "aigner", "1234567", "7654321", "s.aigner@beispiel.de", "Mühlbach",
    "83022", "Rosenheim", "Wärmepumpe statt Ölheizung", "Bitte abends anrufen", "Empfehlung",
    "Grundriss", "Urkunde", "Altbau", "Ruft zurück", "Hund", "Zu weit weg", "WPS-4711",
    "Dachstuhl von 1931", "Bernau", "Holzwurm",
]  # fmt: skip


@pytest.fixture
def roof(heatpumps):
    return factories.make_field(heatpumps, "Dach", "long_text")


@pytest.fixture
def told(heatpumps, anna, ben, roof):
    """Anna's lead with fields, changes, journal, files, refusal; with its parts by name."""
    lead = Lead.offer(
        marketplace=heatpumps,
        values={
            **factories.contact(),
            "source": "Empfehlung von Familie Aigner",
            "value": 24800,
            roof_name(roof): "Dachstuhl von 1931",
        },
        external_id="WPS-4711",
    )
    lead.decline(by=ben, reason="Zu weit weg")
    lead.accept(by=anna)
    lead.move(seen=lead.phase, to=lead.next_phase, by=anna, note="Ruft zurück wegen Aigner")
    lead.set_field("city", seen="Rosenheim", value="Bernau", by=anna)
    lead.set_field(
        roof_name(roof), seen="Dachstuhl von 1931", value="Holzwurm im Gebälk", by=anna
    )
    entry = lead.write_entry(text="Frau Aigner: Vorsicht, Hund", by=anna)
    lead.edit_entry(entry.pk, text="Frau Aigner hat einen Hund", by=anna)
    gone = lead.write_entry(text="Altbau, Herr Aigner", by=anna)
    lead.delete_entry(gone.pk, by=anna)
    plan = factories.attach(
        lead, anna, "Grundriss Aigner.png", picture("PNG", size=(400, 300))
    )
    deed = factories.attach(lead, anna, "Urkunde.txt", b"Kaufvertrag der Familie Aigner")
    lead.delete_file(deed.pk, by=anna)
    lead = Lead.objects.get(pk=lead.pk)
    return SimpleNamespace(lead=lead, entry=entry, gone=gone, plan=plan, deed=deed)


def roof_name(roof):
    return f"feld-{roof.pk}"
