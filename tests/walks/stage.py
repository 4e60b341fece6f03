"""Objects behind every address, and what each route is: the map that the walks follow.

A route that stands in `leadbook/urls.py` or below, or in the admin, and not here fails the
walks.
"""

import uuid
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver

from leads.models import Lead, SavedView
from leads.models.attachment import attachment_storage
from leads.uploads import Document
from marketplaces.models import ChecklistItem
from tests import factories
from tests.leads.samples import picture
from tests.markup import read

# What a stranger must never read in any answer.
# What nobody must read of a lead before accepting it.
CONTACT = {
    "name": "Familie Verborgen",
    "company": "Verborgen GmbH",
    "contact_person": "Vera Verborgen",
    "phone": "+49 89 9998887",
    "mobile": "0160 9998886",
    "email": "v@verborgen.example",
    "street": "Versteckweg 9",
    "description": "Bitte heimlich anrufen",
}
SECRETS_OF_OFFERS = [
    "Verborgen", "9998887", "9998886", "verborgen.example", "Versteckweg", "heimlich",
]  # fmt: skip
# What a stranger must never read in any answer.
SECRETS = [
    "Aigner", "1234567", "7654321", "s.aigner@beispiel.de", "Mühlbach", "Bitte abends anrufen",
    "Geheime Notiz", "Geheimer Plan", *SECRETS_OF_OFFERS,
]  # fmt: skip


