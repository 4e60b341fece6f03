"""What has changed in a lead since a page of it was made, for that page to show it.

A page asks every few seconds. As long as nothing has changed, the lead's own row says so;
only then is anything else read.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import groupby
from zlib import crc32

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .fields import table_of
from .match_keys import is_matched
from .models import LeadEvent
from .moments import Instant
from .twins import twins_of

# More than this is seen at once by loading the page anew.
MOST = 60
# What each of so few people's changes are told by themselves.
TOLD_ONE_BY_ONE = 2
# By how much the clocks of two machines may differ: what is sent twice does no harm.
SLACK = timedelta(seconds=2)
STAMP = re.compile(r'(?:W/)?"([0-9a-f]{8,13})-[0-9a-f]{8}(?:-([0-9-]{10}))?"')
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Kind = LeadEvent.Kind
# A call is told by its entry; that a lead was entered, by its page; an export concerns nobody.
UNTOLD = {Kind.CALLED, Kind.ENTERED, Kind.EXPORTED}


def stamp_of(lead):
    """Return the ETag of what the page of `lead`, read `with_stamp`, shows.

    Every verb moves the time of the last activity. What is done without one (somebody
    else's ownership, the check of a file, its small picture) stands beside it, and so does
    the day, from which the page tells all others.
    """
    others = lead.owner_id, lead.status, lead.phase_id, lead.follow_up_at, lead.files_stamp
    moved = (lead.last_activity_at - EPOCH) // MICROSECOND
    return f'"{moved:x}-{crc32(repr(others).encode()):08x}-{Instant().day}"'


def moment_of(stamp):
    """Return the time of the last activity that a stamp was made of, or None."""
    match = STAMP.fullmatch(stamp)
    return EPOCH + int(match[1], 16) * MICROSECOND if match else None


def day_of(stamp):
    """Return the day on which a stamp was made, as the stamp has it, or None."""
    match = STAMP.fullmatch(stamp)
    return match[2] if match else None


def is_same(stamp, other):
    """Whether two stamps are of the same state; on its way a weak one may be made of it."""
    return stamp.removeprefix("W/") == other.removeprefix("W/")


class Changes:
    """What has happened to `lead` since the moment `since`, as its page shows it.

    What came after the moment `until` is shown as well; the next answer tells it.
    """

    def __init__(self, lead, since, *, until, reader):
        self.lead = lead
        self.since, self.until = since, until
        self.reader = reader
        events = lead.events.since(since - SLACK).newest_first()
        self.events = list(events[: MOST + 1])
        self.is_too_much = len(self.events) > MOST

    @cached_property
    def fields(self):
        """The fields that were changed, as the page shows them."""
        return [field.on(self.lead) for field in self._changed_fields]

    @property
    def seen(self):
        """What an editor of each of these fields carries if it was opened by now, by name."""
        return {field.name: field.seen_of(self.lead) for field in self._changed_fields}

    @property
    def _changed_fields(self):
        names = {event.field for event in self.events if event.kind == Kind.FIELD_CHANGED}
        table = table_of(self.lead, names)
        return [table[name] for name in sorted(names) if name in table]

    @property
    def twins(self):
        """The leads that are alike now, or None where no likeness can have changed."""
        if any(map(is_matched, self._changed_fields)):
            return twins_of(self.lead, user=self.reader)
        return None

    @property
    def moves_navigation(self):
        """Whether the lead has come to another list."""
        return any(event.kind in {Kind.WON, Kind.LOST, Kind.REOPENED} for event in self.events)

    def entries(self):
        """Return the journal entries of today that are on top, and the earlier ones.

        On top are the new ones, whenever their day ended, and those of today that were
        edited or came back. An earlier one has its place on the page, or none. Both are
        newest first.
        """
        journal, now = self.lead.journal.shown(), Instant()
        new = list(journal.since(self.since - SLACK).newest_first()[:MOST])
        changed = self._objects(Kind.ENTRY_EDITED, Kind.ENTRY_RESTORED) - {e.pk for e in new}
        corrected = list(journal.with_ids(changed).newest_first()) if changed else []
        earlier = [e for e in corrected if now.local_of(e.created_at).date() < now.day]
        return new + [e for e in corrected if e not in earlier], earlier

    @property
    def gone(self):
        """The ids in the page of what was deleted and has not come back."""
        last = {}
        for event in reversed(self.events):
            if event.kind in {Kind.ENTRY_DELETED, Kind.ENTRY_RESTORED}:
                last[f"entry-{event.object_id}"] = event.kind
            elif event.kind in {Kind.FILE_DELETED, Kind.FILE_RESTORED}:
                last[f"file-{event.object_id}"] = event.kind
        return [pk for pk, kind in last.items() if kind.endswith("_deleted")]

    def messages(self, entries):
        """Return what the others did, in sentences: who, and what in few words."""
        told = [
            *(
                (e.created_at, e.actor_id, e.actor_name, _told(e))
                for e in self.events
                if e.kind not in UNTOLD
            ),
            *(
                (e.created_at, e.author_id, str(e.author), _("has written in the journal"))
                for e in entries
                if e.event_id is None
            ),
        ]
        new = sorted(
            (o for o in told if self.since < o[0] <= self.until and o[1] and o[2]),
            key=lambda one: (one[1], one[0]),
        )
        for actor_id, group in groupby(new, key=lambda one: one[1]):
            done = list(group)
            if actor_id == self.reader.pk:
                continue
            name = done[0][2]
            if len(done) <= TOLD_ONE_BY_ONE:
                yield from (f"{name} {what}" for _at, _id, _name, what in done)
            else:
                text = ngettext(
                    "%(person)s has changed %(count)d thing here",
                    "%(person)s has changed %(count)d things here",
                    len(done),
                )
                yield text % {"person": name, "count": len(done)}

    def _objects(self, *kinds):
        return {event.object_id for event in self.events if event.kind in kinds}


def _told(event):
    """Return what `event` says of a person, behind the name."""
    texts = {
        Kind.FIELD_CHANGED: _("has changed “%(label)s”"),
        Kind.MOVED: _("has moved the lead on to “%(text)s”"),
        Kind.MOVED_BACK: _("has set the lead back to “%(text)s”"),
        Kind.WON: _("has won the lead"),
        Kind.LOST: _("has closed the lead as lost"),
        Kind.REOPENED: _("has reopened the lead"),
        Kind.HANDED_OVER: _("has handed the lead over to %(text)s"),
        Kind.FILE_ADDED: _("has attached “%(label)s”"),
        Kind.FILE_RENAMED: _("has renamed “%(label)s”"),
        Kind.FILE_DELETED: _("has deleted “%(label)s”"),
        Kind.ENTRY_EDITED: _("has edited a journal entry"),
        Kind.ENTRY_DELETED: _("has deleted a journal entry"),
    }
    values = {"label": event.label, "text": event.new_text}
    return (texts.get(event.kind) or _("has changed something here")) % values
