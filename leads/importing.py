"""Importing leads from a CSV file: each row becomes an offered lead of a marketplace.

Every cell goes through the form field of the lead's editor. A row that does not fit is
reported with its line and left out, the others are imported. A second run of the same
file changes nothing: rows are recognised by their external id or, without one, by their
contents; a lead that is there already is never touched. One whose person was erased
counts as such and does not come back.
"""

import hashlib
import json
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import batched

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from leadbook import provenance
from leadbook.provenance import Source

from .cells import CellReader
from .csv_rows import UnreadableFileError, open_rows
from .fields import fields_of
from .headings import (
    EXTERNAL_ID,
    FIRST_NAME,
    HOUSE_NUMBER,
    LAST_NAME,
    UnusableHeadingsError,
    read_headings,
)
from .models import Erasure, Lead
from .privacy import erasure_list
from .text import clean_line

# One transaction each; on SQLite other writers wait that long.
ROWS_PER_BATCH = 200


class ImportRefusedError(Exception):
    """Nothing can be imported; the message is for the person who imports."""


@dataclass(frozen=True)
class Problem:
    """Why a row was not imported: its first line, the column's heading, the reason."""

    line: int
    heading: str
    reason: str

    def __str__(self):
        where = _("Line %(line)d") % {"line": self.line}
        return ", ".join(filter(None, (where, self.heading))) + f": {self.reason}"


@dataclass
class Report:
    """What an import did, in numbers of rows."""

    created: int = 0
    existing: int = 0
    failed: int = 0
    problems: list[Problem] = field(default_factory=list)
    unknown_headings: list[str] = field(default_factory=list)

    @property
    def rows(self):
        """How many rows were read, blank ones and the headings not counted."""
        return self.created + self.existing + self.failed


def import_leads(path, *, marketplace, encoding=None, dry_run=False, by=None, progress=None):
    """Offer the leads of the CSV file at `path` in `marketplace`; return the Report.

    `progress` is called with the Report after each batch of rows. With `dry_run`
    everything is checked and nothing written. Raises ImportRefusedError when the file or the
    marketplace as a whole cannot be used; then nothing has changed.
    """
    if marketplace.first_phase is None:
        raise ImportRefusedError(
            _("%(marketplace)s has no active phase, so it cannot offer leads.")
            % {"marketplace": marketplace}
        )
    prefetch_related_objects([marketplace], "fields")
    try:
        with provenance.of(source=Source.IMPORT), open_rows(path, encoding=encoding) as rows:
            importer = _Importer(next(rows, None), marketplace, by=by, dry_run=dry_run)
            for batch in batched(rows, ROWS_PER_BATCH):
                with nullcontext() if dry_run else transaction.atomic():
                    for row in batch:
                        importer.take(row)
                if progress:
                    progress(importer.report)
    except (UnreadableFileError, UnusableHeadingsError) as error:
        raise ImportRefusedError(str(error)) from error
    if not importer.report.rows:
        raise ImportRefusedError(_("The file has headings, but no rows."))
    return importer.report


def external_ids(marketplace):
    """Return the external ids that leads of `marketplace` have."""
    leads = Lead.objects.filter(marketplace=marketplace, external_id__isnull=False)
    return set(leads.values_list("external_id", flat=True))


def erased_hashes(marketplace):
    """Return the hashes of the external ids that anonymised leads of `marketplace` had.

    The erasure list knows those, too, that a restored database has never had.
    """
    in_database = Erasure.objects.external_id_hashes(marketplace)
    return in_database | erasure_list.external_id_hashes(marketplace)