class Stage:
    """Anna's leads in each state with all that hangs on them, and an offered one."""

    def __init__(self, heatpumps, anna):
        heatpumps.allows_early_loss = True
        heatpumps.save()
        self.marketplace = heatpumps
        self.anna = anna
        factories.make_field(heatpumps, "Dach", "choices", choices="Ziegel\nBlech")
        self.lead = factories.accepted(heatpumps, anna, phase=3)
        self.item = ChecklistItem.objects.create(
            marketplace=heatpumps, phase=self.lead.phase, position=1, text="Angebot erklärt"
        )
        self.offered = factories.offer(heatpumps, **CONTACT)
        self.closed = factories.accepted(heatpumps, anna, phase=5)
        self.closed.win(seen=self.closed.phase, by=anna)
        self.entry = self.lead.write_entry(text="Geheime Notiz", by=anna)
        image = SimpleUploadedFile("Geheimer Plan.png", picture("PNG", size=(400, 300)))
        self.attachment, _event = self.lead.attach(Document.check(image), by=anna)
        self.event = self.lead.set_field(
            "company", seen=self.lead.company, value="Aigner Holzbau GmbH", by=anna
        )
        self.lead = Lead.objects.get(pk=self.lead.pk)
        # It lies in the storage already and waits for whoever announced it.
        self.arrival = self.lead.expect_file(name="Geheimer Plan.txt", size=4, by=anna)
        attachment_storage().save(self.arrival.key, ContentFile(b"Plan"))
        self.withdrawn = self._offered_again(heatpumps, anna)
        self.imports = {
            state: factories.imported(heatpumps, anna, state)
            for state in ("mapping", "checked", "running", "done")
        }
        self.views = [
            SavedView.objects.keep(anna, name=name, list_name="in_progress", query="sort=name")
            for name in ("Ansicht A", "Ansicht B")
        ]

    @staticmethod
    def _offered_again(marketplace, by):
        """An offered lead on which somebody has worked: its history is not to be seen."""
        lead = factories.accepted(marketplace, by, phase=2, **CONTACT)
        lead.write_entry(text="Geheime Notiz", by=by)
        factories.attach(lead, by, "Geheimer Plan.txt", b"Geheimer Plan")
        Lead.objects.filter(pk=lead.pk).update(
            status=Lead.Status.OFFERED, owner=None, phase=None, accepted_at=None,
            phase_entered_at=None,
        )  # fmt: skip
        return Lead.objects.get(pk=lead.pk)

    @property
    def leads(self):
        """One lead in each state."""
        return [self.lead, self.closed, self.offered, self.withdrawn]

    def ids(self, route):
        """The arguments of the route's address."""
        lead = getattr(self, LEADS.get(route, "lead"))
        return {
            "<int:lead_id>": lead.pk,
            "<str:name>": "phone",
            "<int:entry_id>": self.entry.pk,
            "<int:attachment_id>": self.attachment.pk,
            "<int:event_id>": self.event.pk,
            "<int:upload_id>": self.arrival.pk,
            "<int:import_id>": self.imports[IMPORTS.get(route, "mapping")].pk,
            "<str:ending>": "csv",
            "<int:view_id>": self.views[-1].pk,
        }

    def address(self, route, **others):
        """The address of `route`; `others` replace ids: lead_id=…"""
        ids = self.ids(route)
        for name, value in others.items():
            ids[f"<int:{name}>"] = value
        address = f"/{route}"
        for part, value in ids.items():
            address = address.replace(part, str(value))
        return address

    def body(self, route):
        """What the right person would send to `route`, complete and valid."""
        lead, phases = self.lead, self.marketplace.phases
        match route.removeprefix(LEAD):
            case "leads/wiedervorlage/":
                return {"lead": lead.pk, "follow_up_at": "2028-01-03"}
            case "leads/ansichten/anlegen/":
                return {"name": "Neu", "liste": "in_progress", "abfrage": "sort=-name"}
            case "leads/ansichten/<int:view_id>/":
                return {"name": "Neu"}
            case "leads/ansichten/<int:view_id>/position/":
                return {"platz": 1}
            case "phase/":
                following = phases.get(position=lead.phase.position + 1).pk
                return {"von": lead.phase_id, "nach": following, "note": "Notiz"}
            case "phase/checkliste/":
                return {"von": lead.phase_id, "punkt": self.item.pk}
            case "abschluss/":
                reason = self.marketplace.loss_reasons.first().pk
                return {"von": lead.phase_id, "ergebnis": "verloren", "loss_reason": reason}
            case "anruf/":
                return {"outcome": "not_reached", "note": "Abends", "token": uuid.uuid4()}
            case "wiedervorlage/":
                return {"follow_up_at": "2026-12-01", "follow_up_note": "Nachfassen"}
            case "felder/<str:name>/":
                return {"phone": "089 1", "seen-phone": lead.phone}
            case "journal/":
                return {"text": "Neue Notiz", "kind": "note", "token": uuid.uuid4()}
            case "journal/<int:entry_id>/":
                return {"text": "Geändert", "seen": self.entry.text}
            case "anhaenge/":
                return {"dateien": SimpleUploadedFile("Neu.txt", b"Neu")}
            case "anhaenge/direkt/":
                return {"name": "Neu.txt", "size": 3}
            case "anhaenge/<int:attachment_id>/name/":
                return {"name": "Neu.png"}
            case "ablehnung/":
                return {"reason": "Zu weit"}
            case "leads/importe/neu/":
                return {
                    "ziel": f"{self.marketplace.slug}/own", "token": uuid.uuid4(),
                    "datei": SimpleUploadedFile("Neu.csv", b"Name\nNeu\n"),
                }  # fmt: skip
            case "leads/importe/<int:import_id>/spalten/":
                return {"spalte-0": "name", "spalte-1": ""}
            case _:
                return {}

    def whole_form(self, client, route):
        """What the form of the page sends, where it has too many fields to list."""
        address = self.address(route)
        return read(client.get(address)).form(address).sends(phone="089 1")


@dataclass(frozen=True)
class Of:
    """What a route is: its verbs, who may use it and who is refused."""

    get: bool = False
    post: bool = False
    # People who are let in, by their fixture's name.
    allowed: tuple = ("anna", "meike")
    refused: tuple = ("ben", "clara", "mona", "olaf", "former", "ended", "reassigned")
    # Whether the whole form must be read from the page.
    has_form: bool = False
    # Whether it answers a script, not a page.
    is_for_scripts: bool = False
    # Whether a page, too, gets the form again, with what else was typed in it.
    goes_on: bool = False

    @property
    def verbs(self):
        """The verbs that are answered."""
        return {"GET": self.get, "HEAD": self.get, "POST": self.post}


