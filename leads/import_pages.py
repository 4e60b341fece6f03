"""What the page of an import shows, whatever it is at."""

from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _

from .headings import FIRST_NAME, LAST_NAME
from .import_forms import ColumnsForm
from .match_keys import Likeness
from .models import Lead, LeadImport
from .sight import sight_of
from .twins import labels_of

# Rows that failed on one page, and characters of a cell.
ROWS = 50
CELL_LENGTH = 80
# Where a lead is shown; operators see leads in the admin only.
PAGE, ADMIN_PAGE = "leads:detail", "admin:leads_lead_change"

State = LeadImport.State


class ImportPage:
    """The page of one import; `form` is that of the columns, where it was sent."""

    def __init__(self, lead_import, request, *, form=None):
        self.lead_import, self.request, self._form = lead_import, request, form

    @property
    def stage(self):
        """The part of the page: mapping, progress, preview or result."""
        if self.lead_import.is_working:
            return "progress"
        return {State.MAPPING: "mapping", State.CHECKED: "preview"}.get(
            self.lead_import.state, "result"
        )

    @cached_property
    def form(self):
        """The form of the columns."""
        return self._form or ColumnsForm(lead_import=self.lead_import)

    @property
    def steps(self):
        """The steps with whether they are done or now: pairs of label and state."""
        is_mapping = self.stage == "mapping"
        now = 0 if is_mapping else 2 if self.lead_import.has_begun else 1
        labels = (_("Columns"), _("Check"), _("Import"))
        for place, label in enumerate(labels):
            yield label, "now" if place == now else "done" if place < now else ""

    @property
    def can_be_mapped_again(self):
        """Whether other columns can still be chosen, or the whole be forgotten."""
        found = self.lead_import
        return found.state in {State.CHECKED, State.REFUSED} and not self.has_leads

    @property
    def can_be_taken_back(self):
        """Whether there are leads that could be removed."""
        return self.lead_import.state in LeadImport.AFTER_IT and self.has_leads

    @cached_property
    def has_leads(self):
        """Whether it made leads."""
        return self.lead_import.has_leads

    @property
    def leads_address(self):
        """Where the leads of the import are."""
        if self.lead_import.is_own:
            return reverse("leads:list")
        marketplace = self.lead_import.marketplace
        if marketplace in sight_of(self.request).marketplaces:
            return reverse("leads:offers")
        address = reverse("admin:leads_lead_changelist")
        return f"{address}?marketplace__id__exact={marketplace.pk}"

    @cached_property
    def untouched_count(self):
        """How many of the leads nobody has touched by now."""
        return Lead.objects.untouched_of(self.lead_import).count()

    @cached_property
    def columns(self):
        """Index and heading of the columns that are taken."""
        headings = self.lead_import.headings
        indexes = sorted(self.lead_import.column_targets)
        return [(i, headings[i]) for i in indexes if i < len(headings)]

    @property
    def sample(self):
        """The first rows, with the cells of the columns that are taken."""
        for line, cells in self.lead_import.sample:
            yield {
                "line": line,
                "cells": [{"text": self._cell(cells, i)} for i, _h in self.columns],
            }

    @cached_property
    def failed(self):
        """A page of the rows that failed, each with its cells and what is wrong there."""
        rows = list(self.lead_import.rows.failed().in_order().after(self._after)[: ROWS + 1])
        return {
            "rows": [self._failed_row(row) for row in rows[:ROWS]],
            "next": rows[ROWS - 1].line if len(rows) > ROWS else None,
        }

    @cached_property
    def alike(self):
        """The first rows that may be duplicates, each with what it is alike to."""
        rows = list(self.lead_import.rows.alike().in_order()[: ROWS + 1])
        leads = self._leads({pk for row in rows for pk in (row.lead_id, row.twin_id) if pk})
        return {
            "rows": [self._alike_row(row, leads) for row in rows[:ROWS]],
            "has_more": len(rows) > ROWS,
        }

    def _leads(self, ids):
        """Return id → what is shown of those of these leads whose contact may be seen."""
        if not ids:
            return {}
        visible = Lead.objects.visible_to(self.request.user)
        known = visible.worked() if self.lead_import.is_own else self._leads_of_who_offers
        here = set(visible.with_ids(ids).ids())
        return {
            lead.pk: {
                "name": lead.name,
                "city": lead.city,
                "address": reverse(PAGE if lead.pk in here else ADMIN_PAGE, args=[lead.pk]),
            }
            for lead in known.with_ids(ids).only("name", "city")
        }

    @property
    def _leads_of_who_offers(self):
        """All leads of the marketplace: only who manages or operates it may offer."""
        return self.lead_import.marketplace.leads.personal()

    def _alike_row(self, row, leads):
        texts = (self._cell(row.cells, i) for i in self._columns_of_names)
        likenesses = [Likeness(each) for each in row.likenesses.split(",")]
        return {
            "line": row.line,
            # A company often stands in two columns.
            "name": " ".join(dict.fromkeys(filter(None, texts))),
            "lead": leads.get(row.lead_id),
            "twin": leads.get(row.twin_id),
            "twin_line": row.twin_line,
            "reasons": labels_of(likenesses),
        }

    @cached_property
    def _columns_of_names(self):
        names = {"name", "company", FIRST_NAME, LAST_NAME}
        targets = self.lead_import.column_targets
        return [index for index, target in sorted(targets.items()) if target in names]

    @property
    def _after(self):
        text = self.request.GET.get("ab", "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0

    def _failed_row(self, row):
        known = {i for i, _heading in self.columns}
        reasons = {}
        for column, _heading, reason in row.problems:
            reasons.setdefault(column if column in known else None, []).append(reason)
        whole = [
            f"{heading}: {reason}" if heading else reason
            for column, heading, reason in row.problems
            if column not in known
        ]
        cells = [
            {"text": self._cell(row.cells, i), "reasons": reasons.get(i, [])}
            for i, _heading in self.columns
        ]
        return {"line": row.line, "cells": cells, "reasons": whole}

    @staticmethod
    def _cell(cells, index):
        text = cells[index] if index < len(cells) else ""
        return text if len(text) <= CELL_LENGTH else f"{text[:CELL_LENGTH]}…"
