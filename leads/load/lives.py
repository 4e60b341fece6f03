"""The rows of each lead: itself, its events, journal and attachments, as they would be.

Times are seconds since 1970 until they are written.
"""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from django.utils import timezone, translation

from leadbook.provenance import Source
from leads.demo import read_data
from leads.demo.calendar import Calendar
from leads.field_values import CLOSED
from leads.fields import BUILT_IN_BY_NAME
from leads.match_keys import columns_of as match_columns_of
from leads.models import (
    Attachment,
    FieldValue,
    JournalEntry,
    Lead,
    LeadEvent,
    MatchKey,
    SearchDocument,
)
from leads.search_documents import columns_of, distinct_words

from .bulk import Table
from .prospects import COLUMNS

DAY = 86_400
SPAN = 730 * DAY
Kind = LeadEvent.Kind
WRITTEN = {"n": "note", "c": "call", "e": "email", "m": "meeting"}
# How many entries people write, how far leads have come, and when they are due, each with
# its weight.
ENTRIES = ([0, 1, 2, 3, 5, 8, 13, 40], [34, 27, 18, 10, 6, 3, 1.5, 0.5])
REACHED = [30, 26, 20, 14, 10, 6]
DUE = (["none", "overdue", "today", "later"], [15, 10, 4, 71])
# In percent: entered by the rep, with files, with a corrected phone number.
OWN, WITH_FILES, CORRECTED = 0.05, 0.08, 0.1
EMPTY = '""'

DERIVED = [
    field.attname
    for field in Lead._meta.concrete_fields
    if not field.editable and field.name != "entry_token"
]
LEAD = (
    "id", "marketplace_id", "external_id", "entry_token", "status", "owner_id", "phase_id",
    "loss_reason_id", "created_at", "accepted_at", "phase_entered_at", "closed_at",
    "last_activity_at", "follow_up_at", "phase_due_on", *COLUMNS, *DERIVED,
)  # fmt: skip
EVENT = (
    "id", "lead_id", "kind", "created_at", "actor_id", "actor_name", "source", "request_id",
    "field", "label", "old", "new", "old_text", "new_text", "from_phase_id", "to_phase_id",
    "object_id",
)  # fmt: skip
ENTRY = ("id", "lead_id", "author_id", "kind", "text", "created_at", "token", "event_id")
FILE = (
    "id", "lead_id", "author_id", "file", "thumbnail", "name", "extension", "size", "sha256",
    "created_at",
)  # fmt: skip
VALUE = ("lead_id", "field_id", "is_choice", "key", "owner_id", "is_closed")
MATCH = ("lead_id", "key", "owner_id")


def tables():
    """Return the tables that are written, in the order of their references."""
    return [
        Table(Lead, LEAD), Table(LeadEvent, EVENT), Table(JournalEntry, ENTRY),
        Table(Attachment, FILE), Table(SearchDocument, tuple(columns_of(Lead(), []))),
        Table(FieldValue, VALUE), Table(MatchKey, MATCH),
    ]  # fmt: skip


