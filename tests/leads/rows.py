"""Many leads at once, for lists; single ones come from tests.factories."""

from django.utils import timezone

from leads import field_values, match_keys
from leads.models import Lead, SearchDocument
from leads.search_documents import columns_of


def in_progress(marketplace, owner, number, **columns):
    """Write `number` leads in progress in one go; callables get the row's number."""
    phases = list(marketplace.phases.order_by("position"))
    now = timezone.now()
    leads = []
    for n in range(number):
        given = {key: make(n) if callable(make) else make for key, make in columns.items()}
        values = {
            "name": f"Lead {n}",
            "phase": phases[n % len(phases)],
            "status": "in_progress",
            "accepted_at": now,
            "phase_entered_at": now,
            **given,
        }
        lead = Lead(marketplace=marketplace, owner=owner, **values)
        lead.derive()
        leads.append(lead)
    leads = Lead.objects.bulk_create(leads)
    documents = [SearchDocument(**columns_of(lead, ())) for lead in leads]
    SearchDocument.objects.bulk_create(documents)
    field_values.write(leads)
    match_keys.write(leads)
    return leads


def closed(marketplace, owner, number, **columns):
    """Write `number` closed leads in one go, every third of them lost."""
    reason = marketplace.loss_reasons.first()
    values = {
        "status": lambda n: "won" if n % 3 else "lost",
        "loss_reason": lambda n: None if n % 3 else reason,
        "closed_at": timezone.now(),
    }
    return in_progress(marketplace, owner, number, **{**values, **columns})