LEAD = "leads/<int:lead_id>/"
# The routes that want another lead than the one in progress.
LEADS = {
    f"{LEAD}annahme/": "offered",
    f"{LEAD}ablehnung/": "offered",
    f"{LEAD}wiedereroeffnung/": "closed",
}
# See the fixture `client_of` for who the people without a fixture of their own are.
OFFERED = {
    "allowed": ("anna", "ben", "meike"),
    "refused": ("clara", "mona", "olaf", "former", "ended", "decliner"),
}
OWN_ENTRY = {
    "allowed": ("anna",),
    "refused": ("meike", "ben", "clara", "mona", "olaf", "former", "ended", "reassigned"),
}
OF_A_LEAD = {
    LEAD: Of(get=True),
    f"{LEAD}stand/": Of(get=True, is_for_scripts=True),
    f"{LEAD}akte/": Of(get=True),
    f"{LEAD}annahme/": Of(post=True, **OFFERED),
    f"{LEAD}ablehnung/": Of(get=True, post=True, **OFFERED),
    f"{LEAD}phase/": Of(get=True, post=True),
    f"{LEAD}phase/checkliste/": Of(post=True, goes_on=True),
    f"{LEAD}abschluss/": Of(post=True),
    f"{LEAD}wiedereroeffnung/": Of(get=True, post=True),
    f"{LEAD}wiedervorlage/": Of(get=True, post=True),
    f"{LEAD}anruf/": Of(get=True, post=True),
    f"{LEAD}felder/": Of(get=True, post=True, has_form=True),
    f"{LEAD}felder/<str:name>/": Of(get=True, post=True),
    f"{LEAD}journal/": Of(post=True),
    # Only its author changes an entry, not even the manager.
    f"{LEAD}journal/<int:entry_id>/": Of(get=True, post=True, **OWN_ENTRY),
    f"{LEAD}journal/<int:entry_id>/loeschung/": Of(post=True, **OWN_ENTRY),
    f"{LEAD}anhaenge/": Of(post=True),
    f"{LEAD}anhaenge/direkt/": Of(post=True, is_for_scripts=True),
    # Only who has announced a file finishes it.
    f"{LEAD}anhaenge/direkt/<int:upload_id>/": Of(post=True, **OWN_ENTRY),
    f"{LEAD}anhaenge/<int:attachment_id>/": Of(get=True),
    f"{LEAD}anhaenge/<int:attachment_id>/vorschau/": Of(get=True),
    f"{LEAD}anhaenge/<int:attachment_id>/name/": Of(get=True, post=True),
    f"{LEAD}anhaenge/<int:attachment_id>/loeschung/": Of(post=True),
    f"{LEAD}verlauf/<int:event_id>/ruecknahme/": Of(post=True),
}
# What one person has made for oneself, seen by nobody else.
VIEW = "leads/ansichten/<int:view_id>/"
IMPORT = "leads/importe/<int:import_id>/"
OF_ONES_OWN = {
    VIEW: Of(get=True, post=True),
    f"{VIEW}position/": Of(post=True),
    f"{VIEW}loeschung/": Of(post=True),
    IMPORT: Of(get=True),
    f"{IMPORT}spalten/": Of(get=True, post=True),
    f"{IMPORT}start/": Of(post=True),
    f"{IMPORT}fortschritt/": Of(post=True),
    f"{IMPORT}abbruch/": Of(post=True),
    f"{IMPORT}ruecknahme/": Of(get=True, post=True),
    f"{IMPORT}fehler/<str:ending>/": Of(get=True),
}
# The routes that want another import than one whose columns are to be chosen.
IMPORTS = {
    f"{IMPORT}start/": "checked",
    f"{IMPORT}fortschritt/": "running",
    f"{IMPORT}ruecknahme/": "done",
    f"{IMPORT}fehler/<str:ending>/": "done",
}
# Everybody who is signed in has a page of their own here.
PERSONAL = {
    "": Of(get=True),
    "leads/": Of(get=True),
    "leads/neu/": Of(get=True),
    "leads/abgeschlossen/": Of(get=True),
    "leads/anlegen/": Of(get=True, post=True),
    "leads/importe/": Of(get=True),
    "leads/importe/neu/": Of(get=True, post=True),
    "leads/wiedervorlage/": Of(get=True, post=True),
    "leads/wiedervorlage/ruecknahme/": Of(post=True),
    "leads/export/": Of(get=True),
    "leads/abgeschlossen/export/": Of(get=True),
    "leads/suche/": Of(get=True),
    "leads/filter/": Of(get=True),
    "leads/ansichten/": Of(get=True),
    "leads/ansichten/anlegen/": Of(get=True, post=True),
    "leads/ansichten/ruecknahme/": Of(post=True),
    "leads/spalten/": Of(get=True, post=True),
    "abmelden/": Of(post=True),
    "abmelden/ueberall/": Of(post=True),
    "passwort/": Of(get=True, post=True),
    "tastatur/": Of(get=True, post=True),
    "sprache/": Of(post=True),
    "darstellung/": Of(post=True),
    "erinnerungen/": Of(get=True, post=True),
    "einstellungen/": Of(get=True, post=True),
    "einstellungen/morgenmail/": Of(post=True),
}
# Who enters the admin, where that asks for a code (SECOND_FACTOR); else there are no such
# pages. Walked in test_second_factor.
FOR_THE_ADMIN = {
    "anmelden/code/": Of(get=True, post=True),
    "anmelden/code/einrichten/": Of(get=True, post=True),
    "zweiter-faktor/": Of(get=True, post=True),
}
# Everybody who can reach the server.
PUBLIC = {
    "anmelden/": Of(get=True, post=True),
    "admin/login/": Of(get=True),
    "passwort/vergessen/": Of(get=True, post=True),
    "passwort/vergessen/gesendet/": Of(get=True),
    "passwort/neu/<uidb64>/<token>/": Of(get=True, post=True),
    "passwort/neu/fertig/": Of(get=True),
    "leads/rueckmeldung/<token>/": Of(get=True, post=True),
    "abbestellen/<token>/": Of(get=True, post=True),
    "kalender/<token>.ics": Of(get=True),
    "healthz/": Of(get=True),
    "healthz/alive/": Of(get=True),
}