class _Importer:
    def __init__(self, headings, marketplace, *, by, dry_run):
        if headings is None:
            raise ImportRefusedError(_("The file is empty."))
        if headings.problem:
            raise ImportRefusedError(str(Problem(headings.line, "", headings.problem)))
        self.marketplace, self.by, self.dry_run = marketplace, by, dry_run
        self.headings = headings.cells
        self.report = Report()
        self.targets, self.report.unknown_headings = read_headings(self.headings, marketplace)
        self.readers = {f.name: CellReader(f) for f in fields_of(marketplace)}
        self.columns = {target: index for index, target in self.targets.items()}
        self.known = external_ids(marketplace)
        self.erased = erased_hashes(marketplace)
        self.done = {}  # external id → line and contents of the row that has it

    def take(self, row):
        """Import one row and count it."""
        problems = list(self._take(row))
        self.report.problems += problems
        self.report.failed += bool(problems)

    def _take(self, row):
        """Import one row; give the Problems that keep it out."""
        if row.problem:
            yield Problem(row.line, "", row.problem)
            return
        named = [bool(heading.strip()) for heading in self.headings]
        for index, cell in enumerate(row.cells):
            if cell.strip() and not (index < len(named) and named[index]):
                reason = _("There is no heading over cell %(number)d.")
                yield Problem(row.line, "", reason % {"number": index + 1})
                return
        texts = self._texts(row.cells)
        contents = _digest(texts)
        try:
            external_id = _external_id(texts.pop(EXTERNAL_ID, ""), contents)
        except ValidationError as error:
            yield Problem(row.line, self._heading(EXTERNAL_ID), " ".join(error.messages))
            return
        if external_id in self.done:
            line, first_contents = self.done[external_id]
            if first_contents == contents:
                self.report.existing += 1
                return
            reason = _("This external id stands in line %(line)d with other contents.")
            yield Problem(row.line, self._heading(EXTERNAL_ID), reason % {"line": line})
            return
        if external_id in self.known or Erasure.hash_of(external_id) in self.erased:
            self.report.existing += 1
        else:
            values, problems = self._values(texts, row.line)
            if problems:
                yield from problems
                return
            self._offer(values, external_id)
        self.done[external_id] = (row.line, contents)

    def _texts(self, cells):
        """Return target → text of the cells that are not empty, parts of names joined."""
        texts = {
            target: cells[index].strip()
            for index, target in self.targets.items()
            if index < len(cells) and cells[index].strip()
        }
        first, last = texts.pop(FIRST_NAME, ""), texts.pop(LAST_NAME, "")
        if first or last:
            # A file with name, first name and last name means the contact by the latter.
            is_contact = {"name", LAST_NAME} <= self.columns.keys()
            whole = "contact_person" if is_contact else "name"
            texts[whole] = " ".join(filter(None, (first, last or texts.get(whole))))
        if number := texts.pop(HOUSE_NUMBER, ""):
            texts["street"] = f"{texts.get('street', '')} {number}".strip()
        return texts

    def _values(self, texts, line):
        values, problems = {}, []
        for name, reader in self.readers.items():
            try:
                values[name] = reader.value(texts.get(name, ""))
            except ValidationError as error:
                heading = self._heading(name)
                problems.append(Problem(line, heading, " ".join(error.messages)))
        return values, problems

    def _offer(self, values, external_id):
        if not self.dry_run:
            try:
                Lead.offer(
                    marketplace=self.marketplace,
                    values=values,
                    external_id=external_id,
                    by=self.by,
                )
            except IntegrityError:
                # Another import of the same file ran at the same time and was faster.
                if external_id not in external_ids(self.marketplace):
                    raise
                self.report.existing += 1
                return
        self.report.created += 1

    def _heading(self, target):
        index = self.columns.get(target)
        if index is None:
            reader = self.readers.get(target)
            return str(reader.field.label) if reader else ""
        return " ".join(self.headings[index].split())


def _digest(texts):
    """Return what stands for the row's contents, whatever the order of its columns."""
    contents = {name: " ".join(text.split()) for name, text in texts.items()}
    data = json.dumps(contents, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(data.encode(errors="surrogatepass")).hexdigest()[:32]


def _external_id(text, contents):
    external_id = clean_line(text)
    longest = Lead._meta.get_field("external_id").max_length
    if len(external_id) > longest:
        raise ValidationError(
            _("An external id has at most %(limit)d characters."), params={"limit": longest}
        )
    return external_id or f"row-{contents}"
