"""Imports in the browser: taking the file, then checking, importing and taking back.

What takes longer is done behind the answers in pieces, each of which can break off: it
goes on where the last batch was written, and a row is never imported twice. With
TASKS=immediate the pieces are done by the requests that ask how far it is.
"""

import logging
import time
from contextlib import ExitStack, contextmanager
from itertools import batched, islice

from django.core.exceptions import ValidationError
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from leadbook import provenance
from leadbook.language import known_language
from leadbook.numbers import german
from leadbook.provenance import Source
from marketplaces.models import User

from . import search_index
from .csv_rows import UnreadableFileError
from .file_names import clean_file_name
from .headings import UnusableHeadingsError, check_targets, guess_targets, says_itself
from .importing import Fate, Importer, ImportRefusedError, headings_of
from .models import (
    ClaimLost,
    ColumnMemory,
    Erasure,
    ImportRow,
    Lead,
    LeadError,
    LeadImport,
    NoLongerVisible,
    StorageAway,
)
from .models.attachment import attachment_storage
from .models.lead_import import FILES_OF_A_PERSON
from .scanning import first_look
from .tables import on_disk, open_rows, open_table
from .text import heading_key

logger = logging.getLogger(__name__)

MAX_BYTES = 20_000_000
MAX_ROWS = 20_000
ROWS_PER_BATCH = 100
SAMPLE = 5
SAMPLE_LENGTH = 200
HEADING_LENGTH = 200
# Seconds of work before a request answers, and before a worker lets others go first.
PIECE_OF_REQUEST, PIECE_OF_WORKER = 2, 20

# What stops an import with a sentence for the person who imports.
REFUSALS = (UnreadableFileError, UnusableHeadingsError, ImportRefusedError, LeadError)

State = LeadImport.State