class Lives:
    """Makes the rows; `batches` holds those of each model until they are taken."""

    def __init__(self, prospects, documents, chance, now):
        self.prospects, self.documents, self.chance = prospects, documents, chance
        self.now = int(now.timestamp()) - 60
        self.moments = Moments(now, chance)
        self.texts = _texts(chance)
        self.batches = defaultdict(list)
        self.last_event = self.last_entry = self.last_file = 0
        self.scratch = Lead()
        # The Verlauf speaks the language of the installation.
        with translation.override("de"):
            self.phone_label = str(BUILT_IN_BY_NAME["phone"].label)

    def take(self):
        """Return the rows of each model since the last time."""
        taken, self.batches = self.batches, defaultdict(list)
        return taken

    def offered(self, pk, stage, at):
        """A lead that nobody works on yet."""
        self._event(pk, Kind.OFFERED, at, None, label=stage.name)
        lead = (stage.pk, f"{stage.prefix}-{pk}", None, "offered", *[None] * 3)
        self._lead(pk, lead, (at, None, None, None, at, None), self._prospect(stage, pk))

    def worked(self, pk, stage, at, owner, *, status="in_progress", **known):
        """A lead of `owner` that is in progress or closed.

        `known` may say the `family`, the common `town`, `email`, `phone` and `mobile`, the
        first own `number`, a `text` of the journal, how many `entries` and `files` there
        are, whether the follow-up is `due`, and the place of the phase that is `reached`.
        """
        chance = self.chance
        values = self._prospect(stage, pk, **known)
        is_own = chance.random() < OWN
        way, reason = self._way(stage, status, is_own, known.get("reached"))
        end = at + int((0.05 + chance.random() * 0.95) * 60 * DAY)
        entries = known.get("entries")
        if entries is not None:
            end = self.now - DAY
        end = min(end, self.now)
        times = _times(at, end, len(way), chance)
        accepted, lines = times[0], []
        if not is_own:
            self._event(pk, Kind.OFFERED, at, None, label=stage.name)
        for (kind, left, to, text), moment in zip(way, times, strict=True):
            event = self._event(
                pk, kind, moment, owner, from_phase=left, to_phase=to, new_text=text
            )
            lines.append((moment, "event", "", event))
            if to:
                entered, phase = moment, to
        closed = moment if status != "in_progress" else None
        last = moment
        if chance.random() < CORRECTED:
            last = max(last, self._correct(pk, owner, values, last, end, lines))
        if entries is None:
            entries = chance.choices(*ENTRIES)[0]
        for place in range(entries):
            moment = accepted + int((end - accepted) * chance.random())
            kind, text = chance.choice(self.texts)
            text = known["text"] if place == 0 and "text" in known else text
            lines.append((moment, kind, text, None))
            last = max(last, moment)
        self._journal(pk, owner[0], lines)
        last = max(last, self._files(pk, owner, accepted, end, known.get("files")))
        due = None
        if closed is None:
            due = self.moments.follow_up(chance, due=known.get("due"))
        token = f"{chance.getrandbits(128):032x}" if is_own else None
        number = None if is_own else f"{stage.prefix}-{pk}"
        self._lead(
            pk,
            (stage.pk, number, token, status, owner[0], phase, reason),
            (accepted if is_own else at, accepted, entered, closed, last, due),
            values,
            [text for _moment, kind, text, _event in reversed(lines) if kind != "event"],
            until=None if closed else stage.until(phase, entered),
        )

    def _way(self, stage, status, is_own, reached=None):
        """Return the steps of the process, (kind, from, to, text), and the loss reason."""
        phases, chance = stage.phases, self.chance
        last = len(phases) - 1
        if reached is not None:
            last = reached
        elif status == "in_progress" or (status == "lost" and stage.allows_early_loss):
            last = chance.choices(range(last + 1), REACHED[: last + 1])[0]
        start = Kind.ENTERED if is_own else Kind.ACCEPTED
        way = [(start, None, *phases[0])]
        for place in range(last):
            way.append((Kind.MOVED, phases[place], *phases[place + 1]))
        reason = None
        if status == "won":
            way.append((Kind.WON, phases[last], None, ""))
        elif status == "lost":
            reason, label = chance.choice(stage.reasons)
            way.append((Kind.LOST, phases[last], None, label))
        return way, reason

    def _prospect(self, stage, pk, *, family=None, town=None, **known):
        values = list(self.prospects.make(stage, pk, family=family, town=town))
        for name in known.keys() & {"email", "phone", "mobile"}:
            values[COLUMNS.index(name)] = known[name]
        if "number" in known:
            place = COLUMNS.index("own_values")
            values[place] = self.prospects.with_number(stage, values[place], known["number"])
        return values

    def _lead(self, pk, states, moments, values, texts=(), *, until=None):
        """Add the lead and what follows from it; `texts` are its entries, newest first."""
        scratch = self.scratch
        for name, value in zip(COLUMNS, values, strict=True):
            setattr(scratch, name, value)
        own_values = scratch.own_values
        scratch.own_values = json.loads(own_values)
        scratch.derive()
        derived = (getattr(scratch, name) for name in DERIVED)
        *times, due = moments
        stamps = (stamp(moment) for moment in times)
        self.batches[Lead].append((pk, *states, *stamps, due, until, *values, *derived))
        scratch.pk = pk
        scratch.marketplace_id, _number, _token, scratch.status, scratch.owner_id, *_ = states
        self.batches[SearchDocument].append(
            tuple(columns_of(scratch, distinct_words(texts)).values())
        )
        if scratch.owner_id:
            state = scratch.owner_id, scratch.status in CLOSED
            keys = self.prospects.keys_of_own[own_values]
            self.batches[FieldValue] += [(pk, *key, *state) for key in keys]
            matched = match_columns_of(scratch)
            self.batches[MatchKey] += [tuple(row.values()) for row in matched]

    def _event(
        self, pk, kind, at, actor, *, label="", field="", old="", new="", from_phase=None,
        to_phase=None, new_text="", object_id=None,
    ):  # fmt: skip
        self.last_event += 1
        actor, name = actor or (None, "")
        left, old_text = from_phase or (None, old)
        self.batches[LeadEvent].append(
            (
                self.last_event, pk, kind.value, stamp(at), actor, name,
                Source.WEB.value if actor else Source.IMPORT.value, "", field, label,
                json.dumps(old) if old else EMPTY, json.dumps(new) if new else EMPTY,
                old_text, new_text or new, left, to_phase, object_id,
            )
        )  # fmt: skip
        return self.last_event

    def _correct(self, pk, owner, values, after, end, lines):
        """The owner corrects the last digit of the phone number."""
        place, moment = COLUMNS.index("phone"), after + int((end - after) * 0.5)
        new = values[place]
        old = f"{new[:-1]}{9 - int(new[-1])}"
        event = self._event(
            pk, Kind.FIELD_CHANGED, moment, owner, field="phone", label=self.phone_label,
            old=old, new=new,
        )  # fmt: skip
        lines.append((moment, "event", "", event))
        return moment

    def _journal(self, pk, author, lines):
        lines.sort(key=lambda line: line[0])
        append, bits = self.batches[JournalEntry].append, self.chance.getrandbits
        number = self.last_entry
        for moment, kind, text, event in lines:
            number += 1
            append((number, pk, author, kind, text, stamp(moment), f"{bits(128):032x}", event))
        self.last_entry = number

    def _files(self, pk, owner, accepted, end, count):
        """File `count` of the documents, or as many as chance says; return the last time."""
        chance, last = self.chance, accepted
        if count is None:
            count = chance.randint(1, 3) if chance.random() < WITH_FILES else 0
        chosen = chance.sample(self.documents, count) if count else ()
        for place, document in enumerate(chosen):
            last = accepted + (end - accepted) * (place + 1) // (count + 1)
            self.last_file += 1
            file, thumbnail, name, *rest = document
            self.batches[Attachment].append(
                (self.last_file, pk, owner[0], file, thumbnail, name, *rest, stamp(last))
            )
            self._event(
                pk, Kind.FILE_ADDED, last, owner, label=name, new=name,
                object_id=self.last_file,
            )  # fmt: skip
        return last


