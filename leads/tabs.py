"""What each tab of a lead's page shows, in portions that cost the same at any length."""

from itertools import groupby

from django.conf import settings

from .forms import EntryForm
from .lines import Day, Line
from .models import JournalEntry, LeadEvent
from .models.questions import Question
from .moments import Instant, show_day
from .paging import portion_of, row_above
from .uploads import accepted_endings, takes_files_directly

# About a screen of each: what is older is a click away.
JOURNAL_PORTION = 20
FILE_PORTION = 30
EVENT_PORTION = 30


def journal_tab(lead, request):
    """The composer and a portion of the journal, grouped by day."""
    above = row_above(lead.journal.all(), request.GET.get("vor", ""))
    shown = Question(
        ("journal",),
        lambda given: JournalEntry.objects.of_lead(given["lead"]).as_rows(),
        {"lead": lead.pk},
    )
    rows, has_more = portion_of(shown, before=above, size=JOURNAL_PORTION)
    now = Instant()
    return {
        "form": EntryForm(),
        "days": days_of(rows, now=now, above=above, reader=request.user),
        "more_before": rows[-1].pk if has_more else None,
        "is_first_portion": above is None,
    }


def days_of(rows, *, now, reader, above=None):
    """Return the Day of each local day of rows of the journal, see Line.of_row.

    That of the entry `above` has its heading already.
    """
    shown = now.local_of(above.created_at).date() if above else None
    return [
        Day(
            heading="" if day == shown else show_day(day, today=now.day),
            lines=tuple(Line.of_row(row, reader=reader) for row in group),
            takes_new=above is None and day == now.day,
        )
        for day, group in groupby(rows, key=lambda row: now.local_of(row.created_at).date())
    ]


def files_tab(lead, request):
    """The drop zone and a portion of the attachments."""
    above = row_above(lead.attachments.all(), request.GET.get("vor", ""))
    shown = Question(None, lambda _given: lead.attachments.kept().for_list())
    files, has_more = portion_of(shown, before=above, size=FILE_PORTION)
    files_left, bytes_left = lead.room_left
    return {
        "files": files,
        "files_left": files_left,
        "bytes_left": bytes_left,
        "has_little_room": (
            files_left <= settings.DATA_UPLOAD_MAX_NUMBER_FILES
            or bytes_left < settings.UPLOAD_MAX_REQUEST_BYTES
        ),
        "limit": settings.UPLOAD_MAX_BYTES,
        "direct_from": settings.UPLOAD_DIRECT_FROM_BYTES if takes_files_directly() else None,
        "max_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
        "endings": accepted_endings(),
        "more_before": files[-1].pk if has_more else None,
    }


def history_tab(lead, request):
    """A portion of the Verlauf."""
    above = row_above(lead.events.all(), request.GET.get("vor", ""))
    shown = Question(
        ("history",),
        lambda given: LeadEvent.objects.of_lead(given["lead"]),
        {"lead": lead.pk},
    )
    events, has_more = portion_of(shown, before=above, size=EVENT_PORTION)
    return {"events": events, "more_before": events[-1].pk if has_more else None}


TAB_CONTENTS = {"journal": journal_tab, "anhaenge": files_tab, "verlauf": history_tab}
