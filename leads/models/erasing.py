"""Anonymising: what is personal goes for good, what is a figure stays (Art. 17 GDPR)."""

import logging

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leadbook import provenance
from leads import search_index
from leads.fields import BUILT_IN, all_fields_of
from leads.privacy import erasure_list, traces
from leads.privacy.mentions import Mentions
from leads.search_documents import NAMES, NUMBERS, contact_of

from .erasure import Erasure
from .event import LeadEvent
from .lead_import import LeadImport
from .saved_view import SavedView
from .storage_use import StorageUse

logger = logging.getLogger(__name__)

# Of the built-in fields; whatever is added to them is erased unless it is named here.
KEPT_FIELDS = {"value"}
# Events whose texts are the operators' words: phases, loss reasons, the marketplace; or
# the members' names.
IMPERSONAL = (
    *LeadEvent.PROCESS, LeadEvent.Kind.OFFERED, LeadEvent.Kind.HANDED_OVER,
    LeadEvent.Kind.ANONYMISED,
)  # fmt: skip
# Events whose label is the name of a field, of a kind of entry or of what is to be
# ticked, not of a file.
LABELLED = (
    *IMPERSONAL, LeadEvent.Kind.FIELD_CHANGED, LeadEvent.Kind.ENTRY_EDITED,
    LeadEvent.Kind.ENTRY_DELETED, LeadEvent.Kind.ENTRY_RESTORED, LeadEvent.Kind.CALLED,
    LeadEvent.Kind.TICKED, LeadEvent.Kind.UNTICKED,
)  # fmt: skip
# The journal refuses an empty text.
NO_TEXT = "–"


class Erasing:
    """The verb that takes the person out of a lead; mixed into Lead."""

    def anonymise(self, *, by, reason, among, may_return=False):
        """Erase for good what this lead says about a person; return the Erasure.

        Gone are all fields but the value, the marketplace's own number, the texts of
        journal, history and refusals, the attachments with their files, and what waits
        in sessions to be shown. Marketplace, owner, phases, times, value, loss reason and
        the kinds of events stay. Nobody but operators sees the lead any more.

        `among` is the queryset that the actor may act on; `by` is None for a command.
        `may_return` says that an import may bring the person again: its file was wrong.
        Raises NoLongerVisible, also for a lead that is anonymised already. Once the
        transaction is committed, the files are removed and the erasure list is written;
        what of this failed stands in the Erasure's `left_undone`.
        """
        with self.locked(among.personal()):
            erasure = Erasure.objects.create(
                lead=self,
                reason=reason,
                **provenance.signature(by),
                external_id_sha256="" if may_return else Erasure.hash_of(self.external_id),
                counts=self.personal_counts(),
            )
            traces.forget_lead(self, self._personal_texts())
            contact = self._contact()
            names = set().union(*(contact[field] for field in NAMES))
            numbers = set().union(*(contact[field] for field in NUMBERS))
            mentions = Mentions(names | contact["street"], numbers, self.external_id)
            self._forget_texts()
            attachments = self._forget_attachments()
            self._forget_fields()
            self.forget_search_document()
            SavedView.objects.forget_person(contact_of(names, numbers))
            LeadImport.objects.forget_file_with(self)
            LeadImport.objects.forget_contact(mentions, set().union(*contact.values()))
            # What is taken back was wrong, and comes again with the next file.
            if reason != Erasure.Reason.TAKEN_BACK:
                LeadImport.objects.forget_mentions(
                    mentions,
                    marketplace=self.marketplace_id,
                    unread=reason != Erasure.Reason.RETENTION,
                )
            self.forget_field_values()
            self.forget_match_keys()
            self.record(
                LeadEvent.Kind.ANONYMISED, by=by, new_text=erasure.get_reason_display()
            )
            erasure.finished_at = timezone.now()
            erasure.save(update_fields=["finished_at"])
            transaction.on_commit(lambda: _finish(erasure, attachments))
        return erasure

    def personal_counts(self):
        """Return in numbers what `anonymise` takes away."""
        fields = all_fields_of(self.marketplace)
        attachments = list(self.attachments.all())
        return {
            "fields": sum(bool(f.data_of(self)) for f in fields if f.name not in KEPT_FIELDS),
            "entries": self.journal.written().count(),
            "events": self.events.exclude(kind__in=IMPERSONAL).count(),
            "refusals": self.refusals.exclude(reason="").count(),
            "files": len(attachments),
            "bytes": sum(attachment.size for attachment in attachments),
        }

    def _personal_texts(self):
        """Return every text that is about to go, to find it where else it may stand."""
        fields = all_fields_of(self.marketplace)
        texts = {field.text_of(self) for field in fields if field.name not in KEPT_FIELDS}
        texts.update(self.journal.written().values_list("text", flat=True))
        texts.update(self.refusals.values_list("reason", flat=True))
        texts.update(self.attachments.values_list("name", flat=True))
        events = self.events.exclude(kind__in=IMPERSONAL)
        for event in events.values_list("kind", "label", "old_text", "new_text"):
            texts.update(event[2:] if event[0] in LABELLED else event[1:])
        return texts

    def _contact(self):
        """Return what names the person or the house, by field; also what did so before."""
        fields = (*NAMES, *NUMBERS, "street")
        texts = {name: {getattr(self, name)} for name in fields}
        changes = self.events.filter(kind=LeadEvent.Kind.FIELD_CHANGED, field__in=fields)
        for name, *values in changes.values_list("field", "old", "new"):
            texts[name].update(values)
        # What is shorter stands in many names.
        return {
            name: {text for text in found if text and len(text) >= traces.SHORTEST}
            for name, found in texts.items()
        }

    def _forget_texts(self):
        self.journal.written().update(text=NO_TEXT)
        self.refusals.update(reason="")
        self.events.exclude(kind__in=LABELLED).update(label="")
        self.events.exclude(kind__in=IMPERSONAL).update(
            old="", new="", old_text="", new_text=""
        )

    def _forget_attachments(self):
        attachments = list(self.attachments.order_by("pk").select_for_update(of=("self",)))
        size = sum(attachment.size for attachment in attachments)
        StorageUse.objects.give_back(self.marketplace_id, size)
        self.attachments.all().delete()
        # What is still on its way, too: in the bucket already, but with no attachment.
        arrivals = list(self.direct_uploads.all())
        self.direct_uploads.all().delete()
        return [*attachments, *arrivals]

    def _forget_fields(self):
        names = [field.name for field in BUILT_IN if field.name not in KEPT_FIELDS]
        for name in names:
            setattr(self, name, None if self._meta.get_field(name).null else "")
        self.name = _("Anonymised lead")
        self.own_values = {}
        self.external_id = self.entry_token = None
        self.anonymised_at = timezone.now()
        self.derive()
        self.save(
            update_fields=[
                *names, "own_values", "external_id", "entry_token", "anonymised_at",
                "sort_name",
            ]
        )  # fmt: skip


def _finish(erasure, attachments):
    """Do what no transaction can take back; a failure stops nothing of the rest."""
    for attachment in attachments:
        try:
            attachment.remove_files()
        except Exception:
            # Whatever a storage's own client raises. The key says nothing of the person.
            logger.exception("A file of lead %d could not be removed.", erasure.lead_id)
            erasure.left_undone.append(
                _("The file %(key)s could not be removed.") % {"key": attachment.key}
            )
    if erasure.reason == Erasure.Reason.REQUEST:
        # Who erases many does so once, at the end.
        erasure.left_undone += search_index.scrub_or_tell()
    erasure_list.append_or_tell(erasure)
