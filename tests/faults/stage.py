"""Run on the server's database: reps with leads of their own, and offered leads.

Prints what the reps know as JSON.
"""

import json
import sys

import django

REPS = 4
LEADS_OF_A_REP = 2


def build(offers):
    """Fill the empty database."""
    from tests import factories

    reps = [factories.UserFactory(username=f"rep{number}") for number in range(REPS)]
    marketplace = factories.MarketplaceFactory(
        name="Wärmepumpe Süd",
        phases=["Qualifizierung", "Vor-Ort-Termin", "Angebot", "Verhandlung", "Auftrag"],
        reasons=["Zu teuer"],
        members={"rep": reps},
    )
    leads = {
        rep.username: [
            factories.accepted(marketplace, rep, phase=2).pk for _n in range(LEADS_OF_A_REP)
        ]
        for rep in reps
    }
    return {
        "password": factories.PASSWORD,
        "leads": leads,
        "phases": [phase.pk for phase in marketplace.phases.order_by("position")],
        "offers": [factories.offer(marketplace).pk for _n in range(offers)],
    }


if __name__ == "__main__":
    django.setup()
    json.dump(build(int(sys.argv[1])), sys.stdout)
