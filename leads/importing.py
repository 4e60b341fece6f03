"""Importing leads from a table: each row becomes a lead of a marketplace.

Every cell goes through the form field of the lead's editor. A row that does not fit is
reported with its line and left out, the others are imported. A second run of the same
file changes nothing: rows are recognised by their external id or, without one, by their
contents; a lead that is there already is never touched. One whose person was erased
counts as such and does not come back.

The command `import_leads` and the import in the browser (leads.import_runs) both go
through the Importer.
"""

import hashlib
import json
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import batched
from types import SimpleNamespace

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from leadbook import provenance
from leadbook.provenance import Source

from .cells import CellReader
from .csv_rows import Row, UnreadableFileError
from .fields import fields_of
from .headings import (
    EXTERNAL_ID,
    FIRST_NAME,
    HOUSE_NUMBER,
    LAST_NAME,
    UnusableHeadingsError,
    check_targets,
    guess_targets,
)
from .match_keys import FIELDS, Likeness, traits_of
from .models import Erasure, Fate, Lead
from .models.match_key import MOST_ALIKE
from .privacy import erasure_list
from .tables import open_rows
from .text import clean_line
from .twins import labels_of, twins_of_all

# One transaction each; on SQLite other writers wait that long.
ROWS_PER_BATCH = 200


class ImportRefusedError(Exception):
    """Nothing can be imported; the message is for the person who imports."""


@dataclass(frozen=True)
class Problem:
    """Why a row was not imported: its first line, the column's heading, the reason.

    `column` is the index of the cell, None where it is the whole row or a missing column.
    """

    line: int
    heading: str
    reason: str
    column: int | None = None

    def __str__(self):
        where = _("Line %(line)d") % {"line": self.line}
        return ", ".join(filter(None, (where, self.heading))) + f": {self.reason}"


@dataclass(frozen=True)
class Match:
    """What a row that would be a new lead is alike to: a lead, or a line of the file."""

    likenesses: tuple
    lead: Lead | None = None
    line: int | None = None

    def __str__(self):
        texts = {"likeness": labels_of(self.likenesses), "number": self.line or self.lead.pk}
        if self.lead is None:
            return _("%(likeness)s as in line %(number)d") % texts
        return _("%(likeness)s as in lead %(number)d") % texts


@dataclass
class Taken:
    """A row and what became of it."""

    row: Row
    fate: Fate
    # The lead that it is now; None for a row that was only checked.
    lead: Lead | None = None
    # Field → value of one that is new, also where it was only checked.
    values: dict = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    # Why it may be a duplicate.
    match: Match | None = None


@dataclass
class Report:
    """What an import did, in numbers of rows."""

    created: int = 0
    existing: int = 0
    failed: int = 0
    # Left out because they may be duplicates; and all that may be.
    duplicate: int = 0
    alike: int = 0
    problems: list[Problem] = field(default_factory=list)
    unknown_headings: list[str] = field(default_factory=list)

    @property
    def rows(self):
        """How many rows were read, blank ones and the headings not counted."""
        return self.created + self.existing + self.failed + self.duplicate

    def count(self, taken):
        """Count a Taken row."""
        setattr(self, taken.fate, getattr(self, taken.fate) + 1)
        self.problems += taken.problems
        if taken.match:
            self.alike += 1
            self.problems.append(Problem(taken.row.line, "", str(taken.match)))


def import_leads(path, *, marketplace, dry_run=False, leave_out=False, progress=None, **how):
    """Offer the leads of the file at `path` in `marketplace`; return the Report.

    `how` says how to read it, see leads.tables.open_rows. `progress` is called with the
    Report after each batch of rows. With `dry_run` everything is checked and nothing
    written; with `leave_out` what may be a duplicate is not imported. Raises
    ImportRefusedError when the file or the marketplace as a whole cannot be used; then
    nothing has changed.
    """
    if marketplace.first_phase is None:
        raise ImportRefusedError(
            _("%(marketplace)s has no active phase, so it cannot offer leads.")
            % {"marketplace": marketplace}
        )
    report = Report()
    try:
        with provenance.of(source=Source.IMPORT), open_rows(path, **how) as rows:
            headings = headings_of(rows)
            prefetch_related_objects([marketplace], "fields")
            targets = guess_targets(headings, marketplace)
            check_targets(targets, headings, marketplace)
            report.unknown_headings = [
                " ".join(heading.split())
                for index, heading in enumerate(headings)
                if heading.strip() and index not in targets
            ]
            importer = Importer(
                headings, targets, marketplace, dry_run=dry_run, leave_out=leave_out
            )
            for batch in batched(rows, ROWS_PER_BATCH):
                with nullcontext() if dry_run else transaction.atomic():
                    for taken in importer.take(batch):
                        report.count(taken)
                if progress:
                    progress(report)
    except (UnreadableFileError, UnusableHeadingsError) as error:
        raise ImportRefusedError(str(error)) from error
    if not report.rows:
        raise ImportRefusedError(_("The file has headings, but no rows."))
    return report


