"""Erase what leads say about a person, for good."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leadbook import security_log
from leadbook.numbers import german
from leads.models import Erasure, Lead, NoLongerVisible
from leads.uploads import megabytes


class Command(BaseCommand):
    """Parses the arguments; `lead.anonymise` does the work."""

    help = (
        "Erases the personal data of one or more leads for good; shows before what goes "
        "and asks. Exits with 1 when something could not be removed."
    )

    def add_arguments(self, parser):
        """Declare the options."""
        parser.add_argument(
            "--lead", type=int, action="append", required=True, help="id; several times"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *, lead, yes, **options):
        """Show the preview, ask, erase."""
        leads = self._leads(dict.fromkeys(lead))
        for found in leads:
            self._preview(found)
        if not yes and not self._is_confirmed(leads):
            raise CommandError(_("Nothing was erased."))
        troubles = 0
        for found in leads:
            troubles += self._erase(found)
        if troubles:
            raise CommandError(_("To be looked at: %(count)s") % {"count": german(troubles)})

    def _leads(self, ids):
        leads = {pk: Lead.objects.personal().with_id(pk) for pk in ids}
        if missing := [pk for pk, found in leads.items() if found is None]:
            raise CommandError(
                _("There is no such lead, or it is anonymised already: %(ids)s")
                % {"ids": ", ".join(map(str, missing))}
            )
        return list(leads.values())

    def _preview(self, lead):
        counts = lead.personal_counts()
        self.stdout.write(f"{lead.pk} · {lead.name} · {lead.marketplace}")
        self.stdout.write(
            _(
                "  goes: %(fields)s fields, %(entries)s journal entries, %(files)s files "
                "(%(size)s), the texts of %(events)s events and %(refusals)s refusals"
            )
            % {
                **{name: german(count) for name, count in counts.items()},
                "size": megabytes(counts["bytes"]),
            }
        )
        self.stdout.write(_("  stays: marketplace, owner, phases, times, value, loss reason"))

    def _is_confirmed(self, leads):
        self.stdout.write(_("This cannot be undone. To erase, type the ids of the leads:"))
        try:
            typed = input().replace(",", " ").split()
        except EOFError:
            typed = []
        return typed == [str(lead.pk) for lead in leads]

    def _erase(self, lead):
        try:
            erasure = lead.anonymise(
                by=None, reason=Erasure.Reason.REQUEST, among=Lead.objects.all()
            )
        except NoLongerVisible:
            self.stdout.write(_("Lead %(id)d is anonymised already.") % {"id": lead.pk})
            return 0
        security_log.record("person_erased", lead=lead.pk)
        self.stdout.write(_("Lead %(id)d is anonymised.") % {"id": lead.pk})
        for sentence in erasure.left_undone:
            self.stderr.write(sentence)
        return len(erasure.left_undone)