class Moments:
    """When leads are to be touched next: on days or at times, seen from now."""

    def __init__(self, now, chance):
        calendar = Calendar(now, chance)
        clocks = [f"{hour:02}:{minute:02}" for hour in range(8, 18) for minute in (0, 30)]
        self.days = {}
        for day in range(-60, 91):
            date = calendar.today + timedelta(days=day)
            self.days[day] = [_utc(calendar.at(date, clock)) for clock in ["", *clocks]]

    def follow_up(self, chance, *, due=None):
        """Return a moment as the database keeps it, or None; most are the day's midnight.

        A `due` that is given is a day, so that it stays today until midnight.
        """
        is_day = due is not None or chance.random() < 0.6
        due = due or chance.choices(*DUE)[0]
        if due == "none":
            return None
        # The nearer, the more.
        near = chance.random() ** 2
        day = {
            "overdue": -1 - int(near * 59), "today": 0, "later": 1 + int(near * 89),
        }[due]  # fmt: skip
        moments = self.days[day]
        return moments[0] if is_day else chance.choice(moments)


def _utc(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _times(start, end, count, chance):
    """Return `count` moments between `start` and `end`, in order."""
    gap = (end - start) / (count + 1)
    return [start + int(gap * (place + chance.random())) for place in range(count)]


def _texts(chance):
    """Return pairs of kind and text out of the demo's journal, with people in them."""
    families = read_data("people")["families"]
    found = []
    for part in read_data("journal").values():
        for written in part.values():
            for kind, text in (entry for entry in written if len(entry) == 2):
                for _again in range(6):
                    family = chance.choice(families)
                    filled = chance.expand(text).format(
                        person=f"Frau {family}", a_person=f"Frau {family}",
                        value=f"{chance.randint(8, 90)}.{chance.randint(1, 9)}00 €", n=1,
                    )  # fmt: skip
                    found.append((WRITTEN[kind], filled))
    return found


_days, _clock = {}, [
    f" {s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(DAY)
]  # fmt: skip


def stamp(moment):
    """Return seconds since 1970 as the database keeps a time; None stays None."""
    if moment is None:
        return None
    day, second = divmod(moment, DAY)
    if day not in _days:
        _days[day] = datetime.fromtimestamp(day * DAY, tz=timezone.UTC).strftime("%Y-%m-%d")
    return _days[day] + _clock[second]
