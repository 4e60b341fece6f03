"""Giving information (Art. 15 GDPR): everything that leads say about one person, as a ZIP.

The archive holds `auskunft.html` to read and print, `auskunft.json` for machines (its
form is described in docs/privacy.md) and the attachments. It is written in pieces while
it is sent; nothing of it is kept.
"""

import logging
import zipfile
from dataclasses import dataclass
from itertools import batched, chain

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadbook.language import each_in
from leadbook.provenance import Source
from leads.fields import all_fields_of
from leads.file_names import FORBIDDEN, clean_file_name
from leads.models import Attachment, LeadEvent
from leads.moments import show_moment
from leads.zip_stream import zip_stream
from marketplaces.models import Membership

from . import retention
from .json_stream import json_stream

logger = logging.getLogger(__name__)

SCHEMA, VERSION = "leadbook-personal-data", 1
PAGE = "privacy/information.html"
ROWS_AT_ONCE = 200
CHUNK_BYTES = 256 * 1024


def file_name(leads):
    """Return what the archive is called; nothing in it names the person."""
    numbers = "-".join(str(lead.pk) for lead in leads[:5])
    return f"auskunft-lead-{numbers}-{timezone.localdate():%Y-%m-%d}.zip"


def information(leads):
    """Yield the bytes of the ZIP about `leads`, which are about one person.

    A file that cannot be read is named as missing; the rest is complete. All is in the
    installation's language.
    """
    archive = zip_stream(_entries([Report(lead) for lead in leads]))
    return each_in(settings.LANGUAGE_CODE, archive)


def _entries(reports):
    for report in reports:
        for stored in report.files:
            yield from stored.entries()
    # Last, because only now it is known which files could be read.
    now = timezone.now()
    yield _info("auskunft.json", now), 6, map(str.encode, _json(reports, now))
    yield _info("auskunft.html", now), 6, map(str.encode, _html(reports, now))


def _info(name, moment, size=0):
    info = zipfile.ZipInfo(name, timezone.localtime(moment).timetuple()[:6])
    info.file_size = size
    info.external_attr = 0o600 << 16
    return info


@dataclass
class StoredFile:
    """An attachment and what became of it in the archive."""

    attachment: Attachment
    path: str
    state: str = "included"

    @classmethod
    def of(cls, attachment, number):
        """Return the attachment under a name that is safe on every system."""
        name = FORBIDDEN.sub("_", clean_file_name(attachment.name))
        folder = f"anhaenge/lead-{attachment.lead_id}"
        if attachment.deleted_at:
            folder += "/geloescht"
        return cls(
            attachment, f"{folder}/{number:03} {name}", str(attachment.lock) or "included"
        )

    @property
    def is_included(self):
        """Whether the archive has the file, if only a part of it."""
        return self.state in {"included", "incomplete"}

    @property
    def state_text(self):
        """Why the file is not there, or not whole; empty where it is."""
        return {
            "missing": _("The file is missing or cannot be read."),
            "incomplete": _("Only a part of the file could be read."),
            "pending": _("Left out: the virus check is not done yet."),
            "blocked": _("Left out: the virus check has blocked the file."),
        }.get(self.state, "")

    def entries(self):
        """Yield the file's entry of the archive, if it can be read."""
        if not self.is_included:
            return
        pieces = self._pieces()
        first = next(pieces, None)
        if first is None:
            self.state = "missing"
            return
        info = _info(self.path, self.attachment.created_at, self.attachment.size)
        # Pictures, PDF and office documents are compressed already.
        yield info, 0, chain([first], pieces)

    def _pieces(self):
        """Yield the file's bytes; where they end too early, note it."""
        size = 0
        try:
            with self.attachment.file.open("rb") as file:
                while piece := file.read(CHUNK_BYTES):
                    size += len(piece)
                    yield piece
        except Exception:
            # Whatever a storage's own client raises.
            logger.exception("Attachment %d could not be read.", self.attachment.pk)
        if size != self.attachment.size:
            self.state = "incomplete"


