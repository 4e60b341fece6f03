"""Loading any number of leads into an empty database."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.demo.chance import Chance
from leads.demo.loading import MODES, is_empty
from leads.models import Attachment, JournalEntry, LeadEvent, StorageUse

from . import cast, stage
from .bulk import tidy, writing
from .documents import remove_documents, store_documents
from .lives import SPAN, Lives, tables
from .prospects import Prospects

SEED = 20_261_124
BATCH = 20_000
# The newest leads; of these, so many are still offered.
NEWEST, OFFERED = 0.15, 2 / 3
# Of the older ones, in percent, whoever owns them.
STATES = (["in_progress", "won", "lost"], [50, 27, 23])
CLOSED = (["won", "lost"], [27, 23])
CLOSED_OF_MANY_AT_LEAST = 130


class LoadRefusedError(Exception):
    """The load cannot be made here; the message says why."""


@dataclass(frozen=True)
class Summary:
    """What was made, in numbers."""

    leads: int
    events: int
    entries: int
    files: int


def seed_load(*, leads, password, now=None, progress=lambda done, total: None):
    """Fill the empty database with `leads` leads, all or nothing; return the Summary.

    The same `leads`, `now` and word lists give the same rows, apart from the random keys
    of files. `progress` is told how many of how many leads are written. Raises
    LoadRefusedError: in production, on a database that is in use, for too few leads.
    """
    if settings.MODE not in MODES:
        raise LoadRefusedError(
            _("A load is not made in production: it needs MODE=demo or MODE=development.")
        )
    if leads < cast.FEWEST_LEADS:
        message = _("A load needs at least %(count)d leads.")
        raise LoadRefusedError(message % {"count": cast.FEWEST_LEADS})
    written, stored = tables(), []
    try:
        with writing(written):
            if not is_empty():
                raise LoadRefusedError(
                    _("There are marketplaces or users here already; nothing was changed.")
                )
            chance = Chance(SEED)
            stages = stage.make_stages()
            people = stage.make_people(stages, chance, password=password)
            now = now or timezone.now()
            prospects = Prospects(chance, timezone.localdate(now))
            lives = Lives(prospects, store_documents(stored), chance, now)
            plan = Plan(leads, stages, people, chance)
            for pk in range(1, leads + 1):
                plan.live(lives, pk)
                if pk % BATCH == 0 or pk == leads:
                    rows = lives.take()
                    for table in written:
                        table.write(rows[table.model])
                    progress(pk, leads)
        derive()
    except BaseException:
        remove_documents(stored)
        raise
    tidy()
    return Summary(
        leads=leads,
        events=LeadEvent.objects.count(),
        entries=JournalEntry.objects.count(),
        files=Attachment.objects.count(),
    )


def derive():
    """Let the code that owns them fill the tables that follow from the rows."""
    StorageUse.objects.recount()


class Plan:
    """Whose each lead is and how it stands."""

    def __init__(self, leads, stages, people, chance):
        self.leads, self.stages, self.chance = leads, stages, chance
        self.parts = [part for *_rest, part in stage.MARKETPLACES]
        self.known = {name: (person.pk, str(person)) for name, person in people.items()}
        self.owners = [(s.reps, s.cumulated) for s in stages]
        self.newest = int(leads * (1 - NEWEST))
        # Id → what is known of the lead, in the words of Lives.worked.
        self.known_of = self._special()
        self.of_measured = self._of_measured()

    def live(self, lives, pk):
        """Let `lives` make the rows of the lead `pk`; the higher the number, the newer."""
        chance = self.chance
        at = int(lives.now - SPAN * (1 - pk / (self.leads + 1)) - 600)
        if pk in self.of_measured:
            name, status = self.of_measured[pk]
            sold = self.stages[: len(stage.OF_THE_MEASURED)]
            [place] = chance.choices(range(len(sold)), self.parts[: len(sold)])
            known = self.known_of.get(pk, {})
            # What is measured by itself has the same process at every size.
            place = 0 if "family" in known or "entries" in known else place
            lives.worked(
                pk, sold[place], at, self.known[name],
                status=status or chance.choices(*CLOSED)[0], **known,
            )  # fmt: skip
            return
        [place] = chance.choices(range(len(self.stages)), self.parts)
        if pk > self.newest and chance.random() < OFFERED:
            lives.offered(pk, self.stages[place], at)
            return
        reps, weights = self.owners[place]
        [owner] = chance.choices(reps, cum_weights=weights)
        status = "in_progress" if pk > self.newest else chance.choices(*STATES)[0]
        lives.worked(pk, self.stages[place], at, owner, status=status)

    def _special(self):
        """Return what is known of the leads that every load has, by id."""
        worked = list(cast.worked(self.leads))
        special = {pk: {"entries": 3, "files": 0} for pk in worked}
        special[cast.heavy(self.leads)] = {
            "entries": cast.ENTRIES_OF_HEAVY, "files": cast.FILES_OF_HEAVY,
            "text": f"{cast.IN_JOURNAL} angefordert.",
        }  # fmt: skip
        special[cast.plain(self.leads)] = {
            "entries": 5, "files": 2, "email": cast.EMAIL, "phone": cast.PHONE,
        }  # fmt: skip
        for known in special.values():
            # Of the few numbers that are nobody's, thousands of a million leads have each:
            # these would have a box of leads that are alike, the larger the load.
            known["mobile"] = ""
        for pk in worked[:3]:
            special[pk] |= {"family": cast.RARE, "number": cast.RARE_NUMBER}
        special[worked[0]]["text"] = f"{cast.IN_JOURNAL} liegt vor."
        return special

    def _of_measured(self):
        """Return owner and status (None: won or lost) of the measured people's leads."""
        special = list(self.known_of)
        many = cast.open_leads_of_many(self.leads) - len(special)
        closed = max(self.leads // 33, CLOSED_OF_MANY_AT_LEAST)
        free = [pk for pk in range(1, self.newest + 1) if pk not in self.known_of]
        drawn = self.chance.sample(free, many + closed + 2 * cast.OF_FEW)
        self._fill_filters(drawn)
        found = dict.fromkeys(special, (cast.MANY, "in_progress"))
        left = iter(drawn)
        for count, owner in (
            (many, (cast.MANY, "in_progress")), (closed, (cast.MANY, None)),
            (cast.OF_FEW, (cast.FEW, "in_progress")), (cast.OF_FEW, (cast.FEW, None)),
        ):  # fmt: skip
            found |= {next(left): owner for _ in range(count)}
        return found

    def _fill_filters(self, of_many):
        """Let the first of the leads `of_many` fill a page of each filter."""
        count = cast.OF_EACH_FILTER
        for place, pk in enumerate(of_many[: 3 * count]):
            self.known_of[pk] = {"due": ("overdue", "today", "none")[place % 3]}
        for pk in of_many[:count]:
            self.known_of[pk] |= {
                "family": cast.COMMON, "town": cast.COMMON_TOWN, "reached": 1,
            }  # fmt: skip
