"""What happens to a lead that chance makes: calls, visits, offers, moves, an end."""

from datetime import timedelta

from leads.models import JournalEntry

from . import read_data
from .chronicle import Step
from .documents import fitting

KINDS = {
    "n": JournalEntry.Kind.NOTE, "c": JournalEntry.Kind.CALL,
    "e": JournalEntry.Kind.EMAIL, "m": JournalEntry.Kind.MEETING,
}  # fmt: skip
MOST_ENTRIES = 8
# How far leads in progress have come, and when they are to be touched next, in percent.
PHASE_WEIGHTS = [30, 26, 20, 14, 10, 6]
FOLLOW_UPS = {"overdue": 4, "today": 4, "tomorrow": 6, "later": 71, "none": 15}
CLOCKS = ["", "", "", "08:30", "09:00", "10:15", "13:30", "15:00", "16:45"]
DECLINED = ["Zu weit weg", "Kein Termin frei in den nächsten Wochen", ""]


class Stories:
    """Makes the steps of one lead after the other; see Chronicle.tell."""

    def __init__(self, chance, calendar):
        self.chance, self.calendar = chance, calendar
        self.texts = read_data("journal")

    def offered(self, stage):
        """Return the steps of a lead that waits for a rep, new or some days old."""
        minutes = self.chance.choice([8, 25, 50, 130, 320, 700, 1500, 2900, 5200, 8600])
        at = self.calendar.now - timedelta(minutes=minutes * self.chance.uniform(0.8, 1.3))
        steps = [Step("offer", at)]
        if minutes > 300 and self.chance.happens(30):
            details = {
                "by": self.chance.choice(stage.reps),
                "reason": self.chance.choice(DECLINED),
            }
            steps.append(Step("decline", at + timedelta(hours=3), details))
        return steps

    def in_progress(self, stage, prospect, *, is_own=False):
        """Return the steps of a lead that somebody works on."""
        weights = PHASE_WEIGHTS[: len(stage.phases)]
        reached = self.chance.choices(range(len(weights)), weights)[0]
        due = self.chance.weighted(FOLLOW_UPS)
        quiet = self.chance.choice([0, 0, 1, 1, 2, 3, 5, 8, 13])
        if due == "overdue":
            quiet = max(quiet, 6)
        has_files = due in {"overdue", "today", "tomorrow"}
        scenes = self._start(is_own)
        scenes += self._passage(stage, prospect, reached, has_files=has_files)
        if self.chance.happens(7) and reached:
            scenes += [("back", {}), self._note("back", prospect), ("move", {})]
        if self.chance.happens(12) and prospect.values["phone"]:
            digit = self.chance.choice("2345678")
            corrected = f"{prospect.values['phone'][:-1]}{digit}"
            scenes.append(("change", {"name": "phone", "value": corrected}))
        if due != "none":
            value = self._follow_up(due)
            scenes.append(("change", {"name": "follow_up_at", "value": value}))
        return self._at_moments(stage, scenes, reached, quiet=quiet)

    def closed(self, stage, prospect, *, is_won):
        """Return the steps of a lead that was won or lost some time ago."""
        last = len(stage.phases) - 1
        if not is_won and stage.marketplace.allows_early_loss:
            last = self.chance.randint(0, last)
        has_files = is_won and self.chance.happens(8)
        scenes = self._start(is_own=False)
        scenes += self._passage(stage, prospect, last, has_files=has_files, is_lost=not is_won)
        scenes.append(self._end(stage, is_won))
        if not is_won and self.chance.happens(6):
            scenes += [
                ("reopen", {}),
                self._note("contact", prospect),
                self._end(stage, False),
            ]
        if self.chance.happens(75) and (
            note := self._note("won" if is_won else "lost", prospect)
        ):
            scenes.append(note)
        return self._at_moments(stage, scenes, last, quiet=self.chance.randint(0, 140))

    def _start(self, is_own):
        return [("enter", {})] if is_own else [("offer", {}), ("accept", {})]

    def _passage(self, stage, prospect, reached, *, has_files, is_lost=False):
        """Return what happens in the phases up to the one of index `reached`."""
        scenes, entries, files = [], 0, 0
        for index in range(reached + 1):
            kind = stage.kinds_of_phases[index]
            pool = self.texts["all"].get(kind, []) + self.texts[stage.slug].get(kind, [])
            if is_lost and kind == "order":
                pool = self.texts["all"]["hesitating"]
            fewest = 0 if index == reached and reached else 1
            number = self.chance.randint(fewest, 2 if reached > 2 else 3)
            for code, text in self.chance.sample(pool, min(number, MOST_ENTRIES - entries)):
                scenes.append(("write", self._entry(code, text, prospect)))
                entries += 1
                documents = fitting(stage.slug, kind)
                if has_files and documents and files < 3 and self.chance.happens(55):
                    maker, name = self.chance.choice(documents)
                    scenes.append(("file", {"maker": maker, "name": name}))
                    files += 1
            if index < reached:
                scenes.append(("move", {}))
        if self.chance.happens(10) and entries < MOST_ENTRIES:
            code, text = self.chance.choice(self.texts["all"]["manager"])
            entry = self._entry(code, text, prospect)
            scenes.append(("write", {**entry, "by": stage.manager}))
        return scenes

    def _entry(self, code, text, prospect):
        value = prospect.values["value"]
        euro = f"{int(value):,} €".replace(",", ".") if value else "den Gesamtbetrag"
        text = text.replace("{person}", prospect.person).replace("{value}", euro)
        text = text.replace("{a_person}", prospect.a_person)
        return {"kind": KINDS[code], "text": self.chance.expand(text)}

    def _note(self, kind, prospect):
        spec = self.chance.choice(self.texts["all"][kind])
        code, text = ("n", spec) if isinstance(spec, str) else spec
        return ("write", self._entry(code, text, prospect)) if text else None

    def _end(self, stage, is_won):
        if is_won:
            return ("win", {})
        return ("lose", {"reason": self.chance.choice(stage.reasons)})

    def _follow_up(self, due):
        clock = self.chance.choice(CLOCKS)
        match due:
            case "overdue":
                # The day without a time is left to the demo's first lead.
                return self.calendar.overdue(self.chance.randint(1, 2), clock or "11:00")
            case "today":
                return self.calendar.follow_up(0, clock)
            case "tomorrow":
                return self.calendar.follow_up(1, clock)
        days = min(60, 2 + int(self.chance.expovariate(1 / 12)))
        return self.calendar.follow_up(days, clock)

    def _at_moments(self, stage, scenes, reached, *, quiet):
        """Spread the scenes over the time that the phases take, until `quiet` days ago."""
        chance = self.chance
        days = 1.0
        for phase in stage.phases[: reached + 1]:
            days += chance.uniform(0.3, 1.5) * (phase.target_days or 7)
        last = self.calendar.some_days_ago(quiet)
        moments = self.calendar.spread(last - timedelta(days=days), last, len(scenes))
        if scenes[0][0] == "offer":
            # Offers come at any hour and are accepted within a day.
            moments[0] = moments[1] - timedelta(minutes=chance.randint(4, 1300))
        return [
            Step(do, at, details) for (do, details), at in zip(scenes, moments, strict=True)
        ]