def receive(upload, *, marketplace, mode, by, token):
    """Keep the uploaded file for an import; return the LeadImport.

    A `token` that was used before gives the import of that time. Raises ValidationError
    for what is no table of leads, StorageAway.
    """
    if known := LeadImport.objects.sent_with(token, by=by):
        return known
    if upload.size > MAX_BYTES:
        raise ValidationError(
            _("The file is larger than %(limit)d MB; please split it.")
            % {"limit": MAX_BYTES // 10**6}
        )
    _state, found = first_look(upload)
    if found:
        raise ValidationError(
            _("The virus check found “%(found)s” in it. It was not stored."),
            params={"found": found},
            code="virus",
        )
    upload.seek(0)
    try:
        with on_disk(upload) as path:
            looked = look(path, marketplace=marketplace)
    except (UnreadableFileError, ImportRefusedError) as error:
        raise ValidationError(str(error)) from error
    lead_import = LeadImport(
        marketplace=marketplace, mode=mode, by=by, token=token, size=upload.size,
        file_name=clean_file_name(upload.name), sheet=next(iter(looked["sheets"]), ""),
        **looked,
    )  # fmt: skip
    upload.seek(0)
    try:
        lead_import.file_key = attachment_storage().save(lead_import.file_key, upload)
    except Exception as error:
        # A full disk, or whatever a storage's own client raises.
        logger.exception("The storage of attachments took no file.")
        raise StorageAway from error
    try:
        with transaction.atomic():
            lead_import.save()
    except IntegrityError:
        attachment_storage().delete(lead_import.file_key)
        return LeadImport.objects.sent_with(token, by=by)
    LeadImport.objects.forget_files_beyond(FILES_OF_A_PERSON, by=by)
    return lead_import


def look(path, *, marketplace, sheet=None):
    """Return what the mapping needs of a file: sheets, headings, sample, guessed targets."""
    with open_table(path, sheet=sheet) as (sheets, rows):
        headings = [heading[:HEADING_LENGTH] for heading in headings_of(rows)]
        first = list(islice(rows, SAMPLE))
    if not first:
        raise ImportRefusedError(_("The file has headings, but no rows."))
    sample = [[row.line, [cell[:SAMPLE_LENGTH] for cell in row.cells]] for row in first]
    guessed = guess_targets(headings, marketplace, ColumnMemory.objects.of(marketplace))
    targets = {str(index): target for index, target in guessed.items()}
    return {"sheets": sheets, "headings": headings, "sample": sample, "targets": targets}


def choose_sheet(lead_import, sheet):
    """Let an import read another sheet.

    Raises ValidationError, Unchangeable, StorageAway.
    """
    try:
        with _file_of(lead_import) as path:
            looked = look(path, marketplace=lead_import.marketplace, sheet=sheet)
    except (UnreadableFileError, ImportRefusedError) as error:
        raise ValidationError(str(error)) from error
    lead_import.choose_sheet(sheet, **looked)


def remember_columns(lead_import, targets):
    """Remember for the next file of the marketplace what its headings mean.

    Not of a heading that stands over columns of different meanings: it says none of them.
    Who imports own leads does not change what a heading says by itself: others offer leads
    by it.
    """
    marketplace = lead_import.marketplace
    meanings = {}
    for index, heading in enumerate(lead_import.headings):
        if word := heading_key(heading):
            meanings.setdefault(word, set()).update(filter(None, [targets.get(index)]))
    clear = {word: next(iter(of), "") for word, of in meanings.items() if len(of) < 2}
    if lead_import.mode == LeadImport.Mode.OWN:
        clear = {w: of for w, of in clear.items() if not says_itself(w, marketplace)}
    ColumnMemory.objects.remember(marketplace, clear)


def go_on(pk, *, worker, seconds):
    """Go on with what is to be done for an import; return whether more is left.

    Raises OperationalError, InterfaceError and StorageAway; the import then waits.
    """
    lead_import = LeadImport.objects.claim(pk, worker=worker)
    if lead_import is None:
        return False
    # What is told of it is for the one person who imports.
    language = known_language(lead_import.by.language)
    with provenance.of(source=Source.IMPORT), translation.override(language):
        return _go_on(lead_import, time.monotonic() + seconds)


def _go_on(lead_import, deadline):
    try:
        return WORK[lead_import.state](lead_import, deadline)
    except ClaimLost:
        return False
    except (OperationalError, InterfaceError, StorageAway):
        # Database or storage are away: the import is not at fault, and waits.
        raise
    except REFUSALS as error:
        _stop(lead_import, str(error))
    except Exception:
        # Whatever is wrong must not be tried for ever.
        logger.exception("Import %d stopped.", lead_import.pk)
        _stop(lead_import, _("Something went wrong. Please tell your operator."))
    finally:
        lead_import.release()
    return False


def _stop(lead_import, message):
    try:
        lead_import.advance(state=State.REFUSED, message=message, claimed_by="")
    except ClaimLost:
        logger.info("Import %d was cancelled meanwhile.", lead_import.pk)


def _check(lead_import, deadline):
    return _walk(lead_import, deadline, dry_run=True, end=State.CHECKED)


def _run(lead_import, deadline):
    return _walk(lead_import, deadline, dry_run=False, end=State.DONE)


def _walk(lead_import, deadline, *, dry_run, end):
    """Check or import the rows behind the last one; return whether some are left."""
    _check_right(lead_import)
    failed = lead_import.rows.failed().lines()
    with (
        _file_of(lead_import) as path,
        open_rows(path, sheet=lead_import.sheet or None) as rows,
    ):
        headings, targets = headings_of(rows), lead_import.column_targets
        check_targets(targets, headings, lead_import.marketplace)
        importer = Importer(
            headings,
            targets,
            lead_import.marketplace,
            by=lead_import.by,
            own_of=lead_import.by if lead_import.is_own else None,
            dry_run=dry_run,
            leave_out=lead_import.leaves_out_duplicates,
        )
        for batch in batched(rows, ROWS_PER_BATCH):
            before = [row for row in batch if row.line <= lead_import.last_line]
            importer.remember(row for row in before if row.line not in failed)
            if new := batch[len(before) :]:
                with transaction.atomic():
                    _take(lead_import, importer, new)
                if time.monotonic() > deadline:
                    return True
                _check_right(lead_import)
    counted = {"row_count": lead_import.rows_done} if dry_run else {}
    lead_import.advance(state=end, **counted)
    return False


def _check_right(lead_import):
    # As the person is now, not as when the work began.
    by = User.people.active().filter(pk=lead_import.by_id).first()
    if by is None or not LeadImport.objects.visible_to(by).with_id(lead_import.pk):
        raise ImportRefusedError(_("You may not import leads here any more."))


def _take(lead_import, importer, rows):
    """Import a batch, and note it, or neither."""
    if lead_import.rows_done + len(rows) > MAX_ROWS:
        raise ImportRefusedError(
            _("The file has more than %(limit)s rows; please split it.")
            % {"limit": german(MAX_ROWS)}
        )
    counts = {name: getattr(lead_import, name) for name in (*Fate.values, "alike")}
    kept = []
    for taken in importer.take(rows):
        counts[taken.fate] += 1
        counts["alike"] += taken.match is not None
        if taken.fate == Fate.FAILED or taken.match or taken.lead is not None:
            kept.append(_row(lead_import, taken))
    ImportRow.objects.bulk_create(kept)
    lead_import.advance(
        last_line=rows[-1].line, rows_done=lead_import.rows_done + len(rows), **counts
    )
    if not lead_import.keeps_file():
        # Whoever was erased meanwhile may stand in these rows.
        raise _gone()


def _row(lead_import, taken):
    match = taken.match
    return ImportRow(
        lead_import=lead_import,
        line=taken.row.line,
        fate=taken.fate,
        cells=[] if taken.lead else taken.row.cells,
        problems=[[p.column, p.heading, p.reason] for p in taken.problems],
        lead=taken.lead,
        activity_at=taken.lead and taken.lead.last_activity_at,
        twin=match and match.lead,
        twin_line=match and match.line,
        likenesses=",".join(match.likenesses) if match else "",
    )


def _take_back(lead_import, deadline):
    """Remove the leads that nobody has touched, one after the other."""
    rows = lead_import.rows.with_lead().in_order()
    while batch := list(rows.after(lead_import.last_line)[:ROWS_PER_BATCH]):
        _check_right(lead_import)
        for row in batch:
            with transaction.atomic():
                _take_back_row(lead_import, row)
            if time.monotonic() > deadline:
                return True
    lead_import.forget_file()
    lead_import.advance(state=State.TAKEN_BACK)
    search_index.scrub_or_tell()
    return False


def _take_back_row(lead_import, row):
    removed, left = lead_import.removed, lead_import.left
    lead = Lead.objects.with_id(row.lead_id)
    try:
        lead.anonymise(
            by=lead_import.by,
            reason=Erasure.Reason.TAKEN_BACK,
            among=Lead.objects.untouched_since(row.activity_at),
            may_return=True,
        )
        is_gone = True
    except NoLongerVisible:
        # It was erased, maybe as the import was taken back before and that broke off.
        is_gone = Lead.objects.personal().with_id(row.lead_id) is None
    removed, left = removed + is_gone, left + (not is_gone)
    lead_import.advance(last_line=row.line, removed=removed, left=left)


WORK = {State.CHECKING: _check, State.RUNNING: _run, State.TAKING_BACK: _take_back}


def _gone():
    return ImportRefusedError(_("The file is not kept any more; please upload it again."))


@contextmanager
def _file_of(lead_import):
    """Give the path of a copy of the import's file.

    Raises ImportRefusedError when it is gone, StorageAway when it cannot be read now.
    """
    gone = _gone()
    if not lead_import.file_key:
        raise gone
    with ExitStack() as opened:
        try:
            stored = attachment_storage().open(lead_import.file_key, "rb")
            path = opened.enter_context(on_disk(opened.enter_context(stored)))
        except FileNotFoundError as error:
            raise gone from error
        except Exception as error:
            # Whatever a storage's own client raises.
            logger.exception("The storage of attachments gave no file.")
            message = _("The file cannot be read just now. Please try again later.")
            raise StorageAway(message) from error
        yield path