def headings_of(rows):
    """Return the cells of the first of `rows`; raises ImportRefusedError."""
    first = next(rows, None)
    if first is None:
        raise ImportRefusedError(_("The file is empty."))
    if first.problem:
        raise ImportRefusedError(str(Problem(first.line, "", first.problem)))
    return first.cells


def external_ids(marketplace, among):
    """Return those of the external ids `among` these that leads of `marketplace` have."""
    leads = Lead.objects.filter(marketplace=marketplace, external_id__in=among)
    return set(leads.values_list("external_id", flat=True))


def erased_hashes(marketplace):
    """Return the hashes of the external ids that anonymised leads of `marketplace` had.

    The erasure list knows those, too, that a restored database has never had.
    """
    in_database = Erasure.objects.external_id_hashes(marketplace)
    return in_database | erasure_list.external_id_hashes(marketplace)


class Importer:
    """Makes leads of rows; `targets` are those of leads.headings.

    They are offered or, where `own_of` is somebody, that person's own leads in progress.
    What may be a duplicate of a row above or of a lead is marked; with `leave_out` it is
    not imported. Who offers manages or operates the marketplace and is told of any lead
    that is worked on there, `own_of` only of those that this person sees.
    """

    def __init__(
        self, headings, targets, marketplace, *, by=None, own_of=None, dry_run=False,
        leave_out=False,
    ):  # fmt: skip
        self.leave_out = leave_out
        self.headings, self.targets, self.marketplace = headings, targets, marketplace
        self.by, self.own_of, self.dry_run = by, own_of, dry_run
        self.readers = {f.name: CellReader(f) for f in fields_of(marketplace)}
        self.columns = {target: index for index, target in targets.items()}
        self.erased = erased_hashes(marketplace)
        self.done = {}  # external id → line and contents of the row that has it
        self.lines = {}  # trait → the first lines that have it
        self.left_out = {}  # external id → why its row, and any that repeats it, is left out

    def take(self, rows):
        """Import `rows`, some hundred at a time; give each as Taken, in their order."""
        read = [self._read(row) for row in rows]
        ids = {external_id for _row, _texts, _contents, external_id in read if external_id}
        known = external_ids(self.marketplace, ids)
        taken = [self._take(*each, known) for each in read]
        self._match(taken, [texts for _row, texts, _contents, _external_id in read])
        for each, (*_rest, external_id) in zip(taken, read, strict=True):
            if each.fate == Fate.CREATED and not self.dry_run:
                self._create(each, external_id)
            elif each.fate == Fate.EXISTING and external_id in self.left_out:
                each.fate, each.match = Fate.DUPLICATE, self.left_out[external_id]
            yield each

    def remember(self, rows):
        """Take notice of rows that were imported before, as an import goes on."""
        for row in rows:
            _row, texts, contents, external_id = self._read(row)
            if external_id:
                self.done.setdefault(external_id, (row.line, contents))
                self._lines_alike(row.line, _outline(texts))

    def _read(self, row):
        """Return row, texts by target, what stands for them, and the external id.

        Where the row cannot be read, the texts are the Problem and the id is empty.
        """
        if problem := self._problem_of(row):
            return row, problem, "", ""
        texts = self._texts(row.cells)
        contents = _digest(texts)
        try:
            external_id = _external_id(texts.pop(EXTERNAL_ID, ""), contents)
        except ValidationError as error:
            return row, self._problem(row, EXTERNAL_ID, error), "", ""
        return row, texts, contents, self._in_own_name(external_id)

    def _in_own_name(self, external_id):
        """Return the id of a lead; own leads do not take the marketplace's numbers.

        So nobody learns from "already there" what numbers or contents others have.
        """
        if self.own_of is None:
            return external_id
        data = f"{self.own_of.pk}:{external_id}".encode()
        return f"own-{hashlib.sha256(data).hexdigest()[:32]}"

    def _problem_of(self, row):
        """Return why nothing of the row can be used, or None."""
        if row.problem:
            return Problem(row.line, "", row.problem)
        for index, cell in enumerate(row.cells):
            has_heading = index < len(self.headings) and self.headings[index].strip()
            if cell.strip() and not has_heading:
                reason = _("There is no heading over cell %(number)d.")
                return Problem(row.line, "", reason % {"number": index + 1}, index)
        for index, reason in row.bad_cells.items():
            if target := self.targets.get(index):
                return Problem(row.line, self._heading(target), reason, index)
        return None

    def _take(self, row, texts, contents, external_id, known):
        if isinstance(texts, Problem):
            return Taken(row, Fate.FAILED, problems=[texts])
        if external_id in self.done:
            line, first_contents = self.done[external_id]
            if first_contents == contents:
                return Taken(row, Fate.EXISTING)
            reason = _("This external id stands in line %(line)d with other contents.")
            problem = self._problem(row, EXTERNAL_ID, reason % {"line": line})
            return Taken(row, Fate.FAILED, problems=[problem])
        if external_id in known or Erasure.hash_of(external_id) in self.erased:
            taken = Taken(row, Fate.EXISTING)
        else:
            values, problems = self._values(texts, row)
            if problems:
                return Taken(row, Fate.FAILED, problems=problems)
            taken = Taken(row, Fate.CREATED, values=values)
        self.done[external_id] = (row.line, contents)
        return taken

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

    def _values(self, texts, row):
        values, problems = {}, []
        for name, reader in self.readers.items():
            try:
                values[name] = reader.value(texts.get(name, ""))
            except ValidationError as error:
                problems.append(self._problem(row, name, error))
        return values, problems

    def _problem(self, row, target, why):
        reason = " ".join(why.messages) if isinstance(why, ValidationError) else why
        return Problem(row.line, self._heading(target), reason, self.columns.get(target))

    def _match(self, taken, texts):
        """Mark those of the new rows that may be duplicates."""
        outlines = [
            None if each.fate == Fate.FAILED else _outline(of_row)
            for each, of_row in zip(taken, texts, strict=True)
        ]
        new = [
            outline
            for each, outline in zip(taken, outlines, strict=True)
            if each.fate == Fate.CREATED
        ]
        twins = iter(twins_of_all(new, self.marketplace, user=self.own_of) if new else ())
        for each, outline in zip(taken, outlines, strict=True):
            if outline is None:
                continue
            above = self._lines_alike(each.row.line, outline)
            if each.fate == Fate.CREATED:
                found = next(twins)
                if found:
                    each.match = Match(found[0].likenesses, lead=found[0].lead)
                elif above:
                    each.match = above

    def _lines_alike(self, line, outline):
        """Return the Match with a line above, or None; and remember this line."""
        likenesses = {}
        for trait in traits_of(outline):
            lines = self.lines.setdefault(trait, [])
            if 0 < len(lines) <= MOST_ALIKE:
                likenesses.setdefault(lines[0], set()).add(trait[0])
            if len(lines) <= MOST_ALIKE:
                lines.append(line)
        if not likenesses:
            return None
        first = max(likenesses, key=lambda above: (len(likenesses[above]), -above))
        shared = tuple(each for each in Likeness if each in likenesses[first])
        return Match(shared, line=first)

    def _create(self, taken, external_id):
        """Make a lead of a new row, unless it is to be left out."""
        if self.leave_out and taken.match:
            taken.fate = Fate.DUPLICATE
            self.left_out[external_id] = taken.match
            return
        whose = {"marketplace": self.marketplace, "external_id": external_id}
        try:
            if self.own_of is None:
                taken.lead = Lead.offer(values=taken.values, by=self.by, **whose)
            else:
                taken.lead = Lead.enter(values=taken.values, by=self.own_of, **whose)
        except IntegrityError:
            # Another import of the same file ran at the same time and was faster.
            if external_id not in external_ids(self.marketplace, {external_id}):
                raise
            taken.fate, taken.match = Fate.EXISTING, None

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
    return hashlib.sha256(data.encode()).hexdigest()[:32]


def _external_id(text, contents):
    external_id = clean_line(text)
    longest = Lead._meta.get_field("external_id").max_length
    if len(external_id) > longest:
        raise ValidationError(
            _("An external id has at most %(limit)d characters."), params={"limit": longest}
        )
    return external_id or f"row-{contents}"


def _outline(texts):
    """Return what is matched of a row, as if it were a lead."""
    return SimpleNamespace(pk=None, **{name: texts.get(name, "") for name in FIELDS})