class Report:
    """Everything that is kept about the person in one lead."""

    def __init__(self, lead):
        self.lead = lead
        attachments = lead.attachments.for_list().order_by("pk")
        self.files = [StoredFile.of(a, number) for number, a in enumerate(attachments, 1)]

    @property
    def fields(self):
        """All fields that have a value, retired ones of the marketplace included."""
        for f in all_fields_of(self.lead.marketplace):
            if f.data_of(self.lead):
                yield f

    @property
    def entries(self):
        """What people wrote into the journal, deleted entries included; oldest first."""
        return self.lead.journal.written().select_related("author").oldest_first()

    @property
    def events(self):
        """What was recorded; oldest first."""
        return self.lead.events.select_related("from_phase", "to_phase").oldest_first()

    @property
    def refusals(self):
        """Which reps declined the lead, and why."""
        return self.lead.refusals.select_related("rep").order_by("created_at", "id")

    @property
    def origin(self):
        """Return in a sentence where the data come from."""
        first = self.lead.events.oldest_first().first()
        if first is None:
            return _("Not recorded.")
        when = {"when": show_moment(first.created_at), "who": first.actor_name}
        if first.kind == LeadEvent.Kind.ENTERED:
            return _("Entered by %(who)s on %(when)s.") % when
        if first.source == Source.IMPORT:
            return _("Read on %(when)s from a file of the marketplace.") % when
        return _("Offered by the marketplace on %(when)s.") % when

    @property
    def access(self):
        """Return who sees the data or has worked with them: pairs of role and names."""
        lead, members = self.lead, self.lead.marketplace.memberships.active()
        found = [(_("Owner"), [str(lead.owner)])] if lead.owner else []
        for role in (Membership.Role.MANAGER, Membership.Role.OPERATOR):
            if names := [str(member.user) for member in members.with_role(role)]:
                found.append((role.label, names))
        named = {name for _role, names in found for name in names}
        actors = lead.events.exclude(actor_name="").order_by("actor_name")
        actors = actors.values_list("actor_name", flat=True).distinct()
        if others := [name for name in actors if name not in named]:
            found.append((_("Has worked with the lead"), others))
        reps = len(members.with_role(Membership.Role.REP))
        if reps and (sentence := self._sentence_on_offer(reps)):
            found.append((_("Sales of the marketplace"), [sentence % {"count": reps}]))
        found.append((_("System administration"), [_("of this installation")]))
        return found

    def _sentence_on_offer(self, reps):
        if self.lead.is_offered:
            return ngettext(
                "%(count)d person, without the contact, while the lead is offered",
                "%(count)d people, without the contact, while the lead is offered",
                reps,
            )
        if not self.lead.events.filter(kind=LeadEvent.Kind.ENTERED).exists():
            return ngettext(
                "%(count)d person, without the contact, while the lead was offered",
                "%(count)d people, without the contact, while the lead was offered",
                reps,
            )
        return ""

    @property
    def retention(self):
        """Return in a sentence how long the data are kept."""
        end = retention.ends_at(self.lead)
        if end:
            return _("The personal data are erased after %(when)s.") % {
                "when": show_moment(end)
            }
        months = self.lead.marketplace.anonymise_closed_after_months
        if months:
            sentence = ngettext(
                "The personal data are erased %(count)d month after the closing.",
                "The personal data are erased %(count)d months after the closing.",
                months,
            )
            return sentence % {"count": months}
        return _("No period is set; the data are kept as long as the purpose needs them.")


def _json(reports, now):
    """Yield the text of `auskunft.json`."""
    return json_stream(
        {
            "schema": SCHEMA,
            "version": VERSION,
            "created_at": now.isoformat(),
            "leads": map(_lead_as_json, reports),
        }
    )


def _lead_as_json(report):
    lead = report.lead
    return {
        "id": lead.pk,
        "marketplace": lead.marketplace.name,
        "external_id": lead.external_id,
        "status": lead.status,
        "phase": lead.phase and lead.phase.name,
        "loss_reason": lead.loss_reason and lead.loss_reason.label,
        "created_at": _iso(lead.created_at),
        "accepted_at": _iso(lead.accepted_at),
        "phase_entered_at": _iso(lead.phase_entered_at),
        "phase_due_on": lead.phase_due_on and lead.phase_due_on.isoformat(),
        "closed_at": _iso(lead.closed_at),
        "last_activity_at": _iso(lead.last_activity_at),
        "origin": report.origin,
        "retention": report.retention,
        "access": [{"role": str(role), "names": names} for role, names in report.access],
        "fields": [
            {
                "name": f.name,
                "label": str(f.label),
                "value": f.as_kept_now(f.data_of(lead)),
                "text": f.text_of(lead),
                "retired": f.is_retired,
            }
            for f in report.fields
        ],
        "journal": (
            {
                "created_at": _iso(entry.created_at),
                "kind": entry.kind,
                "outcome": entry.outcome,
                "author": str(entry.author),
                "text": entry.text,
                "edited_at": _iso(entry.edited_at),
                "deleted_at": _iso(entry.deleted_at),
            }
            for entry in report.entries.iterator(ROWS_AT_ONCE)
        ),
        "attachments": [
            {
                "name": stored.attachment.name,
                "file": stored.path if stored.is_included else None,
                "state": stored.state,
                "size": stored.attachment.size,
                "sha256": stored.attachment.sha256,
                "created_at": _iso(stored.attachment.created_at),
                "author": str(stored.attachment.author or ""),
                "deleted_at": _iso(stored.attachment.deleted_at),
            }
            for stored in report.files
        ],
        "refusals": [
            {
                "created_at": _iso(refusal.created_at),
                "person": str(refusal.rep),
                "reason": refusal.reason,
            }
            for refusal in report.refusals
        ],
        "events": (
            {
                "created_at": _iso(event.created_at),
                "kind": event.kind,
                "person": event.actor_name,
                "source": event.source,
                "field": event.field,
                "label": event.label,
                "old": event.old_text,
                "new": event.new_text,
            }
            for event in report.events.iterator(ROWS_AT_ONCE)
        ),
    }


def _iso(moment):
    return moment and moment.isoformat()


def _html(reports, now):
    """Yield the text of `auskunft.html`."""
    yield _part("begin", reports=reports, now=now, language=settings.LANGUAGE_CODE)
    for report in reports:
        values = [(f.label, f.text_of(report.lead), f.is_retired) for f in report.fields]
        yield _part("lead", report=report, lead=report.lead, values=values)
        for name, rows in (("entries", report.entries), ("events", report.events)):
            yield _part(f"{name}_heading")
            for batch in batched(rows.iterator(ROWS_AT_ONCE), ROWS_AT_ONCE):
                yield _part(name, rows=batch)
    yield _part("end")


def _part(name, **context):
    return render_to_string(f"{PAGE}#{name}", context)
