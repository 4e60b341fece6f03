"""The leads of the first page, told step by step in data/featured.toml."""

from datetime import timedelta

from leads.models import JournalEntry

from . import read_data
from .chronicle import Step
from .prospects import read_values

WRITTEN = {
    "note": JournalEntry.Kind.NOTE, "call": JournalEntry.Kind.CALL,
    "email": JournalEntry.Kind.EMAIL, "meeting": JournalEntry.Kind.MEETING,
}  # fmt: skip
CODES = dict(zip("ncem", WRITTEN.values(), strict=True))
FLATS = 12


def tell_featured(chronicle, stages, people, calendar):
    """Play the featured leads; return how many there are."""
    leads = read_data("featured")["lead"]
    for data in leads:
        stage = stages[data["marketplace"]]
        chronicle.tell(
            stage,
            _steps(data, stage, calendar, chronicle.chance),
            values=read_values(stage, data["values"], calendar.today),
            owner=people.get(data.get("owner")),
            external_id=data.get("external_id"),
        )
    return len(leads)


def _steps(data, stage, calendar, chance):
    steps = []
    for number, step in enumerate(data["steps"]):
        at = _moment(step, steps, calendar)
        if step["do"] == "long_journal":
            following = _moment(data["steps"][number + 1], steps, calendar)
            last = following - timedelta(hours=1)
            steps += _long_journal(data["long_journal"], at, last, calendar, chance)
        else:
            steps.append(_step(step, at, stage, calendar))
    return steps


def _moment(step, steps, calendar):
    if "hours" in step:
        return calendar.now - timedelta(hours=step["hours"])
    if "ago" in step:
        return calendar.at(calendar.working_day(step["ago"]), step["at"])
    return calendar.minutes_later(steps[-1].at)


def _step(step, at, stage, calendar):
    match step["do"]:
        case "file":
            return Step("file", at, {"maker": step["make"], "name": step["name"]})
        case "change":
            value = stage.readers[step["field"]].value(step["value"])
            return Step("change", at, {"name": step["field"], "value": value})
        case "follow_up":
            if "overdue" in step:
                value = calendar.overdue(step["overdue"])
            else:
                value = calendar.follow_up(step["days"], step.get("at", ""))
            return Step("change", at, {"name": "follow_up_at", "value": value})
        case "manager_note":
            kind = JournalEntry.Kind.NOTE
            return Step("write", at, {"kind": kind, "text": step["text"], "by": stage.manager})
        case kind if kind in WRITTEN:
            return Step("write", at, {"kind": WRITTEN[kind], "text": step["text"]})
        case verb:
            return Step(verb, at)


def _long_journal(count, first, last, calendar, chance):
    """Return `count` entries about each flat of a house, and about the house."""
    texts = read_data("journal")["long"]
    entries = [
        (code, text.replace("{n}", str(flat)))
        for code, text in texts["flat"]
        for flat in range(1, FLATS + 1)
    ]
    # What concerns the house stands between the flats, at even distances.
    gap = len(entries) // len(texts["house"])
    for place, entry in enumerate(texts["house"]):
        entries.insert(place * (gap + 1), tuple(entry))
    entries = entries[:count]
    moments = calendar.spread(first, last, len(entries))
    return [
        Step("write", at, {"kind": CODES[code], "text": chance.expand(text)})
        for at, (code, text) in zip(moments, entries, strict=True)
    ]