def _of_model(name, thing):
    """The admin's routes of a model, of which `thing` on the stage is one."""
    root = f"admin/{name}/"
    ends = [
        "",
        "add/",
        *(f"<path:object_id>/{v}" for v in ("change/", "delete/", "history/", "")),
    ]
    return {root + end: thing for end in ends}


# Route → the thing on the stage whose id it carries. What operators operate.
ADMIN = {
    **_of_model("marketplaces/marketplace", "marketplace"),
    **_of_model("leads/lead", "lead"),
    **_of_model("leads/leadevent", "event"),
    "admin/leads/lead/<int:lead_id>/information/": "lead",
    "admin/leads/lead/<int:lead_id>/erasure/": "lead",
    "admin/marketplaces/marketplace/<int:marketplace_id>/phases/<int:phase_id>/relocate/":
        "marketplace",
}  # fmt: skip
# What superusers alone see.
ADMIN_OF_SUPERUSERS = {
    **_of_model("marketplaces/user", "anna"),
    "admin/marketplaces/user/<id>/password/": "anna",
}
# What is the same for everybody who is let into the admin, or shows what they may see.
ADMIN_FRAME = [
    "admin/", "admin/search/", "admin/autocomplete/", "admin/jsi18n/", "admin/logout/",
    "admin/password_change/", "admin/password_change/done/",
    "admin/<app_label>/", "admin/<nowhere>",
]  # fmt: skip
# The admin's two routes that are regular expressions, by their names.
REGULAR = {
    r"^(?P<app_label>": "admin/<app_label>/",
    r"(?P<url>.*)$": "admin/<nowhere>",
}
KNOWN = {
    *OF_A_LEAD,
    *OF_ONES_OWN,
    *PERSONAL,
    *FOR_THE_ADMIN,
    *PUBLIC,
    *ADMIN,
    *ADMIN_OF_SUPERUSERS,
    *ADMIN_FRAME,
}


def route_name(route):
    """The route as it stands in KNOWN."""
    return next((name for start, name in REGULAR.items() if start in route), route)


def views(urlconf=None):
    """Route → view of all that the resolver knows, as written in the urls modules."""

    def walk(resolver, prefix=""):
        for pattern in resolver.url_patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern, route)
            else:
                yield route_name(route), pattern.callback

    # Of two views at the same address the first one answers.
    return dict(reversed(list(walk(get_resolver(urlconf)))))
