"""Loading the demo into an empty database."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models import Attachment, JournalEntry, Lead, LeadEvent, SavedView
from marketplaces.models import Marketplace, User

from .calendar import Calendar
from .chance import Chance
from .chronicle import Chronicle
from .featured import tell_featured
from .prospects import Prospects, read_values
from .staging import make_marketplaces, make_people
from .stories import Stories

SEED = 20_261_124
LEADS = 320
FEWEST_LEADS = 20
MODES = ("demo", "development")
# Of 320; the others were accepted and are in progress.
SHARES = {"offered": 16, "won": 62, "lost": 52, "own": 10}
MARKETPLACES = {
    "waermepumpe-sued": 44, "photovoltaik-bayern": 30, "ladeinfrastruktur-dach": 26,
}  # fmt: skip
# vertrieb1 is the only one in one marketplace, so vertrieb2 gets more of the others.
OWNER_WEIGHTS = {"vertrieb1": 2, "vertrieb2": 3}
FIRST_NUMBERS = {
    "waermepumpe-sued": ("WPS", 20_000), "photovoltaik-bayern": ("PVB", 3_000),
    "ladeinfrastruktur-dach": ("LID", 500),
}  # fmt: skip
VIEWS = {
    "Überfällige nach Volumen": "wiedervorlage=ueberfaellig&sort=-volumen",
    "Lange nicht angefasst": "sort=aktivitaet",
}


class DemoRefusedError(Exception):
    """The demo cannot be loaded here; the message says why."""


@dataclass(frozen=True)
class Summary:
    """What was made, in numbers."""

    marketplaces: int
    people: int
    leads: dict  # status → number
    entries: int
    events: int
    files: int
    bytes: int


def is_empty():
    """Whether nobody works here yet: no marketplace and no person."""
    return not Marketplace.objects.exists() and not User.objects.exists()


def load_demo(*, leads=LEADS, now=None):
    """Fill the empty database with `leads` leads, all or nothing; return the Summary.

    Everything lies before `now` (default: now). Raises DemoRefusedError: in production,
    because the passwords are public, on a database that is in use, for too few leads.
    """
    if settings.MODE not in MODES:
        raise DemoRefusedError(
            _("The demo has public passwords, so it needs MODE=demo or MODE=development.")
        )
    if leads < FEWEST_LEADS:
        raise DemoRefusedError(
            _("The demo needs at least %(count)d leads.") % {"count": FEWEST_LEADS}
        )
    chance = Chance(SEED)
    chronicle = Chronicle(chance)
    try:
        with transaction.atomic():
            if not is_empty():
                raise DemoRefusedError(
                    _("There are marketplaces or users here already; nothing was changed.")
                )
            _tell(chronicle, leads, Calendar(now or timezone.now(), chance))
            return _summary()
    except BaseException:
        chronicle.forget_files()
        raise


def _tell(chronicle, count, calendar):
    chance = calendar.chance
    people = make_people()
    for name, query in VIEWS.items():
        SavedView.objects.keep(
            people["vertrieb1"], name=name, list_name=SavedView.List.IN_PROGRESS, query=query
        )
    stages = make_marketplaces(people)
    prospects, stories = Prospects(chance), Stories(chance, calendar)
    numbers = dict(FIRST_NUMBERS)
    count -= tell_featured(chronicle, stages, people, calendar)
    for state in _states(count, chance):
        stage = stages[chance.weighted(MARKETPLACES)]
        prospect = prospects.make(stage.slug)
        owner = chance.weighted({rep: OWNER_WEIGHTS[rep.username] for rep in stage.reps})
        if state == "offered":
            owner, steps = None, stories.offered(stage)
        elif state in {"won", "lost"}:
            steps = stories.closed(stage, prospect, is_won=state == "won")
        else:
            steps = stories.in_progress(stage, prospect, is_own=state == "own")
        prefix, number = numbers[stage.slug]
        numbers[stage.slug] = (prefix, number + 1)
        chronicle.tell(
            stage,
            steps,
            values=read_values(stage, prospect.values, calendar.today),
            owner=owner,
            external_id=f"{prefix}-{number:04}",
        )
    chronicle.set_back()


def _states(count, chance):
    """Return `count` states, mixed, in the proportions of the whole demo."""
    states = []
    for state, share in SHARES.items():
        states += [state] * max(1, round(share * count / LEADS))
    states += ["in_progress"] * (count - len(states))
    chance.shuffle(states)
    return states


def _summary():
    by_status = Lead.objects.order_by().values_list("status")
    files = Attachment.objects.aggregate(number=Count("pk"), size=Sum("size"))
    return Summary(
        marketplaces=Marketplace.objects.count(),
        people=User.objects.count(),
        leads=dict(by_status.annotate(number=Count("pk"))),
        entries=JournalEntry.objects.written().count(),
        events=LeadEvent.objects.count(),
        files=files["number"],
        bytes=files["size"] or 0,
    )
